//! The contact sheet: the frames of a job side by side in one picture.

use std::path::{Path, PathBuf};

use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageError, Rgb, RgbImage};

use crate::output::Failure;

/// Behind the frames: dark and without hue, so that it takes nothing from the pictures.
const BACKGROUND: Rgb<u8> = Rgb([22, 22, 24]);
/// Pixels between frames, and around them.
const GAP: u32 = 6;
/// Width of a full row, about; a screen shows it whole.
const WIDTH: u32 = 1920;
/// More frames than this are too small to be seen; they are thinned out evenly.
const FRAMES_MAX: usize = 120;
/// How far off its shape a sheet may be so that its last row is full.
const GAP_AT_END_PERMILLE: u64 = 700;
/// A frame is not drawn larger than this, nor ever larger than it is.
const FRAME_WIDTH_MAX: u32 = 480;

/// A frame for the sheet.
#[derive(Clone, Debug)]
pub(crate) enum Tile {
    /// A file that holds it.
    File(PathBuf),
    /// A small picture of it.
    Small(Vec<u8>),
}

/// Whether a file is one that the sheet can show by itself, and shows best.
pub(crate) fn shows(path: &Path) -> bool {
    use image::ImageFormat::{Bmp, Jpeg, Png, Pnm, Tga};
    image::ImageFormat::from_path(path).is_ok_and(|kind| [Bmp, Jpeg, Png, Pnm, Tga].contains(&kind))
}

/// Makes the sheet of `tiles` at `path` and says how many it shows.
pub(crate) fn make(tiles: &[Tile], path: &Path) -> Result<usize, Failure> {
    let wrong = |source: ImageError| Failure::Sheet { path: path.to_owned(), source };
    let chosen: Vec<&Tile> = thinned(&tiles.iter().collect::<Vec<_>>());
    let mut sheet: Option<Sheet> = None;
    for (index, tile) in chosen.iter().enumerate() {
        let frame = match tile {
            Tile::File(path) => image::open(path),
            Tile::Small(bytes) => image::load_from_memory(bytes),
        };
        let frame = frame.map_err(wrong)?;
        sheet.get_or_insert_with(|| Sheet::sized_for(&frame, chosen.len())).put(index, &frame);
    }
    let Some(sheet) = sheet else {
        return Err(Failure::Misuse {
            what: "none of the files is a picture that a contact sheet can show".to_owned(),
            hint: "leave out --sheet".to_owned(),
        });
    };
    sheet.pixels.save(path).map_err(wrong)?;
    Ok(chosen.len())
}

/// At most `FRAMES_MAX` of them, evenly spread, the first and the last among them.
pub(crate) fn thinned<T: Copy>(all: &[T]) -> Vec<T> {
    if all.len() <= FRAMES_MAX {
        return all.to_vec();
    }
    (0..FRAMES_MAX).map(|i| all[i * (all.len() - 1) / (FRAMES_MAX - 1)]).collect()
}

struct Sheet {
    pixels: RgbImage,
    columns: u32,
    /// Width and height of a frame on the sheet.
    cell: (u32, u32),
}

impl Sheet {
    /// A sheet for `count` frames like `frame`, about as wide to its height as a screen.
    fn sized_for(frame: &DynamicImage, count: usize) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        let (width, height) = (frame.width().max(1), frame.height().max(1));
        let rows_of = |columns: u32| count.div_ceil(columns);
        // The columns whose sheet comes nearest to 16:9; rather a bit off than with a gap at its end.
        let columns = (1..=count)
            .rev()
            .min_by_key(|columns| {
                let rows = rows_of(*columns);
                let (across, down) = (u64::from(width * columns) * 9, u64::from(height * rows) * 16);
                let off = across.abs_diff(down) * 1000 / across.min(down);
                off + if columns * rows == count { 0 } else { GAP_AT_END_PERMILLE }
            })
            .unwrap_or(1);
        let cell_width = (WIDTH / columns).saturating_sub(GAP).clamp(16, FRAME_WIDTH_MAX).min(width);
        let cell = (cell_width, (cell_width * height / width).max(1));
        let size = (GAP + columns * (cell.0 + GAP), GAP + rows_of(columns) * (cell.1 + GAP));
        Self { pixels: RgbImage::from_pixel(size.0, size.1, BACKGROUND), columns, cell }
    }

    fn put(&mut self, index: usize, frame: &DynamicImage) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let (column, row) = (index % self.columns, index / self.columns);
        let small = frame.resize(self.cell.0, self.cell.1, FilterType::Triangle).to_rgb8();
        let left = GAP + column * (self.cell.0 + GAP) + (self.cell.0 - small.width()) / 2;
        let top = GAP + row * (self.cell.1 + GAP) + (self.cell.1 - small.height()) / 2;
        imageops::replace(&mut self.pixels, &small, left.into(), top.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_shows_all_pictures_about_as_wide_as_a_screen() {
        let folder = tempfile::tempdir().unwrap();
        let pictures: Vec<PathBuf> = (0..7).map(|i| folder.path().join(format!("a.{i:04}.png"))).collect();
        for picture in &pictures {
            RgbImage::from_pixel(64, 36, Rgb([200, 0, 0])).save(picture).unwrap();
        }
        let tiles: Vec<Tile> = pictures.into_iter().map(Tile::File).collect();
        let path = folder.path().join("sheet.png");
        assert_eq!(make(&tiles, &path).unwrap(), 7);
        let small = std::fs::read(&path).unwrap();
        assert_eq!(make(&[Tile::Small(small)], &folder.path().join("b.png")).unwrap(), 1);
        assert!(shows(&path) && !shows(Path::new("a.exr")) && !shows(Path::new("notes.txt")));
        let sheet = image::open(&path).unwrap().to_rgb8();
        assert_eq!(sheet.dimensions(), (6 + 3 * 70, 6 + 3 * 42));
        assert_eq!(sheet.get_pixel(0, 0), &BACKGROUND);
        assert_eq!(sheet.get_pixel(30, 30), &Rgb([200, 0, 0]));
        assert!(matches!(make(&[], &path), Err(Failure::Misuse { .. })));
        let wide = Sheet::sized_for(&DynamicImage::new_rgb8(640, 360), 60);
        assert_eq!((wide.columns, wide.cell), (10, (186, 104)));
    }

    #[test]
    fn many_frames_are_thinned_evenly() {
        let all: Vec<usize> = (0..1000).collect();
        let few = thinned(&all);
        assert_eq!((few.len(), few[0], few[119]), (120, 0, 999));
    }
}
