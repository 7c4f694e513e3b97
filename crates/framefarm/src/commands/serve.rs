//! `framefarm serve`: servers of a farm, in any combination (requirement L13).

use std::io;
use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use clap::Args;
use server::{Listen, MetricsPort, News, Outcome, Ready, Said, Settings};
use tracing_subscriber::filter::LevelFilter;
use trust::JoinToken;
use wire::{ServerUrl, Service};

use super::desktop::Desktop;
use crate::cli::Global;
use crate::output::{self, Exit, Failure};

/// How long certificates hold where nobody says, in days.
const CERTIFICATE_DAYS: u32 = 30;

const STORAGE: &str = "Where things are kept";
const NETWORK: &str = "Who is let in";
const HOST: &str = "Render server";
const OTHERS: &str = "Which farm";
const MAIL: &str = "Mail";
const LOG: &str = "Log";

/// Run single servers of a farm: schedule, resource, render
///
/// The servers of a farm find each other on the network by the name of the farm. The schedule server keeps
/// the jobs and gives out their frames; the resource server knows what each render host has; a render server
/// renders. SIGTERM or Ctrl-C stops them cleanly: what a render server was rendering is given back.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm serve schedule resource --data /srv/farm --storage /mnt/frames
  framefarm serve render                             on every machine that renders
  framefarm serve render --name fast-1 --slots 4 --tags fast,new")]
pub(crate) struct Serve {
    /// Servers to run in this process
    #[arg(value_name = "ROLE", required = true, value_parser = role)]
    roles: Vec<Service>,
    /// Address of the resource server; found on the network where not given
    #[arg(long, value_name = "URL", env = "FRAMEFARM_RESOURCE", hide_env_values = true, help_heading = OTHERS)]
    resource: Option<ServerUrl>,
    #[command(flatten)]
    options: Options,
}

