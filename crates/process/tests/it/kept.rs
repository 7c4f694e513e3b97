//! What actions of a session leave running on purpose.

use std::fs;

use model::Exit;

use super::{Attempt, end, runs};

#[test]
fn what_is_left_on_purpose_runs_on_until_it_is_killed() {
    let attempt = Attempt::new();
    let script = "setsid sh -c 'echo $$ >daemon; exec sleep 1000' & \
                  env -i sh -c 'echo $$ >bare; exec sleep 1000' & \
                  while [ ! -s daemon -o ! -s bare ]; do :; done";
    let mut running = attempt.run(script).keeping_what_it_leaves();
    assert_eq!(end(&mut running), Exit::Code(0));
    assert_eq!(*running.strays().unwrap().as_ref().unwrap(), 0);
    let left = ["daemon", "bare"].map(|name| attempt.mark(name));
    assert!(left.into_iter().all(runs));
    // The end of another attempt is none of its business.
    let other = Attempt::new();
    let mut more = other.run("true");
    assert_eq!(end(&mut more), Exit::Code(0));
    assert!(left.into_iter().all(runs));
    let killed = running.kill().unwrap();
    assert!(killed >= 2, "{killed}");
    assert!(!left.into_iter().any(runs));
    assert_eq!(running.kill().unwrap(), 0);
}

#[test]
fn it_is_found_by_its_mark_file_alone() {
    let attempt = Attempt::new();
    let script = "setsid sh -c 'echo $$ >daemon; exec sleep 1000' & while [ ! -s daemon ]; do :; done";
    let mut running = attempt.run(script).keeping_what_it_leaves();
    assert_eq!(end(&mut running), Exit::Code(0));
    drop(running);
    let daemon = attempt.mark("daemon");
    assert!(runs(daemon));
    assert!(fs::read(attempt.mark_file()).is_err(), "it left no mark file");
    assert_eq!(process::kill_leftover(&attempt.mark_file()).unwrap(), 1);
    assert!(!runs(daemon));
}
