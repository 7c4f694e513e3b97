//! The history of a farm as lines: each happening, and for each server what it heard, what became true and
//! what it did. The digest of the lines tells whether two histories are one.

use std::fmt::{self, Write};

/// FNV-1a, which is short and the same everywhere.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// Where lines go.
pub type Sink = Box<dyn FnMut(&str) + Send>;

/// The lines of a history.
pub(crate) struct Story {
    sink: Option<Sink>,
    digest: u64,
    line: String,
}

impl Story {
    pub(crate) const fn new(sink: Option<Sink>) -> Self {
        Self { sink, digest: OFFSET, line: String::new() }
    }

    /// Whether anybody reads it; nothing is put in words where nobody does.
    pub(crate) const fn is_told(&self) -> bool {
        self.sink.is_some()
    }

    /// The digest of what was told so far.
    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }

    pub(crate) fn tell(&mut self, line: fmt::Arguments<'_>) {
        let Some(sink) = &mut self.sink else { return };
        self.line.clear();
        // A string takes everything.
        let _ = self.line.write_fmt(line);
        for byte in self.line.bytes().chain([b'\n']) {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(PRIME);
        }
        sink(&self.line);
    }
}
