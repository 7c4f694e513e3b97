//! `framefarm member`: which servers belong to the farm, and how others come to.

use clap::{Args, Subcommand};
use model::{JoinTokenView, MemberState, MemberView, NewJoinToken, NewWindow, WindowView};
use serde::Serialize;
use wire::Client;

use super::now;
use super::span::seconds;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table, ago, duration};

/// Manage which servers belong to the farm
///
/// A server on another machine joins once. Approve it here, after comparing the short code that it shows; or
/// give it a join token when you start it; or open a window for its subnet. Its name is its own from then
/// on, also while it is away.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm member list                              members, and who asks to be one
  framefarm member approve K7QM-2XPA                 the code that `framefarm serve render` shows
  framefarm member token --uses 20 --for 1h          then: FRAMEFARM_JOIN=... framefarm serve render
  framefarm member window 10.0.0.0/24 --for 10m      whoever comes from there is let in
  framefarm member revoke fast-1                     ends its connections at once")]
pub(crate) struct Member {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List members, and who asks to be one
    List,
    /// Make who asks a member
    Approve {
        /// Its short code, or its name
        #[arg(value_name = "CODE|NAME")]
        who: String,
    },
    /// Deny who asks
    Deny {
        /// Its short code, or its name
        #[arg(value_name = "CODE|NAME")]
        who: String,
    },
    /// End a membership, and all connections of that server
    Revoke {
        /// Name of the member
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Make a join token, and print it on standard output
    Token(Token),
    /// Let the servers of a subnet join for a while
    Window(Window),
}

#[derive(Args, Debug)]
struct Token {
    /// How many servers may join with it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    uses: u32,
    /// How long it is good: 90s, 10m, 2h, 30d
    #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = seconds)]
    seconds: u64,
    /// What who joins with it may do: render, resource
    #[arg(long, value_name = "ROLE", value_delimiter = ',', default_value = "render")]
    services: Vec<String>,
    /// End the join token with this id instead
    #[arg(long, value_name = "ID", conflicts_with_all = ["uses", "seconds", "services"])]
    revoke: Option<String>,
}

#[derive(Args, Debug)]
struct Window {
    /// The subnet: 10.0.0.0/24
    #[arg(value_name = "SUBNET", required_unless_present = "close")]
    subnet: Option<String>,
    /// How long it is open: 90s, 10m, 2h
    #[arg(long = "for", value_name = "TIME", default_value = "10m", value_parser = seconds)]
    seconds: u64,
    /// What who joins through it may do: render, resource
    #[arg(long, value_name = "ROLE", value_delimiter = ',', default_value = "render")]
    services: Vec<String>,
    /// Close the window with this number instead
    #[arg(long, value_name = "ID", conflicts_with_all = ["subnet", "seconds", "services"])]
    close: Option<u64>,
}

/// What `member list --json` tells.
#[derive(Debug, Serialize)]
struct Listed {
    members: Vec<MemberView>,
    join_tokens: Vec<JoinTokenView>,
    windows: Vec<WindowView>,
}

impl Member {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        match self.what {
            What::List => list(global, &client).await,
            What::Approve { who } => {
                let member = client.approve_member(&who).await?;
                if global.json {
                    output::json(&member)?;
                }
                let (name, services) = (&member.name, member.services.join(", "));
                global.talk().say(format_args!("{name} is a member now: {services}"));
                Ok(Exit::Done)
            }
            What::Deny { who } => {
                client.deny_member(&who).await?;
                global.talk().say(format_args!("{who} is denied"));
                Ok(Exit::Done)
            }
            What::Revoke { name } => {
                client.revoke_member(&name).await?;
                global.talk().say(format_args!("{name} is no member any more, and its connections are cut"));
                Ok(Exit::Done)
            }
            What::Token(token) => token.run(global, &client).await,
            What::Window(window) => window.run(global, &client).await,
        }
    }
}

