//! Frames that fail, and what people are told of them.

use std::collections::BTreeSet;

use model::{FrameState, JobState};

use super::farm::Farm;
use super::scene;

#[test]
fn a_failing_frame_is_tried_three_times_elsewhere_and_the_others_go_on() {
    let farm = Farm::of_five();
    let script =
        "echo try {attempt}; if [ {frame} = 3 ]; then echo no luck; exit 1; fi; echo {frame} > {output}";
    let id = farm.submit_script("unlucky", "1-8", &[], script);
    farm.run(&["wait", &id]).ends_with(1).complains(&["1 of 8 frames failed"]);

    let job = farm.job(&id);
    assert_eq!(job.state, JobState::Failed);
    assert_eq!((job.frames_done, job.frames_failed, job.attempts_failed), (7, 1, 3));
    let frames = farm.frames(&id);
    for frame in frames.iter().filter(|frame| frame.number != 3) {
        assert_eq!((frame.state, frame.attempts), (FrameState::Done, 1), "{frame:#?}");
    }
    let failed = &frames[2];
    assert_eq!((failed.state, failed.attempts), (FrameState::Failed, 3), "{failed:#?}");
    let hosts: BTreeSet<&str> = failed.history.iter().map(|attempt| attempt.host.0.as_str()).collect();
    assert_eq!(hosts.len(), 3, "each try on another host: {failed:#?}");
    for (number, attempt) in (1..).zip(&failed.history) {
        assert_eq!(attempt.outcome, "failed");
        assert!(attempt.problem.as_ref().unwrap().contains("no luck"), "{attempt:#?}");
        let log = farm.run(&["log", &id, "3", "--attempt", &format!("{number}")]).ends_with(0);
        assert_eq!(log.stdout, format!("try {number}\nno luck\n"));
    }
    farm.run(&["log", &id, "3", "--attempt", "4"]).ends_with(2);
    let table = farm.run(&["frames", &id, "--state", "failed"]).ends_with(0);
    assert!(table.stdout.contains("no luck"), "{table}");
}

#[test]
fn a_scene_that_cannot_be_read_is_named_with_its_line() {
    let farm = Farm::up(1);
    scene::demand_povray();
    let text = "#version 3.7;\ncamera { location <0, 0, -4> look_at 0 }\nsphere { 0, 1 pigment { colour Nothing } }\n";
    std::fs::write(farm.path("broken.pov"), text).unwrap();
    let id = farm.submit(&["broken.pov", "--frames", "1", "--size", "64x48", "--attempts", "1"]);
    farm.run(&["wait", &id]).ends_with(1);
    let problem = farm.frames(&id)[0].problem.clone().unwrap();
    assert!(problem.contains("broken.pov, line 3"), "{problem}");
    let table = farm.run(&["frames", &id]).ends_with(0);
    assert!(table.stdout.contains("broken.pov, line 3"), "{table}");
    assert!(farm.run(&["log", &id, "1"]).ends_with(0).stdout.contains("Parse Error"));
    assert_eq!(farm.job(&id).attempts_failed, 1);
}

#[test]
fn a_picture_that_is_not_whole_is_no_frame() {
    let farm = Farm::up(1);
    scene::write(&farm.path("film"));
    // The size that was asked for is not that of the picture.
    let script = "cp {job}/tiles.png {output}.png";
    let wrong = farm.submit_script(
        "wrong size",
        "1",
        &["--attempts", "1", "--size", "64x48", "--support", "film/maps/tiles.png"],
        script,
    );
    let script = "head -c 100 {job}/tiles.png > {output}.png";
    let more = ["--attempts", "1", "--size", "32x16", "--support", "film/maps/tiles.png"];
    let cut = farm.submit_script("cut", "1", &more, script);
    let none = farm.submit_script("none", "1", &["--attempts", "1"], "true {output}");
    for (id, why) in [(&wrong, "32x16"), (&cut, "png"), (&none, "output")] {
        farm.run(&["wait", id]).ends_with(1);
        let problem = farm.frames(id)[0].problem.clone().unwrap();
        assert!(problem.contains(why), "job {id}: {problem}");
        assert_eq!(farm.run(&["fetch", id, "nothing"]).ends_with(1).stdout, "");
    }
}
