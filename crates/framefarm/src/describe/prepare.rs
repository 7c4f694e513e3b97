//! The last step to a job: its files found, its package asked, every fault in one list.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use model::{Fault, Faults, JobDescription};
use packages::support::{Search, Support, defaults_from_scene};
use packages::{Definition, Library};

use super::draft::{Draft, Said};
use super::need_fields::split_version;
use super::understand::{Surroundings, Understood, understand};
use super::{in_order, suggest};

/// A job that can be submitted, and what people should know of it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) job: JobDescription,
    pub(crate) warnings: Vec<Fault>,
}

/// Makes the job that `draft` asks for; its relative paths are seen from the folder `from`, absolute.
///
/// # Errors
/// Every fault of the description, of its files and of what is asked of the package.
pub(crate) fn prepare(mut draft: Draft, from: &Path, user: &str) -> Result<Prepared, Faults> {
    let library = Library::embedded();
    let package_for =
        |scene: &Path| definition_for(&library, scene).map(|definition| definition.name.clone());
    take_from_scene(&mut draft, &library, from);
    let around = Surroundings { user, package_for: &package_for };
    let Understood { mut job, mut faults } = understand(&draft, &around);
    let package = job.steps.first().map_or("", |step| step.work.package.as_str());
    let mut warnings = Vec::new();
    match library.get(package) {
        Some(definition) => match gather(&draft, definition, from, &mut job) {
            Ok(more) => {
                warnings = more;
                faults.0.extend(check(&draft, definition, &job, true));
            }
            Err(missing) => {
                faults.0.extend(missing.0.into_iter().map(|fault| draft.placed(fault)));
                faults.0.extend(check(&draft, definition, &job, false));
            }
        },
        None => {
            if !package.is_empty() {
                faults.push(unknown_package(&draft, &library, package));
            }
            faults.0.extend(check_without_package(&draft, &job));
        }
    }
    in_order(faults, draft.whole()).or(Prepared { job, warnings })
}

/// The package that reads files like `scene`.
fn definition_for<'a>(library: &'a Library, scene: &Path) -> Option<&'a Definition> {
    let ending = scene.extension()?.to_str()?.to_ascii_lowercase();
    library.iter().find(|definition| definition.scene.endings.contains(&ending))
}

/// Frames and size that the scene itself says, where the draft says none.
fn take_from_scene(draft: &mut Draft, library: &Library, from: &Path) {
    let Some(scene) = &draft.scene else { return };
    let named = draft.package.as_ref().map(|said| split_version(&said.value).0);
    let definition = named.map_or_else(|| definition_for(library, &scene.value), |name| library.get(name));
    // A scene that cannot be read is a fault of `gather`.
    let Some(Ok(defaults)) =
        definition.map(|definition| defaults_from_scene(definition, &from.join(&scene.value)))
    else {
        return;
    };
    let place = scene.place.clone();
    let bounds = [&draft.first_frame, &draft.last_frame, &draft.frame_count];
    if bounds.iter().all(|bound| bound.is_none())
        && let Some(span) = defaults.animation
    {
        draft.first_frame = Some(Said::new(&place, span.first));
        draft.last_frame = Some(Said::new(&place, span.last));
        if let (None, Some(part)) = (&draft.frames, defaults.part) {
            draft.frames = Some(Said::new(&place, format!("{}-{}", part.first, part.last)));
        }
    }
    if draft.size.is_none() {
        draft.size = defaults.size.map(|size| Said::new(&place, size.to_string()));
    }
}

/// Finds the files of the job and names them by content; what may be wrong comes back.
fn gather(
    draft: &Draft,
    definition: &Definition,
    from: &Path,
    job: &mut JobDescription,
) -> Result<Vec<Fault>, Faults> {
    let libraries: Vec<PathBuf> = draft.libraries.iter().map(|said| said.value.clone()).collect();
    let named: Vec<String> =
        draft.support.iter().map(|said| said.value.to_string_lossy().into_owned()).collect();
    let scene = draft.scene.as_ref().map(|said| said.value.as_path());
    let found = Search { definition, scene, libraries: &libraries, named: &named, from }.find()?;
    job.files = found.job_files()?;
    let Support { scene, libraries, warnings, .. } = found;
    if let Some(step) = job.steps.first_mut() {
        step.work.scene = scene;
        step.work.libraries = libraries;
    }
    Ok(warnings)
}

/// What the package and the model find wrong, in places of the draft. Without files, nothing is said of them.
fn check(draft: &Draft, definition: &Definition, job: &JobDescription, with_files: bool) -> Vec<Fault> {
    let mut faults: Vec<Fault> =
        job.steps.iter().flat_map(|step| packages::check_work(definition, step).0).collect();
    let seen: BTreeSet<String> = faults.iter().map(|fault| fault.place.clone()).collect();
    let more = job.check().err().unwrap_or_default();
    // Both look at some fields; the package knows better what it cannot do.
    faults.extend(more.0.into_iter().filter(|fault| !seen.contains(&fault.place)));
    faults.retain(|fault| with_files || !matches!(fault.place.as_str(), "scene" | "support"));
    faults.into_iter().map(|fault| draft.placed(fault)).collect()
}

/// What is wrong whichever package it will be. That a package and a scene are missing was said already.
fn check_without_package(draft: &Draft, job: &JobDescription) -> Vec<Fault> {
    let mut faults = job.check().err().unwrap_or_default().0;
    faults.retain(|fault| !matches!(fault.place.as_str(), "package" | "scene" | "command" | "support"));
    faults.into_iter().map(|fault| draft.placed(fault)).collect()
}

fn unknown_package(draft: &Draft, library: &Library, package: &str) -> Fault {
    let names: Vec<&str> = library.names().collect();
    let fault = Fault::new("package", format!("there is no rendering package {package:?}"));
    draft.placed(fault.hint(suggest::hint(package, &names)))
}
