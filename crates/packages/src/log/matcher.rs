//! The patterns of a definition made ready: one automaton that finds the next line worth a look, another
//! that tells which patterns fit it, and each pattern by itself for what its groups are.

use regex::bytes::Regex;
use regex_automata::meta::{self, Regex as Many};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::syntax::{self, parse_with};
use regex_automata::{Input, MatchKind, PatternSet};

use super::generic::{GENERIC, Generic};
use super::shape::takes_all_digits;
use crate::definition::{Definition, Encoding, ExitRule, Marker, ProgressKind, Scope};
use crate::pattern::Pattern;

/// Memory for what the automata remember, each; without enough they forget and start over.
const CACHE: usize = 8 << 20;

/// What a line that fits a pattern is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    Progress(ProgressKind, Scope),
    FrameStart,
    FrameDone,
    FileWritten,
    /// The unit in bytes.
    Memory(u64),
    /// By its place among the markers.
    Marker(usize),
    /// After it a bad end is excused.
    Excuse,
    Generic(Generic),
}

impl Means {
    /// Whether it says how far the run is.
    pub(super) const fn is_progress(self) -> bool {
        matches!(self, Self::Progress(..) | Self::Generic(Generic::Percent))
    }
}

/// A pattern and what it means.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) means: Means,
    pub(super) regex: Regex,
}

/// The patterns of a definition.
#[derive(Debug)]
pub(crate) struct Matcher {
    pub(super) title: String,
    pub(super) encoding: Encoding,
    pub(super) most: u16,
    pub(super) rules: Vec<Rule>,
    pub(super) markers: Vec<Marker>,
    /// Whether frames are told apart.
    pub(super) by_frame: bool,
    /// Whether it says when a frame is done.
    pub(super) says_done: bool,
    pub(super) exit: ExitRule,
    /// Whether no pattern tells one digit from another.
    pub(super) takes_all_digits: bool,
    finder: Option<Many>,
    of_line: Option<Many>,
}

impl Matcher {
    pub(crate) fn of(definition: &Definition) -> Self {
        let log = &definition.log;
        let mut rules = Vec::new();
        let mut add = |means: Means, pattern: &Pattern| {
            rules.extend(pattern.regex().cloned().map(|regex| Rule { means, regex }));
        };
        for rule in &log.progress {
            add(Means::Progress(rule.kind, rule.scope), &rule.pattern);
        }
        log.frame_start.iter().for_each(|pattern| add(Means::FrameStart, pattern));
        log.frame_done.iter().for_each(|pattern| add(Means::FrameDone, pattern));
        log.file_written.iter().for_each(|pattern| add(Means::FileWritten, pattern));
        log.memory.iter().for_each(|rule| add(Means::Memory(rule.unit.bytes()), &rule.pattern));
        definition.exit.benign_after.iter().for_each(|pattern| add(Means::Excuse, pattern));
        for (at, marker) in definition.markers.iter().enumerate().filter(|(_, marker)| !marker.unwrapped) {
            add(Means::Marker(at), &marker.pattern);
        }
        for (generic, pattern) in GENERIC {
            // A test compiles each.
            Pattern::new(pattern).iter().for_each(|pattern| add(Means::Generic(generic), pattern));
        }
        Self {
            title: definition.title.clone(),
            encoding: log.encoding,
            most: log.most,
            by_frame: !(log.frame_start.is_empty()
                && log.frame_done.is_empty()
                && log.file_written.is_empty()),
            says_done: !log.frame_done.is_empty(),
            exit: definition.exit.clone(),
            markers: definition.markers.clone(),
            takes_all_digits: rules.iter().all(|rule| takes_all_digits(rule.regex.as_str())),
            finder: many(&rules, true),
            of_line: many(&rules, false),
            rules,
        }
    }

    /// Where in `text`, from `from` on, the next match of any pattern ends.
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        match &self.finder {
            Some(finder) => {
                let input = Input::new(text).span(from..text.len()).earliest(true);
                finder.search_half(&input).map(|found| found.offset())
            }
            // Where they cannot be made one, each line is looked at.
            None => (from < text.len()).then_some(from),
        }
    }

    /// The rules that `line` fits, in order, into `fitting`.
    pub(super) fn rules_of(&self, line: &[u8], fitting: &mut PatternSet) {
        fitting.clear();
        if let Some(all) = &self.of_line {
            all.which_overlapping_matches(&Input::new(line), fitting);
            return;
        }
        for (at, _) in self.rules.iter().enumerate().filter(|(_, rule)| rule.regex.is_match(line)) {
            if let Ok(at) = regex_automata::PatternID::new(at) {
                fitting.insert(at);
            }
        }
    }
}

/// One automaton of all `rules`, over many lines or over one. `None` where that would grow too large.
fn many(rules: &[Rule], lines: bool) -> Option<Many> {
    let config = |unicode| {
        let config = syntax::Config::new().unicode(unicode).utf8(false);
        if lines { config.multi_line(true).crlf(true) } else { config }
    };
    let parsed = rules.iter().map(|rule| {
        let text = rule.regex.as_str();
        parse_with(text, &config(false)).ok().or_else(|| parse_with(text, &config(true)).ok())
    });
    let parsed: Vec<_> = parsed.collect::<Option<_>>()?;
    let settings = meta::Config::new()
        .utf8_empty(false)
        .match_kind(if lines { MatchKind::LeftmostFirst } else { MatchKind::All })
        .which_captures(WhichCaptures::Implicit)
        .hybrid_cache_capacity(CACHE)
        .nfa_size_limit(Some(32 << 20));
    meta::Builder::new().configure(settings).build_many_from_hir(&parsed).ok()
}
