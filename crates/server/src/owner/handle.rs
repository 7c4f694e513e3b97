//! The way to the owner of a role: hand events over, ask, read.

use std::sync::{Arc, Weak};

use model::Role;
use tokio::sync::{mpsc, oneshot, watch};

pub(super) type Look<R, H> = Box<dyn FnOnce(&R, &mut H) + Send>;
type Give<R> = Box<dyn FnOnce(Result<&R, AskError<<R as Role>::Refusal>>) + Send>;

/// What an owner is handed.
pub(super) enum Input<R: Role, H> {
    /// Something happened.
    Event(R::Event),
    /// Something is wanted, and somebody waits for the answer.
    Ask(R::Event, Answer<R>),
    Look(Look<R, H>),
    Stop(oneshot::Sender<()>),
}

/// The way back to whoever asked.
pub(super) struct Answer<R: Role> {
    give: Give<R>,
    /// Gone once nobody waits any more.
    asker: Weak<()>,
}

impl<R: Role> Answer<R> {
    /// Whether whoever asked has gone, having been told that it was not done.
    pub(super) fn nobody_waits(&self) -> bool {
        self.asker.strong_count() == 0
    }

    pub(super) fn give(self, result: Result<&R, AskError<R::Refusal>>) {
        (self.give)(result);
    }
}

/// The way to an owner. Cheap to clone; the owner ends when it is stopped.
pub(crate) struct Handle<R: Role, H> {
    pub(super) inputs: mpsc::Sender<Input<R, H>>,
    pub(super) trouble: watch::Receiver<Option<String>>,
}

impl<R: Role, H> Clone for Handle<R, H> {
    fn clone(&self) -> Self {
        Self { inputs: self.inputs.clone(), trouble: self.trouble.clone() }
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
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
}

impl<R, H> Handle<R, H>
where
    R: Role<Event: Send, Refusal: Send> + 'static,
    H: 'static,
{
    /// Hands an event over; an answer is not wanted.
    pub(crate) async fn tell(&self, event: R::Event) {
        // A closed queue means that the server stops, and what is told then no longer matters.
        let _ = self.inputs.send(Input::Event(event)).await;
    }

    /// Like `tell`, from a thread of its own.
    pub(crate) fn tell_blocking(&self, event: R::Event) {
        let _ = self.inputs.blocking_send(Input::Event(event));
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
        let (sender, receiver) = oneshot::channel();
        let asker = Arc::new(());
        let give: Give<R> = Box::new(move |result| {
            let _ = sender.send(result.map(answer));
        });
        let answer = Answer { give, asker: Arc::downgrade(&asker) };
        self.inputs.send(Input::Ask(event, answer)).await.map_err(|_| AskError::Stopping)?;
        let mut trouble = self.trouble.clone();
        tokio::select! {
            biased;
            result = receiver => result.unwrap_or(Err(AskError::Stopping)),
            text = in_trouble(&mut trouble) => Err(AskError::Journal(text)),
        }
    }

    /// Reads from the role, all that it shows being durable.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&R) -> T + Send + 'static,
    ) -> Result<T, AskError<R::Refusal>> {
        let (sender, receiver) = oneshot::channel();
        self.look(move |role, _| {
            let _ = sender.send(look(role));
        })
        .await;
        let mut trouble = self.trouble.clone();
        tokio::select! {
            biased;
            result = receiver => result.map_err(|_| AskError::Stopping),
            text = in_trouble(&mut trouble) => Err(AskError::Journal(text)),
        }
    }

    /// Runs `look` on the owner's thread, with the hands; for what they keep, like links.
    pub(crate) async fn look(&self, look: impl FnOnce(&R, &mut H) + Send + 'static) {
        let _ = self.inputs.send(Input::Look(Box::new(look))).await;
    }

    /// Ends the owner once everything that was handed over is dealt with.
    pub(crate) async fn stop(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.inputs.send(Input::Stop(sender)).await.is_ok() {
            let _ = receiver.await;
        }
    }

    /// Waits until the owner has ended, stopped or for want of a journal.
    pub(crate) async fn ended(&self) {
        self.inputs.closed().await;
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
