//! Learns what the host is: its resource information, and where its programs stand.
//!
//! What the system does not say stays empty or 0 and never fails: a host that cannot tell its clock speed
//! can still render. Containers count: a host with 4 of 64 processors says 4.

mod addresses;
mod cgroup;
mod container;
mod cpu;
mod find;
mod gpu;
mod licences;
mod memory;
mod mounts;
mod nvidia;
mod nvidia_use;
mod sources;
mod system;
mod topology;

use std::path::{Path, PathBuf};

use model::ResourceInfo;

pub use find::{Missed, Search, search};
pub use nvidia_use::{GpuUse, nvidia_use};
pub use sources::Sources;

/// Looks at the host, and again.
#[derive(Debug)]
pub struct Prober {
    sources: Sources,
    scratch: PathBuf,
    /// What does not change while the host is up, and the GPUs as they were looked at last.
    known: Option<(ResourceInfo, gpu::Seen)>,
}

impl Prober {
    /// Nothing is looked at yet. `scratch` is the folder that attempts write to; it need not be there yet.
    #[must_use]
    pub const fn new(sources: Sources, scratch: PathBuf) -> Self {
        Self { sources, scratch, known: None }
    }

    /// The resource information of the host, without packages, tags and pools. Later looks cost next to
    /// nothing: they leave alone what cannot have changed, and GPUs unless the bus or a driver changed.
    pub fn look(&mut self) -> ResourceInfo {
        let sources = &self.sources;
        let (mut info, seen) = self.known.take().unwrap_or_else(|| (lasting(sources), gpu::Seen::default()));
        let now = gpu::seen(sources);
        if now != seen {
            info.gpus = gpu::all(sources, &now, info.container.is_some());
        }
        changing(sources, &self.scratch, &mut info);
        self.known = Some((info.clone(), now));
        info
    }

    /// The folder that attempts write to.
    #[must_use]
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Where it looks.
    #[must_use]
    pub const fn sources(&self) -> &Sources {
        &self.sources
    }
}

/// What stays as it is while the host is up.
fn lasting(sources: &Sources) -> ResourceInfo {
    let cpuinfo = sources.text("/proc/cpuinfo");
    let cpu = cpu::describe(&cpuinfo);
    let topology = topology::of(sources, &cpuinfo);
    let release = system::release_of(sources);
    let (machine_family, os_family) = system::families(sources);
    ResourceInfo {
        machine_family,
        machine_type: system::machine_type(sources),
        os_family,
        os_type: release.id,
        os_version: release.version,
        processor_sockets: topology.sockets,
        processor_cores: topology.cores,
        processor_threads: topology.threads,
        processor_family: cpu.maker,
        processor_type: cpu.model,
        processor_mhz: cpu::top_mhz(sources).unwrap_or(cpu.mhz),
        container: container::detect(sources),
        ..ResourceInfo::default()
    }
}

/// What limits, people and cables change.
fn changing(sources: &Sources, scratch: &Path, info: &mut ResourceInfo) {
    let mounts = mounts::read(&sources.text("/proc/self/mountinfo"));
    let limits = cgroup::limits(&sources.text("/proc/self/cgroup"), &mounts, &|path| sources.read(path));
    let memory = memory::describe(&sources.text("/proc/meminfo"));
    let affinity = cpu::affinity(sources).unwrap_or(info.processor_threads);
    info.processors = cpu::allowed(affinity, limits.milli_processors);
    info.memory_bytes = memory.ram_bytes.min(limits.memory_bytes.unwrap_or(u64::MAX));
    info.swap_bytes = memory.swap_bytes.min(limits.swap_bytes.unwrap_or(u64::MAX));
    info.scratch_bytes = system::free_bytes(scratch);
    info.addresses = if sources.is_here() { addresses::all() } else { Vec::new() };
    info.shares = mounts::shares(&mounts);
    info.licences = licences::all(sources);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_is_something() {
        let mut prober = Prober::new(Sources::here(), PathBuf::from("/tmp/not/there/yet"));
        let info = prober.look();
        assert_eq!(info.machine_family, std::env::consts::ARCH);
        assert_eq!(info.os_family, "linux");
        assert!(info.processors >= 1);
        assert!(info.processor_threads >= info.processor_cores);
        assert!(info.memory_bytes > 1 << 20);
        assert!(info.scratch_bytes > 0);
        assert_eq!((info.packages.len(), info.tags.len()), (0, 0));
        let again = prober.look();
        assert_eq!(ResourceInfo { scratch_bytes: info.scratch_bytes, ..again }, info);
    }
}
