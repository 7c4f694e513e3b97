//! The bytes of one commit: a header that can be checked, then the records.
//!
//! ```text
//! 2 u8 | version of the records u16 | count u32 | checksum 16 bytes | count times: length u32, bytes
//! ```
//! Numbers are little-endian. The checksum is the head of the BLAKE3 digest of the row's sequence number,
//! the header before it and all that follows it, so a row that moved is noticed too. Rows of format 1 have no
//! version of their records, which is 1 then.

/// The format that this code writes.
pub(super) const FORMAT: u8 = 2;
const SUM: usize = 16;
const HEADER: usize = 1 + 2 + 4 + SUM;
/// A body may hold no longer value.
const MAX_BYTES: usize = 1_000_000_000;

/// Records as one value of bytes, which is written and read as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The number of its first record; of a snapshot, of the first record that it does not contain.
    pub first_seq: u64,
    /// How many records it has; of a snapshot, one.
    pub count: u64,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// The records of a row that is whole.
#[derive(Clone, Debug)]
pub struct Opened<'a> {
    /// The version of their format.
    pub version: u16,
    /// The records, first to last.
    pub records: Records<'a>,
}

/// Why bytes are not a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowError {
    /// It is damaged in this way.
    Corrupt(&'static str),
    /// It has a newer format.
    Newer(u8),
}

/// Writes rows, one after another into the same buffer.
#[derive(Debug, Default)]
pub struct RowWriter {
    bytes: Vec<u8>,
    count: u32,
}

impl RowWriter {
    /// Begins a row of records of `version`, forgetting the row before.
    pub fn begin(&mut self, version: u16) {
        self.bytes.clear();
        self.bytes.push(FORMAT);
        self.bytes.extend(version.to_le_bytes());
        self.bytes.resize(HEADER, 0);
        self.count = 0;
    }

    /// Adds the record that `write` puts at the end of the buffer.
    ///
    /// # Errors
    /// Those of `write`; the row is as before then.
    pub fn add<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        let at = self.bytes.len();
        self.bytes.extend([0; 4]);
        if let Err(error) = write(&mut self.bytes) {
            self.bytes.truncate(at);
            return Err(error);
        }
        // A row that is longer than a length can tell is refused as a whole.
        let length = u32::try_from(self.bytes.len() - at - 4).unwrap_or(u32::MAX);
        self.bytes[at..at + 4].copy_from_slice(&length.to_le_bytes());
        self.count += 1;
        Ok(())
    }

    /// The row, for the place `first_seq`; its size in bytes where it is too large for a journal.
    ///
    /// # Errors
    /// The row is too large.
    pub fn finish(&mut self, first_seq: u64) -> Result<Row<'_>, u64> {
        if self.bytes.len() > MAX_BYTES {
            return Err(self.bytes.len() as u64);
        }
        self.bytes[3..7].copy_from_slice(&self.count.to_le_bytes());
        let sum = checksum(first_seq, &self.bytes[..7], &self.bytes[HEADER..]);
        self.bytes[7..HEADER].copy_from_slice(&sum);
        Ok(Row { first_seq, count: u64::from(self.count), bytes: &self.bytes })
    }
}

impl<'a> Row<'a> {
    /// Its records, once it is sure that they are what was written.
    ///
    /// # Errors
    /// It is damaged, or has a newer format.
    pub fn open(&self) -> Result<Opened<'a>, RowError> {
        let (version, header) = match self.bytes {
            [] => return Err(RowError::Corrupt("it is empty")),
            [1, ..] => (1, HEADER - 2),
            [FORMAT, low, high, ..] => (u16::from_le_bytes([*low, *high]), HEADER),
            [FORMAT, ..] => return Err(RowError::Corrupt("it is cut short")),
            [newer, ..] => return Err(RowError::Newer(*newer)),
        };
        let Some((head, payload)) = self.bytes.split_at_checked(header) else {
            return Err(RowError::Corrupt("it is cut short"));
        };
        let (head, sum) = head.split_at(header - SUM);
        if checksum(self.first_seq, head, payload) != sum {
            return Err(RowError::Corrupt("its checksum is wrong"));
        }
        let told = head.last_chunk::<4>().map(|count| u64::from(u32::from_le_bytes(*count)));
        if told != Some(self.count) {
            return Err(RowError::Corrupt("it has another count of records than the database says"));
        }
        // The checksum vouches for the writer, not for its being right: the lengths must add up too.
        let records = Records { rest: payload };
        if records.clone().map(|_| 1).sum::<u64>() != self.count {
            return Err(RowError::Corrupt("its records have wrong lengths"));
        }
        Ok(Opened { version, records })
    }
}

fn checksum(first_seq: u64, head: &[u8], payload: &[u8]) -> [u8; SUM] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&first_seq.to_le_bytes()).update(head).update(payload);
    let mut sum = [0; SUM];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..SUM]);
    sum
}

/// The records of a row, first to last.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let (record, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.rest = rest;
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn written(records: &[&[u8]]) -> Vec<u8> {
        let mut writer = RowWriter::default();
        writer.begin(3);
        for record in records {
            writer.add(|to| to.write_all(record)).unwrap();
        }
        writer.finish(7).unwrap().bytes.to_vec()
    }

    fn at(first_seq: u64, count: u64, bytes: &[u8]) -> Result<Opened<'_>, RowError> {
        Row { first_seq, count, bytes }.open()
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let row = written(&[b"one", b"", b"three"]);
        let opened = at(7, 3, &row).unwrap();
        assert_eq!(opened.version, 3);
        assert_eq!(opened.records.collect::<Vec<_>>(), [b"one".as_slice(), b"", b"three"]);
        assert!(at(8, 3, &row).is_err(), "a row that moved");
        assert!(at(7, 2, &row).is_err(), "another count");
        for cut in 0..row.len() {
            assert!(at(7, 3, &row[..cut]).is_err(), "cut at {cut}");
            let mut changed = row.clone();
            changed[cut] ^= 0x40;
            assert!(at(7, 3, &changed).is_err(), "changed at {cut}");
        }
    }

    #[test]
    fn a_newer_row_is_called_so() {
        let mut row = written(&[b"x"]);
        row[0] = FORMAT + 1;
        assert_eq!(at(7, 1, &row).err(), Some(RowError::Newer(FORMAT + 1)));
    }

    #[test]
    fn a_record_that_cannot_be_written_leaves_no_trace() {
        let mut writer = RowWriter::default();
        writer.begin(1);
        writer.add(|to| to.write_all(b"a")).unwrap();
        let refused = writer.add(|to| {
            to.extend_from_slice(b"half");
            Err("no")
        });
        assert_eq!(refused, Err("no"));
        let row = writer.finish(1).unwrap();
        assert_eq!(row.open().unwrap().records.collect::<Vec<_>>(), [b"a"]);
    }

    /// A row as the first version wrote it, byte for byte.
    #[test]
    fn a_row_of_the_first_format_is_read() {
        let payload = [3, 0, 0, 0, b'o', b'n', b'e', 0, 0, 0, 0];
        let head = [1, 2, 0, 0, 0];
        let row = [&head[..], &checksum(5, &head, &payload), &payload].concat();
        let opened = at(5, 2, &row).unwrap();
        assert_eq!(opened.version, 1);
        assert_eq!(opened.records.collect::<Vec<_>>(), [b"one".as_slice(), b""]);
    }
}
