//! The order in which jobs get slots.

use model::JobState;

use super::farm::Farm;
use super::{lines, until_true};

/// Notes `who` in the file `starts`, then ends at once.
fn note(farm: &Farm, who: &str) -> String {
    format!("echo {who} >> {}; echo > {{output}}", farm.path("starts").display())
}

/// Waits for the gate of its own frame.
fn gated(farm: &Farm) -> String {
    format!("until [ -e {}.{{frame}} ]; do sleep 0.1; done; echo > {{output}}", farm.path("gate").display())
}

fn open_gate(farm: &Farm, frame: u32) {
    std::fs::write(farm.path(&format!("gate.{frame}")), "").unwrap();
}

#[test]
fn jobs_go_by_priority_and_equal_ones_by_arrival() {
    let farm = Farm::up(1);
    let first = farm.submit_script("first", "1", &[], &gated(&farm));
    until_true("the first job runs", || farm.running(&first) == [1]);

    let later = [("five", "5"), ("two", "2"), ("three", "3"), ("two again", "2"), ("urgent", "0")];
    let ids = later.map(|(name, priority)| {
        farm.submit_script(name, "1-2", &["--priority", priority], &note(&farm, name))
    });
    for id in &ids {
        let job = farm.job(id);
        assert_eq!(job.state, JobState::Queued);
        assert!(job.waiting_because.is_some(), "{job:#?}");
    }
    assert_eq!(lines(&farm.path("starts")), [""; 0]);
    open_gate(&farm, 1);

    ids.iter().for_each(|id| drop(farm.until_done(id)));
    let expected = ["urgent", "two", "two again", "three", "five"].map(|name| [name, name]).concat();
    assert_eq!(lines(&farm.path("starts")), expected);
}

#[test]
fn the_next_job_starts_while_the_last_frame_of_the_first_still_renders() {
    let farm = Farm::up(2);
    let first = farm.submit_script("first", "1-3", &[], &gated(&farm));
    let second = farm.submit_script("second", "1-4", &[], &note(&farm, "second"));
    until_true("two frames run", || farm.running(&first) == [1, 2]);
    assert_eq!(farm.job(&second).state, JobState::Queued);

    open_gate(&farm, 1);
    until_true("the third has its slot", || farm.running(&first) == [2, 3]);
    assert_eq!(farm.job(&second).state, JobState::Queued);
    open_gate(&farm, 2);

    // All of it on the one slot that is free.
    farm.until_done(&second);
    assert_eq!(lines(&farm.path("starts")).len(), 4);
    let job = farm.job(&first);
    assert_eq!((job.state, job.frames_done), (JobState::Active, 2));
    assert_eq!(farm.running(&first), [3]);
    open_gate(&farm, 3);
    farm.until_done(&first);
}

#[test]
fn a_job_that_no_host_can_take_says_so_and_holds_up_nobody() {
    let farm = Farm::up(1);
    let needs = ["--priority", "0", "--need", "tags=gpu"];
    let stuck = farm.submit_script("stuck", "1", &needs, "echo {frame} > {output}");
    until_true("it says what is lacking", || {
        farm.job(&stuck).waiting_because.is_some_and(|why| why.contains("gpu"))
    });
    let other = farm.submit_script("other", "1-2", &[], "echo {frame} > {output}");
    farm.until_done(&other);
    farm.run(&["kill", &stuck]).ends_with(0);
    farm.run(&["wait", &stuck]).ends_with(1);
}

#[test]
fn the_same_key_is_the_same_job() {
    let farm = Farm::up(1);
    let submit = |frames: &str| {
        let job = ["--frames", frames, "--key", "my-own-key", "--command", "--", "echo", "{frame}"];
        farm.run(&[&["submit", "--quiet", "--name", "keyed"], &job[..]].concat())
    };
    let first = submit("1-2").ends_with(0);
    let second = submit("1-2").ends_with(0);
    assert_eq!(first.stdout, second.stdout);
    submit("1-3").ends_with(2).complains(&["key"]);
    farm.until_done(first.stdout.trim());
    assert_eq!(submit("1-2").ends_with(0).stdout, first.stdout, "also once it is done");
    assert_eq!(farm.run(&["jobs", "--quiet"]).ends_with(0).stdout, first.stdout);
}
