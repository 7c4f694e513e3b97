//! The bytes of one commit: a header that can be checked, then the records.
//!
//! ```text
//! version u8 | count u32 | checksum 16 bytes | count times: length u32, that many bytes
//! ```
//! Numbers are little-endian. The checksum is the head of the BLAKE3 digest of the row's sequence number,
//! the version, the count and all that follows the header, so a row that moved is noticed too.

/// The version that this code writes.
pub(super) const VERSION: u8 = 1;
const HEADER: usize = 1 + 4 + 16;
/// SQLite holds no longer value.
const MAX_BYTES: usize = 1_000_000_000;

/// Why bytes are not a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowError {
    /// It is damaged in this way.
    Corrupt(&'static str),
    /// It was written by a newer framefarm.
    Newer(u8),
}

/// The row for `batch`, or nothing where it would be too large.
pub(super) fn encode(first_seq: u64, batch: &[impl AsRef<[u8]>]) -> Option<Vec<u8>> {
    let payload: usize = batch.iter().map(|record| 4 + record.as_ref().len()).sum();
    if payload + HEADER > MAX_BYTES {
        return None;
    }
    let count = u32::try_from(batch.len()).ok()?;
    let mut row = Vec::with_capacity(HEADER + payload);
    row.push(VERSION);
    row.extend(count.to_le_bytes());
    row.extend([0; 16]);
    for record in batch {
        row.extend(u32::try_from(record.as_ref().len()).ok()?.to_le_bytes());
        row.extend(record.as_ref());
    }
    let sum = checksum(first_seq, &row[..5], &row[HEADER..]);
    row[5..HEADER].copy_from_slice(&sum);
    Some(row)
}

/// The records of a row, which the database says has `count` of them from `first_seq` on.
pub(super) fn decode(first_seq: u64, count: u64, row: &[u8]) -> Result<Records<'_>, RowError> {
    let version = *row.first().ok_or(RowError::Corrupt("it is empty"))?;
    if version > VERSION {
        return Err(RowError::Newer(version));
    }
    let (Some(head), Some(sum), Some(payload)) = (row.get(..5), row.get(5..HEADER), row.get(HEADER..)) else {
        return Err(RowError::Corrupt("it is cut short"));
    };
    if checksum(first_seq, head, payload) != sum {
        return Err(RowError::Corrupt("its checksum is wrong"));
    }
    if !head[1..].iter().eq((count as u32).to_le_bytes().iter()) || count > u64::from(u32::MAX) {
        return Err(RowError::Corrupt("it has another count of records than the database says"));
    }
    // The checksum vouches for the writer, not for its being right: the lengths must add up too.
    if (Records { rest: payload }).map(|_| 1).sum::<u64>() != count {
        return Err(RowError::Corrupt("its records have wrong lengths"));
    }
    Ok(Records { rest: payload })
}

fn checksum(first_seq: u64, head: &[u8], payload: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&first_seq.to_le_bytes()).update(head).update(payload);
    let mut sum = [0; 16];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    sum
}

/// The records of a row, first to last.
pub(super) struct Records<'a> {
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
    use super::*;

    #[test]
    fn every_changed_byte_is_noticed() {
        let row = encode(7, &[b"one".as_slice(), b"", b"three"]).unwrap();
        let whole: Vec<&[u8]> = decode(7, 3, &row).unwrap().collect();
        assert_eq!(whole, [b"one".as_slice(), b"", b"three"]);
        assert!(decode(8, 3, &row).is_err(), "a row that moved");
        assert!(decode(7, 2, &row).is_err(), "another count");
        for at in 0..row.len() {
            assert!(decode(7, 3, &row[..at]).is_err(), "cut at {at}");
            let mut changed = row.clone();
            changed[at] ^= 0x40;
            assert!(decode(7, 3, &changed).is_err(), "changed at {at}");
        }
    }

    #[test]
    fn a_newer_row_is_called_so() {
        let mut row = encode(1, &[b"x"]).unwrap();
        row[0] = VERSION + 1;
        assert_eq!(decode(1, 1, &row).err(), Some(RowError::Newer(VERSION + 1)));
    }
}
