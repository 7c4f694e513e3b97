//! Follows a POV-Ray scene through its includes to every file it needs, as POV-Ray would search for them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use model::{Fault, PathRules, Platform};

use super::ini::{self, Entry};
use super::scene::{self, FileKind, Name, Reference, Strings};
use super::{Found, Search, plain, walk};
use crate::definition::Definition;

/// An `.ini` may name another, which may name the first.
const INIS_MAX: usize = 32;

/// Adds every file that `scene` needs to `found`, and library folders that it names to `libraries`.
pub(crate) fn walk(search: &Search<'_>, scene: &Path, libraries: &mut Vec<PathBuf>, found: &mut Found) {
    let folder = scene.parent().map(Path::to_owned).unwrap_or_default();
    let mut walk = Walk {
        definition: search.definition,
        from: search.from,
        folder,
        libraries: std::mem::take(libraries),
        rules: search.rules,
        found,
        read: BTreeSet::new(),
        excused: BTreeSet::new(),
        strings: Strings::new(),
    };
    // POV-Ray reads this one unasked from where it is started, which is the scene's folder.
    let unasked = walk.folder.join("povray.ini");
    if unasked.is_file() {
        walk.found.add(&unasked);
        walk.read_ini(&unasked, 0);
    }
    if scene.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("ini")) {
        walk.read_ini(scene, 0);
    } else {
        walk.read_scene(scene, false);
    }
    *libraries = walk.libraries;
}

struct Walk<'a> {
    definition: &'a Definition,
    from: &'a Path,
    /// Where POV-Ray is started, and relative names begin.
    folder: PathBuf,
    libraries: Vec<PathBuf>,
    rules: &'a PathRules,
    found: &'a mut Found,
    read: BTreeSet<PathBuf>,
    /// Names that the scene itself writes, or that it asks for and does without.
    excused: BTreeSet<String>,
    strings: Strings,
}

/// Where a file name stands.
struct Place<'a> {
    file: &'a Path,
    line: u32,
    conditional: bool,
}

