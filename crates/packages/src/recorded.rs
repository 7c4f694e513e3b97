//! Recorded logs beside a definition, and the events that they come to: the tests of definitions.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use model::{Exit, Fault, Faults};

use crate::definition::Definition;
use crate::log::{Event, LogReader, Verdict};

/// Columns up to which progress is folded; a log of hours says it thousands of times.
const FOLDED: usize = 2;

/// Where a log is from, and of what run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Whether the real program printed it.
    pub real: bool,
    /// The program's version; empty where that does not matter.
    pub version: String,
    /// How the process ended.
    pub exit: Exit,
    /// The frames of the run.
    pub frames: Vec<i64>,
}

impl Default for Recording {
    fn default() -> Self {
        Self { real: false, version: String::new(), exit: Exit::Code(0), frames: vec![1] }
    }
}

impl Recording {
    /// Reads the comments at the head of a list of events.
    ///
    /// # Errors
    /// The line that says nothing of a recording.
    pub fn of_events(text: &str) -> Result<Self, (usize, String)> {
        let mut read = Self::default();
        let mut told = false;
        for (at, line) in text.lines().enumerate() {
            let Some(comment) = line.strip_prefix('#') else { break };
            let (word, rest) = comment.trim().split_once(' ').unwrap_or((comment.trim(), ""));
            let wrong = |what: &str| (at + 1, format!("{what}: {line:?}"));
            match word {
                "recorded" | "synthetic" => {
                    told = true;
                    read.real = word == "recorded";
                    rest.clone_into(&mut read.version);
                }
                "exit" => read.exit = Self::ended(rest).ok_or_else(|| wrong("not an end of a process"))?,
                "frames" => {
                    let numbers = rest.split_whitespace().map(|number| number.parse().ok());
                    read.frames = numbers.collect::<Option<_>>().ok_or_else(|| wrong("not frame numbers"))?;
                }
                _ => return Err(wrong("neither recorded, synthetic, exit nor frames")),
            }
        }
        if told {
            Ok(read)
        } else {
            Err((1, "its first line is not # recorded VERSION or # synthetic".to_owned()))
        }
    }

    /// The same comments.
    #[must_use]
    pub fn head(&self) -> String {
        let word = if self.real { "recorded" } else { "synthetic" };
        let mut head = format!("# {word} {}", self.version).trim_end().to_owned();
        head.push('\n');
        match self.exit {
            Exit::Code(0) => {}
            Exit::Code(code) => head.push_str(&format!("# exit {code}\n")),
            Exit::Signal(number) => head.push_str(&format!("# exit signal {number}\n")),
            Exit::Unknown => head.push_str("# exit unknown\n"),
        }
        if self.frames != [1] {
            let numbers: Vec<String> = self.frames.iter().map(ToString::to_string).collect();
            head.push_str(&format!("# frames {}\n", numbers.join(" ")));
        }
        head
    }

    /// The events that `log` comes to, a line each, and what it comes to at the end.
    #[must_use]
    pub fn play(&self, definition: &Definition, log: &[u8]) -> String {
        let mut reader = LogReader::new(definition.of_version(&self.version), &self.frames);
        let mut events = reader.feed(log);
        events.extend(reader.finish());
        let mut text = folded(&events);
        text.push_str(&ends(&reader.verdict(self.exit, &BTreeSet::new())));
        text
    }
}

impl Recording {
    /// How a process ended, as people write it: `1`, `signal 9`, `unknown`.
    #[must_use]
    pub fn ended(text: &str) -> Option<Exit> {
        match text.strip_prefix("signal ") {
            Some(number) => number.parse().ok().map(Exit::Signal),
            None if text == "unknown" => Some(Exit::Unknown),
            None => text.parse().ok().map(Exit::Code),
        }
    }
}

/// The events, runs of progress in one line.
fn folded(events: &[Event]) -> String {
    let mut text = String::new();
    let mut said: Vec<u16> = Vec::new();
    for event in events {
        if let Event::Progress(permille) = event {
            said.push(*permille);
            continue;
        }
        fold(&mut said, &mut text);
        text.push_str(&line(event));
        text.push('\n');
    }
    fold(&mut said, &mut text);
    text
}

fn fold(said: &mut Vec<u16>, text: &mut String) {
    if let (Some(first), Some(last)) = (said.first(), said.last()) {
        let _ = match said.len() {
            1 => writeln!(text, "progress {first}"),
            FOLDED => writeln!(text, "progress {first}\nprogress {last}"),
            times => writeln!(text, "progress {first}..{last} ({times} times)"),
        };
    }
    said.clear();
}

/// An event as it stands in a list of events.
fn line(event: &Event) -> String {
    match event {
        Event::Progress(permille) => format!("progress {permille}"),
        Event::FrameStarted(number) => format!("start {number}"),
        Event::FrameDone(number) => format!("done {number}"),
        Event::FileWritten(path) => format!("file {path}"),
        Event::Memory(bytes) => format!("memory {bytes}"),
        Event::Status(text) => format!("status {text}"),
        Event::Exits(code) => format!("exits {code}"),
        Event::Marked { class, sentence } => format!("{} {sentence}", class.word()),
    }
}

fn ends(verdict: &Verdict) -> String {
    match &verdict.failure {
        None => "ends well\n".to_owned(),
        Some(failure) => {
            let excused = if verdict.excused { ", excused if the files are whole" } else { "" };
            format!("ends {} {}{excused}\n", failure.class.word(), failure.sentence)
        }
    }
}

/// Plays every recorded log of `definition` in the folder `logs`, and says where it comes to something else
/// than what is written beside it. How many were played.
///
/// # Errors
/// Every difference, with file and line.
pub fn play_recordings(definition: &Definition, logs: &Path) -> Result<usize, Faults> {
    let folder = logs.join(&definition.name);
    let mut faults = Faults::default();
    let mut played = 0;
    let mut paths: Vec<_> =
        folder.read_dir().into_iter().flatten().map_while(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "log")) {
        let events = path.with_extension("events");
        let place = events.display().to_string();
        let (log, wanted) = match (fs::read(path), fs::read_to_string(&events)) {
            (Ok(log), Ok(wanted)) => (log, wanted),
            (Err(error), _) | (_, Err(error)) => {
                let hint = "framefarm package log NAME FILE prints what belongs there";
                faults.push(Fault::new(place, format!("it cannot be read: {error}")).hint(hint));
                continue;
            }
        };
        match Recording::of_events(&wanted) {
            Err((line, what)) => faults.push(Fault::new(format!("{place}:{line}"), what)),
            Ok(recording) => {
                played += 1;
                let comments = wanted.lines().take_while(|line| line.starts_with('#')).count();
                differs(&place, comments, &wanted, &recording.play(definition, &log), &mut faults);
            }
        }
    }
    faults.or(played)
}

/// A fault at the first line of `wanted` that is not as `found`.
fn differs(place: &str, comments: usize, wanted: &str, found: &str, faults: &mut Faults) {
    let wanted: Vec<&str> = wanted.lines().skip(comments).filter(|line| !line.trim().is_empty()).collect();
    let found: Vec<&str> = found.lines().collect();
    let at = (0..wanted.len().max(found.len())).find(|at| wanted.get(*at) != found.get(*at));
    if let Some(at) = at {
        let (wanted, found) = (wanted.get(at).unwrap_or(&"the end"), found.get(at).unwrap_or(&"the end"));
        let what = format!("the log comes to\n    {found}\n  where is written\n    {wanted}");
        faults.push(Fault::new(format!("{place}:{}", comments + at + 1), what));
    }
}
