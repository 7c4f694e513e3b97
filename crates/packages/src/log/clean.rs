//! Bytes as programs print them to text without colours: encodings and escape sequences, in pieces of any
//! size.

use std::borrow::Cow;

use memchr::memchr;

use crate::definition::Encoding;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// What 0x80 to 0x9f are in the code page of Windows in the west; those above are the letters of Unicode.
const WESTERN: [u16; 32] = [
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152,
    0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122,
    0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
];

/// Cleans a stream.
#[derive(Clone, Debug)]
pub(super) struct Cleaner {
    encoding: Encoding,
    /// Bytes kept until it is known what they are: the first few, or half of a unit.
    held: Vec<u8>,
    begun: bool,
    /// Whether the higher byte of a unit comes first.
    big: bool,
    /// The first half of a letter beyond 16 bits.
    high: Option<u16>,
    escape: Escape,
}

/// Where in an escape sequence the stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    None,
    /// Behind the escape itself.
    Begun,
    /// In one that a letter ends.
    Control,
    /// In one that a bell, or another escape, ends.
    Text,
}

impl Cleaner {
    pub(super) const fn new(encoding: Encoding) -> Self {
        Self { encoding, held: Vec::new(), begun: false, big: false, high: None, escape: Escape::None }
    }

    /// The text of `bytes`, which follow those before.
    pub(super) fn clean<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let decoded = self.decode(bytes);
        if self.escape == Escape::None && memchr(ESCAPE, &decoded).is_none() {
            return decoded;
        }
        let mut kept = Vec::with_capacity(decoded.len());
        for byte in decoded.iter() {
            if let Some(byte) = self.escaped(*byte) {
                kept.push(byte);
            }
        }
        Cow::Owned(kept)
    }

    /// What is left of the beginning where no more comes.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        if self.begun || self.encoding == Encoding::Utf16 {
            return Vec::new();
        }
        self.begun = true;
        std::mem::take(&mut self.held)
    }

    fn decode<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if !self.begun {
            self.held.extend_from_slice(bytes);
            if self.held.len() < 4 && self.encoding != Encoding::System {
                return Cow::Borrowed(&[]);
            }
            self.begin();
            let first = std::mem::take(&mut self.held);
            return Cow::Owned(self.letters(&first).into_owned());
        }
        self.letters(bytes)
    }

    /// Looks at the first bytes for a mark, or for every other byte being nothing.
    fn begin(&mut self) {
        self.begun = true;
        match self.held.as_slice() {
            [0xff, 0xfe, ..] => (self.encoding, self.big) = (Encoding::Utf16, false),
            [0xfe, 0xff, ..] => (self.encoding, self.big) = (Encoding::Utf16, true),
            [0xef, 0xbb, 0xbf, ..] => {
                self.held.drain(..3);
                return;
            }
            [a, 0, b, 0, ..] if *a != 0 && *b != 0 => self.encoding = Encoding::Utf16,
            _ => return,
        }
        if self.held.starts_with(&[0xff, 0xfe]) || self.held.starts_with(&[0xfe, 0xff]) {
            self.held.drain(..2);
        }
    }

    fn letters<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match self.encoding {
            Encoding::Utf8 => Cow::Borrowed(bytes),
            Encoding::System if bytes.is_ascii() => Cow::Borrowed(bytes),
            Encoding::System => Cow::Owned(western(bytes)),
            Encoding::Utf16 => Cow::Owned(self.units(bytes)),
        }
    }

    fn units(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut text = String::with_capacity(bytes.len() / 2);
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        let pairs = all.chunks_exact(2);
        self.held = pairs.remainder().to_vec();
        for pair in pairs {
            let pair = [pair[0], pair[1]];
            let unit = if self.big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            match (self.high.take(), unit) {
                (None, 0xd800..=0xdbff) => self.high = Some(unit),
                (high, unit) => {
                    let units = high.into_iter().chain([unit]);
                    text.extend(char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')));
                }
            }
        }
        text.into_bytes()
    }

    /// The byte, unless it belongs to an escape sequence.
    fn escaped(&mut self, byte: u8) -> Option<u8> {
        self.escape = match (self.escape, byte) {
            (_, b'\n' | b'\r') => {
                self.escape = Escape::None;
                return Some(byte);
            }
            (_, ESCAPE) => Escape::Begun,
            (Escape::None, _) => return Some(byte),
            (Escape::Begun, b'[') => Escape::Control,
            (Escape::Begun, b']' | b'P' | b'_' | b'^') => Escape::Text,
            // One that chooses a set of letters has one more behind it.
            (Escape::Begun, b'(' | b')' | b'#' | b'%' | b' ') => Escape::Begun,
            (Escape::Begun, _) | (Escape::Control, 0x40..=0x7e) | (Escape::Text, BELL) => Escape::None,
            (within, _) => within,
        };
        None
    }
}

fn western(bytes: &[u8]) -> Vec<u8> {
    let letter = |byte: &u8| match byte {
        0x80..=0x9f => char::from_u32(WESTERN[usize::from(byte - 0x80)].into()).unwrap_or('\u{fffd}'),
        byte => char::from(*byte),
    };
    bytes.iter().map(letter).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(encoding: Encoding, bytes: &[u8], size: usize) -> String {
        let mut cleaner = Cleaner::new(encoding);
        let mut text = Vec::new();
        for piece in bytes.chunks(size) {
            text.extend_from_slice(&cleaner.clean(piece));
        }
        text.extend(cleaner.rest());
        String::from_utf8_lossy(&text).into_owned()
    }

    #[test]
    fn encodings_and_colours_are_taken_out_in_pieces_of_any_size() {
        let utf16: Vec<u8> =
            "Frame 1 fertig: größer 😀\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16.clone()).collect();
        let big: Vec<u8> = [0xfe, 0xff]
            .into_iter()
            .chain("Frame 1 fertig: größer 😀\r\n".encode_utf16().flat_map(u16::to_be_bytes))
            .collect();
        for size in [1, 2, 3, 5, 64] {
            for bytes in [&utf16, &marked, &big] {
                let text = cleaned(Encoding::Utf8, bytes, size);
                assert_eq!(text, "Frame 1 fertig: größer 😀\r\n", "in pieces of {size}");
            }
            let coloured = b"\x1b[31mERROR\x1b[0m:\x1b[2K \x1b]0;title\x07no \x1b(Blight\x1b[K\n";
            assert_eq!(cleaned(Encoding::Utf8, coloured, size), "ERROR: no light\n", "in pieces of {size}");
            let cut = b"a\x1b[31\nb";
            assert_eq!(cleaned(Encoding::Utf8, cut, size), "a\nb", "a line ends whatever was begun");
            assert_eq!(cleaned(Encoding::System, b"\x80uro f\xfcr \x93alle\x94", size), "€uro für “alle”");
            assert_eq!(cleaned(Encoding::Utf8, b"a\xff\xfeb\n", size), "a\u{fffd}\u{fffd}b\n");
        }
        assert_eq!(cleaned(Encoding::Utf8, b"ab", 1), "ab", "what is too short to tell is text");
    }
}
