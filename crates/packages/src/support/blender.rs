//! The files that a Blender scene needs, as Blender itself lists them or as its blocks name them.
//!
//! A person's machine asks its Blender with the script `SUPPORT_SCRIPT`, which runs no script of the scene.
//! Where there is none, `blend` reads the names of the most usual kinds from the file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use model::{Fault, PathRules, Platform};
use serde::Deserialize;

use super::walk::{is_absolute, series};
use super::{Found, Search, blend, plain};

/// Lists what a scene needs; `blender -b SCENE --python FILE -- OUT.json SCENE`, or `python FILE -- OUT.json
/// SCENE` where Blender is a Python module.
pub const SUPPORT_SCRIPT: &str = include_str!("../../definitions/blender/support.py");

/// So many pictures of a sequence are as many as anybody has.
const SEQUENCE_MAX: usize = 100_000;
/// Users of a file that are told.
const USERS_MAX: usize = 3;

/// What Blender says that a scene needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct BlenderAnswer {
    /// Its version.
    pub blender: String,
    /// The files, packed ones too.
    pub files: Vec<BlenderFile>,
    /// What could not be looked at.
    #[serde(default)]
    pub problems: Vec<String>,
}

/// A file that a Blender scene needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct BlenderFile {
    /// What it is to the scene: `image`, `library`, `font`, ...
    pub kind: String,
    /// What the scene calls it.
    pub name: String,
    /// Where it stands, absolute.
    pub path: String,
    /// As it stands in the scene: `//tex/wood.png`.
    pub written: String,
    /// Who in the scene uses it.
    #[serde(default)]
    pub used_by: Vec<String>,
    /// The `.blend` that names it; the scene itself where empty.
    #[serde(default)]
    pub within: String,
    /// Whether it lies in the scene file itself.
    #[serde(default)]
    pub packed: bool,
    /// How many files it stands for.
    #[serde(default)]
    pub series: Series,
    /// Whether the scene does without it.
    #[serde(default)]
    pub optional: bool,
}

/// How many files a name stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Series {
    /// One.
    #[default]
    One,
    /// Every one whose name differs in its last number only.
    Sequence,
    /// The tiles of `<UDIM>`.
    Tiles,
    /// All in a folder.
    Folder,
}

impl BlenderAnswer {
    /// Reads what the script wrote.
    ///
    /// # Errors
    /// It is not what the script writes.
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }
}

/// Adds what `scene` needs, as Blender has said, or as it can be read without.
pub(crate) fn add(search: &Search<'_>, scene: &Path, found: &mut Found) {
    let read;
    let answer = if let Some(answer) = search.blender {
        answer
    } else {
        let shown = shown(scene, search.from);
        let what = "is read without Blender: caches, simulations and what add-ons name are not seen";
        let hint = "install Blender here, or name such files with --support";
        found.warnings.push(Fault::new(shown, what).hint(hint));
        read = blend::answer(scene);
        &read
    };
    for problem in &answer.problems {
        let fault = Fault::new(shown(scene, search.from), problem.clone());
        found.warnings.push(fault.hint("name the files that it needs with --support"));
    }
    let away = away(answer);
    for file in answer.files.iter().filter(|file| !file.packed) {
        locate(search, scene, file, &away, found);
    }
}

/// The libraries that the scene names from the root of this machine, and what these name in turn: they do not
/// stand beside the scene on the render host.
fn away(answer: &BlenderAnswer) -> BTreeSet<&str> {
    let mut away = BTreeSet::new();
    loop {
        let before = away.len();
        for file in answer.files.iter().filter(|file| file.kind == "library") {
            if !file.written.starts_with("//") || away.contains(file.within.as_str()) {
                away.insert(file.path.as_str());
            }
        }
        if away.len() == before {
            return away;
        }
    }
}

