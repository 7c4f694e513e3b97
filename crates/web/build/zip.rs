//! A zip of a few small files: nothing is compressed and every date is the same, so that the same files make
//! the same zip.

/// The first day that a zip can tell, 1 January 1980.
const DATE: u16 = 0x21;
/// Version 2.0 of the format reads it.
const VERSION: u16 = 20;
/// A file of a Unix, readable for everybody.
const MODE: u32 = 0o100_644 << 16;

/// The zip of `files`, by their names.
pub(crate) fn of(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut zip, mut list) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let at = length(&zip);
        let about = about(name, bytes);
        zip.extend(b"PK\x03\x04");
        zip.extend(&about);
        zip.extend(name.as_bytes());
        zip.extend(bytes);
        list.extend(b"PK\x01\x02");
        // Made by a Unix.
        list.extend((3 << 8 | VERSION).to_le_bytes());
        list.extend(&about);
        // No comment, the first disk, nothing special inside.
        list.extend([0; 6]);
        list.extend(MODE.to_le_bytes());
        list.extend(at.to_le_bytes());
        list.extend(name.as_bytes());
    }
    let (at, count) = (length(&zip), u16::try_from(files.len()).unwrap_or(u16::MAX));
    zip.extend(&list);
    zip.extend(b"PK\x05\x06");
    zip.extend([0; 4]);
    zip.extend(count.to_le_bytes());
    zip.extend(count.to_le_bytes());
    zip.extend(length(&list).to_le_bytes());
    zip.extend(at.to_le_bytes());
    zip.extend([0; 2]);
    zip
}

/// What both headers of a file say.
fn about(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut about = Vec::new();
    // No flags, not compressed, midnight.
    for word in [VERSION, 0, 0, 0, DATE] {
        about.extend(word.to_le_bytes());
    }
    about.extend(crc32(bytes).to_le_bytes());
    about.extend(length(bytes).to_le_bytes());
    about.extend(length(bytes).to_le_bytes());
    about.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
    about.extend([0; 2]);
    about
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
    })
}
