//! What the environment says, read once and kept: programs write over their environment.
//!
//! Whoever comes first reads it, and several may at once: they all write the same bytes, one at a time, and
//! only say so when all are there. So no lock is needed, which a forked child might find locked for ever.

use core::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use crate::name::LONGEST;
use crate::system::{self, getenv, text};

/// The variables that matter here, each with the sign behind it.
const NAMES: [&[u8]; 4] = [b"ROD_BASEDIR=", b"ROD_PATHMAP=", b"ROD_NOCASE=", b"LD_PRELOAD="];

/// A variable of the environment, `NAME=value`.
struct Kept {
    bytes: [AtomicU8; LONGEST],
    length: AtomicUsize,
}

static KEPT: [Kept; 4] = [const { Kept::new() }; 4];
static READ: AtomicBool = AtomicBool::new(false);

/// What there is to map by.
pub struct Settings {
    /// The base folder, without a slash at its end; empty where there is none.
    pub base: &'static [u8],
    /// Where the folders of other platforms stand.
    pub rules: &'static [u8],
    /// Whether letters of either case are alike where a file is not there.
    pub any_case: bool,
}

/// The variables as we were started with them, each with a zero behind it and the name before it; empty where
/// it was not set. A program that we start has to have them too.
pub fn variables() -> [(&'static [u8], &'static [u8]); 4] {
    read();
    core::array::from_fn(|which| (NAMES[which], KEPT[which].get()))
}

impl Kept {
    const fn new() -> Self {
        Self { bytes: [const { AtomicU8::new(0) }; LONGEST], length: AtomicUsize::new(0) }
    }

    fn set(&self, name: &[u8], value: &[u8]) {
        let length = name.len() + value.len();
        // One byte stays for the zero.
        if !value.is_empty() && length < LONGEST {
            for (to, from) in self.bytes.iter().zip(name.iter().chain(value)) {
                to.store(*from, Ordering::Relaxed);
            }
            self.length.store(length, Ordering::Relaxed);
        }
    }

    fn get(&'static self) -> &'static [u8] {
        let length = self.length.load(Ordering::Relaxed);
        // SAFETY: once `READ` has been seen nobody writes any more.
        unsafe { core::slice::from_raw_parts(self.bytes.as_ptr().cast(), length) }
    }
}

/// What the environment said when the program asked for its first file.
pub fn settings() -> Settings {
    let [base, rules, any_case, _] =
        variables().map(|(name, kept)| kept.strip_prefix(name).unwrap_or_default());
    let end = base.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    let base = if base.starts_with(b"/") { &base[..end] } else { b"" };
    Settings { base, rules, any_case: any_case == b"1" }
}

fn read() {
    if READ.load(Ordering::Acquire) {
        return;
    }
    let errno = system::errno();
    for (kept, name) in KEPT.iter().zip(NAMES) {
        kept.set(name, variable(name));
    }
    system::set_errno(errno);
    READ.store(true, Ordering::Release);
}

/// The value of a variable, given its name and the sign behind it; empty where it is not set.
fn variable(name: &[u8]) -> &'static [u8] {
    let mut ended = [0_u8; 16];
    ended[..name.len() - 1].copy_from_slice(&name[..name.len() - 1]);
    // SAFETY: the name ends with a zero, and so does what is found.
    unsafe {
        let found = getenv(ended.as_ptr());
        if found.is_null() { b"" } else { text(found) }
    }
}
