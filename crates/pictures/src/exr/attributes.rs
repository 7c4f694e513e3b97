//! The attributes in the head of an EXR file, as far as they say where pixels are.

use crate::{PictureError, Sample};

use super::head::Channel;
use super::levels::Tiles;

const CHANNELS_MAX: usize = 65_536;

/// What the attributes of a part say.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) compression: Option<u8>,
    pub(crate) data: Option<[i32; 4]>,
    pub(crate) display: Option<[i32; 4]>,
    pub(crate) channels: Option<Vec<Channel>>,
    pub(crate) tiles: Option<Tiles>,
    pub(crate) chunk_count: Option<i32>,
}

/// What people call a compression.
pub(crate) const fn compression_name(compression: u8) -> &'static str {
    match compression {
        0 => "none",
        1 => "rle",
        2 => "zips",
        3 => "zip",
        4 => "piz",
        5 => "pxr24",
        6 => "b44",
        7 => "b44a",
        8 => "dwaa",
        9 => "dwab",
        10 => "htj2k256",
        11 => "htj2k32",
        _ => "unknown",
    }
}

/// Bytes that are read one after the other. Where there are none left the file is cut short.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) const fn at(&self) -> u64 {
        self.at as u64
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], PictureError> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| PictureError::cut("the file ends within its header"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    pub(crate) fn peek(&mut self) -> Result<u8, PictureError> {
        let byte = self.take(1)?[0];
        self.at -= 1;
        Ok(byte)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, PictureError> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, PictureError> {
        self.u32().map(u32::cast_signed)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, PictureError> {
        let low = u64::from(self.u32()?);
        Ok(low | u64::from(self.u32()?) << 32)
    }

    /// A name, up to a zero byte.
    fn text(&mut self) -> Result<String, PictureError> {
        let rest = &self.bytes[self.at..];
        // The format allows 255 bytes.
        let Some(length) = rest.iter().take(256).position(|byte| *byte == 0) else {
            return Err(match rest.len() {
                0..256 => PictureError::cut("the file ends within its header"),
                _ => PictureError::broken("a name in its header has no end"),
            });
        };
        let text = String::from_utf8_lossy(&rest[..length]).into_owned();
        self.at += length + 1;
        Ok(text)
    }

    /// The attributes up to the empty name that ends them.
    pub(crate) fn attributes(&mut self) -> Result<Found, PictureError> {
        let mut found = Found::default();
        loop {
            let name = self.text()?;
            if name.is_empty() {
                return Ok(found);
            }
            let kind = self.text()?;
            let length = usize::try_from(self.i32()?)
                .map_err(|_| PictureError::broken(format!("the attribute {name:?} has no length")))?;
            let value = self.take(length)?;
            // Within an attribute an early end is a fault of its own.
            found.attribute(&name, &kind, Fields::new(value)).map_err(|error| match error {
                PictureError::Truncated { .. } => {
                    PictureError::broken(format!("the attribute {name:?} is too short"))
                }
                other => other,
            })?;
        }
    }
}

impl Found {
    fn attribute(&mut self, name: &str, kind: &str, mut value: Fields<'_>) -> Result<(), PictureError> {
        let text = |value: &Fields<'_>| {
            let text = String::from_utf8_lossy(value.bytes);
            text.trim_end_matches('\0').to_owned()
        };
        match (name, kind) {
            ("name", "string") => self.name = Some(text(&value)),
            ("type", "string") => self.kind = Some(text(&value)),
            ("compression", "compression") => self.compression = Some(value.take(1)?[0]),
            ("dataWindow", "box2i") => self.data = Some(corners(&mut value)?),
            ("displayWindow", "box2i") => self.display = Some(corners(&mut value)?),
            ("channels", "chlist") => self.channels = Some(channels(&mut value)?),
            ("tiles", "tiledesc") => {
                let (across, down, mode) = (value.u32()?, value.u32()?, value.take(1)?[0]);
                self.tiles = Some(Tiles { across, down, mode: mode & 15, round_up: mode >> 4 != 0 });
            }
            ("chunkCount", "int") => self.chunk_count = Some(value.i32()?),
            _ => {}
        }
        Ok(())
    }
}

fn corners(value: &mut Fields<'_>) -> Result<[i32; 4], PictureError> {
    Ok([value.i32()?, value.i32()?, value.i32()?, value.i32()?])
}

fn channels(value: &mut Fields<'_>) -> Result<Vec<Channel>, PictureError> {
    let mut channels = Vec::new();
    loop {
        let name = value.text()?;
        if name.is_empty() {
            break;
        }
        let sample = match value.u32()? {
            0 => Sample::U32,
            1 => Sample::Half,
            2 => Sample::Float,
            other => return Err(PictureError::broken(format!("the channel {name:?} is of type {other}"))),
        };
        let linear = value.take(4)?[0] != 0;
        let every = (value.i32()?, value.i32()?);
        if every.0 < 1 || every.1 < 1 {
            return Err(PictureError::broken(format!("the channel {name:?} has no values")));
        }
        if channels.len() == CHANNELS_MAX {
            return Err(PictureError::large(format!("it has more than {CHANNELS_MAX} channels")));
        }
        channels.push(Channel { name, sample, every, linear });
    }
    match channels.is_empty() {
        true => Err(PictureError::broken("it has no channels")),
        false => Ok(channels),
    }
}
