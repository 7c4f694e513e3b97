//! Reads `/proc`: what processes there are, whose children they are and what they use.

use std::fs;
use std::io;
use std::path::PathBuf;

use model::ProcessMark;

/// What `/proc/PID/stat` says of a process; times in clock ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) pid: u32,
    /// One letter: `R` running, `Z` zombie.
    pub(crate) state: u8,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
    /// Processor time of the process itself.
    pub(crate) own_ticks: u64,
    /// Processor time of the children that it has waited for, and of theirs.
    pub(crate) reaped_ticks: u64,
    pub(crate) threads: u64,
    /// Since boot.
    pub(crate) started: u64,
    pub(crate) resident_pages: u64,
    /// Whether it is a part of the kernel.
    pub(crate) kernel: bool,
    /// Where its environment begins and ends in its memory; zeroes while it has none, or to those who may
    /// not look.
    pub(crate) environment: (u64, u64),
    /// Read and written, where that was looked at.
    pub(crate) io: Io,
}

/// Bytes that a process and the children it waited for have read and written, by whatever way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Io {
    pub(crate) read: u64,
    pub(crate) written: u64,
}

impl Io {
    pub(crate) const fn and(self, other: Self) -> Self {
        let (read, written) = (self.read, self.written);
        Self { read: read.saturating_add(other.read), written: written.saturating_add(other.written) }
    }

    pub(crate) fn most(self, other: Self) -> Self {
        Self { read: self.read.max(other.read), written: self.written.max(other.written) }
    }
}

/// Whether a process was started with some entry in its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carries {
    Yes,
    No,
    /// It is about to load another program: the old environment is gone and the new one not there yet.
    Unsettled,
}

/// The flag of processes that are part of the kernel.
const KERNEL: u64 = 0x0020_0000;

impl Stat {
    /// Reads the line. The command's name stands in brackets and may itself hold brackets, blanks and bytes
    /// that are no text, so the fields are counted from the last closing one.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        let open = line.iter().position(|byte| *byte == b'(')?;
        let close = line.iter().rposition(|byte| *byte == b')')?;
        let pid = std::str::from_utf8(&line[..open]).ok()?.trim().parse().ok()?;
        let rest = std::str::from_utf8(line.get(close + 1..)?).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        let id =
            |index: usize| fields.get(index)?.parse::<i64>().ok().map(|id| u32::try_from(id).unwrap_or(0));
        Some(Self {
            pid,
            state: *fields.first()?.as_bytes().first()?,
            parent: id(1)?,
            group: id(2)?,
            session: id(3)?,
            own_ticks: number(11)? + number(12)?,
            reaped_ticks: number(13)? + number(14)?,
            threads: number(17)?,
            started: number(19)?,
            resident_pages: number(21)?,
            kernel: number(6)? & KERNEL != 0,
            environment: (number(47)?, number(48)?),
            io: Io::default(),
        })
    }

    pub(crate) fn mark(&self) -> ProcessMark {
        ProcessMark { pid: self.pid, started: self.started }
    }

    /// Whether it runs no more. A process whose first thread ended shows as a zombie while other threads work
    /// on, so the letter alone does not tell.
    pub(crate) fn dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x') && self.threads <= 1
    }
}

/// The process with this pid, where there is one.
pub(crate) fn stat(pid: u32) -> Option<Stat> {
    Stat::parse(&fs::read(folder(pid).join("stat")).ok()?)
}

/// Every process that can be seen. One that ends while we look is left out.
pub(crate) fn all() -> io::Result<Vec<Stat>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        if let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) {
            found.extend(stat(pid));
        }
    }
    Ok(found)
}

