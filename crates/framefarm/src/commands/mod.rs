//! One file per command, its flags beside it.

pub(crate) mod audit;
pub(crate) mod authority;
pub(crate) mod backup;
pub(crate) mod change;
pub(crate) mod completions;
mod desktop;
pub(crate) mod eta;
pub(crate) mod fetch;
mod follow;
pub(crate) mod frame;
pub(crate) mod frames;
pub(crate) mod host;
pub(crate) mod hosts;
pub(crate) mod job;
pub(crate) mod jobs;
pub(crate) mod journal;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod login;
pub(crate) mod man;
pub(crate) mod member;
pub(crate) mod notices;
pub(crate) mod package;
mod parts;
pub(crate) mod path;
pub(crate) mod picture;
pub(crate) mod probe;
mod secret_input;
pub(crate) mod serve;
pub(crate) mod server;
pub(crate) mod service;
pub(crate) mod shares;
mod span;
pub(crate) mod submit;
pub(crate) mod token;
pub(crate) mod top;
pub(crate) mod up;
pub(crate) mod user;
pub(crate) mod wait;
mod which;
pub(crate) mod why;

use tokio::runtime::{Builder, Runtime};

use crate::cli::{Cli, Command};
use crate::output::{Exit, Failure};

/// Threads of a render server for its links, files and reports, at most; each slot has its own besides.
const RENDER_SERVER_THREADS: usize = 4;

pub(crate) fn run(cli: Cli) -> Result<Exit, Failure> {
    let Cli { global, command } = cli;
    match command {
        Command::Completions(completions) => return completions.run(),
        Command::Man(man) => return man.run(global.talk()),
        Command::Service(service) => return service.run(&global),
        Command::Backup(backup) => return backup.run(&global),
        Command::Restore(restore) => return restore.run(&global),
        Command::Journal(journal) => return journal.run(&global),
        Command::Probe(probe) => return probe.run(&global),
        Command::Package(package) => return package.run(&global),
        Command::Picture(picture) => return picture.run(&global),
        _ => {}
    }
    let runtime = runtime(&command)?;
    runtime.block_on(async {
        match command {
            Command::Up(up) => up.run(&global).await,
            Command::Serve(serve) => serve.run(&global).await,
            Command::Submit(submit) => submit.run(&global).await,
            Command::Wait(wait) => wait.run(&global).await,
            Command::Fetch(fetch) => fetch.run(&global).await,
            Command::Kill(kill) => kill.run(&global).await,
            Command::Hold(hold) => hold.run(&global).await,
            Command::Release(release) => release.run(&global).await,
            Command::Retry(retry) => retry.run(&global).await,
            Command::Priority(priority) => priority.run(&global).await,
            Command::Jobs(jobs) => jobs.run(&global).await,
            Command::Top(top) => top.run(&global).await,
            Command::Job(job) => job.run(&global).await,
            Command::Frame(frame) => frame.run(&global).await,
            Command::Eta(eta) => eta.run(&global).await,
            Command::Frames(frames) => frames.run(&global).await,
            Command::Log(log) => log.run(&global).await,
            Command::Why(why) => why.run(&global).await,
            Command::Hosts(hosts) => hosts.run(&global).await,
            Command::Host(host) => host.run(&global).await,
            Command::Server(server) => server.run(&global).await,
            Command::Forgive(forgive) => forgive.run(&global).await,
            Command::Limits(limits) => limits.run(&global).await,
            Command::Limit(limit) => limit.run(&global).await,
            Command::Notices(notices) => notices.run(&global).await,
            Command::Shares(shares) => shares.run(&global).await,
            Command::Path(path) => path.run(&global).await,
            Command::Share(share) => share.run(&global).await,
            Command::Authority(authority) => authority.run(&global).await,
            Command::Login(login) => login.run(&global).await,
            Command::Logout(logout) => logout.run(&global).await,
            Command::Whoami(whoami) => whoami.run(&global).await,
            Command::User(user) => user.run(&global).await,
            Command::Token(token) => token.run(&global).await,
            Command::Member(member) => member.run(&global).await,
            Command::Audit(audit) => audit.run(&global).await,
            Command::Completions(_)
            | Command::Man(_)
            | Command::Service(_)
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Journal(_)
            | Command::Package(_)
            | Command::Picture(_)
            | Command::Probe(_) => Ok(Exit::Done),
        }
    })
}

/// What servers and commands run on.
fn runtime(command: &Command) -> Result<Runtime, Failure> {
    let serves = matches!(command, Command::Up(_) | Command::Serve(_));
    let mut builder = if serves { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    if matches!(command, Command::Serve(serve) if serve.renders_alone()) {
        // The processors are there for frames.
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        builder.worker_threads(processors.min(RENDER_SERVER_THREADS));
    }
    let built = builder.enable_all().build();
    built.map_err(|error| Failure::System { what: format!("cannot start: {error}") })
}

/// The number of a job on the command line.
fn job_id(text: &str) -> Result<model::JobId, &'static str> {
    text.parse().map_err(|_| "a job has a number, `framefarm jobs` shows it")
}

/// The moment, as the farm writes it.
fn now() -> model::Time {
    let ms = jiff::Timestamp::now().as_millisecond();
    model::Time(u64::try_from(ms).unwrap_or(0))
}
