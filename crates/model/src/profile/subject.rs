//! What a need can be about, by the names that people use.

use super::Field;
use super::value::Wrong;
use crate::nearest::{distance, nearest};

/// What a need is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Field(Field),
    GpuCount,
    GpuModel,
    GpuMemory,
    /// A host has one of these words, or, where they were named in the plural, all.
    Word {
        of: WordOf,
        all: bool,
    },
    /// A rendering package of this name, in a version.
    Package(String),
    /// A rendering package that the value names.
    Packages,
}

/// What hosts have words of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordOf {
    Tag,
    Pool,
    Licence,
    Share,
}

/// Shorter names and other ones that people use.
const ALIASES: [(&str, Field); 19] = [
    ("os", Field::OsFamily),
    ("system", Field::OsFamily),
    ("distribution", Field::OsType),
    ("distro", Field::OsType),
    ("release", Field::OsVersion),
    ("cpus", Field::Processors),
    ("cpu", Field::Processors),
    ("sockets", Field::ProcessorSockets),
    ("cores", Field::ProcessorCores),
    ("threads", Field::ProcessorThreads),
    ("mhz", Field::ProcessorMhz),
    ("ram", Field::Memory),
    ("mem", Field::Memory),
    ("disk", Field::Scratch),
    ("arch", Field::MachineFamily),
    ("machine", Field::MachineType),
    ("hostname", Field::Host),
    ("hosts", Field::Host),
    ("ip", Field::Address),
];

/// Names that are no field's.
static OTHERS: [(&str, Subject); 18] = [
    ("gpu", Subject::GpuCount),
    ("gpus", Subject::GpuCount),
    ("gpu_model", Subject::GpuModel),
    ("gpu_memory", Subject::GpuMemory),
    ("vram", Subject::GpuMemory),
    ("tag", one(WordOf::Tag)),
    ("tags", all(WordOf::Tag)),
    ("pool", one(WordOf::Pool)),
    ("pools", all(WordOf::Pool)),
    ("licence", one(WordOf::Licence)),
    ("licences", all(WordOf::Licence)),
    ("license", one(WordOf::Licence)),
    ("licenses", all(WordOf::Licence)),
    ("share", one(WordOf::Share)),
    ("shares", all(WordOf::Share)),
    ("package", Subject::Packages),
    ("packages", Subject::Packages),
    ("plug_ins", Subject::Packages),
];

const fn one(of: WordOf) -> Subject {
    Subject::Word { of, all: false }
}

const fn all(of: WordOf) -> Subject {
    Subject::Word { of, all: true }
}

impl Subject {
    /// What is called `name`: a field, a word for one, or else a rendering package of that name.
    pub(super) fn called(name: &str) -> Result<Self, Wrong> {
        if let Some(subject) = known(name) {
            return Ok(subject);
        }
        if let Some(package) =
            ["package.", "packages.", "plug_ins."].iter().find_map(|p| name.strip_prefix(p))
        {
            return package_called(package);
        }
        if let Some(meant) = slip(name) {
            let hint = format!("did you mean {meant}? a rendering package of that name is package.{name}");
            return Err(Wrong::new(format!("hosts have no field {name:?}"), hint));
        }
        package_called(name)
    }

    /// What a later word on the same replaces; `None` where words add up.
    pub(super) fn key(&self) -> Option<String> {
        match self {
            Self::Field(field) => Some(field.name().to_owned()),
            Self::GpuCount => Some("gpu".to_owned()),
            Self::GpuModel => Some("gpu_model".to_owned()),
            Self::GpuMemory => Some("gpu_memory".to_owned()),
            Self::Package(name) => Some(format!("package.{name}")),
            Self::Word { .. } | Self::Packages => None,
        }
    }
}

impl WordOf {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Pool => "pool",
            Self::Licence => "licence",
            Self::Share => "share",
        }
    }
}

/// Whether `name` is that of a field, or another word that needs begin with.
#[must_use]
pub fn is_need_name(name: &str) -> bool {
    known(name).is_some()
}

/// Whether a rendering package of this name has to be written `package.NAME`, since the name alone reads
/// otherwise.
pub(super) fn hides_package(name: &str) -> bool {
    let word = ["any", "all", "not"].iter().any(|word| name.eq_ignore_ascii_case(word));
    word || known(name).is_some() || slip(name).is_some()
}

/// Whether a rendering package may be called so.
pub(crate) fn is_package_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain)
}

fn known(name: &str) -> Option<Subject> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let field = Field::ALL.into_iter().find(|field| field.name() == name);
    let field = field.or_else(|| ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, field)| *field));
    let other = || OTHERS.iter().find(|(other, _)| *other == name).map(|(_, subject)| subject.clone());
    field.map(Subject::Field).or_else(other)
}

fn names() -> impl Iterator<Item = &'static str> {
    let fields = Field::ALL.into_iter().map(Field::name);
    let aliases = ALIASES.iter().map(|(name, _)| *name);
    fields.chain(aliases).chain(OTHERS.iter().map(|(name, _)| *name))
}

/// The name that `name` is a slip of the finger away from. Short names of packages are near to everything, so
/// one slip in four letters is none.
fn slip(name: &str) -> Option<&'static str> {
    let meant = nearest(name, names())?;
    (distance(name, meant) * 5 <= name.chars().count()).then_some(meant)
}

fn package_called(name: &str) -> Result<Subject, Wrong> {
    if is_package_name(name) {
        return Ok(Subject::Package(name.to_owned()));
    }
    let what = format!("{name:?} is neither a field of hosts nor the name of a rendering package");
    Err(Wrong::new(what, "write for example memory>=16GiB, os=linux or blender=4.x"))
}
