//! `framefarm picture`: look at pictures, and make one of several. What it makes is also what the packages
//! `assemble` and `average` run on render hosts.

mod files;
mod make;
mod show;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use pictures::{Kind, Look, Picture as Seen, look};

use crate::cli::Global;
use crate::output::{Exit, Failure};

/// More threads than these have nothing to do.
const THREADS_MAX: usize = 8;

/// Look at pictures, and make one of several
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm picture check frames/*.exr           are they whole, and not black?
  framefarm picture thumbnail a.exr a.jpg --exposure 1
  framefarm picture compare a.png b.png          exit code 1 where they differ")]
pub(crate) struct Picture {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Check(show::Check),
    Show(show::Show),
    Thumbnail(show::Thumbnail),
    Compare(make::Compare),
    Assemble(make::Assemble),
    Average(make::Average),
}

impl Picture {
    pub(crate) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self.what {
            What::Check(check) => check.run(global),
            What::Show(show) => show.run(global),
            What::Thumbnail(thumbnail) => thumbnail.run(global.talk()),
            What::Compare(compare) => compare.run(global),
            What::Assemble(assemble) => assemble.run(global.talk()),
            What::Average(average) => average.run(global.talk()),
        }
    }
}

/// The kind of the file at `path`, by its ending.
fn kind(path: &Path) -> Result<Kind, Failure> {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    Kind::of_ending(&ending).ok_or_else(|| Failure::Misuse {
        what: format!("{} does not end like a picture", path.display()),
        hint: "known are exr, png, jpg, tif, hdr, tga, bmp, ppm and films: mp4, mov, mkv, webm, avi"
            .to_owned(),
    })
}

/// Looks at a picture with the processors that there are.
fn seen(path: &Path, wanted: Look) -> Result<Seen, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(THREADS_MAX);
    let looked = look(path, kind(path)?, &Look { threads, ..wanted });
    looked.map_err(|source| Failure::Picture { path: PathBuf::from(path), source })
}
