//! What this host has: the machine itself, and the rendering packages on it, each with why it counts or not.
//!
//! Looking costs little the second time: a program is asked for its version once, and again only when its
//! file has changed, or later and later where it gave no answer, since a package that is being installed may
//! not run until its last file is there.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{PackageInfo, ResourceInfo};
use packages::{Definition, Library, VersionProbe};
use process::User;
use process::probe::{Missed, Prober, Search, Sources, search};

use crate::error_chain;
use crate::render_server::{TenantError, tenant};

/// A package that takes longer to say its version is not usable.
const VERSION_WAIT: Duration = Duration::from_secs(20);
/// One that did not answer is asked again after this time, then after twice that, and so on.
const ASK_AGAIN: Duration = Duration::from_secs(20);
/// So long at most.
const ASK_AGAIN_MAX: Duration = Duration::from_secs(3600);
/// As many characters of what a program said are told.
const SAID_MAX: usize = 120;

/// Looks at this host, and again.
pub struct Inventory {
    prober: Prober,
    library: Arc<Library>,
    /// Who programs are asked as, where it is not ourselves.
    user: Option<User>,
    tags: Vec<String>,
    asked: BTreeMap<PathBuf, Asked>,
}

/// What this host has.
#[derive(Debug)]
pub struct Found {
    /// As it is told to the farm.
    pub info: ResourceInfo,
    /// Every package known, by name, but those of which the job brings the program.
    pub packages: Vec<Finding>,
}

/// What came of looking for a package.
#[derive(Debug)]
pub struct Finding {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What its programs are called.
    pub names: Vec<String>,
    /// Where they were looked for.
    pub folders: Vec<PathBuf>,
    /// Patterns of folders that nothing fits.
    pub nowhere: Vec<String>,
    /// Programs that were there, and what they answered.
    pub programs: Vec<(PathBuf, Answer)>,
    /// Files of the name that cannot be run.
    pub missed: Vec<Missed>,
}

/// What a program said when it was asked for its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its version; empty where there is nothing to ask.
    Version(String),
    /// Something else, the beginning of which is this.
    Else(String),
    /// Nothing, and why.
    Nothing(String),
}

/// A program that was asked.
struct Asked {
    file: File,
    answer: Answer,
    again: Option<(Instant, Duration)>,
}

/// What changes when a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct File {
    place: (u64, u64),
    bytes: u64,
    modified: (i64, i64),
}

impl Inventory {
    /// Nothing is looked at yet. `scratch` is where attempts will write; `tags` are told with the rest.
    #[must_use]
    pub fn new(scratch: &Path, library: Arc<Library>, user: Option<User>, tags: Vec<String>) -> Self {
        let prober = Prober::new(Sources::here(), scratch.to_owned());
        Self { prober, library, user, tags, asked: BTreeMap::new() }
    }

    /// The inventory that a render server on this host would have whose data folder is `data`, where frames
    /// work in `scratch` and run as `render_user` if they are given.
    ///
    /// # Errors
    /// Frames cannot run as that account.
    pub fn of_host(
        data: &Path,
        scratch: Option<&Path>,
        render_user: Option<&str>,
        library: Arc<Library>,
    ) -> Result<Self, TenantError> {
        let user = tenant::choose(render_user)?;
        let scratch = tenant::surroundings(data, scratch, user.as_ref()).to_owned();
        Ok(Self::new(&scratch, library, user, Vec::new()))
    }

    /// Looks for the packages of `library` from now on.
    pub fn know(&mut self, library: Arc<Library>) {
        self.library = library;
    }

    /// Where attempts will write.
    #[must_use]
    pub fn scratch(&self) -> &Path {
        self.prober.scratch()
    }

    /// Looks at everything that may have changed. It waits for programs that are asked for their version.
    pub fn look(&mut self) -> Found {
        let mut info = self.prober.look();
        let library = self.library.clone();
        // Some are there for another system alone, 3ds Max for Windows.
        let here = |definition: &&Definition| definition.own || !definition.executables.here().is_empty();
        let installed = library.iter().filter(here);
        let packages: Vec<Finding> = installed.map(|definition| self.find(definition)).collect();
        let programs: Vec<_> =
            packages.iter().flat_map(|found| &found.programs).map(|(path, _)| path).collect();
        self.asked.retain(|path, _| programs.contains(&path));
        info.packages = packages.iter().flat_map(Finding::infos).collect();
        info.tags.clone_from(&self.tags);
        info.framefarm = env!("CARGO_PKG_VERSION").to_owned();
        Found { info, packages }
    }

