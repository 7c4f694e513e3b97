//! The tables of a definition that say how a package is found, started and fed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fields::{Fields, FromNode, Reader, words};
use super::node::{Node, Value};
use crate::pattern::Pattern;
use crate::template::Template;

/// Lists that may differ from platform to platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ByPlatform {
    /// On Linux.
    pub linux: Vec<String>,
    /// On macOS.
    pub macos: Vec<String>,
    /// On Windows.
    pub windows: Vec<String>,
}

impl ByPlatform {
    /// Those of this platform.
    #[must_use]
    pub fn here(&self) -> &[String] {
        match std::env::consts::OS {
            "macos" => &self.macos,
            "windows" => &self.windows,
            _ => &self.linux,
        }
    }

    /// Whether there is none on any platform.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.linux.is_empty() && self.macos.is_empty() && self.windows.is_empty()
    }

    /// All, of every platform.
    pub fn iter(&self) -> impl Iterator<Item = &String> {
        self.linux.iter().chain(&self.macos).chain(&self.windows)
    }
}

impl FromNode for ByPlatform {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        if matches!(node.value, Value::List(_)) {
            let all = Vec::<String>::read(node, reader)?;
            return Some(Self { linux: all.clone(), macos: all.clone(), windows: all });
        }
        let fields = Fields::of(node, reader)?;
        let read = Self {
            linux: fields.or_default("linux"),
            macos: fields.or_default("macos"),
            windows: fields.or_default("windows"),
        };
        fields.finish().map(|()| read)
    }
}

/// How a package is asked for its version.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum VersionProbe {
    /// It is started.
    Asked {
        /// Arguments.
        arguments: Vec<String>,
        /// Its first group is the version.
        pattern: Pattern,
        /// Where it prints it.
        stream: Stream,
    },
    /// Where it is installed tells.
    Path {
        /// Its first group, of the path of the executable, is the version.
        path_pattern: Pattern,
    },
}

words! {
    /// An output stream of a process.
    pub enum Stream {
        /// Standard output.
        "stdout" => Stdout,
        /// Standard error.
        "stderr" => Stderr,
        /// Either.
        "both" => Both,
    }
}

impl FromNode for VersionProbe {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let one = |key, pattern: &Pattern| {
            if pattern.groups() != 1 {
                fields.fault(key, "one group is wanted: the version");
            }
        };
        if let Some(path_pattern) = fields.get::<Pattern>("path_pattern") {
            one("path_pattern", &path_pattern);
            return fields.finish().map(|()| Self::Path { path_pattern });
        }
        let arguments = fields.need("arguments");
        let pattern = fields.need::<Pattern>("pattern");
        let stream = fields.get("stream").unwrap_or(Stream::Both);
        if let Some(pattern) = &pattern {
            one("pattern", pattern);
        }
        fields.finish()?;
        Some(Self::Asked { arguments: arguments?, pattern: pattern?, stream })
    }
}

/// What a package wants of the render file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SceneRule {
    /// Whether there has to be one.
    pub required: bool,
    /// Endings it can read, lower case; empty for any.
    pub endings: Vec<String>,
}

impl FromNode for SceneRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let read = Self { required: fields.or_default("required"), endings: fields.or_default("endings") };
        for ending in read.endings.iter().filter(|ending| !is_word(ending)) {
            fields.fault("endings", format!("{ending:?} is not lower case, or holds a dot"));
        }
        fields.finish().map(|()| read)
    }
}

/// How scenes are read for the files they need.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SupportRule {
    /// Who can read a scene for the files it needs.
    pub finder: Option<Finder>,
    /// Support files that come with the package, by name, so that they do not travel.
    pub own_files: Vec<String>,
    /// Folders, as globs, whose files come with the package too where it is installed.
    pub own_folders: Vec<String>,
}

words! {
    /// A reader of scenes that lists the files they need.
    pub enum Finder {
        /// Scenes, include files and ini files of POV-Ray.
        "povray" => Povray,
        /// Scenes of Blender and the libraries that they link.
        "blender" => Blender,
        /// Scenes of Mitsuba.
        "mitsuba" => Mitsuba,
        /// Scenes of glTF, plain or binary.
        "gltf" => Gltf,
        /// Layers of USD in text.
        "usd" => Usd,
        /// Wavefront files and their materials.
        "obj" => Obj,
    }
}

impl FromNode for SupportRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let read = Self {
            finder: fields.get("finder"),
            own_files: fields.or_default("own_files"),
            own_folders: fields.or_default("own_folders"),
        };
        fields.finish().map(|()| read)
    }
}

/// Which frame numbers a package can count.
#[derive(Clone, Debug, Serialize)]
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

words! {
    /// Which frames one run of a package can make.
    pub enum ChunkRule {
        /// One.
        "one" => One,
        /// Several whose numbers ascend by 1.
        "consecutive" => Consecutive,
        /// Several whose numbers ascend by the same step.
        "stepped" => Stepped,
        /// Any.
        "list" => List,
        /// Whatever the job's own command makes of the numbers that it is told.
        "told" => Told,
    }
}

