//! The system, asked without the C library: nothing of that is ours to call in here, as we stand in its
//! place.

use core::arch::asm;

/// The folder a relative path begins at, where none is named.
pub const HERE: usize = -100_isize as usize;
/// Of a path: the link itself and not what it leads to.
pub const NO_FOLLOW: usize = 0x100;
/// Of an empty path: the descriptor itself.
pub const EMPTY_PATH: usize = 0x1000;

const NO_ENTRY: isize = -2;
const NO_FOLDER: isize = -20;

#[cfg(target_arch = "x86_64")]
pub mod number {
    pub const GETCWD: usize = 79;
    pub const OPENAT: usize = 257;
    pub const NEWFSTATAT: usize = 262;
    pub const READLINKAT: usize = 267;
    pub const FACCESSAT: usize = 269;
    pub const GETDENTS64: usize = 217;
    pub const CLOSE: usize = 3;
    pub const MKDIRAT: usize = 258;
    pub const UNLINKAT: usize = 263;
    pub const STATX: usize = 332;
}

#[cfg(target_arch = "aarch64")]
pub mod number {
    pub const GETCWD: usize = 17;
    pub const OPENAT: usize = 56;
    pub const NEWFSTATAT: usize = 79;
    pub const READLINKAT: usize = 78;
    pub const FACCESSAT: usize = 48;
    pub const GETDENTS64: usize = 61;
    pub const CLOSE: usize = 57;
    pub const MKDIRAT: usize = 34;
    pub const UNLINKAT: usize = 35;
    pub const STATX: usize = 291;
}

/// The same on every machine.
pub const OPENAT2: usize = 437;
pub const FACCESSAT2: usize = 439;

unsafe extern "C" {
    pub fn abort() -> !;
    pub fn dlsym(handle: *mut u8, name: *const u8) -> *mut u8;
    pub fn getenv(name: *const u8) -> *const u8;
    fn __errno_location() -> *mut i32;
}

/// `errno` of this thread.
pub fn errno() -> i32 {
    // SAFETY: the C library has one for each thread.
    unsafe { *__errno_location() }
}

pub fn set_errno(value: i32) {
    // SAFETY: as above.
    unsafe { *__errno_location() = value }
}

/// Calls the system; a fault comes back as a negative number, and `errno` stays as it is.
///
/// # Safety
/// What the call makes of its arguments.
#[cfg(target_arch = "x86_64")]
pub unsafe fn call(number: usize, arguments: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = arguments;
    let result: isize;
    // SAFETY: the caller's.
    unsafe {
        asm!("syscall", inlateout("rax") number => result, in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
            in("r8") e, in("r9") f, lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    result
}

/// Calls the system; a fault comes back as a negative number, and `errno` stays as it is.
///
/// # Safety
/// What the call makes of its arguments.
#[cfg(target_arch = "aarch64")]
pub unsafe fn call(number: usize, arguments: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = arguments;
    let result: isize;
    // SAFETY: the caller's.
    unsafe {
        asm!("svc 0", in("x8") number, inlateout("x0") a => result, in("x1") b, in("x2") c, in("x3") d,
            in("x4") e, in("x5") f, options(nostack));
    }
    result
}

/// Whether there is something at `path`, which ends with a zero; also where it may not be looked at, as what
/// is there but closed is no reason to look elsewhere.
pub fn is_there(path: *const u8, follow: bool) -> bool {
    let mut about = [0_u64; 32];
    let flags = if follow { 0 } else { NO_FOLLOW };
    // SAFETY: a struct stat has 144 bytes at most, and the path ends.
    let found = unsafe {
        if follow {
            call(number::FACCESSAT, [HERE, path as usize, 0, 0, 0, 0])
        } else {
            call(number::NEWFSTATAT, [HERE, path as usize, about.as_mut_ptr() as usize, flags, 0, 0])
        }
    };
    !matches!(found, NO_ENTRY | NO_FOLDER)
}

/// The bytes of a text of the C language, without its zero.
///
/// # Safety
/// It is one.
pub unsafe fn text<'a>(at: *const u8) -> &'a [u8] {
    let mut length = 0;
    // SAFETY: a zero ends it.
    unsafe {
        while *at.add(length) != 0 {
            length += 1;
        }
        core::slice::from_raw_parts(at, length)
    }
}
