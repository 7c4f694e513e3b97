//! The beginning and the end of what a log says besides how far it is, kept for what is looked for over
//! several lines and for telling how it ends.

/// As much is kept of each.
const KEPT: usize = 64 << 10;

/// A bounded text.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Text {
    /// Adds `bytes`.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(KEPT - self.head.len()));
        self.head.extend_from_slice(first);
        self.tail.extend_from_slice(&rest[rest.len().saturating_sub(KEPT)..]);
        // Seldom, so that each byte is moved about once.
        if self.tail.len() > 4 * KEPT {
            self.tail.drain(..self.tail.len() - KEPT);
        }
    }

    /// All that is kept, every run of white space one space.
    pub(super) fn unwrapped(&self) -> String {
        let words = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        if self.tail.len() <= KEPT {
            return words(&[self.head.as_slice(), &self.tail].concat());
        }
        format!("{} {}", words(&self.head), words(&self.tail[self.tail.len() - KEPT..]))
    }

    /// Its last part.
    pub(super) fn end(&self) -> String {
        let kept = if self.tail.len() >= KEPT {
            self.tail[self.tail.len() - KEPT..].to_vec()
        } else {
            let all = [self.head.as_slice(), &self.tail].concat();
            all[all.len().saturating_sub(KEPT)..].to_vec()
        };
        String::from_utf8_lossy(&kept).into_owned()
    }
}
