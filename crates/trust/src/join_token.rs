//! Join tokens: `ff1.<fingerprint of the authority>.<id>.<secret>`. The fingerprint comes first, so that a
//! server can know the farm before it tells it the secret.

use std::fmt;
use std::str::FromStr;

use model::TokenProof;

use crate::certificate::FARM_ID;

/// The kind of token, and its version.
const KIND: &str = "ff1";
/// Digits of a fingerprint.
const FINGERPRINT: usize = 64;
/// Neither id nor secret is longer.
const PART_MAX: usize = 128;

/// A join token.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken {
    /// The fingerprint of the authority: 64 hexadecimal digits.
    pub authority: String,
    /// Id and secret, for the farm alone.
    pub proof: TokenProof,
}

/// Text that is no join token. It is not repeated: it may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no join token: {0}; a join token looks like ff1.<64 digits>.<id>.<secret>")]
pub struct JoinTokenError(&'static str);

impl FromStr for JoinToken {
    type Err = JoinTokenError;

    fn from_str(text: &str) -> Result<Self, JoinTokenError> {
        let parts: Vec<&str> = text.trim().split('.').collect();
        let [kind, authority, id, secret] = parts[..] else {
            return Err(JoinTokenError("it has not four parts, with a dot between each two"));
        };
        if kind != KIND {
            return Err(JoinTokenError("it does not begin with ff1"));
        }
        let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if authority.len() != FINGERPRINT || !authority.bytes().all(hexadecimal) {
            return Err(JoinTokenError("its second part is no fingerprint of 64 digits"));
        }
        if !is_part(id) || !is_part(secret) {
            return Err(JoinTokenError("its id or its secret is empty or holds odd characters"));
        }
        let proof = TokenProof { id: id.to_owned(), secret: secret.to_owned() };
        Ok(Self { authority: authority.to_owned(), proof })
    }
}

impl JoinToken {
    /// The id of the farm that it is for.
    #[must_use]
    pub fn farm_id(&self) -> &str {
        self.authority.get(..FARM_ID).unwrap_or(&self.authority)
    }
}

fn is_part(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=PART_MAX).contains(&text.len()) && text.bytes().all(plain)
}

/// The whole token, with its secret.
impl fmt::Display for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { authority, proof: TokenProof { id, secret } } = self;
        write!(f, "{KIND}.{authority}.{id}.{secret}")
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinToken({KIND}.{}.{}..)", self.authority, self.proof.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_written_and_not_shown() {
        let token = JoinToken {
            authority: "0123456789abcdef".repeat(4),
            proof: TokenProof { id: "t-7".to_owned(), secret: "s_E-cret".to_owned() },
        };
        assert_eq!(token.to_string().parse::<JoinToken>(), Ok(token.clone()));
        assert_eq!(format!(" {token}\n").parse::<JoinToken>(), Ok(token.clone()));
        assert!(!format!("{token:?}").contains("cret"), "{token:?}");
    }

    #[test]
    fn what_is_no_token_is_refused_and_not_repeated() {
        let finger = "0123456789abcdef".repeat(4);
        let table = [
            String::new(),
            "hello".to_owned(),
            format!("ff2.{finger}.a.b"),
            format!("ff1.{finger}.a"),
            format!("ff1.{finger}.a.b.c"),
            format!("ff1.{}.a.b", &finger[1..]),
            format!("ff1.{}.a.b", finger.to_uppercase()),
            format!("ff1.{finger}..b"),
            format!("ff1.{finger}.a.tell me a secret"),
            format!("ff1.{finger}.a.{}", "b".repeat(200)),
        ];
        for text in table {
            let error = text.parse::<JoinToken>().unwrap_err().to_string();
            assert!(!error.contains("secret\"") && !error.contains("tell me"), "{error}");
        }
    }
}
