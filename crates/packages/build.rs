//! Lists the files of `definitions`, so that each is built into the program.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo says")).join("definitions");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    let mut list = String::from("[\n");
    for file in files {
        let name = file.strip_prefix(&folder).expect("it lies below").display().to_string();
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", file.display().to_string());
    }
    list.push(']');
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo says")).join("definitions.rs");
    fs::write(out, list).expect("the list is written");
}

/// Definitions and scripts; recorded logs are for tests.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder).expect("the definitions are there").map_while(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("logs") && !path.ends_with("__pycache__") {
                collect(&path, files);
            }
        } else if !path.extension().is_some_and(|ending| ending == "pyc" || ending == "md") {
            files.push(path);
        }
    }
}
