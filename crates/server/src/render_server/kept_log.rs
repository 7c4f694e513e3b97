//! What is kept of a log: all of it, or of a flood its beginning and its end.
//!
//! A process writes to its log by itself, and never waits for us. Where it floods the file, what lies between
//! the beginning and the end is given back to the file system while the file grows on, so that neither disk
//! nor memory fills; a line in its place says how much is missing.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};

/// Where a log cannot be trimmed, a process that prints more than this is ended: some fill a disk with one
/// line of complaint.
pub(super) const LOG_MAX: u64 = 1 << 30;
/// As much of the beginning is kept, and as much of the end.
const PART: u64 = 16 << 20;
/// Holes begin and end where blocks of file systems do.
const BLOCK: u64 = 1 << 20;

/// Gives back what a log has too much, while it grows.
pub(super) struct Trimmer {
    path: PathBuf,
    /// Up to where it was given back.
    until: u64,
    works: bool,
}

impl Trimmer {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, until: PART, works: true }
    }

    /// Gives back what `length` bytes have too much. Whether the file system can do that.
    pub(super) fn trim(&mut self, length: u64) -> bool {
        let until = length.saturating_sub(PART) / BLOCK * BLOCK;
        if self.works && until > self.until + BLOCK {
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            let punched = OpenOptions::new().write(true).open(&self.path).and_then(|file| {
                fallocate(&file, flags, self.until, until - self.until).map_err(io::Error::from)
            });
            match punched {
                Ok(()) => self.until = until,
                Err(error) => {
                    tracing::debug!("{} cannot be trimmed: {error}", self.path.display());
                    self.works = false;
                }
            }
        }
        self.works
    }
}

/// A log to be read as it is kept.
pub(super) struct KeptLog {
    file: File,
    length: u64,
    /// What stands between beginning and end, of a flood.
    gap: Option<(Vec<u8>, u64)>,
}

impl KeptLog {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let missing = length.saturating_sub(2 * PART + 2 * BLOCK);
        let gap = (missing > 0).then(|| {
            let end = length - PART;
            let words = format!(
                "\n[framefarm: {} MiB of this log are left out here; it printed {} MiB]\n",
                (end - PART) >> 20,
                length >> 20
            );
            (words.into_bytes(), end)
        });
        Ok(Self { file, length, gap })
    }

    /// Bytes that are kept.
    pub(super) fn length(&self) -> u64 {
        match &self.gap {
            Some((words, end)) => PART + words.len() as u64 + (self.length - end),
            None => self.length,
        }
    }

    /// Bytes that stay as they are though the log grows on.
    pub(super) fn lasting(&self) -> u64 {
        self.length.min(PART)
    }

    /// The next bytes from `at` on, up to `most`; none at the end.
    pub(super) fn read(&mut self, at: u64, most: usize) -> io::Result<Vec<u8>> {
        let Some((words, end)) = &self.gap else { return read(&mut self.file, at, most as u64) };
        let behind = PART + words.len() as u64;
        if at < PART {
            return read(&mut self.file, at, (PART - at).min(most as u64));
        }
        if at < behind {
            let from = usize::try_from(at - PART).unwrap_or(0);
            return Ok(words[from..].iter().copied().take(most).collect());
        }
        read(&mut self.file, end + (at - behind), most as u64)
    }
}

fn read(file: &mut File, at: u64, most: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn all(path: &Path) -> Vec<u8> {
        let mut log = KeptLog::open(path).unwrap();
        let mut bytes = Vec::new();
        loop {
            let piece = log.read(bytes.len() as u64, 700_001).unwrap();
            if piece.is_empty() {
                assert_eq!(bytes.len() as u64, log.length());
                return bytes;
            }
            bytes.extend(piece);
        }
    }

    #[test]
    fn of_a_flood_the_beginning_and_the_end_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut file = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        writeln!(file, "the beginning").unwrap();
        assert_eq!(all(&path), b"the beginning\n");
        let mut trimmer = Trimmer::new(path.clone());
        let line = [b'x'; 1023].iter().chain(b"\n").copied().collect::<Vec<u8>>().repeat(1024);
        let mut works = true;
        for _ in 0..200 {
            file.write_all(&line).unwrap();
            works = trimmer.trim(file.metadata().unwrap().len());
        }
        writeln!(file, "the end").unwrap();
        let kept = all(&path);
        let text = String::from_utf8(kept).unwrap();
        assert!(text.starts_with("the beginning\n") && text.ends_with("x\nthe end\n"));
        assert!(text.contains("[framefarm: 168 MiB of this log are left out here; it printed 200 MiB]"));
        assert!(text.len() < 40 << 20, "{}", text.len());
        // Where the file system can, the disk holds no more than that.
        let held = path.metadata().unwrap().blocks() * 512;
        assert!(!works || held < 40 << 20, "{held}");
    }
}
