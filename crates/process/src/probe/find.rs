//! Finds programs by name, and remembers where it looked.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::sources::Sources;
use crate::program::{self, ProgramError};

/// Folders that hold programs besides those of `PATH`, whatever the program: those of people and of systems
/// that install beside the system itself. What runs as a service often has a `PATH` without them.
const USUAL: [&str; 5] =
    ["/usr/local/bin", "/opt/bin", "~/.local/bin", "/snap/bin", "/var/lib/flatpak/exports/bin"];

/// What came of looking for a program.
#[derive(Debug, Default)]
pub struct Search {
    /// Where it was looked for: folders, in order, that are there.
    pub folders: Vec<PathBuf>,
    /// Patterns of folders that nothing fits.
    pub nowhere: Vec<String>,
    /// Files that can be run, in the order of the folders; each once even if several paths lead to it.
    pub found: Vec<PathBuf>,
    /// Files of the name that cannot be run.
    pub missed: Vec<Missed>,
}

/// A file of the right name that cannot be run.
#[derive(Debug)]
pub struct Missed {
    /// The file.
    pub path: PathBuf,
    /// Why not.
    pub why: ProgramError,
}

/// Looks for executables that have one of `names`, first in `PATH`, then in folders that fit `patterns`, then
/// where programs are on most systems. A name may hold a `*`, for programs that have a version in it.
#[must_use]
pub fn search(sources: &Sources, names: &[String], patterns: &[String]) -> Search {
    let mut search = Search { folders: sources.path_folders(), ..Search::default() };
    for pattern in patterns {
        let mut folders = sources.matches(pattern);
        // The newest version first, as far as names tell.
        folders.sort_by_key(|folder| Reverse(natural(folder)));
        if folders.is_empty() {
            search.nowhere.push(pattern.clone());
        }
        search.folders.extend(folders);
    }
    search.folders.extend(USUAL.iter().flat_map(|folder| sources.matches(folder)));
    let mut seen = BTreeSet::new();
    search.folders.retain(|folder| seen.insert(folder.clone()));
    let mut files = BTreeSet::new();
    for folder in &search.folders {
        for name in names {
            for path in candidates(sources, folder, name) {
                look_at(sources, path, &mut files, &mut search.found, &mut search.missed);
            }
        }
    }
    search
}

fn candidates(sources: &Sources, folder: &Path, name: &str) -> Vec<PathBuf> {
    if Path::new(name).file_name().is_none_or(|it| it != name) {
        return Vec::new();
    }
    let path = folder.join(name);
    if name.contains('*') {
        let mut paths = sources.matches(&path.to_string_lossy());
        paths.sort_by_key(|path| Reverse(natural(path)));
        return paths;
    }
    vec![path]
}

fn look_at(
    sources: &Sources,
    path: PathBuf,
    files: &mut BTreeSet<PathBuf>,
    found: &mut Vec<PathBuf>,
    missed: &mut Vec<Missed>,
) {
    let place = sources.place(&path);
    match program::check(&place) {
        Ok(()) => {
            if files.insert(place.canonicalize().unwrap_or(place)) {
                found.push(path);
            }
        }
        // A folder of the name, or nothing, is no news.
        Err(ProgramError::NotFound { .. }) => {}
        Err(_) if place.is_dir() => {}
        Err(why) => missed.push(Missed { path, why }),
    }
}

/// A path whose numbers count as such: `blender-4.10` is behind `blender-4.9`.
fn natural(path: &Path) -> Vec<(u64, String)> {
    let text = path.to_string_lossy();
    let mut parts = Vec::new();
    let mut rest = text.as_ref();
    while !rest.is_empty() {
        let words = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(words);
        let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (number, tail) = tail.split_at(digits);
        // What has a word in front is told apart by it before its number counts.
        parts.push((0, word.to_owned()));
        parts.push((number.parse().unwrap_or(u64::MAX), String::new()));
        rest = tail;
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn write(path: &Path, mode: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn paths(paths: &[&str]) -> Vec<PathBuf> {
        paths.iter().map(PathBuf::from).collect()
    }

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn finds_each_file_once_and_says_where_it_looked() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        write(&at("usr/bin/blender"), 0o755);
        for version in ["4.9", "4.10"] {
            write(&at(&format!("opt/blender-{version}/blender")), 0o755);
        }
        write(&at("opt/blender-broken/blender"), 0o644);
        fs::create_dir_all(at("home/ada/.local/bin")).unwrap();
        symlink("../../../../opt/blender-4.9/blender", at("home/ada/.local/bin/blender")).unwrap();
        fs::create_dir_all(at("usr/local/bin/blender")).unwrap();
        let environment = [("PATH", "/usr/bin:.:/usr/local/bin"), ("HOME", "/home/ada")];
        let environment: BTreeMap<_, _> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sources = Sources::recorded(root.path(), environment);

        let patterns = strings(&["/opt/blender*", "/usr/lib/blender"]);
        let found = search(&sources, &strings(&["blender"]), &patterns);
        let expected = ["/usr/bin/blender", "/opt/blender-4.10/blender", "/opt/blender-4.9/blender"];
        assert_eq!(found.found, paths(&expected));
        assert_eq!(found.missed.len(), 1);
        assert_eq!(found.missed[0].path, Path::new("/opt/blender-broken/blender"));
        assert_eq!(found.nowhere, ["/usr/lib/blender"]);
        let folders = [
            "/usr/bin",
            "/usr/local/bin",
            "/opt/blender-broken",
            "/opt/blender-4.10",
            "/opt/blender-4.9",
            "/home/ada/.local/bin",
        ];
        assert_eq!(found.folders, paths(&folders));
    }

    #[test]
    fn names_may_hold_a_version_and_never_a_path() {
        let root = tempfile::tempdir().unwrap();
        for version in ["15.0", "15.1"] {
            write(&root.path().join(format!("usr/local/Nuke{version}v4/Nuke{version}")), 0o755);
        }
        let sources = Sources::recorded(root.path(), BTreeMap::new());
        let patterns = strings(&["/usr/local/Nuke*"]);
        let found = search(&sources, &strings(&["Nuke*.*"]), &patterns).found;
        let expected = ["/usr/local/Nuke15.1v4/Nuke15.1", "/usr/local/Nuke15.0v4/Nuke15.0"];
        assert_eq!(found, paths(&expected));
        let names = strings(&["../Nuke15.0v4/Nuke15.0", ".", "", "..", "/bin/sh"]);
        assert_eq!(search(&sources, &names, &patterns).found, paths(&[]));
    }

    #[test]
    fn path_is_searched() {
        let found = search(&Sources::here(), &strings(&["sh"]), &[]).found;
        assert!(found.iter().any(|path| path.ends_with("sh") && path.is_absolute()));
    }
}
