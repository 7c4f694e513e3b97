//! Names of files: put together, made plain, and what they are called on this machine. Nothing here asks the
//! system for anything, so it is tested like any other code.

use core::mem::MaybeUninit;

/// The longest path, with the zero at its end.
pub const LONGEST: usize = 4096;

/// A path in the making, without memory of its own elsewhere.
pub struct Name {
    bytes: [MaybeUninit<u8>; LONGEST],
    length: usize,
}

/// It would be longer than the system takes.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

impl Name {
    pub const fn new() -> Self {
        Self { bytes: [const { MaybeUninit::uninit() }; LONGEST], length: 0 }
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: what lies before `length` has been written.
        unsafe { core::slice::from_raw_parts(self.bytes.as_ptr().cast(), self.length) }
    }

    /// All the room there is, for the system to write into; `set_length` says how much it did.
    pub fn room(&mut self) -> (*mut u8, usize) {
        (self.bytes.as_mut_ptr().cast(), LONGEST)
    }

    /// # Safety
    /// That many bytes have been written.
    pub unsafe fn set_length(&mut self, length: usize) {
        self.length = length;
    }

    pub fn clear(&mut self) {
        self.length = 0;
    }

    pub fn push(&mut self, more: &[u8]) -> Result<(), TooLong> {
        // One byte stays for the zero.
        if more.len() >= LONGEST - self.length {
            return Err(TooLong);
        }
        for (to, from) in self.bytes[self.length..].iter_mut().zip(more) {
            to.write(*from);
        }
        self.length += more.len();
        Ok(())
    }

    /// Adds the components of `path`, either kind of slash where `any_slash`. `..` takes the last one away
    /// and nothing that was there before `floor`, so that no path leads out of a base folder.
    pub fn join(&mut self, floor: usize, path: &[u8], any_slash: bool) -> Result<(), TooLong> {
        for component in path.split(|byte| is_slash(*byte, any_slash)) {
            match component {
                b"" | b"." => {}
                b".." => {
                    self.length = self.bytes().iter().rposition(|byte| *byte == b'/').unwrap_or(0).max(floor)
                }
                _ => {
                    self.push(b"/")?;
                    self.push(component)?;
                }
            }
        }
        Ok(())
    }

    /// Takes `count` bytes away at the beginning.
    pub fn cut_front(&mut self, count: usize) {
        self.bytes.copy_within(count..self.length, 0);
        self.length -= count;
    }

    /// The path for the system: with a zero at its end, and the root where it is empty.
    pub fn ended(&mut self) -> *const u8 {
        if self.length == 0 {
            self.bytes[0].write(b'/');
            self.length = 1;
        }
        self.bytes[self.length].write(0);
        self.bytes.as_ptr().cast()
    }

    /// Puts `byte` at `at` and says what was there; the zero at its end counts.
    pub fn swap(&mut self, at: usize, byte: u8) -> u8 {
        debug_assert!(at <= self.length);
        // SAFETY: all bytes up to the zero have been written.
        core::mem::replace(unsafe { self.bytes[at].assume_init_mut() }, byte)
    }
}

fn is_slash(byte: u8, any: bool) -> bool {
    byte == b'/' || (any && byte == b'\\')
}

/// Whether `path` is `folder` or below it, whole components compared.
pub fn is_below(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'/'))
}

/// Whether nothing is mapped below it: these are made by the system, not by people.
pub fn is_of_system(path: &[u8]) -> bool {
    [b"/proc".as_slice(), b"/sys", b"/dev"].iter().any(|folder| is_below(path, folder))
}

/// `path` without the blanks before it (table 1, `CreateMappedFilename`).
pub fn without_blanks(path: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    &path[path.iter().position(|byte| !blank(byte)).unwrap_or(path.len())..]
}

/// Whether `path` ends so that it can only mean a folder.
pub fn means_folder(path: &[u8]) -> bool {
    path.ends_with(b"/") || path.ends_with(b"/.") || path == b"."
}

/// What the rules say of `path`: where its beginning stands here, and what is left of it. The longest
/// beginning counts.
pub fn translated<'a>(rules: &'a [u8], path: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut best: Option<(usize, &[u8])> = None;
    for rule in rules.split(|byte| *byte == b'\n') {
        let Some(at) = rule.iter().position(|byte| *byte == b'=') else { continue };
        let (from, to) = (&rule[..at], &rule[at + 1..]);
        let from = from.strip_suffix(b"/").or(from.strip_suffix(b"\\")).unwrap_or(from);
        let longer = best.is_none_or(|(length, _)| from.len() > length);
        if longer && to.starts_with(b"/") && !from.is_empty() && begins(path, from) {
            best = Some((from.len(), to));
        }
    }
    best.map(|(length, to)| (to, &path[length..]))
}

/// Whether `path` begins with the components of `from`. Slashes are alike; letters are where `from` is a name
/// of Windows, which has a drive or a backslash.
fn begins(path: &[u8], from: &[u8]) -> bool {
    let of_windows = from.get(1) == Some(&b':') || from.contains(&b'\\') || from.starts_with(b"//");
    let alike = |a: u8, b: u8| match of_windows {
        true => (is_slash(a, true) && is_slash(b, true)) || a.eq_ignore_ascii_case(&b),
        false => a == b,
    };
    path.len() >= from.len()
        && path.iter().zip(from).all(|(a, b)| alike(*a, *b))
        && path.get(from.len()).is_none_or(|byte| is_slash(*byte, of_windows))
}
