//! Where a file is meant to be, and where it is (table 1: `CreateMappedFilename` and what follows it).
//!
//! A path is made plain and absolute first; that is its *meaning*. Below the base folder it is looked for by
//! its meaning. What is not there is left to the system as the program said it.

use crate::list::{self, Entry};
use crate::name::{self, Name, TooLong};
use crate::settings::{Settings, settings};
use crate::system::{self, EMPTY_PATH, HERE, NO_FOLLOW, call, number, text};

/// Room for what an argument becomes.
pub struct Room {
    /// What the path means.
    meaning: Name,
    /// Where it is.
    place: Name,
}

/// What the program is about to do.
#[derive(Clone, Copy, PartialEq)]
enum Want {
    /// Something with what is there.
    There,
    /// Something with the link that is there, and not with what it leads to.
    Link,
    /// Make it.
    Make,
}

/// What there is to say of what a path means.
struct Meant {
    /// A rule has said where it stands.
    by_rule: bool,
    /// It was said below the base folder.
    inside: bool,
}

/// `O_CREAT`.
const CREATE: usize = 0o100;

impl Room {
    pub const fn new() -> Self {
        Self { meaning: Name::new(), place: Name::new() }
    }

    /// For what is there.
    pub fn there(&mut self, path: usize) -> usize {
        self.mapped(HERE, path, Want::There)
    }

    /// For what is there, relative to the folder `from`.
    pub fn there_at(&mut self, path: usize, from: usize) -> usize {
        self.mapped(from, path, Want::There)
    }

    /// For a link itself.
    pub fn link(&mut self, path: usize) -> usize {
        self.mapped(HERE, path, Want::Link)
    }

    /// For a link itself, relative to the folder `from`.
    pub fn link_at(&mut self, path: usize, from: usize) -> usize {
        self.mapped(from, path, Want::Link)
    }

    /// For what is to be made.
    pub fn made(&mut self, path: usize) -> usize {
        self.mapped(HERE, path, Want::Make)
    }

    /// For what is to be made, relative to the folder `from`.
    pub fn made_at(&mut self, path: usize, from: usize) -> usize {
        self.mapped(from, path, Want::Make)
    }

    /// For what is opened with these flags.
    pub fn opened(&mut self, path: usize, flags: usize) -> usize {
        self.opened_at(path, HERE, flags)
    }

    /// For what is opened with these flags, relative to the folder `from`.
    pub fn opened_at(&mut self, path: usize, from: usize, flags: usize) -> usize {
        self.mapped(from, path, if flags & CREATE != 0 { Want::Make } else { Want::There })
    }

    /// For what is looked at with these flags, relative to the folder `from`.
    pub fn seen_at(&mut self, path: usize, from: usize, flags: usize) -> usize {
        // SAFETY: a path of the program ends.
        if flags & EMPTY_PATH != 0 && path != 0 && unsafe { *(path as *const u8) } == 0 {
            return path;
        }
        self.mapped(from, path, if flags & NO_FOLLOW != 0 { Want::Link } else { Want::There })
    }

    /// For what is opened as a stream in `mode`.
    pub fn streamed(&mut self, path: usize, mode: usize) -> usize {
        // SAFETY: a mode of the program ends.
        let makes = mode != 0 && unsafe { text(mode as *const u8) }.first().is_some_and(|kind| *kind != b'r');
        self.mapped(HERE, path, if makes { Want::Make } else { Want::There })
    }

    /// For a program or a library, which is looked for elsewhere where its name has no slash.
    pub fn program(&mut self, path: usize) -> usize {
        // SAFETY: a path of the program ends.
        if path == 0 || !unsafe { text(path as *const u8) }.contains(&b'/') {
            return path;
        }
        self.there(path)
    }

    /// For what matches a pattern: the folder before its first component that is one decides.
    pub fn pattern(&mut self, pattern: usize) -> usize {
        let settings = settings();
        if pattern == 0 || settings.base.is_empty() {
            return pattern;
        }
        // SAFETY: a pattern of the program ends.
        let said = unsafe { text(pattern as *const u8) };
        self.matched(&settings, said).ok().flatten().unwrap_or(pattern)
    }