impl Walk<'_> {
    fn read_ini(&mut self, file: &Path, depth: usize) {
        if depth > INIS_MAX || !self.read.insert(plain(file)) {
            return;
        }
        let Some(text) = self.text(file) else { return };
        let entries = ini::entries(&text);
        for Entry { line, value, .. } in entries.iter().filter(|entry| entry.key == "library_path") {
            if Path::new(value).is_absolute() {
                self.warn_library(&Place { file, line: *line, conditional: false }, value);
            } else {
                self.libraries.push(self.folder.join(value));
            }
        }
        for Entry { line, key, value } in entries.iter().filter(|entry| !entry.value.is_empty()) {
            let place = Place { file, line: *line, conditional: false };
            match key.as_str() {
                "input_file_name" | "include_header" => {
                    for path in self.locate(&place, FileKind::Include, std::slice::from_ref(value)) {
                        self.read_scene(&path, false);
                    }
                }
                "include_ini" => {
                    for path in self.locate(&place, FileKind::Data, std::slice::from_ref(value)) {
                        self.read_ini(&path, depth + 1);
                    }
                }
                _ => {}
            }
        }
    }

    fn read_scene(&mut self, file: &Path, conditional: bool) {
        if !self.read.insert(plain(file)) {
            return;
        }
        let Some(text) = self.text(file) else { return };
        let mut strings = std::mem::take(&mut self.strings);
        scene::read(&text, &mut strings, &mut |reference, strings| {
            std::mem::swap(&mut self.strings, strings);
            self.follow(file, conditional, reference);
            std::mem::swap(&mut self.strings, strings);
        });
        self.strings = strings;
    }

    fn follow(&mut self, file: &Path, conditional: bool, reference: Reference) {
        let Reference { line, kind, name, conditional: here } = reference;
        let place = Place { file, line, conditional: conditional || here };
        match (name, kind) {
            (Name::Known(names), FileKind::Written) => self.excused.extend(names),
            (Name::Computed, FileKind::Written | FileKind::Wondered) => {}
            (Name::Known(names), kind) => {
                for path in self.locate(&place, kind, &names) {
                    if kind == FileKind::Include {
                        self.read_scene(&path, place.conditional);
                    }
                }
            }
            (Name::Computed, _) => {
                let what = "names a file that the scene puts together while it is rendered";
                let fault = Fault::new(self.shown(&place), what);
                self.found.warnings.push(fault.hint("name the files it may be with --support"));
            }
        }
    }

    /// Finds the file called one of `names` and lets it travel. Of several values that an identifier takes
    /// all that are there travel; it is missing where none is.
    fn locate(&mut self, place: &Place<'_>, kind: FileKind, names: &[String]) -> Vec<PathBuf> {
        let mut located = Vec::new();
        let mut somewhere = false;
        for name in names {
            if let Some(path) = self.absolute(name, kind) {
                self.found.add_absolute(path.clone());
                located.push(path);
            } else if Path::new(name).is_absolute() {
                self.found.missing.push(walk::absent(self.shown(place), name, name));
                somewhere = true;
            } else if let Some((folder, name)) = self.search(name, kind) {
                let path = folder.join(&name);
                self.found.add(&path);
                self.found.follow(&plain(&folder), &name);
                located.push(path);
            } else {
                somewhere |= self.comes_along(name, kind) || self.excused.contains(name);
            }
        }
        if kind == FileKind::Wondered {
            self.excused.extend(names.iter().cloned());
        } else if located.is_empty() && !somewhere {
            self.missing(place, names);
        }
        located
    }

    /// The file called `name` from the root of a machine, by its name here.
    fn absolute(&self, name: &str, kind: FileKind) -> Option<PathBuf> {
        let here = self.rules.map(name, Platform::here());
        let here = here.as_deref().filter(|_| walk::is_absolute(name)).unwrap_or(name);
        let candidates = candidates(here, kind).into_iter().map(PathBuf::from);
        candidates.filter(|path| path.is_absolute()).find(|path| path.is_file())
    }

    /// The file called `name` as POV-Ray looks for it: in the folder where it is started, then in each
    /// library, with the usual endings where it has none or is not there without.
    /// The folder comes back, and the name in it.
    fn search(&self, name: &str, kind: FileKind) -> Option<(PathBuf, String)> {
        let folders = std::iter::once(&self.folder).chain(&self.libraries);
        let mut candidates = folders
            .flat_map(|folder| candidates(name, kind).into_iter().map(move |name| (folder.clone(), name)));
        candidates.find(|(folder, name)| folder.join(name).is_file())
    }

    /// Whether `name` comes with the package, wherever that is installed.
    fn comes_along(&self, name: &str, kind: FileKind) -> bool {
        let support = &self.definition.support;
        candidates(name, kind).iter().any(|name| {
            support.own_files.contains(name)
                || support.own_folders.iter().any(|folder| {
                    glob::glob(folder).is_ok_and(|mut folders| {
                        folders.any(|folder| folder.is_ok_and(|folder| folder.join(name).is_file()))
                    })
                })
        })
    }

    fn missing(&mut self, place: &Place<'_>, names: &[String]) {
        let folders = std::iter::once(&self.folder).chain(&self.libraries);
        let searched: Vec<String> = folders.map(|folder| plain(folder).display().to_string()).collect();
        let names = names.join(" or ");
        let searched = searched.join(", ");
        let shown = self.shown(place);
        if place.conditional {
            let what = format!("{names} is not in {searched}; it stands in a branch or macro");
            let fault = Fault::new(shown, what).hint("if the scene needs it after all, put it there");
            self.found.warnings.push(fault);
            return;
        }
        let hint = if names.contains('\\') {
            "write the name with / between folders, as POV-Ray wants it on Linux"
        } else {
            "put the file there, or name the folder that holds it with --library"
        };
        let what = format!("needs {names}, which is not in {searched}");
        self.found.missing.push(Fault::new(shown, what).hint(hint));
    }

    fn warn_library(&mut self, place: &Place<'_>, name: &str) {
        let what = format!("searches {name}, which is named from the root of this machine");
        let hint = "name the folder with --library instead, so that what is needed of it travels";
        self.found.warnings.push(Fault::new(self.shown(place), what).hint(hint));
    }

    fn text(&mut self, file: &Path) -> Option<String> {
        match fs::read(file) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(why) => {
                let fault = Fault::new(file.display().to_string(), format!("cannot be read: {why}"));
                self.found.faults.push(fault);
                None
            }
        }
    }

    /// `file:line`, the file as seen from where the person is.
    fn shown(&self, place: &Place<'_>) -> String {
        let file = plain(place.file);
        format!("{}:{}", file.strip_prefix(plain(self.from)).unwrap_or(&file).display(), place.line)
    }
}

/// The names that POV-Ray tries for `name`: with the usual endings first where it has none, else last.
fn candidates(name: &str, kind: FileKind) -> Vec<String> {
    let endings: &[&str] = match kind {
        FileKind::Include => &[".inc", ".INC", ".pov", ".POV"],
        FileKind::Picture(Some("jpeg")) => &[".jpg", ".JPG", ".jpeg", ".JPEG"],
        FileKind::Picture(Some("tiff")) => &[".tif", ".TIF", ".tiff", ".TIFF"],
        FileKind::Picture(Some("gif")) => &[".gif", ".GIF"],
        FileKind::Picture(Some("tga")) => &[".tga", ".TGA"],
        FileKind::Picture(Some("png")) => &[".png", ".PNG"],
        FileKind::Picture(Some("pgm")) => &[".pgm", ".PGM"],
        FileKind::Picture(Some("ppm")) => &[".ppm", ".PPM"],
        FileKind::Picture(Some("iff")) => &[".iff", ".IFF"],
        FileKind::Picture(Some("pot")) => &[".pot", ".POT"],
        FileKind::Picture(Some("bmp" | "sys")) => &[".bmp", ".BMP"],
        FileKind::Picture(Some("exr")) => &[".exr", ".EXR"],
        FileKind::Picture(Some("hdr")) => &[".hdr", ".HDR"],
        FileKind::Picture(_) => {
            &[".gif", ".tga", ".iff", ".png", ".jpg", ".jpeg", ".tif", ".bmp", ".exr", ".hdr"]
        }
        FileKind::Font => &[".ttf", ".TTF", ".ttc", ".TTC"],
        FileKind::Density => &[".df3", ".DF3"],
        FileKind::Data | FileKind::Wondered | FileKind::Written => &[],
    };
    let with = endings.iter().map(|ending| format!("{name}{ending}"));
    let has_ending = name.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let itself = std::iter::once(name.to_owned());
    if has_ending { itself.chain(with).collect() } else { with.chain(itself).collect() }
}
