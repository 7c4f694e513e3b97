//! What is in a folder, for names that differ in the case of letters.

use crate::system::{HERE, call, number};

/// `O_RDONLY | O_DIRECTORY | O_CLOEXEC`; the second has another number on each machine.
#[cfg(target_arch = "x86_64")]
const FOLDER: usize = 0o2_200_000;
#[cfg(target_arch = "aarch64")]
const FOLDER: usize = 0o2_040_000;

/// Where the name begins in an entry that the system writes, and where its length stands.
const NAME_AT: usize = 19;
const LENGTH_AT: usize = 16;

/// The longest name, 255 bytes.
pub struct Entry([u8; 256]);

impl Entry {
    pub const fn new() -> Self {
        Self([0; 256])
    }

    pub fn name(&self, length: usize) -> &[u8] {
        &self.0[..length]
    }
}

/// An entry of `folder` (a path that ends with a zero) that is called `wanted` but for the case of letters.
pub fn find(folder: *const u8, wanted: &[u8], found: &mut Entry) -> bool {
    if wanted.len() > 255 {
        return false;
    }
    // SAFETY: the path ends.
    let opened = unsafe { call(number::OPENAT, [HERE, folder as usize, FOLDER, 0, 0, 0]) };
    let Ok(descriptor) = usize::try_from(opened) else { return false };
    let is_there = find_in(descriptor, wanted, found);
    // SAFETY: it was opened above.
    unsafe { call(number::CLOSE, [descriptor, 0, 0, 0, 0, 0]) };
    is_there
}

fn find_in(descriptor: usize, wanted: &[u8], found: &mut Entry) -> bool {
    let mut room = [0_u8; 2048];
    loop {
        let to = room.as_mut_ptr() as usize;
        // SAFETY: that much room is there.
        let written = unsafe { call(number::GETDENTS64, [descriptor, to, room.len(), 0, 0, 0]) };
        let Some(written) = usize::try_from(written).ok().filter(|written| *written > 0) else {
            return false;
        };
        let mut at = 0;
        while at + NAME_AT < written {
            let size = usize::from(u16::from_ne_bytes([room[at + LENGTH_AT], room[at + LENGTH_AT + 1]]));
            let entry = &room[at..(at + size.max(NAME_AT)).min(written)];
            let name = entry[NAME_AT..].split(|byte| *byte == 0).next().unwrap_or_default();
            if name.eq_ignore_ascii_case(wanted) {
                found.0[..name.len()].copy_from_slice(name);
                return true;
            }
            at += size.max(NAME_AT);
        }
    }
}