/// Flags of `up` and `serve` alike.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Folder for everything that must survive a restart
    ///
    /// Where not given, $XDG_DATA_HOME/framefarm or ~/.local/share/framefarm, and the folder resource or
    /// render in it for a process without a schedule server.
    #[arg(long, value_name = "DIR", env = "FRAMEFARM_DATA", hide_env_values = true, help_heading = STORAGE)]
    data: Option<PathBuf>,
    /// Folder where finished frames end; `results` in the data folder where not given
    ///
    /// A render server on another machine that mounts the same folder is told of it in the same way, and
    /// writes frames straight into it; without, they go by way of the schedule server.
    #[arg(long, value_name = "DIR", help_heading = STORAGE)]
    storage: Option<PathBuf>,
    /// TCP port of this machine to listen on; 0 picks a free one
    ///
    /// Where not given, 7117 with a schedule server, and any free one without: others find it by itself.
    #[arg(long, value_name = "PORT", help_heading = NETWORK)]
    port: Option<u16>,
    /// Let other machines in: listen on every interface, and speak TLS alone
    ///
    /// Without it, this machine alone is spoken with. The farm's authority signs the certificates; servers on
    /// other machines join the farm first, and people log in: framefarm login.
    #[arg(long, help_heading = NETWORK, conflicts_with = "listen")]
    lan: bool,
    /// Listen at one address of this machine; TLS is spoken there, unless it is one of loopback
    #[arg(long, value_name = "ADDR[:PORT]", help_heading = NETWORK, value_parser = address)]
    listen: Option<(IpAddr, Option<u16>)>,
    /// How many days the certificates hold that this farm gives; they are renewed by themselves
    #[arg(long, value_name = "N", help_heading = NETWORK, default_value_t = CERTIFICATE_DAYS)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=3650), conflicts_with = "certificate_seconds")]
    certificate_days: u32,
    /// The same in seconds, to see certificates renewed in tests
    #[arg(long, value_name = "N", hide = true, value_parser = clap::value_parser!(u32).range(1..))]
    certificate_seconds: Option<u32>,
    /// Join token of the farm, made by `framefarm member token`
    ///
    /// Without one, a server on another machine shows a short code and waits until somebody approves it:
    /// framefarm member approve. Everybody on this machine can read the flags of a program: where others
    /// work on it, give the token in the environment.
    #[arg(long, value_name = "TOKEN", env = "FRAMEFARM_JOIN", hide_env_values = true, help_heading = NETWORK)]
    join: Option<JoinToken>,
    /// Name of the render host; that of the machine where not given
    #[arg(long, value_name = "NAME", help_heading = HOST)]
    name: Option<String>,
    /// Frames rendered at once; one for each processor where not given
    #[arg(long, value_name = "N", help_heading = HOST, value_parser = clap::value_parser!(u16).range(1..))]
    slots: Option<u16>,
    /// Threads that a package may use for a frame; 1 where not given, as a slot is a processor
    #[arg(long, value_name = "N", help_heading = HOST, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Account that frames run as, where the render server is root
    ///
    /// Where not given, framefarm, or nobody where there is no such account. Frames never run as root. Where
    /// the render server is not root, frames run as whoever started it.
    #[arg(long, value_name = "NAME", help_heading = HOST)]
    render_user: Option<String>,
    /// Folder on a fast disk of this machine where frames work; in the data folder where not given
    ///
    /// Where frames run as another account than the render server, /var/tmp is what is taken where not given,
    /// as the data folder is closed to them.
    #[arg(long, value_name = "DIR", help_heading = HOST)]
    scratch: Option<PathBuf>,
    /// How much is kept of the files of jobs, for the next: 20G; a tenth of the free disk where not given
    ///
    /// What was used least recently goes first, and what jobs on this host use stays. A job gets at most half
    /// of it; files that find no room are fetched for their job alone. In one process with the schedule
    /// server nothing has to be kept: it has all files.
    #[arg(long, value_name = "SIZE", help_heading = HOST, value_parser = super::desktop::bytes)]
    cache: Option<u64>,
    /// Words that jobs can ask for: fast,gpu
    #[arg(long, value_name = "WORD", value_delimiter = ',', help_heading = HOST)]
    tags: Vec<String>,
    #[command(flatten)]
    desktop: Desktop,
    /// Folder with definitions of rendering packages of the site; `packages` in the data folder where not
    /// given
    #[arg(long, value_name = "DIR", env = "FRAMEFARM_PACKAGES", hide_env_values = true, help_heading = STORAGE)]
    packages: Option<PathBuf>,
    /// Mail server for notices: smtp://mail.example.com:25; without one, notices wait
    #[arg(long, value_name = "URL", env = "FRAMEFARM_SMTP", hide_env_values = true, help_heading = MAIL)]
    smtp: Option<String>,
    /// Sender of notices
    #[arg(long, value_name = "ADDR", help_heading = MAIL)]
    mail_from: Option<String>,
    /// Give figures for Prometheus out at a port of their own too: 127.0.0.1:7118. What other machines can
    /// reach needs FRAMEFARM_METRICS_TOKEN
    #[arg(long, value_name = "ADDR", env = "FRAMEFARM_METRICS", hide_env_values = true, help_heading = LOG)]
    metrics: Option<SocketAddr>,
    /// What has to be shown there
    #[arg(long, env = "FRAMEFARM_METRICS_TOKEN", hide = true, hide_env_values = true)]
    metrics_token: Option<String>,
    /// Folder with the built web page, to work on it: web/ui/dist; that in the program where not given
    #[arg(long, value_name = "DIR", env = "FRAMEFARM_PAGE", hide = true)]
    page: Option<PathBuf>,
    /// How much the log on stderr tells: error, warn, info, debug, trace, off
    #[arg(long, value_name = "LEVEL", env = "FRAMEFARM_LOG", hide_env_values = true, help_heading = LOG)]
    #[arg(default_value = "info")]
    log_level: LevelFilter,
}

/// `10.0.0.5`, `10.0.0.5:7117`, `::1`, `[::1]:7117`.
fn address(text: &str) -> Result<(IpAddr, Option<u16>), AddrParseError> {
    match text.parse::<SocketAddr>() {
        Ok(address) => Ok((address.ip(), Some(address.port()))),
        Err(_) => text.trim_matches(['[', ']']).parse().map(|address| (address, None)),
    }
}

fn role(text: &str) -> Result<Service, wire::discovery::ServiceError> {
    text.parse()
}

impl Serve {
    /// Whether there is nothing but a render server.
    pub(crate) fn renders_alone(&self) -> bool {
        self.roles.iter().all(|role| *role == Service::Render)
    }

    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let mut roles = self.roles;
        roles.sort_unstable();
        roles.dedup();
        // Who runs a server does not look for it elsewhere.
        let schedule = global.server.clone().filter(|_| !roles.contains(&Service::Schedule));
        serve(global, roles, schedule, self.resource, self.options).await
    }
}

