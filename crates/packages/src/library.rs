//! All definitions: those that come with the farm, built into the program, and those of a site, which take
//! their places or are added.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use model::{Fault, Faults, PackageFile};

use crate::Definition;
use crate::definition::fields::Reader;
use crate::definition::node::{self, Node, Value};
use crate::definition::read;

const EMBEDDED: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/definitions.rs"));

/// Most bytes of a file of a site.
const FILE_MAX: u64 = 1 << 20;
/// Most files of a site.
const FILES_MAX: usize = 1000;

/// Definitions by name.
#[derive(Clone, Debug)]
pub struct Library {
    definitions: BTreeMap<String, Arc<Definition>>,
    site: Vec<PackageFile>,
    /// Names of those that a site has given.
    of_site: Vec<String>,
}

impl Library {
    /// The definitions that come with the farm.
    ///
    /// # Panics
    /// Never: a test reads each of them.
    #[must_use]
    pub fn embedded() -> Self {
        Self::with(Vec::new()).expect("the embedded definitions are well formed, as their test shows")
    }

    /// The same with `site` laid over them.
    ///
    /// # Errors
    /// Every fault in the definitions of the site.
    pub fn with(site: Vec<PackageFile>) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let embedded = EMBEDDED.iter().map(|(path, text)| (*path, *text));
        let built_in = Sources::read(embedded, &mut faults);
        let given = site.iter().map(|file| (file.path.as_str(), file.text.as_str()));
        let own = Sources::read(given, &mut faults);
        let (mut definitions, mut of_site) = (BTreeMap::new(), Vec::new());
        for (name, source) in
            built_in.definitions.iter().filter(|(name, _)| !own.definitions.contains_key(*name))
        {
            if let Some(read) = resolve(name, source, &built_in, &own, &mut faults) {
                definitions.insert(name.clone(), Arc::new(read));
            }
        }
        for (name, source) in &own.definitions {
            if let Some(read) = resolve(name, source, &built_in, &own, &mut faults) {
                of_site.push(name.clone());
                definitions.insert(name.clone(), Arc::new(read));
            }
        }
        faults.or(Self { definitions, site, of_site })
    }

    /// Reads the definition at `path` as it would be in the folder of a site: with the scripts and other
    /// definitions beside it that it names.
    ///
    /// # Errors
    /// Every fault in it.
    pub fn check(path: &Path) -> Result<Definition, Faults> {
        let mut faults = Faults::default();
        let built_in = Sources::read(EMBEDDED.iter().map(|(path, text)| (*path, *text)), &mut faults);
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let root = beside(path)?;
        let Some(name) = text_of(&root, "name").map(str::to_owned) else {
            let what = Fault::new(format!("{}:1", path.display()), "name is missing here");
            return Err(Faults(vec![what]));
        };
        let mut site = Sources::default();
        site.add(name.clone(), root, folder);
        let mut next =
            site.definitions.get(&name).and_then(|root| text_of(root, "extends")).map(str::to_owned);
        while let Some(base) = next.filter(|base| !site.definitions.contains_key(base)) {
            let path = folder.join(format!("{base}.toml"));
            if !path.is_file() {
                break;
            }
            site.add(base.clone(), beside(&path)?, folder);
            next = site.definitions.get(&base).and_then(|root| text_of(root, "extends")).map(str::to_owned);
        }
        let read =
            site.definitions.get(&name).and_then(|root| resolve(&name, root, &built_in, &site, &mut faults));
        match read {
            Some(read) => faults.or(read),
            None => Err(faults),
        }
    }

    /// The files of a site that lie below `folder`; none where it does not exist.
    ///
    /// # Errors
    /// Files that cannot be read, each.
    pub fn files_below(folder: &Path) -> Result<Vec<PackageFile>, Faults> {
        let (mut files, mut faults) = (Vec::new(), Faults::default());
        if folder.exists() {
            collect(folder, folder, &mut files, &mut faults);
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        faults.or(files)
    }

    /// The definition called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name).map(Arc::as_ref)
    }

    /// Every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.keys().map(String::as_str)
    }

    /// Every definition, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Definition> {
        self.definitions.values().map(Arc::as_ref)
    }

    /// Names all scripts by what is in them.
    #[must_use]
    pub fn digest_of_scripts(&self) -> String {
        let mut digest = blake3::Hasher::new();
        for (name, script) in self.iter().flat_map(|one| one.all_scripts().map(|script| (&one.name, script)))
        {
            for text in [name, &script.name, script.text.as_ref()] {
                digest.update(&text.len().to_le_bytes());
                digest.update(text.as_bytes());
            }
        }
        digest.finalize().to_hex()[..16].to_owned()
    }

    /// The files of the site, as they were given.
    #[must_use]
    pub fn site_files(&self) -> &[PackageFile] {
        &self.site
    }

    /// Whether the site has given the definition called `name`.
    #[must_use]
    pub fn is_of_site(&self, name: &str) -> bool {
        self.of_site.iter().any(|one| one == name)
    }
}

