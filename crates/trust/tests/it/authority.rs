//! An authority is made once, stays the same, and is never replaced in silence.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use trust::{AuthorityCertificate, AuthorityError, short_code};

use crate::{authority, member, now};

#[test]
fn it_is_made_once_and_for_its_account_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (first, again) = (authority(folder.path()), authority(folder.path()));
    assert_eq!(first.certificate(), again.certificate());
    let path = folder.path().join("authority");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
    for entry in fs::read_dir(&path).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn its_certificate_says_which_farm_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(folder.path());
    let certificate = AuthorityCertificate::read(&authority.certificate().pem()).unwrap();
    assert_eq!(&certificate, authority.certificate());
    assert_eq!(certificate.fingerprint().len(), 64);
    assert_eq!(certificate.farm_id(), &certificate.fingerprint()[..16]);
    assert!(trust::is_farm_id(certificate.farm_id()));
}

#[test]
fn a_damaged_one_is_an_error_and_stays_as_it_is() {
    let spoil: [fn(&std::path::Path); 6] = [
        |path| fs::remove_file(path.join("key.pem")).unwrap(),
        |path| fs::remove_file(path.join("certificate.pem")).unwrap(),
        |path| private(&path.join("key.pem"), ""),
        |path| {
            private(&path.join("key.pem"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        },
        |path| private(&path.join("certificate.pem"), &fs::read_to_string(path.join("key.pem")).unwrap()),
        |path| {
            let other = tempfile::tempdir().unwrap();
            authority(other.path());
            fs::copy(other.path().join("authority/key.pem"), path.join("key.pem")).unwrap();
        },
    ];
    for (case, spoil) in spoil.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        authority(folder.path());
        let path = folder.path().join("authority");
        spoil(&path);
        let before = files(&path);
        let error = trust::Authority::open_or_make(&path, "test", now()).unwrap_err();
        assert!(matches!(error, AuthorityError::Damaged { .. }), "{case}: {error}");
        assert!(error.hint().unwrap().contains("backup"), "{case}");
        assert_eq!(files(&path), before, "{case}");
    }
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    authority(folder.path());
    let path = folder.path().join("authority");
    fs::set_permissions(path.join("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let error = trust::Authority::open_or_make(&path, "test", now()).unwrap_err();
    assert!(matches!(error, AuthorityError::File(_)), "{error}");
    assert!(error.hint().unwrap().contains("chmod 600"));
}

#[test]
fn what_a_crash_left_is_not_taken_for_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".authority.0123456789abcdef.part")).unwrap();
    let first = authority(folder.path());
    assert_eq!(authority(folder.path()).certificate(), first.certificate());
}

#[test]
fn both_keys_make_the_short_code() {
    let folder = tempfile::tempdir().unwrap();
    let other_folder = tempfile::tempdir().unwrap();
    let (authority, other) = (authority(folder.path()), authority(other_folder.path()));
    let (one, two) = (member(&authority, "a", &["render"]), member(&authority, "b", &["render"]));
    let (one, two) = (one.certificate().key, two.certificate().key);
    let code = short_code(authority.certificate(), &one);
    assert_eq!(code, short_code(authority.certificate(), &one));
    assert_ne!(code, short_code(authority.certificate(), &two));
    assert_ne!(code, short_code(other.certificate(), &one));
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    assert!(
        code.len() == 9
            && code.bytes().enumerate().all(|(at, byte)| if at == 4 { byte == b'-' } else { plain(byte) })
    );
}

fn private(path: &std::path::Path, text: &str) {
    fs::write(path, text).unwrap();
}

fn files(path: &std::path::Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(path)
        .unwrap()
        .flatten()
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}
