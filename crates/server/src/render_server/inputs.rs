//! What earlier steps made, brought into the scratch of an attempt before it starts.
//!
//! Each file is checked against its digest on the way. A step that waits for a whole step hands the same
//! files to every attempt: those are fetched once, kept beside the job's files as long as it is on this host,
//! and linked into each scratch. What belongs to a frame is used once and goes with its scratch.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use model::{DependencyKind, Digest, FailureClass, Grant, InputView, Step};
use store::Results;
use tokio::runtime;
use wire::ClientError;

use super::Kit;
use super::line::Task;
use super::scratch::Place;
use super::session::{Placed, patiently};
use crate::error_chain;

/// Files on their way at once.
const AT_ONCE: usize = 4;
/// How soon it is seen that nobody wants the attempt any more.
const LOOK_TIME: Duration = Duration::from_millis(50);
/// Files may be read by those who render, and changed by nobody.
const READ_ONLY: u32 = 0o444;
/// The folder beside a job's files for what its attempts share.
const SHARED: &str = "made";

/// Why an attempt cannot be given what earlier steps made.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    #[error("what earlier steps made cannot be fetched")]
    Fetch(#[from] ClientError),
    #[error("{name}, which an earlier step made, is not in the storage as it was made")]
    Spoilt { name: String, source: ClientError },
    #[error("cannot write {path} on this host")]
    File { path: PathBuf, source: io::Error },
    /// It is not wanted any more.
    #[error("the attempt is over before it began")]
    Over,
}

impl InputError {
    /// Whose fault it is.
    pub(super) const fn class(&self) -> FailureClass {
        match self {
            // The lease is over, or the schedule server knows better.
            Self::Over | Self::Fetch(ClientError::Refused(_)) => FailureClass::GivenBack,
            // Another host would find the same.
            Self::Spoilt { .. } => FailureClass::Frame,
            Self::Fetch(_) | Self::File { .. } => FailureClass::Host,
        }
    }
}

/// Brings what the attempt of `task` works with into `place`, if there is anything.
pub(super) fn bring(
    runtime: &runtime::Handle,
    kit: &Kit,
    placed: &Placed,
    task: &Task,
    place: &mut Place,
) -> Result<(), InputError> {
    let Some(step) = placed.step(&task.grant) else { return Ok(()) };
    if !step.depends_on.iter().any(|other| other.files) {
        return Ok(());
    }
    let folder = place.expect_inputs();
    let bringing = Bringing { kit, placed, grant: &task.grant, folder };
    runtime.block_on(async {
        let mut work = std::pin::pin!(bringing.all(step));
        loop {
            match tokio::time::timeout(LOOK_TIME, &mut work).await {
                Ok(brought) => return brought,
                Err(_) if task.reins.pulled() => return Err(InputError::Over),
                Err(_) => {}
            }
        }
    })
}

struct Bringing<'a> {
    kit: &'a Kit,
    placed: &'a Placed,
    grant: &'a Grant,
    /// Where the attempt finds them.
    folder: PathBuf,
}

