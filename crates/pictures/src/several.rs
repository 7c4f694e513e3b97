//! One picture made of several: put together of tiles, or their mean. And two compared.

use std::path::{Path, PathBuf};

use model::{Crop, Part, Size};

use crate::pixels::{PixelPart, Pixels, Plane, read};
use crate::values::{float_to_half, floats};
use crate::write::write;
use crate::{Kind, PictureError, Sample, Window};

/// How tiles make a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Tiles in a row.
    pub across: u16,
    /// Tiles in a column.
    pub down: u16,
    /// Pixels that were rendered around each and are cut away.
    pub border: u16,
    /// The whole picture.
    pub size: Size,
}

/// Why several pictures do not make one.
#[derive(Debug, thiserror::Error)]
pub enum SeveralError {
    /// There are more or fewer files than the picture has parts.
    #[error("{wanted} pictures are needed, and {found} are there")]
    Count {
        /// As many are needed.
        wanted: usize,
        /// As many are there.
        found: usize,
    },
    /// One cannot be read.
    #[error("the picture {} does not count", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: PictureError,
    },
    /// One is of a kind that nobody knows.
    #[error("{} does not end like a picture that is known here", path.display())]
    Kind {
        /// Which.
        path: PathBuf,
    },
    /// One has not the place that it should fill.
    #[error("the picture {} is {found}, and neither {whole} nor {tile}, the size of its tile", path.display())]
    Size {
        /// Which.
        path: PathBuf,
        /// Its size.
        found: Size,
        /// The size of all.
        whole: Size,
        /// The size of the tile with its border.
        tile: Size,
    },
    /// One has other channels than the first.
    #[error("the picture {} has the channels {found}, and the first has {wanted}", path.display())]
    Channels {
        /// Which.
        path: PathBuf,
        /// Its channels.
        found: String,
        /// Those of the first.
        wanted: String,
    },
    /// The grid is none.
    #[error("{across}x{down} tiles do not fit into {size} pixels")]
    Grid {
        /// Tiles in a row.
        across: u16,
        /// Tiles in a column.
        down: u16,
        /// The picture.
        size: Size,
    },
    /// The result cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: PictureError,
    },
}

/// Puts the picture `to` together of `tiles`, row by row from the upper left. Each is the tile with its
/// border or the whole picture with the tile in it. Values are copied as they are stored.
///
/// # Errors
/// See [`SeveralError`].
pub fn assemble(tiles: &[PathBuf], grid: Grid, quality: u8, to: &Path) -> Result<(), SeveralError> {
    let wanted = usize::from(grid.across) * usize::from(grid.down);
    if tiles.len() != wanted {
        return Err(SeveralError::Count { wanted, found: tiles.len() });
    }
    let kind = kind_of(to)?;
    let mut whole: Option<Pixels> = None;
    for (at, path) in (0u16..).zip(tiles) {
        let Grid { across, down, border, size } = grid;
        let part = Part::Tile { at, across, down, border };
        let places = part.inner(size).zip(part.crop(size));
        let (inner, crop) = places.ok_or(SeveralError::Grid { across, down, size })?;
        let tile = pixels(path)?;
        let canvas = whole.get_or_insert_with(|| empty(&tile, size));
        same_channels(path, &tile, canvas)?;
        for (from, into) in tile.parts.iter().zip(&mut canvas.parts) {
            let found = tile.size;
            let origin = origin(&tile, from, inner, crop, size).ok_or_else(|| SeveralError::Size {
                path: path.clone(),
                found,
                whole: size,
                tile: crop.size(),
            })?;
            copy(from, into, inner, origin);
        }
    }
    let whole = whole.ok_or(SeveralError::Count { wanted: 1, found: 0 })?;
    write(&whole, kind, quality, to).map_err(|source| SeveralError::Write { path: to.to_owned(), source })
}

