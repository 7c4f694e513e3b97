//! `framefarm server`: the schedule server and the resource server, stopped and started from afar.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use model::{ServerState, ServerVerb, ServerView};
use wire::{Client, Service};

use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table};

/// Between two looks at the servers.
const LOOK: Duration = Duration::from_millis(200);
/// An order is carried out within this time, or the servers' log says why not.
const DONE: Duration = Duration::from_secs(60);
/// The servers find each other within this time, or something is wrong between them.
const LINKED: Duration = Duration::from_secs(40);

/// Stop and start the schedule server and the resource server
///
/// A server that is stopped leaves its process and port behind, so that it can be started again from here.
/// While the schedule server is stopped, frames that run go on, and what they made is kept until it is
/// started. Render servers are ordered with `framefarm host`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm server list
  framefarm server stop schedule                     before the storage is moved
  framefarm server start schedule
  framefarm server restart resource")]
pub(crate) struct Server {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the servers and what they do
    List,
    /// Stop servers until somebody starts them
    Stop(Servers),
    /// Start servers that were stopped
    Start(Servers),
    /// Stop servers and start them
    Restart(Servers),
}

#[derive(Args, Debug)]
struct Servers {
    /// schedule, resource
    #[arg(value_name = "SERVER", required = true, value_parser = ["schedule", "resource"])]
    servers: Vec<String>,
}

impl Server {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        let (verb, servers) = match self.what {
            What::List => return list(global, &client).await,
            What::Stop(servers) => (ServerVerb::Stop, servers),
            What::Start(servers) => (ServerVerb::Start, servers),
            What::Restart(servers) => (ServerVerb::Restart, servers),
        };
        let mut exit = Exit::Done;
        for server in &servers.servers {
            let before = client.order_server(server, verb).await?;
            match until_done(&client, verb, &before).await? {
                Some(view) => {
                    let linked = is_linked(&client, verb, &view).await;
                    global.talk().say(format_args!("the {server} server is {}{linked}", view.state));
                }
                None => {
                    exit = Exit::Failed;
                    let what = format!("the {server} server did not {verb} within {} s", DONE.as_secs());
                    Failure::System { what: format!("{what}; its log says why") }
                        .report(anstream::stderr())?;
                }
            }
        }
        Ok(exit)
    }
}

/// The server once the order is carried out. Its connections are cut meanwhile.
async fn until_done(
    client: &Client,
    verb: ServerVerb,
    before: &ServerView,
) -> Result<Option<ServerView>, Failure> {
    let begun = Instant::now();
    while begun.elapsed() < DONE {
        match client.servers().await {
            Ok(views) => {
                let view = views.into_iter().find(|view| view.server == before.server);
                if let Some(view) = view.filter(|view| is_done(verb, before, view)) {
                    return Ok(Some(view));
                }
            }
            Err(error) if farm::is_away(&error) => {}
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(None)
}

/// What there is to say about the link between the two servers once a resource server runs. Without it the
/// one is of no use to the other, so it is waited for.
async fn is_linked(client: &Client, verb: ServerVerb, view: &ServerView) -> &'static str {
    if verb == ServerVerb::Stop || view.server != Service::Resource.name() {
        return "";
    }
    let begun = Instant::now();
    while begun.elapsed() < LINKED {
        match client.farm().await {
            Ok(farm) if farm.resource_linked => return ", and linked to the schedule server",
            Err(error) if !farm::is_away(&error) => return "; whether it is linked nobody can say now",
            _ => tokio::time::sleep(LOOK).await,
        }
    }
    "; the schedule server is not linked to it yet"
}

fn is_done(verb: ServerVerb, before: &ServerView, now: &ServerView) -> bool {
    match verb {
        ServerVerb::Stop => now.state == ServerState::Stopped,
        ServerVerb::Start => now.state == ServerState::Running,
        ServerVerb::Restart => now.state == ServerState::Running && now.starts > before.starts,
    }
}

async fn list(global: &Global, client: &Client) -> Result<Exit, Failure> {
    let views = client.servers().await?;
    if global.json {
        output::json(&views)?;
    } else if global.quiet {
        views.iter().try_for_each(|view| output::line(&view.server))?;
    } else {
        let mut table = Table::new(&["SERVER", "IS", "AT", "VERSION", "NOTE"]);
        for view in &views {
            let text = |text: &str| Cell::new(if text.is_empty() { "-" } else { text });
            let state = Cell::new(view.state);
            table.row([
                Cell::new(&view.server),
                state,
                text(&view.url),
                text(&view.version),
                text(&view.note),
            ]);
        }
        output::text(table)?;
        // A schedule server that is stopped has refused nothing, and the list says that it is stopped.
        let farm = client.farm().await.ok();
        if farm.as_ref().is_some_and(|farm| !farm.resource_linked) {
            global.talk().say("the schedule server is not linked to a resource server");
        }
        let counts = farm.map(|farm| farm.refused).unwrap_or_default();
        if let Some(refused) = refused(&counts) {
            global.talk().say(refused);
        }
    }
    Ok(Exit::Done)
}

/// What the schedule server was told and did not take, in a sentence; nothing where there was no such thing.
fn refused(counts: &BTreeMap<String, u64>) -> Option<String> {
    let each: Vec<String> =
        counts.iter().map(|(kind, count)| format!("{} {count}", kind.replace('_', " "))).collect();
    (!each.is_empty())
        .then(|| format!("messages that the schedule server refused since its start: {}", each.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_told_by_kind() {
        assert_eq!(refused(&BTreeMap::new()), None);
        let counts = BTreeMap::from([("too_large".to_owned(), 1), ("garbled".to_owned(), 3)]);
        let told = "messages that the schedule server refused since its start: garbled 3, too large 1";
        assert_eq!(refused(&counts).as_deref(), Some(told));
    }
}
