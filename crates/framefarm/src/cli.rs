//! The command line as a whole. Each command's own flags stand beside it, in `commands`.

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use trust::Accounts;
use wire::discovery::{DISCOVERY_PORT, DNS_NAME};
use wire::{DiscoveryConfig, ServerUrl};

use crate::commands::{
    audit, authority, backup, change, completions, eta, fetch, frame, frames, host, hosts, job, jobs,
    journal, limits, log, login, man, member, notices, package, path, picture, probe, serve, server, service,
    shares, submit, token, top, up, user, wait, why,
};
use crate::output::{Exit, Talk};

/// The help of `framefarm` itself: commands by what people want to do.
const HELP_TEMPLATE: &str = "\
{about}

{usage-heading} {usage}

Run a farm:
  up           Run a whole farm in one process on this machine
  serve        Run single servers of a farm: schedule, resource, render
  probe        Say what this machine has, as a render server on it would

Render:
  submit       Submit a job: a scene, a job description or a command
  wait         Show a job's progress until it ends
  fetch        Download a job's frames
  picture      Look at pictures, and make one of several
  kill         End jobs at once
  hold         Start nothing new of jobs
  release      Let held jobs go on
  retry        Try the failed frames of jobs again
  priority     Give a job another priority
  frame        Kill frames of a job, send them back to the queue, or have them tried again

Look:
  top          See and steer the farm on a screen of the terminal
  jobs         List the jobs of the farm
  job          Show one job
  frames       List the frames of a job
  log          Print what a frame's rendering package wrote
  why          Say why a job waits
  eta          Say when a job will end, and how certain that is
  hosts        List the render hosts of the farm

Share the farm:
  limits       List the limits of the farm
  limit        Set, show or remove a limit
  shares       List the shares of users and groups
  share        Set the share of a user or group
  package      Look at the rendering packages that the farm knows, and check definitions of them
  path         Manage and try the rules by which paths are mapped between platforms
  forgive      Give a host that is set aside frames again

Run render hosts:
  host         Show one render host; or start, stop, restart or wake some
  server       Stop and start the schedule server and the resource server
  service      Run servers as services of systemd

Say who may do what:
  login        Log in to a farm
  logout       Log out of a farm
  whoami       Show whom the farm takes you for
  user         Manage the users of the farm
  token        Manage the tokens by which programs prove who they are
  member       Manage which servers belong to the farm
  notices      Show or set what you are told of, by mail or by a program of yours
  audit        Show who did what

Keep the farm:
  authority    Show the authority that signs the farm's certificates
  backup       Back a farm up to a file, while it runs
  restore      Restore a backup into a new data folder
  journal      Look at the journals of a data folder, and check them

For your shell:
  completions  Print a completion script
  man          Write man pages

Flags of every command:
{options}{after-help}";

const EXAMPLES: &str = "\
Examples:
  framefarm up                                         start a farm here
  framefarm submit scene.pov --frames 1-60 --size 640x360
  framefarm wait 1                                     see it render
  framefarm fetch 1 frames/                            get the pictures

`framefarm COMMAND --help` tells more of a command.
";

/// Framefarm, an open source render farm.
///
/// Submit a scene and its frames are rendered on every machine that runs a render server; no shared folder
/// is needed. Start with `framefarm up`.
#[derive(Debug, Parser)]
#[command(
    name = "framefarm",
    version,
    help_template = HELP_TEMPLATE,
    after_help = format!("{EXAMPLES}\n{}", Exit::HELP),
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Instead of a name in DNS: none is looked up.
const NO_DNS: &str = "none";

/// Flags of every command that the environment may give, by their variable.
const VARIABLES: [(&str, &str); 4] = [
    ("dns", "FRAMEFARM_DNS"),
    ("server", "FRAMEFARM_SERVER"),
    ("farm", "FRAMEFARM_FARM"),
    ("discovery_port", "FRAMEFARM_DISCOVERY_PORT"),
];

