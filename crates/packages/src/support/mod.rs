//! The files that have to travel with a scene: found by reading it, or named by a person.
//!
//! They keep their places relative to each other on the render host, so that `../maps/wood.png` in a scene
//! leads to the same file there. Files that are named from the root of the machine travel below `elsewhere/`,
//! unless they lie with the others; there they are found by the paths that name them. What comes with the
//! rendering package itself does not travel.

mod blend;
mod blender;
mod defaults;
mod gltf;
mod ini;
mod lexer;
mod mitsuba;
mod named;
mod povray;
mod scene;
mod tree;
mod usd;
mod walk;
mod wavefront;
mod xml;

use std::path::{Component, Path, PathBuf};

use model::{Fault, Faults, JobFile, JobPath, PathRules};

use crate::content::digest_file;
use crate::definition::{Definition, Finder};

pub use blender::{BlenderAnswer, BlenderFile, SUPPORT_SCRIPT, Series};
pub use defaults::{SceneDefaults, defaults_from_scene};

/// What to look for, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The package that will read the scene.
    pub definition: &'a Definition,
    /// The render file.
    pub scene: Option<&'a Path>,
    /// Folders that the package searches besides the scene's own, in that order.
    pub libraries: &'a [PathBuf],
    /// Files, folders and globs that a person named.
    pub named: &'a [String],
    /// The absolute folder that all of these are seen from.
    pub from: &'a Path,
    /// What Blender says of the scene, where it was asked.
    pub blender: Option<&'a BlenderAnswer>,
    /// What folders of other platforms are called here.
    pub rules: &'a PathRules,
}

/// What has to travel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Support {
    /// The folder here that the places of `files` are relative to.
    pub root: PathBuf,
    /// Each file once, by path.
    pub files: Vec<SupportFile>,
    /// Files that do not lie below that folder, with their whole paths below `elsewhere/`.
    pub elsewhere: Vec<SupportFile>,
    /// Whether a file is named from the root of the machine, which the package has to be helped to find.
    pub relocate: bool,
    /// Files that the scene names and that are not there, each with who names it.
    pub missing: Vec<Fault>,
    /// The render file among them.
    pub scene: Option<JobPath>,
    /// The folders among them that the package searches, as `model::Work` wants them.
    pub libraries: Vec<String>,
    /// What may be wrong, though the files that were found can travel.
    pub warnings: Vec<Fault>,
}

/// A file that has to travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportFile {
    /// Where it will stand in the job's folder.
    pub path: JobPath,
    /// Where it stands here, absolute.
    pub original: PathBuf,
}

impl Search<'_> {
    /// Finds every file.
    ///
    /// # Errors
    /// What was named and is not there, and files that cannot travel; with them what the scene misses.
    pub fn find(&self) -> Result<Support, Faults> {
        let mut found = Found::default();
        let scene = self.scene.map(|scene| self.from.join(scene));
        let mut libraries: Vec<PathBuf> = Vec::new();
        for folder in self.libraries {
            let folder = self.from.join(folder);
            if !folder.is_dir() {
                let fault = Fault::new("library", format!("there is no folder {}", folder.display()));
                found.faults.push(fault.hint("a library is a folder that the package searches for files"));
            }
            libraries.push(folder);
        }
        if let Some(scene) = &scene {
            if scene.is_file() {
                found.add(scene);
                match self.definition.support.finder {
                    Some(Finder::Povray) => povray::walk(self, scene, &mut libraries, &mut found),
                    Some(Finder::Blender) => blender::add(self, scene, &mut found),
                    Some(finder) => walk::walk(self, finder, scene, &libraries, &mut found),
                    None => {}
                }
            } else {
                let what = if scene.is_dir() { "is a folder" } else { "is not there" };
                let fault = Fault::new("scene", format!("the render file {} {what}", scene.display()));
                found.faults.push(fault.hint("name an existing file, as seen from where you are"));
            }
        }
        for name in self.named {
            named::add(name, self.from, &mut found);
        }
        tree::plant(found, scene.as_deref(), &libraries)
    }
}

impl Support {
    /// The files with their digests, as a job description wants them. Reads each of them whole.
    ///
    /// # Errors
    /// Every file that cannot be read.
    pub fn job_files(&self) -> Result<Vec<JobFile>, Faults> {
        let mut faults = Faults::default();
        let mut files = Vec::with_capacity(self.files.len());
        for SupportFile { path, original } in self.files.iter().chain(&self.elsewhere) {
            let read = digest_file(original).and_then(|digest| Ok((digest, original.metadata()?)));
            match read {
                Ok(((digest, bytes), about)) => {
                    let original = original.display().to_string();
                    let executable = may_run(&about);
                    files.push(JobFile { path: path.clone(), original, digest, bytes, executable });
                }
                Err(why) => {
                    let place = original.display().to_string();
                    faults.push(Fault::new(place, format!("cannot be read: {why}")));
                }
            }
        }
        faults.or(files)
    }
}

fn may_run(about: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o111 != 0
}

/// What has been found so far: absolute paths as they are read here, in the order found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    files: Vec<PathBuf>,
    /// Files that are named from the root of this machine.
    absolute: Vec<PathBuf>,
    /// Whether the package has to be helped to find those.
    relocate: bool,
    /// Folders that names lead up to, so that the job's folder has to reach as high.
    tops: Vec<PathBuf>,
    /// Folders that names lead into and out of again, so that they have to be there.
    passed: Vec<PathBuf>,
    warnings: Vec<Fault>,
    /// What is not there.
    missing: Vec<Fault>,
    faults: Faults,
}

impl Found {
    fn add(&mut self, file: &Path) {
        self.files.push(file.to_owned());
    }

    /// A file that is named from the root of the machine, to a package that cannot be told otherwise.
    fn add_absolute(&mut self, file: PathBuf) {
        self.absolute.push(file);
        self.relocate = true;
    }

    /// Notes the folders that `name` leads through from `folder`.
    fn follow(&mut self, folder: &Path, name: &str) {
        let mut at = folder.to_owned();
        for part in Path::new(name).components() {
            match part {
                Component::ParentDir => {
                    self.passed.push(at.clone());
                    at.pop();
                    self.tops.push(at.clone());
                }
                Component::CurDir => {}
                part => at.push(part),
            }
        }
    }
}

/// `path` without `.` and `..`, as the mirrored tree sees it and the places of files are made.
#[must_use]
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
