//! What each placeholder stands for in an attempt, and which placeholders there are.

use std::path::{Path, PathBuf};

use model::{Part, Size, Step};

use crate::definition::Definition;
use crate::session::{FILE_PREFIX, OF_SESSIONS};
use crate::setting::{Setting, SettingKind};
use crate::template::{Template, Value, Values, padded};
use crate::{Invocation, outputs};

/// Placeholders that the command of a job may hold.
pub(crate) const OF_JOBS: [&str; 20] = [
    "frame",
    "frames",
    "last_frame",
    "frame_list",
    "frame_step",
    "frame_count",
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
    "gpus",
    "format",
];

/// Placeholders that only definitions may hold.
pub(crate) const OF_DEFINITIONS: [&str; 29] = [
    "after_last",
    "arguments",
    "command",
    "format_argument",
    "libraries",
    "output_stem",
    "scene_folder",
    "scene_name",
    "scene_of_frame",
    "settings",
    "crop_left",
    "crop_top",
    "crop_right",
    "crop_bottom",
    "crop_width",
    "crop_height",
    "crop_last_column",
    "crop_last_row",
    "crop_column",
    "crop_row",
    "crop_column_end",
    "crop_row_end",
    "tile",
    "tiles_across",
    "tiles_down",
    "samples_first",
    "samples_count",
    "samples_total",
    "border",
];

/// Whether the command of a job may hold the placeholder `name`: one of its own, or one of its session.
pub(crate) fn is_of_jobs(name: &str) -> bool {
    OF_JOBS.contains(&name) || OF_SESSIONS.contains(&name) || name.starts_with(FILE_PREFIX)
}

/// Those of them that are of a frame, an output or a part, and not of a package that stays for many.
const OF_FRAMES: [&str; 13] = [
    "frame",
    "frames",
    "last_frame",
    "frame_list",
    "frame_step",
    "frame_count",
    "output",
    "output_stem",
    "scratch",
    "attempt",
    "scene_of_frame",
    "tile",
    "border",
];

/// Every placeholder that the command of `definition` may hold.
pub(crate) fn known_of(definition: &Definition) -> impl Iterator<Item = String> {
    let fixed = OF_JOBS.iter().chain(&OF_DEFINITIONS).chain(&OF_SESSIONS).map(|name| (*name).to_owned());
    let settings = definition.settings.keys().map(|name| format!("setting_{name}"));
    let scripts = definition.scripts.keys().map(|name| format!("script_{name}"));
    fixed.chain(settings).chain(scripts)
}

/// Whether `name` is of a frame, an output or a part.
pub(crate) fn of_frame(name: &str) -> bool {
    OF_FRAMES.contains(&name) || name.starts_with("crop_") || name.starts_with("samples_")
}

/// Every placeholder that has a value in `invocation`, but for those of the job's own command.
pub(crate) fn values<'a>(invocation: &Invocation<'a>) -> Values<'a> {
    let (step, work) = (invocation.step, &invocation.step.work);
    let path = |path: PathBuf| Value::One(path.display().to_string());
    let of_session = invocation.session.into_iter().flatten();
    let mut values: Values<'a> =
        of_session.map(|(name, value)| (name.as_str().into(), Value::One(value.clone()))).collect();
    let fixed = [
        ("frame", Value::Number(invocation.number)),
        ("frames", Value::Numbers(invocation.numbers().collect())),
        ("last_frame", Value::Number(invocation.numbers().last().unwrap_or(invocation.number))),
        ("first", Value::Number(step.animation.first)),
        ("last", Value::Number(step.animation.last)),
        ("after_last", Value::Number(step.animation.last.saturating_add(1))),
        ("attempt", Value::Number(i64::from(invocation.attempt.0))),
        ("threads", Value::Number(i64::from(threads(invocation)))),
        ("gpus", Value::Many(invocation.gpus.iter().map(ToString::to_string).collect())),
        ("job_id", Value::One(invocation.job.to_string())),
        ("job", path(invocation.job_folder.to_owned())),
        ("scratch", path(invocation.scratch.to_owned())),
        ("output_stem", path(invocation.scratch.join(&invocation.definition.outputs.stem))),
        ("output", path(outputs::wanted(invocation))),
        ("settings", Value::Many(settings(invocation))),
        ("arguments", Value::Many(work.arguments.clone())),
        ("libraries", Value::Many(libraries(invocation))),
    ];
    values.extend(fixed.map(|(name, value)| (name.into(), value)));
    if brings_files(step) {
        values.insert("inputs".into(), path(invocation.inputs()));
    }
    if let Some(scene) = &work.scene {
        values.insert("scene".into(), path(invocation.job_folder.join(scene.as_str())));
        values.insert("scene_folder".into(), path(invocation.folder()));
        values.insert("scene_name".into(), Value::One(scene.file_name().to_owned()));
        let of_frame = scene_of_frame(scene.as_str(), invocation.number);
        values.insert("scene_of_frame".into(), path(invocation.job_folder.join(of_frame)));
    }
    for (name, script) in &invocation.definition.scripts {
        values.insert(format!("script_{name}").into(), path(invocation.scripts.join(&script.name)));
    }
    if let Some(part) = work.part {
        of_part(part, work.size, &mut values);
    }
    of_run(invocation, &mut values);
    if let Some(size) = work.size {
        values.insert("width".into(), Value::Number(i64::from(size.width)));
        values.insert("height".into(), Value::Number(i64::from(size.height)));
    }
    if let Some(ending) = outputs::ending(invocation.definition, step) {
        let format = invocation.definition.format(&ending);
        if let Some(format) = format.filter(|format| !format.argument.is_empty()) {
            values.insert("format_argument".into(), Value::One(format.argument.clone()));
        }
        values.insert("format".into(), Value::One(ending));
    }
    values
}