impl Default for FrameRule {
    fn default() -> Self {
        Self { lowest: i64::MIN, highest: i64::MAX, within_animation: false, chunks: ChunkRule::One }
    }
}

impl FromNode for FrameRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let (fields, usual) = (Fields::of(node, reader)?, Self::default());
        let read = Self {
            lowest: fields.get("lowest").unwrap_or(usual.lowest),
            highest: fields.get("highest").unwrap_or(usual.highest),
            within_animation: fields.or_default("within_animation"),
            chunks: fields.get("chunks").unwrap_or(usual.chunks),
        };
        if read.lowest > read.highest {
            fields.fault("lowest", "the lowest frame is above the highest");
        }
        fields.finish().map(|()| read)
    }
}

/// A kind of file that a package writes.
#[derive(Clone, Debug, Serialize)]
pub struct Format {
    /// Ending, lower case, without a dot; also the name of the format.
    pub ending: String,
    /// Argument that asks for it.
    pub argument: String,
}

impl FromNode for Format {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let (ending, argument) = (fields.need::<String>("ending"), fields.or_default("argument"));
        if let Some(ending) = ending.as_ref().filter(|ending| !is_word(ending)) {
            fields.fault("ending", format!("{ending:?} is not lower case, or holds a dot"));
        }
        fields.finish()?;
        Some(Self { ending: ending?, argument })
    }
}

/// Arguments that belong together: left out as a whole where a placeholder of them has no value.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// The arguments; one that names a list stands once for each item.
    pub arguments: Vec<Template>,
    /// Only where all of these hold.
    pub when: Vec<When>,
}

words! {
    /// What an attempt is like, for packages that treat some differently.
    pub enum When {
        /// The animation is frame 0 or frame 1 alone: a still picture.
        "still" => Still,
        /// It is another frame alone.
        "lone" => Lone,
        /// It has two frames or more.
        "animated" => Animated,
        /// This run makes one frame.
        "single" => Single,
        /// This run makes several frames.
        "several" => Several,
        /// Whole pictures are made.
        "whole" => Whole,
        /// A tile is made.
        "tile" => Tile,
        /// A share of the samples is made.
        "samples" => Samples,
        /// The frame was granted GPUs.
        "gpu" => Gpu,
        /// It was granted none.
        "cpu" => Cpu,
    }
}

impl FromNode for Group {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let arguments = fields.need("arguments");
        let when = match fields.node("when") {
            Some(one @ Node { value: Value::Text(_), .. }) => When::read(one, reader).map(|when| vec![when]),
            Some(several) => Vec::read(several, reader),
            None => Some(Vec::new()),
        };
        fields.finish()?;
        Some(Self { arguments: arguments?, when: when? })
    }
}

/// The environment of a package; nothing else is in it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EnvironmentRule {
    /// Variables taken over from the render server; a `*` at the end takes all that begin so.
    pub pass: Vec<String>,
    /// Variables set, with `{placeholders}`; left out where one has no value.
    pub set: BTreeMap<String, Template>,
}

impl FromNode for EnvironmentRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let read = Self { pass: fields.or_default("pass"), set: fields.or_default("set") };
        fields.finish().map(|()| read)
    }
}

/// Which parts of a picture a package can make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartRule {
    /// Tiles, and how well they fit; absent where it can make none.
    pub tiles: Option<Tiles>,
    /// Whether tiles need pixels around them to fit so well.
    pub border: bool,
    /// Whether it can make a share of the samples.
    pub samples: bool,
}

words! {
    /// How well tiles fit.
    pub enum Tiles {
        /// Each is bit by bit what the whole picture has there.
        "exact" => Exact,
        /// Nearly.
        "close" => Close,
    }
}

impl FromNode for PartRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let read = Self {
            tiles: fields.get("tiles"),
            border: fields.or_default("border"),
            samples: fields.or_default("samples"),
        };
        fields.finish().map(|()| read)
    }
}

/// Where a package leaves what it made.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OutputRule {
    /// First part of the file name in the scratch folder; the package may append to it.
    pub stem: String,
    /// Ending where neither the job nor the definition names one.
    pub ending: Option<String>,
    /// Whether what it makes is no frame but one file, a movie, so that no number stands in its name.
    pub single: bool,
}

impl FromNode for OutputRule {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = Fields::of(node, reader)?;
        let (stem, ending) = (fields.need::<String>("stem"), fields.get("ending"));
        if stem.as_ref().is_some_and(|stem| stem.contains('/')) {
            fields.fault("stem", "a file name without a folder is wanted");
        }
        let single = fields.or_default("single");
        fields.finish()?;
        Some(Self { stem: stem?, ending, single })
    }
}

/// Lower-case letters, digits and `_`, and not nothing.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
