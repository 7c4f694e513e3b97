//! How processors are put together: sockets, cores, threads. From sysfs, where processors that are switched
//! off and cores of two kinds come out right, else from `/proc/cpuinfo`.

use std::collections::BTreeSet;

use super::cpu::{Fields, blocks};
use super::sources::Sources;

const CPUS: &str = "/sys/devices/system/cpu";

/// Numbers of the parts that are switched on; 0 where unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Topology {
    pub(super) sockets: u32,
    pub(super) cores: u32,
    pub(super) threads: u32,
}

pub(super) fn of(sources: &Sources, cpuinfo: &str) -> Topology {
    from_sysfs(sources).unwrap_or_else(|| from_cpuinfo(cpuinfo))
}

/// The folders of processors that are there, on or off.
pub(super) fn folders(sources: &Sources) -> Vec<String> {
    let numbered = |name: &String| {
        name.strip_prefix("cpu")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|letter| letter.is_ascii_digit()))
    };
    let names = sources.names(CPUS).into_iter().filter(numbered);
    names.map(|name| format!("{CPUS}/{name}")).collect()
}

fn from_sysfs(sources: &Sources) -> Option<Topology> {
    let (mut sockets, mut cores, mut threads) = (BTreeSet::new(), BTreeSet::new(), 0);
    for folder in folders(sources) {
        // Without the file it cannot be switched off.
        let off = sources.line(format!("{folder}/online")).is_some_and(|online| online == "0");
        let told = |name: &str| sources.line(format!("{folder}/topology/{name}"));
        let Some(core) = told("core_id").filter(|_| !off) else { continue };
        // Boards that say nothing of sockets say -1, and have one.
        let socket = told("physical_package_id").unwrap_or_default();
        // Numbers of cores begin anew on each socket, and on some chips on each die: the list of a core's
        // threads is its own.
        let siblings = told("core_cpus_list").or_else(|| told("thread_siblings_list"));
        cores.insert(siblings.unwrap_or_else(|| format!("{socket}/{core}")));
        sockets.insert(socket);
        threads += 1;
    }
    (threads > 0).then(|| Topology { sockets: count(&sockets), cores: count(&cores), threads })
}

fn from_cpuinfo(cpuinfo: &str) -> Topology {
    let (mut sockets, mut cores, mut threads) = (BTreeSet::new(), BTreeSet::new(), 0);
    for block in blocks(cpuinfo) {
        if block.first("processor").is_none() {
            continue;
        }
        threads += 1;
        if let (Some(socket), Some(core)) = (block.first("physical id"), block.first("core id")) {
            sockets.insert(socket.to_owned());
            cores.insert(format!("{socket}/{core}"));
        }
    }
    Topology { sockets: count(&sockets), cores: count(&cores), threads }
}

fn count(names: &BTreeSet<String>) -> u32 {
    u32::try_from(names.len()).unwrap_or(u32::MAX)
}

/// So many processors as a list of the kernel names: `0-3,8`.
pub(super) fn listed(list: &str) -> Option<u32> {
    list.trim().split(',').try_fold(0, |sum: u32, part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        sum.checked_add(last.checked_sub(first)?.checked_add(1)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_counted() {
        for (list, expected) in [
            ("0-63\n", Some(64)),
            ("0-3,8,10-11", Some(7)),
            ("5", Some(1)),
            ("", None),
            ("3-1", None),
            ("a-b", None),
            ("0-4294967295", None),
        ] {
            assert_eq!(listed(list), expected, "{list:?}");
        }
    }

    #[test]
    fn cpuinfo_tells_where_sysfs_does_not() {
        let one = |processor: u32, socket: u32, core: u32| {
            format!("processor : {processor}\nphysical id : {socket}\ncore id : {core}\n\n")
        };
        let text = [one(0, 0, 0), one(1, 0, 0), one(2, 1, 0), one(3, 1, 0)].concat();
        assert_eq!(from_cpuinfo(&text), Topology { sockets: 2, cores: 2, threads: 4 });
        let text = "processor : 0\nBogoMIPS : 1\n\nprocessor : 1\nBogoMIPS : 1\n\nHardware : x\n";
        assert_eq!(from_cpuinfo(text), Topology { sockets: 0, cores: 0, threads: 2 });
    }
}
