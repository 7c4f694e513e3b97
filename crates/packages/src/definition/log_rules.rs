//! The tables of a definition that say what its log means, how it ends and how it stays.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fields::{Fields, FromNode, Reader, words};
use super::node::{Node, Value};
use super::rules::Group;
use crate::pattern::Pattern;
use crate::template::Template;

/// What a log says of how far the package is.
#[derive(Clone, Debug, Serialize)]
pub struct LogRule {
    /// How letters are written in it.
    pub encoding: Encoding,
    /// How far it is; the first that fits a line counts.
    pub progress: Vec<ProgressRule>,
    /// A frame begins; group 1 is its number.
    pub frame_start: Vec<Pattern>,
    /// A frame is done; group 1 is its number, if there is one.
    pub frame_done: Vec<Pattern>,
    /// A file is written; group 1 is its path.
    pub file_written: Vec<Pattern>,
    /// The most memory it has used so far.
    pub memory: Vec<MemoryRule>,
    /// Most thousandths of a frame shown before it is done, since a package may go over it again.
    pub most: u16,
    /// For scenes that are gone over twice.
    pub twice: Option<TwiceRule>,
}

impl Default for LogRule {
    fn default() -> Self {
        Self {
            encoding: Encoding::Utf8,
            progress: Vec::new(),
            frame_start: Vec::new(),
            frame_done: Vec::new(),
            file_written: Vec::new(),
            memory: Vec::new(),
            most: 1000,
            twice: None,
        }
    }
}

words! {
    /// How letters are written in a log.
    pub enum Encoding {
        /// UTF-8, what is none replaced.
        "utf8" => Utf8,
        /// UTF-16, the lower byte first unless it says otherwise.
        "utf16" => Utf16,
        /// A byte a letter, as Windows writes it in the west.
        "system" => System,
    }
}

impl FromNode for LogRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let read = Self {
            encoding: fields.get("encoding").unwrap_or(Encoding::Utf8),
            progress: fields.or_default("progress"),
            frame_start: fields.or_default("frame_start"),
            frame_done: fields.or_default("frame_done"),
            file_written: fields.or_default("file_written"),
            memory: fields.or_default("memory"),
            most: fields.get("most").unwrap_or(1000),
            twice: fields.get("twice"),
        };
        for (key, patterns) in [("frame_start", &read.frame_start), ("frame_done", &read.frame_done)] {
            if patterns.iter().any(|pattern| pattern.groups() > 1) {
                fields.fault(key, "one group, the number, or none");
            }
        }
        if read.file_written.iter().any(|pattern| pattern.groups() != 1) {
            fields.fault("file_written", "one group is wanted: the path");
        }
        let first = read.twice.as_ref().map_or(0, |twice| twice.first);
        if read.most > 1000 || first > read.most {
            fields.fault(if read.most > 1000 { "most" } else { "twice" }, "first <= most <= 1000 is wanted");
        }
        fields.finish().map(|()| read)
    }
}

/// A line that says how far the package is.
#[derive(Clone, Debug, Serialize)]
pub struct ProgressRule {
    /// The line.
    pub pattern: Pattern,
    /// What its groups are.
    pub kind: ProgressKind,
    /// What it is so far with.
    pub scope: Scope,
}

words! {
    /// What the groups of a progress pattern are.
    pub enum ProgressKind {
        /// Per cent.
        "percent" => Percent,
        /// A share, 0 to 1.
        "share" => Share,
        /// So many of so many.
        "of" => Of,
        /// Time gone and time left.
        "left" => Left,
        /// A bar in which blanks are what is left.
        "bar" => Bar,
    }
}

words! {
    /// What a package is so far with.
    pub enum Scope {
        /// The frame at work.
        "frame" => Frame,
        /// All frames of this run.
        "run" => Run,
    }
}