impl Token {
    async fn run(self, global: &Global, client: &Client) -> Result<Exit, Failure> {
        let Self { uses, seconds, services, revoke } = self;
        if let Some(id) = revoke {
            client.revoke_join_token(&id).await?;
            global.talk().say(format_args!("join token {id} is good for nothing any more"));
            return Ok(Exit::Done);
        }
        let made = client.make_join_token(&NewJoinToken { services, uses, seconds }).await?;
        if global.json {
            output::json(&made)?;
            return Ok(Exit::Done);
        }
        output::line(&made.text.0)?;
        let (id, left) = (&made.token.id, duration(made.token.expires.since_ms(now())));
        let uses = output::plural(usize::try_from(uses).unwrap_or(usize::MAX), "server");
        global
            .talk()
            .say(format_args!("this is join token {id}, for {uses}, for {left}; it is not shown again"));
        Ok(Exit::Done)
    }
}

impl Window {
    async fn run(self, global: &Global, client: &Client) -> Result<Exit, Failure> {
        let Self { subnet, seconds, services, close } = self;
        let Some(subnet) = subnet else {
            let id = close.unwrap_or_default();
            client.close_window(id).await?;
            global.talk().say(format_args!("window {id} is closed"));
            return Ok(Exit::Done);
        };
        let window = client.open_window(&NewWindow { subnet, services, seconds }).await?;
        if global.json {
            output::json(&window)?;
        } else if global.quiet {
            output::line(window.id)?;
        }
        let WindowView { id, subnet, until, .. } = window;
        let left = duration(until.since_ms(now()));
        global.talk().say(format_args!("window {id} is open for {subnet}, for {left}"));
        Ok(Exit::Done)
    }
}

async fn list(global: &Global, client: &Client) -> Result<Exit, Failure> {
    let members = client.members().await?;
    if global.quiet && !global.json {
        members.iter().try_for_each(|member| output::line(&member.name))?;
        return Ok(Exit::Done);
    }
    // Whoever may see members need not be allowed to see what lets others in.
    let join_tokens = client.join_tokens().await.unwrap_or_default();
    let windows = client.windows().await.unwrap_or_default();
    if global.json {
        output::json(&Listed { members, join_tokens, windows })?;
        return Ok(Exit::Done);
    }
    if members.is_empty() {
        global.talk().say("no members: all servers run on the machine of the farm, under its account");
    } else {
        output::text(member_table(&members))?;
    }
    if !join_tokens.is_empty() {
        output::text(format_args!("\n{}", token_table(&join_tokens)))?;
    }
    if !windows.is_empty() {
        output::text(format_args!("\n{}", window_table(&windows)))?;
    }
    Ok(Exit::Done)
}

fn member_table(members: &[MemberView]) -> Table {
    let mut table = Table::new(&["NAME", "STATE", "CODE", "DOES", "ADDRESS", "SINCE", "BY", "RENEWS WITHIN"]);
    for member in members {
        let state = match (member.state, member.taken) {
            (MemberState::Member, _) => "member",
            (MemberState::Pending, false) => "asks",
            (MemberState::Pending, true) => "asks, name taken",
        };
        table.row([
            Cell::new(&member.name),
            Cell::new(state),
            Cell::of(member.code.as_ref()),
            Cell::new(member.services.join(", ")),
            Cell::new(&member.address),
            Cell::new(ago(member.since, now())),
            Cell::of(member.by.as_ref()),
            Cell::of(member.expires.map(|at| duration(at.since_ms(now())))),
        ]);
    }
    table
}

fn token_table(tokens: &[JoinTokenView]) -> Table {
    let mut table = Table::new(&["JOIN TOKEN", ">USES LEFT", "FOR", "ENDS IN", "BY"]);
    for token in tokens {
        table.row([
            Cell::new(&token.id),
            Cell::new(token.uses_left),
            Cell::new(token.services.join(", ")),
            Cell::new(duration(token.expires.since_ms(now()))),
            Cell::new(&token.by),
        ]);
    }
    table
}

fn window_table(windows: &[WindowView]) -> Table {
    let mut table = Table::new(&[">WINDOW", "SUBNET", "FOR", "CLOSES IN", "BY"]);
    for window in windows {
        table.row([
            Cell::new(window.id),
            Cell::new(&window.subnet),
            Cell::new(window.services.join(", ")),
            Cell::new(duration(window.until.since_ms(now()))),
            Cell::new(&window.by),
        ]);
    }
    table
}
