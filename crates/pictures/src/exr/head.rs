//! The beginning of an EXR file: what parts it has, and where their chunks are listed.

use model::Size;

use super::attributes::{Fields, compression_name};
use super::levels::{Levels, chunk_count};
use crate::{PictureError, Sample, Window, source::Source};

/// No head of a file that people make is longer; names of objects may take megabytes.
const HEAD_MAX: u64 = 128 << 20;
/// Read first; most heads are shorter.
const HEAD_FIRST: u64 = 16 << 10;
/// Pixels across or down.
const SIDE_MAX: i64 = 1 << 20;
const PARTS_MAX: usize = 4096;

/// The parts of a file, and where they are listed.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) parts: Vec<Part>,
    /// Whether each chunk says which part it is of.
    pub(crate) numbered: bool,
    /// Where the lists of chunks begin.
    pub(crate) tables_at: u64,
}

/// A part of a file.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) name: Option<String>,
    pub(crate) deep: bool,
    pub(crate) levels: Option<Levels>,
    pub(crate) compression: u8,
    pub(crate) data: Window,
    pub(crate) display: Window,
    pub(crate) channels: Vec<Channel>,
    /// Chunks in all of its levels.
    pub(crate) chunks: u64,
}

/// A channel of a part.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) name: String,
    pub(crate) sample: Sample,
    /// It has a value in each so many'th column and row.
    pub(crate) every: (i32, i32),
    /// Whether some compressions are to keep differences rather than ratios of its values.
    pub(crate) linear: bool,
}

impl Channel {
    pub(crate) const fn is_everywhere(&self) -> bool {
        matches!(self.every, (1, 1))
    }
}

impl Part {
    pub(crate) const fn storage(&self) -> &'static str {
        match (self.deep, self.levels.is_some()) {
            (false, false) => "scanline",
            (false, true) => "tiled",
            (true, false) => "deep scanline",
            (true, true) => "deep tiled",
        }
    }

    pub(crate) const fn compression_name(&self) -> &'static str {
        compression_name(self.compression)
    }

    /// Rows in a chunk of rows.
    pub(crate) const fn rows(&self) -> u32 {
        match self.compression {
            3 | 5 => 16,
            4 | 6 | 7 | 8 | 11 => 32,
            9 | 10 => 256,
            _ => 1,
        }
    }
}

/// Reads the head of the file.
pub(crate) fn read(source: &Source<'_>) -> Result<Head, PictureError> {
    let (mut length, mut bytes) = (HEAD_FIRST, Vec::new());
    loop {
        let have = length.min(source.length());
        source.read(0, have as usize, &mut bytes)?;
        match parse(&bytes) {
            Err(PictureError::Truncated { what }) => {
                if have == source.length() {
                    return Err(PictureError::Truncated { what });
                }
                if have >= HEAD_MAX {
                    return Err(PictureError::large(format!("its header has more than {HEAD_MAX} bytes")));
                }
            }
            parsed => return parsed,
        }
        length *= 8;
    }
}

fn parse(bytes: &[u8]) -> Result<Head, PictureError> {
    let mut fields = Fields::new(bytes);
    if fields.take(4)? != b"\x76\x2f\x31\x01" {
        return Err(PictureError::NotA { wanted: "OpenEXR" });
    }
    let version = fields.u32()?;
    if version & 0xff != 2 || version & !0x1eff != 0 {
        return Err(PictureError::unsupported(format!("it is of the version {version:#x} of OpenEXR")));
    }
    let (tiled, deep, numbered) = (version & 0x200 != 0, version & 0x800 != 0, version & 0x1000 != 0);
    let mut parts = Vec::new();
    loop {
        if numbered && !parts.is_empty() && fields.peek()? == 0 {
            fields.take(1)?;
            break;
        }
        if parts.len() == PARTS_MAX {
            return Err(PictureError::large(format!("it has more than {PARTS_MAX} parts")));
        }
        parts.push(part(&mut fields, tiled && !numbered, numbered || deep)?);
        if !numbered {
            break;
        }
    }
    Ok(Head { parts, numbered, tables_at: fields.at() })
}

/// Reads the attributes of a part. Whether it is tiled and deep stands in its `type` where `typed`.
fn part(fields: &mut Fields<'_>, tiled: bool, typed: bool) -> Result<Part, PictureError> {
    let found = fields.attributes()?;
    let (mut tiled, mut deep) = (tiled, false);
    if typed || found.kind.is_some() {
        match found.kind.as_deref() {
            Some("scanlineimage") => tiled = false,
            Some("tiledimage") => tiled = true,
            Some("deepscanline") => (tiled, deep) = (false, true),
            Some("deeptile") => (tiled, deep) = (true, true),
            Some(other) => return Err(PictureError::unsupported(format!("a part is of the type {other:?}"))),
            None => return Err(PictureError::broken("a part does not say its type")),
        }
    }
    let lacks = |what| PictureError::broken(format!("its header has no {what}"));
    let data = window(found.data.ok_or_else(|| lacks("data window"))?)?;
    let display = window(found.display.ok_or_else(|| lacks("display window"))?)?;
    let channels = found.channels.ok_or_else(|| lacks("channels"))?;
    let compression = found.compression.ok_or_else(|| lacks("compression"))?;
    let levels = match (tiled, found.tiles) {
        (false, _) => None,
        (true, Some(tiles)) => Some(Levels::of(tiles, data.size)?),
        (true, None) => return Err(lacks("tiles")),
    };
    if tiled && channels.iter().any(|channel| !channel.is_everywhere()) {
        return Err(PictureError::broken("a channel of its tiles has not a value in each pixel"));
    }
    let mut part = Part { name: found.name, deep, levels, compression, data, display, channels, chunks: 0 };
    part.chunks = chunk_count(&part);
    if typed && found.chunk_count.is_some_and(|said| u64::try_from(said) != Ok(part.chunks)) {
        return Err(PictureError::broken("the number of chunks in its header is wrong"));
    }
    Ok(part)
}

fn window([left, top, right, bottom]: [i32; 4]) -> Result<Window, PictureError> {
    let side = |from: i32, to: i32| i64::from(to) - i64::from(from) + 1;
    let (width, height) = (side(left, right), side(top, bottom));
    if width < 1 || height < 1 {
        return Err(PictureError::broken(format!("it says that it is {width}x{height} pixels")));
    }
    if width > SIDE_MAX || height > SIDE_MAX {
        return Err(PictureError::large(format!("it says that it is {width}x{height} pixels")));
    }
    Ok(Window { left, top, size: Size { width: width as u32, height: height as u32 } })
}
