//! A simulated farm: one schedule server, one resource server and some render servers as they are shipped,
//! with virtual time, links that lose things, disks that are slow or full, clocks that are wrong, servers
//! that are killed, renderers that fail, lie and hang, and people who change their minds.
//!
//! One seed makes one farm and one history. Things go wrong for a while (safety: no promise is broken), then
//! nothing does any more (liveness: every job that is not on hold ends, and nothing is left behind). The
//! same seed gives the same history, so a failure can be looked at again. Never shipped.

/// A node of the world beside the chance it runs into, which are different fields of it.
macro_rules! fortune {
    ($world:expr, $node:ident $([$at:expr])?, $times:expr) => {{
        let strength = $world.plan.strength($crate::ingredient::Ingredient::KillsAtCommits);
        let killed = if $world.healed() { 0 } else { strength * $times };
        let written_out = $world.plan.on.has($crate::ingredient::Ingredient::WrittenOut);
        let fortune = $crate::node::Fortune { chance: &mut $world.chance, killed, written_out };
        (&mut $world.$node $([$at])?, fortune)
    }};
}

mod chance;
mod clock;
mod disk;
mod happening;
mod ingredient;
mod jobs;
mod judge;
mod ledger;
mod links;
mod machine;
mod mischief;
mod network;
mod node;
mod oracle;
mod orders;
mod people;
mod plan;
mod planted;
mod processes;
mod render_server;
mod resource_server;
mod schedule_server;
mod servers;
mod settled;
mod storage;
mod story;
mod stranger;
mod world;

pub use ingredient::{Ingredient, Ingredients, UnknownIngredient};
pub use judge::{Verdict, judge, shrink, watched};
pub use oracle::{Broken, Oracle};
pub use planted::Planted;
pub use story::Sink;
pub use world::{Options, Summary, World};
