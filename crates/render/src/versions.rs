//! The versions of what a render server keeps on disk (`model::Versioned` says when to raise them).
//!
//! | version | since | what is new |
//! | --- | --- | --- |
//! | 1 | the first farm | |
//! | 2 | lines of leases | attempts that wait, chunks, wide leases |
//! | 3 | doors | a person's stop |
//! | 4 | collecting beside | attempts that have left their slots and are collected |

use model::Versioned;

use crate::{Record, Render};

impl Versioned for Record {
    const VERSION: u16 = 4;
}

impl Versioned for Render {
    const VERSION: u16 = 4;
}
