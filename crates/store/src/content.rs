//! Contents by their digest: files that jobs need, each kept once whatever it is called.
//!
//! A content is checked on its way in and again on its way out, so what a renderer reads is what was sent.
//! One that is damaged is set aside and counts as missing, so that it is sent again.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use blake3::Hasher;
use model::Digest;

use crate::durable::{PartFile, create_folders, digest_of, read_pieces, remove_parts, settle, sync_folder};
use crate::{FileError, Quarantine};

/// Numbers what is fetched, so that two never share a file.
static NEXT_FETCHED: AtomicU64 = AtomicU64::new(0);

/// Bytes given out at once.
const PIECE: usize = 256 << 10;

/// A folder of contents. Clones use the same folder and may be used from several threads.
#[derive(Clone, Debug)]
pub struct Content {
    folder: PathBuf,
    quarantine: Quarantine,
}

/// A content on its way out.
#[derive(Debug)]
pub struct ContentReader {
    content: Content,
    digest: Digest,
    file: File,
    hasher: Hasher,
    /// What was read last. It is given out once it is sure that more follows or that all is well.
    held: Vec<u8>,
}

/// A content on its way in. Dropping it forgets what was written.
#[derive(Debug)]
pub struct ContentWriter {
    part: PartFile,
    content: Content,
}

