//! Finding processes again whose render server is gone.

use std::fs;
use std::time::Duration;

use model::{Exit, ProcessMark};
use process::{adopt, kill_leftover};

use crate::{Attempt, LONG, end, eventually, runs};

/// An attempt whose leader runs and is not our child: a shell started it and ended.
fn orphaned(script: &str) -> (Attempt, ProcessMark) {
    let attempt = Attempt::new();
    fs::write(attempt.path("script"), format!("echo $$ >leader\n{script}\n")).unwrap();
    let status = std::process::Command::new("/bin/sh")
        .args(["-c", "setsid sh ./script </dev/null >log 2>&1 &"])
        .current_dir(attempt.folder.path())
        .env("FRAMEFARM_MARK", attempt.mark_file())
        .status()
        .unwrap();
    assert!(status.success());
    let mark = attempt.mark("leader");
    (attempt, mark)
}

#[test]
fn an_orphan_is_adopted_and_killed_with_its_children() {
    let (attempt, mark) = orphaned("setsid sh -c 'echo $$ >child; exec sleep 1000' & wait");
    let child = attempt.mark("child");
    let mut running = adopt(mark, &attempt.mark_file()).unwrap();
    assert_eq!(running.mark().unwrap(), mark);
    assert_eq!(running.wait(Duration::from_millis(1)), None);
    assert!(running.usage().memory_bytes > 0);
    assert!(running.kill().unwrap() >= 2);
    assert_eq!(end(&mut running), Exit::Unknown);
    assert!(!runs(mark) && !runs(child));
    let total = running.total();
    assert!(total.memory_peak_bytes > 0 && total.exit_code.is_none(), "{total:?}");
}

#[test]
fn an_adopted_process_that_ends_takes_its_strays_along() {
    let (attempt, mark) =
        orphaned("setsid sh -c 'echo $$ >child; exec sleep 1000' & while [ ! -e go ]; do sleep 0.01; done");
    let child = attempt.mark("child");
    let mut running = adopt(mark, &attempt.mark_file()).unwrap();
    fs::write(attempt.path("go"), "").unwrap();
    assert_eq!(end(&mut running), Exit::Unknown);
    assert!(!runs(child));
    assert_eq!(*running.strays().unwrap().as_ref().unwrap(), 1);
}

#[test]
fn only_the_very_process_is_adopted() {
    let (attempt, mark) = orphaned("exec sleep 1000");
    let mark_file = attempt.mark_file();
    let cases = [
        ("started later", ProcessMark { started: mark.started + 1, ..mark }),
        ("started earlier", ProcessMark { started: mark.started - 1, ..mark }),
        ("no such pid", ProcessMark { pid: 0x3fff_ffff, ..mark }),
        ("no pid at all", ProcessMark { pid: 0, ..mark }),
        ("out of range", ProcessMark { pid: u32::MAX, ..mark }),
    ];
    for (what, wrong) in cases {
        assert!(adopt(wrong, &mark_file).is_none(), "{what}");
    }
    fs::write(&mark_file, format!("pid {}\nstarted {}\nboot another\n", mark.pid, mark.started)).unwrap();
    assert!(adopt(mark, &mark_file).is_none(), "the system was started again");
    assert!(runs(mark));
}

#[test]
fn a_zombie_is_not_adopted() {
    let attempt = Attempt::new();
    let mut running = attempt.run("exec sleep 1000");
    let mark = running.leave_mark().unwrap();
    drop(running);
    assert_eq!(kill_leftover(&attempt.mark_file()).unwrap(), 1);
    assert!(adopt(mark, &attempt.mark_file()).is_none());
}

#[test]
fn a_child_is_adopted_as_a_child() {
    let attempt = Attempt::new();
    let mut running = attempt.run("while [ ! -e go ]; do sleep 0.01; done; exit 5");
    let mark = running.leave_mark().unwrap();
    drop(running);
    let mut running = adopt(mark, &attempt.mark_file()).unwrap();
    fs::write(attempt.path("go"), "").unwrap();
    assert_eq!(running.wait(LONG), Some(Exit::Code(5)));
}

#[test]
fn a_leftover_is_killed_by_its_mark_file() {
    let attempt = Attempt::new();
    let mut running =
        attempt.run("env -i /bin/sh -c 'echo $$ >cleaned; while :; do sleep 0.05; done' & echo >ready; wait");
    attempt.line("ready");
    running.leave_mark().unwrap();
    let cleaned = attempt.mark("cleaned");
    assert!(kill_leftover(&attempt.mark_file()).unwrap() >= 2);
    assert!(!runs(running.mark().unwrap()) && !runs(cleaned));
    assert_eq!(kill_leftover(&attempt.mark_file()).unwrap(), 0);
    assert_eq!(end(&mut running), Exit::Signal(9));
}

#[test]
fn a_leftover_is_found_without_its_mark_file_or_leader() {
    let (attempt, mark) =
        orphaned("setsid sh -c 'echo $$ >child; exec sleep 1000' & while [ ! -e go ]; do sleep 0.01; done");
    let child = attempt.mark("child");
    fs::write(attempt.path("go"), "").unwrap();
    eventually(|| (!runs(mark)).then_some(()));
    assert!(!attempt.mark_file().exists());
    assert!(runs(child));
    assert_eq!(kill_leftover(&attempt.mark_file()).unwrap(), 1);
    assert!(!runs(child));
}

#[test]
fn a_mark_of_another_process_kills_nothing() {
    let (attempt, mark) = orphaned("exec sleep 1000");
    let other = Attempt::new();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    for (started, boot) in [(mark.started + 1, boot.trim()), (mark.started, "another")] {
        let text = format!("pid {}\nstarted {started}\nboot {boot}\n", mark.pid);
        fs::write(other.mark_file(), text).unwrap();
        assert_eq!(kill_leftover(&other.mark_file()).unwrap(), 0);
    }
    fs::write(other.mark_file(), "broken").unwrap();
    assert_eq!(kill_leftover(&other.mark_file()).unwrap(), 0);
    assert!(runs(mark));
    drop(attempt);
    assert!(!runs(mark));
}
