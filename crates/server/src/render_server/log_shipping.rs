//! The log of an attempt on its way to the schedule server, while the attempt runs and after.

use std::path::Path;
use std::time::Duration;

use model::LeaseId;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::watch;
use wire::client::LogReceipt;
use wire::{Client, ClientError};

use super::delivery::Server;

/// Between two looks at a log that grows.
const PAUSE: Duration = Duration::from_millis(500);
/// Bytes sent at once.
const PIECE: usize = 1 << 20;

/// Sends what the log at `path` gains, until it is dropped. Trouble is left to `ship_rest`.
pub(super) async fn follow(found: watch::Receiver<Option<Server>>, lease: LeaseId, path: &Path) {
    let mut sent = 0;
    loop {
        tokio::time::sleep(PAUSE).await;
        let Some(Server { client, .. }) = found.borrow().clone() else { continue };
        if let Err(error) = ship(&client, lease, path, &mut sent).await {
            tracing::debug!(%lease, "the log has to wait: {error}");
        }
    }
}

/// Sends whatever of the log at `path` has not arrived.
pub(super) async fn ship_rest(client: Client, lease: LeaseId, path: &Path) -> Result<(), ClientError> {
    // A piece that leaves a gap is answered with what is there; an empty one at the very end always is.
    let length = tokio::fs::metadata(path).await.map_or(0, |file| file.len());
    let mut sent = match client.put_log(lease, length, Vec::new()).await? {
        LogReceipt::Kept { .. } => length,
        LogReceipt::Gap { length } => length,
    };
    ship(&client, lease, path, &mut sent).await
}

async fn ship(client: &Client, lease: LeaseId, path: &Path, sent: &mut u64) -> Result<(), ClientError> {
    let local = |source| ClientError::Local { verb: "read", place: path.display().to_string(), source };
    let mut file = File::open(path).await.map_err(local)?;
    loop {
        file.seek(std::io::SeekFrom::Start(*sent)).await.map_err(local)?;
        let mut piece = Vec::with_capacity(PIECE);
        (&mut file).take(PIECE as u64).read_to_end(&mut piece).await.map_err(local)?;
        if piece.is_empty() {
            return Ok(());
        }
        let end = *sent + piece.len() as u64;
        *sent = match client.put_log(lease, *sent, piece).await? {
            LogReceipt::Kept { .. } => end,
            LogReceipt::Gap { length } => length,
        };
    }
}
