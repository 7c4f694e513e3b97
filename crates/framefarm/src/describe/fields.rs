//! Description file to draft: which fields there are, and what kind of value each takes.

use std::path::Path;

use model::{Fault, Faults, Source};

use super::draft::{Draft, Said};
use super::node::{self, Entry, Node, Value, place};
use super::{need_fields, suggest};

/// Every field of a description, as written in a file.
pub(crate) const FIELDS: [&str; 22] = [
    "name",
    "user",
    "group",
    "priority",
    "notify",
    "hold",
    "attempts",
    "package",
    "package_version",
    "scene",
    "frames",
    "first_frame",
    "last_frame",
    "frame_count",
    "size",
    "format",
    "support",
    "library",
    "settings",
    "arguments",
    "command",
    "needs",
];

/// Reads the description `text` that stands in `file`; its paths are meant from the file's folder. The draft
/// holds the faults of single fields.
///
/// # Errors
/// Where the text is neither TOML nor, with the ending `.json`, JSON.
pub(crate) fn read(file: &Path, text: &str) -> Result<Draft, Faults> {
    let (entries, faults) = node::parse(file, text)?;
    let name = file.display().to_string();
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let mut reader = Reader { file: &name, folder, faults };
    let mut draft =
        Draft { source: Some(Source { name: name.clone(), text: text.to_owned() }), ..Draft::default() };
    for entry in entries {
        reader.field(&mut draft, entry);
    }
    draft.faults = reader.faults;
    Ok(draft)
}

/// Takes nodes for what a field wants, and keeps a fault where they are something else.
pub(super) struct Reader<'a> {
    file: &'a str,
    folder: &'a Path,
    pub(super) faults: Faults,
}

