//! `[[environment]]`: what sessions are in while they render frames, of the job or of a step.

use std::collections::BTreeMap;

use model::{Action, Cancel, EmbeddedFile, Environment, Fault};

use super::draft::{Draft, Said};
use super::node::{Entry, Node, Value};
use super::reader::Reader;
use super::scheduling::milliseconds;
use super::suggest;

/// Fields of an environment.
const FIELDS: [&str; 8] =
    ["name", "variables", "files", "enter", "exit", "timeout", "exit_timeout", "cancel"];
/// Fields of a file that it carries.
const FILE_FIELDS: [&str; 4] = ["text", "filename", "executable", "name"];

const USAGE: &str = "write [[environment]], with two brackets, above the fields of each environment";
const TIME: &str = "write it with its unit, for example 90 s, 5 min or 1 h 30 min";
const CANCEL: &str = "write cancel = \"terminate\", or \"notify 30 s\"";
const FILES: &str = "write files = { setup = \"the text\" }, or [environment.files.setup] with text = \"…\"";

/// Reads `[[environment]]`, a list of tables.
pub(super) fn environments(reader: &mut Reader<'_>, node: Node) -> Vec<Said<Environment>> {
    let Value::List(items) = node.value else {
        reader.wrong_kind("environment", &node, "a list of tables", USAGE);
        return Vec::new();
    };
    items.into_iter().filter_map(|item| environment(reader, item)).collect()
}

fn environment(reader: &mut Reader<'_>, node: Node) -> Option<Said<Environment>> {
    let line = node.line;
    let Value::Table(entries) = node.value else {
        reader.wrong_kind("environment", &node, "tables", USAGE);
        return None;
    };
    let mut made = Environment::default();
    let (mut enter_ms, mut exit_ms, mut cancel) = (None, None, Cancel::Usual);
    let mut named = false;
    for Entry { key, line, node } in entries {
        match key.as_str() {
            _ if node.value == Value::Null => {}
            "name" => {
                named = true;
                made.name = reader.text(&key, node).map(|said| said.value).unwrap_or_default();
            }
            "variables" => made.variables = variables(reader, node),
            "files" => made.files = files(reader, node),
            "enter" => made.enter = action(reader, &key, node),
            "exit" => made.exit = action(reader, &key, node),
            "timeout" => enter_ms = time(reader, &key, &node),
            "exit_timeout" => exit_ms = time(reader, &key, &node),
            "cancel" => cancel = cancel_of(reader, &key, node).unwrap_or_default(),
            _ => {
                let hint = match suggest::nearest(&key, FIELDS.iter().copied()) {
                    Some(field) => format!("did you mean {field}?"),
                    None => format!("the fields of an environment are {}", FIELDS.join(", ")),
                };
                reader.fault(line, format!("an environment has no field {key:?}"), hint);
            }
        }
    }
    if !named {
        let what = "this environment has no name".to_owned();
        reader.fault(line, what, "write name = \"…\", logs and faults tell it apart by that");
        return None;
    }
    for (action, ms) in [(&mut made.enter, enter_ms), (&mut made.exit, exit_ms)] {
        if let Some(action) = action {
            action.timeout_ms = ms;
            action.cancel = cancel;
        }
    }
    Some(Said::new(reader.place(line), made))
}

/// Where the environment of a fault, or the command that names something of one, was said.
pub(super) fn place_of(draft: &Draft, fault: &Fault) -> Option<String> {
    let steps = || draft.steps.iter().chain([&draft.shared]);
    match fault.place.as_str() {
        "environment" => {
            let mut all = draft.environments.iter().chain(steps().flat_map(|step| &step.environments));
            let named = |said: &&Said<Environment>| {
                fault.what.starts_with(&format!("environment {:?}:", said.value.name))
            };
            // Of two with the same name the later one is one too many.
            let twice = fault.what.ends_with("same name");
            let found = if twice { all.rfind(named) } else { all.find(named) };
            found.map(|said| said.place.clone())
        }
        "command" => {
            let name = fault.what.split_whitespace().next()?;
            let commands = steps().filter_map(|step| step.command.as_ref());
            let mut named = commands.filter(|said| said.value.iter().any(|word| word.contains(name)));
            named.next().map(|said| said.place.clone())
        }
        _ => None,
    }
}

fn action(reader: &mut Reader<'_>, key: &str, node: Node) -> Option<Action> {
    Some(Action { command: reader.list(key, node)?.value, ..Action::default() })
}

fn time(reader: &mut Reader<'_>, key: &str, node: &Node) -> Option<u64> {
    let said = reader.word(key, node)?;
    let ms = milliseconds(&said.value);
    if ms.is_none() {
        reader.fault(node.line, format!("{:?} is no length of time", said.value), TIME);
    }
    ms
}

/// `terminate`, or `notify` and how long it has then.
fn cancel_of(reader: &mut Reader<'_>, key: &str, node: Node) -> Option<Cancel> {
    let line = node.line;
    let said = reader.text(key, node)?.value;
    let words = said.trim();
    let cancel = match words.strip_prefix("notify") {
        None if words == "terminate" => Some(Cancel::Terminate),
        Some(time) => milliseconds(time).filter(|ms| *ms > 0).map(|wait_ms| Cancel::Notify { wait_ms }),
        None => None,
    };
    if cancel.is_none() {
        reader.fault(line, format!("{said:?} is no way to cancel"), CANCEL);
    }
    cancel
}