/// A content cannot be stored or given out.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// What arrived is not what was announced; nothing was kept.
    #[error("the bytes received have the digest {found}, not {expected}; send them again")]
    Mismatch {
        /// The digest announced.
        expected: Digest,
        /// The digest of what arrived.
        found: Digest,
    },
    /// There is no such content.
    #[error("there is no content {digest}")]
    Missing {
        /// Its digest.
        digest: Digest,
    },
    /// What was kept has changed since. It was set aside, so that it can be sent again.
    #[error("content {digest} was damaged on the disk and is set aside as {aside}; it has to be sent again")]
    Corrupt {
        /// Its digest.
        digest: Digest,
        /// Where the damaged file is now.
        aside: PathBuf,
    },
    /// No room is left.
    #[error("there is no room for a content")]
    Full(#[source] FileError),
    /// A file cannot be used.
    #[error("cannot keep or give out a content")]
    File(#[source] FileError),
}

impl From<FileError> for ContentError {
    fn from(error: FileError) -> Self {
        if error.is_full() { Self::Full(error) } else { Self::File(error) }
    }
}

impl Content {
    /// Opens the folder of contents, making it where there is none, and removes unfinished files. What is
    /// found damaged goes to `quarantine`, on the same filesystem. Only one process may use it; writers made
    /// before a second `open` of the same folder are lost.
    ///
    /// # Errors
    /// [`ContentError::Full`] or [`ContentError::File`].
    pub fn open(folder: &Path, quarantine: Quarantine) -> Result<Self, ContentError> {
        let content = Self { folder: folder.to_owned(), quarantine };
        create_folders(&content.incoming())?;
        remove_parts(&content.incoming())?;
        // Made beforehand, so that keeping a content needs to sync one folder only.
        let mut made = false;
        for head in 0..=u8::MAX {
            let path = folder.join(format!("{head:02x}"));
            match fs::create_dir(&path) {
                Ok(()) => made = true,
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                Err(e) => return Err(FileError::of("create", &path)(e).into()),
            }
        }
        if made {
            sync_folder(folder)?;
        }
        Ok(content)
    }

    /// The folder of contents of a server that may be running: to look at, not to keep anything.
    #[must_use]
    pub fn look(folder: &Path, quarantine: Quarantine) -> Self {
        Self { folder: folder.to_owned(), quarantine }
    }

    fn incoming(&self) -> PathBuf {
        self.folder.join("incoming")
    }

    /// Bytes that are free where it is.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn free_bytes(&self) -> Result<u64, ContentError> {
        let about = rustix::fs::statvfs(&self.folder).map_err(std::io::Error::from);
        let about = about.map_err(FileError::of("look at", &self.folder))?;
        Ok(about.f_bavail.saturating_mul(about.f_frsize))
    }

    /// Where a content is or would be. The file must not be changed.
    #[must_use]
    pub fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{:02x}", digest.0[0])).join(digest.to_string())
    }

    /// Whether a content is here.
    #[must_use]
    pub fn has(&self, digest: Digest) -> bool {
        self.path(digest).is_file()
    }

    /// Those of `digests` that are not here, each once, in the order given.
    #[must_use]
    pub fn missing(&self, digests: &[Digest]) -> Vec<Digest> {
        let mut seen = BTreeSet::new();
        digests.iter().copied().filter(|digest| seen.insert(*digest) && !self.has(*digest)).collect()
    }

    /// Begins to take a content in.
    ///
    /// # Errors
    /// [`ContentError::Full`] or [`ContentError::File`].
    pub fn writer(&self) -> Result<ContentWriter, ContentError> {
        Ok(ContentWriter { part: PartFile::create(&self.incoming())?, content: self.clone() })
    }

    /// A file for a content that arrives, which is not there yet.
    pub(crate) fn part(&self) -> PathBuf {
        let number = NEXT_FETCHED.fetch_add(1, Ordering::Relaxed);
        self.incoming().join(format!(".{}-fetched-{number}.part", std::process::id()))
    }

    /// Keeps the file `part`, whose bytes are known to be those of `digest`. Returns its size in bytes.
    pub(crate) fn keep_part(&self, part: &Path, digest: Digest) -> Result<u64, ContentError> {
        let file = File::open(part).map_err(FileError::of("open", part))?;
        let bytes = file.metadata().map_err(FileError::of("look at", part))?.len();
        let read_only = Permissions::from_mode(0o444);
        file.set_permissions(read_only).map_err(FileError::of("protect", part))?;
        settle(&file, part, &self.path(digest))?;
        Ok(bytes)
    }

    /// Removes a content, where it is.
    pub(crate) fn remove(&self, digest: Digest) -> Result<(), ContentError> {
        let path = self.path(digest);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(FileError::of("remove", &path)(e).into()),
            _ => Ok(()),
        }
    }

    /// All contents with their sizes and when they were read last.
    pub(crate) fn all(&self) -> Result<Vec<(Digest, u64, SystemTime)>, ContentError> {
        let mut all = Vec::new();
        for head in 0..=u8::MAX {
            let folder = self.folder.join(format!("{head:02x}"));
            for entry in fs::read_dir(&folder).map_err(FileError::of("list", &folder))? {
                let entry = entry.map_err(FileError::of("list", &folder))?;
                let digest = entry.file_name().to_str().and_then(|name| name.parse().ok());
                if let (Some(digest), Ok(about)) = (digest, entry.metadata()) {
                    all.push((digest, about.len(), about.accessed().unwrap_or(SystemTime::UNIX_EPOCH)));
                }
            }
        }
        Ok(all)
    }

    /// Takes in a copy of the file at `path`. Returns its digest and its size in bytes.
    ///
    /// # Errors
    /// [`ContentError::Full`] or [`ContentError::File`].
    pub fn add_file(&self, path: &Path) -> Result<(Digest, u64), ContentError> {
        let mut file = File::open(path).map_err(FileError::of("open", path))?;
        let mut writer = self.writer()?;
        read_pieces(&mut file, path, |piece| writer.write(piece))?;
        let digest = writer.part.digest();
        Ok((digest, writer.commit(digest)?))
    }

    /// Opens a content for reading. Returns its size in bytes too.
    ///
    /// # Errors
    /// [`ContentError::Missing`] or [`ContentError::File`].
    pub fn reader(&self, digest: Digest) -> Result<(ContentReader, u64), ContentError> {
        let path = self.path(digest);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Err(ContentError::Missing { digest }),
            Err(e) => return Err(FileError::of("open", &path)(e).into()),
        };
        let bytes = file.metadata().map_err(FileError::of("look at", &path))?.len();
        let (content, hasher) = (self.clone(), Hasher::new());
        Ok((ContentReader { content, digest, file, hasher, held: Vec::new() }, bytes))
    }

    /// Copies a content to the file `to`, replacing what is there, and checks it on the way. Returns its
    /// size in bytes. The copy is writable, and not durable.
    ///
    /// # Errors
    /// Any [`ContentError`] but [`ContentError::Mismatch`]; there is no file `to` then.
    pub fn copy_to(&self, digest: Digest, to: &Path) -> Result<u64, ContentError> {
        let (from, _) = self.reader(digest)?;
        let copied = copy(from, to);
        if copied.is_err() {
            // The error that is returned already says that there is no copy.
            let _ = fs::remove_file(to);
        }
        copied
    }

    /// Reads all of a content and checks it.
    ///
    /// # Errors
    /// [`ContentError::Missing`], [`ContentError::Corrupt`] or [`ContentError::File`].
    pub fn verify(&self, digest: Digest) -> Result<(), ContentError> {
        let (mut reader, _) = self.reader(digest)?;
        while reader.piece()?.is_some() {}
        Ok(())
    }

    /// Whether a content is what its digest says; nothing where there is none. Changes nothing.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn is_whole(&self, digest: Digest) -> Result<Option<bool>, ContentError> {
        match digest_of(&self.path(digest)) {
            Ok(found) => Ok(found.map(|(found, _)| found == digest)),
            Err(error) if error.is_unreadable() => Ok(Some(false)),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves a damaged content out of the way, so that it counts as missing.
    fn set_aside(&self, digest: Digest, why: &str) -> Result<ContentError, FileError> {
        let aside = self.quarantine.take(&self.path(digest), &format!("content-{digest}"), why)?;
        Ok(ContentError::Corrupt { digest, aside })
    }
}

