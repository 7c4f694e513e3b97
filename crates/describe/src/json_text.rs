//! JSON text to nodes. The values are taken as raw slices of the text, whose addresses tell their lines.

use std::fmt;

use model::Faults;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::node::{Entry, Lines, Node, Parsed, Value, place, syntax_fault};

pub(super) fn parse(file: &str, text: &str) -> Result<Parsed, Faults> {
    let lines = Lines::of(text);
    let wrong = |error: &serde_json::Error| {
        let what = format!("this is not JSON: {}", message(error));
        Faults(vec![syntax_fault(file, error.line().max(1), &what)])
    };
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| wrong(&error))?;
    let reading = Reading { file, text, lines: &lines };
    let mut faults = Faults::default();
    let node = reading.node(raw, &mut faults);
    match node.value {
        Value::Table(entries) => Ok((entries, faults)),
        other => {
            let what = format!("a job description is an object, here is {}", other.kind());
            Err(Faults(vec![syntax_fault(file, node.line, &what)]))
        }
    }
}

/// The error without the position that serde_json appends, as the place says it already.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

struct Reading<'a> {
    file: &'a str,
    text: &'a str,
    lines: &'a Lines,
}

impl<'a> Reading<'a> {
    fn line(&self, raw: &RawValue) -> usize {
        let offset = raw.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        self.lines.at(offset)
    }

    fn node(&self, raw: &'a RawValue, faults: &mut Faults) -> Node {
        let line = self.line(raw);
        let text = raw.get();
        // The text as a whole has been parsed, so the kind of a value shows in its first letter and a part
        // can fail only where a number or an escape is beyond what Rust can hold.
        let value = match text.as_bytes().first() {
            Some(b'"') => serde_json::from_str(text).map(Value::Text),
            Some(b't' | b'f') => serde_json::from_str(text).map(Value::Truth),
            Some(b'n') => Ok(Value::Null),
            Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(text)
                .map(|list| Value::List(list.into_iter().map(|one| self.node(one, faults)).collect())),
            Some(b'{') => self.table(text, faults).map(Value::Table),
            _ if text.contains(['.', 'e', 'E']) => Ok(Value::Real(text.to_owned())),
            _ => {
                let number = text.parse().map(Value::Whole);
                Ok(number.unwrap_or(Value::Other("a number beyond 64 bits")))
            }
        };
        let value = value.unwrap_or_else(|error| {
            faults.push(syntax_fault(self.file, line, &message(&error)));
            Value::Other("a value that cannot be read")
        });
        Node { line, value }
    }

    fn table(&self, text: &'a str, faults: &mut Faults) -> Result<Vec<Entry>, serde_json::Error> {
        let pairs = serde_json::Deserializer::from_str(text).deserialize_map(Pairs)?;
        let mut entries: Vec<Entry> = Vec::new();
        for (key, value) in pairs {
            let line = self.line(key);
            let key: String = serde_json::from_str(key.get())?;
            match entries.iter().find(|entry| entry.key == key) {
                Some(first) => {
                    let what = format!("{key:?} stands here and in {}", place(self.file, first.line));
                    faults.push(syntax_fault(self.file, line, &what));
                }
                None => entries.push(Entry { key, line, node: self.node(value, faults) }),
            }
        }
        Ok(entries)
    }
}

/// Takes an object apart in the order written.
struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(&'de RawValue, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
