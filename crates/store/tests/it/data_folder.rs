//! One process at a time, in a format that is known.

use std::fs;

use store::{DataFolder, DataFolderError, FORMAT};

#[test]
fn it_is_made_and_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/farm");
    let data = DataFolder::open(&path).unwrap();
    assert_eq!(data.sub("journal").unwrap(), data.path().join("journal"));
    assert!(data.path().join("journal").is_dir());
    drop(data);
    assert_eq!(fs::read_to_string(path.join("format")).unwrap(), format!("{FORMAT}\n"));
    DataFolder::open(&path).unwrap();
}

#[test]
fn a_second_one_is_refused_and_told_who_is_first() {
    let folder = tempfile::tempdir().unwrap();
    let first = DataFolder::open(folder.path()).unwrap();
    let refused = DataFolder::open(folder.path()).unwrap_err();
    let me = std::process::id();
    assert!(matches!(refused, DataFolderError::InUse { pid: Some(pid), .. } if pid == me), "{refused}");
    assert!(refused.to_string().contains(&format!("another framefarm (process {me});")), "{refused}");
    drop(first);
    DataFolder::open(folder.path()).unwrap();
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(DataFolder::open(folder.path()).unwrap());
    fs::write(folder.path().join("format"), "7\n").unwrap();
    let refused = DataFolder::open(folder.path()).unwrap_err();
    assert!(matches!(refused, DataFolderError::Newer { found: 7, known: FORMAT, .. }), "{refused}");
    assert!(refused.to_string().contains("format 7, this framefarm knows formats up to 1"), "{refused}");
    assert_eq!(fs::read_to_string(folder.path().join("format")).unwrap(), "7\n");
    for nonsense in ["", "x", "-1", "0"] {
        fs::write(folder.path().join("format"), nonsense).unwrap();
        let refused = DataFolder::open(folder.path()).unwrap_err();
        assert!(matches!(refused, DataFolderError::NoFormat { .. }), "{nonsense:?}: {refused}");
    }
}

#[test]
fn what_cannot_be_a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let refused = DataFolder::open(&path).unwrap_err();
        assert!(matches!(refused, DataFolderError::File(_)), "{refused}");
    }
    let data = DataFolder::open(&folder.path().join("farm")).unwrap();
    for name in ["", ".", "..", "a/b", "/a", "a\0"] {
        assert!(matches!(data.sub(name), Err(DataFolderError::BadName { .. })), "{name:?}");
    }
}
