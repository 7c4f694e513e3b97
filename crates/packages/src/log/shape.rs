//! The shapes of the last lines that told how far it is: the next one mostly differs from one of them in its
//! digits alone, and then it need not be searched again.

use std::ops::Range;

/// So many are remembered: programs say a few things in turn.
const SHAPES: usize = 4;

/// The last lines that fitted something.
#[derive(Clone, Debug, Default)]
pub(super) struct Shapes {
    shapes: [Shape; SHAPES],
    next: usize,
}

impl Shapes {
    /// That which `line` is of, taken out to be put back.
    pub(super) fn take(&mut self, line: &[u8]) -> Option<(usize, Shape)> {
        let at = self.shapes.iter().position(|shape| shape.is_of(line))?;
        Some((at, std::mem::take(&mut self.shapes[at])))
    }

    pub(super) fn put_back(&mut self, (at, shape): (usize, Shape)) {
        self.shapes[at] = shape;
    }

    /// Remembers `line` instead of the oldest.
    pub(super) fn add(&mut self, line: &[u8], fitting: &[Fit]) {
        let shape = &mut self.shapes[self.next];
        self.next = (self.next + 1) % SHAPES;
        shape.line.clear();
        shape.line.extend_from_slice(line);
        shape.fitting.clear();
        shape.fitting.extend_from_slice(fitting);
    }
}

/// A line, and where the groups of the rules stand that it fits.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    line: Vec<u8>,
    pub(super) fitting: Vec<Fit>,
}

/// A rule that a line fits.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    /// By its place among the rules.
    pub(super) rule: usize,
    pub(super) one: Option<Range<usize>>,
    pub(super) two: Option<Range<usize>>,
}

impl Shape {
    /// Whether `line` is the same but for what digits it has.
    fn is_of(&self, line: &[u8]) -> bool {
        // Without a branch for each byte, so that the compiler takes many at once.
        let alike = |(a, b): (&u8, &u8)| (a == b) | (a.is_ascii_digit() & b.is_ascii_digit());
        !self.fitting.is_empty()
            && self.line.len() == line.len()
            && self.line.iter().zip(line).fold(true, |all, pair| all & alike(pair))
    }
}

/// Whether `pattern` takes one digit for another: none is named in it, neither alone nor as the end of a
/// range.
pub(super) fn takes_all_digits(pattern: &str) -> bool {
    let plain = ["0-9", r"\\", r"\d", r"\{", r"\}"];
    let mut rest = plain.iter().fold(pattern.to_owned(), |rest, plain| rest.replace(plain, ""));
    // How often something comes is no digit of the line.
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else { return false };
        let inside = &rest[open + 1..open + length];
        if !inside.bytes().all(|byte| byte.is_ascii_digit() || byte == b',') {
            return false;
        }
        rest.replace_range(open..=open + length, "");
    }
    !rest.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_may_differ() {
        let fitting = vec![Fit { rule: 0, one: None, two: None }];
        let shape = Shape { line: b"Sample 12/64".to_vec(), fitting };
        assert!(shape.is_of(b"Sample 13/64"));
        assert!(shape.is_of(b"Sample 99/00"));
        assert!(!shape.is_of(b"Sample 1/64"));
        assert!(!shape.is_of(b"Sample 1x/64"));
        assert!(!shape.is_of(b"sample 12/64"));
    }

    #[test]
    fn a_pattern_that_names_a_digit_tells_them_apart() {
        for pattern in
            [r"\bSample (\d+)/(\d+)", r"[0-9]{2,3}%", r"^\s*[A-Z]+: ([\d.]+)", r"[ -~]+", r"\{A\} \d"]
        {
            assert!(takes_all_digits(pattern), "{pattern}");
        }
        for pattern in [r"error 5", r"[1-9]\d*", r"\x41", r"\p{Nd}", r"a{2", r"\{2\}", r"\\2", r"[!-5]"] {
            assert!(!takes_all_digits(pattern), "{pattern}");
        }
    }
}
