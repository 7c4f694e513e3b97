//! The tree of a job's files: as they stand here, cut at the folder that holds them all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::{ELSEWHERE, Fault, Faults, JobPath};

use super::{Found, Support, SupportFile, plain};

/// Gives every file its place relative to the folder that holds them all.
pub(crate) fn plant(found: Found, scene: Option<&Path>, libraries: &[PathBuf]) -> Result<Support, Faults> {
    let Found { files, absolute, relocate, tops, passed, warnings, missing, mut faults } = found;
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
    let mut away = BTreeMap::new();
    for file in absolute {
        let place = plain(&file);
        // Beside the scene it keeps its place, so that it travels once.
        if place.starts_with(&root) && !root.as_os_str().is_empty() { &mut places } else { &mut away }
            .entry(place)
            .or_insert(file);
    }
    let mut travelling = |places: BTreeMap<PathBuf, PathBuf>, above: &str| {
        let mut files = Vec::with_capacity(places.len());
        for (place, original) in places {
            let top = if above.is_empty() { root.as_path() } else { Path::new("/") };
            match job_path(top, &place, above) {
                Ok(path) => files.push(SupportFile { path, original }),
                Err(why) => faults.push(Fault::new("support", why).hint("rename the file")),
            }
        }
        files
    };
    let files = travelling(places, "");
    let elsewhere = travelling(away, ELSEWHERE);
    let scene = scene.and_then(|scene| job_path(&root, &plain(scene), "").ok());
    let mut searched: Vec<String> = Vec::new();
    for library in libraries {
        let inside = library.strip_prefix(&root).unwrap_or(library).to_string_lossy();
        let inside = if inside.is_empty() { ".".to_owned() } else { inside.into_owned() };
        if !searched.contains(&inside) {
            searched.push(inside);
        }
    }
    if faults.0.is_empty() {
        let libraries = searched;
        return Ok(Support { root, files, elsewhere, relocate, missing, scene, libraries, warnings });
    }
    Err(Faults(missing.into_iter().chain(faults.0).collect()))
}

/// The deepest folder that holds all of `folders`.
fn root<'a>(mut folders: impl Iterator<Item = &'a Path>) -> PathBuf {
    let mut root = folders.next().map(Path::to_owned).unwrap_or_default();
    for folder in folders {
        while !folder.starts_with(&root) && root.pop() {}
    }
    root
}

/// The path of `place` in the job's folder, below the folder `above` of it.
fn job_path(root: &Path, place: &Path, above: &str) -> Result<JobPath, String> {
    let inside = place.strip_prefix(root).unwrap_or(place);
    let text = inside.to_str().ok_or_else(|| format!("the name of {} is not UTF-8", place.display()))?;
    let path = if above.is_empty() { text.to_owned() } else { format!("{above}/{text}") };
    path.parse().map_err(|why: model::JobPathError| why.to_string())
}
