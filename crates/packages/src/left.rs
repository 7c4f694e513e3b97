//! What lies in the scratch folder of an attempt, and which file of it is which frame.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::{CollectError, Invocation};

/// So many names are told of what an attempt left behind.
const NAMES_MAX: usize = 8;

/// What an attempt left behind.
pub(crate) struct Left<'a> {
    scratch: &'a Path,
    stem: &'a str,
    /// Dot and ending wanted.
    tail: String,
    /// Names of all that lies there, in order.
    names: Vec<String>,
    files: Files,
}

enum Files {
    /// Those that could be the one frame.
    One(Vec<String>),
    /// Those of a chunk, by the number in their names, the sign aside.
    Numbered(BTreeMap<u64, Vec<Numbered>>),
}

struct Numbered {
    name: String,
    /// A dash stands before the number: a sign, or what parts it from the rest.
    dashed: bool,
}

impl<'a> Left<'a> {
    /// Looks for files with `ending`, or with any, that `invocation` left behind.
    pub(crate) fn by(invocation: &Invocation<'a>, ending: Option<&str>) -> Result<Self, CollectError> {
        let (scratch, stem) = (invocation.scratch, invocation.definition.outputs.stem.as_str());
        let tail = ending.map(|ending| format!(".{ending}")).unwrap_or_default();
        let mut left = Self { scratch, stem, tail, names: Vec::new(), files: Files::One(Vec::new()) };
        let exact = format!("{stem}{}", left.tail);
        let chunk = invocation.step.chunk > 1;
        // A chunk of one frame, such as the last one of a list, may leave it with its number or without.
        if (!chunk || invocation.more.is_empty()) && is_file(&scratch.join(&exact)) {
            left.files = Files::One(vec![exact]);
            return Ok(left);
        }
        let broken = |source| CollectError::Scratch { folder: scratch.to_owned(), source };
        for entry in scratch.read_dir().map_err(broken)? {
            left.names.push(entry.map_err(broken)?.file_name().to_string_lossy().into_owned());
        }
        left.names.sort();
        let fits = |name: &&String| {
            name.len() >= stem.len() + left.tail.len()
                && name.starts_with(stem)
                && name.to_ascii_lowercase().ends_with(&left.tail)
                && is_file(&scratch.join(name))
        };
        let fit = left.names.iter().filter(fits);
        left.files = if chunk { left.numbered(fit) } else { Files::One(fit.cloned().collect()) };
        Ok(left)
    }

    fn numbered<'n>(&self, names: impl Iterator<Item = &'n String>) -> Files {
        let mut numbered: BTreeMap<u64, Vec<Numbered>> = BTreeMap::new();
        for name in names {
            let middle = &name[self.stem.len()..name.len() - self.tail.len()];
            let before = middle.trim_end_matches(|c: char| c.is_ascii_digit());
            if let Ok(number) = middle[before.len()..].parse() {
                let dashed = before.ends_with('-');
                numbered.entry(number).or_default().push(Numbered { name: name.clone(), dashed });
            }
        }
        Files::Numbered(numbered)
    }

    /// Whether no file could be a frame.
    pub(crate) fn is_nothing(&self) -> bool {
        match &self.files {
            Files::One(names) => names.is_empty(),
            Files::Numbered(names) => names.is_empty(),
        }
    }

    /// The file of the frame `number`.
    pub(crate) fn of(&self, number: i64) -> Result<PathBuf, CollectError> {
        let (stem, tail) = (self.stem, &self.tail);
        let (found, wanted): (Vec<&str>, String) = match &self.files {
            Files::One(names) => (names.iter().map(String::as_str).collect(), format!("{stem}*{tail}")),
            Files::Numbered(names) => {
                let named = names.get(&number.unsigned_abs()).map_or(&[][..], Vec::as_slice);
                (best(named, number < 0), format!("{stem}*{number}{tail}"))
            }
        };
        match found.as_slice() {
            [] => Err(CollectError::Missing { wanted, others: self.names.clone() }),
            [name] => Ok(self.scratch.join(name)),
            several => {
                Err(CollectError::Several { found: several.iter().map(|name| (*name).to_owned()).collect() })
            }
        }
    }
}

/// Names with a dash for a negative number; for others those without one before those with.
fn best(named: &[Numbered], negative: bool) -> Vec<&str> {
    let with = |dashed| named.iter().filter(move |file| file.dashed == dashed);
    let dashed = negative || with(false).next().is_none();
    with(dashed).map(|file| file.name.as_str()).collect()
}

/// A file itself: what a link leads to need not have been made by this attempt.
fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| about.is_file())
}

/// The first few of `names`, for people.
pub(crate) fn named(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMES_MAX);
    let first = names.iter().take(NAMES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
}
