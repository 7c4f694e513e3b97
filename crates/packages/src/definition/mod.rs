//! What a rendering package is to the farm: a data file, read strictly and checked whole at load.
//!
//! Text becomes nodes with their places (`node`), nodes are taken for what they should be (`fields`, `rules`,
//! `log_rules`), and what no table can tell by itself is checked where all are known (`read`). Faults are
//! collected all the way. A definition knows programs, arguments and patterns; it must not know of hosts,
//! leases or storage. A package that needs more than these fields gets a new field here, never a special
//! case in code. `docs/packages.md` has them all.

pub(crate) mod fields;
mod log_rules;
pub(crate) mod node;
pub(crate) mod read;
mod rules;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use model::{Faults, VersionPattern};
use serde::Serialize;

pub use log_rules::{
    Class, Encoding, ExitCode, ExitRule, LogRule, Marker, MemoryRule, ProgressKind, ProgressRule, ResumeRule,
    Scope, SessionRule, Signal, SnapshotRule, TwiceRule, Unit,
};
pub use rules::{
    ByPlatform, ChunkRule, EnvironmentRule, Finder, Format, FrameRule, Group, OutputRule, PartRule,
    SceneRule, Stream, SupportRule, Tiles, VersionProbe, When,
};

use crate::log::Matcher;
use crate::setting::Setting;

/// A rendering package as its definition file describes it.
#[derive(Clone, Debug, Serialize)]
pub struct Definition {
    /// The name that job descriptions and hosts use: `povray`.
    pub name: String,
    /// What people call it: `POV-Ray`.
    pub title: String,
    /// Versions that were seen on the real program.
    pub seen: Vec<String>,
    /// Whether its program is `framefarm` itself.
    pub own: bool,
    /// File names of the program, best first; a `*` stands for a version in the name. Empty where the job
    /// brings its own program.
    pub executables: ByPlatform,
    /// Folders where its makers install it, besides `PATH`: patterns with `*`, or below `~/`.
    pub folders: ByPlatform,
    /// What is started beside the program that was found; absent: that itself.
    pub runs: Option<String>,
    /// Threads that it needs to get anywhere; 0 where any do.
    pub threads_least: u32,
    /// How its version is found out; absent where there is nothing to ask.
    pub version: Option<VersionProbe>,
    /// The render file.
    pub scene: SceneRule,
    /// The frame numbers it can count.
    pub frames: FrameRule,
    /// Pictures it can write; the first is the default. Empty: any ending, passed through.
    pub formats: Vec<Format>,
    /// Its arguments, in groups that are left out where a value is absent.
    pub command: Vec<Group>,
    /// Its environment.
    pub environment: EnvironmentRule,
    /// The settings a job may give, by name.
    pub settings: BTreeMap<String, Setting>,
    /// Which parts of a picture it can make.
    pub parts: PartRule,
    /// Files of our own that it is given, by what `{script_NAME}` calls them.
    pub scripts: BTreeMap<String, Script>,
    /// What its log says.
    pub log: LogRule,
    /// What lines mean, most telling first.
    pub markers: Vec<Marker>,
    /// How it ends.
    pub exit: ExitRule,
    /// How it goes on with what an earlier try left behind; absent where it cannot.
    pub resume: Option<ResumeRule>,
    /// How it is asked for the picture as far as it is; absent where it cannot be.
    pub snapshot: Option<SnapshotRule>,
    /// How it stays for many frames; absent where it does not.
    pub session: Option<SessionRule>,
    /// How its scenes are read.
    pub support: SupportRule,
    /// Where it leaves what it made.
    pub outputs: OutputRule,
    /// What is otherwise in some versions.
    pub variants: Vec<Variant>,
    #[serde(skip)]
    pub(crate) matcher: Lazy,
}

/// A package in some of its versions.
#[derive(Clone, Debug, Serialize)]
pub struct Variant {
    /// Which.
    pub versions: VersionPattern,
    /// The whole definition for these.
    pub definition: Definition,
}

/// A file of our own that a package is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Script {
    /// Its file name on the render host.
    pub name: String,
    /// What is in it.
    #[serde(skip)]
    pub text: Arc<str>,
}

/// The patterns of a definition made ready, at their first use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lazy(Arc<std::sync::OnceLock<Arc<Matcher>>>);

impl Definition {
    /// Reads the definition `text` of `file`, which needs no other file, and checks it whole.
    ///
    /// # Errors
    /// Every fault in it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        read::alone(file, text)
    }

    /// The definition for `version` of the program; empty where it is not known.
    #[must_use]
    pub fn of_version(&self, version: &str) -> &Self {
        let fits = |variant: &&Variant| !version.is_empty() && variant.versions.fits(version);
        self.variants.iter().find(fits).map_or(self, |variant| &variant.definition)
    }

    /// Whether the job brings its own program, so that every host has this package.
    #[must_use]
    pub const fn brings_program(&self) -> bool {
        self.executables.is_empty() && !self.own
    }

    /// Whether any version was seen on the real program. What is our own, or the job's, always was.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.executables.is_empty()
            || !self.seen.is_empty()
            || self.variants.iter().any(|variant| !variant.definition.seen.is_empty())
    }

    /// The version in what the probe printed.
    #[must_use]
    pub fn version_in(&self, stdout: &str, stderr: &str) -> Option<String> {
        let Some(VersionProbe::Asked { pattern, stream, .. }) = &self.version else { return None };
        let streams: &[&str] = match stream {
            Stream::Stdout => &[stdout],
            Stream::Stderr => &[stderr],
            Stream::Both => &[stdout, stderr],
        };
        streams.iter().find_map(|text| pattern.first_in(text))
    }

    /// The version in the path of its program; empty where it does not tell. `None` where it is to be asked.
    #[must_use]
    pub fn version_of_path(&self, path: &Path) -> Option<String> {
        let Some(VersionProbe::Path { path_pattern }) = &self.version else { return None };
        Some(path_pattern.first_in(&path.display().to_string()).unwrap_or_default())
    }

    /// The format called `ending`, letter case aside.
    #[must_use]
    pub fn format(&self, ending: &str) -> Option<&Format> {
        self.formats.iter().find(|format| format.ending.eq_ignore_ascii_case(ending))
    }

    /// Its scripts, those of every version.
    pub fn all_scripts(&self) -> impl Iterator<Item = &Script> {
        let variants = self.variants.iter().map(|variant| &variant.definition);
        std::iter::once(self).chain(variants).flat_map(|definition| definition.scripts.values())
    }

    pub(crate) fn matcher(&self) -> Arc<Matcher> {
        self.matcher.0.get_or_init(|| Arc::new(Matcher::of(self))).clone()
    }
}
