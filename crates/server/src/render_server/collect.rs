//! What an attempt made: found, verified, and brought to the storage's intake with its log.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use model::{Exit, FailureClass, Grant, LeaseId, Output};
use packages::{Collection, Known, explain_failure};
use render::Event;
use wire::ClientError;

use super::attempt::{InvokeError, invocation};
use super::blame::blame;
use super::delivery::deliver;
use super::line::Reins;
use super::log_shipping::ship_rest;
use super::scratch::Scratch;
use super::session::{JobFolder, PlaceError, Placed, patiently};
use super::{Kit, tenant};
use crate::error_chain;

/// As much of the end of a log as is read for the reason of a failure.
const TAIL: u64 = 64 << 10;

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
    match bring(kit, folder, grant, exit, reins).await {
        Ok((outputs, warnings)) => Event::Collected { lease, outputs, warnings },
        Err(error) => {
            let (class, message) = (error.class(exit), error_chain(&error));
            Event::NotCollected { lease, class, message, warnings: Vec::new() }
        }
    }
}

async fn bring(
    kit: Arc<Kit>,
    folder: JobFolder,
    grant: Grant,
    exit: Exit,
    reins: Reins,
) -> Result<(Vec<Output>, Vec<String>), CollectError> {
    let (lease, job, step) = (grant.lease, grant.frame.job, grant.frame.step);
    let placed = folder.ready().await?;
    bring_log(&kit, lease).await;
    let found = {
        let kit = kit.clone();
        tokio::task::spawn_blocking(move || find(&kit, &placed, &grant, exit, &reins)).await??
    };
    for collected in &found.files {
        deliver(&kit, lease, collected).await?;
    }
    let outputs: Vec<Output> = found.files.into_iter().map(|collected| collected.output).collect();
    kit.neighbours.made(job, step, outputs.iter().map(|output| output.bytes));
    Ok((outputs, found.warnings))
}

/// A log that cannot be brought, for instance for want of room, must not cost a finished frame.
async fn bring_log(kit: &Kit, lease: LeaseId) {
    let log = Scratch::of(kit, lease).log();
    if log.metadata().is_ok_and(|about| about.len() == 0) {
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
) -> Result<Collection, CollectError> {
    let scratch = Scratch::of(kit, grant.lease);
    let slug = placed.description.slug_of(usize::from(grant.frame.step.0));
    let log = scratch.log();
    let outputs = scratch.outputs();
    let call = invocation(kit, placed, grant, &outputs)?;
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
    if !matches!(exit, Exit::Code(0) | Exit::Unknown) {
        let tail = tail(&log);
        let class = if reins.out_of_memory() { FailureClass::Memory } else { blame(&tail) };
        let mut message = explain_failure(call.definition, &tail, exit);
        if reins.out_of_memory() {
            message.push_str("; this host had run out of memory");
        }
        return Err(CollectError::Failed { class, message });
    }
    let known = Known {
        begun: scratch.mark_file().metadata().and_then(|about| about.modified()).ok(),
        sizes: kit.neighbours.sizes(grant.frame.job, grant.frame.step),
        threads: LOOKING_THREADS,
    };
    call.collect(&log, &slug, &known).map_err(|error| {
        // Packages that lack a licence may end as if all were well.
        CollectError::Failed { class: blame(&tail(&log)), message: error_chain(&error) }
    })
}

fn tail(log: &Path) -> String {
    let read = || {
        let mut file = std::fs::File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        Ok::<_, std::io::Error>(tail)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}