/// Runs servers until they are told to stop.
pub(crate) async fn serve(
    global: &Global,
    services: Vec<Service>,
    schedule_url: Option<ServerUrl>,
    resource_url: Option<ServerUrl>,
    options: Options,
) -> Result<Exit, Failure> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_max_level(options.log_level)
        .with_target(false)
        .init();
    let usual_port = if services.contains(&Service::Schedule) { server::DEFAULT_PORT } else { 0 };
    let settings = Settings {
        data: options.data.map_or_else(|| data_folder(&services), Ok)?,
        services,
        port: options.port.or(options.listen.and_then(|(_, port)| port)).unwrap_or(usual_port),
        listen: match options.listen {
            Some((address, _)) => Listen::At(address),
            None if options.lan => Listen::Everywhere,
            None => Listen::Here,
        },
        certificate_life: options.certificate_seconds.map_or_else(
            || Duration::from_secs(u64::from(options.certificate_days) * 24 * 60 * 60),
            |seconds| Duration::from_secs(seconds.into()),
        ),
        join: options.join,
        storage: options.storage,
        discovery: global.discovery(),
        name: options.name,
        slots: options.slots,
        threads: options.threads,
        render_user: options.render_user,
        scratch: options.scratch,
        cache: options.cache,
        tags: options.tags,
        desk: options.desktop.policy(),
        schedule_url,
        resource_url,
        packages: options.packages,
        smtp: options.smtp,
        mail_from: options.mail_from,
        metrics: options.metrics.map(|at| MetricsPort { at, token: options.metrics_token }),
        page: options.page,
    };
    let news = News::to(|said| {
        let line = match said {
            Said::Ready(ready) => ready_line(ready),
            Said::OwnerLink(link) => format!("the owner of the farm gets in, once, at {link}"),
            Said::Pending { name, code } => {
                format!("framefarm waits to be approved: framefarm member approve {name} (code {code})")
            }
        };
        // Nobody may be reading; the servers run all the same.
        let _ = output::line(line);
    });
    // Where an update has put another program in its place, that is what begins.
    let executable = std::env::current_exe();
    match server::run(settings, news).await? {
        Outcome::Ended => Ok(Exit::Done),
        Outcome::BeginAnew => Err(begin_anew(executable)),
    }
}

/// Begins this command line anew as the same process; returns only where that cannot be done.
fn begin_anew(executable: io::Result<PathBuf>) -> Failure {
    let begun = executable.map(|path| Command::new(path).args(std::env::args_os().skip(1)).exec());
    let error = match begun {
        Ok(error) | Err(error) => error,
    };
    Failure::System { what: format!("cannot begin anew: {error}") }
}

/// `framefarm ready at http://127.0.0.1:7117 (schedule, resource; data /srv/farm)`.
fn ready_line(ready: &Ready) -> String {
    let at = ready.url.as_ref().map(|url| format!(" at {url}")).unwrap_or_default();
    let roles: Vec<&str> = ready.services.iter().map(|service| service.name()).collect();
    let host = ready.render_host.as_ref().map(|(name, slots)| format!("; host {name}, slots {slots}"));
    let (roles, host, data) = (roles.join(", "), host.unwrap_or_default(), ready.data.display());
    format!("framefarm ready{at} ({roles}; data {data}{host})")
}

/// The data folder in which a farm of this user keeps its queues, where nobody says otherwise.
pub(super) fn schedule_data() -> Result<PathBuf, Failure> {
    data_folder(&[Service::Schedule])
}

/// The data folder of a render server of this user, where nobody says otherwise.
pub(super) fn render_data() -> Result<PathBuf, Failure> {
    data_folder(&[Service::Render])
}

/// Where the farm of this user is kept: the queues in one place whatever runs beside the schedule server, and
/// other processes in places of their own, since two cannot share one.
fn data_folder(services: &[Service]) -> Result<PathBuf, Failure> {
    let has = |service| services.contains(&service);
    let within = match (has(Service::Schedule), has(Service::Render)) {
        (true, _) => "framefarm",
        (false, true) => "framefarm/render",
        (false, false) => "framefarm/resource",
    };
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    folder("XDG_DATA_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".local/share")))
        .map(|share| share.join(within))
        .ok_or_else(|| Failure::Misuse {
            what: "there is no home folder to keep the farm in".to_owned(),
            hint: "name a folder: --data DIR".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_a_port() {
        let table = [
            ("10.0.0.5", "10.0.0.5", None),
            ("10.0.0.5:7117", "10.0.0.5", Some(7117)),
            ("::1", "::1", None),
            ("[::1]", "::1", None),
            ("[::1]:80", "::1", Some(80)),
        ];
        for (text, ip, port) in table {
            assert_eq!(address(text), Ok((ip.parse().unwrap(), port)), "{text}");
        }
        for text in ["", "farm.example", "10.0.0.5:", "10.0.0.5:99999", ":7117"] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
