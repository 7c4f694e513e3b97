//! The files of all steps of a job, in one folder that each of them is seen from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::{Fault, Faults, JobDescription, JobPath, PathRules};
use packages::Library;
use packages::support::{Search, Support, SupportFile};

use super::ask_blender::{Asked, ask};
use super::step_draft::StepDraft;

/// What came of looking for the files of a job.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// What may be wrong.
    pub(super) warnings: Vec<Fault>,
    /// Files that scenes name and that are not there.
    pub(super) missing: Vec<Fault>,
}

/// Where files are looked for.
pub struct Whereabouts<'a> {
    /// The folder that relative paths are seen from, absolute.
    pub from: &'a Path,
    /// What folders of other platforms are called here.
    pub rules: &'a PathRules,
}

#[cfg(test)]
impl<'a> Whereabouts<'a> {
    /// A folder on a farm without rules.
    pub(crate) fn of(from: &'a Path) -> Self {
        static NONE: PathRules = PathRules(BTreeMap::new());
        Self { from, rules: &NONE }
    }
}

/// Finds the files of the job, whose `steps` said what is needed, and names them by content.
///
/// # Errors
/// Every file that was named and is missing or cannot be read, and with these what scenes miss.
pub(super) fn gather(
    library: &Library,
    steps: &[StepDraft],
    around: &Whereabouts<'_>,
    job: &mut JobDescription,
) -> Result<Gathered, Faults> {
    let from = around.from;
    let mut faults = Faults::default();
    let mut found = Vec::new();
    for (step, said) in job.steps.iter().zip(steps) {
        let support = match library.get(&step.work.package) {
            Some(definition) => {
                let libraries: Vec<PathBuf> = said.libraries.iter().map(|said| said.value.clone()).collect();
                let named: Vec<String> =
                    said.support.iter().map(|said| said.value.to_string_lossy().into_owned()).collect();
                let scene = said.scene.as_ref().map(|said| said.value.as_path());
                let Asked { answer, warning } = ask(library, definition, scene, from);
                let (blender, rules) = (answer.as_ref(), around.rules);
                let search =
                    Search { definition, scene, libraries: &libraries, named: &named, from, blender, rules };
                search.find().map(|mut support| {
                    support.warnings.splice(0..0, warning);
                    support
                })
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
    let mut missing: Vec<Fault> = Vec::new();
    for (list, of) in [
        (&mut warnings, (|support| &support.warnings) as fn(&Support) -> &Vec<Fault>),
        (&mut missing, |support| &support.missing),
    ] {
        for fault in found.iter().flat_map(of) {
            if !list.contains(fault) {
                list.push(fault.clone());
            }
        }
    }
    job.relocate |= found.iter().any(|support| support.relocate);
    let together = together(found)?;
    for (step, place) in job.steps.iter_mut().zip(together.steps) {
        (step.work.scene, step.work.libraries) = place;
    }
    job.files = Support { files: together.files, ..Support::default() }.job_files()?;
    Ok(Gathered { warnings, missing })
}

/// The files of all steps, and for each step its scene and its libraries among them.
struct Together {
    files: Vec<SupportFile>,
    steps: Vec<(Option<JobPath>, Vec<String>)>,
}

/// Puts the trees of all steps into one. The files of each step keep their places relative to each other, and
/// so do the trees.
fn together(found: Vec<Support>) -> Result<Together, Faults> {
    let mut top: Option<PathBuf> = None;
    for Support { root, .. } in found.iter().filter(|support| !support.files.is_empty()) {
        let shared = top.get_or_insert_with(|| root.clone());
        while !root.starts_with(&shared) && shared.pop() {}
    }
    let top = top.unwrap_or_default();
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut steps = Vec::new();
    let mut faults = Faults::default();
    for support in found {
        let above = support.root.strip_prefix(&top).unwrap_or(Path::new("")).to_string_lossy().into_owned();
        let within = |path: &str| match (above.as_str(), path) {
            ("", path) => path.to_owned(),
            (above, ".") => above.to_owned(),
            (above, path) => format!("{above}/{path}"),
        };
        for SupportFile { path, original } in support.elsewhere {
            files.entry(path.into()).or_insert(original);
        }
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
