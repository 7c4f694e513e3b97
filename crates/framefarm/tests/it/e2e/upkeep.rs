//! What is done with a data folder beside its server: looking, checking, backing up, restoring. And what
//! becomes of damage.

use std::fs;

use model::{FrameState, JobState};
use serde_json::Value;

use super::farm::Farm;
use super::ran::Ran;
use super::{lines, names, until_true};

/// Notes each start, waits for the gate, and makes its frame.
fn gated(farm: &Farm) -> String {
    let (starts, gate) = (farm.path("starts"), farm.path("gate"));
    let (starts, gate) = (starts.display(), gate.display());
    format!(
        "echo {{frame}} >> {starts}; until [ -e {gate} ]; do sleep 0.1; done; echo {{frame}} > {{output}}"
    )
}

/// A command on the data folder of the farm's `up`.
#[track_caller]
fn on_data(farm: &Farm, arguments: &[&str]) -> Ran {
    let data = farm.data("up").display().to_string();
    farm.run(&[arguments, &["--data", &data]].concat())
}

fn records(ran: &Ran) -> Vec<Value> {
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_journal_of_a_farm_that_runs_can_be_read_and_checked() {
    let farm = Farm::up(1);
    let first = farm.submit_script("first", "1-2", &[], "echo {frame} > {output}");
    let second = farm.submit_script("second", "1", &[], "echo {frame} > {output}");
    farm.until_done(&first);
    farm.until_done(&second);

    let all = records(&on_data(&farm, &["journal", "show", "--json"]).ends_with(0));
    let numbers: Vec<u64> = all.iter().map(|line| line["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=all.len() as u64).collect::<Vec<_>>());
    let of_second = on_data(&farm, &["journal", "export", "--job", &second]).ends_with(0);
    let kinds: Vec<_> =
        records(&of_second).iter().map(|line| line["kind"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds[0], "job_submitted");
    assert!(kinds.contains(&"frame_finished".to_owned()), "leases are told by their jobs: {kinds:?}");
    let some =
        records(&on_data(&farm, &["journal", "show", "--json", "--from", "2", "--to", "3"]).ends_with(0));
    assert_eq!(some, all[1..3]);
    let table = on_data(&farm, &["journal", "show", "--job", &second]).ends_with(0);
    assert!(table.stdout.lines().next().unwrap().contains("RECORD"), "{table}");
    let renders = on_data(&farm, &["journal", "export", "--role", "render"]).ends_with(0);
    assert!(records(&renders).iter().any(|line| line["kind"] == "grant_taken"), "{renders}");

    let file = farm.path("records.jsonl");
    on_data(&farm, &["journal", "export", &file.display().to_string()]).ends_with(0);
    assert_eq!(lines(&file).len(), all.len());
    let checked = on_data(&farm, &["journal", "check"]).ends_with(0);
    assert!(checked.stdout.ends_with("all is well\n"), "{checked}");
    farm.run(&["journal", "check", "--data", "nowhere"])
        .ends_with(2)
        .complains(&["there is no journal", "--data"]);
}

#[test]
fn a_backup_of_a_running_farm_goes_on_elsewhere() {
    let mut farm = Farm::up(1);
    let scene = farm.path("notes.txt");
    fs::write(&scene, "what the frames need").unwrap();
    let script = format!("{}; cat notes.txt >> {{output}}", gated(&farm));
    let job = farm.submit_script("saved", "1-3", &["--support", "notes.txt"], &script);
    until_true("the first frame runs", || lines(&farm.path("starts")).len() == 1);
    let backup = farm.path("farm.tar.zst").display().to_string();
    let without = on_data(&farm, &["backup", &backup]).ends_with(0).complains(&["1 content", "--content"]);
    assert!(without.stdout.contains("1 job, up to record"), "{without}");
    on_data(&farm, &["backup", &backup, "--content"]).ends_with(0);
    farm.kill_9("up");
    let lost = farm.data("up");
    fs::rename(&lost, farm.path("burnt")).unwrap();

    let elsewhere = farm.data("restored").display().to_string();
    farm.run(&["restore", &backup, "--data", &elsewhere]).ends_with(0);
    farm.run(&["restore", &backup, "--data", &elsewhere]).ends_with(2).complains(&["is not empty"]);
    let scene = scene.display().to_string();
    farm.run(&["restore", &scene, "--data", "new"]).ends_with(2).complains(&["is no backup of framefarm"]);
    assert!(!farm.path("new").exists(), "a wrong file leaves no trace");

    fs::write(farm.path("gate"), "").unwrap();
    farm.start("restored", &["up", "--port", "0", "--name", "solo", "--slots", "1"]);
    let frames = farm.until_done(&job);
    assert_eq!(frames.len(), 3);
    assert!(frames.iter().all(|frame| frame.history.iter().all(|attempt| attempt.outcome != "failed")));
    let results = farm.job(&job).results;
    assert!(names(results.as_ref()).contains(&"saved.0003.out".to_owned()));
    let next = farm.submit_script("next", "1", &[], "echo {frame} > {output}");
    assert!(next.parse::<u64>().unwrap() > 1_000, "numbers of the lost farm are not given again: {next}");
    farm.until_done(&next);
}

#[test]
fn a_damaged_content_is_set_aside_and_can_be_sent_again() {
    let mut farm = Farm::new();
    farm.start_schedule(&[]);
    farm.start_resource();
    fs::write(farm.path("notes.txt"), "what the frames need").unwrap();
    let script = "cat notes.txt > {output}";
    let job = farm.submit_script("hurt", "1", &["--support", "notes.txt"], script);
    let data = farm.data("schedule");
    let digest = blake3::hash(b"what the frames need").to_hex().to_string();
    let path = data.join("content").join(&digest[..2]).join(&digest);
    fs::remove_file(&path).unwrap();
    fs::write(&path, "what nobody can use.").unwrap();
    let data = data.display().to_string();
    let checked = farm.run(&["journal", "check", "--data", &data]).ends_with(1);
    assert!(checked.stdout.contains("its bytes have another digest than its name"), "{checked}");
    assert!(checked.stdout.contains("hint: submit the job again"), "{checked}");

    farm.start_render("r1", 1);
    let aside = format!("quarantine/content-{digest}");
    until_true("it is set aside", || farm.data("schedule").join(&aside).exists());
    until_true("the frame waits, and nothing counts against it", || {
        let frame = &farm.frames(&job)[0];
        frame.state == FrameState::Waiting && frame.history.iter().all(|one| one.outcome == "given_back")
    });
    let checked = farm.run(&["journal", "check", "--data", &data]).ends_with(1);
    assert!(checked.stdout.contains(&format!("set aside earlier: {data}/{aside}")), "{checked}");
    let again = farm.submit_script("again", "1", &["--support", "notes.txt"], script);
    farm.until_done(&again);
    assert_eq!(farm.until_done(&job)[0].state, FrameState::Done);
}

/// Damages the newest row of the schedule server's journal from outside.
fn damage(farm: &Farm, server: &str) {
    let path = farm.data(server).join("schedule.journal");
    let mut bytes = fs::read(&path).unwrap();
    let name = b"job_submitted";
    let at = bytes.windows(name.len()).rposition(|text| text == name).unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
}

#[test]
fn a_damaged_journal_is_named_with_what_to_do_and_a_backup_mends_it() {
    let mut farm = Farm::up(1);
    let job = farm.submit_script("safe", "1", &[], "echo {frame} > {output}");
    farm.until_done(&job);
    let backup = farm.path("farm.tar.zst").display().to_string();
    on_data(&farm, &["backup", &backup]).ends_with(0);
    farm.terminate("up");
    damage(&farm, "up");
    let checked = on_data(&farm, &["journal", "check"]).ends_with(1);
    assert!(checked.stdout.contains("its checksum is wrong"), "{checked}");
    assert!(checked.stdout.contains("hint: stop the server and restore a backup"), "{checked}");
    let shown = on_data(&farm, &["journal", "show"]).ends_with(1);
    shown.complains(&["is damaged at the row of record", "journal check"]);
    let refused = on_data(&farm, &["up", "--port", "0"]).ends_with(1);
    refused.complains(&["its checksum is wrong; restore it from a copy"]);

    let elsewhere = farm.data("restored").display().to_string();
    farm.run(&["restore", &backup, "--data", &elsewhere]).ends_with(0);
    farm.start("restored", &["up", "--port", "0", "--name", "solo", "--slots", "1"]);
    assert_eq!(farm.job(&job).state, JobState::Done);
}
