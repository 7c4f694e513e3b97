//! How source files look.

use super::{none, root, rust_files};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 110;
/// Names that say nothing about what is in a file.
const EMPTY_NAMES: [&str; 9] =
    ["util", "utils", "common", "helper", "helpers", "misc", "imp", "data", "handler"];

fn sources() -> Vec<(String, String)> {
    let root = root();
    let files = rust_files(&root.join("crates")).into_iter();
    files.map(|(path, text)| (path.strip_prefix(&root).unwrap().display().to_string(), text)).collect()
}

#[test]
fn files_and_lines_are_short() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{path}: {lines} lines; split it along its own seams"));
        }
        for (i, line) in text.lines().enumerate() {
            if line.chars().count() > LINE_COLUMNS_MAX && !line.contains("://") && !line.contains('"') {
                faults.push(format!("{path}:{}: longer than {LINE_COLUMNS_MAX} columns", i + 1));
            }
        }
    }
    none(faults);
}

#[test]
fn functions_fit_a_screen() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let lines: Vec<_> = text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            let begins = ["fn ", "pub fn ", "pub(crate) fn ", "pub(super) fn ", "async fn ", "pub async fn "]
                .iter()
                .chain(&["pub(crate) async fn ", "pub(super) async fn ", "const fn ", "pub const fn "])
                .any(|begin| code.starts_with(begin));
            if !begins {
                continue;
            }
            // Some have no body, or it is on their own line.
            let head = lines[start..].iter().find(|line| line.ends_with(['{', ';', '}']));
            if !head.is_some_and(|line| line.ends_with('{')) {
                continue;
            }
            // The formatter puts the brace that closes a function under its first letter.
            let indent = line.len() - code.len();
            let closing = format!("{}}}", " ".repeat(indent));
            let end = lines[start..].iter().position(|line| *line == closing).unwrap_or(0);
            if end + 1 > FUNCTION_LINES_MAX {
                faults.push(format!("{path}:{}: a function of {} lines", start + 1, end + 1));
            }
        }
    }
    none(faults);
}

#[test]
fn files_say_what_they_own() {
    let silent = sources().into_iter().filter(|(_, text)| !text.starts_with("//!"));
    none(silent.map(|(path, _)| format!("{path} does not open with //!")).collect());
}

#[test]
fn files_have_names_that_say_something() {
    let empty = |path: &String| {
        let mut parts = path.trim_end_matches(".rs").split('/');
        parts.any(|part| EMPTY_NAMES.contains(&part))
    };
    none(sources().into_iter().map(|(path, _)| path).filter(empty).collect());
}
