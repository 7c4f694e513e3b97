//! Farms of the real binary, end to end. What a test waits for has limits that only a hang reaches, and
//! where an order matters it is made by gates, files that a frame's command waits for, never by sleeping.

mod access;
mod bad_disks;
mod bad_input;
mod crash_loop;
mod crashes;
mod desktops;
mod failures;
mod farm;
mod hosts;
mod http;
mod inputs;
mod limits;
mod live;
mod mail;
mod matching;
mod monitoring;
mod noise;
mod notices;
mod one_machine;
mod orders;
mod page;
mod parts;
mod programs;
mod queue;
pub(crate) mod ran;
mod relocated;
mod scene;
mod services;
mod sessions;
mod smtp;
mod spread;
mod steering;
mod steps;
mod tenants;
mod times;
mod trust;
mod upkeep;
mod warm;

use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) use farm::end_frames;

/// Only a hang takes this long, on however busy a machine.
const LONG: Duration = Duration::from_secs(120);

/// What `look` finds, as soon as it finds something.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < LONG, "waited {} s in vain: {what}", LONG.as_secs());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until `holds`.
#[track_caller]
pub(crate) fn until_true(what: &str, mut holds: impl FnMut() -> bool) {
    until(what, || holds().then_some(()));
}

/// Lines of the file at `path`; none where it is missing.
pub(crate) fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Names of what lies in `folder`, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
