//! The last step to a job: its files found, its packages asked, every fault in one list.

use std::path::Path;

use model::{Fault, Faults, JobDescription, Step};
use packages::session::check_environments;
use packages::support::defaults_from_scene;
use packages::{Definition, Library};

use super::draft::{Draft, Said};
use super::expand::expand;
use super::fields::SHARED_FIELDS;
use super::gather::{Gathered, Whereabouts, gather};
use super::need_fields::split_version;
use super::sent::Sent;
use super::step_draft::StepDraft;
use super::understand::{Surroundings, Understood, understand};
use super::{in_order, movie, suggest};

/// A job that can be submitted, and what people should know of it.
#[derive(Debug)]
pub struct Prepared {
    /// The job.
    pub job: JobDescription,
    /// What may be wrong with it.
    pub warnings: Vec<Fault>,
    /// Files that scenes name and that are not there. The job may go without them where it says so.
    pub missing: Vec<Fault>,
    /// Whether it says so.
    pub allows_missing: bool,
}

/// Makes the job that `draft` asks for; its relative paths are seen from the folder `from`, absolute.
///
/// # Errors
/// Every fault of the description, of its files and of what is asked of the packages. Files that scenes miss
/// are told with these, and are no fault alone.
pub fn prepare(draft: &Draft, around: &Whereabouts<'_>, user: &str) -> Result<Prepared, Faults> {
    prepare_with(&Library::embedded(), draft, around, user)
}

/// The same with the packages of `library`.
///
/// # Errors
/// As `prepare`.
pub fn prepare_with(
    library: &Library,
    draft: &Draft,
    around: &Whereabouts<'_>,
    user: &str,
) -> Result<Prepared, Faults> {
    let scenes = |step: &mut StepDraft| take_from_scene(step, library, around.from);
    put_together(library, draft, user, &scenes, &|steps, job| gather(library, steps, around, job))
}

/// The same where the files are elsewhere: paths of `draft` are those of `sent`, and no scene is read.
///
/// # Errors
/// As `prepare`, and paths that lead to none of the files.
pub fn prepare_sent(
    library: &Library,
    draft: &Draft,
    sent: &Sent<'_>,
    user: &str,
) -> Result<Prepared, Faults> {
    put_together(library, draft, user, &|_| (), &|steps, job| sent.gather(steps, job))
}

/// How the files of a job are found and named in it.
type Gather<'a> = dyn Fn(&[StepDraft], &mut JobDescription) -> Result<Gathered, Faults> + 'a;

fn put_together(
    library: &Library,
    draft: &Draft,
    user: &str,
    take_from_scene: &dyn Fn(&mut StepDraft),
    gather: &Gather<'_>,
) -> Result<Prepared, Faults> {
    let package_for = |scene: &Path| definition_for(library, scene).map(|definition| definition.name.clone());
    let mut steps = draft.whole_steps();
    steps.iter_mut().for_each(take_from_scene);
    let surroundings = Surroundings { user, package_for: &package_for };
    let Understood { mut job, mut faults } = understand(draft, &steps, &surroundings);
    faults.0.extend(idle_flags(draft));
    let (gathered, lost) = match gather(&steps, &mut job) {
        Ok(gathered) => (gathered, Vec::new()),
        Err(lost) => (Gathered::default(), lost.0),
    };
    let Gathered { mut warnings, missing } = gathered;
    let whole = lost.is_empty();
    faults.0.extend(lost);
    faults.0.extend(check(draft, &steps, library, &job, whole));
    faults.0.extend(spread_out(draft, &steps, library, &mut job, &mut warnings));
    let allows_missing = draft.allow_missing.as_ref().is_some_and(|said| said.value);
    if allows_missing {
        job.warnings = missing.iter().map(|fault| format!("{}: {}", fault.place, fault.what)).collect();
    } else if !faults.0.is_empty() {
        faults.0.extend(missing.iter().cloned());
    }
    in_order(faults, draft.whole()).or(Prepared { job, warnings, missing, allows_missing })
}

