//! Where the host is looked at: below a root, with an environment. Both are parameters, so that what other
//! machines look like can be recorded and read again.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Sources {
    root: PathBuf,
    environment: BTreeMap<String, String>,
    /// Whether it is this machine, which can be asked besides what its files say.
    here: bool,
}

impl Sources {
    /// This host, and the environment of this process.
    #[must_use]
    pub fn here() -> Self {
        let environment = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { root: PathBuf::from("/"), environment, here: true }
    }

    /// The files of another host, recorded below `root`.
    #[must_use]
    pub fn recorded(root: &Path, environment: BTreeMap<String, String>) -> Self {
        Self { root: root.to_owned(), environment, here: false }
    }

    pub(super) const fn is_here(&self) -> bool {
        self.here
    }

    /// A variable of the environment that is set to something.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Every such variable, by name.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        all.filter(|(_, value)| !value.is_empty())
    }

    /// The file's text; empty where there is none.
    pub(super) fn text(&self, path: impl AsRef<Path>) -> String {
        self.read(path).unwrap_or_default()
    }

    /// The file's first line without blanks around it; nothing where it is empty or not there.
    pub(super) fn line(&self, path: impl AsRef<Path>) -> Option<String> {
        let text = self.read(path)?;
        let line = text.lines().next()?.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        (!line.is_empty()).then(|| line.to_owned())
    }

    /// The file's text. Bytes that are no text are replaced.
    pub(super) fn read(&self, path: impl AsRef<Path>) -> Option<String> {
        let bytes = fs::read(self.place(path)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Names in a folder, in order; none where it is not there.
    pub(super) fn names(&self, folder: impl AsRef<Path>) -> Vec<String> {
        let entries = fs::read_dir(self.place(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// The last name of what a symbolic link leads to.
    pub(super) fn link_name(&self, path: impl AsRef<Path>) -> Option<String> {
        let target = fs::read_link(self.place(path)).ok()?;
        Some(target.file_name()?.to_str()?.to_owned())
    }

    pub(super) fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.place(path).exists()
    }

    /// Paths that exist and fit `pattern`: absolute or below `~`, with `*` in it.
    pub(super) fn matches(&self, pattern: &str) -> Vec<PathBuf> {
        let Some(pattern) = self.absolute(pattern) else { return Vec::new() };
        if !pattern.contains(['*', '?', '[']) {
            return if self.exists(&pattern) { vec![PathBuf::from(pattern)] } else { Vec::new() };
        }
        let whole = self.place(&pattern).to_string_lossy().into_owned();
        let found = glob::glob(&whole).into_iter().flatten().flatten();
        found.map(|path| self.seen_from_root(&path)).collect()
    }

    /// `pattern` with the home folder in place of `~`; nothing where it is not absolute then.
    pub(super) fn absolute(&self, pattern: &str) -> Option<String> {
        let whole = match pattern.strip_prefix("~/") {
            Some(rest) => format!("{}/{rest}", self.variable("HOME")?.trim_end_matches('/')),
            None => pattern.to_owned(),
        };
        whole.starts_with('/').then_some(whole)
    }

    /// The folders of `PATH`. Relative ones are passed over: what they mean changes with where we are, and
    /// anyone might write there.
    pub(super) fn path_folders(&self) -> Vec<PathBuf> {
        let path = self.variable("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin");
        env::split_paths(path).filter(|folder| folder.is_absolute()).collect()
    }

    /// A program of the system, where it can be run as it lies: in `PATH` or one of `folders`.
    pub(super) fn program(&self, name: &str, folders: &[&str]) -> Option<PathBuf> {
        let folders = self.path_folders().into_iter().chain(folders.iter().map(PathBuf::from));
        let mut places = folders.map(|folder| self.place(folder.join(name)));
        places.find(|place| program::check(place).is_ok())
    }

    /// Where a path of the host really lies.
    pub(super) fn place(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    fn seen_from_root(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).map_or_else(|_| path.to_owned(), |rest| Path::new("/").join(rest))
    }
}
