//! The way to the farm: given by address, or found.

use std::time::Duration;

use wire::client::ClientError;
use wire::{Backoff, Client, Credential};

use crate::cli::Global;
use crate::output::Talk;

/// How often something is tried that may succeed later, before the error is told.
const TRIES: u32 = 8;
/// At least this long between two tries, so that a server has time to come back.
const BETWEEN: Duration = Duration::from_millis(500);

/// A client of the farm that `global` means.
pub(crate) async fn client(global: &Global) -> Result<Client, ClientError> {
    Client::locate(global.server.clone(), &global.discovery(), &Credential::default()).await
}

/// Does `call` again while its error may pass by itself, for several seconds; it must be safe to repeat.
pub(crate) async fn patiently<T>(
    talk: Talk,
    call: impl AsyncFn() -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    let mut backoff = Backoff::default();
    for _ in 1..TRIES {
        match call().await {
            Err(error) if is_away(&error) => {
                talk.warn(format_args!("{error}; trying again"));
                tokio::time::sleep(BETWEEN + backoff.wait()).await;
            }
            other => return other,
        }
    }
    call().await
}

/// Whether the server is away for the moment, as while it is started again. A server that says no for a
/// while, for instance since its disk is full, is not away: people should hear it at once.
pub(crate) fn is_away(error: &ClientError) -> bool {
    error.is_passing() && !matches!(error, ClientError::Refused(_))
}
