//! A render host: its processes and scratch, which outlive its render server, and what the shell of the
//! render server keeps in memory, which does not.

use std::collections::{BTreeMap, BTreeSet};

use model::{Exit, JobId, LeaseId, ProcessMark, ResourceInfo, SlotIndex, StepIndex, Time};

use crate::network::LinkId;

#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    pub(crate) info: ResourceInfo,
    /// Without network until then.
    pub(crate) cut_until: Time,
    pub(crate) processes: BTreeMap<LeaseId, Process>,
    /// Which attempts left whole outputs here.
    pub(crate) scratch: BTreeMap<LeaseId, bool>,
    pub(crate) last_pid: u32,
    pub(crate) shell: Shell,
}

/// A rendering package at work.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) mark: ProcessMark,
    pub(crate) slot: SlotIndex,
    /// How it will end if nobody kills it.
    pub(crate) exit: Exit,
    /// Whether its outputs will be whole then.
    pub(crate) whole: bool,
    /// Whether it dies with its render server.
    pub(crate) dies_along: bool,
}

/// The shell's memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shell {
    pub(crate) schedule_link: Option<LinkId>,
    pub(crate) resource_link: Option<LinkId>,
    /// What each slot is set up for.
    pub(crate) sessions: BTreeMap<SlotIndex, (JobId, StepIndex)>,
    /// Sessions being set up, by the lease that waits.
    pub(crate) opening: BTreeMap<SlotIndex, LeaseId>,
    /// Processes being started.
    pub(crate) spawning: BTreeMap<LeaseId, SlotIndex>,
    /// Processes whose end is told, and whether they were adopted, so that nobody sees how they end.
    pub(crate) watched: BTreeMap<LeaseId, bool>,
    /// Leases whose processes are to end.
    pub(crate) killing: BTreeSet<LeaseId>,
    /// Attempts whose outputs are looked for.
    pub(crate) collecting: BTreeMap<LeaseId, Exit>,
}

impl Machine {
    /// The process of a lease, if it is the one with `pid`.
    pub(crate) fn process(&self, lease: LeaseId, pid: u32) -> Option<&Process> {
        self.processes.get(&lease).filter(|process| process.mark.pid == pid)
    }
}
