//! What a rendering package is asked to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::JobPath;

/// What a rendering package is asked to do for a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Work {
    /// The rendering package, by the name of its definition.
    pub package: String,
    /// The render file among the job's files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene: Option<JobPath>,
    /// Wanted size of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Ending of the pictures, `png`; the package's first where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Folders among the job's files that the package searches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<String>,
    /// Settings that the package's definition declares.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// Arguments handed to the package as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// For the package `command`: the program and its arguments, with `{frame}`, `{output}` and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The part of each picture that is made, where one picture is spread over several steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// Kinds of warnings that fail a frame instead.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub refuse: BTreeSet<Refuse>,
    /// Whether frames get a process each though the package could keep one warm for many.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cold: bool,
    /// Whether the job's own command stays for many frames, as packages do that can.
    #[serde(default, skip_serializing_if = "is_false")]
    pub warm: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// The folder in that of a job, in the storage, where parts of pictures lie until the pictures are done.
pub const PARTS: &str = "parts";

/// A part of a picture. All parts of a picture put together are the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A tile of a grid; the size of the whole picture has to be given.
    Tile {
        /// Which, from 0, row by row from the upper left.
        at: u16,
        /// Tiles in a row.
        across: u16,
        /// Tiles in a column.
        down: u16,
        /// Pixels rendered around it and cut away again.
        #[serde(default)]
        border: u16,
    },
    /// A share of the samples of every pixel; the parts are averaged.
    Samples {
        /// Which, from 0.
        at: u16,
        /// Of how many.
        of: u16,
        /// Samples of the whole picture.
        total: u32,
    },
}

/// A region of a picture in pixels from its upper left corner; right and bottom lie outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crop {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// The column behind the last.
    pub right: u32,
    /// The row behind the last.
    pub bottom: u32,
}

impl Crop {
    /// How large it is.
    #[must_use]
    pub const fn size(&self) -> Size {
        Size { width: self.right - self.left, height: self.bottom - self.top }
    }
}

impl Part {
    /// What is rendered for a tile of a picture of `whole` size: itself with its border, as far as that lies
    /// in the picture. None where it is no tile, or none of such a grid.
    #[must_use]
    pub fn crop(&self, whole: Size) -> Option<Crop> {
        let Self::Tile { border, .. } = *self else { return None };
        let (inner, border) = (self.inner(whole)?, u32::from(border));
        Some(Crop {
            left: inner.left.saturating_sub(border),
            top: inner.top.saturating_sub(border),
            right: inner.right.saturating_add(border).min(whole.width),
            bottom: inner.bottom.saturating_add(border).min(whole.height),
        })
    }

    /// The same without the border: what it is of the picture. All tiles of a grid cover it once.
    #[must_use]
    pub fn inner(&self, whole: Size) -> Option<Crop> {
        let Self::Tile { at, across, down, .. } = *self else { return None };
        let (column, row) = (at.checked_rem(across)?, at.checked_div(across)?);
        let (left, right) = share(whole.width, column, across)?;
        let (top, bottom) = share(whole.height, row, down)?;
        Some(Crop { left, top, right, bottom })
    }

    /// Its first sample from 0, and how many it has; none where it is no share of samples, or not one of so
    /// many.
    #[must_use]
    pub fn samples(&self) -> Option<(u32, u32)> {
        let Self::Samples { at, of, total } = *self else { return None };
        let (first, end) = share(total, at, of)?;
        Some((first, end - first))
    }
}

/// Where the part `at` of `of` even parts of `whole` begins and ends; none where nothing would be in it.
fn share(whole: u32, at: u16, of: u16) -> Option<(u32, u32)> {
    let cut = |at: u16| {
        let cut = (u64::from(whole) * u64::from(at)).checked_div(u64::from(of))?;
        u32::try_from(cut).ok()
    };
    let (begin, end) = (cut(at)?, cut(at.checked_add(1)?)?);
    (at < of && begin < end).then_some((begin, end))
}

/// A kind of warning that a job may want to have failed instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refuse {
    /// The package missed a file, a texture for example, and went on without it.
    MissingFiles,
    /// The picture is all of one colour, black included.
    Blank,
    /// The picture holds values that are no numbers.
    NotNumbers,
    /// Any line that the package itself calls a warning.
    Warnings,
}

/// Width and height in pixels, written `640x360`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size {
    /// Pixels across, at least 1.
    pub width: u32,
    /// Pixels down, at least 1.
    pub height: u32,
}

/// Text that is not a picture size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a size; write width x height in pixels, for example 640x360, up to 65535 each")]
pub struct SizeError(String);

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let pixels = |part: &str| part.parse().ok().filter(|n| (1..=65_535).contains(n));
        text.split_once('x')
            .and_then(|(w, h)| Some(Self { width: pixels(w)?, height: pixels(h)? }))
            .ok_or_else(|| SizeError(text.to_owned()))
    }
}

impl TryFrom<String> for Size {
    type Error = SizeError;

    fn try_from(text: String) -> Result<Self, SizeError> {
        text.parse()
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        size.to_string()
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}x{}", self.width, self.height))
    }
}
