//! Learns what the host is: its resource information, and where its programs stand.
//!
//! What the system does not say stays empty or 0 and never fails: a host that cannot tell its clock speed
//! can still render. Containers count: a host with 4 of 64 processors says 4.

mod cgroup;
mod cpu;
mod find;
mod memory;
mod system;

use std::fs;
use std::path::Path;

use model::ResourceInfo;

pub use find::find_executable;

/// The resource information of this host, without packages, licences and tags. `scratch` is the folder that
/// attempts write to; it need not be there yet.
#[must_use]
pub fn host(scratch: &Path) -> ResourceInfo {
    let limits = cgroup::limits(&text("/proc/self/cgroup"), &text("/proc/self/mountinfo"), &|path| {
        fs::read_to_string(path).ok()
    });
    let cpuinfo = text("/proc/cpuinfo");
    let cpu = cpu::describe(&cpuinfo);
    let memory = memory::describe(&text("/proc/meminfo"));
    let release = system::release(&os_release());
    let kernel = rustix::system::uname();
    ResourceInfo {
        machine_family: kernel.machine().to_string_lossy().into_owned(),
        machine_type: system::machine_type(),
        os_family: kernel.sysname().to_string_lossy().to_lowercase(),
        os_type: release.id,
        os_version: release.version,
        processors: cpu::allowed(cpu::affinity(&cpuinfo), limits.milli_processors),
        processor_family: cpu.maker,
        processor_type: cpu.model,
        processor_mhz: cpu::top_mhz().unwrap_or(cpu.mhz),
        memory_bytes: memory.ram_bytes.min(limits.memory_bytes.unwrap_or(u64::MAX)),
        swap_bytes: memory.swap_bytes.min(limits.swap_bytes.unwrap_or(u64::MAX)),
        scratch_bytes: system::free_bytes(scratch),
        ..ResourceInfo::default()
    }
}

/// The second place is where systems with a read-only core keep it.
fn os_release() -> String {
    let first = text("/etc/os-release");
    if first.is_empty() { text("/usr/lib/os-release") } else { first }
}

/// The file's text; empty where there is none.
fn text(path: impl AsRef<Path>) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_is_something() {
        let info = host(Path::new("/tmp/not/there/yet"));
        assert_eq!(info.machine_family, std::env::consts::ARCH);
        assert_eq!(info.os_family, "linux");
        assert!(info.processors >= 1);
        assert!(info.memory_bytes > 1 << 20);
        assert!(info.scratch_bytes > 0);
        assert_eq!((info.packages.len(), info.licences.len(), info.tags.len()), (0, 0, 0));
    }
}
