//! What is to be done.

use model::{
    Door, Exit, Grant, JobId, LeaseId, ProcessMark, RenderToSchedule, SlotIndex, SlotState, StepIndex,
};

/// What is to be done. Effects of one slot are performed in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Say something to the schedule server.
    ToSchedule(RenderToSchedule),
    /// Tell the resource server, and whoever watches, that a slot changed.
    SlotChanged {
        /// Which.
        slot: SlotIndex,
        /// What it does now.
        now: SlotState,
    },
    /// Tell the resource server, and whoever watches, that frames are taken again, or no more.
    DoorChanged {
        /// Whether they are.
        door: Door,
    },
    /// Set a slot up for the frames of a step: its files placed, its environment entered. Answered by
    /// `SessionReady` or `SessionFailed` with the lease. What an earlier run left there may be used.
    OpenSession {
        /// The slot.
        slot: SlotIndex,
        /// The job.
        job: JobId,
        /// The step within the job.
        step: StepIndex,
        /// The lease that waits for it.
        lease: LeaseId,
    },
    /// Break off setting a slot up, or clear what was set up.
    CloseSession {
        /// The slot.
        slot: SlotIndex,
        /// The job.
        job: JobId,
        /// The step within the job.
        step: StepIndex,
    },
    /// Start the package as soon as nothing else runs on its slot: what is asked for while the slot is busy
    /// begins in the order asked, once the process of the one before has ended and no more than
    /// [`COLLECTED_BESIDE_MAX`](crate::COLLECTED_BESIDE_MAX) besides it are collected. Answered by `Started`
    /// and `Exited`, by `Ended` or by `StartFailed`.
    Start {
        /// What to render.
        grant: Grant,
    },
    /// Do not start the package if it has not begun. Answered by `NotBegun`, and by nothing where it has.
    TakeBack {
        /// The lease.
        lease: LeaseId,
    },
    /// End the process of a lease and all it started, or see to it that none starts. Always answered in the
    /// end, by `Exited` (unknown exit where there was nothing) or by `StartFailed`.
    Kill {
        /// The lease.
        lease: LeaseId,
    },
    /// Watch a process that an earlier run of this render server started. Answered by `Exited`, at once
    /// where the process is gone.
    Adopt {
        /// Its lease.
        lease: LeaseId,
        /// How it is found.
        process: ProcessMark,
        /// What it renders.
        grant: Grant,
    },
    /// Look for the outputs of an attempt whose process has ended, verify them and bring them to the
    /// storage's intake. Answered by `Collected` or `NotCollected`.
    Collect {
        /// What was rendered.
        grant: Grant,
        /// How the process ended.
        exit: Exit,
    },
    /// Nothing of an attempt is needed here any more: work on it is broken off, its scratch may go.
    Forget {
        /// Its lease.
        lease: LeaseId,
    },
    /// The render server may end; [`Render::end`](crate::Render::end) says whether it begins anew.
    Stopped,
}
