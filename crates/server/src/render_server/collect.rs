//! What an attempt made: found, verified, and brought to the storage's intake with its log.

use std::path::Path;
use std::sync::Arc;

use model::{Exit, FailureClass, Grant, LeaseId, Output};
use packages::{Class, Collection, Failure, Invocation, Known, LogReader, Verdict};
use render::Event;
use wire::ClientError;

use super::attempt::{InvokeError, invocation, program};
use super::delivery::{deliver, deliver_thumbnail};
use super::kept_log::{KeptLog, LOG_MAX};
use super::line::Reins;
use super::log_shipping::{ship_rest, ship_usage};
use super::memory_bound::amount;
use super::scratch::Scratch;
use super::session::{JobFolder, PlaceError, Placed, patiently};
use super::shown_log::of_session;
use super::{Kit, tenant};
use crate::error_chain;

/// As much of a log is read at once.
const PIECE: usize = 1 << 20;

/// Threads that look at a picture together: the other slots of the host are at work.
const LOOKING_THREADS: usize = 2;

/// Why an attempt has made nothing that counts.
#[derive(Debug, thiserror::Error)]
enum CollectError {
    #[error("{message}")]
    Failed { class: FailureClass, message: String },
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    #[error("what was made cannot be brought to the storage")]
    Send(#[from] ClientError),
    #[error("the work on it broke down")]
    Broken(#[from] tokio::task::JoinError),
}

impl CollectError {
    const fn class(&self, exit: Exit) -> FailureClass {
        match self {
            // How the process ended is not known, so the frame is not to blame for what is missing.
            Self::Failed { .. } if matches!(exit, Exit::Unknown) => FailureClass::GivenBack,
            Self::Failed { class, .. } => *class,
            Self::Place(error) => error.class(),
            // The lease is over.
            Self::Send(ClientError::Refused(_)) => FailureClass::Killed,
            Self::Invoke(_) | Self::Send(_) | Self::Broken(_) => FailureClass::Host,
        }
    }
}

/// Brings the log and the outputs of an ended attempt to the schedule server.
pub(super) async fn collect(
    kit: Arc<Kit>,
    folder: JobFolder,
    grant: Grant,
    exit: Exit,
    reins: Reins,
) -> Event {
    let lease = grant.lease;
    let mut warnings = Vec::new();
    match bring(kit, folder, grant, exit, reins, &mut warnings).await {
        Ok(outputs) => Event::Collected { lease, outputs, warnings },
        Err(error) => {
            let (class, message) = (error.class(exit), error_chain(&error));
            Event::NotCollected { lease, class, message, warnings }
        }
    }
}

async fn bring(
    kit: Arc<Kit>,
    folder: JobFolder,
    grant: Grant,
    exit: Exit,
    reins: Reins,
    warnings: &mut Vec<String>,
) -> Result<Vec<Output>, CollectError> {
    let (lease, job, step) = (grant.lease, grant.frame.job, grant.frame.step);
    let placed = folder.ready().await?;
    bring_log(&kit, lease).await;
    let client = kit.server.borrow().as_ref().map(|server| server.client.clone());
    if let Some(client) = client {
        ship_usage(&kit, &client, lease).await;
    }
    let found = {
        let kit = kit.clone();
        let found = tokio::task::spawn_blocking(move || {
            let mut warnings = Vec::new();
            let found = find(&kit, &placed, &grant, exit, &reins, &mut warnings);
            (found, warnings)
        });
        let (found, told) = found.await?;
        *warnings = told;
        found?
    };
    let mut outputs = Vec::new();
    for mut collected in found.files {
        deliver(&kit, lease, &collected).await?;
        if !deliver_thumbnail(&kit, lease, &mut collected).await {
            collected.output.thumbnail = None;
        }
        outputs.push(collected.output);
    }
    kit.neighbours.made(job, step, outputs.iter().map(|output| output.bytes));
    warnings.extend(found.warnings);
    Ok(outputs)
}

/// A log that cannot be brought, for instance for want of room, must not cost a finished frame.
async fn bring_log(kit: &Kit, lease: LeaseId) {
    let log = Scratch::of(kit, lease).log();
    if log.metadata().is_ok_and(|about| about.len() == 0) && !of_session(&log).exists() {
        return; // what printed nothing has no log to bring
    }
    let brought = patiently(kit, |client| {
        let log = &log;
        async move { ship_rest(client, lease, log).await }
    });
    if let Err(error) = brought.await {
        tracing::warn!(%lease, "the log is lost: {}", error_chain(&error));
    }
}

/// The outputs, if the process ended well and they are whole.
fn find(
    kit: &Kit,
    placed: &Placed,
    grant: &Grant,
    exit: Exit,
    reins: &Reins,
    warnings: &mut Vec<String>,
) -> Result<Collection, CollectError> {
    let scratch = Scratch::of(kit, grant.lease);
    let slug = placed.description.slug_of(usize::from(grant.frame.step.0));
    let log = scratch.log();
    let outputs = scratch.outputs();
    let program = program(kit, placed, grant)?;
    let call = invocation(kit, placed, grant, &outputs, program.as_ref())?;
    if let Some(user) = &kit.user {
        let message = match tenant::take_back(&outputs, user) {
            Ok(None) => None,
            Ok(Some(name)) => {
                Some(format!("{name} is a link to a file of somebody else, which is not taken"))
            }
            Err(error) => Some(format!("the folder of what it made cannot be taken back: {error}")),
        };
        if let Some(message) = message {
            return Err(CollectError::Failed { class: FailureClass::Frame, message });
        }
    }
    let read = read_log(&call, &log);
    let Verdict { failure, excused, warnings: told } = read.verdict(exit, &call.step.work.refuse);
    warnings.extend(told.into_iter().map(|warning| warning.sentence));
    let mut failure = failure.map(|failure| failed(failure, reins, grant));
    let long = log.metadata().is_ok_and(|about| about.len() > LOG_MAX);
    if let (true, Some(CollectError::Failed { message, .. })) = (long, &mut failure) {
        message.push_str("; it had printed more than 1 GiB, which is the most that is kept");
    }
    let failure = match failure {
        Some(failure) if !excused => return Err(failure),
        excused => excused,
    };
    let known = Known {
        begun: scratch.mark_file().metadata().and_then(|about| about.modified()).ok(),
        sizes: kit.neighbours.sizes(grant.frame.job, grant.frame.step),
        threads: LOOKING_THREADS,
    };
    let found = call.collect(&log, &slug, &known).map_err(|error| {
        // Packages that lack a licence may end as if all were well.
        let class = class(read.explain(exit).class);
        let said = read.telling().map(|said| format!("; its log says: {said}")).unwrap_or_default();
        CollectError::Failed { class, message: format!("{}{said}", error_chain(&error)) }
    });
    match (found, failure) {
        (Ok(found), Some(CollectError::Failed { message, .. })) => {
            warnings.push(format!("its files are whole, though {message}"));
            Ok(found)
        }
        // Nothing excuses a bad end without files.
        (Err(_), Some(failure)) => Err(failure),
        (found, _) => found,
    }
}

/// Reads the log of an attempt that has ended, as far as it is kept.
fn read_log(call: &Invocation<'_>, log: &Path) -> LogReader {
    let mut reader = LogReader::of(call);
    if let Ok(mut kept) = KeptLog::open(log) {
        let mut at = 0;
        while let Ok(piece) = kept.read(at, PIECE)
            && !piece.is_empty()
        {
            at += piece.len() as u64;
            reader.feed(&piece);
        }
    }
    reader.finish();
    reader
}

fn failed(failure: Failure, reins: &Reins, grant: &Grant) -> CollectError {
    let Failure { class: said, sentence: mut message } = failure;
    let mut class = class(said);
    if let Some(used) = reins.over_memory() {
        let (used, reserved) = (amount(used), amount(grant.memory_bytes));
        let message = format!("it was ended with {used} of memory, and its step reserves {reserved}");
        return CollectError::Failed { class: FailureClass::Memory, message };
    }
    if reins.out_of_memory() {
        class = FailureClass::Memory;
        message.push_str("; this host had run out of memory");
    }
    CollectError::Failed { class, message }
}

/// Whom a failure of this kind is laid at the door of.
const fn class(class: Class) -> FailureClass {
    match class {
        Class::Fatal => FailureClass::Fatal,
        Class::Licence => FailureClass::Licence,
        Class::Memory => FailureClass::Memory,
        Class::Host => FailureClass::Host,
        _ => FailureClass::Frame,
    }
}
