//! Reads a log piece by piece.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use memchr::{memchr2, memrchr2};
use regex::bytes::{CaptureLocations, Captures};
use regex_automata::PatternSet;

use super::clean::Cleaner;
use super::counting::Counting;
use super::generic::Generic;
use super::matcher::{Matcher, Means};
use super::numbers::{number, seconds, thousandths, whole};
use super::shape::{Fit, Shapes};
use super::text::Text;
use super::verdict::Seen;
use crate::Invocation;
use crate::definition::{Class, Definition, ProgressKind, Scope};
use crate::template::{Value, Values};

/// Longest line that is looked at; the rest of a longer one is dropped.
const LINE_MAX: usize = 64 << 10;
/// As much is looked at at once.
const PIECE: usize = 64 << 10;
/// As much of a scene is looked at, in bytes.
const SCENE_MAX: u64 = 1 << 20;
/// So many different sentences of markers are told.
const SENTENCES_MAX: usize = 256;
/// Longest part of a log line that is repeated, in letters.
const COLUMNS: usize = 240;

/// Something that a log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Thousandths of the run that are done; never fewer than before.
    Progress(u16),
    /// A frame begins.
    FrameStarted(i64),
    /// A frame is done.
    FrameDone(i64),
    /// A file is written.
    FileWritten(String),
    /// The most memory used so far, in bytes.
    Memory(u64),
    /// What it is doing.
    Status(String),
    /// It is done, and this is its exit code.
    Exits(i32),
    /// A marker; each sentence once.
    Marked {
        /// What follows from it.
        class: Class,
        /// What it means.
        sentence: String,
    },
}

/// Reads the log of an attempt.
#[derive(Debug)]
pub struct LogReader {
    matcher: Arc<Matcher>,
    cleaner: Cleaner,
    counting: Counting,
    /// The beginning of a line that has not ended.
    begun: Vec<u8>,
    text: Text,
    events: Vec<Event>,
    fitting: PatternSet,
    /// Room for the groups of each rule.
    groups: Vec<CaptureLocations>,
    /// The last lines that fitted something, and of that at work what it fits.
    shapes: Shapes,
    fits: Vec<Fit>,
    memory: u64,
    sentences: BTreeSet<(Class, String)>,
    pub(super) seen: Seen,
}

impl LogReader {
    /// Nothing read yet of a run that makes `frames`.
    #[must_use]
    pub fn new(definition: &Definition, frames: &[i64]) -> Self {
        let matcher = definition.matcher();
        let most = matcher.most;
        Self::with(matcher, frames, most)
    }

    /// Nothing read yet of `invocation`, whose scene may tell that its first pass is a part of the frame.
    #[must_use]
    pub fn of(invocation: &Invocation<'_>) -> Self {
        let matcher = invocation.definition.matcher();
        let mut first = matcher.most;
        if let (Some(twice), Some(scene)) = (&invocation.definition.log.twice, &invocation.step.work.scene) {
            let mut text = Vec::new();
            // A scene that cannot be read only costs the guess; the package itself says what is wrong.
            let read = File::open(invocation.job_folder.join(scene.as_str()))
                .and_then(|file| file.take(SCENE_MAX).read_to_end(&mut text));
            if read.is_ok() && twice.scene.regex().is_some_and(|scene| scene.is_match(&text)) {
                first = twice.first;
            }
        }
        let frames: Vec<i64> = invocation.numbers().collect();
        Self::with(matcher, &frames, first)
    }

    fn with(matcher: Arc<Matcher>, frames: &[i64], first: u16) -> Self {
        Self {
            cleaner: Cleaner::new(matcher.encoding),
            counting: Counting::new(frames, matcher.by_frame, matcher.most, first),
            begun: Vec::new(),
            text: Text::default(),
            events: Vec::new(),
            shapes: Shapes::default(),
            fits: Vec::new(),
            fitting: PatternSet::new(matcher.rules.len()),
            groups: matcher.rules.iter().map(|rule| rule.regex.capture_locations()).collect(),
            memory: 0,
            sentences: BTreeSet::new(),
            seen: Seen::default(),
            matcher,
        }
    }

