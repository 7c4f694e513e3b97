//! The crate against real processes. Nothing here measures time: waits have limits so generous that only a
//! hang reaches them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod as_user;
mod captured;
mod ended;
mod fed;
mod found_again;
mod kept;
mod limits;
mod other_hosts;
mod started;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use model::{Exit, ProcessMark};
use process::{Launch, LaunchError, Running, launch};
use tempfile::TempDir;

/// Only a hang takes this long.
const LONG: Duration = Duration::from_secs(60);

/// The folder of one attempt.
struct Attempt {
    folder: TempDir,
}

impl Attempt {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn mark_file(&self) -> PathBuf {
        self.path("mark")
    }

    fn script(&self, script: &str) -> Launch {
        Launch {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
            folder: self.folder.path().to_path_buf(),
            user: None,
        }
    }

    fn start(&self, launched: &Launch) -> Result<Running, LaunchError> {
        let log = fs::OpenOptions::new().append(true).create(true).open(self.path("log")).unwrap();
        launch(launched, &log, &self.mark_file())
    }

    fn run(&self, script: &str) -> Running {
        self.start(&self.script(script)).unwrap()
    }

    /// Text of a file once it ends with a newline.
    fn line(&self, name: &str) -> String {
        eventually(|| fs::read_to_string(self.path(name)).ok().filter(|text| text.ends_with('\n')))
    }

    /// The process whose pid a script wrote to a file.
    fn mark(&self, name: &str) -> ProcessMark {
        let pid = self.line(name).trim().parse().unwrap();
        ProcessMark { pid, started: started(pid).unwrap() }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        // A test that failed half-way must leave nothing running.
        let _killed = process::kill_leftover(&self.mark_file());
    }
}

/// `text` with blanks as arguments.
fn arguments(text: &str) -> Vec<OsString> {
    text.split(' ').map(OsString::from).collect()
}

/// Tries until there is something.
fn eventually<T>(mut probe: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + LONG;
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < until, "it never came");
        sleep(Duration::from_millis(5));
    }
}

/// When the process started; nothing where it runs no more.
fn started(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    if fields[0] == "Z" { None } else { fields[19].parse().ok() }
}

fn runs(mark: ProcessMark) -> bool {
    started(mark.pid) == Some(mark.started)
}

fn end(running: &mut Running) -> Exit {
    running.wait(LONG).expect("the process ends")
}
