//! `framefarm serve`: servers of a farm, in any combination (requirement L13).

use std::path::PathBuf;

use clap::Args;
use server::{Ready, Settings};
use tracing_subscriber::filter::LevelFilter;
use wire::{ServerUrl, Service};

use super::desktop::Desktop;
use crate::cli::Global;
use crate::output::{self, Exit, Failure};

const STORAGE: &str = "Where things are kept";
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
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Name of the render host; that of the machine where not given
    #[arg(long, value_name = "NAME", help_heading = HOST)]
    name: Option<String>,
    /// Frames rendered at once; one for each processor where not given
    #[arg(long, value_name = "N", help_heading = HOST, value_parser = clap::value_parser!(u16).range(1..))]
    slots: Option<u16>,
    /// Threads that a package may use for a frame; 1 where not given, as a slot is a processor
    #[arg(long, value_name = "N", help_heading = HOST, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Words that jobs can ask for: fast,gpu
    #[arg(long, value_name = "WORD", value_delimiter = ',', help_heading = HOST)]
    tags: Vec<String>,
    #[command(flatten)]
    desktop: Desktop,
    /// Mail server for notices: smtp://mail.example.com:25; without one, notices wait
    #[arg(long, value_name = "URL", env = "FRAMEFARM_SMTP", hide_env_values = true, help_heading = MAIL)]
    smtp: Option<String>,
    /// Sender of notices
    #[arg(long, value_name = "ADDR", help_heading = MAIL)]
    mail_from: Option<String>,
    /// How much the log on stderr tells: error, warn, info, debug, trace, off
    #[arg(long, value_name = "LEVEL", env = "FRAMEFARM_LOG", hide_env_values = true, help_heading = LOG)]
    #[arg(default_value = "info")]
    log_level: LevelFilter,
}

fn role(text: &str) -> Result<Service, wire::discovery::ServiceError> {
    text.parse()
}

impl Serve {
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
        port: options.port.unwrap_or(usual_port),
        storage: options.storage,
        discovery: global.discovery(),
        name: options.name,
        slots: options.slots,
        threads: options.threads,
        tags: options.tags,
        desk: options.desktop.policy(),
        schedule_url,
        resource_url,
        smtp: options.smtp,
        mail_from: options.mail_from,
    };
    server::run(settings, |ready| {
        // Nobody may be reading; the servers run all the same.
        let _ = output::line(ready_line(ready));
    })
    .await?;
    Ok(Exit::Done)
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
