//! Whether a file reaches to its end. Decoders stop at the last pixel, and some put in what lacks.

mod jpeg;
mod tga;
mod tiff;

use crate::{Kind, PictureError};

pub(crate) use tiff::size as tiff_size;

/// The end of every whole PNG file: its last chunk, of no length, with its checksum.
const PNG_END: [u8; 12] = [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82];

/// Checks that nothing of `bytes` is missing that a decoder would not miss.
pub(crate) fn check(kind: Kind, bytes: &[u8]) -> Result<(), PictureError> {
    match kind {
        Kind::Png if !bytes.ends_with(&PNG_END) => Err(PictureError::cut("its end mark is missing")),
        Kind::Jpeg => jpeg::check(bytes),
        Kind::Tiff => tiff::check(bytes),
        Kind::Tga => tga::check(bytes),
        Kind::Bmp => bmp(bytes),
        Kind::Pnm => pnm(bytes),
        Kind::Png | Kind::Hdr | Kind::Exr | Kind::Video => Ok(()),
    }
}

/// The header says how long the file is; some programs leave it at nothing.
fn bmp(bytes: &[u8]) -> Result<(), PictureError> {
    let said = bytes.get(2..6).and_then(|said| said.try_into().ok()).map(u32::from_le_bytes);
    match said {
        None => Err(PictureError::cut("the file ends within its header")),
        Some(said) if said as usize > bytes.len() => {
            Err(PictureError::cut(format!("it has {} of {said} bytes", bytes.len())))
        }
        Some(_) => Ok(()),
    }
}

/// Of pixels in words, a number that lost its last digits is still a number.
fn pnm(bytes: &[u8]) -> Result<(), PictureError> {
    let words = matches!(bytes.get(1), Some(b'1'..=b'3'));
    match words && !bytes.last().is_some_and(u8::is_ascii_whitespace) {
        true => Err(PictureError::cut("its last number has no end")),
        false => Ok(()),
    }
}
