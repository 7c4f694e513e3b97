//! The tree of a job's files: as they stand here, cut at the folder that holds them all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::{Fault, Faults, JobPath};

use super::{Found, Support, SupportFile, plain};

/// Gives every file its place relative to the folder that holds them all.
pub(crate) fn plant(found: Found, scene: Option<&Path>, libraries: &[PathBuf]) -> Result<Support, Faults> {
    let Found { files, tops, passed, warnings, mut faults } = found;
    let mut places: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for file in files {
        let place = plain(&file);
        match places.get(&place) {
            // `..` behind a link leads elsewhere than it reads; then two files would share a place.
            Some(other) if other.canonicalize().ok() != file.canonicalize().ok() => {
                let what =
                    format!("{} and {} are different files in one place", other.display(), file.display());
                let fault = Fault::new("support", what);
                faults.push(fault.hint("a link to a folder makes '..' ambiguous; name the files without it"));
            }
            Some(_) => {}
            None => {
                places.insert(place, file);
            }
        }
    }
    let holds = |folder: &Path| places.keys().any(|place| place.starts_with(folder));
    // One that holds nothing the job needs would not be there on the render host.
    let libraries: Vec<PathBuf> = libraries.iter().map(|library| plain(library)).collect();
    let libraries: Vec<&PathBuf> = libraries.iter().filter(|library| holds(library)).collect();
    for folder in passed.iter().filter(|folder| !holds(folder)) {
        let what = format!("a name in the scene leads through {}, where no file is needed", folder.display());
        let fault = Fault::new("support", what);
        faults
            .push(fault.hint("write the name without '..' behind that folder, or name a file in it as well"));
    }
    let folders = places.keys().filter_map(|place| place.parent());
    let root = root(folders.chain(tops.iter().chain(libraries.iter().copied()).map(PathBuf::as_path)));
    let mut files = Vec::with_capacity(places.len());
    for (place, original) in &places {
        match job_path(&root, place) {
            Ok(path) => files.push(SupportFile { path, original: original.clone() }),
            Err(why) => faults.push(Fault::new("support", why).hint("rename the file")),
        }
    }
    let scene = scene.and_then(|scene| job_path(&root, &plain(scene)).ok());
    let mut searched: Vec<String> = Vec::new();
    for library in libraries {
        let inside = library.strip_prefix(&root).unwrap_or(library).to_string_lossy();
        let inside = if inside.is_empty() { ".".to_owned() } else { inside.into_owned() };
        if !searched.contains(&inside) {
            searched.push(inside);
        }
    }
    faults.or(Support { files, scene, libraries: searched, warnings })
}

/// The deepest folder that holds all of `folders`.
fn root<'a>(mut folders: impl Iterator<Item = &'a Path>) -> PathBuf {
    let mut root = folders.next().map(Path::to_owned).unwrap_or_default();
    for folder in folders {
        while !folder.starts_with(&root) && root.pop() {}
    }
    root
}

fn job_path(root: &Path, place: &Path) -> Result<JobPath, String> {
    let inside = place.strip_prefix(root).unwrap_or(place);
    let text = inside.to_str().ok_or_else(|| format!("the name of {} is not UTF-8", place.display()))?;
    text.parse().map_err(|why: model::JobPathError| why.to_string())
}
