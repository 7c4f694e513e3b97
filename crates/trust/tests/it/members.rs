//! What a member keeps, from asking to renewing.

use std::fs;
use std::time::Duration;

use trust::{Keyring, KeyringError, NewKey};

use crate::{DAY, authority, identity, member, now, request};

#[test]
fn a_member_is_who_its_certificate_says() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(folder.path());
    let certificate = member(&authority, "Fast_1.lan", &["render", "resource"]).certificate();
    assert_eq!((certificate.name.as_str(), certificate.services.len()), ("Fast_1.lan", 2));
    assert!(certificate.begins.0 + 23 * 3_600_000 < now().0, "clocks may differ");
    assert!(certificate.expires > now() && certificate.expires <= now().plus_ms(86_400_000));
    assert_eq!(certificate.serial.len(), 32);
}

#[test]
fn a_keyring_is_kept_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(folder.path());
    let path = folder.path().join("member");
    assert!(Keyring::open(&path).unwrap().is_none());
    let key = NewKey::pending(&path, authority.certificate()).unwrap();
    let same = NewKey::pending(&path, authority.certificate()).unwrap();
    assert_eq!(key.fingerprint(), same.fingerprint(), "the code stays the same over a new start");
    let issued = authority.issue(&request(&key), &identity("r1", &["render"]), now(), DAY).unwrap();
    let keyring =
        Keyring::new(Some(&path), authority.certificate().clone(), &key, &issued.certificate).unwrap();
    assert_eq!(keyring.certificate().serial, issued.serial);
    assert_eq!(keyring.certificate().expires, issued.expires);
    let found = Keyring::open(&path).unwrap().unwrap();
    assert_eq!(found.certificate(), keyring.certificate());
    assert_eq!(found.authority(), authority.certificate());

    let key = NewKey::new().unwrap();
    let issued = authority.issue(&request(&key), &identity("r1", &["render"]), now(), DAY).unwrap();
    keyring.renew(&key, &issued.certificate).unwrap();
    assert_eq!(keyring.certificate().serial, issued.serial);
    assert_eq!(Keyring::open(&path).unwrap().unwrap().certificate(), keyring.certificate());
}

#[test]
fn another_authority_is_asked_with_another_key() {
    let (folder, other_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (authority, other) = (authority(folder.path()), authority(other_folder.path()));
    let path = folder.path().join("member");
    let key = NewKey::pending(&path, authority.certificate()).unwrap();
    assert_ne!(NewKey::pending(&path, other.certificate()).unwrap().fingerprint(), key.fingerprint());
}

#[test]
fn a_certificate_for_another_key_or_by_another_authority_is_not_taken() {
    let (folder, other_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (authority, other) = (authority(folder.path()), authority(other_folder.path()));
    let (key, stranger) = (NewKey::new().unwrap(), NewKey::new().unwrap());
    let identity = identity("r1", &["render"]);
    let theirs = authority.issue(&request(&stranger), &identity, now(), DAY).unwrap();
    let foreign = other.issue(&request(&key), &identity, now(), DAY).unwrap();
    let keyring = member(&authority, "r1", &["render"]);
    let before = keyring.certificate();
    for odd in
        [theirs.certificate, foreign.certificate, "no certificate".to_owned(), authority.certificate().pem()]
    {
        let error = Keyring::new(None, authority.certificate().clone(), &key, &odd).unwrap_err();
        assert!(matches!(error, KeyringError::Odd(_)), "{error}");
        assert!(keyring.renew(&key, &odd).is_err());
        assert_eq!(keyring.certificate(), before);
    }
}

#[test]
fn a_damaged_keyring_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(folder.path());
    let path = folder.path().join("member");
    let key = NewKey::new().unwrap();
    let issued = authority.issue(&request(&key), &identity("r1", &["render"]), now(), DAY).unwrap();
    Keyring::new(Some(&path), authority.certificate().clone(), &key, &issued.certificate).unwrap();
    let file = path.join("member.pem");
    let whole = fs::read_to_string(&file).unwrap();
    for part in [0, whole.len() / 4, whole.len() / 2, whole.len() - 40] {
        fs::write(&file, &whole[..part]).unwrap();
        let error = Keyring::open(&path).unwrap_err();
        assert!(error.hint().unwrap().contains("joins the farm anew"), "{error}");
    }
}

#[test]
fn a_certificate_is_renewed_when_a_third_of_its_life_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(folder.path());
    for life in [30 * DAY, DAY, Duration::from_secs(60)] {
        let keyring = crate::member_at(&authority, &identity("r1", &["render"]), now(), life);
        let left = keyring.certificate().expires.since_ms(keyring.renew_at());
        assert!(left.abs_diff(u64::try_from(life.as_millis()).unwrap() / 3) <= 1000, "{left} of {life:?}");
    }
}
