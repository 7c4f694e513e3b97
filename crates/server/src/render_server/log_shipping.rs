//! The log of an attempt on its way to the schedule server, while the attempt runs and after.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::LeaseId;
use tokio::sync::watch;
use wire::client::LogReceipt;
use wire::{Client, ClientError};

use super::Kit;
use super::delivery::Server;
use super::shown_log::ShownLog;

/// Between two looks at a log that grows.
const PAUSE: Duration = Duration::from_millis(500);
/// What an attempt uses is told first after this time, then after twice as long, and so on.
const FIRST_USAGE: Duration = Duration::from_secs(10);
/// It is not told less often than this.
const USAGE_MAX: Duration = Duration::from_secs(300);
/// Bytes sent at once.
const PIECE: usize = 1 << 20;

/// Sends what the log at `path` gains, until it is dropped: of a flood the beginning. Trouble and the rest
/// are left to `ship_rest`.
pub(super) async fn follow(found: watch::Receiver<Option<Server>>, lease: LeaseId, path: &Path) {
    let mut sent = 0;
    loop {
        tokio::time::sleep(PAUSE).await;
        let Some(Server { client, .. }) = found.borrow().clone() else { continue };
        if let Err(error) = ship(&client, lease, path, &mut sent, true).await {
            tracing::debug!(%lease, "the log has to wait: {error}");
        }
    }
}

/// Sends the log of an attempt as [`follow`] does, and what it uses, ever more seldom: that changes ever
/// less.
pub(super) async fn follow_attempt(kit: Arc<Kit>, lease: LeaseId, path: PathBuf) {
    let usage = async {
        let mut pause = FIRST_USAGE;
        loop {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(USAGE_MAX);
            let client = kit.server.borrow().as_ref().map(|server| server.client.clone());
            if let Some(client) = client {
                ship_usage(&kit, &client, lease).await;
            }
        }
    };
    tokio::join!(follow(kit.server.clone(), lease, &path), usage);
}

/// Sends what an attempt used over time, where that is known. Without it a frame counts as well.
pub(super) async fn ship_usage(kit: &Kit, client: &Client, lease: LeaseId) {
    let Some(history) = kit.live.history(lease) else { return };
    if let Err(error) = client.put_usage(lease, &history).await {
        tracing::debug!(%lease, "what it used over time is not told: {error}");
    }
}

/// Sends whatever of the log at `path` has not arrived.
pub(super) async fn ship_rest(client: Client, lease: LeaseId, path: &Path) -> Result<(), ClientError> {
    // A piece that leaves a gap is answered with what is there; an empty one at the very end always is.
    let length = ShownLog::open(path).map_or(0, |log| log.length());
    let mut sent = match client.put_log(lease, length, Vec::new()).await? {
        LogReceipt::Kept { .. } => length,
        LogReceipt::Gap { length } => length,
    };
    ship(&client, lease, path, &mut sent, false).await
}

async fn ship(
    client: &Client,
    lease: LeaseId,
    path: &Path,
    sent: &mut u64,
    grows: bool,
) -> Result<(), ClientError> {
    let local = |source| ClientError::Local { verb: "read", place: path.display().to_string(), source };
    loop {
        let (from, place) = (*sent, path.to_owned());
        let read = move || {
            let mut log = ShownLog::open(&place)?;
            let most = if grows { log.lasting().saturating_sub(from) } else { u64::MAX };
            log.read(from, usize::try_from(most).unwrap_or(PIECE).min(PIECE))
        };
        let read = tokio::task::spawn_blocking(read).await.map_err(|error| local(error.into()))?;
        let piece = read.map_err(local)?;
        if piece.is_empty() {
            return Ok(());
        }
        let end = from + piece.len() as u64;
        *sent = match client.put_log(lease, from, piece).await? {
            LogReceipt::Kept { .. } => end,
            LogReceipt::Gap { length } => length,
        };
    }
}
