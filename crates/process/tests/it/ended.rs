//! Ending: whatever a process started goes with it, and nothing else does.

use std::fs;
use std::process::Command;

use model::Exit;
use process::kill_leftover;

use crate::{Attempt, end, eventually, runs};

/// Starts processes that leave in every way there is; the shell stays.
const BROOD: &str = "\
    sleep 1000 & echo $! >child
    setsid sh -c 'echo $$ >session; exec sleep 1000' &
    (setsid sh -c 'echo $$ >daemon; exec sleep 1000' &)
    env -i \"$(command -v setsid)\" sh -c 'echo $$ >cleaned; exec sleep 1000' &
    sh -c 'sh -c \"echo \\$\\$ >grandchild; exec sleep 1000\"; :' &
    ";
const NAMES: [&str; 5] = ["child", "session", "daemon", "cleaned", "grandchild"];

#[test]
fn a_kill_reaches_everything() {
    let attempt = Attempt::new();
    let mut running = attempt.run(&format!("{BROOD} wait"));
    let brood = NAMES.map(|name| attempt.mark(name));
    assert!(brood.into_iter().all(runs));
    let killed = running.kill().unwrap();
    assert!(killed >= 6, "{killed}");
    assert!(!brood.into_iter().any(runs));
    assert_eq!(end(&mut running), Exit::Signal(9));
    assert_eq!(*running.strays().unwrap().as_ref().unwrap(), 0);
}

#[test]
fn strays_go_when_the_leader_ends() {
    let attempt = Attempt::new();
    let mut running = attempt.run(&format!("{BROOD} while [ ! -e go ]; do sleep 0.01; done; exit 3"));
    let brood = NAMES.map(|name| attempt.mark(name));
    // One that cleaned its environment and lost its parent is known only by having been seen before.
    running.usage();
    fs::write(attempt.path("go"), "").unwrap();
    assert_eq!(end(&mut running), Exit::Code(3));
    assert!(!brood.into_iter().any(runs));
    let strays = *running.strays().unwrap().as_ref().unwrap();
    assert!(strays >= 5, "{strays}");
    assert_eq!(running.total().exit_code, Some(3));
}

#[test]
fn a_stray_of_a_short_leader_goes_too() {
    let attempt = Attempt::new();
    let mut running =
        attempt.run("setsid sh -c 'echo $$ >stray; exec sleep 1000' & while [ ! -s stray ]; do :; done");
    assert_eq!(end(&mut running), Exit::Code(0));
    let text = attempt.line("stray");
    assert_eq!(crate::started(text.trim().parse().unwrap()), None);
}

#[test]
fn terminate_asks_each_process_once_and_waits_for_none() {
    let attempt = Attempt::new();
    let script = "\
        trap 'echo asked >>leader; exit 4' TERM
        setsid sh -c 'trap \"echo asked >>apart; exit\" TERM; echo >ready; while :; do sleep 0.01; done' &
        while :; do sleep 0.01; done";
    let mut running = attempt.run(script);
    attempt.line("ready");
    running.terminate().unwrap();
    assert_eq!(attempt.line("apart"), "asked\n");
    assert_eq!(end(&mut running), Exit::Code(4));
    assert_eq!(attempt.line("leader"), "asked\n");
}

#[test]
fn one_that_will_not_be_asked_is_killed() {
    let attempt = Attempt::new();
    let mut running = attempt.run("trap '' TERM; echo >ready; while :; do sleep 0.01; done");
    attempt.line("ready");
    running.terminate().unwrap();
    assert_eq!(running.wait(std::time::Duration::from_millis(50)), None);
    running.kill().unwrap();
    assert_eq!(end(&mut running), Exit::Signal(9));
}

#[test]
fn a_stopped_process_dies_too() {
    let attempt = Attempt::new();
    let mut running = attempt.run("kill -STOP $$; exit 0");
    let stat = format!("/proc/{}/stat", running.mark().unwrap().pid);
    eventually(|| fs::read_to_string(&stat).ok().filter(|text| text.contains(") T ")));
    running.kill().unwrap();
    assert_eq!(end(&mut running), Exit::Signal(9));
}

#[test]
fn others_are_left_alone() {
    let (attempt, other) = (Attempt::new(), Attempt::new());
    let mut kept = other.run("exec sleep 1000");
    let mut foreign = Command::new("sleep").arg("1000").spawn().unwrap();
    let mut running = attempt.run("exec sleep 1000");
    assert_eq!(running.kill().unwrap(), 1);
    assert_eq!(kill_leftover(&attempt.mark_file()).unwrap(), 0);
    end(&mut running);
    assert!(runs(kept.mark().unwrap()));
    assert!(foreign.try_wait().unwrap().is_none());
    foreign.kill().unwrap();
    foreign.wait().unwrap();
    kept.kill().unwrap();
    end(&mut kept);
}
