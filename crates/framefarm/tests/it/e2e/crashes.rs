//! SIGKILL for any server in the middle of a job.

use std::path::Path;

use model::{FrameState, FrameView};

use super::farm::Farm;
use super::{lines, names, scene, until_true};

/// Notes each start, then waits for the gate.
fn gated(farm: &Farm) -> String {
    let (starts, gate) = (farm.path("starts"), farm.path("gate"));
    let (starts, gate) = (starts.display(), gate.display());
    format!(
        "echo {{frame}} >> {starts}; until [ -e {gate} ]; do sleep 0.1; done; echo {{frame}} > {{output}}"
    )
}

fn open_gate(farm: &Farm) {
    std::fs::write(farm.path("gate"), "").unwrap();
}

/// The frame that runs on `host`.
#[track_caller]
fn frame_on(farm: &Farm, id: &str, host: &str) -> i64 {
    let running = farm.job(id).running;
    let there = |frame: &&FrameView| frame.host.as_ref().is_some_and(|on| on.0 == host);
    running.iter().find(there).unwrap_or_else(|| panic!("nothing runs on {host}: {running:#?}")).number
}

#[test]
fn killed_servers_that_come_back_cost_no_frame() {
    let mut farm = Farm::of_five();
    let id = farm.submit_script("held up", "1-7", &[], &gated(&farm));
    until_true("three frames run", || lines(&farm.path("starts")).len() == 3 && farm.running(&id).len() == 3);
    let adopted = frame_on(&farm, &id, "r1");

    farm.kill_9("schedule");
    farm.kill_9("resource");
    farm.kill_9("r1");
    farm.restart("r1");
    farm.restart("resource");
    farm.restart("schedule");
    until_true("the servers are linked again", || farm.running(&id).len() == 3);
    farm.until_hosts(3);
    assert_eq!(frame_on(&farm, &id, "r1"), adopted);
    open_gate(&farm);

    let frames = farm.until_done(&id);
    for frame in &frames {
        assert_eq!(frame.attempts, 1, "{frame:#?}");
    }
    let mut starts: Vec<i64> = lines(&farm.path("starts")).iter().map(|line| line.parse().unwrap()).collect();
    starts.sort_unstable();
    assert_eq!(starts, [1, 2, 3, 4, 5, 6, 7], "no frame was started twice");
    let results = farm.job(&id).results;
    let mut expected = vec!["B3SUMS".to_owned()];
    expected.extend((1..=7).map(|number| format!("held-up.{number:04}.out")));
    assert_eq!(names(Path::new(&results)), expected);
    for number in 1..=7 {
        let path = Path::new(&results).join(format!("held-up.{number:04}.out"));
        assert_eq!(std::fs::read_to_string(path).unwrap(), format!("{number}\n"));
    }
}

#[test]
fn a_render_job_outlives_each_server_in_turn() {
    let mut farm = Farm::of_five();
    let scene = scene::write(&farm.path("film"));
    let by_hand = scene::by_hand(&scene, 24, "+FB", &farm.path("by-hand"));
    let scene = scene.display().to_string();
    let id = farm.submit(&[&scene, "--frames", "1-24", "--size", "64x48", "--format", "bmp"]);

    for (server, done) in [("r2", 2), ("schedule", 5), ("resource", 8), ("r3", 11), ("schedule", 14)] {
        until_true(&format!("{done} frames are done"), || farm.job(&id).frames_done >= done);
        farm.kill_9(server);
        farm.restart(server);
    }

    let frames = farm.until_done(&id);
    for attempt in frames.iter().flat_map(|frame| &frame.history) {
        // Whether a killed render server's process ends while nobody watches is a matter of chance, and so is
        // whether a lease was on its way to it: then it comes back without it.
        let costless = ["done", "given_back", "host_lost"].contains(&attempt.outcome.as_str());
        assert!(costless, "{frames:#?}");
    }
    assert_eq!(farm.job(&id).attempts_failed, 0);
    let results = farm.job(&id).results;
    for (number, by_hand) in (1..).zip(&by_hand) {
        let made = std::fs::read(Path::new(&results).join(format!("scene.{number:04}.bmp"))).unwrap();
        assert!(made == std::fs::read(by_hand).unwrap(), "frame {number} has other bytes");
    }
}

#[test]
fn what_a_lost_render_server_held_goes_to_another_and_is_accepted_once() {
    let mut farm = Farm::of_five();
    let id = farm.submit_script("lost", "1-3", &[], &gated(&farm));
    until_true("three frames run", || lines(&farm.path("starts")).len() == 3 && farm.running(&id).len() == 3);
    let lost = frame_on(&farm, &id, "r1");
    let other = frame_on(&farm, &id, "r2");

    farm.kill_9("r1");
    // The frame can only go where a slot is free, and there is none but that of a newcomer.
    farm.start_render("r4", 1);
    until_true("the frame runs elsewhere", || {
        let frames = farm.frames(&id);
        frames.iter().any(|f| f.number == lost && f.attempts == 2 && f.state == FrameState::Running)
    });
    // Its process still runs when it comes back, and is not wanted any more.
    farm.restart("r1");
    farm.until_hosts(4);
    open_gate(&farm);

    let frames = farm.until_done(&id);
    let of = |number| frames.iter().find(|frame| frame.number == number).unwrap();
    let outcomes: Vec<&str> = of(lost).history.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!(outcomes, ["host_lost", "done"], "{frames:#?}");
    assert_eq!(of(lost).host.as_ref().unwrap().0, "r4");
    assert_eq!(of(other).attempts, 1);
    let again = farm.submit_script("again", "1-2", &["--need", "host=r1"], "echo {frame} > {output}");
    farm.until_done(&again);
}
