//! Secrets that are made by chance: tokens, tickets, one-time links. Only their hashes are kept.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use model::Digest;

/// Bytes of chance in a secret.
const BYTES: usize = 32;

/// A secret of 256 bits, as text of 43 characters that need no quoting anywhere. It is not shown by
/// `Debug`; who wants it has to ask for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret that nobody has seen.
    ///
    /// # Errors
    /// Where the system gives no random numbers.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(BASE64URL_NOPAD.encode(&bytes)))
    }

    /// Its text, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> Digest {
        secret_hash(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What is kept of a secret: its BLAKE3. There is so much chance in it that nobody can guess it from that.
#[must_use]
pub fn secret_hash(text: &str) -> Digest {
    Digest(*blake3::hash(text.as_bytes()).as_bytes())
}

/// Whether `text` is the secret of which `hash` was kept. How long that takes tells nothing.
#[must_use]
pub fn secret_matches(text: &str, hash: &Digest) -> bool {
    // Hashes of this type compare in constant time.
    blake3::hash(text.as_bytes()) == blake3::Hash::from_bytes(hash.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_hash_and_not_shown() {
        let (secret, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert_ne!(secret, other);
        assert_eq!(secret.reveal().len(), 43);
        assert!(secret.reveal().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert!(secret_matches(secret.reveal(), &secret.hash()));
        assert!(!secret_matches(other.reveal(), &secret.hash()));
        assert!(!secret_matches("", &secret.hash()));
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}
