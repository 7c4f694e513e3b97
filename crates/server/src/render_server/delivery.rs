//! How outputs get to the storage (step 166): straight into its intake where this host mounts it too, else by
//! way of the schedule server.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::LeaseId;
use packages::Collected;
use store::{IntakeError, Results};
use wire::{Client, ClientError};

use super::Kit;
use super::session::patiently;
use crate::error_chain;

/// How long the schedule server may take to say which storage is its own.
const IDENTITY_WAIT: Duration = Duration::from_secs(5);
/// Bytes copied at once.
const PIECE: usize = 1 << 20;

/// The schedule server, as far as bulk is concerned.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) client: Client,
    /// Its storage, where this host mounts it.
    pub(super) storage: Option<Results>,
}

/// Why the straight way is closed.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: std::io::Error },
}

impl Server {
    /// The schedule server behind `client`; `mounted` is the storage as this host was told of it.
    pub(super) async fn found(client: Client, mounted: Option<&Results>) -> Self {
        let Some(mounted) = mounted else { return Self { client, storage: None } };
        let farm = tokio::time::timeout(IDENTITY_WAIT, client.farm()).await;
        let wanted = farm.ok().and_then(Result::ok).and_then(|farm| farm.storage_id);
        let same = wanted.is_some() && wanted == mounted.identity();
        if !same {
            let path = mounted.path().display();
            tracing::warn!(
                "{path} is not the storage of the schedule server; frames go by way of it instead"
            );
        }
        Self { client, storage: same.then(|| mounted.clone()) }
    }
}

/// Brings an output to the intake of its lease.
pub(super) async fn deliver(kit: &Kit, lease: LeaseId, collected: &Collected) -> Result<(), ClientError> {
    let Collected { path, output, .. } = collected;
    let storage = kit.server.borrow().as_ref().and_then(|server| server.storage.clone());
    if let Some(storage) = storage {
        let (from, name) = (path.clone(), output.name.clone());
        let copied = tokio::task::spawn_blocking(move || copy(&storage, lease, &name, &from)).await;
        match copied {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(%lease, "it goes by way of the schedule server: {}", error_chain(&error));
            }
            Err(error) => tracing::warn!(%lease, "it goes by way of the schedule server: {error}"),
        }
    }
    patiently(kit, |client| async move { client.put_output(lease, &output.name, path).await }).await
}

/// Brings the small picture of an output to the schedule server; says whether it has it now. A frame counts
/// without one.
pub(super) async fn deliver_thumbnail(kit: &Kit, lease: LeaseId, collected: &mut Collected) -> bool {
    let Some((digest, bytes)) = collected.output.thumbnail.zip(collected.thumbnail.take()) else {
        return false;
    };
    let brought = patiently(kit, |client| {
        let bytes = bytes.clone();
        async move { client.put_thumbnail(lease, digest, bytes).await }
    });
    match brought.await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%lease, "its small picture is lost: {}", error_chain(&error));
            false
        }
    }
}

fn copy(storage: &Results, lease: LeaseId, name: &str, from: &Path) -> Result<(), CopyError> {
    let fault = |source| CopyError::Read { path: from.to_owned(), source };
    let mut file = File::open(from).map_err(fault)?;
    let mut writer = storage.intake(lease, name)?;
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece).map_err(fault)?;
        if length == 0 {
            writer.commit()?;
            return Ok(());
        }
        writer.write(&piece[..length])?;
    }
}
