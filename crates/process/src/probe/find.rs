//! Finds programs by name.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};

use crate::program;

/// The executables that have one of `names`, in `PATH` first and `extra_dirs` after; names in the order
/// given, each file once even if several paths lead to it. The paths are absolute and as found.
#[must_use]
pub fn find_executable(names: &[&str], extra_dirs: &[PathBuf]) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).chain(extra_dirs.iter().cloned()).collect();
    search(names, &folders)
}

/// Relative folders are passed over: what they mean changes with where we are, and anyone might write there.
fn search(names: &[&str], folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = BTreeSet::new();
    let places = names.iter().flat_map(|name| folders.iter().map(move |folder| (name, folder)));
    places
        .filter(|(name, folder)| {
            folder.is_absolute() && Path::new(name).file_name().is_some_and(|it| it == **name)
        })
        .map(|(name, folder)| folder.join(name))
        .filter(|path| program::check(path).is_ok())
        .filter(|path| files.insert(path.canonicalize().unwrap_or_else(|_| path.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn executable(path: &Path) {
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn finds_each_file_once_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        fs::create_dir(&a).unwrap();
        fs::create_dir(&b).unwrap();
        executable(&a.join("povray"));
        executable(&b.join("povray"));
        executable(&b.join("povray3.7"));
        fs::write(a.join("blender"), "no program").unwrap();
        fs::create_dir(b.join("blender")).unwrap();
        symlink(a.join("povray"), a.join("povray3.7")).unwrap();
        let folders = [a.clone(), b.clone(), a.clone(), PathBuf::from("."), PathBuf::new()];
        let found = search(&["povray", "povray3.7"], &folders);
        assert_eq!(found, [a.join("povray"), b.join("povray"), b.join("povray3.7")]);
        assert_eq!(search(&["blender", "nothing", "../a/povray", ".", ""], &folders), [] as [PathBuf; 0]);
    }

    #[test]
    fn searches_path() {
        assert!(find_executable(&["sh"], &[]).iter().any(|path| path.ends_with("sh") && path.is_absolute()));
    }
}