/// Where the first pixel of a tile's part lies in the whole picture; nothing where it has not what is needed.
fn origin(tile: &Pixels, part: &PixelPart, inner: Crop, crop: Crop, whole: Size) -> Option<(i64, i64)> {
    let window = part.window;
    let (left, top) = (i64::from(window.left), i64::from(window.top));
    let (right, bottom) = (left + i64::from(window.size.width), top + i64::from(window.size.height));
    let holds = left <= i64::from(inner.left)
        && top <= i64::from(inner.top)
        && right >= i64::from(inner.right)
        && bottom >= i64::from(inner.bottom);
    if tile.size == whole && holds {
        return Some((left, top));
    }
    // Some renderers forget where a tile was.
    [crop, inner]
        .into_iter()
        .find(|place| window.size == place.size())
        .map(|place| (i64::from(place.left), i64::from(place.top)))
}

fn empty(like: &Pixels, size: Size) -> Pixels {
    let count = size.width as usize * size.height as usize;
    let plane = |plane: &Plane| Plane { bytes: vec![0; count * plane.sample.bytes()], ..plane.clone() };
    let parts = like.parts.iter().map(|part| PixelPart {
        window: Window { left: 0, top: 0, size },
        planes: part.planes.iter().map(plane).collect(),
        about: part.about.clone(),
    });
    Pixels { size, parts: parts.collect(), ..like.clone() }
}

/// Copies the pixels of `inner` from a part whose first pixel lies at `origin`.
fn copy(from: &PixelPart, into: &mut PixelPart, inner: Crop, origin: (i64, i64)) {
    let (source_width, width) = (from.window.size.width as usize, into.window.size.width as usize);
    let across = inner.size().width as usize;
    for (from, into) in from.planes.iter().zip(&mut into.planes) {
        let bytes = from.sample.bytes();
        for row in inner.top..inner.bottom {
            let x = usize::try_from(i64::from(inner.left) - origin.0).unwrap_or(0);
            let y = usize::try_from(i64::from(row) - origin.1).unwrap_or(0);
            let source = (y * source_width + x) * bytes;
            let target = (row as usize * width + inner.left as usize) * bytes;
            into.bytes[target..target + across * bytes]
                .copy_from_slice(&from.bytes[source..source + across * bytes]);
        }
    }
}

/// Writes to `to` the mean of `pictures`, each of which counts as much as its number in `weights`, or all the
/// same where that is empty. Whole numbers that are names of objects are those of the first.
///
/// # Errors
/// See [`SeveralError`].
pub fn average(pictures: &[PathBuf], weights: &[f64], to: &Path) -> Result<(), SeveralError> {
    if pictures.is_empty() || !weights.is_empty() && weights.len() != pictures.len() {
        return Err(SeveralError::Count { wanted: weights.len().max(1), found: pictures.len() });
    }
    let kind = kind_of(to)?;
    let total: f64 = if weights.is_empty() { pictures.len() as f64 } else { weights.iter().sum() };
    let mut first: Option<(Pixels, Vec<Vec<f64>>)> = None;
    let mut values = Vec::new();
    for (number, path) in pictures.iter().enumerate() {
        let weight = weights.get(number).copied().unwrap_or(1.0) / total;
        let picture = pixels(path)?;
        let (like, sums) = first.get_or_insert_with(|| {
            let planes = picture.parts.iter().flat_map(|part| &part.planes);
            let sums = planes.map(|plane| vec![0.0; plane.bytes.len() / plane.sample.bytes()]).collect();
            (picture.clone(), sums)
        });
        same_channels(path, &picture, like)?;
        same_windows(path, &picture, like)?;
        for (sums, plane) in sums.iter_mut().zip(picture.parts.iter().flat_map(|part| &part.planes)) {
            floats(plane.sample, &plane.bytes, &mut values);
            sums.iter_mut().zip(&values).for_each(|(sum, value)| *sum += f64::from(*value) * weight);
        }
    }
    let (mut mean, sums) = first.ok_or(SeveralError::Count { wanted: 1, found: 0 })?;
    for (plane, sums) in mean.parts.iter_mut().flat_map(|part| &mut part.planes).zip(&sums) {
        store(plane, sums);
    }
    write(&mean, kind, 95, to).map_err(|source| SeveralError::Write { path: to.to_owned(), source })
}

