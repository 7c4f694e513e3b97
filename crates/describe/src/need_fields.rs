//! What a description says of hosts: `needs`, `prefer` and `reserve`, as tables or as the texts that flags
//! take.

use model::{Amounts, Clause, Fault, Faults, Wish, prefer_clause, preferences, weighted};

use super::draft::Said;
use super::node::{Entry, Node, Value};
use super::reader::Reader;
use super::step_draft::StepDraft;

/// Needs in a table that are made of others.
const GROUPS: [&str; 3] = ["any", "all", "not"];

impl StepDraft {
    /// Takes needs as people write them in a line.
    pub fn need(&mut self, place: &str, text: &str, faults: &mut Faults) {
        let clauses = Clause::read(place, text, faults);
        self.needs.extend(clauses.into_iter().map(|clause| Said::new(place, clause)));
    }

    /// Takes preferences as people write them in a line.
    pub fn prefer(&mut self, place: &str, text: &str, faults: &mut Faults) {
        self.prefer.extend(preferences(place, text, faults).into_iter().map(|one| Said::new(place, one)));
    }

    /// Takes amounts as people write them in a line: `memory=8GiB,gpus=1`.
    pub fn reserve(&mut self, place: &str, text: &str, faults: &mut Faults) {
        for part in text.split(',') {
            let (name, amount) = part.split_once('=').unwrap_or((part, ""));
            match Amounts::called(name.trim()) {
                Some(name) => drop(self.reserve.insert(name, Said::new(place, amount.trim().to_owned()))),
                None => faults.push(no_amount(place, name.trim())),
            }
        }
    }
}

fn no_amount(place: &str, name: &str) -> Fault {
    let fault = Fault::new(place, format!("{name:?} is nothing that a frame can reserve of its host"));
    fault.hint("write for example memory=8GiB or gpus=1; slots are asked for by themselves")
}

pub(super) fn needs(reader: &mut Reader<'_>, step: &mut StepDraft, node: Node) {
    let line = node.line;
    match node.value {
        Value::Table(entries) => {
            for Entry { key, node, .. } in entries.into_iter().filter(|entry| entry.node.value != Value::Null)
            {
                need(reader, step, &key, node);
            }
        }
        Value::Text(_) | Value::List(_) => {
            let node = Node { line, value: node.value };
            for said in texts(reader, "needs", node) {
                step.need(&said.place, &said.value, &mut reader.faults);
            }
        }
        _ => {
            let hint = "write [needs] and below it for example memory = \">= 16 GiB\"";
            reader.wrong_kind("needs", &node, "a table", hint);
        }
    }
}

fn need(reader: &mut Reader<'_>, step: &mut StepDraft, key: &str, node: Node) {
    let place = reader.place(node.line);
    if GROUPS.contains(&key) {
        let texts: Vec<String> = texts(reader, key, node).into_iter().map(|said| said.value).collect();
        match Clause::group(&place, key, &texts) {
            Ok(clause) => step.needs.push(Said::new(place, clause)),
            Err(faults) => reader.faults.0.extend(faults.0),
        }
        return;
    }
    if ["packages", "plug_ins"].contains(&key) {
        return packages(reader, step, key, node);
    }
    if let Some(wish) = wish(reader, key, &node) {
        entry(reader, step, &place, key, &wish);
    }
}

fn entry(reader: &mut Reader<'_>, step: &mut StepDraft, place: &str, name: &str, wish: &Wish) {
    match Clause::entry(place, name, wish) {
        Ok(clause) => step.needs.push(Said::new(place, clause)),
        Err(fault) => reader.faults.push(fault),
    }
}

fn wish(reader: &mut Reader<'_>, key: &str, node: &Node) -> Option<Wish> {
    match &node.value {
        Value::List(items) => {
            let words = items.iter().filter_map(|item| reader.word(key, item)).map(|said| said.value);
            Some(Wish::Words(words.collect()))
        }
        _ => reader.word(key, node).map(|said| Wish::Text(said.value)),
    }
}

/// A table of names and versions, or a list of `"name version"`.
fn packages(reader: &mut Reader<'_>, step: &mut StepDraft, key: &str, node: Node) {
    match node.value {
        Value::Table(entries) => {
            for Entry { key, node, .. } in entries {
                if let Some(wish) = wish(reader, &key, &node) {
                    let place = reader.place(node.line);
                    entry(reader, step, &place, &format!("package.{key}"), &wish);
                }
            }
        }
        Value::List(items) => {
            for said in items.iter().filter_map(|item| reader.word(key, item)).collect::<Vec<_>>() {
                let (name, version) = split_version(&said.value);
                let wish = Wish::Text(version.unwrap_or("x").to_owned());
                entry(reader, step, &said.place, &format!("package.{name}"), &wish);
            }
        }
        _ => reader.wrong_kind(key, &node, "a table", &format!("write {key} = {{ povray = \">=3.7\" }}")),
    }
}

pub(super) fn prefer(reader: &mut Reader<'_>, step: &mut StepDraft, node: Node) {
    let Value::Table(entries) = node.value else {
        for said in texts(reader, "prefer", node) {
            step.prefer(&said.place, &said.value, &mut reader.faults);
        }
        return;
    };
    for Entry { key, node, .. } in entries.into_iter().filter(|entry| entry.node.value != Value::Null) {
        let place = reader.place(node.line);
        let (clause, weight) = match &node.value {
            // `"memory>=64G" = 2` has the whole need on the left.
            Value::Whole(weight) if key.contains(['<', '>', '=']) => {
                step.prefer(&place, &format!("{key}:{weight}"), &mut reader.faults);
                continue;
            }
            Value::Text(text) => {
                let (text, weight) = weighted(text);
                (Clause::entry(&place, &key, &Wish::Text(text.to_owned())), weight)
            }
            _ => match wish(reader, &key, &node) {
                Some(wish) => (Clause::entry(&place, &key, &wish), 1),
                None => continue,
            },
        };
        match clause {
            Ok(clause) => step.prefer.extend(prefer_clause(clause, weight).map(|one| Said::new(&place, one))),
            Err(fault) => reader.faults.push(fault),
        }
    }
}

pub(super) fn reserve(reader: &mut Reader<'_>, step: &mut StepDraft, node: Node) {
    match node.value {
        Value::Table(entries) => {
            for Entry { key, line, node } in entries {
                match (Amounts::called(&key), reader.word(&key, &node)) {
                    (Some(name), Some(said)) => drop(step.reserve.insert(name, said)),
                    (None, _) => reader.faults.push(no_amount(&reader.place(line), &key)),
                    (Some(_), None) => {}
                }
            }
        }
        Value::Text(text) => step.reserve(&reader.place(node.line), &text, &mut reader.faults),
        _ => {
            let hint = "write reserve = { memory = \"8 GiB\", gpus = 1 }";
            reader.wrong_kind("reserve", &node, "a table", hint);
        }
    }
}

/// One text, or a list of them, each with its own place.
fn texts(reader: &mut Reader<'_>, key: &str, node: Node) -> Vec<Said<String>> {
    let items = match node.value {
        Value::List(items) => items,
        _ => vec![node],
    };
    items.into_iter().filter_map(|item| reader.text(key, item)).collect()
}

/// `povray 3.7` as name and version.
pub(super) fn split_version(text: &str) -> (&str, Option<&str>) {
    match text.trim().split_once(char::is_whitespace) {
        Some((name, version)) => (name, Some(version.trim())),
        None => (text.trim(), None),
    }
}