/// Whether a frame of `step` finds what earlier steps made.
pub(crate) fn brings_files(step: &Step) -> bool {
    step.depends_on.iter().any(|other| other.files)
}

/// What is of the frames of this run, and of the settings one by one.
fn of_run<'a>(invocation: &Invocation<'a>, values: &mut Values<'a>) {
    let numbers: Vec<i64> = invocation.numbers().collect();
    let list: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let step = numbers.get(1).map_or(1, |second| second.saturating_sub(invocation.number));
    values.insert("frame_list".into(), Value::One(list.join(",")));
    values.insert("frame_step".into(), Value::Number(step));
    values.insert("frame_count".into(), Value::Number(i64::try_from(numbers.len()).unwrap_or(i64::MAX)));
    for (name, setting) in &invocation.definition.settings {
        if let Some(value) = given(name, setting, invocation.step) {
            let value = told(setting, value, invocation.job_folder);
            values.insert(format!("setting_{name}").into(), Value::One(value));
        }
    }
}

/// What is of a part of a picture.
fn of_part(part: Part, size: Option<Size>, values: &mut Values<'_>) {
    let mut add =
        |name: &'static str, number: u32| values.insert(name.into(), Value::Number(i64::from(number)));
    if let Part::Tile { at, across, down, border } = part {
        add("tile", at.into());
        add("tiles_across", across.into());
        add("tiles_down", down.into());
        add("border", border.into());
    }
    if let Some(crop) = size.and_then(|size| part.crop(size)) {
        add("crop_left", crop.left);
        add("crop_top", crop.top);
        add("crop_right", crop.right);
        add("crop_bottom", crop.bottom);
        add("crop_width", crop.size().width);
        add("crop_height", crop.size().height);
        add("crop_last_column", crop.right - 1);
        add("crop_last_row", crop.bottom - 1);
        add("crop_column", crop.left + 1);
        add("crop_row", crop.top + 1);
        add("crop_column_end", crop.right);
        add("crop_row_end", crop.bottom);
    }
    if let (Some((first, count)), Part::Samples { total, .. }) = (part.samples(), part) {
        add("samples_first", first);
        add("samples_count", count);
        add("samples_total", total);
    }
}

/// Threads that it may use; some packages stand still with fewer than they need.
pub(crate) fn threads(invocation: &Invocation<'_>) -> u32 {
    invocation.threads.max(invocation.definition.threads_least).max(1)
}

/// `scene` with the last run of digits in its file name made `number`, as wide as it was.
fn scene_of_frame(scene: &str, number: i64) -> String {
    let start = scene.rfind('/').map_or(0, |at| at + 1);
    let name = &scene[start..];
    let stem = name.rfind('.').unwrap_or(name.len());
    let Some(end) = name[..stem].rfind(|c: char| c.is_ascii_digit()).map(|at| at + 1) else {
        return scene.to_owned();
    };
    let begin = name[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8));
    format!("{}{}{}", &scene[..start + begin], padded(number, end - begin), &name[end..])
}

fn libraries(invocation: &Invocation<'_>) -> Vec<String> {
    let place = |folder: &String| match folder.as_str() {
        "" | "." => invocation.job_folder.to_owned(),
        folder => invocation.job_folder.join(Path::new(folder)),
    };
    invocation.step.work.libraries.iter().map(|folder| place(folder).display().to_string()).collect()
}

/// The arguments that hand over the settings of a step, in the order of their names.
fn settings(invocation: &Invocation<'_>) -> Vec<String> {
    let arguments = |(name, setting): (&String, &Setting)| {
        let value = given(name, setting, invocation.step)?;
        let off = setting.kind == SettingKind::Flag && value == "false";
        let templates = if off { &setting.arguments_off } else { &setting.arguments };
        let value = told(setting, value, invocation.job_folder);
        let values = Values::from([("value".into(), Value::One(value))]);
        Some(templates.iter().filter_map(|template| template.fill(&values)).flatten().collect::<Vec<_>>())
    };
    invocation.definition.settings.iter().filter_map(arguments).flatten().collect()
}

/// What the step gives for a setting, else its default.
fn given<'a>(name: &str, setting: &'a Setting, step: &'a Step) -> Option<&'a String> {
    step.work.settings.get(name).or(setting.default.as_ref())
}

/// A value as a program is told: the files of a job stand in its folder.
fn told(setting: &Setting, value: &str, job_folder: &Path) -> String {
    match setting.kind {
        SettingKind::Path => job_folder.join(value).display().to_string(),
        _ => value.to_owned(),
    }
}

/// The words of the job's own command, filled in; `None` where one has no value.
pub(crate) fn command(step: &Step, values: &Values<'_>) -> Option<Vec<String>> {
    let words = step.work.command.iter().map(|word| Template::parse(word).fill(values));
    words.collect::<Option<Vec<_>>>().map(|words| words.concat())
}
