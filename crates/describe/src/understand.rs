//! Draft to job description: every word understood, every default filled in, every fault kept.
//!
//! No file is looked at here; `gather` does that. A value that has a fault is replaced by one that has
//! none, so the checks that follow do not report the same thing again in other words.

use std::path::Path;

use model::{Fault, Faults, JobDescription};

use super::draft::{Draft, Said};
use super::step;
use super::step_draft::StepDraft;

/// Priority of a job that says nothing; 0 goes first, 100 last.
const PRIORITY: i32 = 50;
/// Tries of a frame where the job says nothing.
const ATTEMPTS: u32 = 3;

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

/// Understands `draft`, whose whole steps are `steps`.
pub(crate) fn understand(draft: &Draft, steps: &[StepDraft], around: &Surroundings<'_>) -> Understood {
    let mut faults = draft.faults.clone();
    let understood = steps.iter().map(|step| step::understand(draft, step, around, &mut faults)).collect();
    let job = JobDescription {
        group: text(draft.group.as_ref()),
        priority: number(draft.priority.as_ref(), PRIORITY, &mut faults),
        notify: draft.notify.as_ref().map(|said| said.value.clone()).unwrap_or_default(),
        held: draft.hold.as_ref().is_some_and(|said| said.value),
        attempts_max: number(draft.attempts.as_ref(), ATTEMPTS, &mut faults),
        after: draft.after.as_ref().map(|said| said.value.clone()).unwrap_or_default(),
        slots_max: most(draft.slots_max.as_ref(), &mut faults),
        hosts_max: most(draft.hosts_max.as_ref(), &mut faults),
        environments: draft.environments.iter().map(|said| said.value.clone()).collect(),
        relocate: draft.relocate.as_ref().is_some_and(|said| said.value),
        source: draft.source.clone(),
        ..JobDescription::new(
            name(draft, steps),
            text(draft.user.as_ref()).unwrap_or_else(|| around.user.to_owned()),
            understood,
        )
    };
    Understood { job, faults }
}

fn text(said: Option<&Said<String>>) -> Option<String> {
    said.map(|said| said.value.clone())
}

/// The number as said, or the usual one.
pub(super) fn number<T: TryFrom<i64>>(said: Option<&Said<i64>>, usual: T, faults: &mut Faults) -> T {
    let Some(said) = said else { return usual };
    T::try_from(said.value).unwrap_or_else(|_| {
        faults.push(Fault::new(&said.place, format!("{} is far out of range", said.value)));
        usual
    })
}

/// The most of something that a job may have at once, where that is said.
fn most(said: Option<&Said<i64>>, faults: &mut Faults) -> Option<u32> {
    said.map(|said| number(Some(said), 1, faults))
}

/// The name as said, or that of the first scene or program.
fn name(draft: &Draft, steps: &[StepDraft]) -> String {
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let scene = |step: &StepDraft| step.scene.as_ref().and_then(|said| stem(&said.value));
    let program =
        |step: &StepDraft| stem(Path::new(step.command.as_ref().and_then(|said| said.value.first())?));
    text(draft.name.as_ref())
        .or_else(|| steps.iter().find_map(scene))
        .or_else(|| steps.iter().find_map(program))
        .unwrap_or_else(|| "job".to_owned())
}
