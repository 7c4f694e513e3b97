//! Whether a file is what a frame should be: there, whole, a picture of the asked size.
//!
//! Packages end with success and leave half a picture (a full disk), a picture of another size, or none.
//! So every picture is decoded to its last pixel before it counts.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use model::{Digest, Size};
use pictures::{Depth, Finding, Kind, Look, Picture, PictureError, THUMBNAIL_WIDTH, look};

use crate::content::digest_file;

/// What a file should be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Pixels across and down, where it is a picture.
    pub size: Option<Size>,
    /// The size of a tile of it: packages leave the tile alone, or in the middle of nothing.
    pub tile: Option<Size>,
    /// Whether a small picture is made of it.
    pub thumbnail: bool,
    /// Threads that decode, one at least.
    pub threads: usize,
}

/// A file that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Its content.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its size in pixels, where it is a picture.
    pub size: Option<Size>,
    /// What a person should look at, the worst first.
    pub findings: Vec<Finding>,
    /// Why its pixels could not be looked at, where it is a picture.
    pub unseen: Option<String>,
    /// A small picture of it.
    pub thumbnail: Option<Vec<u8>>,
}

/// Why a file does not count as a frame.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is none.
    #[error("there is no file {}", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// It is empty.
    #[error("the file {} is empty", path.display())]
    Empty {
        /// Where it is.
        path: PathBuf,
    },
    /// It is older than the attempt that should have made it.
    #[error(
        "the file {} was written before the attempt began; is it one that lay there already?",
        path.display()
    )]
    Stale {
        /// Where it is.
        path: PathBuf,
    },
    /// It begins like no picture of its kind.
    #[error("the file {} is not a picture of the kind {wanted}", path.display())]
    NotAPicture {
        /// Where it is.
        path: PathBuf,
        /// The ending that it should be a picture of.
        wanted: String,
    },
    /// It begins like a picture and stops before its end.
    #[error("the picture {} is cut short: {what}", path.display())]
    Truncated {
        /// Where it is.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
    /// It is a picture that cannot be decoded.
    #[error("the picture {} is broken: {what}", path.display())]
    Broken {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
        /// What the decoder met.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// It has another size than asked.
    #[error("the picture {} is {found} pixels, and {wanted} were asked for", path.display())]
    WrongSize {
        /// Where it is.
        path: PathBuf,
        /// The size asked for.
        wanted: Size,
        /// The size it has.
        found: Size,
    },
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Where it is.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Verifies the file at `path` as a frame with the ending `ending`. Files that are no pictures only have to
/// be there with something in them; logs may be empty.
///
/// # Errors
/// Where it does not count as a frame.
pub fn verify(path: &Path, ending: &str, wanted: &Wanted) -> Result<Verified, VerifyError> {
    let unreadable = |source| VerifyError::Unreadable { path: path.to_owned(), source };
    let about = path.metadata().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => VerifyError::Missing { path: path.to_owned() },
        _ => unreadable(source),
    })?;
    if about.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    if about.len() == 0 && ending != "log" {
        return Err(VerifyError::Empty { path: path.to_owned() });
    }
    let Some(kind) = Kind::of_ending(ending) else {
        let (digest, bytes) = digest_file(path).map_err(unreadable)?;
        let (findings, unseen) = (Vec::new(), None);
        return Ok(Verified { digest, bytes, size: None, findings, unseen, thumbnail: None });
    };
    let seen = Look {
        threads: wanted.threads,
        thumbnail: wanted.thumbnail.then_some(THUMBNAIL_WIDTH),
        ..Look::default()
    };
    // Whether the digest is taken by one of the threads or beside them makes no difference to who waits.
    let (digested, looked) = std::thread::scope(|scope| {
        let digest = scope.spawn(|| digest_file(path));
        let looked = look(path, kind, &seen);
        (digest.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())), looked)
    });
    let (digest, bytes) = digested.map_err(unreadable)?;
    match looked {
        Ok(picture) => judged(path, wanted, picture, digest, bytes),
        Err(PictureError::Unsupported { what }) => {
            let (findings, unseen) = (Vec::new(), Some(what));
            Ok(Verified { digest, bytes, size: None, findings, unseen, thumbnail: None })
        }
        Err(error) => Err(fault(path, ending, error)),
    }
}

fn judged(
    path: &Path,
    wanted: &Wanted,
    picture: Picture,
    digest: Digest,
    bytes: u64,
) -> Result<Verified, VerifyError> {
    // Of a tile either the display window or where the pixels lie may be the tile.
    let windows = picture.parts.iter().map(|part| part.window.size);
    let is_tile = |tile| picture.size == Some(tile) || windows.clone().any(|window| window == tile);
    match (picture.size, wanted.size) {
        (Some(found), Some(size)) if found != size && !wanted.tile.is_some_and(is_tile) => {
            let wanted = wanted.tile.unwrap_or(size);
            return Err(VerifyError::WrongSize { path: path.to_owned(), wanted, found });
        }
        _ => {}
    }
    let findings = picture.findings();
    let unseen = match picture.depth {
        Depth::Whole => None,
        Depth::Structure(why) => Some(why),
    };
    Ok(Verified { digest, bytes, size: picture.size, findings, unseen, thumbnail: picture.thumbnail })
}

fn fault(path: &Path, ending: &str, error: PictureError) -> VerifyError {
    let path = path.to_owned();
    match error {
        PictureError::NotA { .. } => VerifyError::NotAPicture { path, wanted: ending.to_owned() },
        PictureError::Truncated { what } => VerifyError::Truncated { path, what },
        PictureError::Broken { what, source } => VerifyError::Broken { path, what, source },
        PictureError::TooLarge { what } | PictureError::Unsupported { what } => {
            VerifyError::Broken { path, what, source: None }
        }
        PictureError::Unreadable(source) => VerifyError::Unreadable { path, source },
    }
}
