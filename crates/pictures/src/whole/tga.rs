//! How far the pixels of a TGA reach, and whether what is behind them is the footer that belongs there.

use crate::PictureError;

const SIGNATURE: &[u8] = b"TRUEVISION-XFILE.\0";

pub(super) fn check(bytes: &[u8]) -> Result<(), PictureError> {
    let cut = || PictureError::cut("the file ends before its last pixel");
    let header = bytes.get(..18).ok_or_else(|| PictureError::cut("the file ends within its header"))?;
    let short = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
    let map = if header[1] == 1 { short(5) * usize::from(header[7]).div_ceil(8) } else { 0 };
    let start = 18 + usize::from(header[0]) + map;
    let (pixels, depth) = (short(12) * short(14), usize::from(header[16]).div_ceil(8).max(1));
    let rest = bytes.get(start..).ok_or_else(cut)?;
    let length = match header[2] & 8 {
        0 => pixels.checked_mul(depth),
        _ => packed(rest, pixels, depth),
    };
    let behind = length.and_then(|length| rest.get(length..)).ok_or_else(cut)?;
    match behind.iter().all(|byte| *byte == 0) || behind.ends_with(SIGNATURE) {
        true => Ok(()),
        false => Err(PictureError::cut("its footer has no end")),
    }
}

/// Bytes of `pixels` that are packed in runs.
fn packed(bytes: &[u8], pixels: usize, depth: usize) -> Option<usize> {
    let (mut at, mut found) = (0, 0);
    while found < pixels {
        let head = *bytes.get(at)?;
        let count = usize::from(head & 0x7f) + 1;
        at += 1 + if head & 0x80 != 0 { depth } else { depth * count };
        found += count;
    }
    Some(at)
}