fn store(plane: &mut Plane, values: &[f64]) {
    let rounded = |value: f64, most: f64| (value * most).round().clamp(0.0, most);
    plane.bytes = match plane.sample {
        Sample::U32 => return,
        Sample::U8 => values.iter().map(|value| rounded(*value, 255.0) as u8).collect(),
        Sample::U16 => {
            values.iter().flat_map(|value| (rounded(*value, 65535.0) as u16).to_le_bytes()).collect()
        }
        Sample::Half => values.iter().flat_map(|value| float_to_half(*value as f32).to_le_bytes()).collect(),
        Sample::Float => values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect(),
    };
}

/// How two pictures differ.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// They have the same pixels, value by value.
    Same,
    /// Some pixels are not the same.
    Pixels {
        /// So many.
        count: u64,
        /// Of so many.
        of: u64,
        /// The greatest difference of a value; of whole numbers 1 is all of their range.
        greatest: f64,
    },
    /// They cannot be compared pixel by pixel: why.
    Shape(String),
}

/// Compares the pixels of two pictures.
///
/// # Errors
/// Where one of them cannot be read.
pub fn compare(one: &Path, other: &Path) -> Result<Comparison, SeveralError> {
    let (a, b) = (pixels(one)?, pixels(other)?);
    if a.size != b.size {
        return Ok(Comparison::Shape(format!("one is {} pixels, the other {}", a.size, b.size)));
    }
    if let Err(error) = same_channels(other, &b, &a).and_then(|()| same_windows(other, &b, &a)) {
        return Ok(Comparison::Shape(error.to_string()));
    }
    let (mut count, mut of, mut greatest) = (0, 0, 0.0f64);
    for (a, b) in a.parts.iter().zip(&b.parts) {
        let pixels = a.window.size.width as usize * a.window.size.height as usize;
        let mut odd = vec![false; pixels];
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for (a, b) in a.planes.iter().zip(&b.planes) {
            floats(a.sample, &a.bytes, &mut ours);
            floats(b.sample, &b.bytes, &mut theirs);
            let bytes = a.bytes.chunks_exact(a.sample.bytes()).zip(b.bytes.chunks_exact(b.sample.bytes()));
            for (pixel, (a, b)) in bytes.enumerate() {
                if a != b {
                    odd[pixel] = true;
                    greatest = greatest.max((f64::from(ours[pixel]) - f64::from(theirs[pixel])).abs());
                }
            }
        }
        count += odd.iter().filter(|odd| **odd).count() as u64;
        of += pixels as u64;
    }
    Ok(if count == 0 { Comparison::Same } else { Comparison::Pixels { count, of, greatest } })
}

fn kind_of(path: &Path) -> Result<Kind, SeveralError> {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let kind = Kind::of_ending(&ending).filter(|kind| *kind != Kind::Video);
    kind.ok_or_else(|| SeveralError::Kind { path: path.to_owned() })
}

fn pixels(path: &Path) -> Result<Pixels, SeveralError> {
    read(path, kind_of(path)?).map_err(|source| SeveralError::Read { path: path.to_owned(), source })
}

fn same_channels(path: &Path, found: &Pixels, wanted: &Pixels) -> Result<(), SeveralError> {
    let layouts =
        |pixels: &Pixels| pixels.parts.iter().map(PixelPart::layout_text).collect::<Vec<_>>().join("; ");
    let same = found.parts.len() == wanted.parts.len()
        && found.parts.iter().zip(&wanted.parts).all(|(a, b)| a.layout() == b.layout());
    match same {
        true => Ok(()),
        false => Err(SeveralError::Channels {
            path: path.to_owned(),
            found: layouts(found),
            wanted: layouts(wanted),
        }),
    }
}

fn same_windows(path: &Path, found: &Pixels, wanted: &Pixels) -> Result<(), SeveralError> {
    let pairs = found.parts.iter().zip(&wanted.parts);
    match pairs.map(|(a, b)| (a.window, b.window)).find(|(a, b)| a != b) {
        None => Ok(()),
        Some((a, b)) => {
            Err(SeveralError::Size { path: path.to_owned(), found: a.size, whole: wanted.size, tile: b.size })
        }
    }
}
