//! The versions of what a schedule server keeps on disk (`model::Versioned` says when to raise them).
//!
//! | version | since | what is new |
//! | --- | --- | --- |
//! | 1 | the first farm | |
//! | 2 | steps with dependencies and chunks | records for them; older snapshots are not read |
//! | 3 | reserved memory and GPUs | leases hold them; profiles have needs and preferences |

use model::Versioned;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::{Record, Schedule};

impl Versioned for Record {
    const VERSION: u16 = 3;
}

impl Versioned for Schedule {
    const VERSION: u16 = 3;

    fn read<'de, D: Deserializer<'de>>(version: u16, from: D) -> Result<Self, D::Error> {
        match version {
            // No farm with a snapshot of version 1 was ever let out of the house.
            1 => Err(D::Error::custom("version 1 is no longer read")),
            _ => Self::deserialize(from),
        }
    }
}
