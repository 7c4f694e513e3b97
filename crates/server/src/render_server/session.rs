//! The folders in which jobs stand on this host: each job's files, placed once and shared by its slots.
//!
//! Files travel by content: what another job brought already is not fetched again. They are copies, or share
//! what they hold with the cache in a way that frames cannot change, so that a package that writes beside its
//! scene spoils nothing but its own job. Nobody may write into a file that is placed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::{FailureClass, Grant, JobDescription, JobFile, JobId, MapFile, Platform, Step};
use render::{AttemptNow, Phase, Render};
use serde::de::DeserializeOwned;
use store::{Cache, ContentError, Linking};
use tokio::sync::OnceCell;
use wire::{Backoff, Client, ClientError};

use super::bringing::{self, Brought, Taken};
use super::catalogue::Catalogue;
use super::relocating::Relocation;
use super::scratch::Scratch;
use super::{Kit, tenant};
use crate::error_chain;

/// A render server that has no link yet waits this long before it asks again.
const LINK_PAUSE: Duration = Duration::from_millis(100);

/// Where a job stands on this host.
pub(super) struct Placed {
    pub(super) description: JobDescription,
    /// The folder that the job's paths are relative to.
    pub(super) folder: PathBuf,
    /// The packages as they were known when it was placed.
    pub(super) catalogue: Arc<Catalogue>,
    /// How its packages find files by the paths that the scene names, where they have to be helped.
    relocation: Option<Relocation>,
}

impl Placed {
    /// Adds what a process of the job finds in its environment, besides what its package says.
    pub(super) fn put(&self, environment: &mut BTreeMap<String, String>) {
        if let Some(home) = self.folder.parent() {
            let paths = home.join(PATHS).display().to_string();
            environment.insert("FRAMEFARM_PATHS".to_owned(), paths);
        }
        if let Some(relocation) = &self.relocation {
            relocation.put(environment);
        }
    }

    /// The step of a grant; nothing where the job has no such step.
    pub(super) fn step(&self, grant: &Grant) -> Option<&Step> {
        self.description.steps.get(usize::from(grant.frame.step.0))
    }
}

