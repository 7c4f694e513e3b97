//! What each attempt printed, as it arrives from the render servers.
//!
//! A log is kept in pieces of [`PIECE`] bytes. Of one that grows beyond measure the first two pieces and the
//! last two stay: how it began and how it ended is what people look for. Logs are not synced: the sender
//! has them until the attempt's end, and losing the last second of one in a power cut harms nobody.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use model::{AttemptNumber, FrameId};

use crate::FileError;
use crate::durable::create_folders;

/// Bytes in a piece of a log.
const PIECE: u64 = 2 << 20;
/// Pieces kept from the start, and as many from the end.
const KEPT: u64 = 2;
/// Frames in one folder.
const FRAMES_PER_FOLDER: u32 = 1000;

/// The logs of all attempts, in one folder.
#[derive(Clone, Debug)]
pub struct AttemptLogs {
    folder: PathBuf,
}

/// What became of bytes sent for a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOutcome {
    /// They are in the log, which now has this length in bytes.
    Kept {
        /// Offset of the next byte to send.
        length: u64,
    },
    /// They do not follow what is there, so nothing was taken.
    Gap {
        /// Offset of the next byte to send.
        length: u64,
    },
}

/// A log cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep or read the log of attempt {attempt} of frame {frame}")]
pub struct AttemptLogError {
    /// The frame.
    pub frame: FrameId,
    /// Which try.
    pub attempt: AttemptNumber,
    /// What is wrong.
    #[source]
    pub source: FileError,
}

impl AttemptLogs {
    /// The logs in `folder`, which is made when the first byte comes.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Takes bytes that start at `offset` of an attempt's log. What is there already is not taken again.
    ///
    /// # Errors
    /// A file cannot be used.
    pub fn append(
        &self,
        frame: FrameId,
        attempt: AttemptNumber,
        offset: u64,
        bytes: &[u8],
    ) -> Result<AppendOutcome, AttemptLogError> {
        let log = Log::of(&self.folder, frame, attempt);
        log.append(offset, bytes).map_err(|source| AttemptLogError { frame, attempt, source })
    }

    /// The log of an attempt, to be read piece by piece; nothing where no byte came.
    ///
    /// # Errors
    /// A file cannot be used.
    pub fn open(&self, frame: FrameId, attempt: AttemptNumber) -> Result<Option<KeptLog>, AttemptLogError> {
        let log = Log::of(&self.folder, frame, attempt);
        let opened = log.pieces().and_then(|pieces| Ok((log.length()?, pieces)));
        let (length, pieces) = opened.map_err(|source| AttemptLogError { frame, attempt, source })?;
        Ok((!pieces.is_empty()).then_some(KeptLog { log, pieces, length, frame, attempt }))
    }

    /// What is kept of an attempt's log, with a line where a part was left out; nothing where no byte came.
    ///
    /// # Errors
    /// A file cannot be used.
    pub fn read(&self, frame: FrameId, attempt: AttemptNumber) -> Result<Option<Vec<u8>>, AttemptLogError> {
        let Some(log) = self.open(frame, attempt)? else { return Ok(None) };
        let (mut bytes, mut at) = (Vec::new(), 0);
        while let Some((piece, next)) = log.read(at, usize::MAX)? {
            bytes.extend(piece);
            at = next;
        }
        Ok(Some(bytes))
    }
}

/// A log to be read where one likes. Places in it are counted in what was printed, left out or not.
pub struct KeptLog {
    log: Log,
    pieces: Vec<u64>,
    length: u64,
    frame: FrameId,
    attempt: AttemptNumber,
}

impl KeptLog {
    /// Bytes that were printed up to when it was opened.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Bytes from `at` on, at most so many, and where those after them begin; nothing at the end. In place of
    /// what was left out stands a line that says so.
    ///
    /// # Errors
    /// A file cannot be used.
    pub fn read(&self, at: u64, most: usize) -> Result<Option<(Vec<u8>, u64)>, AttemptLogError> {
        let (frame, attempt) = (self.frame, self.attempt);
        self.read_piece(at, most).map_err(|source| AttemptLogError { frame, attempt, source })
    }

    fn read_piece(&self, at: u64, most: usize) -> Result<Option<(Vec<u8>, u64)>, FileError> {
        let number = at / PIECE;
        if at >= self.length {
            return Ok(None);
        }
        if self.pieces.contains(&number) {
            let path = self.log.piece(number);
            let left = (PIECE - at % PIECE).min(self.length - at);
            let most = u64::try_from(most).unwrap_or(u64::MAX).min(left);
            let read = File::open(&path).and_then(|mut file| {
                let mut bytes = Vec::new();
                file.seek(SeekFrom::Start(at % PIECE))?;
                file.take(most).read_to_end(&mut bytes)?;
                Ok(bytes)
            });
            match read {
                Ok(bytes) if bytes.is_empty() => return Ok(None),
                Ok(bytes) => {
                    let next = at + bytes.len() as u64;
                    return Ok(Some((bytes, next)));
                }
                // It was left out since the folder was listed.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(FileError::of("read", &path)(error)),
            }
        }
        let Some(next) = self.pieces.iter().find(|piece| **piece > number) else { return Ok(None) };
        let next = next * PIECE;
        Ok(Some((format!("\n[framefarm left out {} bytes here]\n", next - at).into_bytes(), next)))
    }
}

