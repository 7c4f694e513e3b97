//! What a package leaves behind: where it is found, whether it counts, and the name it is published under.

use std::io;
use std::path::{Path, PathBuf};

use model::{Output, Step};

use crate::Invocation;
use crate::definition::Definition;
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
        format!("; what it left behind is {}", others.join(", "))
    })]
    Missing {
        /// File name wanted, with a `*` where the package may append to it.
        wanted: String,
        /// What lies in the scratch folder instead.
        others: Vec<String>,
    },
    /// It left several, and nothing says which.
    #[error("several files could be the frame: {}; a frame is one file", found.join(", "))]
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
    /// Finds what the attempt made, verifies it and names it for publication as `<slug>.<frame>.<ending>`.
    ///
    /// A plain command that does not name `{output}` and leaves no file there is one whose result is what
    /// it prints: `log`, its log file, is published then, so that every frame has a file.
    ///
    /// # Errors
    /// Where there is no file, more than one, or one that is broken or has another size than asked.
    pub fn collect(&self, log: &Path, slug: &str) -> Result<Vec<Collected>, CollectError> {
        let ending = ending(self.definition, self.step);
        let (path, ending) = match self.find(ending.as_deref()) {
            Ok(path) => (path, ending.unwrap_or_default()),
            Err(CollectError::Missing { .. }) if !names_output(self.definition, self.step) => {
                (log.to_owned(), "log".to_owned())
            }
            Err(error) => return Err(error),
        };
        let verified = verify(&path, &ending, self.step.work.size)?;
        let name = published_name(slug, self.number, &ending);
        let output = Output { name, digest: verified.digest, bytes: verified.bytes, size: verified.size };
        Ok(vec![Collected { path, output }])
    }

    /// The one file in the scratch folder that is the frame, whatever the package appended to its name.
    fn find(&self, ending: Option<&str>) -> Result<PathBuf, CollectError> {
        let stem = &self.definition.outputs.stem;
        let tail = ending.map(|ending| format!(".{ending}")).unwrap_or_default();
        let exact = self.scratch.join(format!("{stem}{tail}"));
        if is_file(&exact) {
            return Ok(exact);
        }
        let broken = |source| CollectError::Scratch { folder: self.scratch.to_owned(), source };
        let mut names = Vec::new();
        for entry in self.scratch.read_dir().map_err(broken)? {
            names.push(entry.map_err(broken)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        let fits = |name: &&String| {
            name.starts_with(stem)
                && name.to_lowercase().ends_with(&tail)
                && is_file(&self.scratch.join(name))
        };
        let found: Vec<String> = names.iter().filter(fits).cloned().collect();
        match found.as_slice() {
            [] => Err(CollectError::Missing { wanted: format!("{stem}*{tail}"), others: names }),
            [name] => Ok(self.scratch.join(name)),
            _ => Err(CollectError::Several { found }),
        }
    }
}

/// A file itself: what a link leads to need not have been made by this attempt.
fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| about.is_file())
}

/// The name a frame's file is published under: `<slug>.<frame>.<ending>`, four digits at least.
#[must_use]
pub fn published_name(slug: &str, number: i64, ending: &str) -> String {
    format!("{slug}.{}.{ending}", padded(number, 4))
}

/// What `{output}` stands for: where the package is told to leave the frame.
pub(crate) fn wanted(invocation: &Invocation<'_>) -> PathBuf {
    let stem = &invocation.definition.outputs.stem;
    let ending = ending(invocation.definition, invocation.step);
    match ending.filter(|_| ending_in_command(invocation.step).is_none()) {
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

/// The ending that the job's command writes itself, as in `{output}.png`.
pub(crate) fn ending_in_command(step: &Step) -> Option<String> {
    step.work.command.iter().find_map(|word| {
        let template = Template::parse(word);
        let behind = template.text_behind("output")?.strip_prefix('.')?;
        let end = behind.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(behind.len());
        (1..=8).contains(&end).then(|| behind[..end].to_lowercase())
    })
}

/// Whether the package is told where to leave a file.
fn names_output(definition: &Definition, step: &Step) -> bool {
    let named = |template: &Template| template.names().any(|name| matches!(name, "output" | "output_stem"));
    definition.command.iter().flat_map(|group| &group.arguments).any(named)
        || step.work.command.iter().any(|word| named(&Template::parse(word)))
}
