//! Whatever bytes come, what reads them says no and goes on.

use std::path::Path;

use proptest::prelude::*;
use trust::{Accounts, AuthorityCertificate, JoinToken, Keyring, NewKey, Request, password};

use crate::authority;

/// Text with the shape of PEM and anything in it.
fn pem_like(label: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..600).prop_map(move |bytes| {
            let body = data(&bytes);
            format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
        }),
        "\\PC{0,200}",
    ]
}

/// Base64, by hand: this is about what is in it.
fn data(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let whole = bytes.chunks_exact(3).flat_map(|three| {
        let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift & 63) as usize]))
    });
    whole.collect()
}

/// `text` with one byte after the first line changed.
fn bent(text: &str, at: usize, by: u8) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = 30 + at % (bytes.len() - 30);
    bytes[at] = bytes[at].wrapping_add(by).clamp(b'\n', b'~');
    String::from_utf8(bytes).unwrap()
}

fn in_folder<T>(name: &str, text: &str, read: impl Fn(&Path) -> T) -> T {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    read(folder.path())
}

proptest! {
    #[test]
    fn certificates(text in pem_like("CERTIFICATE")) {
        prop_assert!(AuthorityCertificate::read(&text).is_err());
    }

    #[test]
    fn requests(text in pem_like("CERTIFICATE REQUEST")) {
        prop_assert!(Request::read(&text).is_err());
    }

    #[test]
    fn tokens(text in "(ff1)?\\.?[0-9a-f]{0,70}\\.?\\PC{0,40}\\.?\\PC{0,40}") {
        if let Ok(token) = text.parse::<JoinToken>() {
            prop_assert_eq!(token.to_string(), text.trim());
        }
    }

    #[test]
    fn hashes_of_passwords(text in "\\PC{0,100}") {
        prop_assert!(!password::verify("a password", &text));
    }

    #[test]
    fn credential_files(text in "\\PC{0,300}") {
        let id = "0123456789abcdef";
        in_folder(&format!("{id}.toml"), &text, |folder| assert!(Accounts::within(folder).read(id).is_err()));
    }

    #[test]
    fn keyrings(text in pem_like("PRIVATE KEY")) {
        in_folder("member.pem", &text, |folder| assert!(Keyring::open(folder).is_err()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A request that was changed on its way is not one with a good signature, or it is the same.
    #[test]
    fn requests_that_were_bent(at in any::<usize>(), by in 1_u8..) {
        let key = NewKey::new().unwrap();
        let text = key.request("r1").unwrap();
        if let Ok(request) = Request::read(&bent(&text, at, by)) {
            prop_assert_eq!(request.key_fingerprint(), key.fingerprint());
        }
    }

    /// A certificate that was changed is another's, or none.
    #[test]
    fn authorities_that_were_bent(at in any::<usize>(), by in 1_u8..) {
        let folder = tempfile::tempdir().unwrap();
        let authority = authority(folder.path());
        let pem = authority.certificate().pem();
        if let Ok(read) = AuthorityCertificate::read(&bent(&pem, at, by)) {
            let same = &read == authority.certificate();
            prop_assert!(same || read.fingerprint() != authority.certificate().fingerprint());
        }
    }
}
