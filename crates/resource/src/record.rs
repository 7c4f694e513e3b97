//! What is now true. All of it is passing: render servers tell it again after a restart (figure 8).

use model::{HostId, InstanceId, ResourceInfo, ResourceToSchedule, SlotIndex, SlotState, Time};
use serde::{Deserialize, Serialize};

use crate::LinkId;

/// What is now true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// A render host is in the database; in place of its entry over an earlier link, if it had one.
    HostJoined {
        /// Its link.
        link: LinkId,
        /// Its name.
        host: HostId,
        /// Its installation.
        instance: InstanceId,
        /// What it has.
        info: ResourceInfo,
        /// What its slots do.
        slots: Vec<SlotState>,
        /// When it said so.
        at: Time,
    },
    /// A hello was not taken.
    HostTurnedAway {
        /// Its link.
        link: LinkId,
        /// Why and what to do.
        why: String,
    },
    /// A render host was heard of.
    HostHeard {
        /// Its name.
        host: HostId,
        /// When.
        at: Time,
    },
    /// A slot changed.
    SlotChanged {
        /// Its host.
        host: HostId,
        /// Which.
        slot: SlotIndex,
        /// What it does.
        now: SlotState,
        /// When the host said so.
        at: Time,
    },
    /// A host has something it had not, or no longer has something.
    InfoChanged {
        /// Its name.
        host: HostId,
        /// What it has.
        info: ResourceInfo,
        /// When it said so.
        at: Time,
    },
    /// A host is no longer in the database (requirement D3).
    HostLeft {
        /// Its name.
        host: HostId,
    },
    /// The render servers have had time to report after a start; lists are complete from here on.
    DatabaseRebuilt,
    /// A schedule server's question has its answer.
    Answered {
        /// Its link.
        link: LinkId,
        /// The answer.
        answer: ResourceToSchedule,
    },
    /// A schedule server is gone.
    ScheduleLeft {
        /// Its link.
        link: LinkId,
    },
}
