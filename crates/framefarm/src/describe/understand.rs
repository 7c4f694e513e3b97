//! Draft to job description: every word understood, every default filled in, every fault kept.
//!
//! No file is looked at here; `gather` does that. A value that has a fault is replaced by one that has
//! none, so the checks that follow do not report the same thing again in other words.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use model::{Fault, Faults, JobDescription, PackageNeed, Profile, Size, Step, VersionPattern, Work};

use super::draft::{Draft, Said};
use super::need_fields::split_version;
use super::{frames, needs};

/// Priority of a job that says nothing; 0 goes first, 100 last.
pub(crate) const PRIORITY: i32 = 50;
/// Tries of a frame where the job says nothing.
pub(crate) const ATTEMPTS: u32 = 3;
/// The package that runs a plain command.
pub(crate) const COMMAND: &str = "command";
/// Name of the only step of a native description.
const STEP: &str = "render";

/// What is not said in a draft but known where it is understood.
pub(crate) struct Surroundings<'a> {
    /// Who is at the keyboard.
    pub(crate) user: &'a str,
    /// The rendering package that reads files of this ending.
    pub(crate) package_for: &'a dyn Fn(&Path) -> Option<String>,
}

/// A job without its files, and what is wrong with it so far.
pub(crate) struct Understood {
    pub(crate) job: JobDescription,
    pub(crate) faults: Faults,
}

pub(crate) fn understand(draft: &Draft, around: &Surroundings<'_>) -> Understood {
    let mut faults = draft.faults.clone();
    let (package, version) = package(draft, around, &mut faults);
    let (frames, animation) = frames::understand(draft, &mut faults);
    let mut profile = profile(draft, &mut faults);
    if let Some(version) = version
        && package != COMMAND
    {
        profile.packages.retain(|need| need.name != package);
        profile.packages.insert(0, PackageNeed { name: package.clone(), version });
    }
    let work = Work {
        package,
        scene: None,
        size: parsed::<Size>(draft.size.as_ref(), &mut faults),
        format: draft.format.as_ref().map(|said| said.value.trim_start_matches('.').to_owned()),
        libraries: Vec::new(),
        settings: draft.settings.iter().map(|(key, said)| (key.clone(), said.value.clone())).collect(),
        arguments: list(draft.arguments.as_ref()),
        command: list(draft.command.as_ref()),
    };
    let job = JobDescription {
        name: name(draft),
        user: text(draft.user.as_ref()).unwrap_or_else(|| around.user.to_owned()),
        group: text(draft.group.as_ref()),
        priority: number(draft.priority.as_ref(), PRIORITY, &mut faults),
        notify: list(draft.notify.as_ref()),
        held: draft.hold.as_ref().is_some_and(|said| said.value),
        attempts_max: number(draft.attempts.as_ref(), ATTEMPTS, &mut faults),
        source: draft.source.clone(),
        ..JobDescription::new("", "", vec![Step { profile, ..Step::new(STEP, frames, animation, work) }])
    };
    Understood { job, faults }
}

fn text(said: Option<&Said<String>>) -> Option<String> {
    said.map(|said| said.value.clone())
}

fn list(said: Option<&Said<Vec<String>>>) -> Vec<String> {
    said.map(|said| said.value.clone()).unwrap_or_default()
}

fn number<T: TryFrom<i64>>(said: Option<&Said<i64>>, usual: T, faults: &mut Faults) -> T {
    let Some(said) = said else { return usual };
    T::try_from(said.value).unwrap_or_else(|_| {
        faults.push(Fault::new(&said.place, format!("{} is far out of range", said.value)));
        usual
    })
}

fn parsed<T>(said: Option<&Said<String>>, faults: &mut Faults) -> Option<T>
where
    T: std::str::FromStr,
    T::Err: Display,
{
    let said = said?;
    match said.value.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            faults.push(said.refused(&error));
            None
        }
    }
}

/// The name as said, or that of the scene or the program.
fn name(draft: &Draft) -> String {
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let program = || draft.command.as_ref().and_then(|said| said.value.first()).map(Path::new).and_then(stem);
    text(draft.name.as_ref())
        .or_else(|| draft.scene.as_ref().and_then(|said| stem(&said.value)))
        .or_else(program)
        .unwrap_or_else(|| "job".to_owned())
}

/// The package's name, and the version that is wanted of it; without a version any will do.
fn package(
    draft: &Draft,
    around: &Surroundings<'_>,
    faults: &mut Faults,
) -> (String, Option<VersionPattern>) {
    let mut version = draft.package_version.clone();
    let mut named = draft.package.as_ref().map(|said| {
        let (name, with) = split_version(&said.value);
        if let Some(with) = with {
            if let Some(other) = &version
                && other.value != with
            {
                let what =
                    format!("the package is wanted as {with} and, in {}, as {}", other.place, other.value);
                faults.push(Fault::new(&said.place, what).hint("name the version once"));
            }
            version = Some(Said::new(&said.place, with.to_owned()));
        }
        name.to_owned()
    });
    if let Some(command) = &draft.command {
        if let (Some(said), Some(name)) = (&draft.package, named.as_deref().filter(|name| *name != COMMAND)) {
            let what = format!("the package {name} and the command in {} exclude each other", command.place);
            faults.push(Fault::new(&said.place, what).hint("leave one of them out"));
        }
        named = Some(COMMAND.to_owned());
    } else if draft.scene.is_none() && draft.faults.0.is_empty() {
        let hint = "name a scene file, or a program with --command";
        faults.push(
            Fault::new(draft.whole(), "there is nothing to render: no scene and no command").hint(hint),
        );
    }
    let name = named.or_else(|| draft.scene.as_ref().and_then(|scene| guess(scene, around, faults)));
    let version = version.map_or_else(|| needs::version("any").ok(), |said| pattern(&said, faults));
    (name.unwrap_or_default(), version)
}

fn guess(scene: &Said<std::path::PathBuf>, around: &Surroundings<'_>, faults: &mut Faults) -> Option<String> {
    let found = (around.package_for)(&scene.value);
    if found.is_none() {
        let what = format!("no rendering package is known for {}", scene.value.display());
        let hint = "name it: package = \"povray\" in a description, --package povray on the command line";
        faults.push(Fault::new(&scene.place, what).hint(hint));
    }
    found
}

fn pattern(said: &Said<String>, faults: &mut Faults) -> Option<VersionPattern> {
    match needs::version(&said.value) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            faults.push(Fault::new(&said.place, error.what).hint(error.hint));
            None
        }
    }
}

fn profile(draft: &Draft, faults: &mut Faults) -> Profile {
    let mut fields = BTreeMap::new();
    for (field, said) in &draft.needs.fields {
        match needs::requirement(*field, &said.value) {
            Ok(Some(requirement)) => {
                fields.insert(*field, requirement);
            }
            Ok(None) => {}
            Err(error) => faults.push(Fault::new(&said.place, error.what).hint(error.hint)),
        }
    }
    let mut packages = Vec::new();
    for (name, said) in &draft.needs.packages {
        packages.extend(pattern(said, faults).map(|version| PackageNeed { name: name.clone(), version }));
    }
    let tags = draft.needs.tags.iter().map(|said| said.value.clone()).collect();
    Profile { fields, packages, tags }
}
