//! The mark file: names the process of an attempt on disk, for a render server that died before it could
//! record the start.
//!
//! It holds the boot too, as pids and start times begin anew with each.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf, absolute};

use model::ProcessMark;

/// The environment variable by which the processes of an attempt are known: the path of its mark file.
pub const MARK_VARIABLE: &str = "FRAMEFARM_MARK";

/// The mark file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write mark file {}", .mark_file.display())]
pub struct MarkError {
    /// The mark file.
    pub mark_file: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl MarkError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "is the disk of the render server's data folder full or read-only?"
    }
}

/// What a mark file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) mark: ProcessMark,
    boot: String,
}

impl Kept {
    /// Whether it was written since the system last started.
    pub(crate) fn of_this_boot(&self) -> bool {
        self.boot == boot_id()
    }

    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::trim)
        };
        let mark = ProcessMark { pid: field("pid")?.parse().ok()?, started: field("started")?.parse().ok()? };
        Some(Self { mark, boot: field("boot")?.to_owned() })
    }
}

/// Value of [`MARK_VARIABLE`] for this mark file: its path, absolute.
pub(crate) fn value(mark_file: &Path) -> OsString {
    absolute(mark_file).unwrap_or_else(|_| mark_file.to_path_buf()).into_os_string()
}

/// The environment's entry for this value, as the system keeps it.
pub(crate) fn entry(value: &OsString) -> Vec<u8> {
    [MARK_VARIABLE.as_bytes(), b"=", value.as_bytes()].concat()
}

/// Writes the mark whole or not at all. Not synced: what the system forgets, it forgets with the process.
pub(crate) fn write(mark_file: &Path, mark: ProcessMark) -> io::Result<()> {
    let mut name = mark_file.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    fs::write(&new, format!("pid {}\nstarted {}\nboot {}\n", mark.pid, mark.started, boot_id()))?;
    fs::rename(&new, mark_file)
}

/// What the mark file says; nothing where there is none, or a broken one.
pub(crate) fn read(mark_file: &Path) -> Option<Kept> {
    Kept::parse(&fs::read_to_string(mark_file).ok()?)
}

/// Names this run of the system; empty where it does not say, and then all boots look alike.
fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mark");
        let mark = ProcessMark { pid: 4711, started: 99 };
        assert_eq!(read(&file), None);
        write(&file, mark).unwrap();
        let kept = read(&file).unwrap();
        assert_eq!(kept.mark, mark);
        assert!(kept.of_this_boot());
    }

    #[test]
    fn broken_marks_are_none_and_other_boots_are_told() {
        for text in ["", "pid 1", "pid x\nstarted 2\nboot b\n", "pid 1\nboot b\n"] {
            assert_eq!(Kept::parse(text), None, "{text:?}");
        }
        assert!(!Kept::parse("pid 1\nstarted 2\nboot another\n").unwrap().of_this_boot());
    }
}
