//! `framefarm up`: a whole farm in one process, and what scripts rely on.

use model::{HostView, JobState, JobView, OutputView};
use serde_json::Value;

use super::farm::Farm;
use super::ran::Ran;
use super::{names, scene, until, until_true};

/// Fails unless `value` is an object with each of `fields`.
#[track_caller]
fn has(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(value.get(field).is_some(), "no field {field} in {value:#}");
    }
}

#[test]
fn one_command_runs_a_farm_that_renders() {
    let mut farm = Farm::up(2);
    assert!(farm.url("up").starts_with("http://127.0.0.1:"), "{}", farm.url("up"));
    let scene = scene::write(&farm.path("film")).display().to_string();

    let id = farm.submit(&[&scene, "--frames", "1-6", "--size", "64x48", "--notify", "ada@example.com"]);
    let frames = farm.until_done(&id);

    let job = farm.job(&id);
    assert_eq!((job.frames_total, job.frames_done, job.name.as_str()), (6, 6, "scene"));
    let expected: Vec<_> = (1..=6).map(|number| format!("scene.{number:04}.png")).collect();
    let results = std::path::Path::new(&job.results);
    assert_eq!(names(results), [&["B3SUMS".to_owned()], &expected[..]].concat());
    let sums = std::fs::read_to_string(results.join("B3SUMS")).unwrap();
    let outputs: Vec<&OutputView> = frames.iter().flat_map(|frame| &frame.outputs).collect();
    for output in &outputs {
        let bytes = std::fs::read(results.join(&output.name)).unwrap();
        assert_eq!(output.digest.to_string(), blake3::hash(&bytes).to_hex().to_string());
        let line = format!("{}  {}", output.digest, output.name);
        assert!(sums.lines().any(|sum| sum == line), "no {line:?} in {sums}");
    }

    copies_are_fetched(&farm, &id, &expected, &outputs);
    logs_hold_what_povray_wrote(&farm, &id);
    the_data_folder_is_used_once(&farm);
    a_restart_keeps_jobs(&mut farm, &id);
}

fn copies_are_fetched(farm: &Farm, id: &str, expected: &[String], outputs: &[&OutputView]) {
    farm.run(&["fetch", id, "mine", "--sheet", "sheet.png"]).ends_with(0);
    assert_eq!(names(&farm.path("mine")), expected);
    for output in outputs {
        let bytes = std::fs::read(farm.path("mine").join(&output.name)).unwrap();
        assert_eq!(output.digest.to_string(), blake3::hash(&bytes).to_hex().to_string());
    }
    image::open(farm.path("sheet.png")).unwrap();
}

fn logs_hold_what_povray_wrote(farm: &Farm, id: &str) {
    let log = farm.run(&["log", id, "3"]).ends_with(0);
    assert!(log.stdout.contains("POV-Ray finished"), "{log}");
    assert_eq!(farm.run(&["log", id, "3", "--attempt", "1"]).ends_with(0).stdout, log.stdout);
    farm.run(&["log", id, "3", "--attempt", "2"]).ends_with(2);
}

fn the_data_folder_is_used_once(farm: &Farm) {
    let data = farm.data("up").display().to_string();
    let second = farm.run(&["up", "--port", "0", "--data", &data]);
    second.ends_with(1).complains(&["in use by another framefarm", "give another folder"]);
}

fn a_restart_keeps_jobs(farm: &mut Farm, id: &str) {
    // The mail, which nobody takes, is tried again and again meanwhile.
    let job = |farm: &Farm| JobView { notices: Vec::new(), ..farm.job(id) };
    let (before, frames) = (job(farm), farm.frames(id));
    assert_eq!(farm.terminate("up").code(), Some(0));
    farm.restart("up");
    assert_eq!(job(farm), before);
    assert_eq!(farm.frames(id), frames);
    assert!(farm.run(&["log", id, "3"]).ends_with(0).stdout.contains("POV-Ray finished"));
    let next = farm.submit_script("next", "1", &[], "echo {frame} > {output}");
    assert!(next.parse::<u64>().unwrap() > id.parse().unwrap(), "{next} after {id}");
    farm.until_done(&next);
}

