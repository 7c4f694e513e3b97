//! Puts the built page (`web/ui/dist`) into the crate, where it was built; without it the crate has none.
//!
//! `scripts/build-web` builds it. The folder is in git, with nothing in it, so that cargo can see when it
//! changes. Beside the page lie the programs for people's own machines (`clients`).

#[path = "build/zip.rs"]
mod zip;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What is in the add-on of Blender, and where it is in the repository.
const ADDON: [(&str, &str); 6] = [
    ("__init__.py", "clients/blender/framefarm_addon/__init__.py"),
    ("blender_manifest.toml", "clients/blender/framefarm_addon/blender_manifest.toml"),
    ("core.py", "clients/blender/framefarm_addon/core.py"),
    ("framefarm.py", CLIENT),
    ("panels.py", "clients/blender/framefarm_addon/panels.py"),
    ("support.py", "crates/packages/definitions/blender/support.py"),
];
/// The client in Python.
const CLIENT: &str = "clients/python/framefarm.py";

fn main() -> io::Result<()> {
    let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let dist = here.join("../../web/ui/dist");
    println!("cargo::rerun-if-changed=build.rs");
    if dist.is_dir() {
        println!("cargo::rerun-if-changed={}", dist.display());
    }
    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        files_below(&dist.canonicalize()?, "", &mut files)?;
    }
    files.sort();
    let mut table = String::from("[\n");
    for (name, path) in files {
        let _ = writeln!(table, "({name:?}, include_bytes!({path:?})),");
    }
    table.push(']');
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    clients(&here.join("../.."), &out)?;
    fs::write(out.join("files.rs"), table)
}

/// Writes what people download to `out`.
fn clients(root: &Path, out: &Path) -> io::Result<()> {
    let read = |path: &str| {
        let path = root.join(path);
        println!("cargo::rerun-if-changed={}", path.display());
        fs::read(path)
    };
    let files: Result<Vec<_>, io::Error> =
        ADDON.iter().map(|(name, path)| Ok((format!("framefarm_addon/{name}"), read(path)?))).collect();
    println!("cargo::rerun-if-changed=build/zip.rs");
    fs::write(out.join("framefarm-blender.zip"), zip::of(&files?))?;
    fs::write(out.join("framefarm.py"), read(CLIENT)?)
}

/// Every file below `folder` by its name from there, with slashes.
fn files_below(folder: &Path, under: &str, found: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(own) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if own.starts_with('.') {
            continue;
        }
        let name = format!("{under}{own}");
        if path.is_dir() {
            files_below(&path, &format!("{name}/"), found)?;
        } else {
            found.push((name, path));
        }
    }
    Ok(())
}