    /// Reads on. What these bytes say.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        for piece in bytes.chunks(PIECE) {
            // Moved out, since the text may be these bytes themselves.
            let mut cleaner = std::mem::replace(&mut self.cleaner, Cleaner::new(self.matcher.encoding));
            self.clean(&cleaner.clean(piece));
            self.cleaner = cleaner;
        }
        std::mem::take(&mut self.events)
    }

    /// No more comes: reads a last line that has not ended, and looks for what goes over several lines.
    pub fn finish(&mut self) -> Vec<Event> {
        let rest = self.cleaner.rest();
        self.clean(&rest);
        let last = std::mem::take(&mut self.begun);
        self.lines(&last);
        let matcher = self.matcher.clone();
        let unwrapped = matcher.markers.iter().enumerate().filter(|(_, marker)| marker.unwrapped);
        let mut text = None;
        for (at, marker) in unwrapped {
            let text = text.get_or_insert_with(|| self.text.unwrapped());
            let mut found = Vec::new();
            let Some(pattern) = marker.pattern.regex() else { continue };
            pattern.captures_iter(text.as_bytes()).for_each(|groups| {
                let line = groups.get(0).map_or(&[][..], |all| all.as_bytes());
                found.push(sentence(&matcher, at, &groups, line));
            });
            found.into_iter().for_each(|sentence| self.mark(marker.class, at, sentence));
        }
        std::mem::take(&mut self.events)
    }

    /// Whether every frame of the run is done, as far as the log tells.
    #[must_use]
    pub fn is_through(&self) -> bool {
        self.counting.is_through()
    }

    /// The end of what it says besides how far it is.
    pub(super) fn end(&self) -> String {
        self.text.end()
    }

    pub(super) fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    fn clean(&mut self, text: &[u8]) {
        let Some(end) = memrchr2(b'\n', b'\r', text) else {
            self.begin(text);
            return;
        };
        let (whole, begun) = text.split_at(end + 1);
        if self.begun.is_empty() {
            self.lines(whole);
        } else {
            let first = memchr2(b'\n', b'\r', whole).map_or(whole.len(), |at| at + 1);
            self.begin(&whole[..first - 1]);
            let mut line = std::mem::take(&mut self.begun);
            line.push(b'\n');
            self.lines(&line);
            line.clear();
            self.begun = line;
            self.lines(&whole[first..]);
        }
        self.begin(begun);
    }

    fn begin(&mut self, text: &[u8]) {
        let room = LINE_MAX.saturating_sub(self.begun.len());
        self.begun.extend_from_slice(&text[..text.len().min(room)]);
    }

    /// Reads whole lines.
    fn lines(&mut self, text: &[u8]) {
        let matcher = self.matcher.clone();
        let mut from = 0;
        // Behind a line that means something mostly stands another: it is not looked for.
        let mut fits = false;
        while let Some(end) = if fits { Some(from) } else { matcher.next(text, from) } {
            // Of a match that takes the end of its line along, the line is meant and not the next.
            let inside = end.saturating_sub(1).max(from);
            let start = memrchr2(b'\n', b'\r', &text[from..inside]).map_or(from, |at| from + at + 1);
            let stop = memchr2(b'\n', b'\r', &text[inside..]).map_or(text.len(), |at| inside + at);
            if from < start {
                self.text.keep(&text[from..start]);
            }
            let line = &text[start..stop];
            let next = (stop + 1).min(text.len());
            let idle;
            (fits, idle) = self.line(&matcher, &line[..line.len().min(LINE_MAX)]);
            if !idle {
                self.text.keep(&text[start..next]);
            }
            from = next;
            if from >= text.len() {
                return;
            }
        }
        self.text.keep(&text[from..]);
    }

    /// Reads a line; whether it fits anything, and whether it only says how far it is, or means nothing.
    fn line(&mut self, matcher: &Matcher, line: &[u8]) -> (bool, bool) {
        if let Some(idle) = self.again(matcher, line) {
            return (true, idle);
        }
        let mut fitting = std::mem::replace(&mut self.fitting, PatternSet::new(0));
        let mut groups = std::mem::take(&mut self.groups);
        matcher.rules_of(line, &mut fitting);
        self.fits.clear();
        let (mut idle, mut progress, mut marked) = (false, false, false);
        for at in fitting.iter().map(|at| at.as_usize()) {
            let rule = &matcher.rules[at];
            match rule.means {
                means if progress && means.is_progress() => {}
                Means::Marker(_) if marked => {}
                Means::Marker(at) => {
                    let Some(groups) = rule.regex.captures(line) else { continue };
                    marked = true;
                    let class = matcher.markers[at].class;
                    if class == Class::Benign {
                        idle = true;
                    } else {
                        self.mark(class, at, sentence(matcher, at, &groups, line));
                    }
                }
                means => {
                    let groups = &mut groups[at];
                    if rule.regex.captures_read(groups, line).is_some() {
                        let group = |at| groups.get(at).map(|(from, to)| from..to);
                        let fit = Fit { rule: at, one: group(1), two: group(2) };
                        let (says, is_idle) = self.means(means, line, &fit);
                        self.fits.push(fit);
                        progress |= says;
                        idle |= is_idle;
                    }
                }
            }
        }
        if !self.fits.is_empty() && !marked && matcher.takes_all_digits {
            self.shapes.add(line, &self.fits);
        }
        let fits = !fitting.is_empty();
        (self.fitting, self.groups) = (fitting, groups);
        (fits, idle)
    }

    /// Reads a line like one of the last; whether it only says how far it is. Nothing, where it has to be
    /// searched.
    fn again(&mut self, matcher: &Matcher, line: &[u8]) -> Option<bool> {
        let (at, shape) = self.shapes.take(line)?;
        let (mut idle, mut progress) = (false, false);
        for fit in &shape.fitting {
            let means = matcher.rules[fit.rule].means;
            if progress && means.is_progress() {
                continue;
            }
            let (says, is_idle) = self.means(means, line, fit);
            // Another pattern may say it. Those of progress stand first, so nothing was done yet.
            if matches!(means, Means::Progress(..)) && !says {
                return None;
            }
            progress |= says;
            idle |= is_idle;
        }
        self.shapes.put_back((at, shape));
        Some(idle)
    }

    /// A line that fits a pattern with these groups; whether it says how far it is, and whether it says
    /// nothing for the end of a log.
    fn means(&mut self, means: Means, line: &[u8], fit: &Fit) -> (bool, bool) {
        let one = fit.one.clone().map(|at| &line[at]);
        let (kind, scope) = match means {
            Means::Progress(kind, scope) => (kind, scope),
            Means::Generic(Generic::Percent) => (ProgressKind::Percent, Scope::Run),
            Means::Generic(generic) => return (false, self.generic(generic, one.unwrap_or_default())),
            Means::FrameStart => {
                self.begins(one.and_then(whole));
                return (false, false);
            }
            Means::FrameDone => {
                self.ends(one.and_then(whole));
                return (false, false);
            }
            Means::FileWritten => {
                self.written(&lossy(one.unwrap_or_default()));
                return (false, false);
            }
            Means::Memory(unit) => {
                self.uses(one.and_then(number), unit);
                return (false, false);
            }
            Means::Excuse => {
                self.seen.excused = true;
                return (false, false);
            }
            // Read where it is found.
            Means::Marker(_) => return (false, false),
        };
        let said = said(kind, one, fit.two.clone().map(|at| &line[at]));
        if let Some(said) = said {
            self.progress(said, scope);
        }
        (said.is_some(), said.is_some())
    }

    /// A line that is understood of every package; whether it says nothing for the end of a log.
    fn generic(&mut self, generic: Generic, said: &[u8]) -> bool {
        let last = self.matcher.markers.len();
        let text = || cut(&lossy(said));
        match generic {
            Generic::Percent => {}
            Generic::FrameStart => self.begins(whole(said)),
            Generic::FrameDone => self.ends(whole(said)),
            Generic::Image => self.written(&lossy(said)),
            Generic::Status => self.events.push(Event::Status(text())),
            Generic::Exit => {
                if let Some(code) = whole(said).and_then(|code| i32::try_from(code).ok()) {
                    self.seen.exits = Some(code);
                    self.events.push(Event::Exits(code));
                }
            }
            Generic::Benign => self.seen.excused = true,
            Generic::Why => {
                self.mark(Class::Why, last, format!("the command says: {}", text().trim_end_matches('.')))
            }
            Generic::Warning => self.mark(Class::Warning, last, text()),
            Generic::Missing => self.mark(Class::MissingFile, last, format!("{} is missing", text())),
            Generic::Error => self.mark(Class::Error, last, or_error(text())),
            Generic::Fatal => self.mark(Class::Fatal, last, or_error(text())),
        }
        matches!(generic, Generic::FrameStart | Generic::FrameDone | Generic::Exit | Generic::Benign)
    }

    fn progress(&mut self, said: u16, scope: Scope) {
        let news = match scope {
            Scope::Run => self.counting.said_of_all(said),
            Scope::Frame => {
                self.counting.said(said);
                self.counting.news()
            }
        };
        self.events.extend(news.map(Event::Progress));
    }

    fn begins(&mut self, number: Option<i64>) {
        let (began, before) = self.counting.begins(number);
        if let Some(before) = before.filter(|_| !self.matcher.says_done) {
            self.ends(Some(before));
        }
        self.events.extend(began.map(Event::FrameStarted));
    }

    fn ends(&mut self, number: Option<i64>) {
        if let Some(done) = self.counting.ends(number) {
            self.events.push(Event::FrameDone(done));
            self.events.extend(self.counting.news().map(Event::Progress));
        }
    }

    fn written(&mut self, path: &str) {
        self.events.push(Event::FileWritten(path.to_owned()));
        if self.matcher.says_done {
            return;
        }
        // The number in its name tells the frame; without one, it is that at work.
        let number = last_number(path).filter(|number| self.counting.which(Some(*number)).is_some());
        self.ends(number);
    }

    fn uses(&mut self, amount: Option<f64>, unit: u64) {
        // Amounts of memory are far below where a float loses whole numbers.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let bytes = amount.map_or(0, |amount| (amount.max(0.0) * unit as f64) as u64);
        if bytes > self.memory {
            self.memory = bytes;
            self.events.push(Event::Memory(bytes));
        }
    }

    fn mark(&mut self, class: Class, at: usize, sentence: String) {
        self.seen.mark(class, at, &sentence);
        let known =
            self.sentences.len() >= SENTENCES_MAX || self.sentences.contains(&(class, sentence.clone()));
        if !known {
            self.sentences.insert((class, sentence.clone()));
            self.events.push(Event::Marked { class, sentence });
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn or_error(text: String) -> String {
    if text.is_empty() { "it reports an error".to_owned() } else { text }
}

/// The thousandths that a line speaks of.
fn said(kind: ProgressKind, one: Option<&[u8]>, two: Option<&[u8]>) -> Option<u16> {
    let one = one?;
    let share = match kind {
        ProgressKind::Percent => number(one)? / 100.0,
        ProgressKind::Share => number(one)?,
        ProgressKind::Of => ratio(number(one)?, number(two?)?)?,
        ProgressKind::Left => {
            let (gone, left) = (seconds(one)?, seconds(two?)?);
            ratio(gone, gone + left)?
        }
        ProgressKind::Bar => {
            let filled = one.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
            // A bar is far shorter than where this would lose anything.
            #[allow(clippy::cast_precision_loss)]
            ratio(filled as f64, one.len() as f64)?
        }
    };
    Some(thousandths(share))
}

fn ratio(done: f64, total: f64) -> Option<f64> {
    (total > 0.0).then(|| done / total)
}

/// The last run of digits in the file name of `path`, its ending aside.
fn last_number(path: &str) -> Option<i64> {
    let name = path.rsplit(['/', '\\']).next()?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let end = stem.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = stem[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    stem.get(start..end)?.parse().ok()
}

/// What the marker at `at` says of a line that it fits.
fn sentence(matcher: &Matcher, at: usize, groups: &Captures<'_>, line: &[u8]) -> String {
    let marker = &matcher.markers[at];
    let named = |name: &str| groups.name(name).map(|group| lossy(group.as_bytes()));
    let Some(says) = &marker.says else {
        let file = named("file").filter(|_| marker.class == Class::MissingFile);
        return file.map_or_else(|| cut(lossy(line).trim()), |file| format!("{} is missing", cut(&file)));
    };
    let mut values = Values::new();
    for name in marker.pattern.names() {
        let text = named(name).unwrap_or_default();
        values.insert(name.into(), Value::One(cut(text.trim_end_matches(['.', ' ']))));
    }
    says.fill(&values).map_or_else(String::new, |texts| texts.concat())
}

/// The beginning of a long line.
pub(super) fn cut(line: &str) -> String {
    match line.char_indices().nth(COLUMNS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