#[test]
fn scripts_find_the_fields_they_rely_on() {
    let farm = Farm::up(1);
    let id = farm.submit_script("fields", "1-2", &["--priority", "7"], "echo {frame} > {output}");
    farm.until_done(&id);
    let json = |arguments: &[&str]| -> Value { farm.run(arguments).ends_with(0).json() };

    let of_job = ["id", "name", "state", "priority", "frames_total", "frames_done", "frames_failed"];
    let job = json(&["job", &id, "--json"]);
    has(&job, &of_job);
    has(
        &job,
        &["waiting_because", "results", "submitted_at", "started_at", "ended_at", "running", "notices"],
    );
    assert_eq!((&job["id"], &job["priority"]), (&Value::from(id.clone()), &Value::from(7)));
    let jobs = json(&["jobs", "--json"]);
    assert_eq!(jobs.as_array().unwrap().len(), 1);
    has(&jobs[0], &of_job);

    let frames = json(&["frames", &id, "--json"]);
    assert_eq!(frames.as_array().unwrap().len(), 2);
    has(&frames[1], &["number", "state", "host", "attempts", "problem", "outputs", "history"]);
    assert_eq!((&frames[1]["number"], &frames[1]["host"]), (&Value::from(2), &Value::from("solo")));

    let hosts = json(&["hosts", "--json"]);
    has(&hosts[0], &["name", "state", "slots_total", "slots_busy", "slots", "info", "heard_at"]);
    // What slots do reaches the resource server a moment later.
    let hosts: Vec<HostView> = until("no slot is busy", || {
        let hosts: Vec<HostView> = farm.run(&["hosts", "--json"]).json();
        (hosts[0].slots_busy == 0).then_some(hosts)
    });
    assert_eq!(hosts[0].slots_total, 1);
    assert!(hosts[0].info.packages.iter().any(|package| package.name == "povray"));

    let ended = json(&["wait", &id, "--json"]);
    assert_eq!(ended["state"], "done");
}

#[test]
fn names_and_numbers_alone_are_on_standard_output() {
    let farm = Farm::up(1);
    let talkative = farm.run(&["submit", "--frames", "1", "--command", "--", "echo", "{frame}"]).ends_with(0);
    assert_eq!(talkative.stdout, "1\n");
    assert!(!talkative.stderr.is_empty(), "{talkative}");
    farm.run(&["wait", "1"]).ends_with(0);
    let quiet = |arguments: &[&str]| -> Ran { farm.run(&[arguments, &["--quiet"]].concat()).ends_with(0) };
    for (arguments, expected) in [(&["jobs"][..], "1\n"), (&["hosts"], "solo\n"), (&["frames", "1"], "1\n")] {
        let ran = quiet(arguments);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (expected, ""), "{ran}");
    }
    assert_eq!(quiet(&["wait", "1"]).stdout, "");
    assert_eq!(farm.job("1").state, JobState::Done);
}

#[test]
fn what_a_frame_prints_is_seen_while_it_runs() {
    let farm = Farm::up(2);
    let gate = farm.path("gate");
    let script = format!(
        "echo openjd_progress: 50; echo half way; until [ -e {} ]; do sleep 0.1; done; echo > {{output}}",
        gate.display()
    );
    let id = farm.submit_script("slow", "1", &[], &script);
    until_true("half of it is done", || {
        let job = farm.job(&id);
        job.progress_permille == 500 && job.running.iter().any(|frame| frame.progress_permille == 500)
    });
    until_true("the log arrives", || {
        let log = farm.run(&["log", &id, "1"]);
        log.code == Some(0) && log.stdout.contains("half way")
    });
    let hosts: Vec<HostView> = farm.run(&["hosts", "--json"]).ends_with(0).json();
    assert_eq!((hosts[0].slots_total, hosts[0].slots_busy), (2, 1));
    std::fs::write(gate, "").unwrap();
    farm.until_done(&id);
    until_true("its slot is free again", || {
        let hosts: Vec<HostView> = farm.run(&["hosts", "--json"]).ends_with(0).json();
        hosts[0].slots_busy == 0
    });
}