fn locate(search: &Search<'_>, scene: &Path, file: &BlenderFile, away: &BTreeSet<&str>, found: &mut Found) {
    let relative = file.written.starts_with("//") && !away.contains(file.within.as_str());
    let files = files(file.series, Path::new(&file.path));
    if !files.is_empty() {
        for path in &files {
            if relative {
                found.add(path);
            } else {
                found.absolute.push(path.clone());
            }
        }
        if relative {
            let home = if file.within.is_empty() { scene } else { Path::new(&file.within) };
            let folder = plain(home.parent().unwrap_or(Path::new("")));
            found.follow(&folder, &file.written[2..].replace('\\', "/"));
        }
        return;
    }
    if let Some(files) = mapped(search.rules, file) {
        found.absolute.extend(files);
        return;
    }
    let home = if file.within.is_empty() { scene } else { Path::new(&file.within) };
    let fault = Fault::new(shown(home, search.from), sentence(file)).hint(hint(file));
    let list = if file.optional { &mut found.warnings } else { &mut found.missing };
    list.push(fault);
}

/// The files by the name that the farm's rules give the path here.
fn mapped(rules: &PathRules, file: &BlenderFile) -> Option<Vec<PathBuf>> {
    let mapped = rules.map(&file.written, Platform::here())?;
    let files = files(file.series, Path::new(&mapped));
    (!files.is_empty()).then_some(files)
}

fn sentence(file: &BlenderFile) -> String {
    let mut users: Vec<String> = file.used_by.iter().take(USERS_MAX).cloned().collect();
    if file.used_by.len() > USERS_MAX {
        users.push(format!("{} more", file.used_by.len() - USERS_MAX));
    }
    let users = if users.is_empty() { String::new() } else { format!(", used by {},", users.join(", ")) };
    let at = if file.written.starts_with("//") && file.written != file.path {
        format!("{} ({})", file.written, file.path)
    } else {
        file.written.clone()
    };
    let what = match file.series {
        Series::One => "which is not there",
        Series::Sequence => "of which no picture is there",
        Series::Tiles => "of which no tile is there",
        Series::Folder => "a folder that is not there or empty",
    };
    format!("the {} {:?}{users} needs {at}, {what}", file.kind, file.name)
}

fn hint(file: &BlenderFile) -> &'static str {
    if is_absolute(&file.written) && !file.written.starts_with('/') {
        "a path of Windows: `framefarm path add` says where that folder is here, or pack the file in Blender"
    } else if file.written.starts_with('/') {
        "put it there, or find it in Blender (File, External Data, Find Missing Files), or pack it"
    } else {
        "put it there, or find it in Blender (File, External Data, Find Missing Files)"
    }
}

/// The files that `path` stands for.
fn files(kind: Series, path: &Path) -> Vec<PathBuf> {
    if !path.is_absolute() {
        return Vec::new();
    }
    match kind {
        Series::One => path.is_file().then(|| path.to_owned()).into_iter().collect(),
        Series::Sequence => sequence(path),
        Series::Tiles => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let tiles = series(path.parent().unwrap_or(Path::new("/")), &name);
            // Blenders of old say the first tile instead.
            if tiles.len() > 1 { tiles } else { sequence(path) }
        }
        Series::Folder => inside(path),
    }
}

/// Every file beside `path` whose name differs from its in the last number only.
fn sequence(path: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let stem = name.rfind('.').unwrap_or(name.len());
    let Some(end) = name[..stem].rfind(|c: char| c.is_ascii_digit()).map(|at| at + 1) else {
        return path.is_file().then(|| path.to_owned()).into_iter().collect();
    };
    let begin = name[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8));
    let (before, after) = (&name[..begin], &name[end..]);
    let of_it = |other: &str| {
        let digits = other.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_str().is_some_and(of_it));
    let mut files: Vec<PathBuf> =
        named.map(|entry| entry.path()).filter(|file| file.is_file()).take(SEQUENCE_MAX).collect();
    files.sort();
    files
}

/// All files in a folder and below; links to folders are not followed.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut waiting) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                waiting.push(entry.path());
            } else if entry.path().is_file() && files.len() < SEQUENCE_MAX {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files
}

fn shown(file: &Path, from: &Path) -> String {
    let file = plain(file);
    file.strip_prefix(plain(from)).unwrap_or(&file).display().to_string()
}
