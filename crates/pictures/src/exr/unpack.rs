//! Packed bytes of a chunk made values again: row by row, in each the channels one after the other.
//!
//! The usual lossless ones are done here, as fast as may be and for channels of any kind; the rest is left to
//! the crate `exr`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use exr::compression::Compression;
use exr::math::{RoundingMode, Vec2};
use exr::meta::BlockDescription;
use exr::meta::attribute::{
    ChannelDescription, ChannelList, IntegerBounds, LevelMode, LineOrder, SampleType, Text, TileDescription,
};
use exr::meta::header::Header;
use exr::prelude::SmallVec;
use zune_inflate::{DeflateDecoder, DeflateOptions};

use super::chunks::{check_size, pixel_bytes};
use super::head::Part;
use super::levels::Place;
use crate::{PictureError, Sample};

/// Unpacks the chunks of a part.
#[derive(Debug)]
pub(crate) struct Unpacker {
    compression: u8,
    foreign: Option<(Compression, Header)>,
    /// Why its pixels cannot be had.
    pub(crate) lacks: Option<String>,
    turned: Vec<u8>,
}

/// Tables that a chunk of few pixels may have all the same, in bytes.
const COUNTER_SLACK: u64 = 64 << 10;

impl Unpacker {
    pub(crate) fn of(part: &Part) -> Self {
        let foreign = match part.compression {
            4 => Some(Compression::PIZ),
            5 => Some(Compression::PXR24),
            6 => Some(Compression::B44),
            7 => Some(Compression::B44A),
            8 => Some(Compression::DWAA(None)),
            9 => Some(Compression::DWAB(None)),
            _ => None,
        };
        let name = part.compression_name();
        let sparse = part.channels.iter().any(|channel| !channel.is_everywhere());
        let lacks = match (foreign, part.compression) {
            (Some(_), _) if part.deep => Some(format!("deep pixels are packed as {name}")),
            (Some(_), _) if sparse => Some(format!("channels of fewer pixels are packed as {name}")),
            (None, 4..) => Some(format!("its pixels are packed as {name}")),
            _ => None,
        };
        let foreign = foreign.filter(|_| lacks.is_none()).map(|method| (method, header(part, method)));
        Self { compression: part.compression, foreign, lacks, turned: Vec::new() }
    }

    /// Unpacks `packed`, a whole chunk.
    pub(crate) fn chunk(
        &mut self,
        part: &Part,
        place: &Place,
        packed: Vec<u8>,
    ) -> Result<Vec<u8>, PictureError> {
        let wanted = check_size(pixel_bytes(part, place), packed.len())?;
        match &self.foreign {
            _ if packed.len() == wanted => Ok(packed),
            Some((method, header)) => {
                if matches!(method, Compression::DWAA(_) | Compression::DWAB(_)) {
                    check_counters(&packed, wanted)?;
                }
                foreign(*method, header, place, packed)
            }
            None => self.bytes(&packed, wanted),
        }
    }

    /// Unpacks bytes that come to `wanted`.
    pub(crate) fn bytes(&mut self, packed: &[u8], wanted: usize) -> Result<Vec<u8>, PictureError> {
        let mut bytes = match self.compression {
            _ if packed.len() == wanted => return Ok(packed.to_vec()),
            1 => runs(packed, wanted)?,
            2 | 3 => inflated(packed, wanted)?,
            _ => return Err(PictureError::broken("a chunk of it has not as many bytes as it has pixels")),
        };
        if bytes.len() != wanted {
            return Err(PictureError::broken("a chunk of it has fewer bytes than it has pixels"));
        }
        summed(&mut bytes);
        turn(&bytes, &mut self.turned);
        std::mem::swap(&mut bytes, &mut self.turned);
        Ok(bytes)
    }
}

