//! What a package leaves behind: where it is found, whether it counts, and the name it is published under.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use model::{Digest, Output, Refuse, Step};
use pictures::Finding;

use crate::Invocation;
use crate::definition::Definition;
use crate::doubts::{Doubt, doubts, is_stale};
use crate::left::{Left, named};
use crate::template::{Template, padded};
use crate::verify::{Verified, VerifyError, Wanted, verify};

/// A file of an attempt that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// Where it lies now.
    pub path: PathBuf,
    /// What is published of it.
    pub output: Output,
    /// A small picture of it, a JPEG.
    pub thumbnail: Option<Vec<u8>>,
}

/// What an attempt made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collection {
    /// Its files.
    pub files: Vec<Collected>,
    /// What a person should look at though the files count, a sentence each.
    pub warnings: Vec<String>,
}

/// What is known of an attempt besides what it left behind.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// When it began, by the clock of the filesystem that its files lie on.
    pub begun: Option<SystemTime>,
    /// Sizes in bytes of files that earlier attempts of the step made.
    pub sizes: Vec<u64>,
    /// Threads that may look at a picture, one at least.
    pub threads: usize,
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
    /// It counts, but for what the job refuses.
    #[error("{}, which this job does not let pass", what.join("; "))]
    Refused {
        /// What is the matter.
        what: Vec<String>,
    },
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
    /// as `<slug>.<frame>.<ending>`, or `<slug>.<ending>` where it is no frame.
    ///
    /// A plain command that does not name `{output}` and leaves no file there is one whose result is what
    /// it prints: `log`, its log file, is published then, once for a chunk. One that prints nothing either is
    /// done without a file.
    ///
    /// # Errors
    /// Where a frame has no file, more than one, or one that is broken, old, has another size than asked, or
    /// is what the job refuses.
    pub fn collect(&self, log: &Path, slug: &str, known: &Known) -> Result<Collection, CollectError> {
        let ending = ending(self.definition, self.step);
        let left = Left::by(self, ending.as_deref())?;
        if left.is_nothing() && !names_output(self.definition, self.step) {
            return self.printed(log, slug, known);
        }
        let ending = ending.unwrap_or_default();
        let mut collection = Collection::default();
        for number in self.numbers() {
            let path = left.of(number)?;
            // A plain command may well copy what it is given.
            if is_stale(&path, known.begun) && !self.definition.brings_program() {
                return Err(VerifyError::Stale { path }.into());
            }
            self.collected(path, number, &ending, slug, known, &mut collection)?;
        }
        Ok(collection)
    }

    /// Whether what it prints may be what it makes.
    #[must_use]
    pub fn may_print_its_result(&self) -> bool {
        !names_output(self.definition, self.step)
    }

    fn collected(
        &self,
        path: PathBuf,
        number: i64,
        ending: &str,
        slug: &str,
        known: &Known,
        into: &mut Collection,
    ) -> Result<(), CollectError> {
        let work = &self.step.work;
        let tile = work.part.zip(work.size).and_then(|(part, size)| part.crop(size)).map(|crop| crop.size());
        // Parts of a picture are not shown, and what is odd about one need not be odd about the whole.
        let part = work.part.is_some();
        let wanted = Wanted { size: work.size, tile, thumbnail: !part, threads: known.threads };
        let verified = verify(&path, ending, &wanted)?;
        let name = match self.definition.outputs.single && self.step.frames.count() == 1 {
            true => format!("{slug}.{ending}"),
            false => published_name(slug, number, ending),
        };
        if !part {
            let refused = refused(&verified, &work.refuse, &name);
            if !refused.is_empty() {
                return Err(CollectError::Refused { what: refused });
            }
        }
        into.warnings.extend(doubts(&path, &verified, part, known).into_iter().map(|doubt| doubt.of(&name)));
        let Verified { digest, bytes, size, thumbnail, .. } = verified;
        let small = thumbnail.as_ref().map(|small| Digest(*blake3::hash(small).as_bytes()));
        let output = Output { name, digest, bytes, size, thumbnail: small };
        into.files.push(Collected { path, output, thumbnail });
        Ok(())
    }

    fn printed(&self, log: &Path, slug: &str, known: &Known) -> Result<Collection, CollectError> {
        let silent = log.metadata().map_or(true, |about| about.len() == 0);
        let mut collection = Collection::default();
        if !silent || !self.step.may_be_silent() {
            let known = Known { sizes: Vec::new(), ..known.clone() };
            self.collected(log.to_owned(), self.number, "log", slug, &known, &mut collection)?;
        }
        Ok(collection)
    }
}

/// What of a file the job does not let pass.
fn refused(verified: &Verified, refuse: &std::collections::BTreeSet<Refuse>, name: &str) -> Vec<String> {
    let kind = |finding: &Finding| match finding {
        Finding::Black | Finding::OneColour(_) => Refuse::Blank,
        Finding::NotNumbers(_) => Refuse::NotNumbers,
    };
    let found = verified.findings.iter().filter(|finding| refuse.contains(&kind(finding)));
    found.map(|finding| Doubt::Found(finding.clone()).of(name)).collect()
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
#[must_use]
pub fn ending(definition: &Definition, step: &Step) -> Option<String> {
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
