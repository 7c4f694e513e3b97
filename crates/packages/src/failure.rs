//! Why an attempt failed, as a sentence for people, from the end of its log.

use std::borrow::Cow;

use model::Exit;

use crate::definition::{Definition, FailureRule};
use crate::template::{Value, Values};

/// Telling lines of a log that nothing explains.
const LINES: usize = 3;
/// Longest part of a log line that is repeated.
const COLUMNS: usize = 240;

/// What happened, as one or two sentences, from the end of the attempt's log and how its process ended.
#[must_use]
pub fn explain_failure(definition: &Definition, log_tail: &str, ended: Exit) -> String {
    let log = log_tail.replace("\r\n", "\n").replace('\r', "\n");
    let unwrapped = log.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = |rule: &FailureRule| sentence(rule, if rule.unwrapped { &unwrapped } else { &log });
    let ending = ending(&definition.title, ended);
    if let Some(sentence) = definition.failures.iter().find_map(says) {
        return format!("{sentence} ({ending})");
    }
    let lines = telling(definition, &log);
    match lines.as_slice() {
        [] => format!("{ending}; its log does not say why"),
        lines => format!("{ending}; its log ends with: {}", lines.join(" | ")),
    }
}

/// What `rule` says of `log`: of its last match, for that is what ended it.
fn sentence(rule: &FailureRule, log: &str) -> Option<String> {
    let groups = rule.pattern.regex().captures_iter(log).last()?;
    let mut values = Values::new();
    for name in rule.pattern.regex().capture_names().flatten() {
        let text = groups.name(name).map_or("", |group| group.as_str().trim_end_matches(['.', ' ']));
        values.insert(name, Value::One(text.to_owned()));
    }
    rule.says.fill(&values).map(|texts| texts.concat())
}

/// The last lines of `log` that say something.
fn telling<'a>(definition: &Definition, log: &'a str) -> Vec<Cow<'a, str>> {
    let silent = |line: &str| definition.benign.iter().any(|pattern| pattern.regex().is_match(line));
    let reports = |line: &str| {
        let patterns = definition.progress.iter().flat_map(|rule| &rule.patterns);
        patterns.into_iter().any(|pattern| pattern.regex().is_match(line))
    };
    let lines = log.lines().map(str::trim).filter(|line| !line.is_empty() && !silent(line) && !reports(line));
    let mut last: Vec<Cow<'_, str>> = lines.rev().take(LINES).map(cut).collect();
    last.reverse();
    last
}

fn cut(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(COLUMNS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &line[..end])),
        None => Cow::Borrowed(line),
    }
}

fn ending(title: &str, ended: Exit) -> String {
    match ended {
        Exit::Code(0) => format!("{title} ended as if all were well"),
        Exit::Code(code @ 129..=192) => {
            format!("{title} ended with exit code {code}: {}", signal(code - 128))
        }
        Exit::Code(code) => format!("{title} ended with exit code {code}"),
        Exit::Signal(number) => format!("{title} was ended from outside: {}", signal(number)),
        Exit::Unknown => format!("{title} ended while the render server was away"),
    }
}

fn signal(number: i32) -> String {
    let meaning = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        4 => "SIGILL, an instruction that this processor lacks",
        6 => "SIGABRT, it gave up by itself",
        7 => "SIGBUS, often a full disk",
        9 => "SIGKILL, often for want of memory",
        11 => "SIGSEGV, a crash",
        15 => "SIGTERM",
        _ => return format!("signal {number}"),
    };
    format!("signal {number} ({meaning})")
}
