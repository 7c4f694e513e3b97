//! What a field must be, and whether a value is so.

use serde::{Deserialize, Serialize};

use super::Value;
use crate::VersionPattern;

/// What a field must be. In a text, `*` stands for anything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// One of these texts, letter case aside.
    OneOf(Vec<String>),
    /// None of these texts, letter case aside.
    NoneOf(Vec<String>),
    /// At least this much.
    AtLeast(u64),
    /// At most this much.
    AtMost(u64),
    /// A version of this pattern.
    Version(VersionPattern),
}

impl Requirement {
    /// Whether `value` meets it. A text where an amount is wanted, or the reverse, never does.
    #[must_use]
    pub fn meets(&self, value: Value<'_>) -> bool {
        let is_one = |texts: &[String], text: &str| texts.iter().any(|one| is_like(one, text));
        match (self, value) {
            (Self::OneOf(texts), Value::Text(text)) => is_one(texts, text),
            (Self::NoneOf(texts), Value::Text(text)) => !is_one(texts, text),
            (Self::OneOf(texts), Value::Addresses(all)) => all.iter().any(|one| is_one(texts, &one.address)),
            (Self::NoneOf(texts), Value::Addresses(all)) => {
                !all.iter().any(|one| is_one(texts, &one.address))
            }
            (Self::AtLeast(bound), Value::Amount(amount)) => amount >= *bound,
            (Self::AtMost(bound), Value::Amount(amount)) => amount <= *bound,
            (Self::Version(pattern), Value::Text(text)) => pattern.fits(text),
            _ => false,
        }
    }
}

/// Whether `text` is `pattern`, letter case aside, each `*` of which stands for anything.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern.eq_ignore_ascii_case(text) };
    let begins = text.get(..head.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(head));
    if !begins {
        return false;
    }
    let (mut left, mut parts) = (text[head.len()..].to_ascii_lowercase(), rest.split('*').peekable());
    while let Some(part) = parts.next() {
        let part = part.to_ascii_lowercase();
        if parts.peek().is_none() {
            return left.ends_with(&part);
        }
        // The first place is as good as any later one: it leaves most to those behind it.
        match left.find(&part) {
            Some(at) => left.drain(..at + part.len()),
            None => return false,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, fits) in [
            ("farm-*", "farm-17", true),
            ("farm-*", "Farm-", true),
            ("farm-*", "barn-17", false),
            ("*EPYC*", "AMD epyc 7763 64-Core", true),
            ("*EPYC", "AMD EPYC 7763", false),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "acb", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("10.0.0.*", "10.0.0.7", true),
            ("é*", "École", false),
            ("x*", "é", false),
        ] {
            assert_eq!(is_like(pattern, text), fits, "{pattern} {text}");
        }
    }
}
