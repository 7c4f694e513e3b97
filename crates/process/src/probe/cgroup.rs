//! What control groups leave us of the host: version 2, version 1, and both at once.
//!
//! A limit on any group above ours holds for us too, so each is read from our own group up to the mount. In
//! a container the mount shows only part of the tree; what lies above cannot be seen and is not asked for.

use std::path::{Component, Path, PathBuf};

use super::mounts::Mount;

/// The tightest limits found; nothing where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// Thousandths of a processor.
    pub(super) milli_processors: Option<u64>,
    pub(super) memory_bytes: Option<u64>,
    pub(super) swap_bytes: Option<u64>,
}

/// Limits for the process whose `/proc/PID/cgroup` and mounts are given; `read` reads a file.
pub(super) fn limits(cgroup: &str, mounts: &[Mount], read: &dyn Fn(&Path) -> Option<String>) -> Limits {
    let mut found = Limits::default();
    for line in cgroup.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (fields.next(), fields.next()) else { continue };
        if controllers.is_empty() {
            folders(mounts, None, group).iter().for_each(|folder| version_2(&mut found, folder, read));
        }
        for controller in controllers.split(',').filter(|name| ["cpu", "memory"].contains(name)) {
            let folders = folders(mounts, Some(controller), group);
            folders.iter().for_each(|folder| version_1(&mut found, controller, folder, read));
        }
    }
    found
}

fn version_2(found: &mut Limits, folder: &Path, read: &dyn Fn(&Path) -> Option<String>) {
    let value = |name: &str| read(&folder.join(name));
    tighten(&mut found.milli_processors, value("cpu.max").and_then(|text| quota(&text)));
    tighten(&mut found.memory_bytes, value("memory.max").and_then(|text| bytes(&text)));
    // What is above this is held back hard, so it is as good as a limit.
    tighten(&mut found.memory_bytes, value("memory.high").and_then(|text| bytes(&text)));
    tighten(&mut found.swap_bytes, value("memory.swap.max").and_then(|text| bytes(&text)));
}

fn version_1(found: &mut Limits, controller: &str, folder: &Path, read: &dyn Fn(&Path) -> Option<String>) {
    let value = |name: &str| read(&folder.join(name));
    if controller == "memory" {
        let memory = value("memory.limit_in_bytes").and_then(|text| bytes(&text));
        let both = value("memory.memsw.limit_in_bytes").and_then(|text| bytes(&text));
        tighten(&mut found.memory_bytes, memory);
        tighten(&mut found.swap_bytes, memory.zip(both).map(|(memory, both)| both.saturating_sub(memory)));
    } else if let (Some(share), Some(period)) = (value("cpu.cfs_quota_us"), value("cpu.cfs_period_us")) {
        tighten(&mut found.milli_processors, quota(&format!("{} {}", share.trim(), period.trim())));
    }
}

fn tighten(limit: &mut Option<u64>, other: Option<u64>) {
    *limit = [*limit, other].into_iter().flatten().min();
}

/// `QUOTA PERIOD` in thousandths of a processor. No limit is `max` in version 2 and -1 in version 1.
fn quota(text: &str) -> Option<u64> {
    let mut fields = text.split_ascii_whitespace();
    let share: u64 = fields.next()?.parse().ok()?;
    let period: u64 = fields.next()?.parse().ok().filter(|period| *period > 0)?;
    Some(share.saturating_mul(1000) / period)
}

/// An amount in bytes. No limit is `max` in version 2, and in version 1 the largest number of whole pages.
fn bytes(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|bytes| *bytes < 1 << 60)
}

/// Folders of `group` and those above it, in the hierarchy of `controller` (version 2: none).
fn folders(mounts: &[Mount], controller: Option<&str>, group: &str) -> Vec<PathBuf> {
    let Some(mount) = mounts.iter().find(|mount| holds(mount, controller)) else { return Vec::new() };
    // A group outside of what is mounted: the mount's top is the nearest to it that can be seen.
    let inside = Path::new(group).strip_prefix(&mount.root).unwrap_or(Path::new(""));
    let climbs = inside.components().any(|part| !matches!(part, Component::Normal(_)));
    let inside = if climbs { Path::new("") } else { inside };
    inside.ancestors().map(|part| mount.point.join(part)).collect()
}

