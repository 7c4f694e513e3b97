//! Versions as a profile asks for them, each part of which may be "don't care".

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a version must be like: `6`, `6.x`, `6.5`, `6.x.22`, `>=6.5,<7`, or `x` for any.
///
/// A part that is absent or `x` is not cared about (figure 5A: "IRIX 6.x"), so `6` also takes `6.5.22`.
/// Bounds compare number by number, an absent part counting as 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionPattern {
    text: String,
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Term {
    Like(Vec<Option<u64>>),
    AtLeast(Vec<u64>),
    Above(Vec<u64>),
    AtMost(Vec<u64>),
    Below(Vec<u64>),
}

/// Text that is not a version pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version; write for example 6, 6.x, 6.5, >=6.5,<7 or x for any")]
pub struct VersionPatternError(String);

impl VersionPattern {
    /// Any version.
    #[must_use]
    pub fn any() -> Self {
        Self { text: "x".to_owned(), terms: vec![Term::Like(vec![None])] }
    }

    /// Whether `version` (as a program prints it, `3.7.0.10.unofficial`) fits.
    #[must_use]
    pub fn fits(&self, version: &str) -> bool {
        let version = numbers(version);
        self.terms.iter().all(|term| match term {
            Term::Like(parts) => parts
                .iter()
                .enumerate()
                .all(|(i, part)| part.is_none_or(|part| version.get(i) == Some(&part))),
            Term::AtLeast(bound) => compare(&version, bound).is_ge(),
            Term::Above(bound) => compare(&version, bound).is_gt(),
            Term::AtMost(bound) => compare(&version, bound).is_le(),
            Term::Below(bound) => compare(&version, bound).is_lt(),
        })
    }

    /// Whether every version fits.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.terms.iter().all(|t| matches!(t, Term::Like(parts) if parts.iter().all(Option::is_none)))
    }
}

fn numbers(version: &str) -> Vec<u64> {
    let leading = |part: &str| {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse().ok()
    };
    version.split(['.', '-', '+', '_']).map_while(leading).collect()
}

fn compare(one: &[u64], other: &[u64]) -> Ordering {
    let part = |version: &[u64], i: usize| version.get(i).copied().unwrap_or(0);
    (0..one.len().max(other.len()))
        .map(|i| part(one, i).cmp(&part(other, i)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

impl FromStr for VersionPattern {
    type Err = VersionPatternError;

    fn from_str(text: &str) -> Result<Self, VersionPatternError> {
        let wrong = || VersionPatternError(text.to_owned());
        let bound = |rest: &str| -> Result<Vec<u64>, VersionPatternError> {
            rest.trim().split('.').map(|part| part.parse().map_err(|_| wrong())).collect()
        };
        let term = |part: &str| -> Result<Term, VersionPatternError> {
            let part = part.trim();
            if let Some(rest) = part.strip_prefix(">=") {
                return bound(rest).map(Term::AtLeast);
            }
            if let Some(rest) = part.strip_prefix("<=") {
                return bound(rest).map(Term::AtMost);
            }
            if let Some(rest) = part.strip_prefix('>') {
                return bound(rest).map(Term::Above);
            }
            if let Some(rest) = part.strip_prefix('<') {
                return bound(rest).map(Term::Below);
            }
            let part = part.strip_prefix('=').unwrap_or(part).trim();
            let number = |n: &str| match n {
                "x" | "X" | "*" => Ok(None),
                n => n.parse().map(Some).map_err(|_| wrong()),
            };
            part.split('.').map(number).collect::<Result<_, _>>().map(Term::Like)
        };
        let terms = text.split(',').map(term).collect::<Result<_, _>>()?;
        Ok(Self { text: plain(text), terms })
    }
}

/// One way to write the same: without blanks, each term behind the first with its sign.
fn plain(text: &str) -> String {
    let mut written = String::new();
    for term in text.split(',') {
        let term: String = term.chars().filter(|c| !c.is_whitespace()).collect();
        let bare = term.strip_prefix('=').unwrap_or(&term);
        let signed = term.starts_with(['<', '>']);
        written.push_str(match (written.is_empty(), signed) {
            (true, _) => "",
            (false, true) => ",",
            (false, false) => ",=",
        });
        written.push_str(if matches!(bare, "X" | "*") { "x" } else { bare });
    }
    written
}

impl TryFrom<String> for VersionPattern {
    type Error = VersionPatternError;

    fn try_from(text: String) -> Result<Self, VersionPatternError> {
        text.parse()
    }
}

impl From<VersionPattern> for String {
    fn from(pattern: VersionPattern) -> Self {
        pattern.text
    }
}

impl fmt::Display for VersionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}
