//! What is now true. All of it is passing: render servers tell it again after a restart (figure 8).

use model::{Door, HostId, InstanceId, Profile, ResourceInfo, SlotIndex, SlotState, Time};
use serde::{Deserialize, Serialize};

use crate::LinkId;

/// What is now true. Hosts go by their links, of which each has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// A render host is in the database; in place of its entry over an earlier link, if it had one.
    HostJoined {
        /// Its link.
        link: LinkId,
        /// What it said.
        hello: Box<Hello>,
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
        /// Its link.
        link: LinkId,
        /// When.
        at: Time,
    },
    /// A slot changed.
    SlotChanged {
        /// The link of its host.
        link: LinkId,
        /// Which.
        slot: SlotIndex,
        /// What it does.
        now: SlotState,
        /// When the host said so.
        at: Time,
    },
    /// A host takes frames again, or no more.
    DoorChanged {
        /// Its link.
        link: LinkId,
        /// Whether it does.
        door: Door,
        /// When it said so.
        at: Time,
    },
    /// A host has something it had not, or no longer has something.
    InfoChanged {
        /// Its link.
        link: LinkId,
        /// What it has.
        info: Box<ResourceInfo>,
        /// When it said so.
        at: Time,
    },
    /// A host is no longer in the database (requirement D3).
    HostLeft {
        /// Its link.
        link: LinkId,
    },
    /// The render servers have had time to report after a start; lists are complete from here on.
    DatabaseRebuilt,
    /// A schedule server wants to know which hosts match.
    ListAsked {
        /// Its link.
        link: LinkId,
        /// Returned with the answer.
        ask: u64,
        /// What is wanted.
        profile: Box<Profile>,
    },
    /// A schedule server wants to see hosts, for people.
    HostsAsked {
        /// Its link.
        link: LinkId,
        /// Returned with the answer.
        ask: u64,
        /// Only those that match it.
        profile: Option<Box<Profile>>,
        /// When it asked.
        at: Time,
    },
    /// The people of a schedule server watch hosts, or no more.
    HostsWatched {
        /// Its link.
        link: LinkId,
        /// Which of both.
        watched: bool,
        /// When it said so.
        at: Time,
    },
    /// A host that people watch was not heard of for a while.
    HostFellSilent {
        /// Its link.
        link: LinkId,
        /// When.
        at: Time,
    },
    /// A schedule server is told which hosts changed.
    HostsTold {
        /// Its link.
        link: LinkId,
        /// When.
        at: Time,
    },
    /// A schedule server is gone.
    ScheduleLeft {
        /// Its link.
        link: LinkId,
    },
}

/// What a render host says when it comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Its name.
    pub host: HostId,
    /// Its installation.
    pub instance: InstanceId,
    /// What it has.
    pub info: ResourceInfo,
    /// What its slots do.
    pub slots: Vec<SlotState>,
    /// Whether it takes frames.
    pub door: Door,
}
