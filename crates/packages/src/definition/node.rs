//! A definition file as written: values with the place each stands at.

use std::fmt;
use std::sync::Arc;

use model::{Fault, Faults};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A file and a line of it, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    file: Arc<str>,
    line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// What a definition can hold.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Whole(i64),
    Real(f64),
    Truth(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// Something no key takes, by what people call it.
    Other(&'static str),
}

/// A key of a table.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

impl Value {
    /// What people call it, with its article.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Whole(_) => "a whole number",
            Self::Real(_) => "a number with a fraction",
            Self::Truth(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

/// Reads the text of `file`, every error of the language at once.
pub(crate) fn parse(file: &str, text: &str) -> Result<Node, Faults> {
    let reading = Reading { file: file.into(), starts: starts(text) };
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut faults = Faults::default();
    for error in errors {
        let place = reading.place(error.span().map_or(0, |span| span.start));
        let what = format!("this is not TOML: {}", error.message().replace('\n', "; "));
        faults.push(Fault::new(place.to_string(), what));
    }
    faults.0.dedup_by(|one, other| one.place == other.place);
    faults.or(())?;
    let value = Value::Table(reading.entries(table.get_ref()));
    Ok(Node { place: reading.place(0), value })
}

struct Reading {
    file: Arc<str>,
    starts: Vec<usize>,
}

/// Offsets at which lines begin.
fn starts(text: &str) -> Vec<usize> {
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(breaks).collect()
}

impl Reading {
    fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset);
        Place { file: self.file.clone(), line }
    }

    fn entries(&self, table: &DeTable<'_>) -> Vec<Entry> {
        let mut found: Vec<_> = table.iter().collect();
        // The map is sorted by name; people read from top to bottom.
        found.sort_by_key(|(key, _)| key.span().start);
        let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let key: &Spanned<std::borrow::Cow<'_, str>> = key;
            Entry {
                key: key.get_ref().to_string(),
                place: self.place(key.span().start),
                node: self.node(value),
            }
        };
        found.into_iter().map(entry).collect()
    }

    fn node(&self, value: &Spanned<DeValue<'_>>) -> Node {
        let place = self.place(value.span().start);
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Other("a number beyond 64 bits"), Value::Whole),
            DeValue::Float(number) => {
                number.as_str().parse().map_or(Value::Other("not a number"), Value::Real)
            }
            DeValue::Boolean(truth) => Value::Truth(*truth),
            DeValue::Array(list) => Value::List(list.iter().map(|one| self.node(one)).collect()),
            DeValue::Table(table) => Value::Table(self.entries(table)),
            DeValue::Datetime(_) => Value::Other("a date"),
        };
        Node { place, value }
    }
}
