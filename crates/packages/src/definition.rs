//! What a rendering package is to the farm: a data file, read strictly and checked whole at load.
//!
//! A definition knows programs, arguments and patterns; it must not know of hosts, leases or storage. A
//! package that needs more than these fields gets a new field here, never a special case in code.

use std::collections::BTreeMap;

use model::Faults;
use serde::Deserialize;

use crate::pattern::Pattern;
use crate::setting::Setting;
use crate::template::Template;

/// A rendering package as its definition file describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The name that job descriptions and hosts use: `povray`.
    pub name: String,
    /// What people call it: `POV-Ray`.
    pub title: String,
    /// File names of the program, best first; a `*` stands for a version in the name. Empty where the job
    /// brings its own program.
    #[serde(default)]
    pub executables: Vec<String>,
    /// Folders where its makers install it, besides `PATH`: patterns with `*`, or below `~/`.
    #[serde(default)]
    pub folders: Vec<String>,
    /// How its version is found out; absent where there is nothing to ask.
    pub version: Option<VersionProbe>,
    /// The render file.
    pub scene: SceneRule,
    /// The frame numbers it can count.
    #[serde(default)]
    pub frames: FrameRule,
    /// Pictures it can write; the first is the default. Empty: any ending, passed through.
    #[serde(default)]
    pub formats: Vec<Format>,
    /// Its arguments, in groups that are left out where a value is absent.
    pub command: Vec<Group>,
    /// Its environment.
    #[serde(default)]
    pub environment: EnvironmentRule,
    /// The settings a job may give, by name.
    #[serde(default)]
    pub settings: BTreeMap<String, Setting>,
    /// How its log says how far it is; absent where it does not.
    pub progress: Option<ProgressRule>,
    /// What its failures mean, most telling first.
    #[serde(default)]
    pub failures: Vec<FailureRule>,
    /// Log lines that mean nothing.
    #[serde(default)]
    pub benign: Vec<Pattern>,
    /// Where it leaves what it made.
    pub outputs: OutputRule,
}

/// How a package is asked for its version.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionProbe {
    /// Arguments.
    pub arguments: Vec<String>,
    /// Its first group is the version.
    pub pattern: Pattern,
    /// Where it prints it.
    #[serde(default)]
    pub stream: Stream,
}

/// An output stream of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Either.
    #[default]
    Both,
}

/// What a package wants of the render file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneRule {
    /// Whether there has to be one.
    pub required: bool,
    /// Endings it can read, lower case; empty for any.
    #[serde(default)]
    pub endings: Vec<String>,
    /// Who can read the scene for the files it needs.
    pub finder: Option<Finder>,
    /// Support files that come with the package, by name, so that they do not travel.
    #[serde(default)]
    pub own_files: Vec<String>,
    /// Folders, as globs, whose files come with the package too where it is installed.
    #[serde(default)]
    pub own_folders: Vec<String>,
}

/// A reader of scenes that lists the files they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finder {
    /// Scenes, include files and ini files of POV-Ray.
    Povray,
}

/// Which frame numbers a package can count.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FrameRule {
    /// Lowest frame number it renders as asked.
    pub lowest: i64,
    /// Highest.
    pub highest: i64,
    /// Whether a frame outside the animation comes out as another frame than asked.
    pub within_animation: bool,
    /// Which frames one run of it can make.
    pub chunks: ChunkRule,
}

/// Which frames one run of a package can make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChunkRule {
    /// One.
    #[default]
    One,
    /// Several whose numbers ascend by 1.
    Consecutive,
    /// Whatever the job's own command makes of the numbers that it is told.
    Told,
}

impl Default for FrameRule {
    fn default() -> Self {
        Self { lowest: i64::MIN, highest: i64::MAX, within_animation: false, chunks: ChunkRule::One }
    }
}