impl Reader<'_> {
    fn field(&mut self, draft: &mut Draft, Entry { key, line, node }: Entry) {
        if node.value == Value::Null && FIELDS.contains(&key.as_str()) {
            return;
        }
        match key.as_str() {
            "name" => draft.name = self.text(&key, node),
            "user" => draft.user = self.text(&key, node),
            "group" => draft.group = self.text(&key, node),
            "priority" => draft.priority = self.whole(&key, &node),
            "notify" => draft.notify = self.texts(&key, node),
            "hold" => draft.hold = self.truth(&key, &node),
            "attempts" => draft.attempts = self.whole(&key, &node),
            "package" => draft.package = self.text(&key, node),
            "package_version" => draft.package_version = self.word(&key, &node),
            "scene" => {
                let scene = self.text(&key, node);
                draft.scene = scene.map(|said| Said::new(said.place, self.folder.join(said.value)));
            }
            "frames" => draft.frames = self.frame_list(&node),
            "first_frame" => draft.first_frame = self.whole(&key, &node),
            "last_frame" => draft.last_frame = self.whole(&key, &node),
            "frame_count" => draft.frame_count = self.whole(&key, &node),
            "size" => draft.size = self.text(&key, node),
            "format" => draft.format = self.text(&key, node),
            "support" => draft.support = self.paths(&key, node),
            "library" => draft.libraries = self.paths(&key, node),
            "settings" => self.settings(draft, node),
            "arguments" => draft.arguments = self.texts(&key, node),
            "command" => draft.command = self.list(&key, node),
            "needs" => need_fields::read(self, &mut draft.needs, node),
            _ => {
                let hint = match suggest::nearest(&key, FIELDS) {
                    Some(field) => format!("did you mean {field}?"),
                    None if need_fields::is_known(&key) => {
                        format!("it belongs into the table [needs]: {key}")
                    }
                    None => format!("the fields are {}", FIELDS.join(", ")),
                };
                self.fault(line, format!("there is no field {key:?}"), hint);
            }
        }
    }

    pub(super) fn place(&self, line: usize) -> String {
        place(self.file, line)
    }

    pub(super) fn fault(&mut self, line: usize, what: String, hint: impl Into<String>) {
        self.faults.push(Fault::new(self.place(line), what).hint(hint));
    }

    pub(super) fn wrong_kind(&mut self, key: &str, node: &Node, wanted: &str, hint: &str) {
        self.fault(node.line, format!("{key} takes {wanted}, here is {}", node.value.kind()), hint);
    }

    fn text(&mut self, key: &str, node: Node) -> Option<Said<String>> {
        if let Value::Text(text) = node.value {
            return Some(Said::new(self.place(node.line), text));
        }
        self.wrong_kind(key, &node, "a text", &format!("write {key} = \"…\""));
        None
    }

    /// A text that people also write as a bare number.
    pub(super) fn word(&mut self, key: &str, node: &Node) -> Option<Said<String>> {
        let word = match &node.value {
            Value::Truth(_) => None,
            value => value.scalar(),
        };
        if word.is_none() {
            self.wrong_kind(key, node, "a text or a number", &format!("write {key} = \"…\""));
        }
        word.map(|word| Said::new(self.place(node.line), word))
    }

    fn whole(&mut self, key: &str, node: &Node) -> Option<Said<i64>> {
        if let Value::Whole(number) = node.value {
            return Some(Said::new(self.place(node.line), number));
        }
        self.wrong_kind(
            key,
            node,
            "a whole number",
            &format!("write for example {key} = 10, without quotes"),
        );
        None
    }

    fn truth(&mut self, key: &str, node: &Node) -> Option<Said<bool>> {
        if let Value::Truth(truth) = node.value {
            return Some(Said::new(self.place(node.line), truth));
        }
        self.wrong_kind(key, node, "true or false", &format!("write {key} = true, without quotes"));
        None
    }

    /// One text, or a list of them.
    fn texts(&mut self, key: &str, node: Node) -> Option<Said<Vec<String>>> {
        match node.value {
            Value::Text(text) => Some(Said::new(self.place(node.line), vec![text])),
            _ => self.list(key, node),
        }
    }

    /// A list of texts; numbers in it are taken as written.
    fn list(&mut self, key: &str, node: Node) -> Option<Said<Vec<String>>> {
        let hint = format!("write {key} = [\"…\", \"…\"]");
        let Value::List(items) = node.value else {
            self.wrong_kind(key, &node, "a list of texts", &hint);
            return None;
        };
        let line = node.line;
        let mut texts = Vec::new();
        for item in items {
            match item.value.scalar() {
                Some(text) => texts.push(text),
                None => self.wrong_kind(key, &item, "texts", &hint),
            }
        }
        Some(Said::new(self.place(line), texts))
    }

    /// One path or a list of them, each with its own line.
    fn paths(&mut self, key: &str, node: Node) -> Vec<Said<std::path::PathBuf>> {
        let items = match node.value {
            Value::List(items) => items,
            _ => vec![node],
        };
        let mut paths = Vec::new();
        for item in items {
            if let Some(said) = self.text(key, item) {
                paths.push(Said::new(said.place, self.folder.join(said.value)));
            }
        }
        paths
    }

    /// `"1-10"`, `7`, or a list of such.
    fn frame_list(&mut self, node: &Node) -> Option<Said<String>> {
        let parts = match &node.value {
            Value::List(items) => items.iter().map(|item| (item, item.value.scalar())).collect(),
            value => vec![(node, value.scalar())],
        };
        let mut list = Vec::new();
        for (item, part) in parts {
            match part {
                Some(part) => list.push(part),
                None => self.wrong_kind("frames", item, "a frame list", "write frames = \"1-10\""),
            }
        }
        Some(Said::new(self.place(node.line), list.join(",")))
    }

    fn settings(&mut self, draft: &mut Draft, node: Node) {
        let Value::Table(entries) = node.value else {
            return self.wrong_kind(
                "settings",
                &node,
                "a table",
                "write [settings] and below it quality = 9",
            );
        };
        for Entry { key, node, .. } in entries {
            match node.value.scalar() {
                Some(value) => {
                    draft.settings.insert(key, Said::new(self.place(node.line), value));
                }
                None => self.wrong_kind(&key, &node, "a single value", "a setting is a text or a number"),
            }
        }
    }
}
