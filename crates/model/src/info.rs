//! What a render host says of itself (figure 3).

use serde::{Deserialize, Serialize};

/// Resource information: what stands in the resource database for a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
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
    /// Logical processors that the render server may use: of a container, what its cgroup and its set of
    /// processors leave it.
    pub processors: u32,
    /// Sockets with a processor in them; 0 where unknown, as are the next two.
    pub processor_sockets: u32,
    /// Cores of all sockets.
    pub processor_cores: u32,
    /// Threads of all cores, whoever may use them.
    pub processor_threads: u32,
    /// Family of processor: its maker, `GenuineIntel`.
    pub processor_family: String,
    /// Type of processor: its model name.
    pub processor_type: String,
    /// Speed of a processor in MHz; 0 where unknown.
    pub processor_mhz: u32,
    /// RAM in bytes that the render server may use.
    pub memory_bytes: u64,
    /// Swap in bytes that it may use.
    pub swap_bytes: u64,
    /// Free bytes where attempts write.
    pub scratch_bytes: u64,
    /// GPUs, in the order in which frames are told to use them.
    pub gpus: Vec<GpuInfo>,
    /// Its addresses, loopback aside.
    pub addresses: Vec<AddressInfo>,
    /// What it runs in, where that is no machine of its own: `docker`, `lxc`, `container`.
    pub container: Option<String>,
    /// Rendering packages found, by name.
    pub packages: Vec<PackageInfo>,
    /// Licences found, by name.
    pub licences: Vec<LicenceInfo>,
    /// Shared folders mounted, by path.
    pub shares: Vec<ShareInfo>,
    /// Words that people gave the host.
    pub tags: Vec<String>,
    /// Pools that people put the host in.
    pub pools: Vec<String>,
    /// Version of its render server.
    pub framefarm: String,
}

/// A rendering package found on a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PackageInfo {
    /// Its name, that of its definition: `povray`.
    pub name: String,
    /// Its version as it prints it.
    pub version: String,
    /// The executable, absolute.
    pub executable: String,
}

/// A GPU of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct GpuInfo {
    /// Its model: `NVIDIA GeForce RTX 4090`.
    pub model: String,
    /// Its memory in bytes; 0 where unknown.
    pub memory_bytes: u64,
    /// Its driver and the driver's version: `nvidia 550.54.14`.
    pub driver: String,
}

/// An address of a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AddressInfo {
    /// The interface: `eth0`.
    pub interface: String,
    /// The IP address.
    pub address: String,
    /// The hardware address, `52:54:00:12:34:56`, by which the host can be woken; empty where there is none.
    #[serde(default)]
    pub hardware: String,
}

/// A licence that a host can use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LicenceInfo {
    /// Of what: `maya`, or the vendor's name where no more can be said.
    pub name: String,
    /// What shows it: a file, or a variable with the server that it names (never a secret).
    pub source: String,
}

/// A shared folder that a host mounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ShareInfo {
    /// Where it is mounted, absolute.
    pub path: String,
    /// What is mounted: `server:/export/shows`.
    pub source: String,
    /// Its file system: `nfs4`, `cifs`.
    pub kind: String,
}
