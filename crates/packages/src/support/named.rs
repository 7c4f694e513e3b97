//! Files, folders and globs that a person named.

use std::fs;
use std::path::{Path, PathBuf};

use model::Fault;

use super::Found;

/// Adds what `name` stands for, as seen from the folder `from`.
pub(crate) fn add(name: &str, from: &Path, found: &mut Found) {
    let path = from.join(name);
    let hint = "name a file, a folder, or several with * as in 'maps/*.png'";
    if path.exists() {
        let before = found.files.len();
        add_path(&path, found);
        if found.files.len() == before {
            found.faults.push(Fault::new("support", format!("{name} holds no file")).hint(hint));
        }
        return;
    }
    if !name.contains(['*', '?', '[']) {
        let what = format!("there is no {} to travel with the job", path.display());
        found.faults.push(Fault::new("support", what).hint(hint));
        return;
    }
    let pattern = format!("{}/{name}", glob::Pattern::escape(&from.display().to_string()));
    let pattern = if name.starts_with('/') { name.to_owned() } else { pattern };
    let paths: Vec<PathBuf> = match glob::glob(&pattern) {
        Ok(paths) => paths.filter_map(Result::ok).collect(),
        Err(why) => {
            found.faults.push(Fault::new("support", format!("{name:?} is no pattern: {why}")).hint(hint));
            return;
        }
    };
    if paths.is_empty() {
        found.faults.push(Fault::new("support", format!("no file fits {name}")).hint(hint));
    }
    for path in paths {
        add_path(&path, found);
    }
}

fn add_path(path: &Path, found: &mut Found) {
    if path.is_dir() {
        let mut above = Vec::new();
        add_folder(path, &mut above, found);
    } else if path.is_file() {
        found.add(path);
    } else {
        let what = format!("{} is neither a file nor a folder", path.display());
        found.faults.push(Fault::new("support", what));
    }
}

/// Adds all that lies in `folder`, but for hidden names. `above` holds the real folders it lies in, so that
/// a link back to one of them ends.
fn add_folder(folder: &Path, above: &mut Vec<PathBuf>, found: &mut Found) {
    let read = folder.canonicalize().and_then(|real| Ok((real, fs::read_dir(folder)?)));
    let (real, entries) = match read {
        Ok(read) => read,
        Err(why) => {
            let what = format!("the folder {} cannot be read: {why}", folder.display());
            found.faults.push(Fault::new("support", what));
            return;
        }
    };
    if above.contains(&real) {
        return;
    }
    above.push(real);
    let visible =
        |path: &PathBuf| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.'));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(visible).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_folder(&path, above, found);
        } else if path.is_file() {
            found.add(&path);
        }
    }
    above.pop();
}