impl Cli {
    /// Reads the command line of this process, or ends it with what is wrong. A variable that is set to
    /// nothing counts as not set, as people expect who empty one for a single command.
    pub(crate) fn read() -> Self {
        let empty =
            |variable| std::env::var_os(variable).is_some_and(|value: std::ffi::OsString| value.is_empty());
        let mut command = Self::command();
        for (flag, variable) in VARIABLES {
            if empty(variable) {
                command = command.mut_arg(flag, |arg| arg.env(None));
            }
        }
        if empty("FRAMEFARM_RESOURCE") {
            command = command.mut_subcommand("serve", |serve| serve.mut_arg("resource", |arg| arg.env(None)));
        }
        Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
    }
}

/// Flags of every command.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// Address of the schedule server; found on the network where not given
    #[arg(long, global = true, value_name = "URL", env = "FRAMEFARM_SERVER", hide_env_values = true)]
    #[arg(help_heading = "Which farm")]
    pub(crate) server: Option<ServerUrl>,
    /// Name of the farm to look for
    #[arg(long, global = true, value_name = "NAME", env = "FRAMEFARM_FARM", hide_env_values = true)]
    #[arg(default_value = "default", help_heading = "Which farm")]
    pub(crate) farm: String,
    /// UDP port on which the servers of a farm are found
    #[arg(long, global = true, value_name = "PORT", env = "FRAMEFARM_DISCOVERY_PORT")]
    #[arg(default_value_t = DISCOVERY_PORT, hide_env_values = true, help_heading = "Which farm")]
    pub(crate) discovery_port: u16,
    /// Name in DNS under which the schedule server is looked for; none: none is looked up
    // Whoever keeps the network sets it, in the environment; it needs no line in the help of each command.
    #[arg(long, global = true, value_name = "NAME", env = "FRAMEFARM_DNS", hide = true)]
    #[arg(default_value = DNS_NAME)]
    pub(crate) dns: String,
    /// Print data as JSON
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Print ids or names alone, and say nothing else
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,
}

impl Global {
    pub(crate) fn talk(&self) -> Talk {
        Talk::new(self.quiet)
    }

    pub(crate) fn discovery(&self) -> DiscoveryConfig {
        let dns = Some(self.dns.clone()).filter(|name| name != NO_DNS);
        let known = Accounts::own().map(|accounts| accounts.all()).unwrap_or_default();
        let known = known.into_iter().map(|account| account.farm_id).collect();
        DiscoveryConfig { known, ..DiscoveryConfig::everywhere(&self.farm, self.discovery_port, dns) }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Up(up::Up),
    Serve(serve::Serve),
    Probe(probe::Probe),
    Submit(Box<submit::Submit>),
    Wait(wait::Wait),
    Fetch(fetch::Fetch),
    Picture(picture::Picture),
    Kill(change::Kill),
    Hold(change::Hold),
    Release(change::Release),
    Retry(change::Retry),
    Priority(change::Priority),
    Top(top::Top),
    Frame(frame::Frame),
    Jobs(jobs::Jobs),
    Job(job::Job),
    Frames(frames::Frames),
    Log(log::Log),
    Why(why::Why),
    Eta(eta::Eta),
    Hosts(hosts::Hosts),
    Host(host::Host),
    Server(server::Server),
    Service(service::Services),
    Limits(limits::Limits),
    Limit(limits::Limit),
    Notices(notices::NoticesOf),
    Shares(shares::Shares),
    Share(shares::Share),
    Package(package::Package),
    Path(path::Paths),
    Forgive(hosts::Forgive),
    Authority(authority::Authority),
    Login(login::Login),
    Logout(login::Logout),
    Whoami(login::Whoami),
    User(user::User),
    Token(token::Token),
    Member(member::Member),
    Audit(audit::Audit),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Journal(journal::Journal),
    Completions(completions::Completions),
    Man(man::Man),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_lists_every_command_with_its_own_words() {
        for command in Cli::command().get_subcommands() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let line = format!("  {:<12} {about}\n", command.get_name());
            assert!(HELP_TEMPLATE.contains(&line), "{line:?} is missing from the help");
        }
    }

    #[test]
    fn every_help_is_as_agreed() {
        let mut whole = Cli::command().term_width(100);
        whole.build();
        insta::assert_snapshot!("framefarm", whole.render_long_help());
        for command in whole.get_subcommands_mut() {
            let name = command.get_name().to_owned();
            insta::assert_snapshot!(name, command.render_long_help());
        }
    }
}