/// Makes the steps that the parts of pictures and the movie are; what is wrong with that, and with all steps
/// together then.
fn spread_out(
    draft: &Draft,
    steps: &[StepDraft],
    library: &Library,
    job: &mut JobDescription,
    warnings: &mut Vec<Fault>,
) -> Vec<Fault> {
    let last = job.steps.last().map(|step| step.name.clone());
    let before = job.steps.len();
    let mut faults = expand(job, steps, library, warnings).err().unwrap_or_default().0;
    if let Some(movie) = draft.movie.as_ref().filter(|movie| movie.wanted) {
        faults.extend(movie::add(job, movie, last.as_deref(), library).err().unwrap_or_default().0);
    }
    if faults.is_empty() && job.steps.len() > before {
        // What was wrong before has been said.
        let names = |fault: &Fault| matches!(fault.place.as_str(), "step" | "steps");
        let more = job.check().err().unwrap_or_default().0.into_iter().filter(names);
        faults.extend(more.map(|fault| draft.placed(fault)));
    }
    faults
}

/// The package that reads files like `scene`: of several the first that was seen on its real program, and
/// none where there is no telling which is meant.
fn definition_for<'a>(library: &'a Library, scene: &Path) -> Option<&'a Definition> {
    let ending = scene.extension()?.to_str()?.to_ascii_lowercase();
    let readers: Vec<_> =
        library.iter().filter(|definition| definition.scene.endings.contains(&ending)).collect();
    match readers.as_slice() {
        [only] => Some(only),
        several => several.iter().copied().find(|definition| definition.is_seen()),
    }
}

/// Frames and size that the scene itself says, where the step says none.
fn take_from_scene(step: &mut StepDraft, library: &Library, from: &Path) {
    let Some(scene) = &step.scene else { return };
    let named = step.package.as_ref().map(|said| split_version(&said.value).0);
    let definition = named.map_or_else(|| definition_for(library, &scene.value), |name| library.get(name));
    // A scene that cannot be read is a fault of `gather`.
    let Some(Ok(defaults)) =
        definition.map(|definition| defaults_from_scene(definition, &from.join(&scene.value)))
    else {
        return;
    };
    let place = scene.place.clone();
    let bounds = [&step.first_frame, &step.last_frame, &step.frame_count];
    if bounds.iter().all(|bound| bound.is_none())
        && let Some(span) = defaults.animation
    {
        step.first_frame = Some(Said::new(&place, span.first));
        step.last_frame = Some(Said::new(&place, span.last));
        if let (None, Some(part)) = (&step.frames, defaults.part) {
            step.frames = Some(Said::new(&place, format!("{}-{}", part.first, part.last)));
        }
    }
    if step.size.is_none() {
        step.size = defaults.size.map(|size| Said::new(&place, size.to_string()));
    }
}

/// Flags that change nothing, since every step of the description says that for itself.
fn idle_flags(draft: &Draft) -> Vec<Fault> {
    let idle = |field: &&&str| {
        let all = draft.steps.iter().all(|step| step.place_of(field).is_some());
        !draft.steps.is_empty() && all
    };
    let flags = SHARED_FIELDS.iter().filter(idle).filter_map(|field| {
        let flag = draft.shared.place_of(field).filter(|place| place.starts_with("--"))?;
        let what = format!("changes nothing: every step of {} has its own {field}", draft.whole());
        Some(Fault::new(flag, what).hint("change it there, or leave out the flag"))
    });
    flags.collect()
}

/// What the packages and the model find wrong, in places of the draft. Where not all files were found,
/// nothing is said of them.
fn check(
    draft: &Draft,
    steps: &[StepDraft],
    library: &Library,
    job: &JobDescription,
    whole: bool,
) -> Vec<Fault> {
    let silent = |fault: &Fault| !whole && matches!(fault.place.as_str(), "scene" | "support");
    let mut faults = Vec::new();
    for (step, said) in job.steps.iter().zip(steps) {
        let mut found = check_package(library, step);
        // That there is neither a package nor a scene was said already.
        let unnamed: &[&str] =
            if step.work.package.is_empty() { &["package", "scene", "command", "support"] } else { &[] };
        let seen: Vec<String> = found
            .iter()
            .map(|fault| fault.place.clone())
            .chain(unnamed.iter().map(ToString::to_string))
            .collect();
        // The model does not say which step it means, so it is asked of each alone.
        let alone = Step { depends_on: Vec::new(), ..step.clone() };
        let more = JobDescription { steps: vec![alone], ..job.clone() }.check().err().unwrap_or_default().0;
        // Both look at some fields; the package knows better what it cannot do.
        found.extend(more.into_iter().filter(|fault| is_of_step(fault) && !seen.contains(&fault.place)));
        faults.extend(found.into_iter().filter(|fault| !silent(fault)).map(|fault| said.placed(fault)));
    }
    let more = job.check().err().unwrap_or_default().0.into_iter();
    faults.extend(check_environments(job).0.into_iter().map(|fault| draft.placed(fault)));
    let more = more.filter(|fault| !is_of_step(fault) && !silent(fault));
    faults.extend(more.map(|fault| draft.placed(fault)));
    faults
}