impl AttemptLogs {
    /// Keeps a small note beside an attempt's log, in place of the one before.
    ///
    /// # Errors
    /// A file cannot be used.
    pub fn keep_note(
        &self,
        frame: FrameId,
        attempt: AttemptNumber,
        bytes: &[u8],
    ) -> Result<(), AttemptLogError> {
        let log = Log::of(&self.folder, frame, attempt);
        let path = log.note();
        let part = path.with_added_extension("part");
        let kept = create_folders(&log.folder).and_then(|()| {
            fs::write(&part, bytes).map_err(FileError::of("write", &part))?;
            fs::rename(&part, &path).map_err(FileError::of("write", &path))
        });
        kept.map_err(|source| AttemptLogError { frame, attempt, source })
    }

    /// The note beside an attempt's log; nothing where there is none.
    ///
    /// # Errors
    /// A file cannot be used.
    pub fn note(&self, frame: FrameId, attempt: AttemptNumber) -> Result<Option<Vec<u8>>, AttemptLogError> {
        let path = Log::of(&self.folder, frame, attempt).note();
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let source = FileError::of("read", &path)(error);
                Err(AttemptLogError { frame, attempt, source })
            }
        }
    }
}

/// One log: its first piece is `<frame>.<attempt>.log`, the others have their number appended.
struct Log {
    folder: PathBuf,
    name: String,
}

impl Log {
    fn of(logs: &Path, frame: FrameId, attempt: AttemptNumber) -> Self {
        let FrameId { job, step, index } = frame;
        let folder =
            logs.join(job.to_string()).join(step.to_string()).join((index / FRAMES_PER_FOLDER).to_string());
        Self { folder, name: format!("{index}.{attempt}.log") }
    }

    fn piece(&self, number: u64) -> PathBuf {
        match number {
            0 => self.folder.join(&self.name),
            _ => self.folder.join(format!("{}.{number}", self.name)),
        }
    }

    fn note(&self) -> PathBuf {
        self.folder.join(format!("{}.note", self.name.trim_end_matches(".log")))
    }

    /// The numbers of the pieces there are, in order.
    fn pieces(&self) -> Result<Vec<u64>, FileError> {
        // Nearly every log has but one piece, and its folder may have a thousand files.
        match size(&self.piece(0))? {
            None => return Ok(Vec::new()),
            Some(bytes) if bytes < PIECE => return Ok(vec![0]),
            Some(_) => {}
        }
        let mut pieces = vec![0];
        for entry in fs::read_dir(&self.folder).map_err(FileError::of("list", &self.folder))? {
            let name = entry.map_err(FileError::of("list", &self.folder))?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(&self.name)?.strip_prefix('.'));
            pieces.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        pieces.sort_unstable();
        Ok(pieces)
    }

    fn length(&self) -> Result<u64, FileError> {
        let Some(last) = self.pieces()?.pop() else { return Ok(0) };
        Ok(last * PIECE + size(&self.piece(last))?.unwrap_or(0))
    }

    fn append(&self, offset: u64, bytes: &[u8]) -> Result<AppendOutcome, FileError> {
        let mut length = self.length()?;
        if offset > length {
            return Ok(AppendOutcome::Gap { length });
        }
        let known = usize::try_from(length - offset).unwrap_or(usize::MAX);
        let mut new = bytes.get(known..).unwrap_or_default();
        if !new.is_empty() {
            create_folders(&self.folder)?;
        }
        while !new.is_empty() {
            let number = length / PIECE;
            let room = usize::try_from(PIECE - length % PIECE).unwrap_or(usize::MAX);
            let (now, later) = new.split_at(room.min(new.len()));
            let path = self.piece(number);
            let mut file = OpenOptions::new()
                .append(true)
                .create(true)
                .open(&path)
                .map_err(FileError::of("open", &path))?;
            file.write_all(now).map_err(FileError::of("write", &path))?;
            self.leave_out(number)?;
            length += now.len() as u64;
            new = later;
        }
        Ok(AppendOutcome::Kept { length })
    }

    /// Removes the piece that is neither of the first nor of the last ones once piece `newest` is there.
    fn leave_out(&self, newest: u64) -> Result<(), FileError> {
        let Some(old) = newest.checked_sub(KEPT).filter(|old| *old >= KEPT) else { return Ok(()) };
        let path = self.piece(old);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(FileError::of("remove", &path)(e)),
            _ => Ok(()),
        }
    }
}

/// The size of a file; nothing where there is none.
fn size(path: &Path) -> Result<Option<u64>, FileError> {
    match File::open(path).and_then(|file| file.metadata()) {
        Ok(found) => Ok(Some(found.len())),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(FileError::of("look at", path)(e)),
    }
}
