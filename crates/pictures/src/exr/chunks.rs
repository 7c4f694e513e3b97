//! The chunks of an EXR file: each has to be listed, inside the file, and what the list says it is.

use super::attributes::Fields;
use super::head::{Head, Part};
use super::levels::{Place, Says};
use crate::PictureError;
use crate::source::Source;

/// No chunk has more bytes once it is unpacked.
const CHUNK_MAX: u64 = 1 << 30;
/// No method packs zeros better than this, about.
const PACKED_BEST: u64 = 2000;

/// Where each chunk of each part begins.
#[derive(Debug)]
pub(crate) struct Tables {
    parts: Vec<Vec<u64>>,
}

/// A chunk as it lies in the file.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) place: Place,
    /// Where its packed bytes are, and how many.
    pub(crate) at: u64,
    pub(crate) packed: usize,
    /// Of a deep chunk.
    pub(crate) deep: Option<DeepSizes>,
}

/// How a deep chunk is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeepSizes {
    /// Bytes of the packed counts of samples.
    pub(crate) counts: usize,
    /// Bytes of all samples once they are unpacked.
    pub(crate) samples: u64,
}

impl Tables {
    /// Reads the lists of all parts.
    pub(crate) fn read(source: &Source<'_>, head: &Head) -> Result<Self, PictureError> {
        let (mut at, mut bytes, mut parts) = (head.tables_at, Vec::new(), Vec::new());
        for part in &head.parts {
            let length = part.chunks.checked_mul(8).filter(|length| source.holds(at, *length));
            let length =
                length.ok_or_else(|| PictureError::cut("the file ends within its list of chunks"))?;
            source.read(at, length as usize, &mut bytes)?;
            let offsets = bytes.as_chunks::<8>().0.iter().map(|offset| u64::from_le_bytes(*offset));
            parts.push(offsets.collect::<Vec<_>>());
            at += length;
        }
        let lacking = parts.iter().flatten().filter(|offset| **offset == 0).count();
        if lacking > 0 {
            let all = parts.iter().flatten().count();
            return Err(PictureError::cut(format!("{lacking} of its {all} chunks were never written")));
        }
        match parts.iter().flatten().any(|offset| *offset < at) {
            true => Err(PictureError::broken("its list of chunks points into its header")),
            false => Ok(Self { parts }),
        }
    }

    /// Chunks of a part.
    pub(crate) fn of(&self, part: usize) -> usize {
        self.parts[part].len()
    }

    /// Reads the beginning of a chunk, and checks that it is the one that the list says and inside the file.
    /// What is behind the last chunk need not be there.
    pub(crate) fn chunk(
        &self,
        source: &Source<'_>,
        head: &Head,
        part: usize,
        index: usize,
    ) -> Result<Chunk, PictureError> {
        let (of, at) = (&head.parts[part], self.parts[part][index]);
        let place = of.place(index as u64);
        let cut = || PictureError::cut(format!("the file ends before {}", named(of, &place)));
        let wrong = || PictureError::broken(format!("{} is not where the file says", named(of, &place)));
        let length = if head.numbered { 4 } else { 0 }
            + if of.levels.is_some() { 16 } else { 4 }
            + if of.deep { 24 } else { 4 };
        if !source.holds(at, length) {
            return Err(cut());
        }
        let mut bytes = Vec::new();
        source.read(at, length as usize, &mut bytes)?;
        let mut fields = Fields::new(&bytes);
        if head.numbered && usize::try_from(fields.i32()?) != Ok(part) {
            return Err(wrong());
        }
        let says = match place.says {
            Says::Row(_) => Says::Row(fields.i32()?),
            Says::Tile(_) => Says::Tile([fields.i32()?, fields.i32()?, fields.i32()?, fields.i32()?]),
        };
        if says != place.says {
            return Err(wrong());
        }
        let (packed, deep) = if of.deep {
            let (counts, packed, samples) = (fields.u64()?, fields.u64()?, fields.u64()?);
            let all = counts.checked_add(packed).ok_or_else(wrong)?;
            (all, Some(DeepSizes { counts: usize::try_from(counts).map_err(|_| cut())?, samples }))
        } else {
            (u64::try_from(fields.i32()?).map_err(|_| wrong())?, None)
        };
        let at = at + length;
        if !source.holds(at, packed) {
            return Err(cut());
        }
        Ok(Chunk { place, at, packed: usize::try_from(packed).map_err(|_| cut())?, deep })
    }
}

/// How people find a chunk in the picture.
pub(crate) fn named(part: &Part, place: &Place) -> String {
    let of = part.name.as_ref().map(|name| format!(" of the part {name:?}")).unwrap_or_default();
    match place.says {
        Says::Row(row) => format!("row {row}{of}"),
        Says::Tile([x, y, 0, 0]) => format!("tile {x},{y}{of}"),
        Says::Tile([x, y, across, down]) => format!("tile {x},{y} of level {across},{down}{of}"),
    }
}

/// Bytes of a chunk's pixels once they are unpacked.
pub(crate) fn pixel_bytes(part: &Part, place: &Place) -> u64 {
    if part.channels.iter().all(super::head::Channel::is_everywhere) {
        let of_pixel: u64 = part.channels.iter().map(|channel| channel.sample.bytes() as u64).sum();
        return of_pixel * u64::from(place.size.width) * u64::from(place.size.height);
    }
    let rows = 0..place.size.height;
    rows.flat_map(|row| part.channels.iter().map(move |channel| (row, channel)))
        .map(|(row, channel)| {
            values(part, place, channel, row).unwrap_or(0) as u64 * channel.sample.bytes() as u64
        })
        .sum()
}

/// How many values `channel` has in the row `row` of a chunk; nothing where the row has none of it.
pub(crate) fn values(part: &Part, place: &Place, channel: &super::head::Channel, row: u32) -> Option<usize> {
    if channel.is_everywhere() {
        return Some(place.size.width as usize);
    }
    let (across, down) = (i64::from(channel.every.0), i64::from(channel.every.1));
    let y = i64::from(part.data.top) + i64::from(place.top) + i64::from(row);
    let left = i64::from(part.data.left) + i64::from(place.left);
    let right = left + i64::from(place.size.width) - 1;
    let count = right.div_euclid(across) - (left - 1).div_euclid(across);
    (y.rem_euclid(down) == 0).then_some(count as usize)
}

/// Refuses what cannot be true of so few packed bytes, before any memory is asked for.
pub(crate) fn check_size(unpacked: u64, packed: usize) -> Result<usize, PictureError> {
    if unpacked > CHUNK_MAX {
        return Err(PictureError::large(format!("a chunk of it has {unpacked} bytes")));
    }
    if unpacked > (packed as u64 + 64) * PACKED_BEST {
        return Err(PictureError::broken("a chunk of it has too few bytes for its pixels"));
    }
    Ok(unpacked as usize)
}
