//! The versions of what an access role keeps on disk (`model::Versioned` says when to raise them).
//!
//! | version | since | what is new |
//! | --- | --- | --- |
//! | 1 | the first farm that asks who somebody is | |

use model::Versioned;

use crate::{Access, Record};

impl Versioned for Record {
    const VERSION: u16 = 1;
}

impl Versioned for Access {
    const VERSION: u16 = 1;
}
