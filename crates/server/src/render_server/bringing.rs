//! How contents come to this host: into the cache where there is room for them, else past it, to the job that
//! needs them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use model::{Digest, JobFile, JobId};
use store::{Cache, Claim, Reservation};
use tokio::sync::OwnedMutexGuard;
use tokio::task::spawn_blocking;
use wire::ClientError;

use super::Kit;
use super::session::{PlaceError, patiently};

/// The contents of this host.
pub(super) struct Contents {
    pub(super) cache: Cache,
    /// Contents that somebody sees to now: whoever wants the same waits for him.
    turns: Mutex<BTreeMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
    /// Held while files are fetched for a job that may come.
    ahead: tokio::sync::Mutex<()>,
}

/// Holds what is fetched for a job that may never come here: no job has this number.
const AHEAD: JobId = JobId(0);

/// Contents of a job that are not in the cache, and how many of its files still want each.
pub(super) struct Brought(BTreeMap<Digest, (PathBuf, usize)>);

/// A content that is not in the cache.
pub(super) enum Taken {
    /// Other files want it too.
    OneOfMany(PathBuf),
    /// Nobody else wants it.
    Last(PathBuf),
}

impl Brought {
    pub(super) fn take(&mut self, digest: Digest) -> Option<Taken> {
        let (path, wanted) = self.0.get_mut(&digest)?;
        *wanted = wanted.saturating_sub(1);
        let path = path.clone();
        Some(if *wanted == 0 { Taken::Last(path) } else { Taken::OneOfMany(path) })
    }
}

impl Contents {
    pub(super) fn new(cache: Cache) -> Self {
        Self { cache, turns: Mutex::default(), ahead: tokio::sync::Mutex::default() }
    }

    async fn turn(&self, digest: Digest) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(digest).or_default().clone()
        };
        turn.lock_owned().await
    }
}

/// Brings what `files` of `job` hold. What the cache does not keep comes to the folder `aside`.
pub(super) async fn bring(
    kit: &Arc<Kit>,
    job: JobId,
    files: &[JobFile],
    aside: &Path,
) -> Result<Brought, PlaceError> {
    let mut wanted: BTreeMap<Digest, (u64, usize)> = BTreeMap::new();
    for file in files {
        wanted.entry(file.digest).or_insert((file.bytes, 0)).1 += 1;
    }
    kit.contents.cache.hold(job);
    let mut brought = BTreeMap::new();
    for (digest, (bytes, times)) in wanted {
        let turn = kit.contents.turn(digest).await;
        let cache = kit.contents.cache.clone();
        match spawn_blocking(move || cache.claim(job, digest, bytes)).await?? {
            Claim::Here => {}
            Claim::Fetch(reservation) => keep(kit, digest, reservation).await?,
            Claim::Aside => {
                drop(turn); // it is for this job alone
                let path = aside.join(digest.to_string());
                let fault = |source| PlaceError::File { path: aside.to_owned(), source };
                tokio::fs::create_dir_all(aside).await.map_err(fault)?;
                fetch(kit, digest, &path).await?;
                brought.insert(digest, (path, times));
            }
        }
    }
    Ok(Brought(brought))
}

/// Fetches the files of a job whose frames will probably come next into the cache, as far as there is room,
/// one job at a time. What goes wrong goes wrong again, and is told, when the job comes.
pub(super) async fn fetch_ahead(kit: Arc<Kit>, job: JobId) {
    let Ok(_alone) = kit.contents.ahead.try_lock() else { return };
    let Some(client) = kit.server.borrow().as_ref().map(|server| server.client.clone()) else { return };
    let Ok(description) = client.description(job).await else { return };
    let files: BTreeMap<Digest, u64> =
        description.files.iter().map(|file| (file.digest, file.bytes)).collect();
    kit.contents.cache.hold(AHEAD);
    let (mut fetched, mut bytes_fetched) = (0, 0);
    for (digest, bytes) in files {
        let _turn = kit.contents.turn(digest).await;
        let cache = kit.contents.cache.clone();
        let claim = spawn_blocking(move || cache.claim(AHEAD, digest, bytes)).await;
        match claim {
            Ok(Ok(Claim::Fetch(reservation))) => {
                if keep(&kit, digest, reservation).await.is_err() {
                    break;
                }
                fetched += 1;
                bytes_fetched += bytes;
            }
            Ok(Ok(Claim::Here | Claim::Aside)) => {}
            Ok(Err(_)) | Err(_) => break,
        }
    }
    // From here on it goes like all that nobody uses, the longest unused first.
    kit.contents.cache.release(AHEAD);
    if fetched > 0 {
        tracing::info!(%job, files = fetched, bytes = bytes_fetched, "fetched before the job's first frame");
    }
}

async fn keep(kit: &Arc<Kit>, digest: Digest, reservation: Reservation) -> Result<(), PlaceError> {
    fetch(kit, digest, reservation.part()).await?;
    Ok(spawn_blocking(move || reservation.keep()).await??)
}

/// Writes a content to the file `to`. Where the disk is full, what nobody needs goes first, once.
async fn fetch(kit: &Arc<Kit>, digest: Digest, to: &Path) -> Result<(), PlaceError> {
    match fetch_once(kit, digest, to).await {
        Err(ClientError::Local { source, .. }) if is_full(&source) => {
            let cache = kit.contents.cache.clone();
            let freed = spawn_blocking(move || cache.clear()).await??;
            tracing::warn!(freed, "the disk is full: files that no job here uses are removed");
            Ok(fetch_once(kit, digest, to).await?)
        }
        done => Ok(done?),
    }
}

async fn fetch_once(kit: &Kit, digest: Digest, to: &Path) -> Result<(), ClientError> {
    patiently(kit, |client| async move {
        let local = |source| ClientError::Local { verb: "write", place: to.display().to_string(), source };
        let mut file = tokio::fs::File::create(to).await.map_err(local)?;
        client.get_content(digest, &mut file).await
    })
    .await
    .map(drop)
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}
