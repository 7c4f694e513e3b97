//! Contents by their digest: files that jobs need, each kept once whatever it is called.
//!
//! A content is checked on its way in and again on its way out, so what a renderer reads is what was sent.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use blake3::Hasher;
use model::Digest;

use crate::FileError;
use crate::durable::{PartFile, create_folders, read_pieces, remove_parts, sync_folder};

/// A folder of contents. Clones use the same folder and may be used from several threads.
#[derive(Clone, Debug)]
pub struct Content {
    folder: PathBuf,
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
    /// Opens the folder of contents, making it where there is none, and removes unfinished files. Only one
    /// process may use it; writers made before a second `open` of the same folder are lost.
    ///
    /// # Errors
    /// [`ContentError::Full`] or [`ContentError::File`].
    pub fn open(folder: &Path) -> Result<Self, ContentError> {
        let content = Self { folder: folder.to_owned() };
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

    fn incoming(&self) -> PathBuf {
        self.folder.join("incoming")
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

    /// Opens a content for reading. Returns its size in bytes too. What is read is not checked.
    ///
    /// # Errors
    /// [`ContentError::Missing`] or [`ContentError::File`].
    pub fn open_file(&self, digest: Digest) -> Result<(File, u64), ContentError> {
        let path = self.path(digest);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Err(ContentError::Missing { digest }),
            Err(e) => return Err(FileError::of("open", &path)(e).into()),
        };
        let bytes = file.metadata().map_err(FileError::of("look at", &path))?.len();
        Ok((file, bytes))
    }

    /// Copies a content to the file `to`, replacing what is there, and checks it on the way. Returns its
    /// size in bytes. The copy is writable, and not durable.
    ///
    /// # Errors
    /// Any [`ContentError`] but [`ContentError::Mismatch`]; there is no file `to` then.
    pub fn copy_to(&self, digest: Digest, to: &Path) -> Result<u64, ContentError> {
        let (mut from, _) = self.open_file(digest)?;
        let copied = self.copy_checked(digest, &mut from, to);
        if copied.is_err() {
            // The error that is returned already says that there is no copy.
            let _ = fs::remove_file(to);
        }
        copied
    }

    fn copy_checked(&self, digest: Digest, from: &mut File, to: &Path) -> Result<u64, ContentError> {
        let mut copy = File::create(to).map_err(FileError::of("create", to))?;
        let mut hasher = Hasher::new();
        let mut bytes = 0;
        read_pieces::<FileError>(from, &self.path(digest), |piece| {
            hasher.update(piece);
            bytes += piece.len() as u64;
            copy.write_all(piece).map_err(FileError::of("write", to))
        })?;
        if hasher.finalize().as_bytes() == &digest.0 { Ok(bytes) } else { Err(self.set_aside(digest)?) }
    }

    /// Moves a damaged content out of the way, so that it counts as missing.
    fn set_aside(&self, digest: Digest) -> Result<ContentError, FileError> {
        let folder = self.folder.join("damaged");
        create_folders(&folder)?;
        let aside = folder.join(digest.to_string());
        match fs::rename(self.path(digest), &aside) {
            // Another reader found it at the same time.
            Err(e) if e.kind() != ErrorKind::NotFound => Err(FileError::of("move away", &aside)(e)),
            _ => Ok(ContentError::Corrupt { digest, aside }),
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
