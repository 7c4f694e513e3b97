//! Whether a file is what a frame should be: there, whole, a picture of the asked size.
//!
//! Packages end with success and leave half a picture (a full disk), a picture of another size, or none.
//! So every picture is decoded to its last pixel before it counts.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use image::{ImageError, ImageFormat, ImageReader, Limits};
use model::{Digest, Size};

use crate::content::digest_file;

/// Most memory that decoding one picture may take, in bytes: 16k x 16k pixels of four floats.
const MEMORY_MAX: u64 = 4 << 30;
/// The end of every whole PNG file: its last chunk, of no length, with its checksum.
const PNG_END: [u8; 12] = [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82];

/// A file that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Its content.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its size in pixels, where it is a picture.
    pub size: Option<Size>,
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
    /// It begins like no picture of its kind.
    #[error("the file {} is not a picture of the kind {wanted}", path.display())]
    NotAPicture {
        /// Where it is.
        path: PathBuf,
        /// The ending that it should be a picture of.
        wanted: String,
    },
    /// It begins like a picture and stops before its end.
    #[error("the picture {} is cut short", path.display())]
    Truncated {
        /// Where it is.
        path: PathBuf,
    },
    /// It is a picture that cannot be decoded.
    #[error("the picture {} is broken", path.display())]
    Broken {
        /// Where it is.
        path: PathBuf,
        /// What the decoder met.
        #[source]
        source: Box<ImageError>,
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

/// Verifies the file at `path` as a frame with the ending `ending` and, where it is a picture, the size
/// `wanted`. Files that are no pictures only have to be there with something in them; logs may be empty.
///
/// # Errors
/// Where it does not count as a frame.
pub fn verify(path: &Path, ending: &str, wanted: Option<Size>) -> Result<Verified, VerifyError> {
    let unreadable = |source| VerifyError::Unreadable { path: path.to_owned(), source };
    let (digest, bytes) = digest_file(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => VerifyError::Missing { path: path.to_owned() },
        _ => unreadable(source),
    })?;
    if bytes == 0 && ending != "log" {
        return Err(VerifyError::Empty { path: path.to_owned() });
    }
    let size = match kind(ending) {
        Some(kind) => Some(decode(path, ending, kind)?),
        None => None,
    };
    match (size, wanted) {
        (Some(found), Some(wanted)) if found != wanted => {
            Err(VerifyError::WrongSize { path: path.to_owned(), wanted, found })
        }
        _ => Ok(Verified { digest, bytes, size }),
    }
}

/// The kind of picture that `ending` stands for, where it is one.
fn kind(ending: &str) -> Option<ImageFormat> {
    let known = [
        ImageFormat::Bmp,
        ImageFormat::Hdr,
        ImageFormat::Jpeg,
        ImageFormat::OpenExr,
        ImageFormat::Png,
        ImageFormat::Pnm,
        ImageFormat::Tga,
        ImageFormat::Tiff,
    ];
    ImageFormat::from_extension(ending).filter(|kind| known.contains(kind))
}

fn decode(path: &Path, ending: &str, kind: ImageFormat) -> Result<Size, VerifyError> {
    let unreadable = |source| VerifyError::Unreadable { path: path.to_owned(), source };
    let truncated = || VerifyError::Truncated { path: path.to_owned() };
    let mut file = File::open(path).map_err(unreadable)?;
    if !begins_as(&mut file, kind).map_err(unreadable)? {
        return Err(VerifyError::NotAPicture { path: path.to_owned(), wanted: ending.to_owned() });
    }
    if !ends_as(&mut file, kind).map_err(unreadable)? {
        return Err(truncated());
    }
    let mut reader = ImageReader::with_format(BufReader::new(file), kind);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let picture = reader.decode().map_err(|source| {
        if is_early_end(&source) {
            truncated()
        } else {
            VerifyError::Broken { path: path.to_owned(), source: Box::new(source) }
        }
    })?;
    Ok(Size { width: picture.width(), height: picture.height() })
}

/// Whether `file` begins as such a picture does. TGA has no mark of its own.
fn begins_as(file: &mut File, kind: ImageFormat) -> io::Result<bool> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.by_ref().take(16).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    let marks: &[&[u8]] = match kind {
        ImageFormat::Png => &[b"\x89PNG\r\n\x1a\n"],
        ImageFormat::Jpeg => &[b"\xff\xd8\xff"],
        ImageFormat::Bmp => &[b"BM"],
        ImageFormat::Hdr => &[b"#?RADIANCE", b"#?RGBE"],
        ImageFormat::OpenExr => &[b"\x76\x2f\x31\x01"],
        ImageFormat::Tiff => &[b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"],
        ImageFormat::Pnm => &[b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"P7"],
        _ => return Ok(true),
    };
    // A picture cut within its mark is cut, not something else.
    Ok(marks.iter().any(|mark| start.starts_with(mark) || mark.starts_with(&start)))
}

/// Whether `file` ends as such a picture does. Decoders stop at the last pixel, some put in what lacks.
fn ends_as(file: &mut File, kind: ImageFormat) -> io::Result<bool> {
    let mut end = Vec::new();
    let from = file.metadata()?.len().saturating_sub(64);
    file.seek(SeekFrom::Start(from))?;
    file.read_to_end(&mut end)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(match kind {
        ImageFormat::Png => end.ends_with(&PNG_END),
        ImageFormat::Jpeg => {
            let filled = end.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
            end[..filled].ends_with(b"\xff\xd9")
        }
        _ => true,
    })
}

fn is_early_end(error: &ImageError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = error.source();
    }
    matches!(error, ImageError::IoError(io) if io.kind() == io::ErrorKind::UnexpectedEof)
}
