//! Limits that this very system sets, where we may make control groups: as root, with version 1 mounted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A group of our own, gone when dropped.
struct Group(PathBuf);

impl Group {
    /// A group of `controller` below our own; nothing where the system does not let us.
    fn of(controller: &str) -> Option<Self> {
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let of = |line: &str| line.split(':').nth(1) == Some(controller);
        let path =
            own.lines().find(|line| of(line))?.splitn(3, ':').nth(2)?.trim_start_matches('/').to_owned();
        let name = format!("framefarm-test-{}-{controller}", std::process::id());
        let folder = Path::new("/sys/fs/cgroup").join(controller).join(path).join(name);
        fs::create_dir(&folder).ok()?;
        Some(Self(folder))
    }

    fn set(&self, file: &str, value: &str) {
        fs::write(self.0.join(file), value).unwrap();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _left = fs::remove_dir(&self.0);
    }
}

/// The test below, in a process inside of the groups.
const INSIDE: &str = "FRAMEFARM_TEST_INSIDE";

#[test]
fn limits_of_real_groups_are_kept_to() {
    if std::env::var_os(INSIDE).is_some() {
        let sources = process::probe::Sources::here();
        let info = process::probe::Prober::new(sources, "/tmp".into()).look();
        println!("processors {} memory {}", info.processors, info.memory_bytes);
        return;
    }
    let (Some(cpu), Some(memory)) = (Group::of("cpu"), Group::of("memory")) else {
        println!("skipped: no control groups can be made here (version 1, as root)");
        return;
    };
    cpu.set("cpu.cfs_quota_us", "100000");
    memory.set("memory.limit_in_bytes", "536870912");
    let (cpu_procs, memory_procs) = (cpu.0.join("cgroup.procs"), memory.0.join("cgroup.procs"));
    let script = format!(
        "echo $$ >{} && echo $$ >{} && exec \"$0\" --exact limits::limits_of_real_groups_are_kept_to --nocapture",
        cpu_procs.display(),
        memory_procs.display()
    );
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).arg(std::env::current_exe().unwrap()).env(INSIDE, "1");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("processors 1 memory 536870912"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
