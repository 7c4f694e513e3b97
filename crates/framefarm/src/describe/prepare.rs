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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::read;
    use super::*;

    const BAD: &str = r#"
scene = "missing.pov"
priority = 300
notify = ["ada", "bob@example.com", "eve@"]
support = [
  "notes.txt",
  "absent.png",
  "maps/*.exr",
]
library = "absent"
format = "gif"
attempts = 0
[settings]
antialas = 3
quality = 99
"#;

    fn prepared(folder: &Path, text: &str) -> Result<Prepared, String> {
        let draft = read(Path::new("job.toml"), text).map_err(|faults| faults.to_string())?;
        let told = |faults: Faults| faults.to_string().replace(&folder.display().to_string(), "HERE");
        prepare(draft, folder, "ada").map_err(told)
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("maps")).unwrap();
        let scene = "#include \"a.inc\"\nsphere { 0, 1 pigment { image_map { png \"maps/a.png\" } } }";
        for (name, text) in [
            ("a.pov", scene),
            ("a.inc", ""),
            ("maps/a.png", "png"),
            ("notes.txt", "x"),
            (
                "a.ini",
                "Input_File_Name=a.pov\nInitial_Frame=1\nFinal_Frame=9\nSubset_End_Frame=4\nWidth=32\nHeight=18",
            ),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn a_job_takes_along_what_its_scene_names() {
        let folder = folder();
        let Prepared { job, warnings } =
            prepared(folder.path(), "scene = \"a.pov\"\nsupport = [\"notes.txt\"]").unwrap();
        assert_eq!(warnings, []);
        let files: Vec<&str> = job.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(files, ["a.inc", "a.pov", "maps/a.png", "notes.txt"]);
        assert_eq!(job.steps[0].work.scene.as_ref().unwrap().as_str(), "a.pov");
        assert_eq!(job.check(), Ok(()));
    }

    #[test]
    fn what_the_scene_says_of_itself_holds_where_nothing_else_is_said() {
        let folder = folder();
        let step = |text: &str| prepared(folder.path(), text).unwrap().job.steps.remove(0);
        let own = step("scene = \"a.ini\"");
        assert_eq!(own.frames.to_string(), "1-4");
        assert_eq!((own.animation.first, own.animation.last), (1, 9));
        assert_eq!(own.work.size.unwrap().to_string(), "32x18");
        let said = step("scene = \"a.ini\"\nframes = \"9\"\nsize = \"64x36\"");
        assert_eq!((said.frames.to_string().as_str(), said.animation.last), ("9", 9));
        assert_eq!(said.work.size.unwrap().to_string(), "64x36");
    }

    #[test]
    fn faults_of_files_package_and_model_come_in_one_list() {
        let folder = folder();
        insta::assert_snapshot!(prepared(folder.path(), BAD).unwrap_err());
        insta::assert_snapshot!(prepared(folder.path(), "scene = \"a.pov\"\npackage = \"povary\"").unwrap_err(), @r#"
        job.toml:2: there is no rendering package "povary"
          hint: did you mean povray?
        "#);
    }
}
