//! A regular expression as definition files write it, compiled once at load.

use regex::Regex;
use serde::Deserialize;

/// A compiled regular expression.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(Regex);

impl Pattern {
    /// The expression.
    #[must_use]
    pub fn regex(&self) -> &Regex {
        &self.0
    }

    /// How many groups it has, the whole match aside.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.0.captures_len() - 1
    }
}

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, regex::Error> {
        Regex::new(&text).map(Self)
    }
}
