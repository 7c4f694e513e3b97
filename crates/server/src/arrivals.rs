//! What arrives over a link, in batches for an owner. Heartbeats wait a moment for each other: those of
//! thousands of hosts wake the owner a few times a second then, and not each of them.

use std::sync::LazyLock;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};
use wire::link::{LinkEnd, Receiver};

/// Heartbeats are handed over at moments so far apart, the same ones for all links.
const TICK: Duration = Duration::from_millis(100);
/// No more of them wait than a host has reason to send.
const WAITING_MAX: usize = 16;

/// The moments are counted from here.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Waits for messages and adds them to `messages`: at once where one of them cannot wait, else at the next
/// tick.
///
/// # Errors
/// When the link has ended. What could wait is dropped then.
pub(crate) async fn receive<In: DeserializeOwned>(
    receiver: &mut Receiver<In>,
    messages: &mut Vec<In>,
    can_wait: impl Fn(&In) -> bool,
) -> Result<(), LinkEnd> {
    receiver.recv_many(messages).await?;
    if messages.is_empty() {
        return Ok(());
    }
    let tick = next_tick();
    while messages.len() < WAITING_MAX && messages.iter().all(&can_wait) {
        match timeout_at(tick, receiver.recv_many(messages)).await {
            Ok(received) => received?,
            Err(_) => break,
        }
    }
    Ok(())
}

fn next_tick() -> Instant {
    let ticks = START.elapsed().as_millis() / TICK.as_millis();
    *START + TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX).saturating_add(1))
}