/// Memory in bytes that no file on disk backs, with what of it is swapped out; of what processes share each
/// has its part. Nothing to those who may not look.
pub(crate) fn own_memory(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(folder(pid).join("smaps_rollup")).ok()?;
    let of = |name: &str| {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    // Older systems do not tell them apart.
    let resident =
        of("Pss_Anon").zip(of("Pss_Shmem")).map(|(own, shared)| own + shared).or_else(|| of("Pss"));
    Some((resident? + of("SwapPss").unwrap_or(0)) * 1024)
}

/// Whether the process was started with `entry` (`NAME=value`) in its environment. What may not be read, as
/// another person's processes, does not carry it.
pub(crate) fn carries(pid: u32, entry: &[u8]) -> Carries {
    // A few tries, as a program may be loaded between the two readings.
    for _ in 0..4 {
        let Ok(bytes) = fs::read(folder(pid).join("environ")) else { return Carries::No };
        if !bytes.is_empty() {
            let found = bytes.split(|byte| *byte == 0).any(|it| it == entry);
            return if found { Carries::Yes } else { Carries::No };
        }
        let Some(stat) = stat(pid) else { return Carries::No };
        let (begin, end) = stat.environment;
        if stat.kernel || stat.dead() || (begin == end && begin != 0) {
            return Carries::No;
        }
        if begin == 0 || end == 0 {
            return Carries::Unsettled;
        }
    }
    Carries::Unsettled
}

/// What a process has read and written; zeroes where it is gone or may not be looked at.
pub(crate) fn io(pid: u32) -> Io {
    let text = fs::read_to_string(folder(pid).join("io")).unwrap_or_default();
    let number = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.unwrap_or(0)
    };
    Io { read: number("rchar:"), written: number("wchar:") }
}

/// What the system calls a process.
pub(crate) fn name(pid: u32) -> String {
    let bytes = fs::read(folder(pid).join("comm")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end().chars().filter(|c| !c.is_control()).collect()
}

fn folder(pid: u32) -> PathBuf {
    PathBuf::from("/proc").join(pid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLEEP: &[u8] =
        b"812 (sleep) S 800 812 800 34816 812 4194304 110 0 0 0 7 3 20 1 20 0 1 0 55221 5713920 \
          402 18446744073709551615 1 2 3 0 0 0 0 0 0 1 0 0 17 1 0 0 0 0 0 11 12 13 14 15 16 17 0";

    #[test]
    fn reads_a_stat_line() {
        let stat = Stat::parse(SLEEP).unwrap();
        let expected = Stat {
            pid: 812,
            state: b'S',
            parent: 800,
            group: 812,
            session: 800,
            own_ticks: 10,
            reaped_ticks: 21,
            threads: 1,
            started: 55221,
            resident_pages: 402,
            kernel: false,
            environment: (16, 17),
            io: Io::default(),
        };
        assert_eq!(stat, expected);
        assert!(!stat.dead());
    }

    #[test]
    fn a_command_may_be_called_anything() {
        for name in [&b"a) R 1 1 1"[..], b"(", b") (", b"", b"\xff\xfe"] {
            let line = [b"812 (", name, &SLEEP[10..]].concat();
            assert_eq!(Stat::parse(&line).unwrap().parent, 800, "{name:?}");
        }
    }

    #[test]
    fn broken_lines_are_nothing() {
        for line in [&b""[..], b"812", b"812 (sleep", b"812 (sleep) S 800", b") ("] {
            assert_eq!(Stat::parse(line), None);
        }
    }

    #[test]
    fn a_zombie_with_threads_still_runs() {
        let mut stat = Stat::parse(SLEEP).unwrap();
        stat.state = b'Z';
        assert!(stat.dead());
        stat.threads = 2;
        assert!(!stat.dead());
    }

    #[test]
    fn an_environment_tells() {
        let own = std::process::id();
        let path = std::env::var("PATH").unwrap();
        assert_eq!(carries(own, format!("PATH={path}").as_bytes()), Carries::Yes);
        for entry in ["PATH=", "PATH", &format!("ATH={path}")] {
            assert_eq!(carries(own, entry.as_bytes()), Carries::No, "{entry}");
        }
        // The kernel's first, where it is to be seen, has none.
        assert_eq!(carries(2, b"PATH=/bin"), Carries::No);
    }

    #[test]
    fn memory_of_its_own_is_counted() {
        let own = std::process::id();
        let before = own_memory(own).unwrap();
        let held = std::hint::black_box(vec![1_u8; 64 << 20]);
        let grown = own_memory(own).unwrap() - before;
        assert!(grown >= (60 << 20), "{grown} for {}", held.len());
        assert_eq!(own_memory(0), None);
    }

    #[test]
    fn this_process_is_there() {
        let own = std::process::id();
        let stat = stat(own).unwrap();
        assert_eq!(stat.pid, own);
        assert!(all().unwrap().iter().any(|it| it.mark() == stat.mark()));
        assert!(!name(own).is_empty() && io(own).read > 0);
        assert_eq!((name(u32::MAX), io(u32::MAX)), (String::new(), Io::default()));
    }
}