impl FromNode for ProgressRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let pattern = fields.need::<Pattern>("pattern");
        let kind = fields.get("kind").unwrap_or(ProgressKind::Percent);
        let scope = fields.get("scope").unwrap_or(Scope::Frame);
        let (groups, what) = match kind {
            ProgressKind::Percent => (1, "one group is wanted: per cent"),
            ProgressKind::Share => (1, "one group is wanted: a share of 0 to 1"),
            ProgressKind::Of => (2, "two groups are wanted: so many of so many"),
            ProgressKind::Left => (2, "two groups are wanted: time gone and time left"),
            ProgressKind::Bar => (1, "one group is wanted: the bar"),
        };
        if pattern.as_ref().is_some_and(|pattern| pattern.groups() != groups) {
            fields.fault("pattern", what);
        }
        fields.finish()?;
        Some(Self { pattern: pattern?, kind, scope })
    }
}

/// A line that says how much memory the package has used.
#[derive(Clone, Debug, Serialize)]
pub struct MemoryRule {
    /// Group 1 is how much.
    pub pattern: Pattern,
    /// Of what.
    pub unit: Unit,
}

words! {
    /// A unit of memory.
    pub enum Unit {
        /// Bytes.
        "B" => Bytes,
        /// 1024 of them.
        "KiB" => Kibi,
        /// 1024 of those.
        "MiB" => Mebi,
        /// 1024 of those.
        "GiB" => Gibi,
    }
}

impl Unit {
    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self {
            Self::Bytes => 1,
            Self::Kibi => 1 << 10,
            Self::Mebi => 1 << 20,
            Self::Gibi => 1 << 30,
        }
    }
}

impl FromNode for MemoryRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let (pattern, unit) = (fields.need::<Pattern>("pattern"), fields.need("unit"));
        if pattern.as_ref().is_some_and(|pattern| pattern.groups() != 1) {
            fields.fault("pattern", "one group is wanted: how much");
        }
        fields.finish()?;
        Some(Self { pattern: pattern?, unit: unit? })
    }
}

/// How a package that goes over some frames twice counts them.
#[derive(Clone, Debug, Serialize)]
pub struct TwiceRule {
    /// What the text of such a scene holds.
    pub scene: Pattern,
    /// Thousandths of the frame that the first pass is.
    pub first: u16,
}

impl FromNode for TwiceRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let (scene, first) = (fields.need("scene"), fields.need("first"));
        fields.finish()?;
        Some(Self { scene: scene?, first: first? })
    }
}

/// What a line means.
#[derive(Clone, Debug, Serialize)]
pub struct Marker {
    /// What the log shows.
    pub pattern: Pattern,
    /// What follows.
    pub class: Class,
    /// The sentence, with the pattern's named groups as `{placeholders}`; the line itself where absent.
    pub says: Option<Template>,
    /// Looked for in the log as one line, every run of white space one space.
    pub unwrapped: bool,
}

words! {
    /// What follows from a line, or from an exit code.
    pub enum Class {
        /// It is shown on the frame.
        "warning" => Warning,
        /// A file was missed, and the package went on without it.
        "missing_file" => MissingFile,
        /// It explains a failure.
        "why" => Why,
        /// The attempt has failed.
        "error" => Error,
        /// And no other try would do better.
        "fatal" => Fatal,
        /// No licence was to be had.
        "licence" => Licence,
        /// Memory ran out.
        "memory" => Memory,
        /// The host is to blame.
        "host" => Host,
        /// Nothing.
        "benign" => Benign,
    }
}

impl FromNode for Marker {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let pattern = fields.need::<Pattern>("pattern");
        let class = fields.need("class");
        let says = fields.get::<Template>("says");
        let unwrapped = fields.or_default("unwrapped");
        if let (Some(pattern), Some(says)) = (&pattern, &says) {
            let groups: Vec<&str> = pattern.names().collect();
            for name in says.names().filter(|name| !groups.contains(name)) {
                fields.fault("says", format!("no group of the pattern is called {name}"));
            }
        }
        if unwrapped && class == Some(Class::Benign) {
            fields.fault("unwrapped", "a benign marker is looked for line by line");
        }
        fields.finish()?;
        Some(Self { pattern: pattern?, class: class?, says, unwrapped })
    }
}

/// How a package ends.
#[derive(Clone, Debug, Serialize)]
pub struct ExitRule {
    /// Exit codes that are good.
    pub good: Vec<i32>,
    /// What others mean.
    pub codes: BTreeMap<i32, ExitCode>,
    /// After such a line a bad end means nothing if all files are there and whole.
    pub benign_after: Option<Pattern>,
    /// Seconds it has to end by itself after its last frame.
    pub hang_after_done: Option<u32>,
}