/// Why a job cannot be placed on this host.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlaceError {
    #[error("the job's files cannot be fetched")]
    Fetch(#[from] ClientError),
    #[error("the job's files cannot be kept on this host")]
    Content(#[from] ContentError),
    #[error("cannot write {path} on this host")]
    File { path: PathBuf, source: io::Error },
    #[error("the work on it broke down")]
    Broken(#[from] tokio::task::JoinError),
}

impl PlaceError {
    /// Whose fault it is.
    pub(super) const fn class(&self) -> FailureClass {
        match self {
            // The job has gone, or its content has: nothing to do with this host.
            Self::Fetch(ClientError::Refused(_)) => FailureClass::GivenBack,
            _ => FailureClass::Host,
        }
    }

    pub(super) fn sentence(&self) -> String {
        error_chain(self)
    }
}

/// The folders of jobs on this host.
pub(super) struct JobFolders {
    kit: Arc<Kit>,
    jobs: BTreeMap<JobId, JobFolder>,
    /// Folders dropped so far.
    dropped: u64,
}

/// The folder of a job, placed at most once however many slots want it.
#[derive(Clone)]
pub(super) struct JobFolder {
    kit: Arc<Kit>,
    job: JobId,
    placed: Arc<OnceCell<Arc<Placed>>>,
}

impl JobFolders {
    pub(super) const fn new(kit: Arc<Kit>) -> Self {
        Self { kit, jobs: BTreeMap::new(), dropped: 0 }
    }

    pub(super) fn of(&mut self, job: JobId) -> JobFolder {
        let make = || JobFolder { kit: self.kit.clone(), job, placed: Arc::default() };
        self.jobs.entry(job).or_insert_with(make).clone()
    }

    /// No slot works on the job any more.
    pub(super) fn drop_job(&mut self, job: JobId) {
        self.jobs.remove(&job);
        self.kit.contents.cache.release(job);
        let folder = self.kit.jobs.join(job.to_string());
        self.dropped += 1;
        let gone = self.kit.jobs.join(format!("{job}.gone.{}", self.dropped));
        // Renamed first, so that the job can be placed anew while its old files still go.
        if std::fs::rename(&folder, &gone).is_ok() {
            tokio::task::spawn_blocking(move || remove(&gone));
        }
    }
}

impl JobFolder {
    /// The placed job, where it is placed already.
    pub(super) fn placed(&self) -> Option<Arc<Placed>> {
        self.placed.get().cloned()
    }

    /// The placed job; fetched and placed now where it is not.
    pub(super) async fn ready(&self) -> Result<Arc<Placed>, PlaceError> {
        self.placed.get_or_try_init(|| self.place()).await.cloned()
    }

    async fn place(&self) -> Result<Arc<Placed>, PlaceError> {
        let (job, kit) = (self.job, &self.kit);
        let home = kit.jobs.join(job.to_string());
        let folder = home.join("files");
        let catalogue = kit.catalogue.borrow().clone();
        // Placed by an earlier run for a process that still runs: its files must not be touched.
        if let Some(description) = read::<JobDescription>(&home, DESCRIPTION) {
            kit.contents.cache.hold_present(job, description.files.iter().map(|file| file.digest));
            let relocation = relocation(kit, &description, &folder, read(&home, PATHS).as_ref());
            return Ok(Arc::new(Placed { description, folder, catalogue, relocation }));
        }
        let mut description = patiently(kit, |client| async move { client.description(job).await }).await?;
        let rules = patiently(kit, |client| async move { client.paths().await }).await?;
        for step in &mut description.steps {
            rules.map_work(&mut step.work, Platform::here());
        }
        let map = MapFile::new(&rules, Platform::here(), &description.files, &folder.display().to_string());
        let relocation = relocation(kit, &description, &folder, Some(&map));
        let placed = Arc::new(Placed { description, folder, catalogue, relocation });
        match self.place_files(&placed, &map, &home).await {
            // It is forgotten where it was, and is brought again, once.
            Err(PlaceError::Content(ContentError::Corrupt { .. } | ContentError::Missing { .. })) => {
                self.place_files(&placed, &map, &home).await?;
            }
            done => done?,
        }
        Ok(placed)
    }

    async fn place_files(&self, placed: &Arc<Placed>, map: &MapFile, home: &Path) -> Result<(), PlaceError> {
        let aside = home.join("aside");
        let (to_place, to_make, to_clear) = (placed.clone(), home.to_owned(), aside.clone());
        tokio::task::spawn_blocking(move || {
            // What an earlier run left of it may be in other hands already.
            remove(&to_place.folder);
            remove(&to_clear);
            let closed = |source| PlaceError::File { path: to_make.clone(), source };
            tenant::make_passage(&to_make).map_err(closed)?;
            make(&to_place.folder)
        })
        .await??;
        let files = &placed.description.files;
        let mut brought = bringing::bring(&self.kit, self.job, files, &aside).await?;
        let (cache, user) = (self.kit.contents.cache.clone(), self.kit.user.clone());
        let (placed, map, home) = (placed.clone(), map.clone(), home.to_owned());
        tokio::task::spawn_blocking(move || {
            let linking = if user.is_some() { Linking::Allowed } else { Linking::Never };
            for file in &placed.description.files {
                place_file(&cache, &mut brought, file, &placed.folder, linking)?;
            }
            if let Some(user) = user {
                let closed = |source| PlaceError::File { path: home.clone(), source };
                tenant::give_all(&placed.folder, &user).map_err(closed)?;
            }
            remove(&aside);
            write_beside(&home, PATHS, &map)?;
            write_beside(&home, DESCRIPTION, &placed.description)
        })
        .await?
    }
}

/// Calls until the answer is final: while the schedule server is away there is nothing better to do. The
/// session that waits for it is broken off when its lease is over.
pub(super) async fn patiently<T, Call>(
    kit: &Kit,
    mut call: impl FnMut(Client) -> Call,
) -> Result<T, ClientError>
where
    Call: Future<Output = Result<T, ClientError>>,
{
    let mut backoff = Backoff::default();
    let mut told = false;
    loop {
        let client = kit.server.borrow().as_ref().map(|server| server.client.clone());
        let Some(client) = client else {
            tokio::time::sleep(LINK_PAUSE).await;
            continue;
        };
        match call(client).await {
            Err(error) if error.is_passing() => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!("will go on trying: {}", error_chain(&error));
                }
                tokio::time::sleep(backoff.wait()).await;
            }
            result => return result,
        }
    }
}

