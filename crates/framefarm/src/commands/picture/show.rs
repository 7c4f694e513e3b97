//! Looking at pictures: are they whole, what is in them, a small one of them.

use std::path::{Path, PathBuf};

use clap::Args;
use pictures::{Depth, Kind, Look, Picture, THUMBNAIL_WIDTH};
use serde_json::{Value, json};

use super::seen;
use crate::cli::Global;
use crate::output::{self, Cell, Exit, Facts, Failure, Table, Talk};

/// Check whether pictures are whole, to their last pixel
///
/// What is odd is told: pictures that are all black or of one colour, pixels that are not numbers. The exit
/// code is 1 where one of the files is not whole.
#[derive(Args, Debug)]
pub(super) struct Check {
    /// The pictures
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Show what is in a picture
#[derive(Args, Debug)]
pub(super) struct Show {
    /// The picture
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Make a small picture of one
#[derive(Args, Debug)]
pub(super) struct Thumbnail {
    /// The picture
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the small one goes, a JPEG
    #[arg(value_name = "TO")]
    to: PathBuf,
    /// Stops by which EXR and HDR are made brighter, or darker where negative
    #[arg(long, value_name = "EV", default_value_t = 0.0, allow_negative_numbers = true)]
    exposure: f32,
    /// Pixels across at most
    #[arg(long, value_name = "PIXELS", default_value_t = THUMBNAIL_WIDTH)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=16_384))]
    width: u32,
}

impl Check {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let mut told = Vec::new();
        let mut exit = Exit::Done;
        for file in &self.files {
            let looked = seen(file, Look { thumbnail: None, ..Look::default() });
            let picture = match looked {
                Err(misuse @ Failure::Misuse { .. }) => return Err(misuse),
                Err(failure) => {
                    exit = Exit::Failed;
                    let why = causes(&failure);
                    if global.json {
                        told.push(json!({ "file": file, "whole": false, "why": why }));
                    } else if !global.quiet {
                        output::line(format_args!("{}: {why}", file.display()))?;
                    }
                    continue;
                }
                Ok(picture) => picture,
            };
            if global.json {
                told.push(facts(file, &picture));
            } else if !global.quiet {
                output::line(format_args!("{}: {}", file.display(), verdict(&picture)))?;
            }
        }
        if global.json {
            output::json(&told)?;
        }
        Ok(exit)
    }
}

/// What is wrong, with its causes.
fn causes(failure: &Failure) -> String {
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(failure);
    let mut said = Vec::new();
    while let Some(error) = cause {
        said.push(error.to_string());
        cause = error.source();
    }
    said.join(": ")
}

/// `whole, 1920x1080; is all black`.
fn verdict(picture: &Picture) -> String {
    let size = picture.size.map(|size| format!(", {size}")).unwrap_or_default();
    let frames = picture.frames.map(|count| format!(", {count} frames")).unwrap_or_default();
    let whole = match &picture.depth {
        Depth::Whole => "whole".to_owned(),
        Depth::Structure(why) => format!("nothing is missing, but its pixels were not looked at ({why})"),
    };
    let odd = picture.findings().into_iter().map(|finding| format!("; {finding}"));
    format!("{whole}{size}{frames}{}", odd.collect::<String>())
}

impl Show {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let picture = seen(&self.file, Look { thumbnail: None, ..Look::default() })?;
        if global.json {
            output::json(&facts(&self.file, &picture))?;
            return Ok(Exit::Done);
        }
        let mut about = Facts::default();
        about.add("file", Cell::new(self.file.display()));
        about.add("kind", Cell::new(picture.kind.name()));
        about.add_some("size", picture.size);
        about.add_some("frames", picture.frames);
        if let Depth::Structure(why) = &picture.depth {
            about.add("not decoded", Cell::new(why));
        }
        for finding in picture.findings() {
            about.add("odd", Cell::new(format!("it {finding}")));
        }
        if picture.alpha_empty {
            about.add("alpha", Cell::new("all of it is empty"));
        }
        output::text(about)?;
        if !picture.parts.is_empty() {
            output::text(format_args!("\n{}", channels(&picture)))?;
        }
        Ok(Exit::Done)
    }
}

fn channels(picture: &Picture) -> Table {
    let heads = &["PART", "STORED", "CHANNEL", "VALUES", ">LEAST", ">GREATEST", ">NAN", ">INFINITE"];
    let mut table = Table::new(heads);
    for (number, part) in picture.parts.iter().enumerate() {
        let name = part.name.clone().unwrap_or_else(|| (number + 1).to_string());
        let stored = match part.compression {
            Some(compression) => format!("{}, {compression}", part.storage),
            None => part.storage.to_owned(),
        };
        for channel in &part.channels {
            let tally = channel.tally.as_ref();
            let number = |value: f32| value.is_finite().then(|| format!("{value:.4}"));
            table.row([
                Cell::new(&name),
                Cell::new(&stored),
                Cell::new(&channel.name),
                Cell::new(channel.sample),
                Cell::of(tally.and_then(|tally| number(tally.least))),
                Cell::of(tally.and_then(|tally| number(tally.greatest))),
                Cell::of(tally.map(|tally| tally.nan)),
                Cell::of(tally.map(|tally| tally.infinite)),
            ]);
        }
    }
    table
}

/// All of it, for programs.
fn facts(file: &Path, picture: &Picture) -> Value {
    let parts = picture.parts.iter().map(|part| {
        let channels = part.channels.iter().map(|channel| {
            let tally = channel.tally.as_ref();
            json!({
                "name": channel.name,
                "values": channel.sample.to_string(),
                "least": tally.map(|tally| tally.least),
                "greatest": tally.map(|tally| tally.greatest),
                "nan": tally.map(|tally| tally.nan),
                "infinite": tally.map(|tally| tally.infinite),
            })
        });
        json!({
            "name": part.name,
            "storage": part.storage,
            "compression": part.compression,
            "left": part.window.left,
            "top": part.window.top,
            "size": part.window.size.to_string(),
            "channels": channels.collect::<Vec<_>>(),
        })
    });
    let findings: Vec<String> = picture.findings().iter().map(ToString::to_string).collect();
    let not_decoded = match &picture.depth {
        Depth::Whole => None,
        Depth::Structure(why) => Some(why),
    };
    json!({
        "file": file,
        "whole": true,
        "not_decoded": not_decoded,
        "kind": picture.kind.name(),
        "size": picture.size.map(|size| size.to_string()),
        "frames": picture.frames,
        "findings": findings,
        "alpha_empty": picture.alpha_empty,
        "parts": parts.collect::<Vec<_>>(),
    })
}

impl Thumbnail {
    pub(super) fn run(self, talk: Talk) -> Result<Exit, Failure> {
        let jpeg = super::kind(&self.to).ok().filter(|kind| *kind == Kind::Jpeg);
        if jpeg.is_none() {
            return Err(Failure::Misuse {
                what: format!("{} does not end like a JPEG", self.to.display()),
                hint: "small pictures are JPEG files: end it in .jpg".to_owned(),
            });
        }
        let wanted = Look { thumbnail: Some(self.width), exposure: self.exposure, ..Look::default() };
        let picture = seen(&self.file, wanted)?;
        let Some(small) = picture.thumbnail else {
            let what = format!("{} has no pixels that can be shown", self.file.display());
            return Err(Failure::System { what });
        };
        std::fs::write(&self.to, small).map_err(|source| Failure::file("write", &self.to, source))?;
        talk.say(self.to.display());
        Ok(Exit::Done)
    }
}
