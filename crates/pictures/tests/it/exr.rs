//! OpenEXR as other programs write it: every compression, rows and tiles, parts, deep pixels.

use std::io::Cursor;

use exr::math::RoundingMode;
use exr::prelude::*;
use pictures::{Blank, Depth, Kind, Look, PictureError};

use crate::made::{file, look_at};

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(file(name)).unwrap()
}

/// An RGBA picture of halfs, row by row.
pub(crate) fn halfs(
    width: usize,
    height: usize,
    encoding: Encoding,
    shade: impl Fn(usize, usize) -> [f32; 4] + Sync,
) -> Vec<u8> {
    let pixel = |Vec2(x, y): Vec2<usize>| {
        let [r, g, b, a] = shade(x, y);
        (f16::from_f32(r), f16::from_f32(g), f16::from_f32(b), f16::from_f32(a))
    };
    let layer =
        Layer::new((width, height), LayerAttributes::named("main"), encoding, SpecificChannels::rgba(pixel));
    let mut bytes = Cursor::new(Vec::new());
    Image::from_layer(layer).write().non_parallel().to_buffered(&mut bytes).unwrap();
    bytes.into_inner()
}

#[test]
fn every_compression_shows_the_same_picture() {
    let small = |name: &str| {
        let picture = look_at(&bytes(name), Kind::Exr).unwrap();
        assert_eq!(picture.depth, Depth::Whole, "{name}");
        assert_eq!(picture.findings(), [], "{name}");
        image::load_from_memory(&picture.thumbnail.unwrap()).unwrap().to_rgb8()
    };
    let right = small("none.exr");
    let names = ["rle", "zips", "zip", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab", "tiled"];
    for name in names {
        let found = small(&format!("{name}.exr"));
        let off = found.iter().zip(right.iter()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        // Those that keep every bit show the same; the others lose some.
        let lossy = ["b44", "b44a", "dwaa", "dwab", "pxr24"].contains(&name);
        assert!(off <= if lossy { 12 } else { 0 }, "{name} is off by {off}");
    }
}

#[test]
fn values_are_counted_as_stored() {
    for name in ["none", "rle", "zips", "zip", "piz", "tiled"] {
        let picture = look_at(&bytes(&format!("{name}.exr")), Kind::Exr).unwrap();
        let part = &picture.parts[0];
        let names: Vec<_> = part.channels.iter().map(|channel| channel.name.as_str()).collect();
        assert_eq!(names, ["A", "B", "G", "R"], "{name}");
        let red = part.channels[3].tally.unwrap();
        assert_eq!((red.values, red.greatest), (40 * 36, 2.5), "{name}");
        assert_eq!(part.compression, Some(if name == "tiled" { "zip" } else { name }));
        assert_eq!(part.storage, if name == "tiled" { "tiled" } else { "scanline" });
    }
}

#[test]
fn of_several_parts_that_with_colours_is_shown() {
    let picture = look_at(&bytes("parts.exr"), Kind::Exr).unwrap();
    let names: Vec<_> = picture.parts.iter().map(|part| part.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["normals", "beauty"]);
    assert_eq!(picture.beauty, Some(1));
    assert!(picture.thumbnail.is_some());
}

#[test]
fn deep_pixels_are_unpacked_and_counted() {
    let whole = bytes("deep.exr");
    let picture = look_at(&whole, Kind::Exr).unwrap();
    assert_eq!(picture.parts[0].storage, "deep scanline");
    assert_eq!((picture.depth, picture.thumbnail), (Depth::Whole, None));
    let mut bent = whole.clone();
    let last = bent.len() - 1;
    bent[last] ^= 0xff;
    assert!(matches!(look_at(&bent, Kind::Exr), Err(PictureError::Broken { .. })));
}

#[test]
fn the_size_is_that_of_the_display_window() {
    let picture = look_at(&bytes("window.exr"), Kind::Exr).unwrap();
    let size = picture.size.unwrap();
    assert_eq!((size.width, size.height), (40, 36));
    assert_eq!((picture.parts[0].window.top, picture.parts[0].window.size.height), (10, 20));
    let small = image::load_from_memory(&picture.thumbnail.unwrap()).unwrap().to_rgb8();
    assert_eq!(small.get_pixel(20, 2), small.get_pixel(5, 34), "around it there is nothing");
}

#[test]
fn smaller_pictures_in_the_file_are_decoded_and_not_counted() {
    let list = AnyChannels::sort(smallvec::smallvec![mips("R"), mips("G"), mips("B")]);
    let encoding = Encoding {
        compression: Compression::ZIP16,
        blocks: Blocks::Tiles(Vec2(16, 16)),
        line_order: LineOrder::Increasing,
    };
    let layer = Layer::new((40, 20), LayerAttributes::named("main"), encoding, list);
    let mut file = Cursor::new(Vec::new());
    Image::from_layer(layer).write().non_parallel().to_buffered(&mut file).unwrap();
    let file = file.into_inner();
    let picture = look_at(&file, Kind::Exr).unwrap();
    assert_eq!(picture.parts[0].channels[0].tally.unwrap().values, 40 * 20);
    assert_eq!(picture.blank, Some(Blank::OneColour(vec![0.25; 3])));
    let cut = look_at(&file[..file.len() - 1], Kind::Exr);
    assert!(matches!(cut, Err(PictureError::Truncated { .. })));
}

fn mips(name: &str) -> AnyChannel<Levels<FlatSamples>> {
    let sizes = [(40, 20), (20, 10), (10, 5), (5, 2), (2, 1), (1, 1)];
    // Only the first level is what is counted.
    let level = |(i, (w, h)): (usize, &(usize, usize))| {
        FlatSamples::F32(vec![if i == 0 { 0.25 } else { 9.0 }; w * h])
    };
    let level_data = sizes.iter().enumerate().map(level).collect();
    let samples = Levels::Mip { rounding_mode: RoundingMode::Down, level_data };
    AnyChannel::new(name, samples)
}

#[test]
fn what_is_no_number_is_counted_by_pixel() {
    let shade = |x: usize, y: usize| match (x, y) {
        (3, 5) => [f32::NAN, f32::NAN, 0.5, 1.0],
        (7, 9) => [0.5, f32::INFINITY, 0.5, 1.0],
        _ => [x as f32 / 20.0, y as f32 / 20.0, 0.5, 1.0],
    };
    let encoding = Encoding::SMALL_LOSSLESS;
    let picture = look_at(&halfs(20, 20, encoding, shade), Kind::Exr).unwrap();
    assert_eq!(picture.not_numbers, 2);
    assert_eq!(picture.findings()[0].to_string(), "has 2 pixels that are not numbers");
    assert!(picture.thumbnail.is_some());
}

#[test]
fn blank_pictures_are_found_out_and_empty_alpha_too() {
    let encoding = Encoding::FAST_LOSSLESS;
    let black = look_at(&halfs(20, 20, encoding, |_, _| [0.0, 0.0, 0.0, 1.0]), Kind::Exr).unwrap();
    assert_eq!(black.blank, Some(Blank::Black));
    let grey = look_at(&halfs(20, 20, encoding, |_, _| [0.5, 0.5, 0.5, 0.0]), Kind::Exr).unwrap();
    assert_eq!((grey.blank, grey.alpha_empty), (Some(Blank::OneColour(vec![0.5; 3])), true));
}

#[test]
fn a_file_whose_chunks_were_never_written_is_cut_short() {
    let whole = bytes("zip.exr");
    let head = whole.windows(2).position(|pair| pair == [0, 0]).unwrap();
    let table = (head..whole.len() - 24).find(|at| {
        let offset = |at: usize| u64::from_le_bytes(whole[at..at + 8].try_into().unwrap());
        offset(*at) == *at as u64 + 24
    });
    let mut bent = whole.clone();
    let table = table.expect("the list of its three chunks");
    bent[table + 8..table + 16].fill(0);
    let error = look_at(&bent, Kind::Exr).unwrap_err();
    assert_eq!(error.to_string(), "it is cut short: 1 of its 3 chunks were never written");
    let mut bent = whole;
    bent.copy_within(table..table + 8, table + 8);
    assert!(matches!(look_at(&bent, Kind::Exr), Err(PictureError::Broken { .. })), "a chunk listed twice");
}

#[test]
fn brighter_small_pictures_are_brighter() {
    let shown = |exposure| {
        let wanted = Look { exposure, ..Look::default() };
        let picture = pictures::look_at(&bytes("zip.exr"), Kind::Exr, &wanted).unwrap();
        let small = image::load_from_memory(&picture.thumbnail.unwrap()).unwrap().to_luma8();
        small.iter().map(|value| u64::from(*value)).sum::<u64>()
    };
    assert!(shown(-2.0) < shown(0.0) && shown(0.0) < shown(2.0));
}
