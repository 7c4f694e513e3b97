//! One attempt's process: started or adopted, watched, and ended when its lease is.
//!
//! Each has a thread of its own, which mostly sleeps until the process ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{Exit, FailureClass, Grant, LeaseId, ProcessMark, Usage};
use packages::{CommandLineError, Invocation};
use process::{Launch, Running};
use render::Event;

use super::Kit;
use super::hands::RenderHandle;
use super::session::{JobFolder, Placed};
use super::watching::watch;
use crate::error_chain;

/// Names the process of an attempt, in its scratch.
pub(super) const MARK_FILE: &str = "process";
/// What the process printed, in its scratch.
pub(super) const LOG_FILE: &str = "log";

/// How a running attempt is told to end. Clones hold the same reins.
#[derive(Clone, Default)]
pub(super) struct Reins(Arc<AtomicBool>);

impl Reins {
    /// The attempt is to end.
    pub(super) fn pull(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is.
    pub(super) fn pulled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The files of an attempt.
pub(super) struct Scratch {
    pub(super) folder: PathBuf,
}

impl Scratch {
    pub(super) fn of(kit: &Kit, lease: LeaseId) -> Self {
        Self { folder: kit.attempts.join(lease.to_string()) }
    }

    pub(super) fn outputs(&self) -> PathBuf {
        self.folder.join("out")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.join(LOG_FILE)
    }

    fn mark_file(&self) -> PathBuf {
        self.folder.join(MARK_FILE)
    }

    /// Empty, whatever an earlier run of the render server left here.
    fn make_new(&self) -> Result<(), StartError> {
        let fault = |path: &Path| {
            let path = path.to_owned();
            move |source| StartError::Scratch { path, source }
        };
        if self.folder.exists() {
            process::kill_leftover(&self.mark_file())?;
            std::fs::remove_dir_all(&self.folder).map_err(fault(&self.folder))?;
        }
        let outputs = self.outputs();
        std::fs::create_dir_all(&outputs).map_err(fault(&outputs))
    }
}

/// Why a package does not start.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("cannot use {path} on this host")]
    Scratch { path: PathBuf, source: std::io::Error },
    #[error("cannot end what an earlier try left running")]
    Leftover(#[from] process::KillError),
    #[error(transparent)]
    Launch(#[from] process::LaunchError),
    #[error(transparent)]
    Invoke(#[from] InvokeError),
}

/// Starts the package for `grant`; `Started` and `Exited`, or `StartFailed`, follow.
pub(super) fn start(kit: Arc<Kit>, handle: RenderHandle, folder: JobFolder, grant: Grant, reins: Reins) {
    tokio::spawn(async move {
        let lease = grant.lease;
        let failed = move |class, why| Event::StartFailed { lease, class, why };
        // It is placed already, unless somebody tidied up.
        let placed = match folder.ready().await {
            Ok(placed) => placed,
            Err(error) => return handle.tell(failed(error.class(), error.sentence())).await,
        };
        let worker = handle.clone();
        let spawned = on_thread(lease, move || {
            if reins.pulled() {
                return worker.tell_blocking(failed(FailureClass::Killed, "the lease is over".to_owned()));
            }
            match launch(&kit, &placed, &grant) {
                Ok(running) => {
                    worker.tell_blocking(Event::Started { lease, process: running.mark() });
                    watch(&kit, &worker, &placed, &grant, running, &reins);
                }
                Err(error) => worker.tell_blocking(failed(FailureClass::Host, error_chain(&error))),
            }
        });
        if let Err(error) = spawned {
            let why = format!("no thread can be started on this host: {error}");
            handle.tell(failed(FailureClass::Host, why)).await;
        }
    });
}

/// Watches a process that an earlier run of this render server started; `Exited` follows.
pub(super) fn adopt(
    kit: Arc<Kit>,
    handle: RenderHandle,
    folder: JobFolder,
    grant: Grant,
    process: ProcessMark,
    reins: Reins,
) {
    tokio::spawn(async move {
        let lease = grant.lease;
        let mark_file = Scratch::of(&kit, lease).mark_file();
        let Some(running) = process::adopt(process, &mark_file) else {
            return end_unwatched(handle, lease, mark_file).await;
        };
        tracing::info!(%lease, pid = process.pid, "a process of an earlier run is watched again");
        let placed = match folder.ready().await {
            Ok(placed) => placed,
            Err(error) => {
                tracing::warn!(%lease, "it cannot be watched: {}", error.sentence());
                return end_unwatched(handle, lease, mark_file).await;
            }
        };
        let watcher = handle.clone();
        let spawned = on_thread(lease, move || watch(&kit, &watcher, &placed, &grant, running, &reins));
        if let Err(error) = spawned {
            tracing::warn!(%lease, "it cannot be watched: {error}");
            end_unwatched(handle, lease, mark_file).await;
        }
    });
}

/// Ends whatever still runs of an attempt that nobody can watch, and says so.
async fn end_unwatched(handle: RenderHandle, lease: LeaseId, mark_file: PathBuf) {
    let swept = tokio::task::spawn_blocking(move || process::kill_leftover(&mark_file)).await;
    if let Ok(Err(error)) = swept {
        tracing::warn!(%lease, "what the attempt left may still run: {}", error_chain(&error));
    }
    handle.tell(Event::Exited { lease, exit: Exit::Unknown, usage: Usage::default() }).await;
}

fn on_thread(lease: LeaseId, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let runtime = tokio::runtime::Handle::current();
    let thread = std::thread::Builder::new().name(format!("lease {lease}"));
    let spawned = thread.spawn(move || {
        let _entered = runtime.enter();
        work();
    });
    spawned.map(drop)
}

fn launch(kit: &Kit, placed: &Placed, grant: &Grant) -> Result<Running, StartError> {
    let scratch = Scratch::of(kit, grant.lease);
    scratch.make_new()?;
    let outputs = scratch.outputs();
    let command = invocation(kit, placed, grant, &outputs)?.command_line().map_err(InvokeError::Command)?;
    let launch = Launch {
        program: command.program,
        arguments: command.arguments.into_iter().map(Into::into).collect(),
        environment: command.environment.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
        folder: command.folder,
        log: scratch.log(),
    };
    Ok(process::launch(&launch, &scratch.mark_file())?)
}

/// What `grant` comes to on this host, with `outputs` as the folder for what it makes.
pub(super) fn invocation<'a>(
    kit: &'a Kit,
    placed: &'a Placed,
    grant: &Grant,
    outputs: &'a Path,
) -> Result<Invocation<'a>, InvokeError> {
    let step = placed.description.steps.get(usize::from(grant.frame.step.0)).ok_or(InvokeError::NoStep)?;
    let package = &step.work.package;
    let unknown = || InvokeError::UnknownPackage { package: package.clone() };
    let definition = kit.library.get(package).ok_or_else(unknown)?;
    let found = kit.packages.iter().find(|found| found.name == *package);
    Ok(Invocation {
        definition,
        step,
        number: grant.number,
        attempt: grant.attempt,
        job_folder: &placed.folder,
        scratch: outputs,
        executable: found.map(|found| Path::new(&found.executable)),
        threads: u32::from(kit.threads),
        environment: &kit.environment,
    })
}

/// Why a grant comes to nothing on this host.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvokeError {
    #[error("the job has no such step")]
    NoStep,
    #[error("this render server does not know the package {package}; is it older than the schedule server?")]
    UnknownPackage { package: String },
    #[error(transparent)]
    Command(#[from] CommandLineError),
}
