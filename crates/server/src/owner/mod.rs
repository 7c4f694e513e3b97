//! The owner of a role value: one thread that receives, decides, makes durable, applies and speaks.
//!
//! Written once for every role. Under load it batches by itself: what arrived while a commit ran is decided
//! together and committed together; a lone event commits at once, and so does whatever somebody waits for. No
//! effect is performed, no answer given and no look allowed before everything decided so far is durable.

mod handle;
mod lane;
mod ledger;
mod restore;
#[cfg(test)]
mod restore_tests;
mod salvage;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::time::{Duration, Instant};

use model::{Role, Time};
use tokio::sync::{oneshot, watch};

use crate::clock::Clock;
use crate::metrics::TALLY;
use handle::{Answer, Input, Look};
use lane::Queue;

pub(crate) use handle::{AskError, Handle};
pub(crate) use ledger::{Ledger, NoLedger};
pub(crate) use restore::restore;

/// Events taken into one commit: large enough to amortise it, small enough that nobody waits long.
const BATCH_MAX: usize = 512;
/// Busy turns after which a deadline is looked at although more input waits.
const TURNS_BETWEEN_DEADLINES: u32 = 16;
/// Between two tries to write a journal that cannot be written.
const JOURNAL_RETRY: Duration = Duration::from_secs(1);

/// What performs a role's effects.
pub(crate) trait Hands<R: Role>: Send + 'static {
    /// Performs `effect` without blocking; events it brings about at once go to `next`.
    fn perform(&mut self, effect: R::Effect, role: &R, next: &mut Vec<R::Event>);

    /// All effects and looks of a turn are done; events that they bring about go to `next`.
    fn performed(&mut self, _next: &mut Vec<R::Event>) {}

    /// The role refused `event`, and nobody waits for an answer.
    fn refused(&mut self, _event: &R::Event, _refusal: &R::Refusal) {}
}

/// Starts an owner for `role`, which has been replayed already, and resumes it.
pub(crate) fn start<R, H>(
    name: &'static str,
    role: R,
    ledger: Box<dyn Ledger<R>>,
    make_hands: impl FnOnce(Handle<R, H>) -> H,
) -> std::io::Result<Handle<R, H>>
where
    R: Role<Event: Send + Debug, Record: Send + Debug, Effect: Debug, Refusal: Send + Debug> + Send + 'static,
    H: Hands<R>,
{
    let (queue, asked, told) = Queue::new();
    let (trouble, troubled) = watch::channel(None);
    let handle = Handle { asked, told, trouble: troubled };
    let hands = make_hands(handle.clone());
    let owner = Owner { name, role, hands, queue, ledger, trouble, clock: Clock::new(), next: Vec::new() };
    let runtime = tokio::runtime::Handle::current();
    std::thread::Builder::new().name(format!("{name} owner")).spawn(move || {
        // Hands spawn their tasks on the runtime of the server.
        let _entered = runtime.enter();
        runtime.block_on(owner.run());
    })?;
    Ok(handle)
}

struct Owner<R: Role, H> {
    name: &'static str,
    role: R,
    hands: H,
    queue: Queue<R, H>,
    ledger: Box<dyn Ledger<R>>,
    trouble: watch::Sender<Option<String>>,
    clock: Clock,
    next: Vec<R::Event>,
}

/// How a turn ended.
enum Turn {
    Over,
    Stopped(oneshot::Sender<()>),
    JournalLost,
}

/// The journal takes no more from this owner, ever.
struct JournalLost;

/// What has been applied and not yet spoken of.
struct Said<R: Role, H> {
    durable: Vec<R::Record>,
    words: Vec<Word<R, H>>,
}

/// What is said once everything before it is durable, in the order in which it came up: a look that hands a
/// link over must come before the effect that uses it.
enum Word<R: Role, H> {
    Effect(R::Effect),
    Look(Look<R, H>),
}

