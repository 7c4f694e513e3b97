//! What a log and the end of a process come to: whether the attempt has gone well, else why not, as a
//! sentence for people.

use std::collections::{BTreeMap, BTreeSet};

use model::{Exit, Refuse};

use super::reader::{LogReader, cut};
use crate::definition::{Class, ExitRule};

/// Telling lines of a log that nothing explains.
const LINES: usize = 3;
/// As many warnings are told.
const WARNINGS_MAX: usize = 64;
/// Classes that fail an attempt or explain it, the weightiest first.
const WEIGHT: [Class; 6] =
    [Class::Licence, Class::Memory, Class::Host, Class::Fatal, Class::Error, Class::Why];

/// What programs of all kinds say when they get no memory.
const MEMORY: [&str; 8] = [
    "std::bad_alloc",
    "out of memory",
    "outofmemory",
    "cannot allocate memory",
    "could not allocate memory",
    "memory allocation of",
    "memory exhausted",
    "failed to allocate memory",
];

/// What makes a line about a licence one of lacking it. Greetings speak of licences too.
const LACKING: [&str; 16] = [
    "fail",
    "error",
    "denied",
    "unavailable",
    "not available",
    "no licen",
    "unable",
    "could not",
    "cannot",
    "can't",
    "expired",
    "in use",
    "timed out",
    "users already reached",
    "not found",
    "invalid",
];

/// What an attempt has come to, as far as its log and its end tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why it has failed; absent where it went well.
    pub failure: Option<Failure>,
    /// Whether that means nothing if all files are there and whole.
    pub excused: bool,
    /// What the package warned of, each once, missing files first.
    pub warnings: Vec<Warning>,
}

/// Why an attempt has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Of what kind: licence, memory, host, fatal or error.
    pub class: Class,
    /// One or two sentences.
    pub sentence: String,
}

/// Something that a package warned of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Whether a file was missing.
    pub missing: bool,
    /// What, as a sentence.
    pub sentence: String,
}

/// What markers have shown so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// By class: the marker that stands first in its file, and what it said last.
    telling: BTreeMap<Class, (usize, String)>,
    missing: Vec<String>,
    warnings: Vec<String>,
    known: BTreeSet<String>,
    /// The code that a log said the process would end with.
    pub(super) exits: Option<i32>,
    pub(super) excused: bool,
}

impl Seen {
    pub(super) fn mark(&mut self, class: Class, at: usize, sentence: &str) {
        let list = match class {
            Class::Benign => return,
            Class::Warning => &mut self.warnings,
            Class::MissingFile => &mut self.missing,
            class => {
                let told = self.telling.entry(class).or_insert_with(|| (at, String::new()));
                if at <= told.0 {
                    *told = (at, sentence.to_owned());
                }
                return;
            }
        };
        if list.len() < WARNINGS_MAX && !self.known.contains(sentence) {
            self.known.insert(sentence.to_owned());
            list.push(sentence.to_owned());
        }
    }

    /// What explains a failure best.
    fn best(&self, among: &[Class]) -> Option<(Class, &str)> {
        let found = |class: &Class| self.telling.get(class).map(|(_, sentence)| (*class, sentence.as_str()));
        among.iter().find_map(found)
    }
}

impl LogReader {
    /// What it comes to that the process ended so; to be asked after `finish`. `refuse` are the warnings that
    /// the job will not have.
    #[must_use]
    pub fn verdict(&self, exit: Exit, refuse: &BTreeSet<Refuse>) -> Verdict {
        let rule = &self.matcher().exit;
        let exit = match (self.seen.exits, exit) {
            (Some(code), _) => Exit::Code(code),
            (None, exit) => exit,
        };
        let warnings = self.warnings();
        let failure = self.failure(rule, exit).or_else(|| self.refused(&warnings, refuse));
        Verdict { failure, excused: self.seen.excused, warnings }
    }

