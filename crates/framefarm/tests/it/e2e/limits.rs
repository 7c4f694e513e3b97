//! How jobs share a farm: limits, shares, whole hosts, and how much one job may take.

use std::path::Path;

use model::{JobState, LimitView, ShareView};

use super::farm::Farm;
use super::{lines, until, until_true};

/// Notes `who` and the frame in the file `starts`, then waits for the gate of both.
fn gated(farm: &Farm, who: &str) -> String {
    let folder = farm.folder().display();
    format!(
        "echo {who} {{frame}} >> {folder}/starts; \
         until [ -e {folder}/gate.{who}.{{frame}} ]; do sleep 0.1; done; echo > {{output}}"
    )
}

fn open_gate(farm: &Farm, who: &str, frame: u32) {
    std::fs::write(farm.path(&format!("gate.{who}.{frame}")), "").unwrap();
}

fn starts(farm: &Farm) -> Vec<String> {
    lines(&farm.path("starts"))
}

#[test]
fn a_limit_of_one_lets_one_frame_run_at_a_time() {
    let farm = Farm::up(3);
    farm.run(&["submit", "--frames", "1", "--limit", "tape", "--command", "--", "true"])
        .ends_with(2)
        .complains(&["tape", "framefarm limit"]);
    farm.run(&["limit", "tape", "1"]).ends_with(0);
    // Two at once would find each other's folder.
    let held = farm.path("held").display().to_string();
    let script = format!("mkdir {held} && sleep 0.05 && rmdir {held} && echo {{frame}} > {{output}}");
    let more = ["--limit", "tape", "--attempts", "1"];
    let ids = ["one", "two"].map(|name| farm.submit_script(name, "1-5", &more, &script));
    ids.iter().for_each(|id| drop(farm.until_done(id)));

    let gated_id = farm.submit_script("gated", "1-2", &["--limit", "tape=1"], &gated(&farm, "a"));
    until_true("it runs", || farm.running(&gated_id).len() == 1);
    farm.until_waits_for(&gated_id, "limit tape: 1 of 1 in use");
    let limits: Vec<LimitView> = farm.run(&["limits", "--json"]).ends_with(0).json();
    let tape = LimitView { name: "tape".to_owned(), amount: Some(1), per_host: None, in_use: 1 };
    assert_eq!(limits, [tape]);
    farm.run(&["limit", "tape", "2"]).ends_with(0);
    until_true("a higher limit lets both run", || farm.running(&gated_id) == [1, 2]);
    open_gate(&farm, "a", 1);
    open_gate(&farm, "a", 2);
    farm.until_done(&gated_id);
    farm.run(&["limit", "tape", "--remove"]).ends_with(0);
    farm.run(&["limit", "tape"]).ends_with(2);
}

#[test]
fn one_artist_does_not_starve_another_of_the_same_priority() {
    let farm = Farm::up(2);
    let ada = farm.submit_script("ada", "1-20", &["--user", "ada"], &gated(&farm, "ada"));
    until_true("ada has both slots", || farm.running(&ada) == [1, 2]);
    let bob = farm.submit_script("bob", "1-20", &["--user", "bob"], &gated(&farm, "bob"));
    open_gate(&farm, "ada", 1);
    until_true("the slot goes to bob", || farm.running(&bob) == [1]);
    until_true("it starts", || starts(&farm).len() == 3);
    assert_eq!(starts(&farm)[2], "bob 1");
    let shares: Vec<ShareView> = farm.run(&["shares", "--json"]).ends_with(0).json();
    let slots: Vec<(&str, u32)> = shares.iter().map(|share| (share.name.as_str(), share.slots)).collect();
    assert_eq!(slots, [("ada", 1), ("bob", 1)]);

    // With three times the weight the next slot is ada's again, though bob holds no more than she.
    farm.run(&["share", "ada", "3"]).ends_with(0);
    open_gate(&farm, "bob", 1);
    until_true("the slot goes to ada", || farm.running(&ada) == [2, 3]);
    farm.run(&["share", "ada", "0"]).ends_with(2);
    farm.run(&["kill", &ada, &bob]).ends_with(0);
}

#[test]
fn a_frame_that_needs_a_whole_host_gets_it() {
    let farm = Farm::up(2);
    let small = farm.submit_script("small", "1-40", &[], &gated(&farm, "small"));
    until_true("small frames hold both slots", || farm.running(&small) == [1, 2]);
    let more = ["--slots", "all", "--priority", "10"];
    let wide = farm.submit_script("wide", "1", &more, &gated(&farm, "wide"));
    open_gate(&farm, "small", 1);
    farm.until_waits_for(&wide, "is being cleared for it");
    // Small frames that are expected to end in time may fill the gap; each ends as soon as it is seen here.
    until_true("the wide frame runs", || {
        farm.running(&small).iter().for_each(|frame| open_gate(&farm, "small", *frame as u32));
        farm.running(&wide) == [1]
    });
    let job = farm.job(&small);
    assert!(job.frames_running == 0 && job.frames_waiting > 20, "{job:#?}");
    until_true("it starts", || starts(&farm).last().is_some_and(|last| last == "wide 1"));
    open_gate(&farm, "wide", 1);
    farm.until_done(&wide);
    until_true("then the small ones go on", || farm.running(&small).len() == 2);

    let too_wide = farm.submit_script("too wide", "1", &["--slots", "3"], "echo > {output}");
    farm.until_waits_for(&too_wide, "a frame takes 3 slots and the largest host that matches has 2");
    farm.run(&["kill", &small, &too_wide]).ends_with(0);
}

