//! A regular expression as definition files write it, read at load and compiled when it is first used: a farm
//! knows dozens of packages, and most programs that load them use one or none.
//!
//! It works on bytes, since what programs print is not always text, and its classes are those of ASCII.

use std::sync::{Arc, OnceLock};

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};
use serde::{Serialize, Serializer};

use crate::definition::fields::{FromNode, Reader};
use crate::definition::node::Node;

/// Most memory that one compiled expression may take.
const SIZE_MAX: usize = 4 << 20;
/// Expressions of more parts than this are compiled at once, to see whether they are too large.
const PARTS_MAX: usize = 2000;

/// A regular expression that is well formed.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Arc<str>,
    /// Names of its groups, the whole match aside.
    groups: Vec<Option<Box<str>>>,
    /// Shared by its clones.
    compiled: Arc<OnceLock<Option<Regex>>>,
}

impl Pattern {
    /// The compiled expression. There always is one: what might not compile was compiled when it was read.
    #[must_use]
    pub fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.text).ok()).as_ref()
    }

    /// How many groups it has, the whole match aside.
    #[must_use]
    pub const fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Names of its groups.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flatten().map(AsRef::as_ref)
    }

    /// Reads `text`.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        let parse = |unicode| {
            let read = ParserBuilder::new().unicode(unicode).utf8(false).build().parse(text);
            read.map_err(|error| regex::Error::Syntax(error.to_string()))
        };
        let read = parse(false).or_else(|_| parse(true))?;
        let mut groups = Vec::new();
        let parts = look_through(&read, &mut groups);
        let compiled = if parts > PARTS_MAX { OnceLock::from(Some(compile(text)?)) } else { OnceLock::new() };
        Ok(Self { text: text.into(), groups, compiled: Arc::new(compiled) })
    }

    /// What its first group is in `text`.
    #[must_use]
    pub fn first_in(&self, text: &str) -> Option<String> {
        let found = self.regex()?.captures(text.as_bytes())?.get(1)?;
        Some(String::from_utf8_lossy(found.as_bytes()).into_owned())
    }
}

fn compile(text: &str) -> Result<Regex, regex::Error> {
    let build = |unicode| RegexBuilder::new(text).unicode(unicode).size_limit(SIZE_MAX).build();
    // Letters beyond ASCII in a class, or classes of Unicode, have to be asked for.
    build(false).or_else(|_| build(true))
}

/// Notes the groups of `part`, and says of how many parts it would be with all repetitions written out.
fn look_through(part: &Hir, groups: &mut Vec<Option<Box<str>>>) -> usize {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(class) => match class {
            regex_syntax::hir::Class::Unicode(class) => class.ranges().len(),
            regex_syntax::hir::Class::Bytes(class) => class.ranges().len(),
        },
        HirKind::Repetition(repeated) => {
            let times = repeated.max.unwrap_or(repeated.min).max(1);
            look_through(&repeated.sub, groups).saturating_mul(times as usize)
        }
        HirKind::Capture(group) => {
            let at = group.index as usize;
            if groups.len() < at {
                groups.resize(at, None);
            }
            groups[at - 1].clone_from(&group.name);
            look_through(&group.sub, groups)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(0, |sum: usize, part| sum.saturating_add(look_through(part, groups)))
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl FromNode for Pattern {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let text = String::read(node, reader)?;
        match Self::new(&text) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                // The last line says what is wrong, those above draw it.
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let hint = "a pattern stands in single quotes, and a \\ before what is meant as itself";
                reader.fault_with(&node.place, format!("the pattern {text:?} cannot be read: {why}"), hint);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_known_without_compiling() {
        for text in [
            r"^Frame (\d+)/(?P<all>\d+)",
            r"no groups (?:at all) \(nor here\) [(]",
            r"((a)|(?<b>b)){2,3}(?i:(c))?",
            r"(?i)[[:alpha:]é]+ (\w)",
        ] {
            let pattern = Pattern::new(text).unwrap();
            assert!(pattern.compiled.get().is_none());
            let names: Vec<String> = pattern.names().map(str::to_owned).collect();
            let regex = pattern.regex().unwrap();
            assert_eq!(pattern.groups(), regex.captures_len() - 1, "{text}");
            assert_eq!(names, regex.capture_names().flatten().collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_or_too_large_is_told_at_once() {
        assert!(matches!(Pattern::new("("), Err(regex::Error::Syntax(_))));
        for text in [r"(?:a{1000}){1000}", r"(?:\w{500}|b{1000}){900}"] {
            assert!(matches!(Pattern::new(text), Err(regex::Error::CompiledTooBig(_))), "{text}");
        }
    }

    #[test]
    fn whatever_is_read_can_be_compiled() {
        // As large as may be without being compiled at once.
        for text in
            [r"(?i:é\w){60}".to_owned(), "x".repeat(PARTS_MAX), r"[^é]".repeat(900), ".{2000}".to_owned()]
        {
            let pattern = Pattern::new(&text).unwrap();
            assert!(pattern.regex().is_some(), "{text}");
        }
    }
}
