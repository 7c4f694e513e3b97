//! Follows scenes of formats that name their files plainly: each file is read for names, each name is looked
//! for in the folders that the format looks in, and what is a scene itself is read in turn.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use model::{Fault, PathRules, Platform};

use super::{Found, Search, gltf, mitsuba, plain, usd, wavefront};
use crate::definition::Finder;

/// More than this is not read for names: text of this size is geometry.
const BYTES_MAX: u64 = 256 << 20;
/// A scene that leads to more scenes than this leads nowhere.
const SCENES_MAX: usize = 20_000;
/// So many tiles or pictures of a series are as many as anybody has.
const SERIES_MAX: usize = 100_000;

/// What a file names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) names: Vec<Name>,
    /// Folders that are searched from here on, as seen from the scene.
    pub(crate) folders: Vec<String>,
    /// What could not be read, with its line.
    pub(crate) unclear: Vec<(u32, String)>,
}

/// A file that a scene names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// Its line; 0 where the format has none.
    pub(crate) line: u32,
    /// As it stands there.
    pub(crate) text: String,
    /// Whether the package does without it.
    pub(crate) optional: bool,
}

impl Names {
    pub(crate) fn add(&mut self, line: u32, text: impl Into<String>) {
        self.names.push(Name { line, text: text.into(), optional: false });
    }
}

/// Adds every file that `scene` needs to `found`.
pub(crate) fn walk(
    search: &Search<'_>,
    finder: Finder,
    scene: &Path,
    libraries: &[PathBuf],
    found: &mut Found,
) {
    let home = scene.parent().map(Path::to_owned).unwrap_or_default();
    let (rules, folders) = (search.rules, libraries.to_vec());
    let mut walk = Walk { finder, from: search.from, home, folders, rules, found };
    let mut read = BTreeSet::new();
    let mut waiting = vec![scene.to_owned()];
    while let Some(file) = waiting.pop() {
        if read.len() < SCENES_MAX && read.insert(plain(&file)) {
            waiting.extend(walk.read(&file).into_iter().filter(|file| is_scene(finder, file)));
        }
    }
}

/// Whether files of such a name are read in turn.
fn is_scene(finder: Finder, file: &Path) -> bool {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let endings: &[&str] = match finder {
        Finder::Mitsuba => &["xml"],
        Finder::Gltf => &["gltf", "glb"],
        Finder::Usd => &["usd", "usda", "usdc"],
        Finder::Obj => &["obj", "mtl"],
        Finder::Povray | Finder::Blender => &[],
    };
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}

struct Walk<'a> {
    finder: Finder,
    from: &'a Path,
    /// The folder of the scene that all begins with.
    home: PathBuf,
    folders: Vec<PathBuf>,
    rules: &'a PathRules,
    found: &'a mut Found,
}

