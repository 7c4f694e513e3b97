//! What each placeholder stands for in an attempt, and which placeholders there are.

use std::path::{Path, PathBuf};

use model::Step;

use crate::definition::Definition;
use crate::session::{FILE_PREFIX, OF_SESSIONS};
use crate::setting::{Setting, SettingKind};
use crate::template::{Template, Value, Values};
use crate::{Invocation, outputs};

/// Placeholders that the command of a job may hold.
pub(crate) const OF_JOBS: [&str; 16] = [
    "frame",
    "frames",
    "last_frame",
    "first",
    "last",
    "output",
    "scene",
    "width",
    "height",
    "job",
    "job_id",
    "scratch",
    "inputs",
    "attempt",
    "threads",
    "format",
];

/// Placeholders that only definitions may hold.
pub(crate) const OF_DEFINITIONS: [&str; 9] = [
    "after_last",
    "arguments",
    "command",
    "format_argument",
    "libraries",
    "output_stem",
    "scene_folder",
    "scene_name",
    "settings",
];

/// Whether the command of a job may hold the placeholder `name`: one of its own, or one of its session.
pub(crate) fn is_of_jobs(name: &str) -> bool {
    OF_JOBS.contains(&name) || OF_SESSIONS.contains(&name) || name.starts_with(FILE_PREFIX)
}

/// Every placeholder that has a value in `invocation`, but for those of the job's own command.
pub(crate) fn values<'a>(invocation: &Invocation<'a>) -> Values<'a> {
    let (step, work) = (invocation.step, &invocation.step.work);
    let path = |path: PathBuf| Value::One(path.display().to_string());
    let of_session = invocation.session.into_iter().flatten();
    let mut values: Values<'a> =
        of_session.map(|(name, value)| (name.as_str(), Value::One(value.clone()))).collect();
    values.extend([
        ("frame", Value::Number(invocation.number)),
        ("frames", Value::Numbers(invocation.numbers().collect())),
        ("last_frame", Value::Number(invocation.numbers().last().unwrap_or(invocation.number))),
        ("first", Value::Number(step.animation.first)),
        ("last", Value::Number(step.animation.last)),
        ("after_last", Value::Number(step.animation.last.saturating_add(1))),
        ("attempt", Value::Number(i64::from(invocation.attempt.0))),
        ("threads", Value::Number(i64::from(invocation.threads.max(1)))),
        ("job_id", Value::One(invocation.job.to_string())),
        ("job", path(invocation.job_folder.to_owned())),
        ("scratch", path(invocation.scratch.to_owned())),
        ("output_stem", path(invocation.scratch.join(&invocation.definition.outputs.stem))),
        ("output", path(outputs::wanted(invocation))),
        ("settings", Value::Many(settings(invocation.definition, step))),
        ("arguments", Value::Many(work.arguments.clone())),
        ("libraries", Value::Many(libraries(invocation))),
    ]);
    if brings_files(step) {
        values.insert("inputs", path(invocation.inputs()));
    }
    if let Some(scene) = &work.scene {
        values.insert("scene", path(invocation.job_folder.join(scene.as_str())));
        values.insert("scene_folder", path(invocation.folder()));
        values.insert("scene_name", Value::One(scene.file_name().to_owned()));
    }
    if let Some(size) = work.size {
        values.insert("width", Value::Number(i64::from(size.width)));
        values.insert("height", Value::Number(i64::from(size.height)));
    }
    if let Some(ending) = outputs::ending(invocation.definition, step) {
        let format = invocation.definition.format(&ending);
        if let Some(format) = format.filter(|format| !format.argument.is_empty()) {
            values.insert("format_argument", Value::One(format.argument.clone()));
        }
        values.insert("format", Value::One(ending));
    }
    values
}

/// Whether a frame of `step` finds what earlier steps made.
pub(crate) fn brings_files(step: &Step) -> bool {
    step.depends_on.iter().any(|other| other.files)
}

fn libraries(invocation: &Invocation<'_>) -> Vec<String> {
    let place = |folder: &String| match folder.as_str() {
        "" | "." => invocation.job_folder.to_owned(),
        folder => invocation.job_folder.join(Path::new(folder)),
    };
    invocation.step.work.libraries.iter().map(|folder| place(folder).display().to_string()).collect()
}

/// The arguments that hand over the settings of `step`, in the order of their names.
fn settings(definition: &Definition, step: &Step) -> Vec<String> {
    let given = |(name, setting): (&String, &Setting)| {
        let value = step.work.settings.get(name).or(setting.default.as_ref())?;
        let off = setting.kind == SettingKind::Flag && value == "false";
        let templates = if off { &setting.arguments_off } else { &setting.arguments };
        let values = Values::from([("value", Value::One(value.clone()))]);
        Some(templates.iter().filter_map(|template| template.fill(&values)).flatten().collect::<Vec<_>>())
    };
    definition.settings.iter().filter_map(given).flatten().collect()
}

/// The words of the job's own command, filled in; `None` where one has no value.
pub(crate) fn command(step: &Step, values: &Values<'_>) -> Option<Vec<String>> {
    let words = step.work.command.iter().map(|word| Template::parse(word).fill(values));
    words.collect::<Option<Vec<_>>>().map(|words| words.concat())
}
