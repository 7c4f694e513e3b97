//! What a host has a countable lot of and a running frame holds some of, besides slots.

use serde::{Deserialize, Serialize};

/// Amounts of a host, or of what a frame holds while it runs.
///
/// The schedule server knows a host's from its hello and leases no more than that: memory by bytes, GPUs by
/// their number in the host's list.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
pub struct Amounts {
    /// RAM in bytes.
    #[serde(default, skip_serializing_if = "is_none")]
    pub memory_bytes: u64,
    /// GPUs.
    #[serde(default, skip_serializing_if = "is_no_gpu")]
    pub gpus: u16,
}

impl Amounts {
    /// Whether it is nothing at all.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.memory_bytes == 0 && self.gpus == 0
    }

    /// Whether this much is there where `all` is.
    #[must_use]
    pub const fn fits_in(&self, all: &Self) -> bool {
        self.memory_bytes <= all.memory_bytes && self.gpus <= all.gpus
    }
}

const fn is_none(bytes: &u64) -> bool {
    *bytes == 0
}

const fn is_no_gpu(gpus: &u16) -> bool {
    *gpus == 0
}