    fn matched(&mut self, settings: &Settings, said: &[u8]) -> Result<Option<usize>, TooLong> {
        if !said.starts_with(b"/") || self.mean(settings, HERE, said)?.is_none() {
            return Ok(None);
        }
        self.place.clear();
        self.place.push(settings.base)?;
        self.place.push(self.meaning.bytes())?;
        self.place.ended();
        let is_special = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'{' | b'~' | b'\\');
        let bytes = self.place.bytes();
        let special = bytes.iter().position(is_special).unwrap_or(bytes.len());
        let slash = bytes[..special].iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        let behind = self.place.swap(slash, 0);
        let is_here = system::is_there(self.place.bytes().as_ptr(), true);
        self.place.swap(slash, behind);
        Ok(is_here.then(|| self.place.ended() as usize))
    }

    fn mapped(&mut self, from: usize, path: usize, want: Want) -> usize {
        let settings = settings();
        if path == 0 || (settings.base.is_empty() && settings.rules.is_empty()) {
            return path;
        }
        // SAFETY: a path of the program ends.
        let said = unsafe { text(path as *const u8) };
        if said.is_empty() {
            return path;
        }
        // A path that would be too long is the program's own affair.
        self.found(&settings, from, said, want).ok().flatten().unwrap_or(path)
    }

    /// The path to use instead of what was said, where it is another.
    fn found(
        &mut self,
        settings: &Settings,
        from: usize,
        said: &[u8],
        want: Want,
    ) -> Result<Option<usize>, TooLong> {
        let Some(Meant { by_rule, inside }) = self.mean(settings, from, said)? else { return Ok(None) };
        let is_of_system = name::is_of_system(self.meaning.bytes());
        if !settings.base.is_empty() && !is_of_system && self.is_below(settings.base, settings, said, want)? {
            return Ok(Some(self.place.ended() as usize));
        }
        if by_rule && self.is_below(b"", settings, said, want)? {
            return Ok(Some(self.place.ended() as usize));
        }
        // What was said is no path here, or, seen from a folder below the base, would only be looked for
        // there again.
        let is_absolute = name::without_blanks(said).starts_with(b"/");
        let elsewhere = (by_rule || inside) && !is_absolute;
        Ok(elsewhere.then(|| self.meaning.ended() as usize))
    }

    /// Whether what is wanted is there below `base`, or may be made there; `place` is its path then.
    fn is_below(
        &mut self,
        base: &[u8],
        settings: &Settings,
        said: &[u8],
        want: Want,
    ) -> Result<bool, TooLong> {
        self.place.clear();
        self.place.push(base)?;
        self.place.push(self.meaning.bytes())?;
        if name::means_folder(said) {
            self.place.push(b"/")?;
        }
        Ok(match want {
            Want::There | Want::Link => {
                system::is_there(self.place.ended(), want == Want::There)
                    || (settings.any_case && self.in_any_case(base.len()))
            }
            Want::Make => self.folder_is_there(base.len()),
        })
    }

    /// Makes `meaning` of what was said. `None` where the folder that it begins in cannot be known.
    fn mean(&mut self, settings: &Settings, from: usize, said: &[u8]) -> Result<Option<Meant>, TooLong> {
        let said = name::without_blanks(said);
        self.meaning.clear();
        let mut by_rule = false;
        if let Some((here, rest)) = name::translated(settings.rules, said) {
            by_rule = true;
            self.meaning.join(0, here, false)?;
            self.meaning.join(0, rest, true)?;
        } else if said.starts_with(b"/") {
            self.meaning.join(0, said, false)?;
        } else {
            if !folder(from, &mut self.place) {
                return Ok(None);
            }
            self.meaning.join(0, self.place.bytes(), false)?;
            self.meaning.join(0, said, false)?;
        }
        let base = settings.base;
        let inside = !base.is_empty() && name::is_below(self.meaning.bytes(), base);
        if inside {
            self.meaning.cut_front(base.len());
        }
        Ok(Some(Meant { by_rule, inside }))
    }

    /// Whether the folder of `place` is there (table 1: `ValidateDirectory`).
    /// The first `fixed` bytes of it are as they are.
    fn folder_is_there(&mut self, fixed: usize) -> bool {
        let path = self.place.bytes();
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let slash = path.iter().rposition(|byte| *byte == b'/').filter(|at| *at >= fixed);
        let Some(slash) = slash.filter(|at| at + 1 < path.len()) else { return false };
        // "folder/." is there where it is a folder and not a file.
        let place = self.place.ended();
        let (first, second) = (self.place.swap(slash + 1, b'.'), self.place.swap(slash + 2, 0));
        let is_there = system::is_there(place, true);
        self.place.swap(slash + 2, second);
        self.place.swap(slash + 1, first);
        is_there
    }

    /// Looks for `place` under names that differ in the case of letters, and writes what it finds over it.
    /// The first `fixed` bytes are as they are.
    fn in_any_case(&mut self, fixed: usize) -> bool {
        self.place.ended();
        let length = self.place.bytes().len();
        let mut begin = fixed + 1;
        while begin < length {
            let rest = &self.place.bytes()[begin..];
            let end = rest.iter().position(|byte| *byte == b'/').map_or(length, |at| begin + at);
            if end > begin && !self.component_in_any_case(begin, end) {
                return false;
            }
            begin = end + 1;
        }
        true
    }

    /// The same for the component from `begin` to `end`; what is before it is there.
    fn component_in_any_case(&mut self, begin: usize, end: usize) -> bool {
        let place = self.place.bytes().as_ptr();
        let behind = self.place.swap(end, 0);
        let mut is_there = system::is_there(place, false);
        if !is_there {
            self.place.swap(begin - 1, 0);
            let mut found = Entry::new();
            is_there = list::find(place, &self.place.bytes()[begin..end], &mut found);
            if is_there {
                for (at, byte) in found.name(end - begin).iter().enumerate() {
                    self.place.swap(begin + at, *byte);
                }
            }
            self.place.swap(begin - 1, b'/');
        }
        self.place.swap(end, behind);
        is_there
    }
}

