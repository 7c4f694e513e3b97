//! The log of an attempt as people are shown it: what its session printed on the way in, and what it printed.
//!
//! The two stay apart on disk. What a session prints must not be taken for the words of a rendering package.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::kept_log::KeptLog;

/// Where stands what the session of the attempt with this log printed.
pub(super) fn of_session(log: &Path) -> PathBuf {
    log.with_file_name("session")
}

/// A log with what stands before it.
pub(super) struct ShownLog {
    before: Option<(File, u64)>,
    log: KeptLog,
}

impl ShownLog {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let before = match File::open(of_session(path)) {
            Ok(file) => {
                let length = file.metadata()?.len();
                Some((file, length))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self { before, log: KeptLog::open(path)? })
    }

    fn ahead(&self) -> u64 {
        self.before.as_ref().map_or(0, |(_, length)| *length)
    }

    /// Bytes that are shown.
    pub(super) fn length(&self) -> u64 {
        self.ahead() + self.log.length()
    }

    /// Bytes that stay as they are though the log grows on.
    pub(super) fn lasting(&self) -> u64 {
        self.ahead() + self.log.lasting()
    }

    /// The next bytes from `at` on, up to `most`; none at the end.
    pub(super) fn read(&mut self, at: u64, most: usize) -> io::Result<Vec<u8>> {
        if let Some((file, length)) = &mut self.before {
            if at < *length {
                file.seek(SeekFrom::Start(at))?;
                let mut bytes = Vec::new();
                file.take((*length - at).min(most as u64)).read_to_end(&mut bytes)?;
                return Ok(bytes);
            }
            return self.log.read(at - *length, most);
        }
        self.log.read(at, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(path: &Path, most: usize) -> String {
        let mut log = ShownLog::open(path).unwrap();
        let mut bytes = Vec::new();
        loop {
            let piece = log.read(bytes.len() as u64, most).unwrap();
            if piece.is_empty() {
                assert_eq!((bytes.len() as u64, bytes.len() as u64), (log.length(), log.lasting()));
                return String::from_utf8(bytes).unwrap();
            }
            bytes.extend(piece);
        }
    }

    #[test]
    fn what_the_session_printed_stands_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert!(ShownLog::open(&path).is_err());
        std::fs::write(&path, "frame\n").unwrap();
        assert_eq!(all(&path, 100), "frame\n");
        std::fs::write(of_session(&path), "entering\n").unwrap();
        for most in [1, 4, 9, 10, 100] {
            assert_eq!(all(&path, most), "entering\nframe\n");
        }
    }
}
