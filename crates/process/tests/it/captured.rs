//! Capturing what short commands print.

use std::path::Path;
use std::time::Duration;

use model::Exit;
use process::{CaptureError, Captured, ProgramError, capture};

use crate::{LONG, eventually, started};

fn sh(script: &str, timeout: Duration) -> Result<Captured, CaptureError> {
    capture(Path::new("/bin/sh"), &["-c", script], timeout, None)
}

#[test]
fn both_streams_and_the_exit_are_taken() {
    let captured = sh("echo out; echo err >&2; cat; exit 3", LONG).unwrap();
    let expected = Captured { stdout: "out\n".into(), stderr: "err\n".into(), exit: Exit::Code(3) };
    assert_eq!(captured, expected);
    let captured = sh("kill -ABRT $$", LONG).unwrap();
    assert_eq!(captured.exit, Exit::Signal(6));
}

#[test]
fn the_environment_is_small() {
    let captured = capture::<&str>(Path::new("/usr/bin/env"), &[], LONG, None).unwrap();
    let allowed = ["PATH", "LANG", "HOME", "USER", "TMPDIR", "LD_LIBRARY_PATH", "FRAMEFARM_MARK"];
    for line in captured.stdout.lines() {
        assert!(allowed.iter().any(|name| line.starts_with(&format!("{name}="))), "{line}");
    }
}

#[test]
fn a_flood_is_cut_and_does_not_hang() {
    let captured = sh("head -c 5000000 /dev/zero | tr '\\0' x; echo end >&2", LONG).unwrap();
    assert_eq!(captured.stdout.len(), 1 << 20);
    assert_eq!((captured.stderr.as_str(), captured.exit), ("end\n", Exit::Code(0)));
}

#[test]
fn one_that_does_not_end_is_killed() {
    for script in ["sleep 1000; :", "yes", "trap '' TERM; exec >&- 2>&-; while :; do sleep 0.05; done"] {
        let error = sh(script, Duration::from_millis(100)).unwrap_err();
        assert!(matches!(error, CaptureError::TimedOut { .. }), "{script}: {error}");
        assert_eq!(error.to_string(), "/bin/sh did not end within 100 ms");
    }
}

#[test]
fn a_stray_that_holds_the_pipe_holds_up_nothing() {
    let captured = sh("setsid sleep 1000 & echo $!", LONG).unwrap();
    let pid = captured.stdout.trim().parse().unwrap();
    eventually(|| started(pid).is_none().then_some(()));
}

#[test]
fn a_missing_program_is_told() {
    let error = capture::<&str>(Path::new("/not/there"), &[], LONG, None).unwrap_err();
    assert!(matches!(error, CaptureError::Program(ProgramError::NotFound { .. })), "{error}");
    assert_eq!(error.to_string(), "there is no program /not/there");
}
