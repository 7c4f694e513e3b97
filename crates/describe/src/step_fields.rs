//! The steps of a description file, and the fields of theirs that are tables themselves.

use model::{Dependency, DependencyKind};

use super::draft::Said;
use super::fields::{JOB_FIELDS, SHARED_FIELDS, STEP_FIELDS};
use super::node::{Entry, Node, Value};
use super::reader::Reader;
use super::step_draft::StepDraft;
use super::{environment_fields, suggest};

/// How to write the steps a step waits for.
const DEPENDS: &str = "write depends_on = \"sim\", or [{ step = \"sim\", by = \"frame\" }]";

/// What a dependency can bring along.
const BRINGS: &str = "true brings what the other step made into the folder {inputs}";

/// Reads `[[step]]`, a list of tables.
pub(super) fn steps(reader: &mut Reader<'_>, node: Node) -> Vec<StepDraft> {
    let Value::List(items) = node.value else {
        let hint = "write [[step]], with two brackets, above the fields of each step";
        reader.wrong_kind("step", &node, "a list of tables", hint);
        return Vec::new();
    };
    items.into_iter().filter_map(|item| step(reader, item)).collect()
}

fn step(reader: &mut Reader<'_>, node: Node) -> Option<StepDraft> {
    let line = node.line;
    let Value::Table(entries) = node.value else {
        reader.wrong_kind("step", &node, "tables", "write [[step]] above the fields of each step");
        return None;
    };
    let mut step = StepDraft { table: Some(reader.place(line)), ..StepDraft::default() };
    for Entry { key, line, node } in entries {
        let known = STEP_FIELDS.contains(&&*key) || SHARED_FIELDS.contains(&&*key);
        match key.as_str() {
            _ if known && node.value == Value::Null => {}
            "name" => step.name = reader.text(&key, node),
            "depends_on" => step.depends_on = depends_on(reader, node),
            "environment" => step.environments = environment_fields::environments(reader, node),
            _ => {
                if !reader.shared_field(&mut step, &key, node) {
                    unknown(reader, &key, line);
                }
            }
        }
    }
    if step.name.is_none() {
        reader.fault(
            line,
            "this step has no name".to_owned(),
            "write name = \"…\", other steps wait for it by that",
        );
    }
    Some(step)
}

fn unknown(reader: &mut Reader<'_>, key: &str, line: usize) {
    let known: Vec<&str> = STEP_FIELDS.into_iter().chain(SHARED_FIELDS).collect();
    let hint = match suggest::nearest(key, known.iter().copied()) {
        _ if JOB_FIELDS.contains(&key) => {
            format!("{key} is of the job as a whole: write it above the first [[step]]")
        }
        Some(field) => format!("did you mean {field}?"),
        None if model::is_need_name(key) => format!("it belongs into the table [step.needs]: {key}"),
        None => format!("the fields of a step are {}", known.join(", ")),
    };
    reader.fault(line, format!("a step has no field {key:?}"), hint);
}

/// The name of a step, a table that also says how much of it, or a list of both.
fn depends_on(reader: &mut Reader<'_>, node: Node) -> Option<Said<Vec<Dependency>>> {
    let place = reader.place(node.line);
    let items = match node.value {
        Value::List(items) => items,
        _ => vec![node],
    };
    let mut all = Vec::new();
    for item in items {
        match item.value {
            Value::Text(step) => all.push(Dependency { step, by: DependencyKind::Step, files: false }),
            Value::Table(entries) => all.extend(dependency(reader, item.line, entries)),
            _ => reader.wrong_kind("depends_on", &item, "names of steps", DEPENDS),
        }
    }
    Some(Said::new(place, all))
}

fn dependency(reader: &mut Reader<'_>, line: usize, entries: Vec<Entry>) -> Option<Dependency> {
    let (mut step, mut by, mut files) = (None, DependencyKind::Step, false);
    let mut sound = true;
    for Entry { key, line, node } in entries {
        match (key.as_str(), &node.value) {
            ("step", Value::Text(name)) => step = Some(name.clone()),
            ("by", Value::Text(kind)) if kind == "frame" => by = DependencyKind::Frame,
            ("by", Value::Text(kind)) if kind == "step" => by = DependencyKind::Step,
            ("by", _) => {
                sound = false;
                let hint = "\"frame\" waits for the frames of the same number, \"step\" for all of them";
                reader.wrong_kind("by", &node, "\"frame\" or \"step\"", hint);
            }
            ("files", Value::Truth(truth)) => files = *truth,
            ("files", _) => {
                sound = false;
                reader.wrong_kind("files", &node, "true or false", BRINGS);
            }
            ("step", _) => {
                sound = false;
                reader.wrong_kind("step", &node, "the name of a step", DEPENDS);
            }
            _ => {
                sound = false;
                reader.fault(line, format!("a dependency has no field {key:?}"), DEPENDS);
            }
        }
    }
    if step.is_none() && sound {
        reader.fault(line, "this dependency names no step".to_owned(), DEPENDS);
    }
    step.map(|step| Dependency { step, by, files })
}

/// A table of names and amounts, or a list of names of which a frame takes 1 each.
pub(super) fn limits(reader: &mut Reader<'_>, step: &mut StepDraft, node: Node) {
    let hint = "write limits = { houdini = 1 }, or [\"houdini\"]; `framefarm limits` lists those of the farm";
    match node.value {
        Value::Table(entries) => {
            for Entry { key, node, .. } in entries {
                if let Some(amount) = reader.whole(&key, &node) {
                    step.limits.insert(key, amount);
                }
            }
        }
        Value::List(items) => {
            for item in items {
                match item.value {
                    Value::Text(name) => {
                        let place = reader.place(item.line);
                        step.limits.insert(name, Said::new(place, 1));
                    }
                    _ => reader.wrong_kind("limits", &item, "names of limits", hint),
                }
            }
        }
        Value::Text(name) => {
            let place = reader.place(node.line);
            step.limits.insert(name, Said::new(place, 1));
        }
        _ => reader.wrong_kind("limits", &node, "a table", hint),
    }
}

pub(super) fn settings(reader: &mut Reader<'_>, step: &mut StepDraft, node: Node) {
    let Value::Table(entries) = node.value else {
        let hint = "write [settings] and below it quality = 9";
        return reader.wrong_kind("settings", &node, "a table", hint);
    };
    for Entry { key, node, .. } in entries {
        match node.value.scalar() {
            Some(value) => {
                let place = reader.place(node.line);
                step.settings.insert(key, Said::new(place, value));
            }
            None => reader.wrong_kind(&key, &node, "a single value", "a setting is a text or a number"),
        }
    }
}
