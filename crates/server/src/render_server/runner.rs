//! The runner of a slot: one thread that begins what its line holds, one after the other, and sees each to
//! its end.
//!
//! Between two attempts it asks nobody. What is short and leaves nothing is told with others in one word, so
//! that a slot full of it costs a commit now and then and not several for each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Exit, FailureClass, Grant, LeaseId, Outcome, SlotIndex, Usage};
use packages::{Reply, SessionRule};
use process::Running;
use render::{Ended, Event};
use tokio::runtime;

use super::Kit;
use super::attempt::{self, StartError, launch};
use super::hands::RenderHandle;
use super::inputs::{self, InputError};
use super::line::{Line, Next, Task};
use super::residence::{Residence, Went};
use super::resident::{self, Resident};
use super::scratch::{Place, Scratch};
use super::session::Placed;
use super::watching::Watch;
use crate::error_chain;

/// A process that ends within this time is told of only then, and leaves no mark.
const MOMENT: Duration = Duration::from_millis(10);
/// The end of an attempt is told after this time at the latest.
const UNTOLD_TIME: Duration = Duration::from_millis(16);
/// So many ends are told in one word at most.
const UNTOLD_MAX: usize = 16;
/// A scratch is kept for the next attempt for so long.
const SPARE_TIME: Duration = Duration::from_secs(1);

struct Runner {
    kit: Arc<Kit>,
    handle: RenderHandle,
    runtime: runtime::Handle,
    line: Line<Task>,
    /// Ends that are not told yet, and since when.
    untold: Vec<Ended>,
    untold_since: Instant,
    /// The untouched scratch of the attempt before.
    spare: Option<Place>,
    /// The package that stays, where one does.
    resident: Option<Resident>,
}

/// Starts the runner of `slot`.
///
/// # Errors
/// No thread can be started.
pub(super) fn start(
    kit: Arc<Kit>,
    handle: RenderHandle,
    slot: SlotIndex,
    line: Line<Task>,
) -> std::io::Result<()> {
    let runtime = runtime::Handle::current();
    std::thread::Builder::new().name(format!("slot {slot}")).spawn(move || {
        // The sending of logs is a task of the server's runtime.
        let _entered = runtime.enter();
        let runtime = runtime.clone();
        let (untold, untold_since) = (Vec::new(), Instant::now());
        let (spare, resident) = (None, None);
        Runner { kit, handle, runtime, line, untold, untold_since, spare, resident }.run();
    })?;
    Ok(())
}

impl Runner {
    fn run(mut self) {
        loop {
            // What has ended is told before anything is waited for.
            let patience = match (self.untold.is_empty(), &self.spare) {
                (false, _) => Some(Duration::ZERO),
                (true, Some(_)) => Some(SPARE_TIME),
                (true, None) => None,
            };
            match self.line.next(patience) {
                Next::Begin(task) => self.begin(&task),
                Next::Rest if self.untold.is_empty() => {
                    if let Some(spare) = self.spare.take() {
                        spare.remove();
                    }
                }
                Next::Rest => self.tell_ends(),
                Next::Dismiss => self.dismiss(),
                Next::End => return,
            }
        }
    }

    fn begin(&mut self, task: &Task) {
        let lease = task.grant.lease;
        if task.reins.pulled() {
            return self.tell_exit(lease, Exit::Unknown, Usage::default());
        }
        // It is placed already, unless somebody tidied up or this is the first attempt after a restart.
        let placed = match task.folder.placed() {
            Some(placed) => placed,
            None => match self.runtime.block_on(task.folder.ready()) {
                Ok(placed) => placed,
                Err(error) => return self.cannot(task, error.class(), error.sentence()),
            },
        };
        match task.process {
            Some(_) => self.adopt(task, &placed),
            None => self.start(task, &placed),
        }
    }

    fn start(&mut self, task: &Task, placed: &Placed) {
        let rule = resident::rule(&self.kit, placed, &task.grant).ok().flatten();
        if rule.is_none() {
            self.dismiss();
        }
        let (kit, spare) = (self.kit.clone(), self.spare.take());
        let place =
            Place::make(&kit.attempts, task.grant.lease, kit.user.as_ref(), spare).map_err(StartError::from);
        let place = match place {
            Ok(mut place) => match inputs::bring(&self.runtime, &kit, placed, task, &mut place) {
                Ok(()) => Ok(place),
                Err(error) => return self.without_inputs(task, &error),
            },
            Err(error) => Err(error),
        };
        let place = match (rule, place) {
            (Some(rule), Ok(place)) => return self.start_warm(task, placed, place, rule),
            (_, place) => place,
        };
        let started = place.and_then(|place| Ok((launch(&kit, placed, &task.grant, &place)?, place)));
        let (mut running, place) = match started {
            Ok(started) => started,
            Err(error) => return self.cannot(task, FailureClass::Host, error_chain(&error)),
        };
        match self.wait_a_moment(&mut running) {
            Some(exit) if is_silent(&task.grant, placed, exit, &running, &place) => {
                self.ended_silently(task, &running, place);
            }
            Some(_) => self.see_to_its_end(task, placed, running),
            None => {
                self.tell_start(task, &mut running);
                self.see_to_its_end(task, placed, running);
            }
        }
    }

