//! Farms across several hosts. Each host is a set of Linux namespaces on a bridge, so that cables can be cut
//! and addresses are real. Only root can make them; elsewhere these tests say so and do nothing.

mod farm;
mod farms;
mod interfaces;
mod moves;
mod network;
mod orders;
mod waking;

use std::io::Write;

use network::Network;

/// Whether networks can be made here; says so where they cannot.
fn possible() -> bool {
    let why = Network::is_impossible();
    if let Some(why) = &why {
        say(&format!("skipped, since no network of hosts can be made: {why}"));
    }
    why.is_none()
}

/// Prints a line past the test harness, which keeps what tests that pass have printed.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
