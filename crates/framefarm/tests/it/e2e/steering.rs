//! What people and the system tell the farm while it works: hold, release, kill, SIGTERM.

use std::path::Path;

use model::{FrameState, JobState};

use super::farm::Farm;
use super::{lines, until, until_true};

/// Writes its process id to `pid.FRAME`, then waits for the gate.
fn gated(farm: &Farm) -> String {
    let folder = farm.folder().display();
    format!(
        "echo $$ > {folder}/pid.{{frame}}; until [ -e {folder}/gate ]; do sleep 0.1; done; \
         echo {{frame}} > {{output}}"
    )
}

/// The process that renders `frame`.
fn process_of(farm: &Farm, frame: u32) -> String {
    let path = farm.path(&format!("pid.{frame}"));
    let pid = until("the frame's process says its number", || lines(&path).pop());
    assert!(runs(&pid));
    pid
}

/// Whether a process runs; one that ended and was not yet fetched does not.
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn hold_lets_what_runs_end_and_starts_nothing_until_release() {
    let farm = Farm::up(1);
    let id = farm.submit_script("held", "1-3", &[], &gated(&farm));
    process_of(&farm, 1);
    farm.run(&["hold", &id]).ends_with(0);
    assert_eq!(farm.job(&id).state, JobState::Held);
    std::fs::write(farm.path("gate"), "").unwrap();
    until_true("the running frame ends", || farm.job(&id).frames_done == 1);

    // Another job gets the slot, so the held one had its chance and did not take it.
    let other = farm.submit_script("other", "1-2", &["--priority", "100"], "echo {frame} > {output}");
    farm.until_done(&other);
    let job = farm.job(&id);
    assert_eq!((job.state, job.frames_done, job.frames_running), (JobState::Held, 1, 0));
    assert!(job.waiting_because.is_some_and(|why| why.contains("hold")));

    farm.run(&["release", &id]).ends_with(0);
    farm.until_done(&id);
}

#[test]
fn a_job_submitted_on_hold_waits_for_its_release() {
    let farm = Farm::up(1);
    let id = farm.submit_script("later", "1", &["--hold"], "echo {frame} > {output}");
    let other = farm.submit_script("other", "1", &[], "echo {frame} > {output}");
    farm.until_done(&other);
    assert_eq!(farm.job(&id).state, JobState::Held);
    farm.run(&["release", &id]).ends_with(0);
    farm.until_done(&id);
}

#[test]
fn kill_ends_the_process_and_frees_the_slot() {
    let farm = Farm::up(1);
    let id = farm.submit_script("killed", "1-3", &[], &gated(&farm));
    let pid = process_of(&farm, 1);
    farm.run(&["kill", &id]).ends_with(0);
    assert_eq!(farm.job(&id).state, JobState::Killed);
    until_true("the process is gone", || !runs(&pid));
    let waited = farm.run(&["wait", &id]).ends_with(1);
    waited.complains(&["was killed"]);
    assert!(farm.frames(&id).iter().all(|frame| frame.state == FrameState::Killed));
    farm.run(&["log", &id, "1"]).ends_with(0);

    let next = farm.submit_script("next", "1", &[], "echo {frame} > {output}");
    farm.until_done(&next);
    assert_eq!(lines(&farm.path("pid.2")), [""; 0], "no other frame of it was started");
    farm.run(&["kill", "999"]).ends_with(2);
}

#[test]
fn a_stopped_render_server_gives_its_frame_back() {
    let mut farm = Farm::of_five();
    let id = farm.submit_script("moved", "1", &["--need", "host!=r3"], &gated(&farm));
    let pid = process_of(&farm, 1);
    let host = farm.job(&id).running[0].host.clone().unwrap().0;

    assert_eq!(farm.terminate(&host).code(), Some(0));
    assert!(!runs(&pid), "what it ran has ended with it");
    until_true("the frame runs elsewhere", || {
        let running = farm.job(&id).running;
        running.iter().any(|frame| frame.attempts == 2 && frame.host.as_ref().is_some_and(|on| on.0 != host))
    });
    std::fs::write(farm.path("gate"), "").unwrap();
    let frames = farm.until_done(&id);
    let outcomes: Vec<&str> = frames[0].history.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!(outcomes, ["given_back", "done"]);
    assert_eq!(farm.job(&id).attempts_failed, 0, "nobody is to blame");
    for server in ["schedule", "resource"] {
        assert_eq!(farm.terminate(server).code(), Some(0));
    }
}
