//! A regular expression as definition files write it, compiled once at load.
//!
//! It works on bytes, since what programs print is not always text, and its classes are those of ASCII.

use regex::bytes::{Regex, RegexBuilder};
use serde::{Serialize, Serializer};

use crate::definition::fields::{FromNode, Reader};
use crate::definition::node::Node;

/// Most memory that one compiled expression may take.
const SIZE_MAX: usize = 4 << 20;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// The expression.
    #[must_use]
    pub const fn regex(&self) -> &Regex {
        &self.0
    }

    /// How many groups it has, the whole match aside.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.0.captures_len() - 1
    }

    /// Names of its groups.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.capture_names().flatten()
    }

    /// Compiles `text`.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        let build = |unicode| RegexBuilder::new(text).unicode(unicode).size_limit(SIZE_MAX).build();
        // Letters beyond ASCII in a class, or classes of Unicode, have to be asked for.
        build(false).or_else(|_| build(true)).map(Self)
    }

    /// What its first group is in `text`.
    #[must_use]
    pub fn first_in(&self, text: &str) -> Option<String> {
        let found = self.0.captures(text.as_bytes())?.get(1)?;
        Some(String::from_utf8_lossy(found.as_bytes()).into_owned())
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
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
