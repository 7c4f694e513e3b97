//! The segments of a JPEG, up to the mark at its end. A small picture within it has such a mark of its own.

use crate::PictureError;

pub(super) fn check(bytes: &[u8]) -> Result<(), PictureError> {
    let cut = || PictureError::cut("its end mark is missing");
    let mut at = 2;
    let mut scans = 0;
    loop {
        let (marker, behind) = next_marker(bytes, at).ok_or_else(cut)?;
        at = behind;
        match marker {
            0xd9 if scans > 0 => return Ok(()),
            0xd9 => return Err(PictureError::broken("it has no pixels")),
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let length = bytes.get(at..at + 2).ok_or_else(cut)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        if length < 2 {
            return Err(PictureError::broken("a segment of it has no length"));
        }
        at += length;
        if at > bytes.len() {
            return Err(cut());
        }
        if marker == 0xda {
            scans += 1;
        }
    }
}

/// The next marker from `at` on, and where what belongs to it begins. Pixels hold `ff` only before a zero.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        at += 1;
        match bytes.get(at)? {
            0x00 => at += 1,
            0xff => {}
            marker => return Some((*marker, at + 1)),
        }
    }
}
