//! Pictures made for the tests, in every kind.

use std::io::Cursor;
use std::path::PathBuf;

use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};
use pictures::{Kind, Look, Picture, PictureError};

/// A file that was written by another program.
pub(crate) fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)
}

pub(crate) fn look_at(bytes: &[u8], kind: Kind) -> Result<Picture, PictureError> {
    pictures::look_at(bytes, kind, &Look { threads: 2, ..Look::default() })
}

/// Something to see: no two rows and columns alike.
pub(crate) fn rgb() -> DynamicImage {
    RgbImage::from_fn(23, 17, |x, y| image::Rgb([(x * 11) as u8, (y * 15) as u8, (x * y) as u8])).into()
}

pub(crate) fn rgba() -> DynamicImage {
    let shade = |x: u32, y: u32| image::Rgba([(x * 11) as u8, (y * 15) as u8, (x * y) as u8, 255 - x as u8]);
    RgbaImage::from_fn(23, 17, shade).into()
}

pub(crate) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The same picture as files of every kind that is decoded in one piece.
pub(crate) fn all() -> Vec<(Kind, Vec<u8>)> {
    let (rgb, rgba) = (rgb(), rgba());
    let deep = DynamicImage::ImageRgba16(rgba.to_rgba16());
    let light = DynamicImage::ImageRgb32F(rgb.to_rgb32f());
    let words = format!("P3\n2 1\n255\n{}\n", "1 20 255 0 9 128");
    vec![
        (Kind::Png, encoded(&rgb, ImageFormat::Png)),
        (Kind::Png, encoded(&deep, ImageFormat::Png)),
        (Kind::Jpeg, encoded(&rgb, ImageFormat::Jpeg)),
        (Kind::Tiff, encoded(&rgba, ImageFormat::Tiff)),
        (Kind::Tiff, encoded(&light, ImageFormat::Tiff)),
        (Kind::Hdr, encoded(&light, ImageFormat::Hdr)),
        (Kind::Tga, encoded(&rgba, ImageFormat::Tga)),
        (Kind::Bmp, encoded(&rgb, ImageFormat::Bmp)),
        (Kind::Pnm, encoded(&rgb, ImageFormat::Pnm)),
        (Kind::Pnm, words.into_bytes()),
    ]
}
