//! Definitions against the real programs, where a host has them: what does not stand on this one is named
//! and skipped. `scripts/test --programs` installs them all.

mod blender;
mod ffmpeg;
mod luxcore;
mod mitsuba;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use model::{AttemptNumber, Exit, JobId, Step, Work};
use packages::{Class, CollectError, Collected, Definition, Event, Invocation, Known, LogReader, Verdict};

use crate::{definition, ended, step};

/// The program of `package`, or a word on standard error that there is none.
fn program(package: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let names = definition(package).executables.linux;
    let places =
        path.split(':').flat_map(|folder| names.iter().map(move |name| Path::new(folder).join(name)));
    let found = places.into_iter().find(|place| place.is_file());
    if found.is_none() {
        eprintln!("skipped: no {} on PATH; scripts/test --programs installs it", names.join(" or "));
    }
    found
}

/// What an attempt came to.
struct Run {
    log: String,
    verdict: Verdict,
    progress: Vec<u16>,
    files: Result<Vec<Collected>, CollectError>,
}

impl Run {
    /// The one sentence why it failed, and of what class.
    fn failure(&self) -> (Class, &str) {
        let failure = self.verdict.failure.as_ref().unwrap_or_else(|| panic!("it went well: {}", self.log));
        (failure.class, &failure.sentence)
    }

    /// Its files, which have to be there and whole, with no failure.
    fn good(self) -> Vec<Collected> {
        assert_eq!(self.verdict.failure, None, "{}", self.log);
        assert!(self.progress.is_sorted(), "{:?}", self.progress);
        self.files.unwrap_or_else(|error| panic!("{error}: {}", self.log))
    }
}

/// A work of `package` on the scene called `scene`.
fn work(package: &str, scene: &str, settings: &[(&str, &str)]) -> Work {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Work { package: package.into(), scene: Some(scene.parse().unwrap()), settings, ..Work::default() }
}

/// Runs the frames of `numbers` in one process, as a render server would, in a scratch folder of its own.
fn run(program: &Path, work: Work, numbers: &[i64], job: &Path, scratch: &Path) -> Run {
    let frames = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let mut step: Step = step(&frames, (1, 24), work);
    step.chunk = u32::try_from(numbers.len()).unwrap();
    let definition = definition(&step.work.package);
    fs::create_dir_all(scratch).unwrap();
    let scripts = scratch.with_extension("scripts");
    write_scripts(&definition, &scripts);
    let environment = std::env::vars().filter(|(name, _)| name == "PATH").collect();
    let invocation = Invocation {
        definition: &definition,
        step: &step,
        job: JobId(17),
        number: numbers[0],
        more: &numbers[1..],
        attempt: AttemptNumber(1),
        job_folder: job,
        scratch,
        executable: Some(program),
        threads: 2,
        gpus: &[],
        scripts: &scripts,
        environment: &environment,
        session: None,
    };
    let line = invocation.command_line().unwrap();
    let log_path = scratch.with_extension("log");
    let status = ended(&line, &log_path);
    let log = fs::read(&log_path).unwrap();
    let mut reader = LogReader::of(&invocation);
    let mut events = reader.feed(&log);
    events.extend(reader.finish());
    let told = |event: &Event| if let Event::Progress(told) = event { Some(*told) } else { None };
    Run {
        log: String::from_utf8_lossy(&log).into_owned(),
        verdict: reader.verdict(exit(status), &BTreeSet::new()),
        progress: events.iter().filter_map(told).collect(),
        files: invocation.collect(&log_path, "film", &Known::default()).map(|made| made.files),
    }
}

fn exit(status: std::process::ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt;
    let signal = || status.signal().map_or(Exit::Unknown, Exit::Signal);
    status.code().map_or_else(signal, Exit::Code)
}

/// Writes the scripts of `definition` into `folder`.
fn write_scripts(definition: &Definition, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for script in definition.scripts.values() {
        fs::write(folder.join(&script.name), &*script.text).unwrap();
    }
}

/// A scene of `tests/scenes`.
fn scene(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes").join(name)
}

/// A picture of 32 by 32 with a pattern.
fn texture(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let pixel = |x: u32, y: u32| {
        if (x / 4 + y / 4).is_multiple_of(2) { image::Rgb([230, 80, 40]) } else { image::Rgb([40, 60, 160]) }
    };
    image::RgbImage::from_fn(32, 32, pixel).save(path).unwrap();
}