/// Beside the files, and written last: where it is, the job is placed whole.
const DESCRIPTION: &str = "description.json";
/// Beside the files: where the job's files and the farm's folders are on this host, for those who render.
const PATHS: &str = "paths.json";

fn read<T: DeserializeOwned>(home: &Path, name: &str) -> Option<T> {
    serde_json::from_slice(&std::fs::read(home.join(name)).ok()?).ok()
}

/// What helps the packages of a job that wants it to find their files.
fn relocation(
    kit: &Kit,
    description: &JobDescription,
    folder: &Path,
    map: Option<&MapFile>,
) -> Option<Relocation> {
    let map = map.filter(|_| description.relocate)?;
    Some(Relocation::new(&kit.wrapper, folder, &description.files, map))
}

/// Writes `value` into `home`, where those who render can read it and not change it.
fn write_beside(home: &Path, name: &str, value: &impl serde::Serialize) -> Result<(), PlaceError> {
    let path = home.join(name);
    let part = home.join(format!("{name}.part"));
    let text = serde_json::to_vec(value).map_err(io::Error::from);
    let written = text
        .and_then(|text| std::fs::write(&part, text))
        .and_then(|()| std::fs::set_permissions(&part, std::fs::Permissions::from_mode(0o644)))
        .and_then(|()| std::fs::rename(&part, &path));
    written.map_err(|source| PlaceError::File { path, source })
}

/// Puts a file where its scene looks for it. What was brought past the cache is moved there, or copied as
/// long as other files have the same content.
fn place_file(
    cache: &Cache,
    brought: &mut Brought,
    file: &JobFile,
    folder: &Path,
    linking: Linking,
) -> Result<(), PlaceError> {
    let path = folder.join(file.path.as_str());
    if let Some(parent) = path.parent() {
        make(parent)?;
    }
    let fault = |source| PlaceError::File { path: path.clone(), source };
    remove(&path);
    match brought.take(file.digest) {
        Some(Taken::Last(aside)) => std::fs::rename(aside, &path).map_err(fault)?,
        Some(Taken::OneOfMany(aside)) => drop(std::fs::copy(aside, &path).map_err(fault)?),
        None => {
            let linking = if file.executable { Linking::Never } else { linking };
            if cache.place(file.digest, &path, linking)? {
                return Ok(()); // it is the cache's own, and stays as it is
            }
        }
    }
    let mode = if file.executable { 0o755 } else { 0o644 };
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).map_err(fault)
}

fn make(path: &Path) -> Result<(), PlaceError> {
    std::fs::create_dir_all(path).map_err(|source| PlaceError::File { path: path.to_owned(), source })
}

/// Removes a file or a whole folder, if it is there.
pub(super) fn remove(path: &Path) {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("cannot remove {}: {error}", path.display());
    }
}

/// Ends and removes what an earlier run left behind and its journal does not know: processes whose start
/// was not recorded, scratch of forgotten leases, files of jobs that no attempt and no session is for.
pub(super) fn clear_leftovers(jobs: &Path, attempts: &Path, role: &Render, of_sessions: &[JobId]) {
    let begun = |attempt: &AttemptNow| attempt.phase >= Phase::Running;
    let mut leases: BTreeSet<_> =
        role.attempts().filter(begun).map(|attempt| attempt.grant.lease.to_string()).collect();
    // A package that stays has a folder of its own beside those of its attempts.
    let residents = leases.iter().filter_map(|lease| super::resident::noted_in(&attempts.join(lease)));
    let residents: Vec<_> = residents.collect();
    leases.extend(residents);
    let of_jobs = role.attempts().map(|attempt| attempt.grant.frame.job);
    let of_jobs: BTreeSet<_> =
        of_jobs.chain(of_sessions.iter().copied()).map(|job| job.to_string()).collect();
    for path in entries(attempts, &leases) {
        if let Err(error) = process::kill_leftover(&Scratch { folder: path.clone() }.mark_file()) {
            tracing::warn!("cannot end what runs in {}: {}", path.display(), error_chain(&error));
        }
        remove(&path);
    }
    entries(jobs, &of_jobs).iter().for_each(|path| remove(path));
}

fn entries(folder: &Path, kept: &BTreeSet<String>) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let stale = |entry: &std::fs::DirEntry| !kept.contains(entry.file_name().to_string_lossy().as_ref());
    entries.flatten().filter(stale).map(|entry| entry.path()).collect()
}
