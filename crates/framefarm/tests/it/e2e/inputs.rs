//! Steps that work with what others made: brought to the host, frame by frame or all of it.

use std::path::Path;

use model::JobState;

use super::farm::Farm;
use super::until_true;

/// Each frame of the second step adds a line to the file of the first; the third puts all of them together.
const FILM: &str = r#"
name = "film"
frames = "1-4"
[[step]]
name = "sim 1"
command = ["sh", "-c", "echo sim {frame} > {output}"]
[[step]]
name = "mark"
chunk = 2
depends_on = [{ step = "sim 1", by = "frame", files = true }]
command = ["sh", "-c", "for f in $FRAMEFARM_FRAMES; do (cat {inputs}/sim-1/*.000$f.out; echo mark $f) > {output}.$f.txt; done"]
[[step]]
name = "all"
frames = "1-3"
depends_on = [{ step = "mark", files = true }]
command = ["sh", "-c", "touch $FRAMEFARM_INPUTS/mark/new; echo > {inputs}/mark/film.mark.0001.txt; cat {inputs}/mark/* > {output}.txt"]
"#;

fn read(folder: &str, name: &str) -> String {
    std::fs::read_to_string(Path::new(folder).join(name)).unwrap()
}

fn check(farm: &Farm) {
    let id = farm.submit_text("film.toml", FILM);
    farm.until_done(&id);
    let results = farm.job(&id).results;
    let marked: Vec<String> = (1..=4).map(|n| format!("sim {n}\nmark {n}\n")).collect();
    for (number, text) in (1..).zip(&marked) {
        assert_eq!(read(&results, &format!("film.mark.{number:04}.txt")), *text);
    }
    for number in 1..=3 {
        // As root frames are rendered by another account, which can change nothing of what is shared.
        let all = read(&results, &format!("film.all.000{number}.txt"));
        assert!(!rustix::process::geteuid().is_root() || all == marked.concat(), "{all}");
    }
}

#[test]
fn a_frame_finds_what_the_frames_that_it_waited_for_made() {
    check(&Farm::of_five());
}

#[test]
fn a_host_that_mounts_the_storage_reads_straight_from_it() {
    let mut farm = Farm::new();
    farm.start_resource();
    farm.start_schedule(&[]);
    let storage = farm.storage().display().to_string();
    farm.start("r1", &["serve", "render", "--name", "r1", "--slots", "2", "--storage", &storage]);
    farm.until_hosts(1);
    check(&farm);
    let log = std::fs::read_to_string(farm.log("r1")).unwrap();
    assert!(!log.contains("by way of"), "{log}");
}

#[test]
fn what_is_not_in_the_storage_as_it_was_made_fails_what_needs_it() {
    let farm = Farm::up(2);
    let gate = farm.path("gate");
    let text = format!(
        r#"
name = "film"
frames = "1-2"
attempts = 2
[[step]]
name = "sim"
command = ["sh", "-c", "echo sim {{frame}} > {{output}}"]
[[step]]
name = "wait"
frames = 1
depends_on = "sim"
command = ["sh", "-c", "until [ -e {} ]; do sleep 0.1; done"]
[[step]]
name = "mark"
depends_on = ["wait", {{ step = "sim", by = "frame", files = true }}]
command = ["sh", "-c", "cat {{inputs}}/sim/* > {{output}}"]
"#,
        gate.display()
    );
    let id = farm.submit_text("film.toml", &text);
    until_true("the first step is done", || farm.job(&id).frames_done == 2);
    let results = farm.job(&id).results;
    std::fs::write(Path::new(&results).join("film.sim.0001.out"), "another").unwrap();
    std::fs::remove_file(Path::new(&results).join("film.sim.0002.out")).unwrap();
    std::fs::write(gate, "").unwrap();
    until_true("it has ended", || farm.job(&id).state == JobState::Failed);
    let frames = farm.frames(&id);
    let mark: Vec<_> = frames.iter().filter(|frame| frame.step == "mark").collect();
    for (frame, name, why) in
        [(mark[0], "film.sim.0001.out", "arrived damaged"), (mark[1], "film.sim.0002.out", "there is no")]
    {
        let problem = frame.problem.clone().unwrap();
        let sentence = format!("{name}, which an earlier step made, is not in the storage as it was made");
        assert!(problem.contains(&sentence) && problem.contains(why), "{problem}");
        assert_eq!(frame.attempts, 2, "another host may not be blamed");
    }
}

#[test]
fn inputs_that_no_step_brings_are_a_fault_of_the_description() {
    let farm = Farm::up(1);
    let text = "command = [\"cat\", \"{inputs}/sim\"]\n[[step]]\nname = \"a\"\ndepends_on = [{ step = \"b\", files = 1 }]\n[[step]]\nname = \"b\"";
    std::fs::write(farm.path("bad.toml"), text).unwrap();
    let path = farm.path("bad.toml").display().to_string();
    farm.run(&["submit", &path]).ends_with(2).complains(&[
        "files takes true or false",
        "{inputs} has no value, for no files of another step are brought",
        "files = true }]",
    ]);
}
