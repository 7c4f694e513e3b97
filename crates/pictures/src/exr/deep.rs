//! Deep pixels: each has as many samples as it likes. They are unpacked and counted, not looked at.

use super::chunks::{Chunk, check_size};
use super::head::Part;
use super::unpack::Unpacker;
use crate::PictureError;

/// Checks a deep chunk: `packed` are the counts of samples, then the samples.
pub(crate) fn check(
    part: &Part,
    chunk: &Chunk,
    unpacker: &mut Unpacker,
    packed: &[u8],
) -> Result<(), PictureError> {
    let Some(sizes) = chunk.deep else { return Ok(()) };
    let wrong = || PictureError::broken("the samples of its deep pixels do not add up");
    let (counts, samples) = packed.split_at_checked(sizes.counts).ok_or_else(wrong)?;
    let size = chunk.place.size;
    let (width, pixels) = (size.width as usize, u64::from(size.width) * u64::from(size.height));
    let counts = unpacker.bytes(counts, check_size(pixels * 4, counts.len())?)?;
    let totals: Vec<i32> = counts.as_chunks::<4>().0.iter().map(|total| i32::from_le_bytes(*total)).collect();
    let mut all = 0;
    for row in totals.chunks(width.max(1)) {
        // In a row each number holds the samples up to it.
        if row.first().is_some_and(|first| *first < 0) || !row.is_sorted() {
            return Err(wrong());
        }
        all += row.last().map_or(0, |last| u64::from(last.unsigned_abs()));
    }
    let of_sample: u64 = part.channels.iter().map(|channel| channel.sample.bytes() as u64).sum();
    if all.checked_mul(of_sample) != Some(sizes.samples) {
        return Err(wrong());
    }
    unpacker.bytes(samples, check_size(sizes.samples, samples.len())?).map(|_| ())
}
