//! A job description as written: values with the line each stands on, whichever language it is in.
//!
//! Both readers make this tree, so everything behind them is written once and every fault can say where.

use std::path::Path;

use model::{Fault, Faults};

use super::{json_text, toml_text};

/// A value and its line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) value: Value,
}

/// What a description can hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Whole(i64),
    /// A number with a fraction, as written: `3.7` may be a version.
    Real(String),
    Truth(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// JSON's word for "not said".
    Null,
    /// Something no field takes, by what people call it.
    Other(&'static str),
}

/// A field of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) line: usize,
    pub(crate) node: Node,
}

impl Value {
    /// What people call it, with its article.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Whole(_) => "a number",
            Self::Real(_) => "a number with a fraction",
            Self::Truth(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Null => "null",
            Self::Other(kind) => kind,
        }
    }

    /// A single value as text; `None` for lists, tables and the like.
    pub(crate) fn scalar(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Real(text) => Some(text.clone()),
            Self::Whole(number) => Some(number.to_string()),
            Self::Truth(truth) => Some(truth.to_string()),
            Self::List(_) | Self::Table(_) | Self::Null | Self::Other(_) => None,
        }
    }
}

/// What a text holds, and what is wrong with single values of it.
pub(super) type Parsed = (Vec<Entry>, Faults);

/// Reads `text`, in the language that the ending of `file` names; `file` is also what faults call it.
///
/// # Errors
/// Where the text is not of that language, so that nothing can be said of its fields.
pub(super) fn parse(file: &Path, text: &str) -> Result<Parsed, Faults> {
    let name = file.display().to_string();
    if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        json_text::parse(&name, text)
    } else {
        toml_text::parse(&name, text)
    }
}

/// Finds the line of a byte offset.
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The line of the byte at `offset`, from 1.
    pub(super) fn at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }
}

/// `file:line`, as compilers write it.
pub(super) fn place(file: &str, line: usize) -> String {
    format!("{file}:{line}")
}

/// A fault of the language itself, before any field is looked at.
pub(super) fn syntax_fault(file: &str, line: usize, what: &str) -> Fault {
    Fault::new(place(file, line), what.to_owned())
}
