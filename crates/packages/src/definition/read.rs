//! A definition as a whole: what extends what, what is otherwise in which version, and what no table can
//! tell by itself.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use model::{Faults, VersionPattern, nearest};

use super::fields::{Fields, FromNode, Reader};
use super::node::{self, Entry, Node, Value};
use super::rules::is_word;
use super::{Definition, Script, Variant, When};
use crate::template::Template;
use crate::values;

/// What of the top level a variant cannot have otherwise.
const FIXED: [&str; 9] =
    ["name", "title", "extends", "executables", "folders", "own", "version", "support", "variant"];

/// Finds the text of a script by its path beside the definition.
pub(crate) type Scripts<'a> = &'a dyn Fn(&str) -> Option<Arc<str>>;

/// Reads a definition that stands alone.
pub(crate) fn alone(file: &str, text: &str) -> Result<Definition, Faults> {
    let root = node::parse(file, text)?;
    let reader = Reader::default();
    let read = definition(&root, &|_| None, &reader);
    finish(read, reader)
}

/// What was read, or the faults.
pub(crate) fn finish<T>(read: Option<T>, reader: Reader) -> Result<T, Faults> {
    let faults = reader.into_faults();
    match read {
        Some(read) if faults.0.is_empty() => Ok(read),
        _ => Err(faults),
    }
}

/// `below` with everything that `above` says laid over it.
pub(crate) fn laid_over(below: &Node, above: &Node) -> Node {
    let (Value::Table(lower), Value::Table(upper)) = (&below.value, &above.value) else {
        return above.clone();
    };
    let hidden = |entry: &&Entry| !upper.iter().any(|other| other.key == entry.key);
    let entries = lower.iter().filter(hidden).chain(upper).cloned().collect();
    Node { place: above.place.clone(), value: Value::Table(entries) }
}

/// Reads `root` and its variants.
pub(crate) fn definition(root: &Node, scripts: Scripts<'_>, reader: &Reader) -> Option<Definition> {
    let read = one(root, scripts, reader);
    let Value::Table(entries) = &root.value else { return None };
    let listed = entries.iter().find(|entry| entry.key == "variant");
    let variants: Option<Vec<Variant>> = match listed.map(|entry| &entry.node.value) {
        None => Some(Vec::new()),
        Some(Value::List(items)) => {
            let read: Vec<_> = items.iter().map(|item| variant(root, item, scripts, reader)).collect();
            read.into_iter().collect()
        }
        Some(other) => {
            let place = listed.map_or(&root.place, |entry| &entry.place);
            reader.fault_with(
                place,
                format!("variants are a list, not {}", other.kind()),
                "write [[variant]]",
            );
            None
        }
    };
    Some(Definition { variants: variants?, ..read? })
}

fn variant(root: &Node, item: &Node, scripts: Scripts<'_>, reader: &Reader) -> Option<Variant> {
    let Value::Table(entries) = &item.value else {
        reader.fault(&item.place, "a variant is a table");
        return None;
    };
    let said = entries.iter().find(|entry| entry.key == "versions");
    if said.is_none() {
        reader.fault(&item.place, "versions is missing here");
    }
    for fixed in entries.iter().filter(|entry| FIXED.contains(&entry.key.as_str())) {
        reader.fault(&fixed.place, format!("{} is the same in every version", fixed.key));
    }
    let versions = said.and_then(|entry| VersionPattern::read(&entry.node, reader));
    let others = entries.iter().filter(|entry| entry.key != "versions").cloned().collect();
    let above = Node { place: item.place.clone(), value: Value::Table(others) };
    let Value::Table(base) = &root.value else { return None };
    let base = base.iter().filter(|entry| entry.key != "variant" && entry.key != "seen").cloned().collect();
    let below = Node { place: root.place.clone(), value: Value::Table(base) };
    let definition = one(&laid_over(&below, &above), scripts, reader);
    Some(Variant { versions: versions?, definition: definition? })
}

impl FromNode for VersionPattern {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let text = String::read(node, reader)?;
        let pattern = Self::from_str(&text);
        if let Err(error) = &pattern {
            reader.fault(&node.place, error.to_string());
        }
        pattern.ok()
    }
}

/// Reads `root` without its variants.
fn one(root: &Node, scripts: Scripts<'_>, reader: &Reader) -> Option<Definition> {
    let fields = Fields::of(root, reader)?;
    fields.node("variant");
    fields.node("extends");
    let read = Definition {
        name: fields.need("name").unwrap_or_default(),
        title: fields.need("title").unwrap_or_default(),
        seen: fields.or_default("seen"),
        own: fields.or_default("own"),
        executables: fields.or_default("executables"),
        folders: fields.or_default("folders"),
        runs: fields.get("runs"),
        threads_least: fields.or_default("threads_least"),
        version: fields.get("version"),
        scene: fields.or_default("scene"),
        frames: fields.or_default("frames"),
        formats: fields.or_default("formats"),
        command: fields.need("command").unwrap_or_default(),
        environment: fields.or_default("environment"),
        settings: fields.or_default("settings"),
        parts: fields.or_default("parts"),
        scripts: read_scripts(&fields, scripts, reader),
        log: fields.or_default("log"),
        markers: fields.or_default("markers"),
        exit: fields.or_default("exit"),
        resume: fields.get("resume"),
        snapshot: fields.get("snapshot"),
        session: fields.get("session"),
        support: fields.or_default("support"),
        outputs: fields.need("outputs").unwrap_or_default(),
        variants: Vec::new(),
        matcher: super::Lazy::default(),
    };
    check(&fields, &read);
    check_templates(&fields, &read, reader);
    fields.finish().map(|()| read)
}

