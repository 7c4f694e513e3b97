//! Pictures put together of tiles, means, comparisons.

use std::path::{Path, PathBuf};

use exr::prelude::Encoding;
use image::{DynamicImage, GenericImage, GenericImageView, Rgba, RgbaImage};
use model::{Part, Size};
use pictures::{Comparison, Grid, SeveralError, assemble, average, compare};

use crate::exr::halfs;

const SIZE: Size = Size { width: 37, height: 23 };
const GRID: Grid = Grid { across: 3, down: 2, border: 4, size: SIZE };

fn whole() -> DynamicImage {
    let shade = |x: u32, y: u32| Rgba([(x * 6) as u8, (y * 11) as u8, (x * y) as u8, 255 - (x + y) as u8]);
    RgbaImage::from_fn(SIZE.width, SIZE.height, shade).into()
}

/// The tiles of `picture`: with their borders, or in the middle of nothing.
fn tiles(picture: &DynamicImage, folder: &Path, ending: &str, alone: bool) -> Vec<PathBuf> {
    let tile = |at: u16| {
        let part = Part::Tile { at, across: GRID.across, down: GRID.down, border: GRID.border };
        let crop = part.crop(SIZE).unwrap();
        let cut = picture.crop_imm(crop.left, crop.top, crop.size().width, crop.size().height);
        let path = folder.join(format!("tile.{at}.{ending}"));
        if alone {
            cut.save(&path).unwrap();
        } else {
            let mut black = DynamicImage::new(SIZE.width, SIZE.height, picture.color());
            black.copy_from(&cut, crop.left, crop.top).unwrap();
            black.save(&path).unwrap();
        }
        path
    };
    (0..GRID.across * GRID.down).map(tile).collect()
}

#[test]
fn tiles_make_the_picture_they_were_cut_from() {
    let folder = tempfile::tempdir().unwrap();
    let (rgba, deep) = (whole(), DynamicImage::ImageRgba16(whole().to_rgba16()));
    let light = DynamicImage::ImageRgb32F(whole().to_rgb32f());
    let grey = DynamicImage::ImageLuma8(whole().to_luma8());
    let rgb = DynamicImage::ImageRgb8(whole().to_rgb8());
    let kinds = [
        ("png", &rgba),
        ("png", &deep),
        ("png", &grey),
        ("tif", &rgba),
        ("tif", &light),
        ("exr", &light),
        ("tga", &rgba),
        ("bmp", &rgb),
        ("ppm", &rgb),
    ];
    for (number, (ending, picture)) in kinds.into_iter().enumerate() {
        let right = folder.path().join(format!("right.{number}.{ending}"));
        picture.save(&right).unwrap();
        for alone in [true, false] {
            let out = folder.path().join(format!("out.{number}.{ending}"));
            assemble(&tiles(picture, folder.path(), ending, alone), GRID, 95, &out).unwrap();
            assert_eq!(compare(&right, &out).unwrap(), Comparison::Same, "{ending} {:?}", picture.color());
        }
    }
}

#[test]
fn tiles_of_another_kind_make_a_jpeg() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.jpg");
    assemble(&tiles(&whole(), folder.path(), "png", true), GRID, 100, &out).unwrap();
    assert_eq!(image::image_dimensions(&out).unwrap(), (SIZE.width, SIZE.height));
}

#[test]
fn halfs_and_their_channels_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let shade = |x: usize, y: usize| [x as f32 / 7.0, y as f32 / 3.0, f32::NAN, (x * y) as f32];
    let path = |name: &str| folder.path().join(name);
    let size = |part: Part| part.crop(SIZE).unwrap();
    let mut tiles = Vec::new();
    for at in 0..6 {
        let crop = size(Part::Tile { at, across: 3, down: 2, border: 4 });
        let moved = |x: usize, y: usize| shade(x + crop.left as usize, y + crop.top as usize);
        let (width, height) = (crop.size().width as usize, crop.size().height as usize);
        tiles.push(path(&format!("{at}.exr")));
        std::fs::write(&tiles[at as usize], halfs(width, height, Encoding::SMALL_LOSSLESS, moved)).unwrap();
    }
    std::fs::write(path("right.exr"), halfs(37, 23, Encoding::FAST_LOSSLESS, shade)).unwrap();
    assemble(&tiles, GRID, 95, &path("out.exr")).unwrap();
    assert_eq!(compare(&path("right.exr"), &path("out.exr")).unwrap(), Comparison::Same);
}

#[test]
fn tiles_that_do_not_fit_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = tiles(&whole(), folder.path(), "png", true);
    let out = folder.path().join("out.png");
    DynamicImage::new_rgba8(5, 5).save(&files[1]).unwrap();
    let error = assemble(&files, GRID, 95, &out).unwrap_err();
    assert!(
        error.to_string().ends_with("tile.1.png is 5x5, and neither 37x23 nor 20x15, the size of its tile")
    );
    DynamicImage::ImageRgb8(whole().to_rgb8()).save(&files[1]).unwrap();
    assert!(matches!(assemble(&files, GRID, 95, &out), Err(SeveralError::Channels { .. })));
    files.pop();
    let error = assemble(&files, GRID, 95, &out).unwrap_err();
    assert_eq!(error.to_string(), "6 pictures are needed, and 5 are there");
    assert!(!out.exists());
}

#[test]
fn the_mean_is_weighted_and_as_fine_as_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let flat = |name: &str, value: f32| {
        let bytes = halfs(8, 8, Encoding::SMALL_LOSSLESS, |x, _| [value, x as f32, 0.5, 1.0]);
        std::fs::write(path(name), bytes).unwrap();
        path(name)
    };
    let parts = [flat("a.exr", 1.0), flat("b.exr", 4.0)];
    average(&parts, &[], &path("even.exr")).unwrap();
    assert_eq!(compare(&flat("c.exr", 2.5), &path("even.exr")).unwrap(), Comparison::Same);
    average(&parts, &[3.0, 1.0], &path("odd.exr")).unwrap();
    assert_eq!(compare(&flat("c.exr", 1.75), &path("odd.exr")).unwrap(), Comparison::Same);
    assert!(matches!(average(&parts, &[1.0], &path("x.exr")), Err(SeveralError::Count { .. })));
}

#[test]
fn differences_are_counted_by_pixel() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("a.png"), folder.path().join("b.png"));
    let mut picture = whole();
    picture.save(&one).unwrap();
    let pixel = picture.get_pixel(3, 4);
    picture.put_pixel(3, 4, Rgba([pixel[0] + 51, pixel[1] + 1, pixel[2], pixel[3]]));
    picture.save(&other).unwrap();
    let Comparison::Pixels { count, of, greatest } = compare(&one, &other).unwrap() else {
        panic!("they differ")
    };
    assert_eq!((count, of), (1, 37 * 23));
    assert!((greatest - 0.2).abs() < 1e-6, "{greatest}");
    DynamicImage::new_rgb8(3, 3).save(&other).unwrap();
    assert!(matches!(compare(&one, &other).unwrap(), Comparison::Shape(_)));
}