impl<R, H> Owner<R, H>
where
    R: Role<Event: Debug, Record: Debug, Effect: Debug, Refusal: Debug>,
    H: Hands<R>,
{
    async fn run(mut self) {
        let mut effects = Vec::new();
        let now = self.now();
        self.role.resume(now, &mut effects);
        self.speak(effects.into_iter().map(Word::Effect).collect());
        let mut batch = Vec::new();
        let mut turns = 0;
        loop {
            if !self.next.is_empty() {
                // What has come meanwhile shares their commit.
                batch.extend(self.next.drain(..).map(|event| Input::Event(event)));
                self.queue.take(&mut batch);
            }
            let due = self.role.next_deadline().map(|at| Duration::from_millis(at.since_ms(self.now())));
            let overdue = due.is_some_and(|wait| wait.is_zero()) && turns >= TURNS_BETWEEN_DEADLINES;
            turns += 1;
            if overdue || (batch.is_empty() && !self.receive(due, &mut batch).await) {
                batch.push(Input::Event(R::deadline_event()));
                turns = 0;
            }
            if batch.is_empty() {
                return; // every handle is gone
            }
            match self.turn(&mut batch).await {
                Turn::Over => self.ledger.rest(&self.role),
                Turn::Stopped(told) => {
                    // The journal is closed before the process may end.
                    drop(self);
                    let _ = told.send(());
                    return;
                }
                // What has been decided is not durable and must not be spoken; a new start knows the truth.
                Turn::JournalLost => return,
            }
        }
    }

    /// Waits for input; false where the deadline came first.
    async fn receive(&mut self, due: Option<Duration>, batch: &mut Vec<Input<R, H>>) -> bool {
        let receive = self.queue.wait(batch);
        match due {
            Some(wait) => tokio::time::timeout(wait, receive).await.is_ok(),
            None => {
                receive.await;
                true
            }
        }
    }

    async fn turn(&mut self, batch: &mut Vec<Input<R, H>>) -> Turn {
        let mut said = Said { durable: Vec::new(), words: Vec::new() };
        let mut turn = Turn::Over;
        for input in batch.drain(..) {
            match input {
                Input::Event(event) => self.happened(&event, &mut said),
                Input::Events(events) => {
                    for event in events {
                        self.happened(&event, &mut said);
                    }
                }
                Input::Ask(event, answer) => {
                    let lost = self.settle(&mut said).await.and_then(|()| self.answer(&event, answer));
                    if lost.is_err() {
                        return Turn::JournalLost;
                    }
                }
                Input::Look(look) => said.words.push(Word::Look(look)),
                Input::Stop(sender) => turn = Turn::Stopped(sender),
            }
        }
        if self.settle(&mut said).await.is_err() {
            return Turn::JournalLost;
        }
        if cfg!(debug_assertions) {
            self.role.check();
        }
        turn
    }

    fn happened(&mut self, event: &R::Event, said: &mut Said<R, H>) {
        match self.decide(event) {
            Ok(records) => records.into_iter().for_each(|record| self.apply(record, said)),
            Err(refusal) => self.hands.refused(event, &refusal),
        }
    }

    fn decide(&mut self, event: &R::Event) -> Result<Vec<R::Record>, R::Refusal> {
        let now = self.now();
        tracing::trace!(role = self.name, ?event);
        self.role.decide(now, event).inspect_err(|refusal| {
            tracing::debug!(role = self.name, ?refusal, ?event, "refused");
        })
    }

    fn apply(&mut self, record: R::Record, said: &mut Said<R, H>) {
        tracing::debug!(role = self.name, ?record);
        let mut effects = Vec::new();
        self.role.apply(&record, &mut effects);
        said.words.extend(effects.into_iter().map(Word::Effect));
        if R::durable(&record) {
            said.durable.push(record);
        }
    }

    /// Decides what somebody waits for, alone and with nothing applied before it is durable: where the
    /// journal cannot be written it is refused, and as if it had never been asked.
    fn answer(&mut self, event: &R::Event, answer: Answer<R>) -> Result<(), JournalLost> {
        if !answer.begin() {
            return Ok(());
        }
        let records = match self.decide(event) {
            Ok(records) => records,
            Err(refusal) => {
                answer.give(Err(AskError::Refused(refusal)));
                return Ok(());
            }
        };
        let durable: Vec<_> = records.iter().filter(|record| R::durable(record)).cloned().collect();
        if let Err(error) = if durable.is_empty() { Ok(()) } else { self.commit(&durable) } {
            let text = crate::error_chain(&error);
            tracing::error!(role = self.name, "refused: {text}");
            let lost = !error.is_passing();
            if lost {
                self.trouble.send_replace(Some(text.clone()));
            }
            answer.give(Err(AskError::Journal(text)));
            return if lost { Err(JournalLost) } else { Ok(()) };
        }
        let mut said = Said { durable: Vec::new(), words: Vec::new() };
        for record in records {
            self.apply(record, &mut said);
        }
        self.speak(said.words);
        answer.give(Ok(&self.role));
        Ok(())
    }

    /// Makes durable what has been applied, and speaks.
    async fn settle(&mut self, said: &mut Said<R, H>) -> Result<(), JournalLost> {
        let durable = std::mem::take(&mut said.durable);
        if !durable.is_empty() {
            self.make_durable(&durable).await?;
        }
        self.speak(std::mem::take(&mut said.words));
        Ok(())
    }

    /// Commits, however long it takes: until then nothing is spoken, and whoever asks is told why. What hosts
    /// report cannot be refused, so it waits.
    async fn make_durable(&mut self, records: &[R::Record]) -> Result<(), JournalLost> {
        while let Err(error) = self.commit(records) {
            let text = crate::error_chain(&error);
            tracing::error!(role = self.name, "nothing can be accepted: {text}");
            self.trouble.send_replace(Some(text));
            if !error.is_passing() {
                return Err(JournalLost);
            }
            tokio::time::sleep(JOURNAL_RETRY).await;
        }
        self.trouble.send_if_modified(|trouble| trouble.take().is_some());
        Ok(())
    }

    fn commit(&mut self, records: &[R::Record]) -> Result<(), store::LogError> {
        let begun = Instant::now();
        let committed = self.ledger.commit(records);
        TALLY.committed(self.name, records.len(), begun.elapsed());
        committed
    }

    fn speak(&mut self, words: Vec<Word<R, H>>) {
        for word in words {
            match word {
                Word::Effect(effect) => {
                    tracing::debug!(role = self.name, ?effect);
                    self.hands.perform(effect, &self.role, &mut self.next);
                }
                Word::Look(look) => look(&self.role, &mut self.hands),
            }
        }
        self.hands.performed(&mut self.next);
    }

    fn now(&mut self) -> Time {
        self.clock.now()
    }
}
