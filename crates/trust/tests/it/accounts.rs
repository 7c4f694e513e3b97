//! Credential files of an account.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use trust::{Account, AccountError, Accounts};

use crate::authority;

fn account(folder: &std::path::Path) -> Account {
    let authority = authority(folder);
    Account {
        name: "test".to_owned(),
        farm_id: authority.farm_id().to_owned(),
        authority: authority.certificate().pem(),
        url: Some("https://farm.example:7117".to_owned()),
        token: Some("a-secret".to_owned()),
    }
}

#[test]
fn what_is_written_is_read_and_belongs_to_the_account_alone() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = Accounts::within(&folder.path().join("config/framefarm/farms"));
    let account = account(folder.path());
    assert_eq!(accounts.read(&account.farm_id).unwrap(), None);
    assert!(accounts.all().is_empty());
    accounts.write(&account).unwrap();
    assert_eq!(accounts.read(&account.farm_id).unwrap().as_ref(), Some(&account));
    assert_eq!(accounts.all(), std::slice::from_ref(&account));
    let path = accounts.path(&account.farm_id).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
    let bare = Account { url: None, token: None, ..account.clone() };
    accounts.write(&bare).unwrap();
    assert_eq!(accounts.read(&account.farm_id).unwrap(), Some(bare));
    accounts.remove(&account.farm_id).unwrap();
    assert_eq!(accounts.read(&account.farm_id).unwrap(), None);
    assert!(!format!("{account:?}").contains("a-secret"));
}

#[test]
fn a_file_that_others_can_read_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = Accounts::within(folder.path());
    let account = account(folder.path());
    accounts.write(&account).unwrap();
    fs::set_permissions(accounts.path(&account.farm_id).unwrap(), fs::Permissions::from_mode(0o644)).unwrap();
    let error = accounts.read(&account.farm_id).unwrap_err();
    assert!(error.hint().unwrap().contains("chmod 600"), "{error}");
    assert!(accounts.all().is_empty());
}

#[test]
fn a_file_for_another_farm_or_without_sense_is_told_and_its_secrets_are_not() {
    let (folder, other_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let accounts = Accounts::within(folder.path());
    let (account, other) = (account(folder.path()), account(other_folder.path()));
    accounts.write(&account).unwrap();
    let path = accounts.path(&account.farm_id).unwrap();
    let foreign = Account { farm_id: account.farm_id.clone(), ..other };
    let texts = [
        "token = 'a-secret".to_owned(),
        "token = 'a-secret'".to_owned(),
        String::new(),
        fs::read_to_string(&path).unwrap().replace("BEGIN", "BEGUN"),
    ];
    for text in texts {
        fs::write(&path, &text).unwrap();
        let error = accounts.read(&account.farm_id).unwrap_err();
        assert!(
            matches!(error, AccountError::Garbled { .. }) && !error.to_string().contains("a-secret"),
            "{error}"
        );
    }
    accounts.write(&foreign).unwrap();
    let error = accounts.read(&account.farm_id).unwrap_err();
    assert!(error.to_string().contains("it is not for the farm"), "{error}");
}

#[test]
fn the_id_of_a_farm_leads_nowhere_else() {
    let accounts = Accounts::within(std::path::Path::new("/tmp"));
    for id in ["", "../../etc/passwd", "0123456789ABCDEF", "0123456789abcde", "0123456789abcdef0"] {
        assert!(matches!(accounts.path(id), Err(AccountError::NoFarmId(_))), "{id}");
    }
}
