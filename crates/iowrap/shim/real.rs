//! The functions of the C library that we stand in front of.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::system::{self, dlsym};

/// `RTLD_NEXT`: whoever comes after us.
const NEXT: *mut u8 = -1_isize as *mut u8;
/// `ENOSYS`.
const NOT_THERE: i32 = 38;

/// The function called `name`, which ends with a zero, looked up once; 0 where there is none.
pub fn find(known: &AtomicUsize, name: &[u8]) -> usize {
    let at = known.load(Ordering::Relaxed);
    if at != 0 {
        return at;
    }
    let errno = system::errno();
    // SAFETY: the name ends.
    let found = unsafe { dlsym(NEXT, name.as_ptr()) } as usize;
    known.store(found, Ordering::Relaxed);
    system::set_errno(errno);
    found
}

/// What a function that the C library does not have answers.
pub fn absent(answer: usize) -> usize {
    system::set_errno(NOT_THERE);
    answer
}

/// The usual answer of a function that fails.
pub const FAILED: usize = usize::MAX;
/// That of one that answers with a pointer.
pub const NULL: usize = 0;

/// Calls the function of the C library that has the name, or gives up with what it answers when it fails.
macro_rules! real {
    ($name:ident($($argument:expr),*), $failed:expr) => {{
        static KNOWN: core::sync::atomic::AtomicUsize = core::sync::atomic::AtomicUsize::new(0);
        let found = $crate::real::find(&KNOWN, concat!(stringify!($name), "\0").as_bytes());
        if found == 0 {
            $crate::real::absent($failed)
        } else {
            // SAFETY: every argument and answer of these functions is a number or a pointer, which travel
            // alike, and they are passed on as they came, but for paths, which become other paths.
            unsafe {
                core::mem::transmute::<usize, unsafe extern "C" fn($($crate::real::word!($argument)),*) -> usize>(found)
                    ($($argument),*)
            }
        }
    }};
}

/// The type of an argument.
macro_rules! word {
    ($argument:expr) => {
        usize
    };
}

/// A stand-in for each function: which of its arguments are paths, what each is wanted for, and what else of
/// the arguments tells so.
macro_rules! stand_in {
    ($failed:expr; $(
        $name:ident($($argument:ident),*): $($path:ident = $want:ident($($more:ident),*)),*;
    )*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: usize),*) -> usize {
            $(
                let mut room = $crate::mapping::Room::new();
                let $path = room.$want($path $(, $more)*);
            )*
            $crate::real::real!($name($($argument),*), $failed)
        }
    )* };
}

pub(crate) use {real, stand_in, word};
