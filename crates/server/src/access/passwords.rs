//! Passwords: hashed and compared beside the network's threads, at most two at once, since each takes memory
//! and a processor for a while on purpose.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::Semaphore;
use trust::password;

use crate::problem::Refused;

/// Hashed at once.
const AT_ONCE: usize = 2;
/// Who would have to wait behind so many others is told to come back.
const WAITING_MAX: usize = 16;
/// Fewer characters are too easily guessed.
const CHARACTERS_MIN: usize = 8;

/// Where passwords are hashed. Clones share the room.
#[derive(Clone, Debug)]
pub(super) struct Passwords {
    working: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let waiting = Arc::new(Semaphore::new(AT_ONCE + WAITING_MAX));
        Self { working: Arc::new(Semaphore::new(AT_ONCE)), waiting }
    }
}

impl Passwords {
    /// `new` as it is kept, where it can be a password.
    pub(super) async fn keep(&self, new: String) -> Result<String, Refused> {
        if new.chars().count() < CHARACTERS_MIN {
            let short = format!("a password has at least {CHARACTERS_MIN} characters");
            return Err(Refused::new(StatusCode::UNPROCESSABLE_ENTITY, short));
        }
        let hashed = self.at_work(move || password::hash(&new)).await?;
        hashed.map_err(|error| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, crate::error_chain(&error)))
    }

    /// Whether `given` is the password that is kept as `kept`. It takes as long where there is none.
    pub(super) async fn fits(&self, given: String, kept: Option<String>) -> Result<bool, Refused> {
        self.at_work(move || match kept {
            Some(kept) => password::verify(&given, &kept),
            None => {
                let _ = password::hash(&given);
                false
            }
        })
        .await
    }

    /// Does `work` that takes a processor for a while.
    pub(super) async fn at_work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let busy = || {
            Refused::new(StatusCode::SERVICE_UNAVAILABLE, "too many are logging in or joining just now")
                .hint("try again in a few seconds")
                .come_back()
        };
        let _place = self.waiting.clone().try_acquire_owned().map_err(|_| busy())?;
        let room = self.working.clone().acquire_owned().await.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            // Whoever gave up waiting still takes the room until it is over.
            let _room = room;
            work()
        });
        done.await.map_err(|error| Refused::broken(&error))
    }
}