/// As the crate `exr` knows the part.
fn header(part: &Part, compression: Compression) -> Header {
    let kind = |sample| match sample {
        Sample::Half => SampleType::F16,
        Sample::U32 => SampleType::U32,
        _ => SampleType::F32,
    };
    let channels: SmallVec<[ChannelDescription; 5]> = part
        .channels
        .iter()
        .map(|channel| {
            let name = Text::new_or_none(&channel.name).unwrap_or_default();
            ChannelDescription::new(name, kind(channel.sample), channel.linear)
        })
        .collect();
    let size = Vec2(part.data.size.width as usize, part.data.size.height as usize);
    let blocks = match part.levels.as_ref().map(super::levels::Levels::tile) {
        None => BlockDescription::ScanLines,
        Some((across, down)) => BlockDescription::Tiles(TileDescription {
            tile_size: Vec2(across as usize, down as usize),
            level_mode: LevelMode::Singular,
            rounding_mode: RoundingMode::Down,
        }),
    };
    Header::new(Text::default(), size, SmallVec::new())
        .with_encoding(compression, blocks, LineOrder::Increasing)
        .with_channels(channels)
}

trait WithChannels {
    fn with_channels(self, channels: SmallVec<[ChannelDescription; 5]>) -> Self;
}

impl WithChannels for Header {
    // `Header::new` would bring them into another order than that of the file.
    fn with_channels(mut self, channels: SmallVec<[ChannelDescription; 5]>) -> Self {
        self.channels = ChannelList::new(channels);
        self
    }
}

/// Refuses a chunk of DWA whose counters speak of far more than its pixels can be: room is made for what they
/// say, and room that is not there ends the process. Blocks of 8 by 8 are filled up, so that one pixel may
/// count as 64.
fn check_counters(packed: &[u8], wanted: usize) -> Result<(), PictureError> {
    const COUNTERS: usize = 11;
    let most = (wanted as u64).saturating_mul(64).saturating_add(COUNTER_SLACK);
    // The first is a version and the last a method.
    let counters = packed.chunks_exact(8).take(COUNTERS - 1).skip(1);
    let counters = counters.filter_map(|bytes| Some(u64::from_le_bytes(bytes.try_into().ok()?)));
    match counters.into_iter().all(|counter| counter <= most) {
        true => Ok(()),
        false => Err(PictureError::broken("a chunk of it speaks of more than its pixels")),
    }
}

fn foreign(
    method: Compression,
    header: &Header,
    place: &Place,
    packed: Vec<u8>,
) -> Result<Vec<u8>, PictureError> {
    let section = IntegerBounds {
        position: Vec2(place.left.cast_signed(), place.top.cast_signed()),
        size: Vec2(place.size.width as usize, place.size.height as usize),
    };
    // It means to refuse what is broken; where it forgets, that must not end a render server.
    let unpack = AssertUnwindSafe(|| method.decompress_image_section_from_le(header, packed, section, true));
    match catch_unwind(unpack) {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(exr::error::Error::NotSupported(what))) => Err(PictureError::unsupported(what)),
        Ok(Err(error)) => Err(PictureError::Broken {
            what: "a chunk of it cannot be unpacked".to_owned(),
            source: Some(Box::new(error)),
        }),
        Err(_) => Err(PictureError::broken("a chunk of it cannot be unpacked")),
    }
}

pub(crate) fn inflated(packed: &[u8], wanted: usize) -> Result<Vec<u8>, PictureError> {
    let options = DeflateOptions::default().set_limit(wanted).set_size_hint(wanted);
    DeflateDecoder::new_with_options(packed, options)
        .decode_zlib()
        .map_err(|error| PictureError::broken(format!("a chunk of it cannot be unpacked: {:?}", error.error)))
}

