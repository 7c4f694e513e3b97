//! Resource profiles: what a step wants of a host. What is absent is not cared about (figure 5A).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ResourceInfo, VersionPattern};

/// Resource fields with a requirement each; fields that are absent are "don't care".
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Profile {
    /// Requirements on single fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Field, Requirement>,
    /// Rendering packages and plug-ins that must all be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<PackageNeed>,
    /// Words that the host must all have been given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// A field of the resource information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Name of the host.
    Host,
    /// Family of machine.
    MachineFamily,
    /// Type of machine.
    MachineType,
    /// Family of operating system.
    OsFamily,
    /// Type of operating system.
    OsType,
    /// Release of the operating system.
    OsVersion,
    /// Number of processors.
    Processors,
    /// Family of processor.
    ProcessorFamily,
    /// Type of processor.
    ProcessorType,
    /// Speed of processor in MHz.
    ProcessorMhz,
    /// RAM in bytes.
    Memory,
    /// Swap in bytes.
    Swap,
    /// Free scratch space in bytes.
    Scratch,
}

/// What a field must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// One of these texts, letter case aside.
    OneOf(Vec<String>),
    /// None of these texts, letter case aside.
    NoneOf(Vec<String>),
    /// At least this much.
    AtLeast(u64),
    /// At most this much.
    AtMost(u64),
    /// A version of this pattern.
    Version(VersionPattern),
}

/// A rendering package that must be there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageNeed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: VersionPattern,
}

/// A field's value on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text.
    Text(&'a str),
    /// An amount, in the unit of the field.
    Amount(u64),
}

impl Field {
    /// Every field, in the order of figure 3.
    pub const ALL: [Self; 13] = [
        Self::Host,
        Self::MachineFamily,
        Self::MachineType,
        Self::OsFamily,
        Self::OsType,
        Self::OsVersion,
        Self::Processors,
        Self::ProcessorFamily,
        Self::ProcessorType,
        Self::ProcessorMhz,
        Self::Memory,
        Self::Swap,
        Self::Scratch,
    ];

    /// The name that descriptions, commands and messages use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::MachineFamily => "machine_family",
            Self::MachineType => "machine_type",
            Self::OsFamily => "os_family",
            Self::OsType => "os_type",
            Self::OsVersion => "os_version",
            Self::Processors => "processors",
            Self::ProcessorFamily => "processor_family",
            Self::ProcessorType => "processor_type",
            Self::ProcessorMhz => "processor_mhz",
            Self::Memory => "memory",
            Self::Swap => "swap",
            Self::Scratch => "scratch",
        }
    }

    /// Whether the field holds an amount.
    #[must_use]
    pub const fn is_amount(self) -> bool {
        matches!(self, Self::Processors | Self::ProcessorMhz | Self::Memory | Self::Swap | Self::Scratch)
    }

    /// Whether the amount is in bytes.
    #[must_use]
    pub const fn is_bytes(self) -> bool {
        matches!(self, Self::Memory | Self::Swap | Self::Scratch)
    }

    /// The field's value for the host named `host`.
    #[must_use]
    pub fn value<'a>(self, host: &'a str, info: &'a ResourceInfo) -> Value<'a> {
        match self {
            Self::Host => Value::Text(host),
            Self::MachineFamily => Value::Text(&info.machine_family),
            Self::MachineType => Value::Text(&info.machine_type),
            Self::OsFamily => Value::Text(&info.os_family),
            Self::OsType => Value::Text(&info.os_type),
            Self::OsVersion => Value::Text(&info.os_version),
            Self::Processors => Value::Amount(u64::from(info.processors)),
            Self::ProcessorFamily => Value::Text(&info.processor_family),
            Self::ProcessorType => Value::Text(&info.processor_type),
            Self::ProcessorMhz => Value::Amount(u64::from(info.processor_mhz)),
            Self::Memory => Value::Amount(info.memory_bytes),
            Self::Swap => Value::Amount(info.swap_bytes),
            Self::Scratch => Value::Amount(info.scratch_bytes),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Requirement {
    /// Whether `value` meets it. A text where an amount is wanted, or the reverse, never does.
    #[must_use]
    pub fn meets(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::OneOf(texts), Value::Text(text)) => any_equal(texts, text),
            (Self::NoneOf(texts), Value::Text(text)) => !any_equal(texts, text),
            (Self::AtLeast(bound), Value::Amount(amount)) => amount >= *bound,
            (Self::AtMost(bound), Value::Amount(amount)) => amount <= *bound,
            (Self::Version(pattern), Value::Text(text)) => pattern.fits(text),
            _ => false,
        }
    }
}

fn any_equal(texts: &[String], text: &str) -> bool {
    texts.iter().any(|one| one.eq_ignore_ascii_case(text))
}
