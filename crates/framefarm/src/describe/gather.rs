//! The files of all steps of a job, in one folder that each of them is seen from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::{Fault, Faults, JobDescription, JobPath};
use packages::Library;
use packages::support::{Search, Support, SupportFile, plain};

use super::step_draft::StepDraft;

/// Finds the files of the job, whose `steps` said what is needed, and names them by content; what may be
/// wrong comes back.
///
/// # Errors
/// Every file that is missing or cannot be read.
pub(super) fn gather(
    library: &Library,
    steps: &[StepDraft],
    from: &Path,
    job: &mut JobDescription,
) -> Result<Vec<Fault>, Faults> {
    let mut faults = Faults::default();
    let mut found = Vec::new();
    for (step, said) in job.steps.iter().zip(steps) {
        let support = match library.get(&step.work.package) {
            Some(definition) => {
                let libraries: Vec<PathBuf> = said.libraries.iter().map(|said| said.value.clone()).collect();
                let named: Vec<String> =
                    said.support.iter().map(|said| said.value.to_string_lossy().into_owned()).collect();
                let scene = said.scene.as_ref().map(|said| said.value.as_path());
                Search { definition, scene, libraries: &libraries, named: &named, from }.find()
            }
            // Which package it is has a fault of its own.
            None => Ok(Support::default()),
        };
        match support {
            Ok(support) => found.push(support),
            Err(missing) => faults.0.extend(missing.0.into_iter().map(|fault| said.placed(fault))),
        }
    }
    faults.or(())?;
    let mut warnings: Vec<Fault> = Vec::new();
    for warning in found.iter().flat_map(|support| &support.warnings) {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
    let together = together(found)?;
    for (step, place) in job.steps.iter_mut().zip(together.steps) {
        (step.work.scene, step.work.libraries) = place;
    }
    job.files = Support { files: together.files, ..Support::default() }.job_files()?;
    Ok(warnings)
}

/// The files of all steps, and for each step its scene and its libraries among them.
struct Together {
    files: Vec<SupportFile>,
    steps: Vec<(Option<JobPath>, Vec<String>)>,
}

/// Puts the trees of all steps into one. The files of each step keep their places relative to each other, and
/// so do the trees.
fn together(found: Vec<Support>) -> Result<Together, Faults> {
    let roots: Vec<PathBuf> = found.iter().map(root).collect();
    let mut top: Option<PathBuf> = None;
    for (root, _) in roots.iter().zip(&found).filter(|(_, support)| !support.files.is_empty()) {
        let shared = top.get_or_insert_with(|| root.clone());
        while !root.starts_with(&shared) && shared.pop() {}
    }
    let top = top.unwrap_or_default();
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut steps = Vec::new();
    let mut faults = Faults::default();
    for (support, root) in found.into_iter().zip(&roots) {
        let above = root.strip_prefix(&top).unwrap_or(Path::new("")).to_string_lossy().into_owned();
        let within = |path: &str| match (above.as_str(), path) {
            ("", path) => path.to_owned(),
            (above, ".") => above.to_owned(),
            (above, path) => format!("{above}/{path}"),
        };
        for SupportFile { path, original } in support.files {
            files.entry(within(path.as_str())).or_insert(original);
        }
        let scene = support.scene.and_then(|scene| job_path(&within(scene.as_str()), &mut faults));
        steps.push((scene, support.libraries.iter().map(|folder| within(folder)).collect()));
    }
    let file = |(path, original): (String, PathBuf)| {
        Some(SupportFile { path: job_path(&path, &mut faults)?, original })
    };
    let files = files.into_iter().filter_map(file).collect();
    faults.or(Together { files, steps })
}

fn job_path(path: &str, faults: &mut Faults) -> Option<JobPath> {
    match path.parse() {
        Ok(path) => Some(path),
        Err(error) => {
            faults.push(Fault::new("support", error.to_string()).hint("rename the file or its folder"));
            None
        }
    }
}

/// The folder here that the places of `support` are relative to.
fn root(support: &Support) -> PathBuf {
    let Some(SupportFile { path, original }) = support.files.first() else { return PathBuf::new() };
    let mut root = plain(original);
    for _ in path.as_str().split('/') {
        root.pop();
    }
    root
}