/// Writes the folder that relative paths begin at into `to`.
pub fn folder(from: usize, to: &mut Name) -> bool {
    let (room, size) = to.room();
    if from as i32 == HERE as i32 {
        // SAFETY: that much room is there.
        let written = unsafe { call(number::GETCWD, [room as usize, size, 0, 0, 0, 0]) };
        let length = usize::try_from(written).unwrap_or(0);
        // SAFETY: the system has written that many, the zero among them.
        unsafe { to.set_length(length.saturating_sub(1)) };
        return length > 1 && to.bytes().starts_with(b"/");
    }
    let mut link = [0_u8; 32];
    let path = descriptor_path(from as u32, &mut link);
    // SAFETY: that much room is there, and the path ends.
    let written = unsafe { call(number::READLINKAT, [HERE, path as usize, room as usize, size - 1, 0, 0]) };
    let length = usize::try_from(written).unwrap_or(0);
    // SAFETY: the system has written that many.
    unsafe { to.set_length(length) };
    length > 0 && to.bytes().starts_with(b"/")
}

/// `/proc/self/fd/N`, ending with a zero.
fn descriptor_path(descriptor: u32, room: &mut [u8; 32]) -> *const u8 {
    let prefix = b"/proc/self/fd/";
    room[..prefix.len()].copy_from_slice(prefix);
    let mut digits = [0_u8; 10];
    let (mut left, mut count) = (descriptor, 0);
    loop {
        digits[count] = b'0' + (left % 10) as u8;
        left /= 10;
        count += 1;
        if left == 0 {
            break;
        }
    }
    for (to, digit) in room[prefix.len()..].iter_mut().zip(digits[..count].iter().rev()) {
        *to = *digit;
    }
    room.as_ptr()
}