impl Bringing<'_> {
    async fn all(&self, step: &Step) -> Result<(), InputError> {
        let lease = self.grant.lease;
        let inputs = patiently(self.kit, |client| async move { client.inputs(lease).await }).await?;
        let steps = &self.placed.description.steps;
        let mut shared = BTreeSet::new();
        make(&self.folder)?;
        for other in step.depends_on.iter().filter(|other| other.files) {
            let Some(made_by) = steps.iter().find(|step| step.name == other.step) else { continue };
            let folder = made_by.slug();
            make(&self.folder.join(&folder))?;
            if other.by == DependencyKind::Step {
                shared.insert(folder);
            }
        }
        let each = stream::iter(inputs.iter().map(|input| self.one(input, shared.contains(&input.folder))));
        each.buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn one(&self, input: &InputView, shared: bool) -> Result<(), InputError> {
        let Some(path) = self.place_of(input) else { return Ok(()) };
        if !shared {
            return self.fetch(input, &path).await;
        }
        let kept = self.kept(input.digest)?;
        // Of several attempts that want the same, the others wait for the first.
        let bringing = self.kit.bringing.lock().await;
        if !kept.is_file() {
            self.fetch(input, &kept).await?;
        }
        drop(bringing);
        let linked = fs::hard_link(&kept, &path).or_else(|_| fs::copy(&kept, &path).map(drop));
        linked.map_err(|source| InputError::File { path, source })
    }

    /// Where the attempt finds `input`; nowhere where the server chooses a place outside.
    fn place_of(&self, input: &InputView) -> Option<PathBuf> {
        let plain = |name: &String| !matches!(name.as_str(), "" | "." | "..") && !name.contains('/');
        (plain(&input.folder) && plain(&input.name))
            .then(|| self.folder.join(&input.folder).join(&input.name))
    }

    /// Where a file is kept for all attempts of the job.
    fn kept(&self, digest: Digest) -> Result<PathBuf, InputError> {
        let folder = self.kit.jobs.join(self.grant.frame.job.to_string()).join(SHARED);
        make(&folder)?;
        Ok(folder.join(digest.to_string()))
    }

    /// Brings `input` to `path`, where it stands when it is whole: straight from the storage where this host
    /// mounts it, else by way of the schedule server.
    async fn fetch(&self, input: &InputView, path: &Path) -> Result<(), InputError> {
        if !self.copied(input, path).await {
            let lease = self.grant.lease;
            let fetched =
                patiently(self.kit, |client| async move { client.get_input(lease, input, path).await });
            fetched.await.map_err(|error| blamed(error, input, path))?;
        }
        fs::set_permissions(path, Permissions::from_mode(READ_ONLY))
            .map_err(|source| InputError::File { path: path.to_owned(), source })
    }

    /// Whether it could be had straight from the storage.
    async fn copied(&self, input: &InputView, path: &Path) -> bool {
        let storage = self.kit.server.borrow().as_ref().and_then(|server| server.storage.clone());
        let Some(storage) = storage else { return false };
        let (job, steps) = (self.grant.frame.job, &self.placed.description.steps);
        let Some(at) = steps.iter().position(|step| step.slug() == input.folder) else { return false };
        let stored_in = self.placed.description.folder_of(job, at);
        let (input, to) = (input.clone(), path.to_owned());
        let copied = tokio::task::spawn_blocking(move || copy(&storage, &stored_in, &input, &to)).await;
        let why = match copied {
            Ok(Ok(true)) => return true,
            Ok(Ok(false)) => "it has other bytes there".to_owned(),
            Ok(Err(error)) => error_chain(&*error),
            Err(error) => error.to_string(),
        };
        let name = path.display();
        tracing::warn!("{name} comes by way of the schedule server, not from the storage: {why}");
        false
    }
}

/// What it means that `input` could not be had.
fn blamed(error: ClientError, input: &InputView, path: &Path) -> InputError {
    let name = input.name.clone();
    match error {
        ClientError::Local { source, .. } => InputError::File { path: path.to_owned(), source },
        // Its lease is there, the file is not.
        ClientError::Refused(ref problem) if problem.status == 404 => {
            InputError::Spoilt { name, source: error }
        }
        ClientError::Damaged { .. } => InputError::Spoilt { name, source: error },
        other => InputError::Fetch(other),
    }
}

/// Copies a published file to `to`, and says whether it is the right one; else there is no file `to`.
fn copy(
    storage: &Results,
    stored_in: &str,
    input: &InputView,
    to: &Path,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let (mut from, _) = storage.open_file(stored_in, &input.name)?;
    let copied = File::create_new(to).and_then(|mut copy| io::copy(&mut from, &mut copy));
    let right = copied.is_ok() && packages::digest_file(to).is_ok_and(|(found, _)| found == input.digest);
    if !right {
        // The next way has to find nothing there.
        let _ = fs::remove_file(to);
    }
    copied?;
    Ok(right)
}

/// A folder that others may look into.
fn make(folder: &Path) -> Result<(), InputError> {
    let made = match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => Err(error),
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(0o755)),
    };
    made.map_err(|source| InputError::File { path: folder.to_owned(), source })
}
