//! The engine against the real POV-Ray, real logs of it and real pictures.

// The whole program is tests, helpers too.
#![allow(clippy::unwrap_used)]

mod checking;
mod commanding;
mod defining;
mod explaining;
mod finding;
mod judging;
mod programs;
mod recordings;
mod references;
mod rendering;
mod verifying;

use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use model::{FrameSet, FrameSpan, Step, Work};
use packages::{CommandLine, Definition, Library};

/// The definition called `name`.
fn definition(name: &str) -> Definition {
    Library::embedded().get(name).expect("it is embedded").clone()
}

/// A step that renders `frames` of the animation from `first` to `last`.
fn step(frames: &str, (first, last): (i64, i64), work: Work) -> Step {
    let frames: FrameSet = frames.parse().expect("a frame list");
    let animation = FrameSpan { first, last };
    Step::new("render", frames, animation, work)
}

/// Runs `line` to its end as a render server would, with what it prints in the file at `log`.
fn ended(line: &CommandLine, log: &Path) -> ExitStatus {
    let log = File::create(log).unwrap();
    let mut command = Command::new(&line.program);
    command.args(&line.arguments).env_clear().envs(&line.environment).current_dir(&line.folder);
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.status().unwrap()
}

/// Writes `files` under `folder`.
fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}
