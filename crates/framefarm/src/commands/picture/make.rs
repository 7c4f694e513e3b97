//! One picture of several: assembled, averaged, compared.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use model::Size;
use pictures::{Comparison, Grid, assemble, average, compare};
use serde_json::json;

use super::files::gather;
use crate::cli::Global;
use crate::output::{self, Exit, Failure, Talk, plural};

/// Put a picture together of its tiles
///
/// The tiles are given in their order, row by row from the upper left; a folder stands for all files in it,
/// by the numbers in their names. Each is the tile with its border, or the whole picture with the tile in it.
#[derive(Args, Debug)]
pub(super) struct Assemble {
    /// Tiles across and down: 4x4
    #[arg(long, value_name = "AxD")]
    tiles: Tiles,
    /// Pixels that were rendered around each tile, and are cut away
    #[arg(long, value_name = "PIXELS", default_value_t = 0)]
    border: u16,
    /// Size of the whole picture
    #[arg(long, value_name = "WxH")]
    size: Size,
    /// Quality of a JPEG, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 95, value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: u8,
    /// Only files with this frame number in their names
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    frame: Option<i64>,
    /// Where the picture goes; the ending says of which kind it is
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// The tiles, or folders with them
    #[arg(value_name = "FILE|DIR", required = true)]
    from: Vec<PathBuf>,
}

/// Make the mean of pictures
///
/// For pictures that were rendered with a part of their samples each. EXR keeps what a mean needs; pictures
/// of 8 and 16 bits are averaged as a screen shows them.
#[derive(Args, Debug)]
pub(super) struct Average {
    /// How much each picture counts, for example its samples; all the same where not given
    #[arg(long, value_name = "N,N,...", value_delimiter = ',')]
    weights: Vec<f64>,
    /// Only files with this frame number in their names
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    frame: Option<i64>,
    /// Where the picture goes; the ending says of which kind it is
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// The pictures, or folders with them
    #[arg(value_name = "FILE|DIR", required = true)]
    from: Vec<PathBuf>,
}

/// Compare the pixels of two pictures
///
/// The exit code is 0 where all are the same and 1 where some are not. Dates and other notes in the files do
/// not count.
#[derive(Args, Debug)]
pub(super) struct Compare {
    /// One picture
    #[arg(value_name = "FILE")]
    one: PathBuf,
    /// The other
    #[arg(value_name = "FILE")]
    other: PathBuf,
}

/// Tiles across and down.
#[derive(Clone, Copy, Debug)]
struct Tiles(u16, u16);

impl FromStr for Tiles {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "tiles are written 4x3: across, then down";
        let (across, down) = text.split_once('x').ok_or(wrong)?;
        match (across.parse(), down.parse()) {
            (Ok(across), Ok(down)) if across > 0 && down > 0 => Ok(Self(across, down)),
            _ => Err(wrong),
        }
    }
}

impl Assemble {
    pub(super) fn run(self, talk: Talk) -> Result<Exit, Failure> {
        let tiles = gather(&self.from, self.frame)?;
        let (Tiles(across, down), border, size) = (self.tiles, self.border, self.size);
        assemble(&tiles, Grid { across, down, border, size }, self.quality, &self.output)?;
        let made = format_args!("{} of {}", self.output.display(), plural(tiles.len(), "tile"));
        talk.say(made);
        Ok(Exit::Done)
    }
}

impl Average {
    pub(super) fn run(self, talk: Talk) -> Result<Exit, Failure> {
        if self.weights.iter().any(|weight| !(weight.is_finite() && *weight > 0.0)) {
            return Err(Failure::Misuse {
                what: "a weight is a number above 0".to_owned(),
                hint: "leave out --weights where all pictures count the same".to_owned(),
            });
        }
        let pictures = gather(&self.from, self.frame)?;
        average(&pictures, &self.weights, &self.output)?;
        talk.say(format_args!("{} of {}", self.output.display(), plural(pictures.len(), "picture")));
        Ok(Exit::Done)
    }
}

impl Compare {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let found = compare(&self.one, &self.other)?;
        let (same, text, told) = match found {
            Comparison::Same => (true, "all pixels are the same".to_owned(), json!({ "same": true })),
            Comparison::Pixels { count, of, greatest } => (
                false,
                format!("{count} of {of} pixels differ, by {greatest:.6} at most"),
                json!({ "same": false, "pixels": count, "of": of, "greatest": greatest }),
            ),
            Comparison::Shape(why) => {
                (false, format!("they cannot be compared: {why}"), json!({ "same": false, "why": why }))
            }
        };
        if global.json {
            output::json(&told)?;
        } else if !global.quiet {
            output::line(text)?;
        }
        Ok(if same { Exit::Done } else { Exit::Failed })
    }
}
