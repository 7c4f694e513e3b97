//! The I/O wrapper around the packages of a job whose scene names files from the root of a machine: they are
//! found where the job stands on this host, and the package notices nothing (requirement R10).

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use iowrap::{BASE_VARIABLE, LONGEST, PRELOAD_VARIABLE, RULES_VARIABLE};
use model::{ELSEWHERE, JobFile, MapFile};

use super::RenderStartError;

/// The wrapper in the folder where frames are rendered, so that whoever renders may read it.
pub(super) const WRAPPER: &str = "iowrap.so";

/// Writes the wrapper into `workplace`; its path comes back.
pub(super) fn write_wrapper(workplace: &Path) -> Result<PathBuf, RenderStartError> {
    let path = workplace.join(WRAPPER);
    let written = iowrap::write(&path)
        .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)));
    match written {
        Ok(()) => Ok(path),
        Err(source) => Err(RenderStartError::File { path, source }),
    }
}

/// What tells the wrapper where the files of a job are.
#[derive(Debug, Default)]
pub(super) struct Relocation(BTreeMap<&'static str, String>);

impl Relocation {
    /// For the job whose files stand in `folder`, by `map`.
    pub(super) fn new(wrapper: &Path, folder: &Path, files: &[JobFile], map: &MapFile) -> Self {
        let is_elsewhere = |file: &JobFile| Path::new(file.path.as_str()).starts_with(ELSEWHERE);
        // Where files have nothing in common they stand below the job's folder by their whole paths.
        let base = if files.iter().any(is_elsewhere) { folder.join(ELSEWHERE) } else { folder.to_owned() };
        let base_text = format!("{}/", base.display());
        let mut rules = String::new();
        for rule in &map.path_mapping_rules {
            let (from, to) = (&rule.source_path, &rule.destination_path);
            // What stands below the base by its whole path is found without a rule.
            let found = to.strip_prefix(&base_text) == Some(from.trim_start_matches('/'));
            let line = format!("{from}={to}\n");
            if found || from.contains(['=', '\n']) || to.contains('\n') {
                continue;
            }
            if rules.len() + line.len() >= LONGEST - RULES_VARIABLE.len() {
                tracing::warn!("there are too many path rules for the I/O wrapper; {from} is left out");
                continue;
            }
            rules.push_str(&line);
        }
        let mut variables = BTreeMap::from([
            (PRELOAD_VARIABLE, wrapper.display().to_string()),
            (BASE_VARIABLE, base.display().to_string()),
        ]);
        if !rules.is_empty() {
            variables.insert(RULES_VARIABLE, rules);
        }
        Self(variables)
    }

    /// Adds it to the environment of a process; a library that is preloaded already stays so.
    pub(super) fn put(&self, environment: &mut BTreeMap<String, String>) {
        for (name, value) in &self.0 {
            let others = environment.get(*name).filter(|_| *name == PRELOAD_VARIABLE);
            let value = others.map_or_else(|| value.clone(), |others| format!("{value}:{others}"));
            environment.insert((*name).to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{PathRules, Platform};

    use super::*;

    fn file(path: &str, original: &str) -> JobFile {
        let digest = model::Digest([0; 32]);
        JobFile {
            path: path.parse().unwrap(),
            original: original.into(),
            digest,
            bytes: 1,
            executable: false,
        }
    }

    fn rules() -> PathRules {
        let rule = model::PathRule {
            linux: Some("/mnt/p".into()),
            windows: Some("P:\\".into()),
            ..Default::default()
        };
        PathRules(BTreeMap::from([("p".to_owned(), rule)]))
    }

    #[test]
    fn files_elsewhere_are_found_by_the_base_and_folders_by_rules() {
        let files =
            [file("shot/a.pov", "/home/ann/film/shot/a.pov"), file("elsewhere/tex/b.png", "/tex/b.png")];
        let map = MapFile::new(&rules(), Platform::Linux, &files, "/jobs/7/files");
        let relocation = Relocation::new(Path::new("/w.so"), Path::new("/jobs/7/files"), &files, &map);
        assert_eq!(relocation.0[BASE_VARIABLE], "/jobs/7/files/elsewhere");
        assert_eq!(relocation.0[RULES_VARIABLE], "/home/ann/film=/jobs/7/files\nP:\\=/mnt/p\n");
        let one = [file("home/ann/a.pov", "/home/ann/a.pov"), file("tex/b.png", "/tex/b.png")];
        let map = MapFile::new(&PathRules::default(), Platform::Linux, &one, "/jobs/7/files");
        let relocation = Relocation::new(Path::new("/w.so"), Path::new("/jobs/7/files"), &one, &map);
        assert_eq!(relocation.0[BASE_VARIABLE], "/jobs/7/files", "they lie below it by their whole paths");
        assert!(!relocation.0.contains_key(RULES_VARIABLE));
    }

    #[test]
    fn what_is_preloaded_already_stays() {
        let relocation = Relocation(BTreeMap::from([(PRELOAD_VARIABLE, "/w.so".to_owned())]));
        let mut environment = BTreeMap::from([(PRELOAD_VARIABLE.to_owned(), "/malloc.so".to_owned())]);
        relocation.put(&mut environment);
        assert_eq!(environment[PRELOAD_VARIABLE], "/w.so:/malloc.so");
    }
}
