//! What is known of a picture once it has been looked at.

use std::fmt;

use model::Size;

use crate::{Kind, Tally};

/// A picture that was looked at.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What it is.
    pub kind: Kind,
    /// Pixels across and down: of an EXR its display window.
    pub size: Option<Size>,
    /// Its parts; one but for EXR files of several.
    pub parts: Vec<Part>,
    /// Which part is the picture that people mean, and which of its channels: those that were judged.
    pub beauty: Option<usize>,
    /// Pixels of it that are no numbers or infinite.
    pub not_numbers: u64,
    /// Whether it is all of one colour.
    pub blank: Option<Blank>,
    /// Whether it has an alpha channel and all of it is empty.
    pub alpha_empty: bool,
    /// How far it was looked into.
    pub depth: Depth,
    /// A small JPEG of it.
    pub thumbnail: Option<Vec<u8>>,
    /// Frames of a film.
    pub frames: Option<u64>,
}

/// A picture that is all of one colour.
#[derive(Clone, Debug, PartialEq)]
pub enum Blank {
    /// Black.
    Black,
    /// Another one: its values.
    OneColour(Vec<f32>),
}

/// How far a picture was looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Depth {
    /// To its last pixel.
    Whole,
    /// To its last byte, but its pixels could not be had: why.
    Structure(String),
}

/// A part of a picture file.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// How it is stored: `scanline`, `tiled`, `deep scanline`, `deep tiled`.
    pub storage: &'static str,
    /// How it is compressed, where the file says so.
    pub compression: Option<&'static str>,
    /// Where its pixels lie.
    pub window: Window,
    /// Its channels, in the order of the file.
    pub channels: Vec<Channel>,
}

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First column.
    pub left: i32,
    /// First row.
    pub top: i32,
    /// Pixels across and down.
    pub size: Size,
}

/// A channel of a picture.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub sample: Sample,
    /// What was seen of its values; nothing where they could not be had.
    pub tally: Option<Tally>,
}

/// What the values of a channel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// Whole numbers of 8 bits, 0 to 1.
    U8,
    /// Whole numbers of 16 bits, 0 to 1.
    U16,
    /// Whole numbers of 32 bits: names of objects.
    U32,
    /// Floating point of 16 bits.
    Half,
    /// Floating point of 32 bits.
    Float,
}

impl Sample {
    /// Bytes of a value.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::Half => 2,
            Self::U32 | Self::Float => 4,
        }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::U8 => "8 bit",
            Self::U16 => "16 bit",
            Self::U32 => "32 bit",
            Self::Half => "half",
            Self::Float => "float",
        })
    }
}

/// What a person should look at; written it follows the name of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// All of it is black.
    Black,
    /// All of it is of one colour: its values.
    OneColour(Vec<f32>),
    /// So many pixels are not numbers.
    NotNumbers(u64),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Black => f.write_str("is all black"),
            Self::OneColour(values) => {
                let values: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
                write!(f, "is all of one colour ({})", values.join(", "))
            }
            Self::NotNumbers(1) => f.write_str("has 1 pixel that is not a number"),
            Self::NotNumbers(count) => write!(f, "has {count} pixels that are not numbers"),
        }
    }
}

impl Picture {
    /// What a person should look at, the worst first.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let numbers = (self.not_numbers > 0).then_some(Finding::NotNumbers(self.not_numbers));
        let blank = self.blank.as_ref().map(|blank| match blank {
            Blank::Black => Finding::Black,
            Blank::OneColour(values) => Finding::OneColour(values.clone()),
        });
        numbers.into_iter().chain(blank).collect()
    }
}
