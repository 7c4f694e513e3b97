//! What becomes true until the next restart: links, resource lists, deadlines, progress, tries under way.
//!
//! None of it is in the journal. A restart begins without any of it and learns it again from the other roles.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Amounts, Door, HostId, InstanceId, JobId, KindId, LeaseId, Output, Profile, ResourceList,
    ScheduleToRender, SlotIndex, StepIndex, Time, Usage,
};

use crate::{HostIndex, LinkId, NoticeId, Reservation, Shortage};

/// Something that is now true and need not survive.
#[derive(Clone, Debug, PartialEq)]
pub enum Passing {
    /// A render server's hello was taken, in place of any earlier link of the same host.
    HostLinked {
        /// Its link.
        link: LinkId,
        /// Its number.
        host: HostIndex,
        /// Its installation.
        instance: InstanceId,
        /// Its slots.
        slots: u16,
        /// What it has besides slots.
        amounts: Amounts,
        /// Whether it takes frames.
        door: Door,
        /// When.
        at: Time,
    },
    /// A render server takes frames again, or no more.
    HostDoor {
        /// Its number.
        host: HostIndex,
        /// Which of both.
        door: Door,
    },
    /// A render server is not linked any more.
    HostUnlinked {
        /// Its number.
        host: HostIndex,
        /// Its link still stands and has to be closed.
        close: bool,
    },
    /// A hello was not taken.
    HostTurnedAway {
        /// Its link.
        link: LinkId,
        /// Why and what to do.
        why: String,
    },
    /// A render server said what it works on.
    HostHeard {
        /// Its number.
        host: HostIndex,
        /// When.
        at: Time,
        /// Leases that it should work on and did not name, and since when it may not have them.
        unnamed: Vec<(LeaseId, Time)>,
    },
    /// A host that is not linked was waited for in vain.
    HostGivenUp {
        /// Which.
        host: HostIndex,
    },
    /// The hosts that hold leases of an earlier run are waited for.
    LeasesTakenUp {
        /// Until when.
        until: Time,
    },
    /// A host refused a lease and is left alone for a while.
    HostSkipped {
        /// Its number.
        host: HostIndex,
        /// Until when.
        until: Time,
        /// What it said.
        why: String,
    },
    /// Something is to be said to a render server.
    HostTold {
        /// On which link.
        link: LinkId,
        /// What.
        message: Box<ScheduleToRender>,
    },
    /// A slot is busy with a lease that is worth nothing any more.
    SlotDraining {
        /// The host.
        host: HostIndex,
        /// The slot.
        slot: SlotIndex,
        /// What keeps it busy.
        lease: LeaseId,
    },
    /// A slot has got rid of such a lease.
    SlotDrained {
        /// The host.
        host: HostIndex,
        /// The slot.
        slot: SlotIndex,
    },
    /// The package of a lease has started.
    LeaseStarted {
        /// Which.
        lease: LeaseId,
        /// When.
        at: Time,
    },
    /// The process of a lease has ended, and its slot takes the next one while its outputs are collected.
    LeaseRendered {
        /// Which.
        lease: LeaseId,
    },
    /// It was looked which job a host will work on next, while it works on a lease.
    NextSought {
        /// The host.
        host: HostIndex,
        /// What it works on.
        lease: LeaseId,
        /// How far that is, in quarters.
        quarter: u16,
        /// The job whose files it was told to fetch.
        job: Option<JobId>,
    },
    /// The package of a lease says how far it is.
    LeaseProgressed {
        /// Which.
        lease: LeaseId,
        /// Thousandths.
        permille: u16,
    },
    /// The storage does not take in what a lease has made.
    IntakeRefused {
        /// Which lease.
        lease: LeaseId,
        /// What the storage said.
        why: String,
    },
    /// An attempt is done and its outputs are being published.
    PublishBegun {
        /// Its lease.
        lease: LeaseId,
        /// Its outputs.
        outputs: Vec<Output>,
        /// What it used.
        usage: Usage,
        /// What a person should look at all the same.
        warnings: Vec<String>,
    },
    /// Publishing failed and is tried again.
    PublishPutOff {
        /// The lease.
        lease: LeaseId,
        /// When.
        until: Time,
        /// What the storage said.
        why: String,
    },
    /// Publishing is tried again now.
    PublishTried {
        /// The lease.
        lease: LeaseId,
    },
    /// A render server reports on a lease that was never given.
    NeverGiven {
        /// On which link.
        link: LinkId,
        /// The lease.
        lease: LeaseId,
    },
    /// What the host delivered for a lease that ended is of no use.
    ReportDropped {
        /// The lease.
        lease: LeaseId,
    },
    /// The resource server is linked, or not.
    ResourceSeen {
        /// Whether it is.
        linked: bool,
    },
    /// Hosts changed, so every resource list is old.
    ListsStale,
    /// The resource server said of which kind hosts are.
    KindsTold {
        /// What follows is all there is.
        whole: bool,
        /// Hosts with their kinds, in place of what they were.
        are: Vec<(HostId, KindId)>,
        /// Hosts that are gone.
        gone: Vec<HostId>,
    },
    /// The resource server was asked for a list.
    ListAsked {
        /// Which ask this is.
        ask: u64,
        /// For what.
        profile: Profile,
        /// When.
        at: Time,
    },
    /// A list came.
    ListCame {
        /// For which ask.
        ask: u64,
        /// The list.
        list: Box<ResourceList>,
        /// When.
        at: Time,
    },
    /// People watch the grids of these jobs and of no others.
    GridsWatched {
        /// Those jobs.
        jobs: BTreeSet<JobId>,
    },
    /// A mail is being sent.
    NoticeTried {
        /// Which.
        notice: NoticeId,
    },
    /// A mail is to be sent later.
    NoticeAwaited {
        /// Which.
        notice: NoticeId,
        /// When.
        until: Time,
    },
    /// Sums are being written.
    SealTried {
        /// Of which job.
        job: JobId,
    },
    /// Writing sums failed and is tried again.
    SealPutOff {
        /// Of which job.
        job: JobId,
        /// When.
        until: Time,
    },
    /// A lease ahead was asked back.
    LeaseWithdrawn {
        /// Which.
        lease: LeaseId,
    },
    /// A lease is taken from its host, which ends what it runs. It is over with the record behind this one.
    LeaseRevoked {
        /// Which.
        lease: LeaseId,
    },
    /// A frame found no licence, or is leased to see whether there are some again: its step is put off.
    LicenceShort {
        /// The job.
        job: JobId,
        /// The step.
        step: StepIndex,
        /// Until when, and why.
        shortage: Box<Shortage>,
    },
    /// Leases ahead were looked through for such as should be asked back.
    LookedBack {
        /// When.
        at: Time,
    },
    /// Jobs of which no frame runs were looked at.
    StuckSeen {
        /// Those that wait for what will not come by itself, and since when.
        since: BTreeMap<JobId, Time>,
        /// When to look again.
        next: Time,
    },
    /// Which hosts are being cleared for frames that take several slots has changed.
    HostsReserved {
        /// Those hosts, and for whom.
        reserved: BTreeMap<HostIndex, Reservation>,
    },
    /// The moment for a pass has come that the last one asked for.
    PassDue,
    /// A scheduling pass went over the queue.
    Passed {
        /// When.
        at: Time,
        /// When another is worth while though nothing happens.
        wake: Option<Time>,
        /// It stopped at its limit and another is wanted at once.
        again: bool,
        /// Jobs that were given something.
        jobs: Vec<JobId>,
        /// So many lines were looked at that had become short.
        thinned: usize,
        /// Jobs that were found to match no linked host.
        nowhere: Vec<JobId>,
        /// All jobs were looked at, those too that were known to be such.
        anew: bool,
    },
}
