//! How long an attempt may take, and what becomes of those that take longer, or less, than can be.

use model::FrameState;

use super::farm::Farm;
use super::{lines, until_true};

/// The one frame of job `id`, which has to end failed, in the words of its problem.
#[track_caller]
fn problem(farm: &Farm, id: &str) -> String {
    farm.run(&["wait", id]).ends_with(1);
    let frames = farm.frames(id);
    assert_eq!((frames[0].state, frames[0].history[0].outcome.as_str()), (FrameState::Failed, "failed"));
    frames[0].problem.clone().unwrap()
}

/// Whether a process runs.
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn a_frame_that_hangs_is_ended_and_says_after_how_long() {
    let farm = Farm::up(2);
    let pid = farm.path("pid").display().to_string();
    let script = format!("echo $$ > {pid}; sleep 1000; echo > {{output}}");
    let once = ["--attempts", "1", "--max-time", "1 s"];
    let hung = farm.submit_script("hung", "1", &once, &script);
    let quick = farm.submit_script("quick", "1-3", &["--max-time", "60 s"], "echo {frame} > {output}");
    let said = problem(&farm, &hung);
    assert!(said.contains("longer than") && said.contains("1 s"), "{said}");
    until_true("its process is gone", || !runs(&lines(farm.path("pid").as_path())[0]));
    farm.until_done(&quick);
}

#[test]
fn a_frame_without_progress_is_ended() {
    let farm = Farm::up(1);
    let script = "for i in 1 2 3; do echo openjd_progress: $i; sleep 0.2; done; sleep 1000; echo > {output}";
    let id = farm.submit_script("stuck", "1", &["--attempts", "1", "--stall-time", "2 s"], script);
    let said = problem(&farm, &id);
    assert!(said.contains("no progress for 2 s"), "{said}");
    // One that goes on is not ended, though it takes longer in all.
    let script = "for i in 1 2 3 4 5 6; do echo openjd_progress: $i; sleep 0.5; done; echo > {output}";
    let id = farm.submit_script("slow", "1", &["--attempts", "1", "--stall-time", "2 s"], script);
    farm.until_done(&id);
}

#[test]
fn a_frame_that_ends_too_soon_is_not_believed() {
    let farm = Farm::up(1);
    let id = farm.submit_script("rash", "1", &["--attempts", "1", "--min-time", "1 h"], "echo > {output}");
    let said = problem(&farm, &id);
    assert!(said.contains("ended after") && said.contains("less than"), "{said}");
    let results = farm.job(&id).results;
    assert!(!std::path::Path::new(&results).join("rash.0001.out").exists());
}