/// What an exit code means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExitCode {
    /// What follows.
    pub class: Class,
    /// A sentence for people.
    pub says: Option<String>,
}

impl Default for ExitRule {
    fn default() -> Self {
        Self { good: vec![0], codes: BTreeMap::new(), benign_after: None, hang_after_done: None }
    }
}

impl FromNode for ExitRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let codes = fields.or_default::<BTreeMap<String, ExitCode>>("codes");
        let mut read = Self {
            good: fields.get("good").unwrap_or_else(|| vec![0]),
            codes: BTreeMap::new(),
            benign_after: fields.get("benign_after"),
            hang_after_done: fields.get("hang_after_done"),
        };
        for (code, means) in codes {
            match code.parse::<i32>() {
                Ok(code) if read.good.contains(&code) => {
                    fields.fault("codes", format!("{code} is good, and means something too"));
                }
                Ok(code) => {
                    read.codes.insert(code, means);
                }
                Err(_) => fields.fault("codes", format!("{code:?} is not an exit code")),
            }
        }
        fields.finish().map(|()| read)
    }
}

impl FromNode for ExitCode {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        if matches!(node.value, Value::Text(_)) {
            return Class::read(node, reader).map(|class| Self { class, says: None });
        }
        let fields = Fields::of(node, reader)?;
        let (class, says) = (fields.need("class"), fields.get("says"));
        fields.finish()?;
        Some(Self { class: class?, says })
    }
}

/// How a package goes on with what an earlier try left behind.
#[derive(Clone, Debug, Serialize)]
pub struct ResumeRule {
    /// Arguments that ask for it.
    pub arguments: Vec<String>,
}

impl FromNode for ResumeRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let arguments = fields.need("arguments");
        fields.finish()?;
        Some(Self { arguments: arguments? })
    }
}

/// How a package is asked for the picture as far as it is.
#[derive(Clone, Debug, Serialize)]
pub struct SnapshotRule {
    /// The signal.
    pub signal: Signal,
}

words! {
    /// A signal that packages take.
    pub enum Signal {
        /// Hang up.
        "HUP" => Hup,
        /// Interrupt.
        "INT" => Int,
        /// The first that is free.
        "USR1" => Usr1,
        /// The second.
        "USR2" => Usr2,
    }
}

impl FromNode for SnapshotRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let signal = fields.need("signal");
        fields.finish()?;
        Some(Self { signal: signal? })
    }
}

/// How a package stays for many frames.
#[derive(Clone, Debug, Serialize)]
pub struct SessionRule {
    /// Its arguments, as those of a run but without anything of a frame.
    pub command: Vec<Group>,
    /// Names of another program to start; empty for that of the package.
    pub executable: Vec<String>,
    /// Seconds it has to say that it is ready.
    pub ready_time: u32,
    /// As many frames are made by one process.
    pub frames_max: Option<u32>,
    /// Bytes by which it may grow after its first frame.
    pub memory_max_growth: Option<u64>,
}

impl SessionRule {
    /// How a job's own program stays.
    pub(crate) fn of_a_program() -> Self {
        Self {
            command: Vec::new(),
            executable: Vec::new(),
            ready_time: 300,
            frames_max: None,
            memory_max_growth: None,
        }
    }
}

impl FromNode for SessionRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let command = fields.need("command");
        let growth = fields.get::<String>("memory_max_growth");
        let bytes = growth.as_deref().map(bytes);
        if bytes == Some(None) {
            fields.fault("memory_max_growth", "an amount with its unit is wanted, \"2 GiB\"");
        }
        let read = Self {
            command: Vec::new(),
            executable: fields.or_default("executable"),
            ready_time: fields.get("ready_time").unwrap_or(300),
            frames_max: fields.get("frames_max"),
            memory_max_growth: bytes.flatten(),
        };
        fields.finish()?;
        Some(Self { command: command?, ..read })
    }
}

fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let unit = match text[end..].trim() {
        "MiB" => Unit::Mebi,
        "GiB" => Unit::Gibi,
        _ => return None,
    };
    text[..end].parse::<u64>().ok()?.checked_mul(unit.bytes())
}
