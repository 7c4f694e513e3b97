//! Passwords of people, kept as argon2id hashes in the usual form (PHC strings).
//!
//! Both functions take tens of milliseconds and 19 MiB on purpose: call them where waiting does no harm.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};

/// Longer passwords are refused before any work is done.
const BYTES_MAX: usize = 1024;

/// A password cannot be hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// It is too long.
    #[error("the password has more than {BYTES_MAX} bytes")]
    TooLong,
    /// The system gives no random numbers, or no memory.
    #[error("the password cannot be hashed")]
    Hash(#[from] password_hash::Error),
}

/// What is kept of `password`.
///
/// # Errors
/// Where it is too long, or the system does not allow it.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.len() > BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

/// Whether `password` is the one of which `hash` was kept. A hash that cannot be read fits no password.
#[must_use]
pub fn verify(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    password.len() <= BYTES_MAX && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash() {
        let (first, second) = (hash("correct horse").unwrap(), hash("correct horse").unwrap());
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert_ne!(first, second, "each has a salt of its own");
        assert!(verify("correct horse", &first) && verify("correct horse", &second));
        for wrong in ["", "correct", "correct horse ", &"x".repeat(2000)] {
            assert!(!verify(wrong, &first), "{wrong:?}");
        }
        assert!(!verify("correct horse", "not a hash"));
        assert!(matches!(hash(&"x".repeat(2000)), Err(PasswordError::TooLong)));
    }
}
