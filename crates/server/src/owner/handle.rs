//! The way to the owner of a role: hand events over, ask, read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use model::Role;
use tokio::sync::{oneshot, watch};

use super::BATCH_MAX;
use super::lane::Lane;

/// Whoever asks something that the owner has not begun with after this long is told to come back later.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) type Look<R, H> = Box<dyn FnOnce(&R, &mut H) + Send>;
type Give<R> = Box<dyn FnOnce(Result<&R, AskError<<R as Role>::Refusal>>) + Send>;

/// What an owner is handed.
pub(super) enum Input<R: Role, H> {
    /// Something happened.
    Event(R::Event),
    /// So did all of this, in this order.
    Events(Vec<R::Event>),
    /// Something is wanted, and somebody waits for the answer.
    Ask(R::Event, Answer<R>),
    Look(Look<R, H>),
    Stop(oneshot::Sender<()>),
}

impl<R: Role, H> Input<R, H> {
    /// How much of the queue it takes.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Events(events) => events.len(),
            Self::Event(_) | Self::Ask(..) | Self::Look(_) | Self::Stop(_) => 1,
        }
    }
}

/// The way back to whoever asked.
pub(super) struct Answer<R: Role> {
    give: Give<R>,
    question: Arc<Question>,
}

impl<R: Role> Answer<R> {
    /// Whether it may be begun with: false where whoever asked has gone, having been told that it was not
    /// done.
    pub(super) fn begin(&self) -> bool {
        self.question.becomes(Question::BEGUN)
    }

    pub(super) fn give(self, result: Result<&R, AskError<R::Refusal>>) {
        (self.give)(result);
    }
}

/// What becomes of a question: the owner begins with it or whoever asked gives it up, never both.
#[derive(Default)]
struct Question(AtomicU8);

impl Question {
    const BEGUN: u8 = 1;
    const GIVEN_UP: u8 = 2;

    /// Whether it does, since neither has happened to it before.
    fn becomes(&self, state: u8) -> bool {
        self.0.compare_exchange(0, state, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Gives a question up when whoever asked goes away.
struct Asker(Arc<Question>);

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.becomes(Question::GIVEN_UP);
    }
}

/// The way to an owner. Cheap to clone; the owner ends when it is stopped.
pub(crate) struct Handle<R: Role, H> {
    pub(super) asked: Lane<R, H>,
    pub(super) told: Lane<R, H>,
    pub(super) trouble: watch::Receiver<Option<String>>,
}

impl<R: Role, H> Clone for Handle<R, H> {
    fn clone(&self) -> Self {
        Self { asked: self.asked.clone(), told: self.told.clone(), trouble: self.trouble.clone() }
    }
}

/// Why the owner gives no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError<Refusal> {
    /// The role refuses.
    #[error("refused")]
    Refused(Refusal),
    /// The journal cannot be written, so nothing new is accepted.
    #[error("the journal cannot be written: {0}")]
    Journal(String),
    /// So much is to be done that it was not begun with.
    #[error("the server has too much to do")]
    Busy,
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
}

