//! The start of an attempt: what a grant comes to on this host.

use std::path::{Path, PathBuf};

use model::{Grant, HostId, PackageInfo, ResourceInfo};
use packages::{CommandLine, CommandLineError, Invocation, SessionRule};
use process::{Launch, Running};

use super::environments::{FolderError, SessionNow};
use super::scratch::{Place, ScratchError};
use super::session::Placed;
use super::shown_log::of_session;
use super::{Kit, allotted};

/// Why a package does not start.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    #[error(transparent)]
    Launch(#[from] process::LaunchError),
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    #[error(transparent)]
    Session(#[from] FolderError),
}

/// Starts the package for `grant` in `place`.
pub(super) fn launch(
    kit: &Kit,
    placed: &Placed,
    grant: &Grant,
    place: &Place,
) -> Result<Running, StartError> {
    let launch = prepared(kit, placed, grant, place, |call| call.command_line())?;
    Ok(process::launch(&launch, &place.log, &place.scratch.mark_file())?)
}

/// What to start for the package of `grant` where it stays for many frames, with `place` as its own.
pub(super) fn resident_launch(
    kit: &Kit,
    placed: &Placed,
    grant: &Grant,
    place: &Place,
    rule: &SessionRule,
) -> Result<Launch, StartError> {
    prepared(kit, placed, grant, place, |call| call.session_line(rule))
}

/// What a package that stays is asked for `grant`.
pub(super) fn request(
    kit: &Kit,
    placed: &Placed,
    grant: &Grant,
    place: &Place,
) -> Result<String, InvokeError> {
    let outputs = place.scratch.outputs();
    let program = program(kit, placed, grant)?;
    Ok(invocation(kit, placed, grant, &outputs, program.as_ref())?.request())
}

fn prepared(
    kit: &Kit,
    placed: &Placed,
    grant: &Grant,
    place: &Place,
    line: impl FnOnce(&Invocation<'_>) -> Result<CommandLine, CommandLineError>,
) -> Result<Launch, StartError> {
    let outputs = place.scratch.outputs();
    let session = kit.sessions.now(grant.slot);
    let mut around = kit.environment.clone();
    if let Some(session) = &session {
        session.overlay(&mut around);
        session.write_files()?;
        copy_log(session, grant, place);
    }
    let program = program(kit, placed, grant)?;
    let call = invocation(kit, placed, grant, &outputs, program.as_ref())?;
    let allotted = allotted::variables(grant, &kit.info.borrow());
    let scripts = placed.catalogue.scripts(call.definition);
    let executable = program.as_ref().map(|program| PathBuf::from(&program.executable));
    let call = Invocation {
        executable: executable.as_deref(),
        scripts: &scripts,
        environment: &around,
        session: session.as_ref().map(|session| session.values()),
        ..call
    };
    let command = line(&call).map_err(InvokeError::Command)?;
    let mut environment = command.environment;
    if let Some(session) = &session {
        session.overlay(&mut environment);
    }
    placed.put(&mut environment);
    environment.extend(allotted.into_iter().map(|(name, value)| (name.to_owned(), value)));
    if kit.user.is_some() && !environment.contains_key("HOME") {
        // That account has no home, and many a program wants one.
        environment.insert("HOME".to_owned(), outputs.display().to_string());
    }
    Ok(Launch {
        program: command.program,
        arguments: command.arguments.into_iter().map(Into::into).collect(),
        environment: environment.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
        folder: command.folder,
        user: kit.user.clone(),
    })
}

/// Has the log of the first attempt of a session begin with what its environments printed. That this fails
/// costs words, not the frame.
fn copy_log(session: &SessionNow, grant: &Grant, place: &Place) {
    let to = of_session(&place.scratch.log());
    let copied = session.log_for(grant.lease).map(|from| std::fs::copy(from, to));
    if let Some(Err(error)) = copied {
        tracing::warn!(lease = %grant.lease, "its log lacks what its environments printed: {error}");
    }
}

/// The program of the step's package on this host. Of several versions that which the step asks for, else the
/// first, which is what a person gets who types its name.
pub(super) fn program(kit: &Kit, placed: &Placed, grant: &Grant) -> Result<Option<PackageInfo>, InvokeError> {
    let step = placed.step(grant).ok_or(InvokeError::NoStep)?;
    let info = kit.info.borrow();
    let package = &step.work.package;
    let (of_package, others): (Vec<_>, Vec<_>) =
        info.packages.iter().cloned().partition(|found| found.name == *package);
    let lacks = |found: &PackageInfo| {
        let packages = others.iter().chain([found]).cloned().collect();
        let with_it = ResourceInfo { packages, ..info.clone() };
        resource::lacks(&HostId(String::new()), &with_it, &step.profile).len()
    };
    let best = match of_package.as_slice() {
        [only] => Some(only),
        several => several.iter().min_by_key(|found| lacks(found)),
    };
    Ok(best.cloned())
}

/// What `grant` comes to on this host, with `outputs` as the folder for what it makes and `program` as what
/// there is of its package; its path and scripts aside.
pub(super) fn invocation<'a>(
    kit: &'a Kit,
    placed: &'a Placed,
    grant: &'a Grant,
    outputs: &'a Path,
    program: Option<&PackageInfo>,
) -> Result<Invocation<'a>, InvokeError> {
    let step = placed.step(grant).ok_or(InvokeError::NoStep)?;
    let package = &step.work.package;
    let unknown = || InvokeError::UnknownPackage { package: package.clone() };
    let definition = placed.catalogue.library.get(package).ok_or_else(unknown)?;
    Ok(Invocation {
        definition: definition.of_version(program.map_or("", |program| &program.version)),
        step,
        job: grant.frame.job,
        number: grant.number,
        more: &grant.more,
        attempt: grant.attempt,
        job_folder: &placed.folder,
        scratch: outputs,
        executable: None,
        threads: u32::from(kit.threads),
        gpus: &grant.gpus,
        scripts: Path::new(""),
        environment: &kit.environment,
        session: None,
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
