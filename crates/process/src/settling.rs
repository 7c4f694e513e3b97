//! Gives the system back what only the start of this process needed.
//!
//! The pages of a program are brought in as they are first used, many neighbours with each, and stay. Those
//! of the start alone are most of what a server that has nothing to do keeps mapped. No call of std or rustix
//! that is safe tells the system so.
#![allow(unsafe_code)]

use std::fs;
use std::ops::Range;

/// Gives back freed memory and the pages of code; what is used again comes back by itself, mostly from the
/// file cache.
pub fn settle() {
    // SAFETY: it takes no pointer and may be called at any time.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
    let Ok(maps) = fs::read_to_string("/proc/self/maps") else { return };
    for code in maps.lines().filter_map(code) {
        // SAFETY: the range is a mapping of this process as the system tells it. It is of a file, private and
        // not writable, so its pages are what the file holds, and dropped ones are read from there again.
        // Libraries are never unloaded here, so it is the same mapping still.
        unsafe {
            let start = std::ptr::with_exposed_provenance_mut(code.start);
            libc::madvise(start, code.end - code.start, libc::MADV_DONTNEED);
        }
    }
}

/// The addresses of the mapping that `line` tells of, where it is code of a file. What else is mapped from
/// files may have been written to before it was made read-only.
fn code(line: &str) -> Option<Range<usize>> {
    let mut fields = line.split_ascii_whitespace();
    let (range, rights) = (fields.next()?, fields.next()?);
    if rights != "r-xp" || !fields.nth(3)?.starts_with('/') {
        return None;
    }
    let (start, end) = range.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    address(start).zip(address(end)).map(|(start, end)| start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_files_is_found_and_nothing_else() {
        let found = code("55d0a000-55d0b000 r-xp 00001000 08:01 131 /usr/bin/a b (deleted)");
        assert_eq!(found, Some(0x55d0_a000..0x55d0_b000));
        for line in [
            "55d0a000-55d0b000 r--p 00001000 08:01 131   /usr/bin/a",
            "55d0a000-55d0b000 rwxp 00001000 08:01 131   /usr/bin/a",
            "55d0a000-55d0b000 r-xs 00001000 08:01 131   /usr/bin/a",
            "7ffd0000-7ffd2000 r-xp 00000000 00:00 0     [vdso]",
            "7ffd0000-7ffd2000 r-xp 00000000 00:00 0",
            "7ffd0000 r-xp 0 0 0 /x",
            "",
        ] {
            assert_eq!(code(line), None, "{line}");
        }
    }

    #[test]
    fn a_process_goes_on_with_fewer_pages() {
        let resident = || crate::procfs::stat(std::process::id()).unwrap().resident_pages;
        let freed: Vec<Vec<u8>> = (0..4000).map(|_| vec![1; 4096]).collect();
        drop(freed);
        let before = resident();
        settle();
        assert!(resident() < before, "{before} pages");
        // Code that was dropped runs as before.
        assert_eq!(format!("{:?}", "12".parse::<u8>()), "Ok(12)");
    }
}