/// A kind of file that a package writes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// Ending, lower case, without a dot; also the name of the format.
    pub ending: String,
    /// Argument that asks for it.
    #[serde(default)]
    pub argument: String,
}

/// Arguments that belong together: left out as a whole where a placeholder of them has no value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The arguments; one that names a list stands once for each item.
    pub arguments: Vec<Template>,
    /// Only for such an animation.
    pub when: Option<Span>,
}

/// What the span of an animation is like, for packages that treat short ones differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Only frame 0 or only frame 1: a still picture.
    Still,
    /// Only one other frame.
    Lone,
    /// Two frames or more.
    Animated,
}

/// The environment of a package; nothing else is in it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentRule {
    /// Variables taken over from the render server; a `*` at the end takes all that begin so.
    #[serde(default)]
    pub pass: Vec<String>,
    /// Variables set, with `{placeholders}`; left out where one has no value.
    #[serde(default)]
    pub set: BTreeMap<String, Template>,
}

/// How a log says how far the package is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgressRule {
    /// With one group: per cent. With two: so many of so many.
    pub patterns: Vec<Pattern>,
    /// The line that says nothing is left to do.
    pub finished: Option<Pattern>,
    /// Most thousandths shown before that line, since a package may go over the frame again.
    pub most: u16,
    /// For scenes that are gone over twice.
    pub twice: Option<TwiceRule>,
}

/// How a package that goes over some frames twice counts them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwiceRule {
    /// What the text of such a scene holds.
    pub scene: Pattern,
    /// Thousandths of the frame that the first pass is.
    pub first: u16,
}

/// What a failure means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureRule {
    /// What the log shows.
    pub pattern: Pattern,
    /// Matched with every run of white space made one space, for packages that wrap their lines.
    #[serde(default)]
    pub unwrapped: bool,
    /// The sentence, with the pattern's named groups as `{placeholders}`.
    pub says: Template,
}

/// Where a package leaves what it made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputRule {
    /// First part of the file name in the scratch folder; the package may append to it.
    pub stem: String,
    /// Ending where neither the job nor the definition names one.
    pub ending: Option<String>,
}

/// A definition file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// Not the shape of a definition.
    #[error("package definition {file} has not the shape of one")]
    Shape {
        /// The file.
        file: String,
        /// What is wrong with it.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Well shaped, but contradictory.
    #[error("package definition {file}: {faults}")]
    Faults {
        /// The file.
        file: String,
        /// What is wrong with it.
        faults: Faults,
    },
}

impl Definition {
    /// Reads the definition `text` of `file` and checks it whole.
    ///
    /// # Errors
    /// Where it is misshapen, or every contradiction in it.
    pub fn parse(file: &str, text: &str) -> Result<Self, DefinitionError> {
        let definition: Self = toml::from_str(text)
            .map_err(|source| DefinitionError::Shape { file: file.to_owned(), source: Box::new(source) })?;
        definition
            .faults()
            .or(definition)
            .map_err(|faults| DefinitionError::Faults { file: file.to_owned(), faults })
    }

    /// Whether the job brings its own program, so that every host has this package.
    #[must_use]
    pub fn brings_program(&self) -> bool {
        self.executables.is_empty()
    }

    /// The version in what the probe printed.
    #[must_use]
    pub fn version_in(&self, stdout: &str, stderr: &str) -> Option<String> {
        let probe = self.version.as_ref()?;
        let streams: &[&str] = match probe.stream {
            Stream::Stdout => &[stdout],
            Stream::Stderr => &[stderr],
            Stream::Both => &[stdout, stderr],
        };
        let found = streams.iter().find_map(|text| probe.pattern.regex().captures(text))?;
        found.get(1).map(|version| version.as_str().to_owned())
    }

    /// The format called `ending`, letter case aside.
    #[must_use]
    pub fn format(&self, ending: &str) -> Option<&Format> {
        self.formats.iter().find(|format| format.ending.eq_ignore_ascii_case(ending))
    }
}
