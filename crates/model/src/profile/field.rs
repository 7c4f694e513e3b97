//! The fields of the resource information that a profile can ask of.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{AddressInfo, ResourceInfo};

/// A field of the resource information.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
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
    /// Sockets with a processor in them.
    ProcessorSockets,
    /// Cores of all sockets.
    ProcessorCores,
    /// Threads of all cores.
    ProcessorThreads,
    /// What the host runs in, `none` where it is a machine of its own.
    Container,
    /// Version of its render server.
    Framefarm,
    /// Any of its addresses.
    Address,
}

/// A field's value on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text.
    Text(&'a str),
    /// An amount, in the unit of the field.
    Amount(u64),
    /// Several texts, each as good as the others.
    Addresses(&'a [AddressInfo]),
}

impl Field {
    /// Every field, in the order of figure 3, then those that it does not have.
    pub const ALL: [Self; 19] = [
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
        Self::ProcessorSockets,
        Self::ProcessorCores,
        Self::ProcessorThreads,
        Self::Container,
        Self::Framefarm,
        Self::Address,
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
            Self::ProcessorSockets => "processor_sockets",
            Self::ProcessorCores => "processor_cores",
            Self::ProcessorThreads => "processor_threads",
            Self::Container => "container",
            Self::Framefarm => "framefarm",
            Self::Address => "address",
        }
    }

    /// Whether the field holds an amount.
    #[must_use]
    pub const fn is_amount(self) -> bool {
        self.is_bytes() || self.is_count() || matches!(self, Self::ProcessorMhz)
    }

    /// Whether the amount is in bytes.
    #[must_use]
    pub const fn is_bytes(self) -> bool {
        matches!(self, Self::Memory | Self::Swap | Self::Scratch)
    }

    /// Whether the amount is a number of things.
    #[must_use]
    pub const fn is_count(self) -> bool {
        matches!(
            self,
            Self::Processors | Self::ProcessorSockets | Self::ProcessorCores | Self::ProcessorThreads
        )
    }

    /// Whether the field holds a version, of which a pattern can be asked.
    #[must_use]
    pub const fn is_version(self) -> bool {
        matches!(self, Self::OsVersion | Self::Framefarm)
    }

    /// Whether each host has a value of its own, so that hosts of one kind differ in it.
    #[must_use]
    pub const fn is_of_single_hosts(self) -> bool {
        matches!(self, Self::Host | Self::Address)
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
            Self::ProcessorSockets => Value::Amount(u64::from(info.processor_sockets)),
            Self::ProcessorCores => Value::Amount(u64::from(info.processor_cores)),
            Self::ProcessorThreads => Value::Amount(u64::from(info.processor_threads)),
            Self::Container => Value::Text(info.container.as_deref().unwrap_or("none")),
            Self::Framefarm => Value::Text(&info.framefarm),
            Self::Address => Value::Addresses(&info.addresses),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
