//! Values of a description for what a field takes: texts, numbers, lists, paths; a fault where they are
//! something else.

use std::path::{Path, PathBuf};

use model::{Fault, Faults};

use super::draft::Said;
use super::node::{Node, Value, place};

/// Takes nodes for what a field wants, and keeps a fault where they are something else.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    /// Where paths are meant from.
    pub(super) folder: &'a Path,
    pub(super) faults: Faults,
}

impl Reader<'_> {
    pub(super) fn place(&self, line: usize) -> String {
        place(self.file, line)
    }

    pub(super) fn fault(&mut self, line: usize, what: String, hint: impl Into<String>) {
        self.faults.push(Fault::new(self.place(line), what).hint(hint));
    }

    pub(super) fn wrong_kind(&mut self, key: &str, node: &Node, wanted: &str, hint: &str) {
        self.fault(node.line, format!("{key} takes {wanted}, here is {}", node.value.kind()), hint);
    }

    pub(super) fn text(&mut self, key: &str, node: Node) -> Option<Said<String>> {
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

    pub(super) fn whole(&mut self, key: &str, node: &Node) -> Option<Said<i64>> {
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

    pub(super) fn truth(&mut self, key: &str, node: &Node) -> Option<Said<bool>> {
        if let Value::Truth(truth) = node.value {
            return Some(Said::new(self.place(node.line), truth));
        }
        self.wrong_kind(key, node, "true or false", &format!("write {key} = true, without quotes"));
        None
    }

    /// One text, or a list of them.
    pub(super) fn texts(&mut self, key: &str, node: Node) -> Option<Said<Vec<String>>> {
        match node.value {
            Value::Text(text) => Some(Said::new(self.place(node.line), vec![text])),
            _ => self.list(key, node),
        }
    }

    /// A list of texts; numbers in it are taken as written.
    pub(super) fn list(&mut self, key: &str, node: Node) -> Option<Said<Vec<String>>> {
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
    pub(super) fn paths(&mut self, key: &str, node: Node) -> Vec<Said<PathBuf>> {
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
    pub(super) fn frame_list(&mut self, node: &Node) -> Option<Said<String>> {
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
}