fn variables(reader: &mut Reader<'_>, node: Node) -> BTreeMap<String, String> {
    let Value::Table(entries) = node.value else {
        reader.wrong_kind("variables", &node, "a table", "write variables = { NAME = \"value\" }");
        return BTreeMap::new();
    };
    let mut all = BTreeMap::new();
    for Entry { key, node, .. } in entries {
        match node.value.scalar() {
            Some(value) => drop(all.insert(key, value)),
            None => reader.wrong_kind(&key, &node, "a single value", "a variable is a text or a number"),
        }
    }
    all
}

/// A table of files by name: their texts, or tables that say more.
fn files(reader: &mut Reader<'_>, node: Node) -> Vec<EmbeddedFile> {
    let Value::Table(entries) = node.value else {
        reader.wrong_kind("files", &node, "a table", FILES);
        return Vec::new();
    };
    let mut all = Vec::new();
    for Entry { key, node, .. } in entries {
        let Node { line, value } = node;
        match value {
            Value::Text(text) => all.push(EmbeddedFile { name: key, text, ..EmbeddedFile::default() }),
            Value::Table(fields) => all.push(file(reader, key, line, fields)),
            value => reader.wrong_kind(&key, &Node { line, value }, "a text or a table", FILES),
        }
    }
    all
}

fn file(reader: &mut Reader<'_>, name: String, line: usize, fields: Vec<Entry>) -> EmbeddedFile {
    let mut file = EmbeddedFile { name, ..EmbeddedFile::default() };
    let mut written = false;
    for Entry { key, line, node } in fields {
        match key.as_str() {
            "text" => {
                written = true;
                file.text = reader.text(&key, node).map(|said| said.value).unwrap_or_default();
            }
            "filename" => file.filename = reader.text(&key, node).map(|said| said.value),
            "executable" => file.executable = reader.truth(&key, &node).is_some_and(|said| said.value),
            _ => {
                let hint = format!("its fields are {}", FILE_FIELDS[..3].join(", "));
                reader.fault(line, format!("an embedded file has no field {key:?}"), hint);
            }
        }
    }
    if !written {
        reader.fault(line, format!("the file {:?} has no text", file.name), FILES);
    }
    file
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Whereabouts, prepare, read};
    use super::*;

    const GOOD: &str = r##"
[[environment]]
name = "scene server"
variables = { PORT = 4711, TOOLS = "{job}/tools" }
enter = ["sh", "{file_start}", "{session}"]
exit = ["sh", "-c", "kill $(cat {session}/pid)"]
timeout = "5 min"
exit_timeout = "30 s"
cancel = "notify 30 s"
[environment.files]
start = """
#!/bin/sh
echo "openjd_env: READY=1"
"""
[environment.files.tool]
text = "x"
filename = "tool.py"
executable = true

[[step]]
name = "render"
command = ["echo", "{frame}", "{file_start}", "{session}"]
frames = "1-3"
[[step.environment]]
name = "inner"
variables = { A = "{file_tool}" }
"##;

    fn prepared(text: &str) -> Result<model::JobDescription, String> {
        let draft = read(Path::new("job.toml"), text).map_err(|faults| faults.to_string())?;
        let prepared =
            prepare(&draft, &Whereabouts::of(Path::new("/")), "ada").map_err(|faults| faults.to_string())?;
        Ok(prepared.job)
    }

    #[test]
    fn environments_are_read_field_by_field() {
        let job = prepared(GOOD).unwrap();
        let [outer] = job.environments.as_slice() else { panic!("{:?}", job.environments) };
        assert_eq!((outer.name.as_str(), outer.variables["PORT"].as_str()), ("scene server", "4711"));
        let (enter, exit) = (outer.enter.as_ref().unwrap(), outer.exit.as_ref().unwrap());
        assert_eq!((enter.timeout_ms, exit.timeout_ms), (Some(300_000), Some(30_000)));
        assert_eq!(enter.cancel, Cancel::Notify { wait_ms: 30_000 });
        assert_eq!(exit.command.len(), 3);
        let [start, tool] = outer.files.as_slice() else { panic!("{:?}", outer.files) };
        assert!(start.text.starts_with("#!/bin/sh\n") && !start.executable);
        assert_eq!((tool.filename.as_deref(), tool.executable), (Some("tool.py"), true));
        assert_eq!(job.steps[0].environments[0].name, "inner");
    }

    #[test]
    fn every_fault_of_environments_is_told_with_its_line() {
        let bad = r#"
command = ["echo", "{file_lost}"]
frames = 1
[[environment]]
enter = ["true"]
[[environment]]
name = "a"
entr = ["true"]
enter = "true"
timeout = "soon"
cancel = "softly"
variables = { "9A" = 1 }
[environment.files]
run = 3
[environment.files.Start]
filename = "x/y"
[[environment]]
name = "b"
enter = ["sh", "{file_start}"]
"#;
        insta::assert_snapshot!(prepared(bad).unwrap_err());
        let single = "command = [\"true\"]\nframes = 1\n[environment]\nname = \"a\"";
        assert!(prepared(single).unwrap_err().contains("[[environment]]"));
    }
}
