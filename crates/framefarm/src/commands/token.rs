//! `framefarm token`: what programs prove themselves by.

use clap::{Args, Subcommand};
use model::{NewToken, Rank, TokenKind, TokenView};

use super::now;
use super::span::seconds;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table, ago, duration};

/// Manage the tokens by which programs prove who they are
///
/// A program shows a token in FRAMEFARM_TOKEN, or as `Authorization: Bearer TOKEN` to the API. It may do
/// what its user may, or less. A token is shown once, when it is made; the farm keeps nothing that lets
/// anybody in.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm token create nightly --for 90d           prints the token
  framefarm token create wall --role viewer          one that only looks
  framefarm token create ci --of ci                  for another user, by an admin
  framefarm token revoke 7")]
pub(crate) struct Token {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a token, and print it on standard output
    Create(Create),
    /// List your tokens and logins
    List {
        /// Those of everybody
        #[arg(long)]
        all: bool,
    },
    /// End a token or login
    Revoke {
        /// Number of the token
        #[arg(value_name = "ID")]
        id: u64,
    },
}

#[derive(Args, Debug)]
struct Create {
    /// What to call it
    #[arg(value_name = "NAME")]
    name: String,
    /// The most that may be done with it; what you may where not given
    #[arg(long, value_name = "ROLE")]
    role: Option<Rank>,
    /// How long it is good: 90s, 10m, 2h, 30d, 1w; for ever where not given
    #[arg(long = "for", value_name = "TIME", value_parser = seconds)]
    seconds: Option<u64>,
    /// Whose it is to be; yours where not given
    #[arg(long, value_name = "USER")]
    of: Option<String>,
}

impl Token {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self.what {
            What::Create(create) => create.run(global).await,
            What::List { all } => list(global, all).await,
            What::Revoke { id } => {
                farm::client(global).await?.revoke_token(id).await?;
                global.talk().say(format_args!("token {id} is good for nothing any more"));
                Ok(Exit::Done)
            }
        }
    }
}

impl Create {
    async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let Self { name, role, seconds, of } = self;
        let made = farm::client(global).await?.make_token(&NewToken { name, of, role, seconds }).await?;
        if global.json {
            output::json(&made)?;
            return Ok(Exit::Done);
        }
        output::line(&made.secret.0)?;
        let TokenView { id, name, of, role, .. } = made.token;
        global.talk().say(format_args!("this is token {id}, {name} of {of}, {role}; it is not shown again"));
        Ok(Exit::Done)
    }
}

async fn list(global: &Global, all: bool) -> Result<Exit, Failure> {
    let tokens = farm::client(global).await?.tokens(all).await?;
    if global.json {
        output::json(&tokens)?;
    } else if global.quiet {
        tokens.iter().try_for_each(|token| output::line(token.id))?;
    } else {
        let mut table = Table::new(&[">ID", "OF", "KIND", "NAME", "ROLE", "MADE", "ENDS IN", "USED"]);
        for token in &tokens {
            let ends = token.expires.map_or_else(|| "never".to_owned(), |at| duration(at.since_ms(now())));
            table.row([
                Cell::new(token.id),
                Cell::new(&token.of),
                Cell::new(kind(token.kind)),
                Cell::new(&token.name),
                Cell::new(token.role),
                Cell::new(ago(token.made, now())),
                Cell::new(ends),
                Cell::new(token.used.map_or_else(|| "never".to_owned(), |at| ago(at, now()))),
            ]);
        }
        output::text(table)?;
    }
    Ok(Exit::Done)
}

const fn kind(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Owner => "owner",
        TokenKind::Login => "login",
        TokenKind::Api => "token",
    }
}
