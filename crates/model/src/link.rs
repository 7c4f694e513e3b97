//! What the roles say to each other over their links, one enum per direction.
//!
//! On a link a message is a JSON object with one key, its kind, or the kind alone where there is no more to
//! it. A render server dials the schedule server and the resource server; the schedule server dials the
//! resource server. Who dials says hello first.

use serde::{Deserialize, Serialize};

use crate::{
    AddressInfo, Amounts, AttemptNumber, Door, FrameId, HostId, HostOrder, HostState, HostView, InstanceId,
    KindId, LeaseId, Profile, Report, ResourceInfo, ResourceList, SlotIndex, SlotStats, SlotView, Time,
    TimeLimits,
};

/// The right to one attempt of one frame on one slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The lease.
    pub lease: LeaseId,
    /// The frame to render.
    pub frame: FrameId,
    /// Its number, as the package counts.
    pub number: i64,
    /// Which try it is.
    pub attempt: AttemptNumber,
    /// The slot to render it on. Where it is busy, the grant waits there for its turn, in the order granted.
    pub slot: SlotIndex,
    /// Numbers of the further frames of its chunk, in the order of the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<i64>,
    /// Further slots that are held while it runs; they take no grant of their own meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<SlotIndex>,
    /// How long the attempt may take.
    #[serde(default, skip_serializing_if = "TimeLimits::is_none")]
    pub times: TimeLimits,
    /// RAM in bytes that is kept for it; 0 where its step reserves none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub memory_bytes: u64,
    /// GPUs that are its own while it runs, by their place in the host's list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<u16>,
}

const fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

impl Grant {
    /// A grant of one frame on one slot, for as long as it takes.
    #[must_use]
    pub const fn new(
        lease: LeaseId,
        frame: FrameId,
        number: i64,
        attempt: AttemptNumber,
        slot: SlotIndex,
    ) -> Self {
        let times = TimeLimits { max_ms: None, min_ms: None, stall_ms: None };
        Self {
            lease,
            frame,
            number,
            attempt,
            slot,
            more: Vec::new(),
            also: Vec::new(),
            times,
            memory_bytes: 0,
            gpus: Vec::new(),
        }
    }
}

/// A lease that a render server holds when it says hello.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldLease {
    /// The lease.
    pub lease: LeaseId,
    /// Its slot.
    pub slot: SlotIndex,
}

/// Render server to schedule server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenderToSchedule {
    /// First on each link.
    Hello {
        /// Its name.
        host: HostId,
        /// Its installation.
        instance: InstanceId,
        /// How many slots it has.
        slots: u16,
        /// Every lease it still works on or whose report is not acknowledged.
        held: Vec<HeldLease>,
        /// What it has besides slots.
        #[serde(default)]
        amounts: Amounts,
        /// Whether it takes frames.
        #[serde(default)]
        door: Door,
    },
    /// It takes frames again, or no more.
    Door(Door),
    /// By which addresses it can be woken when it sleeps, after each hello.
    Hardware {
        /// Its name.
        host: HostId,
        /// Those with a hardware address.
        addresses: Vec<AddressInfo>,
    },
    /// Every `HEARTBEAT_MS`: the leases it still works on.
    Alive {
        /// Those leases.
        held: Vec<LeaseId>,
    },
    /// It does not take a grant; that costs the frame nothing.
    Refused {
        /// The lease.
        lease: LeaseId,
        /// Why, as a sentence.
        why: String,
    },
    /// The package has started.
    Started {
        /// The lease.
        lease: LeaseId,
    },
    /// How far the package says it is.
    Progress {
        /// The lease.
        lease: LeaseId,
        /// Thousandths done, 0 to 1000.
        permille: u16,
    },
    /// The process of an attempt has ended and its slot is free; what it made is being collected.
    Rendered {
        /// The lease.
        lease: LeaseId,
    },
    /// An attempt ended. Sent until acknowledged.
    Report(Report),
    /// What looked-at slots do.
    Slots {
        /// Those.
        stats: Vec<SlotStats>,
    },
    /// It is stopping and wants nothing more; its reports have been acknowledged or given up.
    Bye,
}

