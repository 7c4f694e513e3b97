//! How often the system has killed a process for want of memory. Whoever is killed so cannot say it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The whole host's counters.
const OF_HOST: &str = "/proc/vmstat";
/// The name of the counter, in that file and in a control group's.
const COUNTER: &str = "oom_kill";

/// Watches the count: that of our own control group where it has one, else that of the host.
#[derive(Debug)]
pub struct MemoryKills {
    file: PathBuf,
    last: AtomicU64,
}

impl MemoryKills {
    /// Watched from now on.
    #[must_use]
    pub fn watched() -> Self {
        let group = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let own = group.lines().find_map(|line| line.strip_prefix("0::/"));
        let file = own.map(|path| Path::new("/sys/fs/cgroup").join(path).join("memory.events"));
        let file = file.filter(|file| count(file).is_some()).unwrap_or_else(|| PathBuf::from(OF_HOST));
        let last = AtomicU64::new(count(&file).unwrap_or(0));
        Self { file, last }
    }

    /// How often so far; as at the last look where the system does not say.
    pub fn kills(&self) -> u64 {
        match count(&self.file) {
            Some(now) => {
                self.last.store(now, Ordering::Relaxed);
                now
            }
            None => self.last.load(Ordering::Relaxed),
        }
    }

    /// Whether it happened again since the count was `before`, or since the last look of anybody.
    pub fn killed_since(&self, before: Option<u64>) -> bool {
        let before = before.unwrap_or_else(|| self.last.load(Ordering::Relaxed));
        self.kills() > before
    }
}

fn count(file: &Path) -> Option<u64> {
    parse(&fs::read_to_string(file).ok()?)
}

fn parse(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(COUNTER)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_files_are_read() {
        assert_eq!(parse("low 0\noom 2\noom_kill 3\noom_group_kill 1\n"), Some(3));
        assert_eq!(parse("nr_free_pages 1\noom_kill 0\n"), Some(0));
        assert_eq!(parse("oom_kill_x 4\n"), None);
    }

    #[test]
    fn only_what_is_new_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("memory.events");
        fs::write(&file, "oom_kill 3\n").unwrap();
        let kills = MemoryKills { file: file.clone(), last: AtomicU64::new(3) };
        assert!(!kills.killed_since(None));
        fs::write(&file, "oom_kill 4\n").unwrap();
        assert!(kills.killed_since(None));
        assert!(!kills.killed_since(None));
        assert!(kills.killed_since(Some(3)));
        fs::remove_file(&file).unwrap();
        assert_eq!(kills.kills(), 4);
    }
}
