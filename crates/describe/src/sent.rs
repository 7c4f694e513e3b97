//! The files of a job that a client names: it has found them and knows their digests, and they are not here.

use std::path::{Path, PathBuf};

use model::{Fault, Faults, JobDescription, JobFile, JobPath};
use packages::support::plain;

use super::draft::Said;
use super::gather::Gathered;
use super::step_draft::StepDraft;

/// What a client has found.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The files, with their places in the job's folder.
    pub files: &'a [JobFile],
    /// What scenes name and the client did not find.
    pub missing: &'a [Fault],
}

impl Sent<'_> {
    /// Names the files in the job; what `steps` say has to be among them.
    pub(super) fn gather(&self, steps: &[StepDraft], job: &mut JobDescription) -> Result<Gathered, Faults> {
        let mut faults = Faults::default();
        for (step, said) in job.steps.iter_mut().zip(steps) {
            step.work.scene =
                said.scene.as_ref().and_then(|scene| self.file(scene, "the render file", &mut faults));
            let folders = said.libraries.iter().filter_map(|said| self.folder(said, &mut faults));
            step.work.libraries = folders.collect();
            for support in &said.support {
                if !self.holds(&place(&support.value)) {
                    self.file(support, "the file", &mut faults);
                }
            }
        }
        job.files = self.files.to_vec();
        faults.or(Gathered { warnings: Vec::new(), missing: self.missing.to_vec() })
    }

    fn file(&self, said: &Said<PathBuf>, what: &str, faults: &mut Faults) -> Option<JobPath> {
        let wanted = place(&said.value);
        let found = self.files.iter().find(|file| file.path.as_str() == wanted);
        if found.is_none() {
            let what = format!("{what} {} is not among the files of the job", said.value.display());
            faults.push(Fault::new(&said.place, what).hint("name it by its path in the job's folder"));
        }
        found.map(|file| file.path.clone())
    }

    fn folder(&self, said: &Said<PathBuf>, faults: &mut Faults) -> Option<String> {
        let wanted = place(&said.value);
        if wanted.is_empty() {
            return Some(".".to_owned());
        }
        if self.holds(&wanted) {
            return Some(wanted);
        }
        let what = format!("no file of the job is in the folder {}", said.value.display());
        faults.push(Fault::new(&said.place, what).hint("a library is a folder that the package searches"));
        None
    }

    /// Whether a file lies in this folder of the job.
    fn holds(&self, folder: &str) -> bool {
        let inside = |file: &JobFile| {
            file.path.as_str().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        folder.is_empty() || self.files.iter().any(inside)
    }
}

/// A path as those of a job are written.
fn place(path: &Path) -> String {
    plain(path).to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use model::Digest;
    use packages::Library;

    use super::super::{prepare_sent, read};
    use super::*;

    fn files(paths: &[&str]) -> Vec<JobFile> {
        let file = |path: &&str| JobFile {
            path: path.parse().unwrap(),
            original: format!("/home/ada/{path}"),
            digest: Digest([7; 32]),
            bytes: 1,
            executable: false,
        };
        paths.iter().map(file).collect()
    }

    fn prepared(text: &str, paths: &[&str]) -> Result<JobDescription, String> {
        let draft = read(Path::new("job.json"), text).map_err(|faults| faults.to_string())?;
        let sent = Sent { files: &files(paths), missing: &[] };
        let prepared = prepare_sent(&Library::embedded(), &draft, &sent, "ada");
        prepared.map(|prepared| prepared.job).map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_job_is_made_of_files_that_are_elsewhere() {
        let text = r#"{"scene": "shots/./a.pov", "frames": "1-4", "size": "64x48", "library": ["."],
                       "tiles": "2x1", "support": ["maps", "shots/a.pov"], "settings": {"quality": 3}}"#;
        let job = prepared(text, &["maps/a.png", "shots/a.pov"]).unwrap();
        assert_eq!(job.check(), Ok(()));
        let steps: Vec<&str> = job.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(steps, ["render.tile1", "render.tile2", "render"]);
        assert_eq!(job.steps[0].work.scene.as_ref().unwrap().as_str(), "shots/a.pov");
        assert_eq!(job.steps[0].work.libraries, ["."]);
        assert_eq!((job.name.as_str(), job.files.len()), ("a", 2));
    }

    #[test]
    fn what_is_not_among_them_is_told_with_the_rest() {
        let text =
            "{\n\"scene\": \"b.pov\",\n\"library\": \"inc\",\n\"support\": \"c.png\",\n\"priority\": 300\n}";
        insta::assert_snapshot!(prepared(text, &["a.pov"]).unwrap_err(), @r"
        job.json:2: the render file b.pov is not among the files of the job
          hint: name it by its path in the job's folder
        job.json:3: no file of the job is in the folder inc
          hint: a library is a folder that the package searches
        job.json:4: the file c.png is not among the files of the job
          hint: name it by its path in the job's folder
        job.json:5: priority 300 is outside 0 to 100
          hint: 0 goes first, 100 last; 50 is usual
        ");
    }
}
