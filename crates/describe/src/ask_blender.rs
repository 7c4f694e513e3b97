//! Asks the Blender of this machine what a scene needs. Nothing of the scene is run, and it has a time limit.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::Fault;
use packages::support::{BlenderAnswer, SUPPORT_SCRIPT};
use packages::{Definition, Finder, Library};
use process::probe::{Sources, search};

/// The program to ask, instead of the one that is found; `none` asks no one.
const VARIABLE: &str = "FRAMEFARM_BLENDER";
/// Loading a large scene takes its time; a Blender that takes longer is not waited for.
const WAIT: Duration = Duration::from_secs(120);
/// Packages whose programs are Blender, the quicker one first.
const PACKAGES: [&str; 2] = ["bpy", "blender"];
/// As many characters of what a Blender said are told.
const SAID_MAX: usize = 200;

/// What came of asking.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) answer: Option<BlenderAnswer>,
    pub(super) warning: Option<Fault>,
}

/// A Blender of this machine.
struct Asker {
    program: PathBuf,
    /// It is a Python that knows Blender as a module.
    is_python: bool,
}

/// Asks about `scene`, where its package is Blender and one is here.
pub(super) fn ask(library: &Library, definition: &Definition, scene: Option<&Path>, from: &Path) -> Asked {
    let Some(scene) = scene.map(|scene| from.join(scene)).filter(|scene| scene.is_file()) else {
        return Asked::default();
    };
    if definition.support.finder != Some(Finder::Blender) {
        return Asked::default();
    }
    let Some(asker) = asker(library, &definition.name) else { return Asked::default() };
    match answer(&asker, &scene) {
        Ok(answer) => Asked { answer: Some(answer), warning: None },
        Err(why) => {
            let what = format!("{} could not say what it needs: {why}", asker.program.display());
            let place = scene.strip_prefix(from).unwrap_or(&scene).display().to_string();
            let hint = "the file is read without Blender; FRAMEFARM_BLENDER names another Blender to ask";
            Asked { answer: None, warning: Some(Fault::new(place, what).hint(hint)) }
        }
    }
}

/// The Blender to ask: who is named, the package's own, another one.
fn asker(library: &Library, package: &str) -> Option<Asker> {
    let is_python = |program: &Path| {
        program.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase().contains("python"))
    };
    if let Some(named) = std::env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        let program = PathBuf::from(named);
        return (program.as_os_str() != "none").then(|| Asker { is_python: is_python(&program), program });
    }
    let sources = Sources::here();
    let names = std::iter::once(package).chain(PACKAGES.into_iter().filter(|name| *name != package));
    names.filter_map(|name| library.get(name)).find_map(|definition| {
        let found = search(&sources, definition.executables.here(), definition.folders.here()).found;
        let program = found.into_iter().next()?;
        Some(Asker { is_python: is_python(&program), program })
    })
}

fn answer(asker: &Asker, scene: &Path) -> Result<BlenderAnswer, String> {
    let folder = Folder::make().map_err(|why| format!("no folder can be made for its answer: {why}"))?;
    let (script, out) = (folder.0.join("support.py"), folder.0.join("out.json"));
    fs::write(&script, SUPPORT_SCRIPT).map_err(|why| format!("its script cannot be written: {why}"))?;
    let (script, scene) = (script.as_os_str(), scene.as_os_str());
    let mut arguments: Vec<&OsStr> = Vec::new();
    if asker.is_python {
        // Isolated: no module is taken from the folder that it is started in.
        arguments.extend([OsStr::new("-I"), script]);
    } else {
        arguments.extend(["-b", "--factory-startup", "--disable-autoexec"].map(OsStr::new));
        arguments.push(scene);
        arguments.extend(["--python-exit-code", "1", "--python"].map(OsStr::new));
        arguments.push(script);
    }
    arguments.extend([OsStr::new("--"), out.as_os_str(), scene]);
    let captured = process::capture(&asker.program, &arguments, WAIT, None).map_err(|why| why.to_string())?;
    match fs::read(&out) {
        Ok(json) => BlenderAnswer::parse(&json).map_err(|why| format!("its answer cannot be read: {why}")),
        Err(_) => {
            let said = format!("{}\n{}", captured.stdout, captured.stderr);
            let full = |line: &&str| !line.trim().is_empty();
            let telling = said.lines().rev().find(|line| line.contains("rror"));
            let line = telling.or_else(|| said.lines().rev().find(full)).unwrap_or("it says nothing");
            Err(line.trim().chars().take(SAID_MAX).collect())
        }
    }
}

/// A folder of our own that goes when it is not needed any more.
struct Folder(PathBuf);

impl Folder {
    fn make() -> io::Result<Self> {
        let mut chance = [0; 8];
        getrandom::fill(&mut chance).map_err(|error| io::Error::other(error.to_string()))?;
        let name = format!("framefarm-ask-{:016x}", u64::from_ne_bytes(chance));
        let folder = std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}
