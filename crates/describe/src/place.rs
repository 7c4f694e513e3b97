//! Which field stands in a place of a description.

use std::path::Path;

use super::node::{self, Entry, Value};

/// The field of the description `text`, called `file`, that begins in the line that `place` names, as
/// `settings.samples` or `step.0.frames`; none where there is none, or several do.
#[must_use]
pub fn field_at(file: &Path, text: &str, place: &str) -> Option<String> {
    let name = file.display().to_string();
    let line = place.strip_prefix(&name)?.strip_prefix(':')?.parse().ok()?;
    let (entries, _) = node::parse(file, text).ok()?;
    let mut found = Vec::new();
    look(&entries, line, "", &mut found);
    // A table and its first field may stand in one line; the field tells more.
    let told: Vec<&String> = found.iter().filter(|name| !begins_another(name, &found)).collect();
    match told.as_slice() {
        [only] => Some((*only).clone()),
        _ => None,
    }
}

fn begins_another(name: &str, names: &[String]) -> bool {
    names.iter().any(|other| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

fn look(entries: &[Entry], line: usize, above: &str, found: &mut Vec<String>) {
    for Entry { key, line: at, node } in entries {
        let name = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        if *at == line || node.line == line {
            found.push(name.clone());
        }
        match &node.value {
            Value::Table(inner) => look(inner, line, &name, found),
            Value::List(list) => {
                for (index, item) in list.iter().enumerate() {
                    let name = format!("{name}.{index}");
                    match &item.value {
                        Value::Table(inner) => look(inner, line, &name, found),
                        _ if item.line == line => found.push(name),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_leads_to_its_field() {
        let text = "{\n \"scene\": \"a\",\n \"settings\": {\n  \"samples\": 4\n },\n \"notify\": [\n  \"a\",\n  \"b\"\n ],\n \
                    \"step\": [\n  {\n   \"frames\": 1\n  }\n ], \"a\": 1, \"b\": 2\n}";
        let at = |line: usize| field_at(Path::new("job.json"), text, &format!("job.json:{line}"));
        let told = [None, Some("scene"), Some("settings"), Some("settings.samples"), None, Some("notify")];
        for (line, field) in (1..).zip(told) {
            assert_eq!(at(line).as_deref(), field, "line {line}");
        }
        assert_eq!(at(8).as_deref(), Some("notify.1"));
        assert_eq!(at(12).as_deref(), Some("step.0.frames"));
        assert_eq!(at(14), None);
        assert_eq!(field_at(Path::new("job.json"), text, "--frames"), None);
        let toml = Path::new("job.toml");
        assert_eq!(field_at(toml, "scene = 1\n[needs]\nos = 1\n", "job.toml:3").as_deref(), Some("needs.os"));
    }
}
