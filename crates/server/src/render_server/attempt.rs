//! The start of an attempt: what a grant comes to on this host.

use std::path::Path;

use model::Grant;
use packages::{CommandLineError, Invocation};
use process::{Launch, Running};

use super::Kit;
use super::scratch::{Place, ScratchError};
use super::session::Placed;

/// Why a package does not start.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    #[error(transparent)]
    Launch(#[from] process::LaunchError),
    #[error(transparent)]
    Invoke(#[from] InvokeError),
}

/// Starts the package for `grant` in `place`.
pub(super) fn launch(
    kit: &Kit,
    placed: &Placed,
    grant: &Grant,
    place: &Place,
) -> Result<Running, StartError> {
    let outputs = place.scratch.outputs();
    let command = invocation(kit, placed, grant, &outputs)?.command_line().map_err(InvokeError::Command)?;
    let launch = Launch {
        program: command.program,
        arguments: command.arguments.into_iter().map(Into::into).collect(),
        environment: command.environment.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
        folder: command.folder,
    };
    Ok(process::launch(&launch, &place.log, &place.scratch.mark_file())?)
}

/// What `grant` comes to on this host, with `outputs` as the folder for what it makes.
pub(super) fn invocation<'a>(
    kit: &'a Kit,
    placed: &'a Placed,
    grant: &'a Grant,
    outputs: &'a Path,
) -> Result<Invocation<'a>, InvokeError> {
    let step = placed.step(grant).ok_or(InvokeError::NoStep)?;
    let package = &step.work.package;
    let unknown = || InvokeError::UnknownPackage { package: package.clone() };
    let definition = kit.library.get(package).ok_or_else(unknown)?;
    let found = kit.packages.iter().find(|found| found.name == *package);
    Ok(Invocation {
        definition,
        step,
        job: grant.frame.job,
        number: grant.number,
        more: &grant.more,
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