/// Runs of equal bytes, and bytes that are none.
fn runs(packed: &[u8], wanted: usize) -> Result<Vec<u8>, PictureError> {
    let broken = || PictureError::broken("a chunk of it cannot be unpacked");
    let (mut rest, mut bytes) = (packed, Vec::with_capacity(wanted));
    while let Some((count, behind)) = rest.split_first() {
        let count = count.cast_signed();
        if count < 0 {
            let (plain, behind) = behind.split_at_checked(count.unsigned_abs().into()).ok_or_else(broken)?;
            bytes.extend_from_slice(plain);
            rest = behind;
        } else {
            let (value, behind) = behind.split_first().ok_or_else(broken)?;
            bytes.resize(bytes.len() + count.unsigned_abs() as usize + 1, *value);
            rest = behind;
        }
        if bytes.len() > wanted {
            return Err(broken());
        }
    }
    Ok(bytes)
}

/// Differences made values again: each byte is the one before it, plus what it holds, less 128.
fn summed(bytes: &mut [u8]) {
    let Some((first, rest)) = bytes.split_first_mut() else { return };
    let mut before = *first;
    let (blocks, rest) = rest.as_chunks_mut::<16>();
    for block in blocks {
        let mut sums = added(*block, [128; 16]);
        sums = added(sums, moved::<1>(sums));
        sums = added(sums, moved::<2>(sums));
        sums = added(sums, moved::<4>(sums));
        sums = added(sums, moved::<8>(sums));
        *block = added(sums, [before; 16]);
        before = block[15];
    }
    for byte in rest {
        before = before.wrapping_add(byte.wrapping_sub(128));
        *byte = before;
    }
}

// Plain loops: of these the compiler makes vectors, of closures it made calls.
#[inline(always)]
#[expect(clippy::manual_memcpy, reason = "a call for each few bytes")]
fn moved<const BY: usize>(bytes: [u8; 16]) -> [u8; 16] {
    let mut moved = [0; 16];
    for i in BY..16 {
        moved[i] = bytes[i - BY];
    }
    moved
}

#[inline(always)]
fn added(a: [u8; 16], b: [u8; 16]) -> [u8; 16] {
    let mut sums = [0; 16];
    for i in 0..16 {
        sums[i] = a[i].wrapping_add(b[i]);
    }
    sums
}

/// Puts the bytes of each value together again: all first ones stand before all second ones.
fn turn(bytes: &[u8], into: &mut Vec<u8>) {
    into.clear();
    into.resize(bytes.len(), 0);
    let (first, second) = bytes.split_at(bytes.len().div_ceil(2));
    let (pairs, odd) = into.as_chunks_mut::<2>();
    for ((pair, one), two) in pairs.iter_mut().zip(first).zip(second) {
        *pair = [*one, *two];
    }
    if let ([odd], Some(last)) = (odd, first.last()) {
        *odd = *last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_summed_as_one_by_one() {
        for length in [0, 1, 2, 16, 17, 18, 100] {
            let bytes: Vec<u8> = (0..length).map(|i: u32| (i * i * 7 + 3) as u8).collect();
            let (mut fast, mut slow) = (bytes.clone(), bytes);
            summed(&mut fast);
            for i in 1..slow.len() {
                slow[i] = slow[i - 1].wrapping_add(slow[i]).wrapping_sub(128);
            }
            assert_eq!(fast, slow);
        }
    }

    #[test]
    fn halves_are_put_together_again_also_where_one_is_longer() {
        let mut into = Vec::new();
        turn(&[1, 3, 5, 2, 4], &mut into);
        assert_eq!(into, [1, 2, 3, 4, 5]);
        turn(&[1, 3, 2, 4], &mut into);
        assert_eq!(into, [1, 2, 3, 4]);
    }

    #[test]
    fn runs_are_unpacked_up_to_what_is_wanted() {
        assert_eq!(runs(&[2, 7, (-2i8).cast_unsigned(), 8, 9], 5).unwrap(), [7, 7, 7, 8, 9]);
        assert!(runs(&[127, 7], 5).is_err());
        assert!(runs(&[(-3i8).cast_unsigned(), 8, 9], 5).is_err());
        assert!(runs(&[3], 5).is_err());
    }
}
