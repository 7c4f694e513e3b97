//! A render host: its processes and scratch, which outlive its render server, and what the shell of the
//! render server keeps in memory, which does not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{
    Amounts, Exit, FailureClass, Grant, JobId, LeaseId, ProcessMark, ResourceInfo, SlotIndex, StepIndex,
};
use render::Ended;

use crate::network::LinkId;

#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    pub(crate) info: ResourceInfo,
    pub(crate) slots: u16,
    /// What it has besides.
    pub(crate) amounts: Amounts,
    pub(crate) processes: BTreeMap<LeaseId, Process>,
    /// What attempts left here.
    pub(crate) scratch: BTreeMap<LeaseId, Left>,
    pub(crate) last_pid: u32,
    pub(crate) shell: Shell,
}

/// What is found where an attempt was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Whole outputs.
    Whole,
    /// Nothing that counts, and whose fault that is.
    Nothing(FailureClass),
}

/// A rendering package at work.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) mark: ProcessMark,
    /// Every slot that it holds.
    pub(crate) slots: BTreeSet<SlotIndex>,
    /// GPUs that it was told to use.
    pub(crate) gpus: Vec<u16>,
    pub(crate) job: JobId,
    /// How it will end if nobody kills it.
    pub(crate) exit: Exit,
    /// What it will leave then.
    pub(crate) left: Left,
    /// Whether it ends by itself at all.
    pub(crate) hangs: bool,
    /// The run of the render server that started it.
    pub(crate) boot: u32,
    /// How long it may take.
    pub(crate) max_ms: Option<u64>,
    /// Whether it dies with its render server.
    pub(crate) dies_along: bool,
    /// What it renders, where it is told as a whole when it has ended.
    pub(crate) whole: Option<Grant>,
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
    /// What each slot is busy with, from its start until its process has ended.
    pub(crate) current: BTreeMap<SlotIndex, LeaseId>,
    /// What is begun on each slot after that, in this order.
    pub(crate) lines: BTreeMap<SlotIndex, VecDeque<Grant>>,
    /// Whole attempts that are not told yet.
    pub(crate) ended: Vec<Ended>,
    /// Processes being started.
    pub(crate) spawning: BTreeMap<LeaseId, SlotIndex>,
    /// Processes whose end is told, and whether they were adopted, so that nobody sees how they end.
    pub(crate) watched: BTreeMap<LeaseId, bool>,
    /// Leases whose processes are to end.
    pub(crate) killing: BTreeSet<LeaseId>,
    /// Attempts whose outputs are looked for, with their slots.
    pub(crate) collecting: BTreeMap<LeaseId, (SlotIndex, Exit)>,
}

impl Machine {
    /// The process of a lease, if it is the one with `pid`.
    pub(crate) fn process(&self, lease: LeaseId, pid: u32) -> Option<&Process> {
        self.processes.get(&lease).filter(|process| process.mark.pid == pid)
    }
}

impl Shell {
    /// Takes a lease out of the line that it waits in; whether it did wait.
    pub(crate) fn leaves_line(&mut self, lease: LeaseId) -> bool {
        for line in self.lines.values_mut() {
            if let Some(at) = line.iter().position(|grant| grant.lease == lease) {
                line.remove(at);
                return true;
            }
        }
        false
    }
}
