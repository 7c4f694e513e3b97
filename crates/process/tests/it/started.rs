//! Starting: what a process is given, and what is said where it cannot be started.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use model::Exit;
use process::{LaunchError, ProgramError};

use crate::{Attempt, arguments, end, eventually, runs};

#[test]
fn exits_are_told() {
    let cases = [
        ("exit 0", Exit::Code(0), Some(0)),
        ("exit 7", Exit::Code(7), Some(7)),
        ("kill -TERM $$", Exit::Signal(15), None),
        ("kill -KILL $$", Exit::Signal(9), None),
    ];
    for (script, exit, code) in cases {
        let attempt = Attempt::new();
        let mut running = attempt.run(script);
        assert_eq!(end(&mut running), exit, "{script}");
        assert_eq!(running.wait(Duration::ZERO), Some(exit), "asked again: {script}");
        assert_eq!(running.total().exit_code, code, "{script}");
        assert_eq!(*running.strays().unwrap().as_ref().unwrap(), 0, "{script}");
    }
}

#[test]
fn a_wait_ends_before_the_process() {
    let attempt = Attempt::new();
    let mut running = attempt.run("exec sleep 1000");
    assert_eq!(running.wait(Duration::from_millis(1)), None);
    assert!(running.strays().is_none());
    assert!(runs(running.mark().unwrap()));
    running.kill().unwrap();
    assert_eq!(end(&mut running), Exit::Signal(9));
    assert!(!runs(running.mark().unwrap()));
}

#[test]
fn both_streams_are_appended_to_the_log() {
    let attempt = Attempt::new();
    fs::write(attempt.path("log"), "before\n").unwrap();
    end(&mut attempt.run("echo out; echo err >&2; echo out again"));
    assert_eq!(attempt.line("log"), "before\nout\nerr\nout again\n");
}

#[test]
fn nothing_is_inherited() {
    let attempt = Attempt::new();
    let mut launch = attempt.script("");
    launch.program = "/usr/bin/env".into();
    launch.arguments = Vec::new();
    launch.environment = vec![("A".into(), "1".into()), ("FRAMEFARM_MARK".into(), "another".into())];
    end(&mut attempt.start(&launch).unwrap());
    let mark = format!("FRAMEFARM_MARK={}", attempt.mark_file().display());
    let text = attempt.line("log");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["A=1", mark.as_str()]);
}

#[test]
fn it_has_its_own_group_its_folder_and_nothing_to_read() {
    let attempt = Attempt::new();
    let mut running = attempt.run("pwd; readlink /proc/self/fd/0; cut -d ' ' -f 5 /proc/$$/stat");
    let pid = running.mark().unwrap().pid;
    end(&mut running);
    let folder = attempt.folder.path().canonicalize().unwrap();
    assert_eq!(attempt.line("log"), format!("{}\n/dev/null\n{pid}\n", folder.display()));
}

#[test]
fn the_mark_file_names_it() {
    let attempt = Attempt::new();
    let mut running = attempt.run("exec sleep 1000");
    assert!(!attempt.mark_file().exists(), "it may be gone before anybody wants to find it again");
    let mark = running.leave_mark().unwrap();
    let text = attempt.line("mark");
    assert!(text.starts_with(&format!("pid {}\nstarted {}\nboot ", mark.pid, mark.started)), "{text}");
    running.kill().unwrap();
    end(&mut running);
}

#[test]
fn usage_counts_all_processes() {
    let attempt = Attempt::new();
    let spin = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
    let write = "head -c 3000000 /dev/zero >large";
    let mut running =
        attempt.run(&format!("sh -c '{spin}; {write}; :'; {spin}; echo spun >done; exec sleep 1000"));
    attempt.line("done");
    // While it loads the next program it has no memory.
    let seen = eventually(|| Some(running.usage()).filter(|usage| usage.memory_bytes > 0));
    assert!(seen.cpu_ms > 0);
    assert!(seen.memory_peak_bytes >= seen.memory_bytes);
    assert!(seen.read_bytes >= 3_000_000 && seen.written_bytes >= 3_000_000, "{seen:?}");
    let (_, each) = running.usage_of_each();
    assert_eq!(each.len(), 1, "{each:?}");
    assert_eq!((each[0].name.as_str(), each[0].state), ("sleep", b'S'));
    running.kill().unwrap();
    end(&mut running);
    let total = running.total();
    assert!(total.cpu_ms >= seen.cpu_ms && total.memory_peak_bytes >= seen.memory_peak_bytes, "{total:?}");
    assert!(total.wall_ms > 0);
    assert_eq!(running.usage().memory_bytes, 0);
    assert_eq!(running.total(), total);
}

#[test]
fn usage_of_what_was_never_looked_at_is_told_by_the_system() {
    let attempt = Attempt::new();
    let write = "head -c 3000000 /dev/zero >large";
    let mut running = attempt.run(&format!("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; {write}; :"));
    end(&mut running);
    let total = running.total();
    assert!(total.read_bytes >= 3_000_000 && total.written_bytes >= 3_000_000, "{total:?}");
    assert!(total.cpu_ms > 0 && total.memory_peak_bytes > 0, "{total:?}");
}

#[test]
fn a_bad_start_says_what_is_wrong() {
    let attempt = Attempt::new();
    let write = |name: &str, text: &str, mode: u32| {
        fs::write(attempt.path(name), text).unwrap();
        fs::set_permissions(attempt.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    write("plain", "#!/bin/sh\n", 0o644);
    write("orphan", "#!/not/there\n", 0o755);
    write("foreign", "\u{1}\u{2}\u{3}", 0o755);
    let fault = |program: &Path| {
        let mut launch = attempt.script("exit 0");
        launch.program = program.to_path_buf();
        match attempt.start(&launch).unwrap_err() {
            LaunchError::Program(fault) => fault,
            other => panic!("{other}"),
        }
    };
    assert!(matches!(fault(Path::new("sh")), ProgramError::Relative { .. }));
    assert!(matches!(fault(&attempt.path("nothing")), ProgramError::NotFound { .. }));
    assert!(matches!(fault(attempt.folder.path()), ProgramError::NotExecutable { .. }));
    assert!(matches!(fault(&attempt.path("plain")), ProgramError::NotExecutable { .. }));
    assert!(matches!(fault(&attempt.path("orphan")), ProgramError::NoInterpreter { .. }));
    assert!(matches!(fault(&attempt.path("foreign")), ProgramError::Foreign { .. }));
    assert!(!attempt.mark_file().exists());
}

#[test]
fn a_bad_place_says_what_is_wrong() {
    let attempt = Attempt::new();
    let mut launch = attempt.script("exit 0");
    launch.folder = attempt.path("nothing");
    let error = attempt.start(&launch).unwrap_err();
    assert!(matches!(error, LaunchError::Folder { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        format!("cannot start /bin/sh in {}: the folder is missing or closed", launch.folder.display())
    );

    let log = fs::File::create(attempt.path("log")).unwrap();
    let mut launch = attempt.script("");
    launch.program = "/bin/sleep".into();
    launch.arguments = arguments("1000");
    let mut running = process::launch(&launch, &log, &attempt.path("nothing/mark")).unwrap();
    let error = running.leave_mark().unwrap_err();
    assert!(error.to_string().starts_with("cannot write mark file "), "{error}");
    assert_eq!(process::kill_leftover(&attempt.path("nothing/mark")).unwrap(), 1, "it is found without");
    end(&mut running);
}
