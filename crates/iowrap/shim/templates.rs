//! The functions that make a file of a name that they choose: the program is told the name by its template,
//! in place.

use crate::mapping::Room;
use crate::real::{FAILED, NULL, real};
use crate::system::text;

/// The letters that are chosen.
const CHOSEN: usize = 6;

/// Writes what was chosen in `made` back to the template of the program; `suffix` bytes come after it.
fn tell(template: usize, made: usize, suffix: usize) {
    if template == made || template == 0 {
        return;
    }
    // SAFETY: both are texts; the template is the program's to be written to, which is what it is for.
    unsafe {
        let (said, chosen) = (text(template as *const u8).len(), text(made as *const u8).len());
        let count = CHOSEN + suffix;
        if said >= count && chosen >= count {
            let from = (made as *const u8).add(chosen - count);
            core::ptr::copy_nonoverlapping(from, (template as *mut u8).add(said - count), count);
        }
    }
}

macro_rules! templates {
    ($failed:expr; $($name:ident($($argument:ident),*), $suffix:expr;)*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(template: usize $(, $argument: usize)*) -> usize {
            let mut room = Room::new();
            let made = room.made(template);
            let result = real!($name(made $(, $argument)*), $failed);
            tell(template, made, $suffix);
            result
        }
    )* };
}

templates! { FAILED;
    mkstemp(), 0;
    mkstemp64(), 0;
    mkostemp(flags), 0;
    mkostemp64(flags), 0;
    mkstemps(suffix), suffix;
    mkstemps64(suffix), suffix;
    mkostemps(suffix, flags), suffix;
    mkostemps64(suffix, flags), suffix;
}

/// Tells the program its own template, filled in, where that was made.
fn told(template: usize, made: usize, answer: usize) -> usize {
    tell(template, made, 0);
    if answer == made { template } else { answer }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkdtemp(template: usize) -> usize {
    let mut room = Room::new();
    let made = room.made(template);
    told(template, made, real!(mkdtemp(made), NULL))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mktemp(template: usize) -> usize {
    let mut room = Room::new();
    let made = room.made(template);
    told(template, made, real!(mktemp(made), NULL))
}