/// Whether the hierarchy of `controller` is mounted there.
fn holds(mount: &Mount, controller: Option<&str>) -> bool {
    match controller {
        None => mount.kind == "cgroup2",
        Some(name) => mount.kind == "cgroup" && mount.options.split(',').any(|option| option == name),
    }
}

#[cfg(test)]
mod tests {
    use super::super::mounts;
    use super::*;

    const V2: &str = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    const V2_CONTAINER: &str =
        "600 590 0:26 /docker/abc /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n";
    const V1: &str = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n\
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
        35 31 0:32 / /sys/fs/cgroup/my\\040memory rw,relatime - cgroup cgroup rw,memory\n\
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

    type Case<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a str)], Limits);

    fn with(milli_processors: Option<u64>, memory_bytes: Option<u64>, swap_bytes: Option<u64>) -> Limits {
        Limits { milli_processors, memory_bytes, swap_bytes }
    }

    #[test]
    fn finds_the_tightest_limits() {
        let cases: [Case<'_>; 7] = [
            ("nothing mounted", "0::/\n", "", &[("/sys/fs/cgroup/cpu.max", "1 1")], Limits::default()),
            (
                "version 2, none set",
                "0::/user.slice\n",
                V2,
                &[
                    ("/sys/fs/cgroup/user.slice/cpu.max", "max 100000\n"),
                    ("/sys/fs/cgroup/user.slice/memory.max", "max\n"),
                ],
                Limits::default(),
            ),
            (
                "version 2, the one above is tighter",
                "0::/farm.slice/render.service\n",
                V2,
                &[
                    ("/sys/fs/cgroup/farm.slice/cpu.max", "400000 100000\n"),
                    ("/sys/fs/cgroup/farm.slice/render.service/cpu.max", "1600000 100000\n"),
                    ("/sys/fs/cgroup/farm.slice/memory.max", "max\n"),
                    ("/sys/fs/cgroup/farm.slice/render.service/memory.max", "8589934592\n"),
                    ("/sys/fs/cgroup/farm.slice/render.service/memory.swap.max", "0\n"),
                ],
                with(Some(4000), Some(8 << 30), Some(0)),
            ),
            (
                "container that sees the host's paths",
                "0::/docker/abc\n",
                V2_CONTAINER,
                &[("/sys/fs/cgroup/cpu.max", "150000 100000")],
                with(Some(1500), None, None),
            ),
            (
                "container whose group lies elsewhere",
                "0::/../other\n",
                V2_CONTAINER,
                &[("/sys/fs/cgroup/memory.max", "1048576"), ("/sys/fs/other/memory.max", "1")],
                with(None, Some(1 << 20), None),
            ),
            (
                "version 1 beside an empty version 2",
                "4:memory:/job\n2:cpu,cpuacct:/job\n1:name=systemd:/x\n0::/\n",
                V1,
                &[
                    ("/sys/fs/cgroup/my memory/memory.limit_in_bytes", "9223372036854771712\n"),
                    ("/sys/fs/cgroup/my memory/job/memory.limit_in_bytes", "4294967296\n"),
                    ("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "200000\n"),
                    ("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n"),
                    ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
                    ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
                ],
                with(Some(2000), Some(4 << 30), None),
            ),
            ("broken lines", "0\n::\n4:memory\n", "x - y\n- cgroup2\n", &[], Limits::default()),
        ];
        for (what, cgroup, mounts, files, expected) in cases {
            let read = |path: &Path| {
                files.iter().find(|(name, _)| Path::new(name) == path).map(|(_, text)| (*text).to_owned())
            };
            assert_eq!(limits(cgroup, &mounts::read(mounts), &read), expected, "{what}");
        }
    }

    #[test]
    fn reads_quotas() {
        let cases = [
            ("max 100000", None),
            ("-1 100000", None),
            ("50000 100000", Some(500)),
            ("1 0", None),
            ("100000", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(quota(text), expected, "{text:?}");
        }
    }
}
