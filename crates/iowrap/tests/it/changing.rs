//! What is made and changed (table 1): in the mapped folder where that is there, else where it was said.

use std::fs;
use std::path::Path;

use crate::Place;

fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_file_is_made_in_the_mapped_folder_where_that_is_there() {
    let place = Place::new();
    for way in ["make", "creat", "fopen-w", "fopen-a"] {
        let path = format!("/proj/sub/{way}.txt");
        place.goes(way, &path);
        assert_eq!(text(place.mapped(&path)), "made\n", "{way}");
    }
    for way in ["make", "creat", "fopen-w", "fopen-a"] {
        let path = place.own(way);
        place.goes(way, &path);
        assert_eq!(text(&path), "made\n", "{way}: no such folder is mapped");
    }
    assert!(!place.go("make", &[Path::new("/nowhere/a.txt")]).status.success());
}

#[test]
fn the_mode_of_a_new_file_arrives() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.goes("make", "/proj/mode.txt");
    let mode = fs::metadata(place.mapped("/proj/mode.txt")).unwrap().permissions().mode();
    assert_eq!(mode & 0o600, 0o600);
    assert_eq!(mode & 0o007, 0);
}

#[test]
fn folders_are_made_and_removed_and_files_truncated() {
    let place = Place::new();
    place.goes("mkdir", "/proj/new");
    assert!(place.mapped("/proj/new").is_dir());
    place.goes("mkdir", "/proj/with-slash/");
    place.goes("rmdir", "/proj/new");
    assert!(!place.mapped("/proj/new").exists());
    place.goes("truncate", "/proj/a.txt");
    assert_eq!(text(place.mapped("/proj/a.txt")), "map");
}

#[test]
fn both_names_of_a_link_or_a_renaming_are_mapped_each_by_itself() {
    let place = Place::new();
    assert!(place.go("link", &["/proj/a.txt".as_ref(), "/proj/c.txt".as_ref()]).status.success());
    assert_eq!(text(place.mapped("/proj/c.txt")), "mapped\n");
    assert!(place.go("rename", &["/proj/c.txt".as_ref(), "/proj/sub/d.txt".as_ref()]).status.success());
    assert_eq!(text(place.mapped("/proj/sub/d.txt")), "mapped\n");
    // A package writes beside and renames: what it wrote elsewhere still lands below the base.
    assert!(place.go("rename", &[&place.own("b.txt"), "/proj/sub/e.txt".as_ref()]).status.success());
    assert_eq!(text(place.mapped("/proj/sub/e.txt")), "own\n");
    place.goes("symlink", "/proj/sub/f");
    assert_eq!(fs::read_link(place.mapped("/proj/sub/f")).unwrap(), Path::new("target"));
    place.goes("unlink", "/proj/sub/f");
    assert!(fs::symlink_metadata(place.mapped("/proj/sub/f")).is_err());
}

#[test]
fn a_name_that_is_chosen_is_told_as_the_program_said_it() {
    let place = Place::new();
    for (way, is_folder) in [("mkstemp", false), ("mkdtemp", true)] {
        let told = place.goes(way, "/proj/tmp.XXXXXX");
        let told = told.trim_end();
        assert!(told.starts_with("/proj/tmp.") && !told.ends_with("XXXXXX"), "{told}");
        assert_eq!(place.mapped(told).is_dir(), is_folder, "{told}");
        assert!(place.mapped(told).exists());
    }
}

#[test]
fn what_is_mapped_counts_whatever_it_is() {
    // A folder cannot be written as a file, and is no reason to write it elsewhere.
    let place = Place::new();
    assert!(!place.go("make", &["/proj/sub".as_ref()]).status.success());
}
