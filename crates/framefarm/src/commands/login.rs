//! `framefarm login`, `logout` and `whoami`: who this account is at a farm.

use clap::Args;
use model::{LoginRequest, Rank, Secret, Time, WhoView};
use serde::Serialize;
use trust::{Account, Accounts};
use wire::{Client, Credential, ServerUrl};

use super::secret_input::{confirmed, piped, typed};
use crate::cli::Global;
use crate::farm::{self, Stranger};
use crate::output::{self, Cell, Exit, Facts, Failure, clock};

/// What stands between the address and the secret of an owner link.
const OWNER_MARK: &str = "/#owner=";

/// Log in to a farm
///
/// From then on every command of this account is known to the farm. The password is asked for and not shown.
/// The account that runs the farm need not log in. What proves it is kept in the farms folder of
/// ~/.config/framefarm, which nobody else can read; FRAMEFARM_TOKEN stands in for it where it is set.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm login --user ada                         on the farm that is found
  framefarm login https://farm:7117 --user ada
  framefarm login --token-stdin < token              for a program, with a token made for it
  framefarm login --owner-link 'https://farm:7117/#owner=...'")]
pub(crate) struct Login {
    /// Address of the farm; found on the network where not given
    #[arg(value_name = "URL")]
    url: Option<ServerUrl>,
    /// Name of the user; yours on this machine where not given
    #[arg(long, value_name = "NAME", conflicts_with = "owner_link")]
    user: Option<String>,
    /// Read the password from standard input
    #[arg(long, conflicts_with_all = ["owner_link", "token_stdin"])]
    password_stdin: bool,
    /// Read a token from standard input, and use it from now on
    #[arg(long, conflicts_with_all = ["owner_link", "user"])]
    token_stdin: bool,
    /// The link that the farm printed for its owner; good once
    #[arg(long, value_name = "LINK", conflicts_with = "url")]
    owner_link: Option<String>,
    /// Id of the farm, as whoever runs it told you; asked about where not given
    #[arg(long, value_name = "ID")]
    farm_id: Option<String>,
}

/// Log out of a farm
///
/// Ends the login at the farm, and forgets it here.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  framefarm logout")]
pub(crate) struct Logout {}

/// Show whom the farm takes you for
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  framefarm whoami\n  framefarm whoami --json | jq -r .role")]
pub(crate) struct Whoami {}

/// What `--json` tells of a login.
#[derive(Debug, Serialize)]
struct LoggedIn<'a> {
    farm: &'a str,
    farm_id: &'a str,
    user: &'a str,
    role: Option<Rank>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Time>,
}

impl Login {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let (from_link, secret) = match &self.owner_link {
            Some(link) => {
                let (url, secret) = taken_apart(link)?;
                (Some(url), Some(secret))
            }
            None => (None, None),
        };
        let mut global = global.clone();
        global.server = self.url.clone().or(from_link).or(global.server);
        let stranger = farm::meet(&global).await?;
        let accounts = farms_folder()?;
        self.check_farm(&stranger, &accounts)?;
        let client = Client::new(stranger.url.clone(), &trusting(&stranger, None)?);
        let (token, who, role, expires) = if self.token_stdin {
            let token = piped("a token")?;
            let client = Client::new(stranger.url.clone(), &trusting(&stranger, Some(token.clone()))?);
            let WhoView { name, role, .. } = client.who_am_i().await?;
            (token, name, role, None)
        } else {
            let reply = client.log_in(&self.request(secret)?).await?;
            let token = reply.token.map(|token| token.0).unwrap_or_default();
            (token, reply.user, Some(reply.role), Some(reply.expires))
        };
        let Stranger { url, identity, .. } = &stranger;
        let account = Account {
            name: identity.farm.clone(),
            farm_id: identity.farm_id.clone(),
            authority: identity.authority.clone(),
            url: Some(url.to_string()),
            token: Some(token),
        };
        accounts.write(&account)?;
        if global.json {
            let (farm, farm_id) = (identity.farm.as_str(), identity.farm_id.as_str());
            output::json(&LoggedIn { farm, farm_id, user: &who, role, expires })?;
        }
        let role = role.map(|role| format!(", {role}")).unwrap_or_default();
        let until = expires.map(|expires| format!(", until {}", clock(expires))).unwrap_or_default();
        global.talk().say(format_args!("logged in to farm {} as {who}{role}{until}", identity.farm));
        Ok(Exit::Done)
    }

    fn request(&self, owner: Option<String>) -> Result<LoginRequest, Failure> {
        if let Some(owner) = owner {
            return Ok(LoginRequest { owner: Some(Secret(owner)), ..LoginRequest::default() });
        }
        let user = self.user.clone().unwrap_or_else(super::submit::user);
        let password = match self.password_stdin {
            true => piped("a password")?,
            false => typed(&format!("Password of {user}"), "--password-stdin")?,
        };
        Ok(LoginRequest { user: Some(user), password: Some(Secret(password)), ..LoginRequest::default() })
    }

    /// Whether it is the farm that is meant. Over TLS anybody could stand at an address where this account
    /// has never been, so a person has to say so.
    fn check_farm(&self, stranger: &Stranger, accounts: &Accounts) -> Result<(), Failure> {
        let Stranger { url, identity, .. } = stranger;
        let (farm, id) = (&identity.farm, &identity.farm_id);
        if let Some(wanted) = &self.farm_id {
            return if wanted.eq_ignore_ascii_case(id) { Ok(()) } else { Err(another(url, id, wanted)) };
        }
        // The id vouches for the authority, and nothing leaves the machine over loopback.
        let known = accounts.read(id)?.is_some();
        if known || url.is_loopback() {
            return Ok(());
        }
        let question = format!(
            "This account has not been at farm {farm} ({url}) before. Its id is {id}: is that what `framefarm \
             whoami` says to whoever runs it?"
        );
        if confirmed(&question) {
            return Ok(());
        }
        Err(Failure::Misuse {
            what: format!("not logged in: nobody has said that farm {farm} at {url} is the right one"),
            hint: format!("ask who runs it whether its id is {id}, and say so: --farm-id {id}"),
        })
    }
}

