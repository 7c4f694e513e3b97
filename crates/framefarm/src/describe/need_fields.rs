//! The table `[needs]` of a description file: the resource profile as written.

use model::Field;

use super::draft::Said;
use super::needs::Wish;
use super::node::{Entry, Node, Value};
use super::reader::Reader;
use super::step_draft::Needs;
use super::suggest;

/// Names in `[needs]` that are no field of the resource information.
const OTHERS: [&str; 3] = ["packages", "plug_ins", "tags"];

/// Every name that may stand in `[needs]`.
fn names() -> Vec<&'static str> {
    Field::ALL.into_iter().map(Field::name).chain(OTHERS).collect()
}

/// Whether `key` may stand in `[needs]`.
pub(super) fn is_known(key: &str) -> bool {
    names().contains(&key)
}

/// The field that is called `name`.
pub(crate) fn field(name: &str) -> Option<Field> {
    Field::ALL.into_iter().find(|field| field.name() == name)
}

/// What to say of a name that may not stand in `[needs]`.
pub(crate) fn hint(name: &str) -> String {
    suggest::hint(name, &names())
}

pub(super) fn read(reader: &mut Reader<'_>, needs: &mut Needs, node: Node) {
    let Value::Table(entries) = node.value else {
        let hint = "write [needs] and below it for example memory = \">= 16 GiB\"";
        return reader.wrong_kind("needs", &node, "a table", hint);
    };
    for Entry { key, line, node } in entries {
        if node.value == Value::Null && is_known(&key) {
            continue;
        }
        match key.as_str() {
            "packages" | "plug_ins" => packages(reader, needs, &key, node),
            "tags" => tags(reader, needs, node),
            name => match field(name) {
                Some(field) => wish(reader, needs, field, node),
                None => {
                    reader.fault(line, format!("[needs] has no field {name:?}"), hint(name));
                }
            },
        }
    }
}

fn wish(reader: &mut Reader<'_>, needs: &mut Needs, field: Field, node: Node) {
    let place = reader.place(node.line);
    let wish = match node.value {
        Value::List(items) => {
            let mut words = Vec::new();
            for item in &items {
                words.extend(reader.word(field.name(), item).map(|said| said.value));
            }
            Wish::Words(words)
        }
        _ => match reader.word(field.name(), &node) {
            Some(said) => Wish::Text(said.value),
            None => return,
        },
    };
    needs.fields.insert(field, Said::new(place, wish));
}

/// A table of names and versions, or a list of `"name version"`.
fn packages(reader: &mut Reader<'_>, needs: &mut Needs, key: &str, node: Node) {
    match node.value {
        Value::Table(entries) => {
            for Entry { key, node, .. } in entries {
                if let Some(version) = reader.word(&key, &node) {
                    needs.packages.insert(key, version);
                }
            }
        }
        Value::List(items) => {
            for item in items {
                if let Some(said) = reader.word(key, &item) {
                    let (name, version) = split_version(&said.value);
                    let version = Said::new(said.place, version.unwrap_or("x").to_owned());
                    needs.packages.insert(name.to_owned(), version);
                }
            }
        }
        _ => reader.wrong_kind(key, &node, "a table", &format!("write {key} = {{ povray = \">=3.7\" }}")),
    }
}

fn tags(reader: &mut Reader<'_>, needs: &mut Needs, node: Node) {
    let items = match node.value {
        Value::List(items) => items,
        _ => vec![node],
    };
    for item in items {
        needs.tags.extend(reader.word("tags", &item));
    }
}

/// `povray 3.7` as name and version.
pub(super) fn split_version(text: &str) -> (&str, Option<&str>) {
    match text.trim().split_once(char::is_whitespace) {
        Some((name, version)) => (name, Some(version.trim())),
        None => (text.trim(), None),
    }
}
