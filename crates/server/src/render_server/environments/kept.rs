//! What a session must remember to be left: written before each action, so that it is known after a crash.

use std::collections::BTreeMap;

use model::{Environment, JobId, SlotIndex};
use packages::session::{Scope, Secrets};
use serde::{Deserialize, Serialize};

/// What is remembered of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) slot: SlotIndex,
    pub(super) job: JobId,
    /// What its placeholders stand for, those of files aside.
    pub(super) values: BTreeMap<String, String>,
    /// Environments that were entered, or tried to be, outermost first.
    pub(super) entered: Vec<Entered>,
    /// Actions that were begun so far.
    pub(super) actions: u32,
    /// Whether the last of them was at work when this was written.
    pub(super) acting: bool,
    pub(super) secrets: Secrets,
}

/// An environment that was entered, or tried to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entered {
    pub(super) environment: Environment,
    /// Its variables.
    pub(super) scope: Scope,
    /// Whether entering it has ended well.
    pub(super) whole: bool,
}