    /// What the attempt works with is not to be had; others that wait on this slot may need nothing of it.
    fn without_inputs(&mut self, task: &Task, error: &InputError) {
        let lease = task.grant.lease;
        match error {
            InputError::Over => {
                self.tell_exit(lease, Exit::Unknown, Usage::default());
            }
            error => {
                let (class, why) = (error.class(), error_chain(error));
                self.tell(Event::StartFailed { lease, class, why });
            }
        }
    }

    /// Waits for what ends within moments; meanwhile earlier ends do not wait for ever.
    fn wait_a_moment(&mut self, running: &mut Running) -> Option<Exit> {
        let begun = Instant::now();
        loop {
            let left = MOMENT.saturating_sub(begun.elapsed());
            let until_told = UNTOLD_TIME.saturating_sub(self.untold_since.elapsed());
            let wait = if self.untold.is_empty() { left } else { left.min(until_told) };
            if let Some(exit) = running.wait(wait) {
                return Some(exit);
            }
            if wait == left {
                return None;
            }
            self.tell_ends();
        }
    }

    fn ended_silently(&mut self, task: &Task, running: &Running, place: Place) {
        let lease = task.grant.lease;
        task.reins.note_tidied();
        self.spare = Some(place);
        if self.untold.is_empty() {
            self.untold_since = Instant::now();
        }
        let outcome = Outcome::Done { outputs: Vec::new() };
        let usage = running.total();
        self.kit.usage.ended(lease, usage.cpu_ms);
        self.untold.push(Ended { lease, usage, outcome });
        if self.untold.len() >= UNTOLD_MAX || self.untold_since.elapsed() >= UNTOLD_TIME {
            self.tell_ends();
        }
        self.line.clear(lease);
    }

    fn tell_start(&mut self, task: &Task, running: &mut Running) {
        if let Err(error) = running.leave_mark() {
            let lease = task.grant.lease;
            tracing::warn!(%lease, "its process is known by its environment alone: {}", error_chain(&error));
        }
        self.tell_started(task, running);
    }

    fn tell_started(&mut self, task: &Task, running: &mut Running) {
        let lease = task.grant.lease;
        match running.mark() {
            Ok(process) => self.tell(Event::Started { lease, process }),
            Err(error) => tracing::warn!(%lease, "nothing is known of its process: {error}"),
        }
    }

    /// Has the package that stays render it; starts it first where there is none that can.
    fn start_warm(&mut self, task: &Task, placed: &Placed, place: Place, rule: SessionRule) {
        let kit = self.kit.clone();
        let grant = &task.grant;
        let there = self.resident.take_if(|resident| resident.serves(&kit, grant));
        self.dismiss();
        let resident = match there {
            Some(resident) => Ok(resident),
            None => Resident::start(&kit, placed, grant, rule),
        };
        let asked = resident.and_then(|mut resident| {
            resident.clear_log();
            let request = attempt::request(&kit, placed, grant, &place)?;
            // One that cannot be asked has ended; that is found out at once.
            if let Err(error) = resident.ask(&request, &place.scratch) {
                tracing::warn!(lease = %grant.lease, "the package that stays does not listen: {error}");
            }
            Ok(resident)
        });
        let mut resident = match asked {
            Ok(resident) => resident,
            Err(error) => return self.cannot(task, FailureClass::Host, error_chain(&error)),
        };
        self.tell_started(task, &mut resident.running);
        let residence = Residence::new(&kit, &self.handle, placed, task, &mut resident, place);
        let Went { exit, usage, stays } = residence.until_the_end();
        if stays {
            self.resident = Some(resident);
        } else {
            resident.end();
        }
        self.tell_exit(grant.lease, exit, usage);
    }

    /// Ends the package that stays.
    fn dismiss(&mut self) {
        if let Some(resident) = self.resident.take() {
            resident.end();
        }
    }

