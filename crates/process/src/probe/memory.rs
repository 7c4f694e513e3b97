//! How much memory there is: `/proc/meminfo`.

/// RAM and swap of the whole machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) ram_bytes: u64,
    pub(super) swap_bytes: u64,
}

pub(super) fn describe(meminfo: &str) -> Memory {
    let field = |name: &str| {
        let rest = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        rest.split_ascii_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
    };
    Memory { ram_bytes: field("MemTotal").unwrap_or(0), swap_bytes: field("SwapTotal").unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_meminfo() {
        let both =
            "MemTotal:       24684084 kB\nMemFree:  1 kB\nSwapCached: 5 kB\nSwapTotal:       2097148 kB\n";
        let expected = Memory { ram_bytes: 24_684_084 * 1024, swap_bytes: 2_097_148 * 1024 };
        assert_eq!(describe(both), expected);
        assert_eq!(describe("MemTotal: lots\n"), Memory::default());
        assert_eq!(describe(""), Memory::default());
    }
}
