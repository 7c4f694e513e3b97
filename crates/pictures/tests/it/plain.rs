//! Kinds that are decoded in one piece.

use image::{DynamicImage, GenericImageView, ImageFormat};
use model::Size;
use pictures::{Blank, Finding, Kind, PictureError, Sample};

use crate::made::{all, encoded, look_at, rgb, rgba};

fn flat(color: [u8; 4]) -> Vec<u8> {
    let picture: DynamicImage = image::RgbaImage::from_pixel(20, 10, image::Rgba(color)).into();
    encoded(&picture, ImageFormat::Png)
}

#[test]
fn pictures_of_every_kind_are_whole_and_have_a_small_one() {
    for (kind, bytes) in all() {
        let picture = look_at(&bytes, kind).unwrap();
        assert!(picture.findings().is_empty(), "{kind:?}: {:?}", picture.findings());
        let small = image::load_from_memory(picture.thumbnail.as_ref().unwrap()).unwrap();
        let size = picture.size.unwrap();
        assert_eq!((small.width(), small.height()), (size.width, size.height), "{kind:?}");
    }
}

#[test]
fn channels_and_what_is_in_them_are_told() {
    let picture = look_at(&encoded(&rgba(), ImageFormat::Png), Kind::Png).unwrap();
    assert_eq!(picture.size, Some(Size { width: 23, height: 17 }));
    let channels = &picture.parts[0].channels;
    let names: Vec<_> = channels.iter().map(|channel| (channel.name.as_str(), channel.sample)).collect();
    assert_eq!(names, [("R", Sample::U8), ("G", Sample::U8), ("B", Sample::U8), ("A", Sample::U8)]);
    let red = channels[0].tally.unwrap();
    assert_eq!((red.least, red.greatest, red.values), (0.0, 242.0 / 255.0, 23 * 17));
}

#[test]
fn a_small_picture_looks_like_the_large_one() {
    let large = image::imageops::resize(&rgb(), 1000, 700, image::imageops::FilterType::Nearest);
    let large = DynamicImage::ImageRgba8(large);
    let picture = look_at(&encoded(&large, ImageFormat::Png), Kind::Png).unwrap();
    let small = image::load_from_memory(picture.thumbnail.as_ref().unwrap()).unwrap();
    assert_eq!(small.dimensions(), (320, 224));
    let right = large.resize_exact(320, 224, image::imageops::FilterType::Triangle).to_rgb8();
    let off = small
        .to_rgb8()
        .into_raw()
        .iter()
        .zip(right.as_raw())
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum::<u64>();
    assert!(off / (320 * 224 * 3) < 4, "{}", off / (320 * 224 * 3));
}

#[test]
fn black_pictures_and_those_of_one_colour_are_found_out() {
    let black = look_at(&flat([0, 0, 0, 255]), Kind::Png).unwrap();
    assert_eq!((black.findings(), black.alpha_empty), (vec![Finding::Black], false));
    let magenta = look_at(&flat([255, 0, 255, 0]), Kind::Png).unwrap();
    assert_eq!(magenta.blank, Some(Blank::OneColour(vec![1.0, 0.0, 1.0])));
    assert!(magenta.alpha_empty);
    let said: Vec<String> = magenta.findings().iter().map(ToString::to_string).collect();
    assert_eq!(said, ["is all of one colour (1.000, 0.000, 1.000)"]);
}

#[test]
fn a_jpeg_is_not_whole_for_the_end_of_the_small_one_in_it() {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1, 0x00, 0x08];
    bytes.extend_from_slice(b"Exif\xff\xd9");
    let whole = encoded(&rgb(), ImageFormat::Jpeg);
    bytes.extend_from_slice(&whole[2..]);
    assert!(look_at(&bytes, Kind::Jpeg).is_ok());
    assert!(matches!(look_at(&bytes[..12], Kind::Jpeg), Err(PictureError::Truncated { .. })));
}

#[test]
fn what_is_another_kind_is_told_apart_from_what_is_broken() {
    let png = encoded(&rgb(), ImageFormat::Png);
    assert!(matches!(look_at(&png, Kind::Jpeg), Err(PictureError::NotA { wanted: "JPEG" })));
    assert!(matches!(look_at(&png, Kind::Exr), Err(PictureError::NotA { .. })));
    let mut bent = png.clone();
    bent[60] ^= 0x55;
    assert!(matches!(look_at(&bent, Kind::Png), Err(PictureError::Broken { .. })));
}

#[test]
fn a_file_that_claims_to_be_huge_gets_no_memory() {
    let mut bytes = encoded(&rgb(), ImageFormat::Bmp);
    bytes[18..22].copy_from_slice(&0x7fff_ffffu32.to_le_bytes());
    assert!(look_at(&bytes, Kind::Bmp).is_err());
    let mut header = b"P6\n2000000000 2000000000\n255\n".to_vec();
    header.extend([0; 64]);
    assert!(look_at(&header, Kind::Pnm).is_err());
}
