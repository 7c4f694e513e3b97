//! What is preloaded. See the crate `iowrap` for what it promises.
//!
//! Rules for everything in here: no memory is allocated, no lock is taken, nothing is formatted, `errno` is
//! as the system left it, and after the first call nothing shared is written.

#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]

mod entries;
mod list;
mod mapping;
mod name;
mod real;
mod returned;
mod settings;
mod spawning;
mod system;
mod templates;

/// A panic cannot happen in here but for a fault of our own, and then there is nobody to tell.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: it takes nothing and does not return.
    unsafe { system::abort() }
}

/// What core's ready-made code names for unwinding, which nothing in here does.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