    /// Why it has failed where something else than the log shows that it has: no file, for instance.
    #[must_use]
    pub fn explain(&self, exit: Exit) -> Failure {
        let class = self.seen.best(&WEIGHT).map_or_else(|| self.blame(), |(class, _)| failing(class));
        Failure { class, sentence: self.sentence(exit, None) }
    }

    /// What its log says of why it failed, if a marker does.
    #[must_use]
    pub fn telling(&self) -> Option<&str> {
        self.seen.best(&WEIGHT).map(|(_, sentence)| sentence)
    }

    fn failure(&self, rule: &ExitRule, exit: Exit) -> Option<Failure> {
        let marked = self.seen.best(&WEIGHT[..5]);
        if let Exit::Code(code) = exit
            && let Some(means) = rule.codes.get(&code)
        {
            let class = marked.map_or(means.class, |(class, _)| class);
            return match class {
                Class::Benign | Class::Warning | Class::MissingFile => None,
                class => {
                    let sentence = self.sentence(exit, means.says.as_deref());
                    Some(Failure { class: failing(class), sentence })
                }
            };
        }
        let good = match exit {
            Exit::Code(code) => rule.good.contains(&code),
            // It is not known how it ended: its files tell.
            Exit::Unknown => true,
            Exit::Signal(_) => false,
        };
        match marked {
            None if good => None,
            Some((class, _)) => Some(Failure { class, sentence: self.sentence(exit, None) }),
            None => Some(self.explain(exit)),
        }
    }

    fn refused(&self, warnings: &[Warning], refuse: &BTreeSet<Refuse>) -> Option<Failure> {
        let refused = |warning: &&Warning| {
            refuse.contains(&if warning.missing { Refuse::MissingFiles } else { Refuse::Warnings })
        };
        let warning = warnings.iter().find(refused)?;
        let what = if warning.missing { "missing files" } else { "warnings" };
        let sentence = format!("{}, and the job refuses {what}", warning.sentence);
        Some(Failure { class: Class::Error, sentence })
    }

    fn warnings(&self) -> Vec<Warning> {
        let list = |missing, sentences: &[String]| {
            sentences
                .iter()
                .map(|sentence| Warning { missing, sentence: sentence.clone() })
                .collect::<Vec<_>>()
        };
        [list(true, &self.seen.missing), list(false, &self.seen.warnings)].concat()
    }

    /// Whose fault a failure is that no marker explains: memory that ran out and licences that were not to be
    /// had are met with otherwise than trying again at once.
    fn blame(&self) -> Class {
        let end = self.end().to_lowercase();
        let lines = || end.lines();
        let says = |line: &str, words: &[&str]| words.iter().any(|word| line.contains(word));
        if lines().any(|line| (line.contains("licens") || line.contains("licenc")) && says(line, &LACKING)) {
            return Class::Licence;
        }
        if lines().any(|line| says(line, &MEMORY)) { Class::Memory } else { Class::Error }
    }

    /// What happened, as one or two sentences; `otherwise` where no marker says.
    fn sentence(&self, exit: Exit, otherwise: Option<&str>) -> String {
        let ending = ending(&self.matcher().title, exit, &self.matcher().exit);
        if let Some(sentence) = self.seen.best(&WEIGHT).map(|(_, sentence)| sentence).or(otherwise) {
            return format!("{sentence} ({ending})");
        }
        let lines = telling(&self.end());
        match lines.as_slice() {
            [] => format!("{ending}; its log does not say why"),
            lines => format!("{ending}; its log ends with: {}", lines.join(" | ")),
        }
    }
}

const fn failing(class: Class) -> Class {
    match class {
        Class::Licence | Class::Memory | Class::Host | Class::Fatal => class,
        _ => Class::Error,
    }
}

/// The last lines of `end` that say something.
fn telling(end: &str) -> Vec<String> {
    let lines = end.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    let mut last: Vec<String> = lines.rev().take(LINES).map(cut).collect();
    last.reverse();
    last
}

fn ending(title: &str, ended: Exit, rule: &ExitRule) -> String {
    match ended {
        Exit::Code(code) if rule.good.contains(&code) => format!("{title} ended as if all were well"),
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