    /// Goes on with a package that stayed when an earlier run of this render server ended, to the end of its
    /// frame; whether there was one.
    fn adopt_warm(&mut self, task: &Task, placed: &Placed) -> bool {
        let (kit, lease) = (self.kit.clone(), task.grant.lease);
        let rule = resident::rule(&kit, placed, &task.grant).ok().flatten();
        let Some(replies) = resident::said_of(&kit, lease) else { return false };
        let found = task
            .process
            .zip(rule)
            .and_then(|(process, rule)| Some((process, Resident::adopt(&kit, &task.grant, process, rule)?)));
        let Some((process, mut resident)) = found else {
            // It has ended since, and its words are all that is left.
            let done = |number: &i64| replies.contains(&Reply::Done(*number));
            let exit = if task.numbers().all(|number| done(&number)) { Exit::Code(0) } else { Exit::Unknown };
            resident::end_noted(&kit, lease);
            self.tell_exit(lease, exit, Usage::default());
            return true;
        };
        tracing::info!(%lease, pid = process.pid, "a package of an earlier run that stayed is watched again");
        self.tell(Event::Started { lease, process });
        let place = match Place::of(Scratch::of(&kit, lease)) {
            Ok(place) => place,
            Err(error) => {
                tracing::warn!(%lease, "its log cannot be gone on with: {}", error_chain(&error));
                resident.end();
                self.tell_exit(lease, Exit::Unknown, Usage::default());
                return true;
            }
        };
        let residence = Residence::new(&kit, &self.handle, placed, task, &mut resident, place);
        let Went { exit, usage, .. } = residence.until_the_end();
        resident.end();
        self.tell_exit(lease, exit, usage);
        true
    }

    fn adopt(&mut self, task: &Task, placed: &Placed) {
        if self.adopt_warm(task, placed) {
            return;
        }
        let lease = task.grant.lease;
        let mark_file = Scratch::of(&self.kit, lease).mark_file();
        let found = task.process.and_then(|process| Some((process, process::adopt(process, &mark_file)?)));
        let Some((process, running)) = found else {
            return self.end_unwatched(task);
        };
        tracing::info!(%lease, pid = process.pid, "a process of an earlier run is watched again");
        self.tell(Event::Started { lease, process });
        self.see_to_its_end(task, placed, running);
    }

    /// Ends whatever still runs of an attempt that nobody can watch, and says so.
    fn end_unwatched(&mut self, task: &Task) {
        let lease = task.grant.lease;
        resident::end_noted(&self.kit, lease);
        if let Err(error) = process::kill_leftover(&Scratch::of(&self.kit, lease).mark_file()) {
            tracing::warn!(%lease, "what it left may still run: {}", error_chain(&error));
        }
        self.tell_exit(lease, Exit::Unknown, Usage::default());
    }

    fn see_to_its_end(&mut self, task: &Task, placed: &Placed, running: Running) {
        let (lease, kit) = (task.grant.lease, self.kit.clone());
        let outputs = Scratch::of(&kit, lease).outputs();
        let watch = Watch::new(&kit, &self.handle, placed, task, &outputs, running);
        let (exit, usage) = watch.until_the_end();
        self.tell_exit(lease, exit, usage);
    }

    /// The process of an attempt has ended. What it made is for others, and the slot goes on.
    fn tell_exit(&mut self, lease: LeaseId, exit: Exit, usage: Usage) {
        // First, so that whatever comes of it finds it there.
        self.line.collect(lease);
        self.tell(Event::Exited { lease, exit, usage });
    }

    /// The attempt cannot begin. Nor can what waits behind it, in all likelihood.
    fn cannot(&mut self, task: &Task, class: FailureClass, why: String) {
        let lease = task.grant.lease;
        if task.process.is_some() {
            tracing::warn!(%lease, "its process cannot be watched: {why}");
            return self.end_unwatched(task);
        }
        self.tell(Event::StartFailed { lease, class, why });
        for lease in self.line.give_up() {
            self.tell(Event::NotBegun { lease });
        }
    }

    /// Tells what happened, after what happened before.
    fn tell(&mut self, event: Event) {
        self.tell_ends();
        self.handle.tell_blocking(event);
    }

    fn tell_ends(&mut self) {
        if !self.untold.is_empty() {
            let ended = std::mem::take(&mut self.untold);
            self.handle.tell_blocking(Event::Ended { ended });
        }
    }
}

/// Whether an attempt went well and left nothing that would have to be brought anywhere, and need not have.
fn is_silent(grant: &Grant, placed: &Placed, exit: Exit, running: &Running, place: &Place) -> bool {
    exit == Exit::Code(0)
        && placed.step(grant).is_some_and(model::Step::may_be_silent)
        && matches!(running.strays(), Some(Ok(_)))
        && place.is_untouched()
}
