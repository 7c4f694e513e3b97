//! What a render host says of itself (figure 3).

use serde::{Deserialize, Serialize};

/// Resource information: what stands in the resource database for a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceInfo {
    /// Family of machine: `x86_64`, `aarch64`.
    pub machine_family: String,
    /// Type of machine: the board or product name, empty where the system does not say.
    pub machine_type: String,
    /// Family of operating system: `linux`.
    pub os_family: String,
    /// Type of operating system: `debian`.
    pub os_type: String,
    /// Release of the operating system: `12`.
    pub os_version: String,
    /// Logical processors that the render server may use.
    pub processors: u32,
    /// Family of processor: its maker, `GenuineIntel`.
    pub processor_family: String,
    /// Type of processor: its model name.
    pub processor_type: String,
    /// Speed of a processor in MHz; 0 where unknown.
    pub processor_mhz: u32,
    /// RAM in bytes.
    pub memory_bytes: u64,
    /// Swap in bytes.
    pub swap_bytes: u64,
    /// Free bytes where attempts write.
    pub scratch_bytes: u64,
    /// Rendering packages found, by name.
    pub packages: Vec<PackageInfo>,
    /// Licences found.
    pub licences: Vec<String>,
    /// Words that people gave the host.
    pub tags: Vec<String>,
}

/// A rendering package found on a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageInfo {
    /// Its name, that of its definition: `povray`.
    pub name: String,
    /// Its version as it prints it.
    pub version: String,
    /// The executable, absolute.
    pub executable: String,
}
