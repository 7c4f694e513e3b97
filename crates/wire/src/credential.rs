//! What a caller shows and what it trusts: the proof that a server asks for, and the authority that the
//! server's certificate is checked by.
//!
//! Nothing is made here: certificates and tokens come from whoever keeps them. This module must not know
//! where that is.

use std::fmt;
use std::sync::Arc;

use reqwest::header::HeaderValue;
use rustls::ClientConfig;

/// What is needed to speak to the servers of one farm. Without anything it reaches the open doors of a
/// server that speaks plain HTTP, and nothing else.
#[derive(Clone, Default)]
pub struct Credential {
    /// Trusts the authority of the farm and no other, and shows the certificate of a member where there is
    /// one. Without it nothing is said over TLS.
    pub tls: Option<Arc<ClientConfig>>,
    /// Which farm it is for.
    pub farm_id: Option<String>,
    /// The token of a person, a program, or a server of the same account.
    pub bearer: Option<String>,
}

impl Credential {
    /// A token alone, for a server that is reached without TLS.
    #[must_use]
    pub fn bearer(token: impl Into<String>) -> Self {
        Self { bearer: Some(token.into()), ..Self::default() }
    }

    /// The value of `Authorization`; `None` where there is no token, or one that no header can hold.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.bearer.as_ref()?)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// The token is a secret and is not shown.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("tls", &self.tls.is_some())
            .field("farm_id", &self.farm_id)
            .field("bearer", &self.bearer.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_and_never_shown() {
        let credential = Credential::bearer("ffu_secret");
        assert_eq!(credential.authorization().unwrap().to_str().unwrap(), "Bearer ffu_secret");
        assert!(!format!("{credential:?}").contains("secret"), "{credential:?}");
        assert_eq!(Credential::bearer("two\nlines").authorization(), None);
        assert_eq!(Credential::default().authorization(), None);
    }
}
