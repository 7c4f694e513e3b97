//! A request for a certificate (PKCS #10), read: it proves that whoever asks has the key.

use rcgen::{CertificateSigningRequestParams, PKCS_ECDSA_P256_SHA256, PublicKey, PublicKeyData};

use crate::{hex, sha256};

/// Longer requests are not looked at.
const BYTES_MAX: usize = 16 << 10;

/// A request whose signature fits its key. Nothing else that stands in it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    key: PublicKey,
    fingerprint: String,
}

/// Text that is no request for a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is none, or its signature is wrong.
    #[error("it is no signed request for a certificate (PKCS #10, PEM): {0}")]
    Garbled(String),
    /// The key is of another kind.
    #[error("its key is not of the kind that members have (ECDSA P-256)")]
    Key,
}

impl Request {
    /// Reads a request in PEM form and checks its signature.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(pem: &str) -> Result<Self, RequestError> {
        if pem.len() > BYTES_MAX {
            return Err(RequestError::Garbled("it is too long".to_owned()));
        }
        let read = CertificateSigningRequestParams::from_pem(pem);
        let key = read.map_err(|error| RequestError::Garbled(error.to_string()))?.public_key;
        if key.algorithm() != &PKCS_ECDSA_P256_SHA256 {
            return Err(RequestError::Key);
        }
        let fingerprint = hex(&sha256(&key.subject_public_key_info()));
        Ok(Self { key, fingerprint })
    }

    /// The fingerprint of the key: 64 hexadecimal digits, the SHA-256 of its DER form.
    #[must_use]
    pub fn key_fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }
}
