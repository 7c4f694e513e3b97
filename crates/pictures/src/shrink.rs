//! A small picture, made of rows that come in any order while a large one is decoded.

use std::ops::Range;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use model::Size;

use crate::PictureError;
use crate::tone::{Tone, shown};

/// Behind what is transparent: dark and without hue, as the contact sheet is.
const BACKGROUND: [f32; 3] = [22.0 / 255.0, 22.0 / 255.0, 24.0 / 255.0];
/// A spark that is brighter than this must not light up all of its surroundings.
const BRIGHTEST: f32 = 64.0;
const JPEG_QUALITY: u8 = 85;

/// Which of the small picture's values a channel makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Red,
    Green,
    Blue,
    Alpha,
    /// Red, green and blue.
    Grey,
}

impl Role {
    pub(crate) const fn plane(self) -> usize {
        match self {
            Self::Red | Self::Grey => 0,
            Self::Green => 1,
            Self::Blue => 2,
            Self::Alpha => 3,
        }
    }
}

/// A small picture in the making: the mean of all pixels that fall on each of its own.
#[derive(Clone, Debug)]
pub(crate) struct Shrink {
    size: Size,
    small: Size,
    /// Where in the large picture each column begins, and where the last one ends.
    edges: Vec<usize>,
    planes: [Vec<f32>; 4],
    /// Sums of a few rows of the large picture that fall on the same row of the small one.
    sums: [Vec<f32>; 4],
    /// That row, and the columns of the large picture that have sums, for each plane.
    open: [Option<(u32, Range<usize>)>; 4],
    grey: bool,
    alpha: bool,
    /// Whether it becomes a PNG and not a JPEG.
    pub(crate) lossless: bool,
}

/// The size of a small picture of one of `size`: at most `widest` across, and never larger.
fn small_size(size: Size, widest: u32) -> Size {
    let width = size.width.min(widest).max(1);
    let height = u64::from(size.height) * u64::from(width) / u64::from(size.width.max(1));
    // A strip is not let grow as high as it likes.
    Size { width, height: u32::try_from(height).unwrap_or(u32::MAX).clamp(1, widest.saturating_mul(8)) }
}

impl Shrink {
    pub(crate) fn new(size: Size, widest: u32, grey: bool, alpha: bool) -> Self {
        let small = small_size(size, widest);
        let (large, columns) = (u64::from(size.width), u64::from(small.width));
        let edges = (0..=columns).map(|i| (i * large).div_ceil(columns) as usize).collect();
        let used = |plane: usize| if grey { plane == 0 } else { plane < 3 } || plane == 3 && alpha;
        let of = |count: usize| std::array::from_fn(|i| vec![0.0; if used(i) { count } else { 0 }]);
        Self {
            size,
            small,
            edges,
            planes: of(small.width as usize * small.height as usize),
            sums: of(size.width as usize),
            open: [const { None }; 4],
            grey,
            alpha,
            lossless: false,
        }
    }

    /// Takes in the values `row` of a channel, that stand in row `y` from column `x` on. What lies outside of
    /// the picture is left out.
    pub(crate) fn row(&mut self, role: Role, x: i64, y: i64, row: &[f32]) {
        let width = i64::from(self.size.width);
        if y < 0 || y >= i64::from(self.size.height) || x >= width {
            return;
        }
        let skipped = usize::try_from(-x).unwrap_or(0);
        let Some(row) = row.get(skipped..).filter(|row| !row.is_empty()) else { return };
        let from = usize::try_from(x).unwrap_or(0);
        let row = &row[..row.len().min(self.size.width as usize - from)];
        let at = (y as u64 * u64::from(self.small.height) / u64::from(self.size.height)) as u32;
        let plane = role.plane();
        let columns = from..from + row.len();
        if self.open[plane].as_ref().is_some_and(|open| *open != (at, columns.clone())) {
            self.close(plane);
        }
        let sums = &mut self.sums[plane][columns.clone()];
        for (sum, value) in sums.iter_mut().zip(row) {
            let lit = if *value > 0.0 { *value } else { 0.0 };
            *sum += if lit < BRIGHTEST { lit } else { BRIGHTEST };
        }
        self.open[plane] = Some((at, columns));
    }

    /// Adds the open sums of a plane to the row they are of.
    fn close(&mut self, plane: usize) {
        let Some((row, columns)) = self.open[plane].take() else { return };
        let start = row as usize * self.small.width as usize;
        let cells = &mut self.planes[plane][start..start + self.small.width as usize];
        let sums = &mut self.sums[plane];
        let first = self.edges.partition_point(|edge| *edge <= columns.start).saturating_sub(1);
        for (cell, edges) in cells.iter_mut().zip(self.edges.windows(2)).skip(first) {
            let (from, to) = (edges[0].max(columns.start), edges[1].min(columns.end));
            if from >= columns.end {
                break;
            }
            *cell += sums[from..to].iter().sum::<f32>();
        }
        sums[columns].fill(0.0);
    }