/// Definition files by the names in them, and all files by path.
#[derive(Default)]
struct Sources {
    definitions: BTreeMap<String, Node>,
    files: BTreeMap<String, Arc<str>>,
}

impl Sources {
    fn read<'a>(files: impl Iterator<Item = (&'a str, &'a str)>, faults: &mut Faults) -> Self {
        let mut sources = Self::default();
        for (path, text) in files {
            sources.files.insert(path.to_owned(), text.into());
            // Definitions lie at the top; below are scripts.
            if !path.ends_with(".toml") || path.contains('/') {
                continue;
            }
            let root = match node::parse(path, text) {
                Ok(root) => root,
                Err(more) => {
                    faults.0.extend(more.0);
                    continue;
                }
            };
            match text_of(&root, "name") {
                Some(name) if sources.definitions.contains_key(name) => {
                    faults
                        .push(Fault::new(path, format!("another file of this folder is called {name} too")));
                }
                Some(name) => {
                    sources.definitions.insert(name.to_owned(), root);
                }
                None => faults.push(Fault::new(format!("{path}:1"), "name is missing here")),
            }
        }
        sources
    }
}

impl Sources {
    /// Adds the definition `root` from `folder` with the scripts that it names.
    fn add(&mut self, name: String, root: Node, folder: &Path) {
        for path in scripts_of(&root) {
            if let Ok(text) = fs::read_to_string(folder.join(path)) {
                self.files.insert(path.to_owned(), text.into());
            }
        }
        self.definitions.insert(name, root);
    }
}

/// The paths of the scripts that `root` names.
fn scripts_of(root: &Node) -> Vec<&str> {
    let Value::Table(entries) = &root.value else { return Vec::new() };
    let scripts = entries.iter().find(|entry| entry.key == "scripts").map(|entry| &entry.node.value);
    let Some(Value::Table(scripts)) = scripts else { return Vec::new() };
    scripts
        .iter()
        .filter_map(|entry| match &entry.node.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// The file at `path` as nodes.
fn beside(path: &Path) -> Result<Node, Faults> {
    let file = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Faults(vec![Fault::new(&file, format!("it cannot be read: {error}"))]))?;
    node::parse(&file, &text)
}

fn text_of<'a>(root: &'a Node, key: &str) -> Option<&'a str> {
    let Value::Table(entries) = &root.value else { return None };
    let entry = entries.iter().find(|entry| entry.key == key)?;
    if let Value::Text(text) = &entry.node.value { Some(text) } else { None }
}

/// The definition `name` with all that it extends.
fn resolve(
    name: &str,
    source: &Node,
    built_in: &Sources,
    site: &Sources,
    faults: &mut Faults,
) -> Option<Definition> {
    let reader = Reader::default();
    let root = extended(name, source, built_in, site, &reader);
    let scripts = |path: &str| site.files.get(path).or_else(|| built_in.files.get(path)).cloned();
    let read = root.and_then(|root| read::definition(&root, &scripts, &reader));
    match read::finish(read, reader) {
        Ok(read) => Some(read),
        Err(more) => {
            for fault in more.0.into_iter().filter(|fault| !faults.0.contains(fault)).collect::<Vec<_>>() {
                faults.push(fault);
            }
            None
        }
    }
}

