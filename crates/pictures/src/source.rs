//! Where the bytes of a picture are read from, anywhere in it and from several threads.

use std::fs::File;
use std::io;

/// The bytes of a picture.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    /// Those of a file, of so many bytes.
    File(&'a File, u64),
    /// Those at hand.
    Bytes(&'a [u8]),
}

impl<'a> Source<'a> {
    pub(crate) fn of(file: &'a File) -> io::Result<Self> {
        Ok(Self::File(file, file.metadata()?.len()))
    }

    pub(crate) const fn length(&self) -> u64 {
        match self {
            Self::File(_, length) => *length,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// Whether `count` bytes lie behind `at`.
    pub(crate) fn holds(&self, at: u64, count: u64) -> bool {
        at.checked_add(count).is_some_and(|end| end <= self.length())
    }

    /// Reads `count` bytes from `at` on into `into`, whatever it held. Nothing is allocated for bytes that
    /// are not there.
    pub(crate) fn read(&self, at: u64, count: usize, into: &mut Vec<u8>) -> io::Result<()> {
        if !self.holds(at, count as u64) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        into.clear();
        match self {
            Self::File(file, _) => {
                use std::os::unix::fs::FileExt;
                into.resize(count, 0);
                file.read_exact_at(into, at)
            }
            Self::Bytes(bytes) => {
                let from = usize::try_from(at).map_err(|_| io::ErrorKind::UnexpectedEof)?;
                into.extend_from_slice(&bytes[from..from + count]);
                Ok(())
            }
        }
    }
}
