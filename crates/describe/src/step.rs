//! The draft of a step to the step: what it does, on which hosts, and how it is given out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::PathBuf;

use model::{Clause, Fault, Faults, Need, PackageNeed, Profile, Refuse, Size, Step, VersionPattern, Work};

use super::draft::{Draft, Said};
use super::need_fields::split_version;
use super::step_draft::StepDraft;
use super::understand::{Surroundings, number};
use super::{frames, scheduling, suggest};

/// The package that runs a plain command.
const COMMAND: &str = "command";
/// Name of the only step of a job that names none.
const STEP: &str = "render";

/// Understands `step`, a whole one of `draft`; files are not looked at.
pub(super) fn understand(
    draft: &Draft,
    step: &StepDraft,
    around: &Surroundings<'_>,
    faults: &mut Faults,
) -> Step {
    let sound = draft.faults.0.is_empty();
    let (package, version) = package(draft, step, around, faults);
    let (frames, animation) = frames::understand(step, sound, faults);
    let mut profile = profile(step);
    if let Some(version) = version
        && package != COMMAND
    {
        let own = |need: &Need| matches!(need, Need::Package(need) if need.name == package);
        profile.needs.retain(|need| !own(need));
        profile.needs.push(Need::Package(PackageNeed { name: package.clone(), version }));
    }
    profile.put_in_order();
    let work = Work {
        package,
        scene: None,
        size: parsed::<Size>(step.size.as_ref(), faults),
        format: step.format.as_ref().map(|said| said.value.trim_start_matches('.').to_owned()),
        libraries: Vec::new(),
        settings: step.settings.iter().map(|(key, said)| (key.clone(), said.value.clone())).collect(),
        arguments: list(step.arguments.as_ref()),
        command: list(step.command.as_ref()),
        refuse: refuse(step, faults),
        cold: step.cold.as_ref().is_some_and(|said| said.value),
        warm: step.warm.as_ref().is_some_and(|said| said.value),
        ..Work::default()
    };
    let name = step.name.as_ref().map_or_else(|| STEP.to_owned(), |said| said.value.clone());
    Step {
        profile,
        depends_on: step.depends_on.as_ref().map(|said| said.value.clone()).unwrap_or_default(),
        chunk: number(step.chunk.as_ref(), 1, faults),
        order: scheduling::order(step, faults),
        slots: scheduling::slots(step, faults),
        limits: limits(step, faults),
        reserve: scheduling::reserve(step, faults),
        times: scheduling::times(step, faults),
        environments: step.environments.iter().map(|said| said.value.clone()).collect(),
        ..Step::new(name, frames, animation, work)
    }
}

/// Kinds of warnings by what people call them.
const REFUSED: [(&str, Refuse); 4] = [
    ("missing-files", Refuse::MissingFiles),
    ("blank", Refuse::Blank),
    ("not-numbers", Refuse::NotNumbers),
    ("warnings", Refuse::Warnings),
];

/// What is to fail a frame though it could be had.
fn refuse(step: &StepDraft, faults: &mut Faults) -> BTreeSet<Refuse> {
    let mut refused = BTreeSet::new();
    let Some(said) = &step.refuse else { return refused };
    for word in &said.value {
        let plain = word.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        match REFUSED.iter().find(|(name, _)| *name == plain) {
            Some((_, kind)) => drop(refused.insert(*kind)),
            None => {
                let names = REFUSED.map(|(name, _)| name);
                let fault = Fault::new(&said.place, format!("{word:?} is nothing that can be refused"));
                faults.push(fault.hint(suggest::hint(&plain, &names)));
            }
        }
    }
    refused
}

/// What a frame takes of the farm's limits. An amount of 0 lifts what the job says for all steps.
fn limits(step: &StepDraft, faults: &mut Faults) -> BTreeMap<String, u32> {
    let taken = step.limits.iter().filter(|(_, said)| said.value != 0);
    taken.map(|(name, said)| (name.clone(), number(Some(said), 1, faults))).collect()
}

fn list(said: Option<&Said<Vec<String>>>) -> Vec<String> {
    said.map(|said| said.value.clone()).unwrap_or_default()
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

/// The package's name, and the version that is wanted of it; without a version any will do.
fn package(
    draft: &Draft,
    step: &StepDraft,
    around: &Surroundings<'_>,
    faults: &mut Faults,
) -> (String, Option<VersionPattern>) {
    let mut version = step.package_version.clone();
    let mut named = step.package.as_ref().map(|said| {
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
    if let Some(command) = &step.command {
        if let (Some(said), Some(name)) = (&step.package, named.as_deref().filter(|name| *name != COMMAND)) {
            let what = format!("the package {name} and the command in {} exclude each other", command.place);
            faults.push(Fault::new(&said.place, what).hint("leave one of them out"));
        }
        named = Some(COMMAND.to_owned());
    } else if step.scene.is_none() && draft.faults.0.is_empty() {
        let place = step.table.as_deref().unwrap_or_else(|| draft.whole());
        let what = "there is nothing to render: no scene and no command";
        faults.push(Fault::new(place, what).hint("name a scene file, or a program with --command"));
    }
    let name = named.or_else(|| step.scene.as_ref().and_then(|scene| guess(scene, around, faults)));
    let version = version.map_or_else(|| Some(VersionPattern::any()), |said| pattern(&said, faults));
    (name.unwrap_or_default(), version)
}

fn guess(scene: &Said<PathBuf>, around: &Surroundings<'_>, faults: &mut Faults) -> Option<String> {
    let found = (around.package_for)(&scene.value);
    if found.is_none() {
        let what = format!("no rendering package is known for {}", scene.value.display());
        let hint = "name it: package = \"povray\" in a description, --package povray on the command line";
        faults.push(Fault::new(&scene.place, what).hint(hint));
    }
    found
}

fn pattern(said: &Said<String>, faults: &mut Faults) -> Option<VersionPattern> {
    if ["", "*", "any"].contains(&said.value.trim().to_ascii_lowercase().as_str()) {
        return Some(VersionPattern::any());
    }
    said.value.parse().map_err(|error| faults.push(said.refused(&error))).ok()
}

fn profile(step: &StepDraft) -> Profile {
    let needs = Clause::gather(step.needs.iter().map(|said| said.value.clone()));
    Profile { needs, prefer: step.prefer.iter().map(|said| said.value.clone()).collect() }
}
