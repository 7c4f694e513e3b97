//! Every way to read a file that is named by its original path.

use std::path::Path;

use crate::{Place, built};

/// Ways that pass through the C library, one by one.
const WAYS: [&str; 32] = [
    "open",
    "open64",
    "openat",
    "openat-folder",
    "fopen",
    "fopen64",
    "freopen",
    "access",
    "faccessat",
    "stat",
    "lstat",
    "fstatat",
    "statx",
    "statvfs",
    "opendir",
    "scandir",
    "nftw",
    "glob",
    "realpath",
    "chdir",
    "getcwd",
    "mmap",
    "fork",
    "exec",
    "spawn",
    "system",
    "popen",
    "syscall",
    "openat2",
    "getxattr",
    "threads",
    "errno",
];

#[test]
fn every_way_through_the_c_library_finds_the_file_by_its_original_path() {
    let place = Place::new();
    let control: Vec<_> = WAYS.iter().filter(|way| found_without_wrapper(way)).collect();
    assert!(control.is_empty(), "found without the wrapper, so that this proves nothing: {control:?}");
    for way in WAYS {
        let said = place.goes(way, "/proj/a.txt");
        let expected = match way {
            "realpath" | "glob" => "/proj/a.txt\n".into(),
            "getcwd" => "/proj\n".into(),
            "errno" => String::new(),
            "threads" => "mapped\n".repeat(4),
            _ => "mapped\n".to_owned(),
        };
        assert_eq!(said, expected, "{way}");
    }
}

/// Whether a way finds the file of the same path where nobody maps.
fn found_without_wrapper(way: &str) -> bool {
    let mut command = std::process::Command::new(&built().readers);
    command
        .args([way, "/proj/a.txt"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command.status().unwrap().success()
}

#[test]
fn what_calls_the_system_itself_is_not_helped() {
    let place = Place::new();
    assert!(!place.go("raw", &[Path::new("/proj/a.txt")]).status.success());
    let fixed = place.command(&built().fixed).args(["open", "/proj/a.txt"]).status().unwrap();
    assert!(!fixed.success(), "a static program knows no preloading");
}

#[test]
fn what_is_not_below_the_base_is_found_where_it_was_said() {
    let place = Place::new();
    let own = place.own("b.txt");
    for way in ["open", "fopen", "syscall", "chdir"] {
        assert_eq!(place.goes(way, &own), "own\n", "{way}");
    }
    assert_eq!(place.goes("realpath", &own), format!("{}\n", own.canonicalize().unwrap().display()));
    assert_eq!(place.goes("why", "/proj/none.txt"), "No such file or directory\n");
}

#[test]
fn a_path_that_is_below_the_base_already_is_not_mapped_twice() {
    let place = Place::new();
    assert_eq!(place.goes("open", place.mapped("/proj/a.txt")), "mapped\n");
    assert_eq!(place.goes("chdir", place.mapped("/proj/a.txt")), "mapped\n");
}

#[test]
fn no_path_leads_out_of_the_base() {
    let place = Place::new();
    std::fs::write(place.folder.path().join("secret"), "secret\n").unwrap();
    // By gluing the two together this would be the file beside the base.
    assert_eq!(place.goes("why", "/../secret"), "No such file or directory\n");
    assert_eq!(place.goes("open", "/../../proj/./sub/../a.txt"), "mapped\n");
}

#[test]
fn links_are_looked_at_and_followed_below_the_base() {
    let place = Place::new();
    assert_eq!(place.goes("readlink", "/proj/link"), "a.txt\n");
    assert_eq!(place.goes("open", "/proj/link"), "mapped\n");
    assert_eq!(place.goes("realpath", "/proj/link"), "/proj/a.txt\n");
    std::fs::remove_file(place.mapped("/proj/a.txt")).unwrap();
    assert_eq!(place.goes("readlink", "/proj/link"), "a.txt\n", "a link to nothing is there");
}

#[test]
fn blanks_before_a_path_are_nothing() {
    let place = Place::new();
    assert_eq!(place.goes("open", "  /proj/a.txt"), "mapped\n");
}

#[test]
fn a_relative_path_begins_in_the_present_folder_below_the_base_and_else_outside() {
    let place = Place::new();
    let script = "cd /proj/sub && cat ../a.txt && cd / && cat proj/a.txt && pwd";
    let output = place.command("/bin/sh").args(["-c", script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "mapped\nmapped\n/\n");
}

#[test]
fn from_a_folder_below_the_base_files_of_the_same_folder_outside_are_found() {
    let place = Place::new();
    let own = place.folder.path().join("own").canonicalize().unwrap();
    std::fs::create_dir_all(place.mapped(own.to_str().unwrap())).unwrap();
    let script = format!("cd '{}' && cat b.txt && pwd", own.display());
    let output = place.command("/bin/sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("own\n{}\n", own.display()));
}
