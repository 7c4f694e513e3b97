//! Which files are meant: those named, and all in the folders named, in the order people count.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use crate::output::Failure;

/// Folders within folders are looked through so deep.
const DEPTH_MAX: usize = 8;

/// All files of `places`; a folder stands for those in it, in the order of their names with numbers by value.
/// Where `frame` is given, only those with that number between dots in their names.
pub(super) fn gather(places: &[PathBuf], frame: Option<i64>) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for place in places {
        if !place.is_dir() {
            files.push(place.clone());
            continue;
        }
        let mut found = Vec::new();
        walk(place, DEPTH_MAX, &mut found)?;
        found.sort_by(|a, b| by_number(&a.to_string_lossy(), &b.to_string_lossy()));
        files.extend(found);
    }
    if let Some(frame) = frame {
        files.retain(|path| is_of(path, frame));
    }
    Ok(files)
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let wrong = |source| Failure::file("look into", folder, source);
    for entry in folder.read_dir().map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.is_file() {
            found.push(path);
        } else if path.is_dir() && depth > 0 {
            walk(&path, depth - 1, found)?;
        }
    }
    Ok(())
}

fn is_of(path: &Path, frame: i64) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').any(|word| word.parse() == Ok(frame))
}

/// `render.2` before `render.10`.
fn by_number(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (in_a, in_b) = (digits(a), digits(b));
        if in_a > 0 && in_b > 0 {
            let (left, right) = (a[..in_a].trim_start_matches('0'), b[..in_b].trim_start_matches('0'));
            match left.len().cmp(&right.len()).then_with(|| left.cmp(right)) {
                Ordering::Equal => (a, b) = (&a[in_a..], &b[in_b..]),
                other => return other,
            }
            continue;
        }
        let (mut left, mut right) = (a.chars(), b.chars());
        match (left.next(), right.next()) {
            (Some(x), Some(y)) if x == y => (a, b) = (left.as_str(), right.as_str()),
            (x, y) => return x.cmp(&y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_in_the_order_people_count() {
        let folder = tempfile::tempdir().unwrap();
        for step in ["render.1", "render.10", "render.2"] {
            std::fs::create_dir(folder.path().join(step)).unwrap();
            for frame in ["0007", "0008"] {
                std::fs::write(folder.path().join(step).join(format!("film.{frame}.png")), "").unwrap();
            }
        }
        let found = gather(&[folder.path().to_owned()], Some(7)).unwrap();
        let found: Vec<_> =
            found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        let right = ["render.1/film.0007.png", "render.2/film.0007.png", "render.10/film.0007.png"];
        assert_eq!(found, right);
        assert_eq!(gather(&[folder.path().to_owned()], None).unwrap().len(), 6);
        assert_eq!(gather(&[PathBuf::from("b"), PathBuf::from("a")], None).unwrap()[0], Path::new("b"));
    }
}
