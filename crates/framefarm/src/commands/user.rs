//! `framefarm user`: who may log in, and what he may do.

use clap::{Args, Subcommand};
use model::{NewPassword, NewUser, Rank, Secret, UserChange, UserView};

use super::now;
use super::secret_input::{piped, typed, typed_twice};
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table, ago};

/// Manage the users of the farm
///
/// A viewer looks. An artist submits jobs and changes his own. An operator changes every job, limits, shares
/// and hosts. An admin says who may do what, and which servers join. The account that runs the farm is the
/// owner and may do everything.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm user add ada --role artist               asks for a password
  framefarm user add ci --role artist --no-password  for programs, with tokens
  framefarm user role ada operator
  framefarm user disable ada                         ends his logins at once")]
pub(crate) struct User {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add a user
    Add(Add),
    /// List the users
    List,
    /// Give a user another role
    Role {
        /// Name of the user
        #[arg(value_name = "NAME")]
        name: String,
        /// viewer, artist, operator or admin
        #[arg(value_name = "ROLE")]
        role: Rank,
    },
    /// Set a password; the logins by the one before end
    Password(Password),
    /// Let a user do nothing for now
    Disable {
        /// Name of the user
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Let a user in again
    Enable {
        /// Name of the user
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Remove a user and all his tokens
    Remove {
        /// Name of the user
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[derive(Args, Debug)]
struct Add {
    /// Name of the user
    #[arg(value_name = "NAME")]
    name: String,
    /// viewer, artist, operator or admin
    #[arg(long, value_name = "ROLE", default_value = "artist")]
    role: Rank,
    /// Read the password from standard input
    #[arg(long, conflicts_with = "no_password")]
    password_stdin: bool,
    /// Give no password: only tokens let this user in
    #[arg(long)]
    no_password: bool,
}

#[derive(Args, Debug)]
struct Password {
    /// Name of the user; yourself where not given
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Read from standard input: the new password, and for your own the present one on a line before it
    #[arg(long)]
    password_stdin: bool,
}

impl User {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self.what {
            What::Add(add) => add.run(global).await,
            What::List => list(global).await,
            What::Role { name, role } => {
                let change = UserChange { role: Some(role), disabled: None };
                let user = farm::client(global).await?.change_user(&name, &change).await?;
                said(global, &user, format!("user {name} is {role} now"))
            }
            What::Password(password) => password.run(global).await,
            What::Disable { name } => disable(global, &name, true).await,
            What::Enable { name } => disable(global, &name, false).await,
            What::Remove { name } => {
                farm::client(global).await?.remove_user(&name).await?;
                global.talk().say(format_args!("user {name} is removed"));
                Ok(Exit::Done)
            }
        }
    }
}

impl Add {
    async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        let password = match (self.no_password, self.password_stdin) {
            (true, _) => None,
            (false, true) => Some(piped("a password")?),
            (false, false) => Some(typed_twice(
                &format!("Password of {}", self.name),
                "--password-stdin, or --no-password",
            )?),
        };
        let new = NewUser { name: self.name, role: self.role, password: password.map(Secret) };
        let user = client.add_user(&new).await?;
        said(global, &user, format!("user {} is added as {}", user.name, user.role))
    }
}

impl Password {
    async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        let own = client.who_am_i().await?.name;
        let name = self.name.unwrap_or_else(|| own.clone());
        let is_own = name == own;
        let (present, password) = if self.password_stdin {
            let text = piped("a password")?;
            match text.split_once('\n').filter(|_| is_own) {
                Some((present, new)) => (Some(present.trim_end_matches('\r').to_owned()), new.to_owned()),
                None => (None, text),
            }
        } else {
            let present = if is_own { Some(typed("Present password", "--password-stdin")?) } else { None };
            (present, typed_twice(&format!("New password of {name}"), "--password-stdin")?)
        };
        let new = NewPassword { password: Secret(password), present: present.map(Secret) };
        client.set_password(&name, &new).await?;
        global.talk().say(format_args!("the password of {name} is set; his logins have ended"));
        Ok(Exit::Done)
    }
}

async fn disable(global: &Global, name: &str, disabled: bool) -> Result<Exit, Failure> {
    let change = UserChange { role: None, disabled: Some(disabled) };
    let user = farm::client(global).await?.change_user(name, &change).await?;
    said(global, &user, format!("user {name} is {}", if disabled { "disabled" } else { "let in again" }))
}

async fn list(global: &Global) -> Result<Exit, Failure> {
    let users = farm::client(global).await?.users().await?;
    if global.json {
        output::json(&users)?;
    } else if global.quiet {
        users.iter().try_for_each(|user| output::line(&user.name))?;
    } else if users.is_empty() {
        global.talk().say("no users but the owner; `framefarm user add NAME` adds one");
    } else {
        let mut table = Table::new(&["NAME", "ROLE", "STATE", "LOGS IN", ">TOKENS", "SINCE"]);
        for user in &users {
            table.row([
                Cell::new(&user.name),
                Cell::new(user.role),
                Cell::new(if user.disabled { "disabled" } else { "good" }),
                Cell::new(if user.password { "by password" } else { "by token" }),
                Cell::new(user.tokens),
                Cell::new(ago(user.since, now())),
            ]);
        }
        output::text(table)?;
    }
    Ok(Exit::Done)
}

fn said(global: &Global, user: &UserView, text: String) -> Result<Exit, Failure> {
    if global.json {
        output::json(user)?;
    } else {
        global.talk().say(text);
    }
    Ok(Exit::Done)
}