    fn find(&mut self, definition: &Definition) -> Finding {
        if definition.own {
            return own(definition);
        }
        let (executables, places) = (definition.executables.here(), definition.folders.here());
        let Search { folders, nowhere, found, missed } = search(self.prober.sources(), executables, places);
        let programs = found.into_iter().map(|path| {
            let answer = self.answer(definition, &path);
            (path, answer)
        });
        Finding {
            name: definition.name.clone(),
            title: definition.title.clone(),
            names: executables.to_vec(),
            programs: programs.collect(),
            folders,
            nowhere,
            missed,
        }
    }

    fn answer(&mut self, definition: &Definition, path: &Path) -> Answer {
        let file = File::at(path);
        let earlier = self.asked.remove(path).filter(|asked| Some(asked.file) == file);
        let due = |asked: &Asked| asked.again.is_some_and(|(at, _)| at <= Instant::now());
        let asked = match (earlier, file) {
            (Some(asked), _) if !due(&asked) => asked,
            (earlier, Some(file)) => {
                let answer = ask(definition, path, self.user.as_ref());
                tell(definition, path, &answer, earlier.as_ref().map(|asked| &asked.answer));
                let pause = earlier.and_then(|asked| asked.again).map_or(ASK_AGAIN, |(_, pause)| pause * 2);
                let pause = pause.min(ASK_AGAIN_MAX);
                let failed = !matches!(answer, Answer::Version(_));
                let again = failed.then(|| (Instant::now() + pause, pause));
                Asked { file, answer, again }
            }
            (_, None) => return Answer::Nothing("it has just gone".to_owned()),
        };
        let answer = asked.answer.clone();
        self.asked.insert(path.to_owned(), asked);
        answer
    }
}

impl Finding {
    fn infos(&self) -> impl Iterator<Item = PackageInfo> {
        self.programs.iter().filter_map(|(path, answer)| match answer {
            Answer::Version(version) => Some(PackageInfo {
                name: self.name.clone(),
                version: version.clone(),
                executable: path.display().to_string(),
            }),
            Answer::Else(_) | Answer::Nothing(_) => None,
        })
    }
}

impl File {
    fn at(path: &Path) -> Option<Self> {
        let about = path.metadata().ok()?;
        Some(Self {
            place: (about.dev(), about.ino()),
            bytes: about.len(),
            modified: (about.mtime(), about.mtime_nsec()),
        })
    }
}

/// A package whose program is this one.
fn own(definition: &Definition) -> Finding {
    let program = std::env::current_exe().ok();
    let version = || Answer::Version(env!("CARGO_PKG_VERSION").to_owned());
    Finding {
        name: definition.name.clone(),
        title: definition.title.clone(),
        names: vec!["framefarm".to_owned()],
        folders: Vec::new(),
        nowhere: Vec::new(),
        programs: program.into_iter().map(|path| (path, version())).collect(),
        missed: Vec::new(),
    }
}

fn ask(definition: &Definition, path: &Path, user: Option<&User>) -> Answer {
    if let Some(version) = definition.version_of_path(path) {
        return Answer::Version(version);
    }
    let Some(VersionProbe::Asked { arguments, .. }) = &definition.version else {
        return Answer::Version(String::new());
    };
    match process::capture(path, arguments, VERSION_WAIT, user) {
        Err(error) => Answer::Nothing(error_chain(&error)),
        Ok(said) => match definition.version_in(&said.stdout, &said.stderr) {
            Some(version) => Answer::Version(version),
            None => Answer::Else(beginning(&said.stdout, &said.stderr)),
        },
    }
}

/// The first line that holds anything.
fn beginning(stdout: &str, stderr: &str) -> String {
    let mut lines = stdout.lines().chain(stderr.lines()).map(str::trim);
    let line = lines.find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().filter(|letter| !letter.is_control()).take(SAID_MAX).collect()
}

fn tell(definition: &Definition, path: &Path, answer: &Answer, earlier: Option<&Answer>) {
    let (package, path) = (&definition.name, path.display());
    match answer {
        _ if earlier == Some(answer) => {}
        Answer::Version(version) => tracing::info!(package, version, %path, "package found"),
        Answer::Else(said) => tracing::warn!(package, %path, "left out, it says no version but: {said}"),
        Answer::Nothing(why) => tracing::warn!(package, "left out: {why}"),
    }
}