/// Schedule server to render server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleToRender {
    /// The hello is taken.
    Welcome,
    /// The hello is not taken, and the link will be closed.
    TurnedAway {
        /// Why and what to do, for the log of the render server.
        why: String,
    },
    /// Take a frame.
    Grant(Grant),
    /// Stop working on a lease; it is worth nothing any more.
    Revoke {
        /// The lease.
        lease: LeaseId,
    },
    /// Give a lease back unless its package has been started: `Refused` answers that it had not, nothing
    /// that it had.
    Withdraw {
        /// The lease.
        lease: LeaseId,
    },
    /// People want it started, stopped, restarted or ended.
    Order(HostOrder),
    /// A slot of the host will probably be given frames of this job next: its files may be fetched while the
    /// slots are busy. Only a hint, which is worth nothing later.
    Prefetch {
        /// The job.
        job: crate::JobId,
    },
    /// A report is durably dealt with and may be forgotten.
    Acknowledge {
        /// Its lease.
        lease: LeaseId,
    },
    /// Somebody looks at these slots, and at no others: tell what they do, now and every second, until
    /// `LOOK_MS` have passed without another such word.
    Look {
        /// Those slots.
        slots: Vec<SlotIndex>,
    },
}

/// What a slot does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SlotState {
    /// Ready for a frame.
    Free,
    /// Holding one.
    Busy {
        /// The frame.
        frame: FrameId,
        /// Since when.
        since: Time,
    },
}

/// Render server to resource server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenderToResource {
    /// First on each link: all there is to know.
    Hello {
        /// Its name.
        host: HostId,
        /// Its installation.
        instance: InstanceId,
        /// What it has.
        info: ResourceInfo,
        /// Each slot, by index.
        slots: Vec<SlotState>,
        /// Whether it takes frames.
        #[serde(default)]
        door: Door,
    },
    /// It takes frames again, or no more.
    Door(Door),
    /// A slot changed.
    Slot {
        /// Which.
        slot: SlotIndex,
        /// What it does now.
        now: SlotState,
    },
    /// The host changed.
    Info {
        /// What it has now.
        info: ResourceInfo,
    },
    /// Every `HEARTBEAT_MS`.
    Alive,
    /// It is stopping.
    Bye,
}

/// Resource server to render server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceToRender {
    /// The hello is taken.
    Welcome,
    /// The hello is not taken, and the link will be closed.
    TurnedAway {
        /// Why and what to do.
        why: String,
    },
}

/// Schedule server to resource server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleToResource {
    /// Which hosts match? (figure 5B step 124)
    Ask {
        /// Returned with the answer.
        ask: u64,
        /// What is wanted.
        profile: Profile,
    },
    /// Which hosts are there, for people?
    Hosts {
        /// Returned with the answer.
        ask: u64,
        /// Those that match it, and why others do not; all where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<Profile>,
    },
    /// People watch the hosts from now on, or no more: tell of all that there are, then of each change.
    Watch {
        /// Which of both.
        hosts: bool,
    },
    /// Certificates that are no longer good, by their serial numbers in hexadecimal: all of them, first on
    /// each link and when one is added.
    Revoked {
        /// Those.
        serials: Vec<String>,
    },
}

/// Resource server to schedule server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceToSchedule {
    /// The resource list for an ask (figure 5B step 126).
    List {
        /// The ask.
        ask: u64,
        /// The answer.
        list: ResourceList,
    },
    /// The hosts, for people.
    Hosts {
        /// The ask.
        ask: u64,
        /// Each host, by name.
        hosts: Vec<HostView>,
        /// Why others do not match, where a profile was asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<Box<ResourceList>>,
    },
    /// What became of hosts, while somebody watches them.
    HostsSeen(HostsSeen),
    /// Of which kind hosts are: before each list that speaks of a kind, and whenever a host comes, goes or
    /// changes.
    Kinds {
        /// What follows is all there is; hosts told of earlier and not here are gone.
        #[serde(default)]
        whole: bool,
        /// Hosts with their kinds, in place of what they were.
        are: Vec<(HostId, KindId)>,
        /// Hosts that are gone.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gone: Vec<HostId>,
    },
    /// Hosts came, went or changed otherwise than in what their slots do: earlier lists are stale.
    Changed,
}

/// Hosts that changed, for those who watch them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostsSeen {
    /// What follows is the first piece of all there is; hosts told of earlier and not in it are gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// Another piece of it follows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// Hosts that came, or have other things than before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub are: Vec<HostView>,
    /// Hosts of which only slots changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<HostSlots>,
    /// Hosts that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<HostId>,
}

/// What the slots of a host do now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSlots {
    /// The host.
    pub host: HostId,
    /// What it does.
    pub state: HostState,
    /// When it was last heard of.
    pub heard_at: Time,
    /// Those of its slots that changed.
    pub slots: Vec<SlotView>,
}

/// A render server is heard of at least this often.
pub const HEARTBEAT_MS: u64 = 6_000;
/// A host not heard of for this long is lost, and so are its leases. One heartbeat may be missed.
pub const LEASE_MS: u64 = 14_000;
/// A word that somebody looks at slots is good for so long; it is said again well before.
pub const LOOK_MS: u64 = 15_000;
/// More grants than this do not wait on one slot.
pub const AHEAD_MAX: usize = 32;
