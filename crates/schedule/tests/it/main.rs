//! What the schedule role decides, told as stories about a small farm, and what it keeps whatever happens.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod ahead;
mod amounts;
mod chunks;
mod dependencies;
mod doors;
mod drafts;
mod ending;
mod farm;
mod frame_orders;
mod grids;
mod hosts;
mod inputs;
mod kinds;
mod kinds_told;
mod licences;
mod limits;
mod listing;
mod mails;
mod next_job;
mod old_journals;
mod policy;
mod queue;
mod random;
mod random_steps;
mod restart;
mod retries;
mod set_aside;
mod shares;
mod steering;
mod waiting;
mod warm;
mod whys;
mod wide;
