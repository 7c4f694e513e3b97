//! Who may speak to a farm: its authority, the certificates of its members, join tokens, secrets, passwords,
//! and the credential files of accounts.
//!
//! An authority is made once for each farm and signs what its members show each other. The id of a farm is
//! the beginning of its authority's fingerprint, so that it vouches for itself. This crate makes, reads and
//! keeps these things. It must not know who is allowed what, nor how anybody is reached.

mod account;
mod authority;
mod certificate;
mod files;
mod identity;
mod join_token;
mod keyring;
pub mod password;
mod request;
mod secret;
mod short_code;
mod tls;

pub use account::{Account, AccountError, Accounts};
pub use authority::{Authority, AuthorityError, IssueError, Issued};
pub use certificate::{AuthorityCertificate, CertificateError, MemberCertificate, is_farm_id};
pub use files::PrivateFileError;
pub use identity::{Identity, IdentityError};
pub use join_token::{JoinToken, JoinTokenError};
pub use keyring::{Keyring, KeyringError, NewKey};
pub use request::{Request, RequestError};
pub use secret::{Secret, secret_hash, secret_matches};
pub use short_code::short_code;
pub use tls::{client_config, server_config, stranger_config};

/// How far in the past the validity of a certificate begins, so that clocks that differ do no harm.
const BACKDATED_MS: u64 = 24 * 60 * 60 * 1000;

/// `bytes` as lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// The SHA-256 of `bytes`.
fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    out
}