/// `source` laid over what it extends, and that over what it extends in turn.
fn extended(name: &str, source: &Node, built_in: &Sources, site: &Sources, reader: &Reader) -> Option<Node> {
    let mut root = source.clone();
    let mut passed = vec![name.to_owned()];
    let mut next = text_of(source, "extends").map(str::to_owned);
    // What extends its own name extends the one that comes with the farm.
    let mut own_name = name.to_owned();
    let mut in_site = std::ptr::eq(source, site.definitions.get(name).unwrap_or(source))
        && site.definitions.contains_key(name);
    while let Some(base) = next {
        let at_home = base == own_name && in_site;
        let found = if at_home { None } else { site.definitions.get(&base) };
        in_site = found.is_some();
        let Some(below) = found.or_else(|| built_in.definitions.get(&base)) else {
            let known: Vec<&str> =
                built_in.definitions.keys().chain(site.definitions.keys()).map(String::as_str).collect();
            let hint = model::nearest(&base, known.iter().copied()).map_or_else(
                || format!("known are {}", known.join(", ")),
                |one| format!("did you mean {one}?"),
            );
            reader.fault_with(&root.place, format!("it extends {base}, and there is no such package"), hint);
            return None;
        };
        if !at_home && passed.contains(&base) {
            passed.push(base);
            reader.fault(&source.place, format!("it extends itself: {}", passed.join(" extends ")));
            return None;
        }
        passed.push(base.clone());
        root = read::laid_over(below, &root);
        next = text_of(below, "extends").map(str::to_owned);
        own_name = base;
    }
    Some(root)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<PackageFile>, faults: &mut Faults) {
    let unreadable = |path: &Path, error: io::Error| {
        Fault::new(path.display().to_string(), format!("it cannot be read: {error}"))
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return faults.push(unreadable(folder, error)),
    };
    for path in entries.map_while(Result::ok).map(|entry| entry.path()) {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']));
        if hidden {
            continue;
        }
        if path.is_dir() {
            // Recorded logs are looked at by `package check` alone.
            if !path.ends_with("logs") {
                collect(root, &path, files, faults);
            }
            continue;
        }
        if files.len() >= FILES_MAX || path.metadata().is_ok_and(|about| about.len() > FILE_MAX) {
            faults
                .push(Fault::new(path.display().to_string(), "it is too large, or there are too many files"));
            return;
        }
        match fs::read_to_string(&path) {
            Ok(text) => {
                let path = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                files.push(PackageFile { path, text });
            }
            Err(error) => faults.push(unreadable(&path, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(files: &[(&str, &str)]) -> Result<Library, Faults> {
        let file = |(path, text): &(&str, &str)| PackageFile { path: (*path).into(), text: (*text).into() };
        Library::with(files.iter().map(file).collect())
    }

    #[test]
    fn the_embedded_definitions_are_well_formed() {
        let library = Library::with(Vec::new()).unwrap_or_else(|faults| panic!("{faults}"));
        for (path, _) in EMBEDDED.iter().filter(|(path, _)| path.ends_with(".toml")) {
            assert!(library.get(path.trim_end_matches(".toml")).is_some(), "{path} is called after its name");
        }
    }

    #[test]
    fn a_site_overrides_extends_and_adds() {
        let library = site(&[
            ("povray.toml", "name = 'povray'\nextends = 'povray'\nseen = ['3.8']\nfolders = ['/site/pov*']"),
            ("sky.toml", "name = 'sky'\nextends = 'povray'\ntitle = 'Sky'"),
        ])
        .unwrap_or_else(|faults| panic!("{faults}"));
        let povray = library.get("povray").unwrap();
        assert_eq!(
            (povray.title.as_str(), povray.folders.here()),
            ("POV-Ray", &["/site/pov*".to_owned()][..])
        );
        assert_eq!(povray.formats.len(), Library::embedded().get("povray").unwrap().formats.len());
        let sky = library.get("sky").unwrap();
        assert_eq!((sky.title.as_str(), &sky.seen), ("Sky", &vec!["3.8".to_owned()]));
        assert!(library.is_of_site("sky") && !library.is_of_site("command"));
    }

    #[test]
    fn circles_strangers_and_twins_are_faults_with_their_places() {
        let faults = site(&[
            ("a.toml", "name = 'a'\nextends = 'b'"),
            ("b.toml", "name = 'b'\nextends = 'a'"),
            ("c.toml", "name = 'c'\nextends = 'povrai'"),
            ("d.toml", "name = 'd'\nextends = 'povray'\n[scripts]\nrun = 'd/run.py'"),
            ("e.toml", "title = 'x'"),
            ("f.toml", "name = \n"),
        ]);
        let told = faults.map(|_| ()).unwrap_err().to_string();
        for wanted in [
            "a.toml:1: it extends itself: a extends b extends a",
            "b.toml:1: it extends itself: b extends a extends b",
            "c.toml:1: it extends povrai, and there is no such package\n  hint: did you mean povray?",
            "d.toml:4: there is no file \"d/run.py\" beside the definition",
            "e.toml:1: name is missing here",
            "f.toml:1: this is not TOML",
        ] {
            assert!(told.contains(wanted), "{wanted} in\n{told}");
        }
    }
}