#[test]
fn a_frame_gets_no_more_memory_than_its_step_reserves() {
    let farm = Farm::up(2);
    // The end of what is printed is all kept, until there is no more.
    let hoard =
        "(head -c 500M /dev/zero; until [ -e GATE ]; do sleep 0.1; done) | tail -c 500M | wc -c > {output}";
    let gate = farm.path("gate").display().to_string();
    let hoard = hoard.replace("GATE", &gate);
    let more = ["--attempts", "1", "--reserve", "memory=128MiB"];
    let greedy = farm.submit_script("greedy", "1", &more, &hoard);
    until_true("it is ended", || farm.job(&greedy).state == JobState::Failed);
    let frame = &farm.frames(&greedy)[0];
    let (attempt, message) = (&frame.history[0], format!("{frame:#?}"));
    assert_eq!(attempt.outcome, "memory", "{message}");
    assert!(message.contains("of memory, and its step reserves 128 MiB"), "{message}");
    // One that reserves what it uses, or nothing at all, is left alone.
    let modest = ["--attempts", "1", "--reserve", "memory=600MiB"];
    let ids = [&modest[..], &["--attempts", "1"]].map(|more| farm.submit_script("modest", "1", more, &hoard));
    std::thread::sleep(std::time::Duration::from_secs(2));
    std::fs::write(&gate, "").unwrap();
    ids.iter().for_each(|id| drop(farm.until_done(id)));
}

#[test]
fn a_job_takes_no_more_than_it_may() {
    let farm = Farm::up(3);
    let id = farm.submit_script("modest", "1-4", &["--slots-max", "1"], &gated(&farm, "modest"));
    until_true("it runs", || farm.running(&id) == [1]);
    let other = farm.submit_script("other", "1", &["--priority", "90"], "echo > {output}");
    farm.until_done(&other);
    assert_eq!(farm.running(&id), [1]);
    farm.until_waits_for(&id, "the job holds the 1 slot it may");
    (1..=4).for_each(|frame| open_gate(&farm, "modest", frame));
    farm.until_done(&id);
}

#[test]
fn another_priority_changes_who_goes_first() {
    let farm = Farm::up(1);
    let first = farm.submit_script("first", "1", &[], &gated(&farm, "first"));
    until_true("the first job runs", || farm.running(&first) == [1]);
    let ids = ["one", "two"].map(|who| farm.submit_script(who, "1", &[], &gated(&farm, who)));
    farm.run(&["priority", &ids[1], "10"]).ends_with(0).complains(&["has priority 10"]);
    farm.run(&["priority", &ids[1], "101"]).ends_with(2);
    for who in ["one", "two", "first"] {
        open_gate(&farm, who, 1);
    }
    ids.iter().for_each(|id| drop(farm.until_done(id)));
    assert_eq!(starts(&farm), ["first 1", "two 1", "one 1"]);
}

#[test]
fn hold_and_kill_of_a_job_of_fast_frames_start_nothing_more() {
    let farm = Farm::up(2);
    let count = |path: &Path| lines(path).len();
    let (path, script) = (farm.path("starts"), "echo {frame} >> STARTS; echo > {output}");
    let script = script.replace("STARTS", &path.display().to_string());
    let id = farm.submit_script("fast", "1-3000", &[], &script);
    until_true("some are done", || farm.job(&id).frames_done > 20);
    farm.run(&["hold", &id]).ends_with(0);
    let held = until("what runs ends", || {
        let job = farm.job(&id);
        (job.frames_running == 0).then_some(job.frames_done)
    });
    let started = count(&path);
    // Another job has both slots meanwhile, so that the held one would have been given some.
    let other = farm.submit_script("other", "1-4", &["--priority", "90"], "echo > {output}");
    farm.until_done(&other);
    assert_eq!((farm.job(&id).frames_done, count(&path)), (held, started));
    assert!(held < 3000, "it was held in the middle");

    farm.run(&["release", &id]).ends_with(0);
    until_true("it goes on", || farm.job(&id).frames_done > held + 20);
    farm.run(&["kill", &id]).ends_with(0);
    let other = farm.submit_script("another", "1-4", &["--priority", "90"], "echo > {output}");
    farm.until_done(&other);
    let after = count(&path);
    let last = farm.submit_script("last", "1-4", &["--priority", "90"], "echo > {output}");
    farm.until_done(&last);
    assert_eq!(count(&path), after, "nothing of a killed job starts");
}
