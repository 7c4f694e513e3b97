//! What a package leaves behind: where it is found, whether it counts, and the name it is published under.

use std::io;
use std::path::{Path, PathBuf};

use model::{Output, Step};

use crate::Invocation;
use crate::definition::Definition;
use crate::left::{Left, named};
use crate::template::{Template, padded};
use crate::verify::{VerifyError, verify};

/// A file of an attempt that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// Where it lies now.
    pub path: PathBuf,
    /// What is published of it.
    pub output: Output,
}

/// Why an attempt has made nothing that counts.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// It left no such file.
    #[error("no {wanted} was made{}", if others.is_empty() { String::new() } else {
        format!("; what it left behind is {}", named(others))
    })]
    Missing {
        /// File name wanted, with a `*` where the package may append to it.
        wanted: String,
        /// What lies in the scratch folder instead.
        others: Vec<String>,
    },
    /// It left several, and nothing says which.
    #[error("several files could be the frame: {}; a frame is one file", named(found))]
    Several {
        /// Their names.
        found: Vec<String>,
    },
    /// What it left does not count.
    #[error(transparent)]
    Unfit(#[from] VerifyError),
    /// The scratch folder cannot be read.
    #[error("cannot read the scratch folder {}", folder.display())]
    Scratch {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Invocation<'_> {
    /// Finds what the attempt made, a file for each of its frames, verifies it and names it for publication
    /// as `<slug>.<frame>.<ending>`.
    ///
    /// A plain command that does not name `{output}` and leaves no file there is one whose result is what
    /// it prints: `log`, its log file, is published then, once for a chunk. One that prints nothing either is
    /// done without a file.
    ///
    /// # Errors
    /// Where a frame has no file, more than one, or one that is broken or has another size than asked.
    pub fn collect(&self, log: &Path, slug: &str) -> Result<Vec<Collected>, CollectError> {
        let ending = ending(self.definition, self.step);
        let left = Left::by(self, ending.as_deref())?;
        if left.is_nothing() && !names_output(self.definition, self.step) {
            return self.printed(log, slug);
        }
        let ending = ending.unwrap_or_default();
        let file = |number| self.collected(left.of(number)?, number, &ending, slug);
        self.numbers().map(file).collect()
    }

    fn collected(
        &self,
        path: PathBuf,
        number: i64,
        ending: &str,
        slug: &str,
    ) -> Result<Collected, CollectError> {
        let verified = verify(&path, ending, self.step.work.size)?;
        let name = published_name(slug, number, ending);
        let output = Output {
            name,
            digest: verified.digest,
            bytes: verified.bytes,
            size: verified.size,
            thumbnail: None,
        };
        Ok(Collected { path, output })
    }

    fn printed(&self, log: &Path, slug: &str) -> Result<Vec<Collected>, CollectError> {
        let silent = log.metadata().map_or(true, |about| about.len() == 0);
        if silent && self.step.may_be_silent() {
            return Ok(Vec::new());
        }
        self.collected(log.to_owned(), self.number, "log", slug).map(|collected| vec![collected])
    }
}

/// The name a frame's file is published under: `<slug>.<frame>.<ending>`, four digits at least.
#[must_use]
pub fn published_name(slug: &str, number: i64, ending: &str) -> String {
    format!("{slug}.{}.{ending}", padded(number, 4))
}

/// What `{output}` stands for: where the package is told to leave the frame. Of a chunk it is the beginning
/// of each frame's file, so that the numbers fit in before the ending.
pub(crate) fn wanted(invocation: &Invocation<'_>) -> PathBuf {
    let stem = &invocation.definition.outputs.stem;
    let alone = invocation.step.chunk <= 1 && ending_in_command(invocation.step).is_none();
    match ending(invocation.definition, invocation.step).filter(|_| alone) {
        Some(ending) => invocation.scratch.join(format!("{stem}.{ending}")),
        None => invocation.scratch.join(stem),
    }
}

/// The ending of what `step` makes: the job's format, else the ending its command puts behind `{output}`,
/// else the package's own.
pub(crate) fn ending(definition: &Definition, step: &Step) -> Option<String> {
    let told = step.work.format.as_ref().map(|format| format.to_lowercase());
    told.or_else(|| ending_in_command(step))
        .or_else(|| definition.formats.first().map(|format| format.ending.clone()))
        .or_else(|| definition.outputs.ending.clone())
}

/// The ending that the job's command writes itself, as in `{output}.png`; of a chunk what stands behind the
/// number, as in `{output}.{frames}.png`.
pub(crate) fn ending_in_command(step: &Step) -> Option<String> {
    step.work.command.iter().find_map(|word| {
        let rest = Template::parse(word).rest_behind("output")?;
        let plain = |c: char| c.is_ascii_alphanumeric();
        let ending = if step.chunk <= 1 {
            rest.strip_prefix('.')?.split(|c| !plain(c)).next()?
        } else {
            // The file name ends where words of a shell do.
            let name = rest.split(|c: char| c.is_whitespace() || "'\"`;|&<>()".contains(c)).next()?;
            name.rsplit_once('.')?.1
        };
        let fits = (1..=8).contains(&ending.len()) && ending.chars().all(plain);
        let numbered = step.chunk > 1 && ending.bytes().all(|b| b.is_ascii_digit());
        (fits && !numbered).then(|| ending.to_lowercase())
    })
}

/// Whether the package is told where to leave a file.
pub(crate) fn names_output(definition: &Definition, step: &Step) -> bool {
    let named = |template: &Template| template.names().any(|name| matches!(name, "output" | "output_stem"));
    definition.command.iter().flat_map(|group| &group.arguments).any(named)
        || step.work.command.iter().any(|word| named(&Template::parse(word)))
}
