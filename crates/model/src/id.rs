//! The names of things. Numbers come from counters kept in the journal, never from chance, so a replay
//! makes the same ones.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

number! {
    /// A job, counted from 1 in the order of submission.
    JobId(u64)
}
number! {
    /// The place of a step within its job, from 0.
    StepIndex(u16)
}
number! {
    /// The right to one attempt; never used twice on a farm.
    LeaseId(u64)
}
number! {
    /// A slot of a render host, from 0.
    SlotIndex(u16)
}
number! {
    /// A kind of host: all that are alike in everything a profile can ask, names aside. Numbered by a
    /// resource server for as long as it runs.
    KindId(u32)
}
number! {
    /// Which try of a frame this is, from 1.
    AttemptNumber(u32)
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

name! {
    /// A render host by the name people see, unique on the farm.
    HostId
}
name! {
    /// One installation of a render server: made once by chance and kept in its data folder, so that two
    /// render servers which claim the same name are told apart.
    InstanceId
}

/// A frame of a step of a job: the unit that is leased, counted and delivered.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
pub struct FrameId {
    /// The job it belongs to.
    pub job: JobId,
    /// The step within the job.
    pub step: StepIndex,
    /// Position in the step's frame set, from 0; not the frame number.
    pub index: u32,
}

impl fmt::Display for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.job, self.step, self.index)
    }
}
