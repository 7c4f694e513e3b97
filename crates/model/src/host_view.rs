//! What the faces see of render hosts, and of which of them match. Field names are the public API's and stay.

use serde::{Deserialize, Serialize};

use crate::{Door, Field, HostId, KindId, ResourceInfo, SlotIndex, SlotState, Time};

/// What a host does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// No slot is busy.
    Idle,
    /// Some slot is.
    Busy,
    /// Nothing was heard of it for a while.
    Silent,
    /// It takes no frames and has none.
    Closed,
    /// It takes no frames and finishes those it has.
    Draining,
}

/// A render host for people and scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HostView {
    /// Its name.
    pub name: HostId,
    /// What it does.
    pub state: HostState,
    /// Slots it has.
    pub slots_total: u32,
    /// Slots busy.
    pub slots_busy: u32,
    /// Each slot.
    pub slots: Vec<SlotView>,
    /// What it has.
    pub info: ResourceInfo,
    /// When it was last heard of.
    pub heard_at: Time,
    /// Whether it takes frames.
    #[serde(default)]
    pub door: Door,
}

/// The hosts that match a profile: the answer to `GET /api/v1/match`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MatchView {
    /// The profile, as it was understood.
    pub profile: String,
    /// Hosts that match, the preferred first, then by name.
    pub hosts: Vec<HostView>,
    /// Why others do not.
    pub list: ResourceList,
}

/// A slot for people and scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SlotView {
    /// Which.
    pub slot: SlotIndex,
    /// What it does.
    #[serde(flatten)]
    pub now: SlotState,
}

/// The hosts that match a profile, and why others do not (figure 5B step 126).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ResourceList {
    /// Kinds that match, the preferred first; hosts are told apart from them by `ResourceToSchedule::Kinds`.
    #[serde(default)]
    pub kinds: Vec<KindMatch>,
    /// Where the profile names hosts: only these of the kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<HostId>>,
    /// Where the profile rules hosts out: all of the kinds but these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<HostId>,
    /// Hosts known in all.
    pub hosts_total: u32,
    /// What keeps the others out; counts add up to more than the hosts where one fails several.
    pub rejections: Vec<Rejection>,
    /// Where none matches: those that lack least, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<NearHost>,
    /// The database is being rebuilt, so an empty list means nothing yet.
    pub rebuilding: bool,
}

/// A kind of hosts that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KindMatch {
    /// The kind.
    pub kind: KindId,
    /// How far it is from what the profile prefers; 0 is best, and equal numbers are equally good.
    #[serde(default)]
    pub rank: u32,
    /// Hosts of it.
    pub hosts: u32,
    /// Their slots.
    pub slots_total: u32,
    /// Those that are free, as far as the resource server knows.
    pub slots_free: u32,
}

/// A host that comes near to matching.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NearHost {
    /// Its name.
    pub host: HostId,
    /// What it lacks, as people say it.
    pub lacks: Vec<String>,
    /// Hosts that lack just the same, itself among them.
    pub alike: u32,
}

/// One reason why hosts do not match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rejection {
    /// The field, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    /// What they lack, as people say it: `no povray 3.7`, `memory below 16 GiB`.
    pub lacking: String,
    /// How many hosts.
    pub hosts: u32,
}