impl<R, H> Handle<R, H>
where
    R: Role<Event: Send, Refusal: Send> + 'static,
    H: 'static,
{
    /// Hands an event over; an answer is not wanted. Waits where the owner is behind.
    pub(crate) async fn tell(&self, event: R::Event) {
        self.told.hand_over(Input::Event(event)).await;
    }

    /// Hands an event over that can wait a moment for others. It stays before what is told after it.
    pub(crate) async fn tell_soon(&self, event: R::Event) {
        self.told.leave(Input::Event(event)).await;
    }

    /// Hands several events over, with fewer wakings than one by one.
    pub(crate) async fn tell_many(&self, mut events: Vec<R::Event>) {
        while events.len() > BATCH_MAX {
            let rest = events.split_off(BATCH_MAX);
            self.told.hand_over(Input::Events(std::mem::replace(&mut events, rest))).await;
        }
        if !events.is_empty() {
            self.told.hand_over(Input::Events(events)).await;
        }
    }

    /// Like `tell`, from a thread of its own.
    pub(crate) fn tell_blocking(&self, event: R::Event) {
        tokio::runtime::Handle::current().block_on(self.tell(event));
    }

    /// Hands an event over and, once what it changed is durable, reads `answer` from the role.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        event: R::Event,
        answer: impl FnOnce(&R) -> T + Send + 'static,
    ) -> Result<T, AskError<R::Refusal>> {
        if let Some(trouble) = self.trouble() {
            return Err(AskError::Journal(trouble));
        }
        let (sender, mut receiver) = oneshot::channel();
        let asker = Asker(Arc::default());
        let give: Give<R> = Box::new(move |result| {
            let _ = sender.send(result.map(answer));
        });
        let input = Input::Ask(event, Answer { give, question: asker.0.clone() });
        let mut trouble = self.trouble.clone();
        let why_not = tokio::select! {
            biased;
            result = self.answered(input, &mut receiver) => return result,
            text = in_trouble(&mut trouble) => AskError::Journal(text),
            () = tokio::time::sleep(PATIENCE) => AskError::Busy,
        };
        if asker.0.becomes(Question::GIVEN_UP) {
            return Err(why_not);
        }
        receiver.await.unwrap_or(Err(AskError::Stopping))
    }

    /// Reads from the role, all that it shows being durable. It does not wait for what was told before.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&R) -> T + Send + 'static,
    ) -> Result<T, AskError<R::Refusal>> {
        self.read_with(|role, _| look(role)).await
    }

    /// The same with the hands.
    pub(crate) async fn read_with<T: Send + 'static>(
        &self,
        look: impl FnOnce(&R, &mut H) -> T + Send + 'static,
    ) -> Result<T, AskError<R::Refusal>> {
        let (sender, mut receiver) = oneshot::channel();
        let look: Look<R, H> = Box::new(move |role, hands| {
            let _ = sender.send(Ok(look(role, hands)));
        });
        let mut trouble = self.trouble.clone();
        tokio::select! {
            biased;
            result = self.answered(Input::Look(look), &mut receiver) => result,
            text = in_trouble(&mut trouble) => Err(AskError::Journal(text)),
            () = tokio::time::sleep(PATIENCE) => Err(AskError::Busy),
        }
    }

    async fn answered<T>(
        &self,
        input: Input<R, H>,
        answer: &mut oneshot::Receiver<Result<T, AskError<R::Refusal>>>,
    ) -> Result<T, AskError<R::Refusal>> {
        self.asked.hand_over(input).await;
        answer.await.unwrap_or(Err(AskError::Stopping))
    }

    /// Runs `look` on the owner's thread, with the hands; for what they keep, like links.
    pub(crate) async fn look(&self, look: impl FnOnce(&R, &mut H) + Send + 'static) {
        self.told.hand_over(Input::Look(Box::new(look))).await;
    }

    /// The same for somebody who waits for what comes of it, however long: `None` where the owner has ended.
    pub(crate) async fn consult<T: Send + 'static>(
        &self,
        look: impl FnOnce(&R, &mut H) -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = oneshot::channel();
        self.look(move |role, hands| drop(sender.send(look(role, hands)))).await;
        receiver.await.ok()
    }

    /// Ends the owner once everything that was handed over is dealt with.
    pub(crate) async fn stop(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.told.hand_over(Input::Stop(sender)).await {
            let _ = receiver.await;
        }
    }

    /// Waits until the owner has ended, stopped or for want of a journal.
    pub(crate) async fn ended(&self) {
        let mut trouble = self.trouble.clone();
        while trouble.changed().await.is_ok() {}
    }

    /// Why nothing can be made durable now, where that is so.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }
}

async fn in_trouble(trouble: &mut watch::Receiver<Option<String>>) -> String {
    let text = trouble.wait_for(Option::is_some).await.map(|text| text.clone().unwrap_or_default());
    match text {
        Ok(text) => text,
        Err(_) => std::future::pending().await,
    }
}