fn another(url: &ServerUrl, id: &str, wanted: &str) -> Failure {
    Failure::Misuse {
        what: format!("the farm at {url} has the id {id}, and not {wanted}"),
        hint: "it is another farm, or somebody who wants to be taken for yours: nothing was sent".to_owned(),
    }
}

/// The address and the secret of an owner link.
fn taken_apart(link: &str) -> Result<(ServerUrl, String), Failure> {
    let unclear = || Failure::Misuse {
        what: "this is no owner link".to_owned(),
        hint: format!(
            "it looks like https://farm:7117{OWNER_MARK}SECRET; quote it, since # begins a comment"
        ),
    };
    let (url, secret) = link.trim().split_once(OWNER_MARK).ok_or_else(unclear)?;
    Ok((url.parse().map_err(|_| unclear())?, secret.to_owned()))
}

/// What is shown to a farm whose authority is the right one.
fn trusting(stranger: &Stranger, token: Option<String>) -> Result<Credential, Failure> {
    let Stranger { url, identity, authority } = stranger;
    if !url.is_secure() && !url.is_loopback() {
        return Err(Failure::Misuse {
            what: format!("{url} is not this machine, and everybody between could read what is sent there"),
            hint: "a farm that others reach speaks TLS: begin its address with https".to_owned(),
        });
    }
    let tls = url.is_secure().then(|| trust::client_config(authority, "schedule", None)).transpose();
    let tls = tls.map_err(|error| Failure::System { what: format!("TLS cannot be spoken: {error}") })?;
    Ok(Credential { tls, farm_id: Some(identity.farm_id.clone()), bearer: token })
}

fn farms_folder() -> Result<Accounts, Failure> {
    Accounts::own().ok_or_else(|| Failure::Misuse {
        what: "this account has no home folder to keep a login in".to_owned(),
        hint: "set XDG_CONFIG_HOME, or give FRAMEFARM_TOKEN to each command".to_owned(),
    })
}

impl Logout {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let identity = farm::meet(global).await?.identity;
        farm::client(global).await?.log_out().await?;
        farms_folder()?.remove(&identity.farm_id)?;
        global.talk().say(format_args!("logged out of farm {}", identity.farm));
        Ok(Exit::Done)
    }
}

impl Whoami {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let identity = farm::meet(global).await?.identity;
        let who = farm::client(global).await?.who_am_i().await?;
        if global.json {
            output::json(&who)?;
        } else if global.quiet {
            output::line(&who.name)?;
        } else {
            let mut facts = Facts::default();
            facts.add("name", Cell::new(&who.name));
            facts.add_some("role", who.role);
            facts.add_some("does", (!who.services.is_empty()).then(|| who.services.join(", ")));
            facts.add("farm", Cell::new(format_args!("{} ({})", identity.farm, identity.farm_id)));
            output::text(facts)?;
        }
        Ok(Exit::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_link_is_taken_apart() {
        let (url, secret) = taken_apart("https://farm:7117/#owner=abc\n").unwrap();
        assert_eq!((url.to_string().as_str(), secret.as_str()), ("https://farm:7117", "abc"));
        for text in ["", "https://farm:7117", "#owner=abc", "https://farm:7117/#other=abc"] {
            assert!(taken_apart(text).is_err(), "{text}");
        }
    }
}
