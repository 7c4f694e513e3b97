//! Processes that are told what to do, and whose words are noticed at once.

use std::fs;
use std::io::Write;
use std::time::Duration;

use model::Exit;
use process::{FileWatch, launch_to_feed};

use crate::{Attempt, eventually};

#[test]
fn it_reads_lines_and_ends_with_its_input() {
    let attempt = Attempt::new();
    let launch = attempt.script("while read line; do echo got $line; done; exit 3");
    let log = fs::OpenOptions::new().append(true).create(true).open(attempt.path("log")).unwrap();
    let (mut running, mut input) = launch_to_feed(&launch, &log, &attempt.mark_file()).unwrap();
    let watch = FileWatch::of(&attempt.path("log")).unwrap();
    for word in ["one", "two"] {
        writeln!(input, "{word}").unwrap();
        eventually(|| {
            assert_eq!(running.wait_or_read(&watch, Duration::from_secs(60)), None, "it was written to");
            fs::read_to_string(attempt.path("log")).unwrap().ends_with(&format!("got {word}\n")).then_some(())
        });
    }
    assert!(running.usage_of_leader().unwrap().memory_bytes > 0);
    drop(input);
    let exit = eventually(|| running.wait_or_read(&watch, Duration::from_secs(60)));
    assert_eq!(exit, Exit::Code(3));
    assert_eq!(running.wait_or_read(&watch, Duration::ZERO), Some(Exit::Code(3)), "it stays ended");
    assert_eq!(running.usage_of_leader(), None);
}