fn copy(mut from: ContentReader, to: &Path) -> Result<u64, ContentError> {
    let mut copy = File::create(to).map_err(FileError::of("create", to))?;
    let mut bytes = 0;
    while let Some(piece) = from.piece()? {
        bytes += piece.len() as u64;
        copy.write_all(&piece).map_err(FileError::of("write", to))?;
    }
    Ok(bytes)
}

impl ContentReader {
    /// The next bytes; nothing at the end. The last of them are only given out once all of them are what they
    /// should be, so that nobody ever holds a whole content that is wrong.
    ///
    /// # Errors
    /// [`ContentError::Corrupt`] or [`ContentError::File`].
    pub fn piece(&mut self) -> Result<Option<Vec<u8>>, ContentError> {
        if self.held.is_empty() {
            self.held = self.read()?;
        }
        let next = if self.held.is_empty() { Vec::new() } else { self.read()? };
        if next.is_empty() && self.hasher.finalize().as_bytes() != &self.digest.0 {
            return Err(self
                .content
                .set_aside(self.digest, "its bytes have another digest than its name")?);
        }
        let piece = std::mem::replace(&mut self.held, next);
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }

    fn read(&mut self) -> Result<Vec<u8>, ContentError> {
        let mut piece = vec![0; PIECE];
        loop {
            match self.file.read(&mut piece) {
                Ok(length) => {
                    piece.truncate(length);
                    self.hasher.update(&piece);
                    return Ok(piece);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => {
                    let error = FileError::of("read", &self.content.path(self.digest))(e);
                    return Err(match error.is_unreadable() {
                        true => self.content.set_aside(self.digest, "the disk cannot read it")?,
                        false => error.into(),
                    });
                }
            }
        }
    }
}

impl ContentWriter {
    /// Adds bytes to the end.
    ///
    /// # Errors
    /// [`ContentError::Full`] or [`ContentError::File`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ContentError> {
        Ok(self.part.write(bytes)?)
    }

    /// Keeps what was written, durably, if it is the content `expected`. Returns its size in bytes.
    ///
    /// # Errors
    /// [`ContentError::Mismatch`], [`ContentError::Full`] or [`ContentError::File`]; nothing is kept then.
    pub fn commit(self, expected: Digest) -> Result<u64, ContentError> {
        let found = self.part.digest();
        if found != expected {
            return Err(ContentError::Mismatch { expected, found });
        }
        let bytes = self.part.bytes();
        // What is here already is replaced by the same, which also mends it if it was damaged.
        self.part.protect()?;
        self.part.settle(&self.content.path(expected))?;
        Ok(bytes)
    }
}
