//! The short code by which a person knows that the server that asks to join and the one he sees asking are
//! the same: both sides compute it from the authority's and the asker's keys.
//!
//! It has 40 bits. Who stands between the two would have to make keys until one gives the same code on the
//! farm's side, so each try is made to cost milliseconds and 8 MiB. That he cannot choose both sides is
//! kept by whoever asks: it makes its key only once it knows the authority, and for that authority alone.

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE32_NOPAD;

use crate::AuthorityCertificate;

/// Memory of one computation, in KiB.
const MEMORY_KIB: u32 = 8 << 10;
/// Bytes of the code: eight characters of five bits.
const BYTES: usize = 5;

/// The code for a key that asks an authority, `K7QM-2XPA`. `key` is its fingerprint. This takes some
/// milliseconds.
#[must_use]
pub fn short_code(authority: &AuthorityCertificate, key: &str) -> String {
    let params = Params::new(MEMORY_KIB, 1, 1, Some(BYTES)).expect("argon2 takes these parameters");
    let slow = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let both = format!("{} {key}", authority.fingerprint());
    let mut code = [0; BYTES];
    slow.hash_password_into(both.as_bytes(), b"framefarm short code 1", &mut code)
        .expect("argon2 takes a text, a salt and an output of these lengths");
    let text = BASE32_NOPAD.encode(&code);
    format!("{}-{}", &text[..4], &text[4..])
}
