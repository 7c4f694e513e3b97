//! One run of a program with a limit of time.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::LONG;

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    /// As typed.
    pub(crate) line: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Runs `command` to its end; one that does not end is killed and fails the test.
    #[track_caller]
    pub(crate) fn of(mut command: Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name| File::create(folder.path().join(name)).unwrap();
        command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err"));
        let line = format!("{command:?}");
        let begun = Instant::now();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{line}: {error}"));
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if begun.elapsed() > LONG {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let text =
            |name| String::from_utf8_lossy(&std::fs::read(folder.path().join(name)).unwrap()).into_owned();
        let ran =
            Self { line, code: status.and_then(|s| s.code()), stdout: text("out"), stderr: text("err") };
        assert!(status.is_some(), "did not end in {} s: {ran}", LONG.as_secs());
        ran
    }

    /// Fails unless it ended with `code`.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert!(self.code == Some(code), "not exit code {code}: {self}");
        self
    }

    /// Fails unless each of `texts` is on standard error.
    #[track_caller]
    pub(crate) fn complains(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "no {text:?}: {self}");
        }
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, code, stdout, stderr } = self;
        write!(f, "{line}\nexit code {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}