    /// Adds what another has taken in of the same picture.
    pub(crate) fn add(&mut self, mut other: Self) {
        for plane in 0..4 {
            other.close(plane);
            self.close(plane);
            for (mine, theirs) in self.planes[plane].iter_mut().zip(&other.planes[plane]) {
                *mine += theirs;
            }
        }
    }

    /// The small picture as a file.
    pub(crate) fn finish(mut self, tone: Tone) -> Result<Vec<u8>, PictureError> {
        (0..4).for_each(|plane| self.close(plane));
        let pixels = self.pixels(tone);
        let mut file = Vec::new();
        let (width, height, color) = (self.small.width, self.small.height, ExtendedColorType::Rgb8);
        let written = match self.lossless {
            true => PngEncoder::new(&mut file).write_image(&pixels, width, height, color),
            false => JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY)
                .write_image(&pixels, width, height, color),
        };
        written.map_err(|source| PictureError::Broken {
            what: "its small picture cannot be written".to_owned(),
            source: Some(Box::new(source)),
        })?;
        Ok(file)
    }

    fn pixels(&self, tone: Tone) -> Vec<u8> {
        let (width, height) = (self.small.width as usize, u64::from(self.small.height));
        let top = |row: u64| (row * u64::from(self.size.height)).div_ceil(height);
        let mut pixels = Vec::with_capacity(self.planes[0].len() * 3);
        for at in 0..self.planes[0].len() {
            let (row, column) = ((at / width) as u64, at % width);
            let across = self.edges[column + 1] - self.edges[column];
            let count = (across as u64 * (top(row + 1) - top(row))).max(1) as f32;
            let mean = |plane: usize| self.planes[plane][at] / count;
            let alpha = if self.alpha { mean(3).min(1.0) } else { 1.0 };
            for (i, behind) in BACKGROUND.into_iter().enumerate() {
                let value = mean(if self.grey { 0 } else { i });
                pixels.push(shown(tone, value, alpha, behind));
            }
        }
        pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pictures_keep_the_shape_and_are_never_larger() {
        let small = |width, height| {
            let small = small_size(Size { width, height }, 320);
            (small.width, small.height)
        };
        assert_eq!(small(3840, 2160), (320, 180));
        assert_eq!(small(64, 36), (64, 36));
        assert_eq!(small(10_000, 1), (320, 1));
        assert_eq!(small(1, 1_000_000), (1, 2560));
    }

    #[test]
    fn rows_come_in_any_order_and_in_pieces() {
        let size = Size { width: 10, height: 6 };
        let value = |x: usize, y: usize| if x < 5 && y >= 3 { 1.0 } else { 0.0 };
        let mut whole = Shrink::new(size, 4, true, false);
        let mut pieces = Shrink::new(size, 4, true, false);
        let mut others = pieces.clone();
        for y in 0..6 {
            let row: Vec<f32> = (0..10).map(|x| value(x, y)).collect();
            whole.row(Role::Grey, 0, y as i64, &row);
        }
        for y in (0..6).rev() {
            let row: Vec<f32> = (0..10).map(|x| value(x, y)).collect();
            pieces.row(Role::Grey, 0, y as i64, &row[..3]);
            others.row(Role::Grey, 3, y as i64, &row[3..]);
        }
        others.row(Role::Grey, -2, 9, &[9.0; 4]);
        others.row(Role::Grey, 12, 0, &[9.0; 4]);
        pieces.add(others);
        assert_eq!(whole.clone().finish(Tone::Screen).unwrap(), pieces.finish(Tone::Screen).unwrap());
        (0..4).for_each(|plane| whole.close(plane));
        let pixels = whole.pixels(Tone::Screen);
        assert_eq!(pixels.len(), 4 * 2 * 3);
        assert_eq!((pixels[0], pixels[12], pixels[21]), (0, 255, 0));
    }

    #[test]
    fn pieces_that_reach_over_the_left_edge_are_cut_there() {
        let mut shrink = Shrink::new(Size { width: 4, height: 1 }, 4, true, false);
        shrink.row(Role::Grey, -2, 0, &[9.0, 9.0, 1.0, 0.0, 1.0, 0.0, 9.0]);
        shrink.close(0);
        assert_eq!(shrink.planes[0], [1.0, 0.0, 1.0, 0.0]);
    }
}