impl Walk<'_> {
    /// Reads `file` and lets travel what it names. What it names comes back.
    fn read(&mut self, file: &Path) -> Vec<PathBuf> {
        let bytes = match read_up_to(file) {
            Ok(bytes) => bytes,
            Err(why) => {
                self.found.warnings.push(
                    Fault::new(self.shown(file, 0), format!("is not read for what it names: {why}"))
                        .hint("name the files that it needs with --support"),
                );
                return Vec::new();
            }
        };
        let names = match self.finder {
            Finder::Mitsuba => mitsuba::names(&String::from_utf8_lossy(&bytes)),
            Finder::Gltf => gltf::names(&bytes),
            Finder::Usd => usd::names(&bytes),
            Finder::Obj => wavefront::names(&String::from_utf8_lossy(&bytes)),
            Finder::Povray | Finder::Blender => Names::default(),
        };
        for (line, what) in names.unclear {
            let fault = Fault::new(self.shown(file, line), what);
            self.found.warnings.push(fault.hint("name the files that it needs with --support"));
        }
        self.folders.extend(names.folders.iter().map(|folder| self.home.join(folder)));
        names.names.iter().flat_map(|name| self.locate(file, name)).collect()
    }

    /// Lets what `name` stands for travel, where it is there.
    fn locate(&mut self, file: &Path, name: &Name) -> Vec<PathBuf> {
        let shown = self.shown(file, name.line);
        let text = &name.text;
        if is_absolute(text) {
            return self.locate_absolute(shown, name);
        }
        // Mitsuba sees all names from the first scene; the others from the file that says them.
        let own = file.parent().map(Path::to_owned).unwrap_or_default();
        let mut folders =
            if self.finder == Finder::Mitsuba { vec![self.home.clone(), own] } else { vec![own] };
        folders.extend(self.folders.iter().cloned());
        for folder in &folders {
            let files = series(folder, text);
            if !files.is_empty() {
                for file in &files {
                    self.found.add(file);
                }
                self.found.follow(&plain(folder), text);
                return files;
            }
        }
        let searched: Vec<String> =
            folders.iter().map(|folder| plain(folder).display().to_string()).collect();
        let what = format!("needs {text}, which is not in {}", searched.join(", "));
        let fault = if text.contains('\\') {
            Fault::new(shown, what).hint("write the name with / between folders")
        } else {
            Fault::new(shown, what)
                .hint("put the file there, or name the folder that holds it with --library")
        };
        let list = if name.optional { &mut self.found.warnings } else { &mut self.found.missing };
        list.push(fault);
        Vec::new()
    }

    /// The same for what is named from the root of a machine, whose name here may be another.
    fn locate_absolute(&mut self, shown: String, name: &Name) -> Vec<PathBuf> {
        let here = self.rules.map(&name.text, Platform::here()).unwrap_or_else(|| name.text.clone());
        let files = if here.starts_with('/') { series(Path::new("/"), &here) } else { Vec::new() };
        for file in &files {
            self.found.add_absolute(file.clone());
        }
        if files.is_empty() {
            let fault = absent(shown, &name.text, &here);
            let list = if name.optional { &mut self.found.warnings } else { &mut self.found.missing };
            list.push(fault);
        }
        files
    }

    /// `file:line`, the file as seen from where the person is.
    fn shown(&self, file: &Path, line: u32) -> String {
        let file = plain(file);
        let file = file.strip_prefix(plain(self.from)).unwrap_or(&file).display();
        if line == 0 { file.to_string() } else { format!("{file}:{line}") }
    }
}

/// What to say of a file that is named from the root of a machine and is not `here`.
pub(crate) fn absent(shown: String, name: &str, here: &str) -> Fault {
    let what = format!("needs {name}, which is not there");
    let fault = Fault::new(shown, if here == name { what } else { format!("{what}: it is {here} here") });
    match name.starts_with('/') {
        true => fault.hint("put the file there; where every render host has it, let it be missing"),
        false => fault.hint("say what its folder is called here: `framefarm path add --help` tells how"),
    }
}

/// Whether `name` begins at the root of a machine, of whichever platform.
pub(crate) fn is_absolute(name: &str) -> bool {
    let drive = name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && name.get(1..3).is_some_and(|rest| matches!(rest, ":\\" | ":/"));
    name.starts_with('/') || name.starts_with("\\\\") || drive
}

/// The files in `folder` that `name` stands for: one, or the tiles of `<UDIM>` and the like.
pub(crate) fn series(folder: &Path, name: &str) -> Vec<PathBuf> {
    let path = folder.join(name);
    if path.is_file() {
        return vec![path];
    }
    let pattern = glob::Pattern::escape(&path.display().to_string());
    let mut tiled = pattern.clone();
    // `escape` has put brackets around nothing of these.
    for (mark, tiles) in [("<UDIM>", "[0-9][0-9][0-9][0-9]"), ("<udim>", "[0-9][0-9][0-9][0-9]")] {
        tiled = tiled.replace(mark, tiles);
    }
    for mark in ["<UVTILE>", "<uvtile>"] {
        tiled = tiled.replace(mark, "u[0-9]*_v[0-9]*");
    }
    if tiled == pattern {
        return Vec::new();
    }
    let files = glob::glob(&tiled).map(|files| files.flatten().filter(|file| file.is_file()));
    files.map(|files| files.take(SERIES_MAX).collect()).unwrap_or_default()
}

/// The bytes of `file`, or why they are not read.
fn read_up_to(file: &Path) -> Result<Vec<u8>, String> {
    let about = fs::metadata(file).map_err(|why| why.to_string())?;
    if !about.is_file() {
        return Err("it is no file".to_owned());
    }
    if about.len() > BYTES_MAX {
        return Err(format!("it is larger than {} MiB", BYTES_MAX >> 20));
    }
    let mut bytes = Vec::new();
    let file = File::open(file).map_err(|why| why.to_string())?;
    file.take(BYTES_MAX).read_to_end(&mut bytes).map_err(|why| why.to_string())?;
    Ok(bytes)
}
