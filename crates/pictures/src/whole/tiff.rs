//! The directories of a TIFF: everything that they point to has to be in the file.

use std::collections::BTreeSet;

use model::Size;

use crate::PictureError;

const DIRECTORIES_MAX: usize = 10_000;
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
/// Where strips and tiles are, and how many bytes each has.
const PLACES: [(u16, u16); 2] = [(273, 279), (324, 325)];

/// Reads numbers of a TIFF, whichever way round they are.
struct Numbers<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// Whether offsets have 64 bits.
    large: bool,
}

/// An entry of a directory: where its values are.
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    at: u64,
}

impl<'a> Numbers<'a> {
    fn of(bytes: &'a [u8]) -> Result<(Self, u64), PictureError> {
        let big_endian = bytes.starts_with(b"MM");
        let numbers = Self { bytes, big_endian, large: false };
        let large = numbers.read(2, 2)? == 43;
        let first = if large { numbers.read(8, 8)? } else { numbers.read(4, 4)? };
        Ok((Self { large, ..numbers }, first))
    }

    fn read(&self, at: u64, count: usize) -> Result<u64, PictureError> {
        let from = usize::try_from(at).ok();
        let found = from.and_then(|from| self.bytes.get(from..from.checked_add(count)?));
        let found = found.ok_or_else(|| PictureError::cut("the file ends before what it points to"))?;
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Ok(match self.big_endian {
            true => found.iter().fold(0, fold),
            false => found.iter().rev().fold(0, fold),
        })
    }

    /// The entries of the directory at `at`, and where the next one is.
    fn directory(&self, at: u64) -> Result<(Vec<Entry>, u64), PictureError> {
        let (head, entry, inline) = if self.large { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.read(at, head as usize)?;
        // A directory that is longer than the file is cut.
        let end = count.checked_mul(entry).and_then(|length| at.checked_add(head)?.checked_add(length));
        let end = end.filter(|end| *end <= self.bytes.len() as u64);
        let end = end.ok_or_else(|| PictureError::cut("the file ends within its directory"))?;
        let mut entries = Vec::new();
        for number in 0..count {
            let start = at + head + number * entry;
            let (tag, kind) = (self.read(start, 2)? as u16, self.read(start + 2, 2)? as u16);
            let count = self.read(start + 4, inline as usize)?;
            let value = start + 4 + inline;
            let length = count.saturating_mul(width(kind) as u64);
            let at = if length <= inline { value } else { self.read(value, inline as usize)? };
            if at.checked_add(length).is_none_or(|end| end > self.bytes.len() as u64) {
                return Err(PictureError::cut("the file ends before what it points to"));
            }
            entries.push(Entry { tag, kind, count, at });
        }
        Ok((entries, self.read(end, inline as usize)?))
    }

    fn values(&self, entry: &Entry) -> impl Iterator<Item = Result<u64, PictureError>> {
        let width = width(entry.kind);
        let at = entry.at;
        (0..entry.count).map(move |number| self.read(at + number * width as u64, width))
    }
}

/// Bytes of a value of the type `kind`.
const fn width(kind: u16) -> usize {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}

pub(super) fn check(bytes: &[u8]) -> Result<(), PictureError> {
    let (numbers, mut next) = Numbers::of(bytes)?;
    let mut seen = BTreeSet::new();
    while next != 0 {
        if !seen.insert(next) || seen.len() > DIRECTORIES_MAX {
            return Err(PictureError::broken("its directories go round in a circle"));
        }
        let (entries, following) = numbers.directory(next)?;
        pixels(&numbers, &entries)?;
        next = following;
    }
    match seen.is_empty() {
        true => Err(PictureError::cut("it has no directory")),
        false => Ok(()),
    }
}

/// Checks that the strips or tiles of a directory are in the file.
fn pixels(numbers: &Numbers<'_>, entries: &[Entry]) -> Result<(), PictureError> {
    let find = |tag| entries.iter().find(|entry| entry.tag == tag);
    for (places, lengths) in PLACES {
        let (Some(places), Some(lengths)) = (find(places), find(lengths)) else { continue };
        for (at, length) in numbers.values(places).zip(numbers.values(lengths)) {
            let end = at?.checked_add(length?);
            if end.is_none_or(|end| end > numbers.bytes.len() as u64) {
                return Err(PictureError::cut("the file ends before its last pixel"));
            }
        }
    }
    Ok(())
}

/// The size of the first picture in a TIFF that has been checked.
pub(crate) fn size(bytes: &[u8]) -> Option<Size> {
    let (numbers, first) = Numbers::of(bytes).ok()?;
    let (entries, _) = numbers.directory(first).ok()?;
    let side = |tag| {
        let entry = entries.iter().find(|entry| entry.tag == tag)?;
        u32::try_from(numbers.values(entry).next()?.ok()?).ok()
    };
    Some(Size { width: side(WIDTH)?, height: side(HEIGHT)? })
}