fn read_scripts(fields: &Fields<'_>, scripts: Scripts<'_>, reader: &Reader) -> BTreeMap<String, Script> {
    let Some(Value::Table(entries)) = fields.node("scripts").map(|node| &node.value) else {
        return BTreeMap::new();
    };
    let mut found = BTreeMap::new();
    for Entry { key, place, node } in entries {
        if !key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            reader.fault(place, "a script's name is lower-case letters and _");
        }
        let Some(path) = String::read(node, reader) else { continue };
        let Some(text) = scripts(&path) else {
            let what = format!("there is no file {path:?} beside the definition");
            reader.fault_with(&node.place, what, "it is named as seen from the folder of the definition");
            continue;
        };
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        found.insert(key.clone(), Script { name, text });
    }
    found
}

/// What contradicts each other.
fn check(fields: &Fields<'_>, read: &Definition) {
    let has = |key| fields.node(key).is_some();
    if has("name") && !is_word(&read.name) {
        fields.fault("name", "a name is lower-case letters, digits and _");
    }
    if read.executables.iter().any(|name| name.is_empty() || name.contains('/')) {
        fields.fault("executables", "each is a file name without a folder");
    }
    let windows = |folder: &str| folder.get(1..3).is_some_and(|behind| behind == ":/" || behind == ":\\");
    let whole = |folder: &&String| folder.starts_with('/') || folder.starts_with("~/") || windows(folder);
    if !read.folders.iter().all(|folder| whole(&folder)) {
        fields.fault("folders", "each begins with / or ~/, on Windows with a drive");
    }
    match (read.own, read.executables.is_empty()) {
        (true, false) => fields.fault("own", "its own program and executables exclude each other"),
        (true, true) if has("version") => fields.fault("version", "framefarm knows its own version"),
        (false, false) if !has("version") => {
            fields.fault("executables", "a package with a program says how its version is found: [version]");
        }
        (false, true) if has("version") => {
            fields.fault("version", "there are no executables that could be asked");
        }
        _ => {}
    }
    if read.formats.is_empty() && has("outputs") && read.outputs.ending.is_none() {
        fields.fault("outputs", "an ending is wanted where there are no formats");
    }
    if fields.node("command").is_some_and(|node| matches!(&node.value, Value::List(list) if list.is_empty()))
    {
        fields.fault("command", "it is empty");
    }
    let told = |when| read.command.iter().any(|group| group.when.contains(&when)) || read.session.is_some();
    if read.parts.tiles.is_some() && !told(When::Tile) {
        fields.fault("parts", "no group of [[command]] has when = \"tile\"");
    }
    if read.parts.samples && !told(When::Samples) {
        fields.fault("parts", "no group of [[command]] has when = \"samples\"");
    }
}

/// Placeholders that nothing fills.
fn check_templates(fields: &Fields<'_>, read: &Definition, reader: &Reader) {
    let known: Vec<String> = values::known_of(read).collect();
    for key in ["command", "environment"] {
        if let Some(node) = fields.node(key) {
            unfilled(node, &known, reader);
        }
    }
    if let Some(Value::Table(session)) = fields.node("session").map(|node| &node.value) {
        let lasting: Vec<String> = known.iter().filter(|name| !values::of_frame(name)).cloned().collect();
        for entry in session.iter().filter(|entry| entry.key == "command") {
            unfilled(&entry.node, &lasting, reader);
        }
    }
}

/// Faults for the placeholders in texts below `node` that are not `known`.
fn unfilled(node: &Node, known: &[String], reader: &Reader) {
    match &node.value {
        Value::Text(text) => {
            for name in Template::parse(text).names().filter(|name| !known.iter().any(|one| one == name)) {
                let nearest = nearest(name, known.iter().map(String::as_str));
                let hint = nearest.map_or_else(
                    || format!("known here are {}", known.join(", ")),
                    |nearest| {
                        format!("did you mean {{{nearest}}}? for braces that stay write {{{{{name}}}}}")
                    },
                );
                reader.fault_with(&node.place, format!("nothing is called {{{name}}} here"), hint);
            }
        }
        Value::List(items) => items.iter().for_each(|item| unfilled(item, known, reader)),
        Value::Table(entries) => entries.iter().for_each(|entry| unfilled(&entry.node, known, reader)),
        _ => {}
    }
}
