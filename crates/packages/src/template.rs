//! Text with `{placeholders}`, as definitions and the commands of jobs write it.
//!
//! A placeholder is a name in braces, `{frame}`, with a number of digits where wanted, `{frame:04}`.
//! Braces around anything else are text, so that `awk '{print $1}'` needs no care; `{{name}}` stands for
//! `{name}` as text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::definition::fields::{FromNode, Reader};
use crate::definition::node::Node;

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Placeholder { name: String, digits: usize },
}

/// What placeholders stand for. One that is known but has no value now is not in it.
pub(crate) type Values<'a> = BTreeMap<Cow<'a, str>, Value>;

/// What a placeholder stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    One(String),
    Number(i64),
    Numbers(Vec<i64>),
    Many(Vec<String>),
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl FromNode for Template {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        String::read(node, reader).map(|text| Self::parse(&text))
    }
}

impl Template {
    /// Reads `text`; every text is a template.
    pub(crate) fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            plain.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some((name, _, after)) =
                rest[1..].starts_with('{').then(|| placeholder(&rest[1..])).flatten()
                && let Some(after) = after.strip_prefix('}')
            {
                plain.push_str(&format!("{{{name}}}"));
                rest = after;
            } else if let Some((name, digits, after)) = placeholder(rest) {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Placeholder { name: name.to_owned(), digits });
                rest = after;
            } else {
                plain.push('{');
                rest = &rest[1..];
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Self { text: text.to_owned(), pieces }
    }

    /// The names of its placeholders.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Placeholder { name, .. } => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text behind the placeholder `name` where it first occurs, as far as it can be told beforehand:
    /// what other placeholders stand for is a `0`.
    pub(crate) fn rest_behind(&self, name: &str) -> Option<String> {
        let is = |piece: &Piece| matches!(piece, Piece::Placeholder { name: n, .. } if n == name);
        let at = self.pieces.iter().position(is)?;
        let rest = self.pieces[at + 1..].iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Placeholder { .. } => "0",
        });
        Some(rest.collect())
    }

    /// The text with `values` put in: one text, or one for each item where a placeholder is a list; a list
    /// that is named several times goes on in step. `None` where a placeholder has no value.
    pub(crate) fn fill(&self, values: &Values<'_>) -> Option<Vec<String>> {
        let mut texts = vec![String::new()];
        let mut lists: Vec<(&str, usize)> = Vec::new();
        for piece in &self.pieces {
            let items = match piece {
                Piece::Text(text) => vec![text.clone()],
                Piece::Placeholder { name, digits } => match values.get(name.as_str())? {
                    Value::One(text) => vec![text.clone()],
                    Value::Number(number) => vec![padded(*number, *digits)],
                    Value::Numbers(numbers) => {
                        numbers.iter().map(|number| padded(*number, *digits)).collect()
                    }
                    Value::Many(items) => items.clone(),
                },
            };
            match piece {
                Piece::Placeholder { name, .. } if items.len() != 1 => match period(&lists, name) {
                    // Each text stands for one item of this list already, `period` in a row for the same.
                    Some(period) => {
                        for (at, text) in texts.iter_mut().enumerate() {
                            text.push_str(&items[at / period % items.len()]);
                        }
                    }
                    None => {
                        texts = spread(&texts, &items);
                        lists.push((name, items.len()));
                    }
                },
                _ => texts = spread(&texts, &items),
            }
        }
        Some(texts)
    }
}

/// Every text with every item behind it.
fn spread(texts: &[String], items: &[String]) -> Vec<String> {
    texts.iter().flat_map(|text| items.iter().map(move |item| format!("{text}{item}"))).collect()
}

/// How many texts in a row stand for the same item of the list `name`, where it was spread already.
fn period(lists: &[(&str, usize)], name: &str) -> Option<usize> {
    let at = lists.iter().position(|(list, _)| *list == name)?;
    Some(lists[at + 1..].iter().map(|(_, items)| items).product())
}

/// `number` with at least `digits` digits, the sign aside.
pub(crate) fn padded(number: i64, digits: usize) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{:0digits$}", number.unsigned_abs())
}

/// Name and digits of the placeholder that `text` begins with, and what follows it.
fn placeholder(text: &str) -> Option<(&str, usize, &str)> {
    let (inside, after) = text.strip_prefix('{')?.split_once('}')?;
    let (name, digits) = match inside.split_once(':') {
        Some((name, digits)) => (name, digits.parse().ok().filter(|n| *n <= 32)?),
        None => (inside, 0),
    };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let named = name.bytes().all(plain) && name.starts_with(|c: char| !c.is_ascii_digit());
    named.then_some((name, digits, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_other_braces_stay() {
        let values = Values::from([
            ("frame".into(), Value::Number(-7)),
            ("output".into(), Value::One("/s/o.png".into())),
            ("libraries".into(), Value::Many(vec!["a".into(), "b".into()])),
            ("none".into(), Value::Many(vec![])),
            ("frames".into(), Value::Numbers(vec![7, -12, 8])),
        ]);
        for (text, wanted) in [
            ("f{frame}", Some(vec!["f-7"])),
            ("f{frame:04}", Some(vec!["f-0007"])),
            ("x={output}.", Some(vec!["x=/s/o.png."])),
            ("+L{libraries}", Some(vec!["+La", "+Lb"])),
            ("+L{none}", Some(vec![])),
            (
                "{frames:03} {frames}.{output}",
                Some(vec!["007 7./s/o.png", "-012 -12./s/o.png", "008 8./s/o.png"]),
            ),
            (
                "{libraries}{frames}{libraries}{frames:02}",
                Some(vec!["a7a07", "a-12a-12", "a8a08", "b7b07", "b-12b-12", "b8b08"]),
            ),
            ("{none}{none}", Some(vec![])),
            ("{width}", None),
            ("awk '{print $1}' ${HOME} {} {", Some(vec!["awk '{print $1}' ${HOME} {} {"])),
            ("{{frame}} {\"a\":{\"b\":1}}", Some(vec!["{frame} {\"a\":{\"b\":1}}"])),
            ("{{frame}", Some(vec!["{-7"])),
            ("", Some(vec![""])),
        ] {
            let wanted: Option<Vec<String>> = wanted.map(|w| w.into_iter().map(str::to_owned).collect());
            assert_eq!(Template::parse(text).fill(&values), wanted, "{text}");
        }
    }
}
