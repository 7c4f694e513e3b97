//! The answering side of discovery: what a server runs as long as it lives.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::datagram::{self, Body};
use super::limiter::Limiter;
use super::sockets::{Heard, Sockets};
use super::{DiscoveryConfig, DiscoveryError, Offer, Reach};

/// Interfaces are looked up so often.
const LOOKED_UP_EVERY: Duration = Duration::from_secs(2);
/// After a change a server announces itself at once, and again after this, since datagrams get lost and
/// others may be about to listen.
const ANNOUNCED_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Later it announces itself so often: who lost it by a broken cable need not ask to find it again.
const ANNOUNCED_EVERY: Duration = Duration::from_secs(20);

/// Answers questions in the background until it is dropped.
#[derive(Debug)]
pub struct Responder {
    offer: watch::Sender<Arc<Offer>>,
    task: JoinHandle<()>,
}

impl Responder {
    /// Announces `offer` and tells it to everyone who asks for one of its services.
    ///
    /// # Errors
    /// Where no socket can be opened or the offer is too long for a datagram.
    pub fn start(config: &DiscoveryConfig, offer: Offer) -> Result<Self, DiscoveryError> {
        if datagram::question(&offer.farm, super::Service::Schedule, u64::MAX).is_none() {
            return Err(DiscoveryError::TooLong { farm: offer.farm });
        }
        let reach = if offer.is_local() { Reach::Loopback } else { config.reach };
        let ears = Sockets::ears(reach, config.port)?;
        let mouths = Sockets::mouths(reach, config.port)?;
        let (offer, seen) = watch::channel(Arc::new(offer));
        let voice = Voice { mouths, offer: seen, next_at: Instant::now() };
        Ok(Self { offer, task: tokio::spawn(respond(ears, voice, Limiter::default())) })
    }

    /// Changes what is told from now on, and announces it. Where the server listens stays as it was.
    pub fn change(&self, change: impl FnOnce(&mut Offer)) {
        self.offer.send_if_modified(|offer| {
            let mut new = Offer::clone(offer);
            change(&mut new);
            let changed = new != **offer;
            *offer = Arc::new(new);
            changed
        });
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond(mut ears: Sockets, mut voice: Voice, mut limiter: Limiter) {
    let mut looked_up = interval(LOOKED_UP_EVERY);
    looked_up.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looked_up.reset(); // the first was for opening the sockets
    voice.announce(ANNOUNCED_AGAIN_AFTER).await;
    loop {
        tokio::select! {
            heard = ears.hear() => {
                let offer = voice.offer.borrow().clone();
                answer(&ears, heard, &offer, &mut limiter).await;
            }
            _ = looked_up.tick() => {
                let more = [ears.refresh(), voice.mouths.refresh()];
                if more.into_iter().any(|more| more.unwrap_or(false)) {
                    voice.announce(ANNOUNCED_AGAIN_AFTER).await;
                }
            }
            () = sleep_until(voice.next_at) => voice.announce(ANNOUNCED_EVERY).await,
            changed = voice.offer.changed() => match changed {
                Ok(()) => voice.announce(ANNOUNCED_AGAIN_AFTER).await,
                Err(_) => return, // whoever runs it is gone
            },
        }
    }
}

async fn answer(ears: &Sockets, heard: Heard, offer: &Offer, limiter: &mut Limiter) {
    let Some(Body::Question { farm, service, nonce, .. }) = datagram::decode(&heard.bytes) else { return };
    let Some(interface) = ears.interface(heard.way) else { return };
    if !offer.services.contains(&service) || !offer.is_of(&farm) {
        return;
    }
    let Some(answer) = offer.on(interface, Some(heard.from.ip())) else { return };
    if let Some(bytes) = datagram::answer(nonce, answer, heard.bytes.len())
        && limiter.allows(heard.from, nonce, Instant::now().into_std())
    {
        ears.reply(heard.way, &bytes, heard.from).await;
    }
}

/// What a server says unasked.
struct Voice {
    mouths: Sockets,
    offer: watch::Receiver<Arc<Offer>>,
    next_at: Instant,
}

impl Voice {
    /// Says what this server is, and again after `again`. Who only dials is not looked for, and says nothing.
    async fn announce(&mut self, again: Duration) {
        self.next_at = Instant::now() + again;
        let offer = self.offer.borrow_and_update().clone();
        if !offer.listening.is_empty() {
            self.mouths.shout(|interface| datagram::announcement(offer.on(interface, None)?)).await;
        }
    }
}
