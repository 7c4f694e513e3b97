//! What `framefarm service` asks of systemd, and what is said where it does not answer.

use std::io;
use std::process::{Command, Output};

use crate::output::Failure;

/// Runs `systemctl`, for the units of this account where `user`.
///
/// # Errors
/// It is not there, or says no.
pub(super) fn systemctl(user: bool, arguments: &[&str]) -> Result<(), Failure> {
    let mut command = Command::new("systemctl");
    if user {
        command.arg("--user");
    }
    let shown = format!("systemctl {}{}", if user { "--user " } else { "" }, arguments.join(" "));
    run(command.args(arguments), &shown)
}

/// What `systemctl` says of a unit in a word: `active`, `enabled`.
pub(super) fn word(user: bool, question: &str, unit: &str) -> io::Result<String> {
    let mut command = Command::new("systemctl");
    if user {
        command.arg("--user");
    }
    let output = command.args([question, unit]).output()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if said.is_empty() { Err(io::Error::other(first_line(&output))) } else { Ok(said) }
}

/// Makes the accounts that `/etc/sysusers.d/framefarm.conf` names, by its own means where there is no
/// systemd-sysusers.
pub(super) fn make_accounts() -> Result<(), Failure> {
    let sysusers =
        run(Command::new("systemd-sysusers").arg("framefarm.conf"), "systemd-sysusers framefarm.conf");
    if sysusers.is_ok() {
        return Ok(());
    }
    for account in ["framefarm", "framefarm-frames"] {
        let known = Command::new("id").arg(account).output().is_ok_and(|output| output.status.success());
        if !known {
            let flags = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"];
            run(Command::new("useradd").args(flags).arg(account), &format!("useradd {account}"))?;
        }
    }
    Ok(())
}

fn run(command: &mut Command, shown: &str) -> Result<(), Failure> {
    let hint = "the files are written; where systemd runs, as root, run the same command again";
    let fault = |why: String| Failure::System { what: format!("`{shown}` failed: {why}; {hint}") };
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(fault(first_line(&output))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(fault("there is no such program".to_owned()))
        }
        Err(error) => Err(fault(error.to_string())),
    }
}

fn first_line(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    said.lines().next().unwrap_or("it says nothing").trim_end_matches('.').to_owned()
}
