//! The functions that answer with a path: a program that asks where it is hears what it said itself, and not
//! where the farm has put it.

use crate::mapping::Room;
use crate::name;
use crate::real::{FAILED, NULL, real, stand_in};
use crate::settings::settings;
use crate::system::text;

stand_in! { FAILED;
    readlink(path, to, size): path = link();
    readlinkat(from, path, to, size): path = link_at(from);
    __readlink_chk(path, to, size, room): path = link();
    __readlinkat_chk(from, path, to, size, room): path = link_at(from);
}

/// Takes the base folder away from the text at `at`, where it begins with it.
fn without_base(at: usize) -> usize {
    let base = settings().base;
    if at == 0 || base.is_empty() {
        return at;
    }
    // SAFETY: the C library has written a text there, which is the program's to change. What is moved is
    // shorter than what was there, but for the root, for which there is room where a base was.
    unsafe {
        let said = text(at as *const u8);
        if name::is_below(said, base) {
            let rest = said.len() - base.len();
            let to = at as *mut u8;
            if rest == 0 {
                *to = b'/';
                *to.add(1) = 0;
            } else {
                core::ptr::copy(to.add(base.len()), to, rest + 1);
            }
        }
    }
    at
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realpath(path: usize, to: usize) -> usize {
    let mut room = Room::new();
    let path = room.there(path);
    without_base(real!(realpath(path, to), NULL))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __realpath_chk(path: usize, to: usize, size: usize) -> usize {
    let mut room = Room::new();
    let path = room.there(path);
    without_base(real!(__realpath_chk(path, to, size), NULL))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn canonicalize_file_name(path: usize) -> usize {
    let mut room = Room::new();
    let path = room.there(path);
    without_base(real!(canonicalize_file_name(path), NULL))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getcwd(to: usize, size: usize) -> usize {
    without_base(real!(getcwd(to, size), NULL))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __getcwd_chk(to: usize, size: usize, room: usize) -> usize {
    without_base(real!(__getcwd_chk(to, size, room), NULL))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getwd(to: usize) -> usize {
    without_base(real!(getwd(to), NULL))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn get_current_dir_name() -> usize {
    without_base(real!(get_current_dir_name(), NULL))
}

/// `glob_t` as both machines have it: how many, and where.
#[repr(C)]
struct Globbed {
    count: usize,
    paths: *mut usize,
    offset: usize,
}

/// `GLOB_APPEND`: what an earlier call found stands before.
const APPEND: usize = 1 << 5;

macro_rules! globbing {
    ($($name:ident),*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(pattern: usize, flags: usize, each: usize, to: usize) -> usize {
            let mut room = Room::new();
            let pattern = room.pattern(pattern);
            let result = real!($name(pattern, flags, each, to), FAILED);
            // `GLOB_NOMATCH` and its kin find nothing.
            if result as i32 == 0 && to != 0 && flags & APPEND == 0 {
                // SAFETY: the C library has filled it.
                unsafe {
                    let found = &*(to as *const Globbed);
                    let offset = if flags & (1 << 3) != 0 { found.offset } else { 0 };
                    for at in 0..found.count {
                        without_base(*found.paths.add(offset + at));
                    }
                }
            }
            result
        }
    )* };
}
globbing!(glob, glob64);