/// Whether a fault of the model is one of a single step.
fn is_of_step(fault: &Fault) -> bool {
    let field = fault.place.split('.').next().unwrap_or_default();
    field != "support" && (matches!(field, "step" | "times") || SHARED_FIELDS.contains(&field))
}

fn check_package(library: &Library, step: &Step) -> Vec<Fault> {
    let package = &step.work.package;
    match library.get(package) {
        Some(definition) => packages::check_work(definition, step).0,
        None if package.is_empty() => Vec::new(),
        None => {
            let names: Vec<&str> = library.names().collect();
            let fault = Fault::new("package", format!("there is no rendering package {package:?}"));
            vec![fault.hint(suggest::hint(package, &names))]
        }
    }
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

    fn prepared_in(draft: &Draft, from: &Path) -> Result<Prepared, Faults> {
        let prepared = prepare(draft, &Whereabouts::of(from), "ada")?;
        if prepared.missing.is_empty() { Ok(prepared) } else { Err(Faults(prepared.missing)) }
    }

    fn prepared(folder: &Path, text: &str) -> Result<Prepared, String> {
        let draft = read(Path::new("job.toml"), text).map_err(|faults| faults.to_string())?;
        let told = |faults: Faults| faults.to_string().replace(&folder.display().to_string(), "HERE");
        prepared_in(&draft, folder).map_err(told)
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
        let Prepared { job, warnings, .. } =
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

    #[test]
    fn the_files_of_all_steps_keep_their_places_beside_each_other() {
        let folder = folder();
        fs::create_dir_all(folder.path().join("tools/bin")).unwrap();
        fs::write(folder.path().join("tools/bin/mark.sh"), "echo").unwrap();
        let text = r#"
frames = "1-2"
size = "32x18"
[[step]]
name = "render"
scene = "a.pov"
library = "maps"
[[step]]
name = "mark"
command = ["sh", "{job}/tools/bin/mark.sh"]
support = ["tools/bin/mark.sh"]
[[step]]
name = "say"
command = ["echo", "{frame}"]
"#;
        let Prepared { job, .. } = prepared(folder.path(), text).unwrap();
        let files: Vec<&str> = job.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(files, ["a.inc", "a.pov", "maps/a.png", "tools/bin/mark.sh"]);
        assert_eq!(job.steps[0].work.scene.as_ref().unwrap().as_str(), "a.pov");
        assert_eq!(job.steps[0].work.libraries, ["maps"]);
        assert_eq!((&job.steps[1].work.scene, job.steps[1].work.libraries.len()), (&None, 0));
        assert_eq!(job.check(), Ok(()));
        fs::create_dir(folder.path().join("shots")).unwrap();
        fs::copy(folder.path().join("a.ini"), folder.path().join("shots/b.pov")).unwrap();
        let text = text.replace("scene = \"a.pov\"", "scene = \"shots/b.pov\"").replace("library", "#");
        let Prepared { job, .. } = prepared(folder.path(), &text).unwrap();
        assert_eq!(job.steps[0].work.scene.as_ref().unwrap().as_str(), "shots/b.pov");
    }

    #[test]
    fn a_flag_that_no_step_takes_over_is_a_fault() {
        let folder = folder();
        let text =
            "scene = \"a.pov\"\n[[step]]\nname = \"b\"\nframes = 1\n[[step]]\nname = \"c\"\nframes = 2";
        let mut draft = read(Path::new("job.toml"), text).unwrap();
        draft.shared.frames = Some(Said::new("--frames", "1-3".to_owned()));
        draft.shared.chunk = Some(Said::new("--chunk", 2));
        let faults = prepared_in(&draft, folder.path()).unwrap_err();
        insta::assert_snapshot!(faults, @r"
        --frames: changes nothing: every step of job.toml has its own frames
          hint: change it there, or leave out the flag
        ");
    }
}
