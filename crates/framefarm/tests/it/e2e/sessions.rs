//! Environments: entered before the frames of a session, left in reverse after them, whatever happens.

use std::path::PathBuf;

use model::FrameState;
use rustix::process::{Pid, test_kill_process};

use super::farm::Farm;
use super::{lines, names, until, until_true};

/// A farm of one host whose sessions write down what they do.
struct Stage {
    farm: Farm,
}

impl Stage {
    fn new() -> Self {
        Self { farm: Farm::up(1) }
    }

    /// Submits `text` with `NOTES` in it for the file of notes and `HERE` for the farm's folder.
    fn submit(&self, text: &str) -> String {
        let here = self.farm.folder().display().to_string();
        let text = text.replace("NOTES", &format!("{here}/notes")).replace("HERE", &here);
        self.farm.submit_text("job.toml", &text)
    }

    fn notes(&self) -> Vec<String> {
        lines(&self.farm.path("notes"))
    }

    /// Folders of sessions on the host.
    fn folders(&self) -> Vec<String> {
        let workplaces = std::fs::read_dir(self.farm.path("scratch")).unwrap();
        let sessions = workplaces.map(|entry| entry.unwrap().path().join("sessions"));
        sessions.filter(|folder| folder.is_dir()).flat_map(|folder| names(&folder)).collect()
    }

    /// The process whose number the file `name` holds.
    fn process(&self, name: &str) -> Pid {
        let path: PathBuf = self.farm.path(name);
        let text = until(name, || std::fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n')));
        Pid::from_raw(text.trim().parse().unwrap()).unwrap()
    }

    fn until_session_gone(&self) {
        until_true("the session's folder is gone", || self.folders().is_empty());
    }
}

fn runs(process: Pid) -> bool {
    let path = format!("/proc/{}/stat", process.as_raw_nonzero());
    let dead = std::fs::read_to_string(path).is_ok_and(|stat| stat.contains(") Z "));
    test_kill_process(process).is_ok() && !dead
}

const NESTED: &str = r#"
name = "nested"
frames = "1-2"
attempts = 1
[[environment]]
name = "outer"
enter = ["sh", "-c", "echo enter outer >> NOTES"]
exit = ["sh", "-c", "echo exit outer >> NOTES"]
[[environment]]
name = "plain"
variables = { X = "1" }
[[step]]
name = "render"
command = ["sh", "-c", "echo frame $FRAMEFARM_FRAME >> NOTES"]
[[step.environment]]
name = "middle"
enter = ["sh", "-c", "echo enter middle >> NOTES"]
exit = ["sh", "-c", "echo exit middle >> NOTES; exit 3"]
[[step.environment]]
name = "inner"
enter = ["sh", "-c", "echo enter inner >> NOTES; ENTER"]
exit = ["no-such-program"]
"#;

#[test]
fn environments_are_left_in_reverse_and_a_failing_one_stops_nobody() {
    let mut stage = Stage::new();
    let job = stage.submit(&NESTED.replace("ENTER", "true"));
    stage.farm.until_done(&job);
    assert_eq!(stage.notes(), ["enter outer", "enter middle", "enter inner", "frame 1", "frame 2"]);
    stage.farm.terminate("up");
    assert_eq!(stage.notes()[5..], ["exit middle", "exit outer"], "the inner one has no such program");
    assert_eq!(stage.folders(), [""; 0]);
    let log = lines(&stage.farm.log("up")).join("\n");
    assert!(log.contains("environment \"middle\" was not left") && log.contains("no-such-program"), "{log}");
}

#[test]
fn an_environment_that_cannot_be_entered_fails_the_try_and_is_left_too() {
    let stage = Stage::new();
    let job = stage.submit(&NESTED.replace("ENTER", "echo openjd_fail: no licence; exit 4"));
    stage.farm.run(&["wait", &job]).ends_with(1);
    stage.until_session_gone();
    let tries = stage.notes().iter().filter(|note| *note == "enter inner").count();
    let one = ["enter outer", "enter middle", "enter inner", "exit middle", "exit outer"];
    assert_eq!(stage.notes(), one.repeat(tries));
    assert_eq!(tries, 2, "one try for each of two frames");
    let frame = &stage.farm.frames(&job)[0];
    assert_eq!(frame.state, FrameState::Failed);
    let why = format!("{frame:?}");
    assert!(why.contains("environment \\\"inner\\\" cannot be entered"), "{why}");
    assert!(why.contains("exit code 4: no licence"), "{why}");
    let log = stage.farm.run(&["log", &job, "1"]).ends_with(0).stdout;
    assert!(log.contains("openjd_fail: no licence") && log.contains("entering environment"), "{log}");
}

#[test]
fn variables_hold_in_their_scope_and_secrets_stay_out_of_the_log() {
    let stage = Stage::new();
    let job = stage.submit(
        r#"
name = "variables"
frames = "1-2"
[[environment]]
name = "outer"
variables = { A = "outer", B = "outer", C = "outer", WORK = "{session}" }
enter = ["sh", "{file_start}"]
[environment.files.start]
filename = "start me.sh"
text = """
echo "openjd_env: D=said"
echo "openjd_unset_env: C"
echo "openjd_redacted_env: KEY=hunter2"
echo "the key is hunter2"
echo " openjd_env: E=indented"
mkdir bin
printf '#!/bin/sh\necho tool of the session\n' > bin/session-tool
chmod 755 bin/session-tool
echo "openjd_env: PATH=$PWD/bin:$PATH"
"""
[[step]]
name = "render"
command = ["sh", "{file_frame}"]
[[step.environment]]
name = "inner"
variables = { B = "inner" }
enter = ["sh", "-c", "echo inner $A $B $C. >> NOTES; echo openjd_env: A=again"]
[step.environment.files]
frame = """
echo "$A $B $C. $D $E. ${#KEY} $WORK" >> NOTES
echo tampered > "$0" || true
cd {session} && session-tool >> NOTES
"""
[[step]]
name = "tool"
depends_on = "render"
frames = 1
command = ["session-tool"]
"#,
    );
    stage.farm.until_done(&job);
    let notes = stage.notes();
    assert_eq!(notes[0], "inner outer inner .");
    let frame = notes[1].rsplit_once(' ').unwrap();
    assert_eq!(frame.0, "again inner . said . 7");
    assert!(frame.1.ends_with("/work"), "{frame:?}");
    // The file that the first frame spoilt was written anew for the second.
    assert_eq!(notes[2..], ["tool of the session", &notes[1], "tool of the session"]);
    let first = stage.farm.run(&["log", &job, "1", "--step", "render"]).ends_with(0).stdout;
    assert!(first.contains("the key is ********") && !first.contains("hunter2"), "{first}");
    let tool = stage.farm.run(&["log", &job, "1", "--step", "tool"]).ends_with(0).stdout;
    assert!(tool.contains("tool of the session"), "{tool}");
}

const DAEMON: &str = r#"
frames = "1-3"
command = ["sh", "-c", "kill -0 $(cat {session}/pid) && echo served >> NOTES; WAIT"]
[[environment]]
name = "server"
enter = ["sh", "-c", "setsid sleep 1000 & echo $! > pid; cp pid HERE/daemon; echo on >> NOTES"]
exit = ["sh", "-c", "kill -0 $(cat pid) && echo off >> NOTES; mkdir locked; touch locked/x; chmod 000 locked"]
"#;

#[test]
fn a_daemon_serves_all_frames_and_is_gone_before_the_next_job() {
    let stage = Stage::new();
    let first = stage.submit(&DAEMON.replace("WAIT", "true"));
    stage.farm.until_done(&first);
    let daemon = stage.process("daemon");
    assert!(runs(daemon));
    assert_eq!(stage.notes(), ["on", "served", "served", "served"]);
    let script =
        format!("kill -0 {} || echo gone >> {}", daemon.as_raw_nonzero(), stage.farm.path("notes").display());
    let next = stage.farm.submit_script("next", "1", &[], &script);
    stage.farm.until_done(&next);
    // It was there for whoever stops it in good order, and killed as nobody did.
    assert_eq!(stage.notes()[4..], ["off", "gone"]);
    assert!(!runs(daemon));
    assert_eq!(stage.folders(), [""; 0], "also what was closed to its owner");
}

#[test]
fn a_render_server_that_was_killed_leaves_its_sessions_when_it_comes_back() {
    let mut stage = Stage::new();
    let job = stage.submit(&DAEMON.replace("WAIT", "while [ ! -e HERE/go ]; do sleep 0.05; done"));
    until_true("a frame is served", || stage.notes().len() == 2);
    let daemon = stage.process("daemon");
    stage.farm.kill_9("up");
    assert!(runs(daemon));
    stage.farm.restart("up");
    // The frame runs on, and so does what it needs.
    assert!(runs(daemon) && stage.folders().len() == 1);
    std::fs::write(stage.farm.path("go"), "").unwrap();
    stage.farm.until_done(&job);
    assert_eq!(stage.notes()[..5], ["on", "served", "off", "on", "served"], "one session before, one after");
    assert!(!runs(daemon));
    stage.farm.kill_9("up");
    stage.farm.restart("up");
    until_true("an idle session is left", || stage.notes().last().is_some_and(|note| note == "off"));
    stage.until_session_gone();
    assert!(!runs(stage.process("daemon")));
}

#[test]
fn who_is_cancelled_on_the_way_in_has_the_time_it_asked_for() {
    let stage = Stage::new();
    let job = stage.submit(
        r#"
frames = 1
command = ["echo", "never"]
[[environment]]
name = "slow"
enter = ["sh", "{file_slow}"]
exit = ["sh", "-c", "echo exit >> NOTES"]
cancel = "notify 100 s"
[environment.files]
slow = """
trap 'test -s cancel_info.json && cp cancel_info.json HERE/info; sleep 4; echo clean >> NOTES; exit 0' TERM
echo $$ > HERE/entering
while :; do sleep 0.1; done
"""
"#,
    );
    let entering = stage.process("entering");
    stage.farm.run(&["kill", &job]).ends_with(0);
    until_true("it was left", || stage.notes().len() == 2);
    // Longer than the render server waits by itself.
    assert_eq!(stage.notes(), ["clean", "exit"]);
    assert!(!runs(entering));
    let info = std::fs::read_to_string(stage.farm.path("info")).unwrap();
    assert!(info.starts_with("{\"NotifyEnd\":\"20") && info.trim_end().ends_with("Z\"}"), "{info}");
    stage.until_session_gone();
}

#[test]
fn a_time_that_is_over_ends_an_action_as_it_wants_and_then_by_force() {
    let stage = Stage::new();
    let text = |cancel: &str| {
        format!(
            r#"
frames = 1
attempts = 1
command = ["echo", "never"]
[[environment]]
name = "deaf"
enter = ["sh", "-c", "trap 'echo asked >> NOTES' TERM; setsid sh -c 'echo $$ > HERE/child; exec sleep 1000' & while :; do sleep 0.1; done"]
exit = ["sh", "-c", "echo exit >> NOTES"]
timeout = "1 s"
cancel = "{cancel}"
"#
        )
    };
    let job = stage.submit(&text("notify 1 s"));
    stage.farm.run(&["wait", &job]).ends_with(1);
    until_true("it was left", || stage.notes().last().is_some_and(|note| note == "exit"));
    assert_eq!(stage.notes(), ["asked", "exit"]);
    assert!(!runs(stage.process("child")));
    let why = format!("{:?}", stage.farm.frames(&job)[0]);
    assert!(why.contains("took longer than 1 s"), "{why}");
    let job = stage.submit(&text("terminate"));
    stage.farm.run(&["wait", &job]).ends_with(1);
    until_true("it was left", || stage.notes().len() == 3);
    assert_eq!(stage.notes()[2], "exit", "nobody was asked");
    stage.until_session_gone();
}

#[test]
fn what_a_session_prints_is_shown_and_is_not_the_words_of_a_frame() {
    let stage = Stage::new();
    let job = stage.submit(
        r#"
name = "words"
frames = "1-2"
command = ["sh", "-c", "echo frame {frame}"]
[[environment]]
name = "loud"
enter = ["sh", "-c", "echo openjd_fail: no; echo TR_EXIT_STATUS 1; echo warning: careful; echo error: really"]
"#,
    );
    let frames = stage.farm.until_done(&job);
    assert!(frames.iter().all(|frame| frame.warnings.is_empty()), "{frames:?}");
    let log = |number: &str| stage.farm.run(&["log", &job, number]).ends_with(0).stdout;
    let first = log("1");
    assert!(first.contains("error: really\n") && first.ends_with("\nframe 1\n"), "{first}");
    assert_eq!(log("2"), "frame 2\n");
    let results = names(&stage.farm.data("up").join("results/1-words"));
    let made = results.iter().find(|name| name.contains("0001")).unwrap();
    let text = std::fs::read_to_string(stage.farm.data("up").join("results/1-words").join(made)).unwrap();
    assert_eq!(text, "frame 1\n", "what is delivered is the frame's own");
}

#[test]
fn the_next_try_of_a_frame_has_a_session_of_its_own() {
    let stage = Stage::new();
    let job = stage.submit(
        r#"
frames = "1-2"
command = ["sh", "-c", "echo try {frame} {attempt} >> NOTES; test {frame}{attempt} != 11"]
[[environment]]
name = "server"
enter = ["sh", "-c", "echo on >> NOTES"]
exit = ["sh", "-c", "echo off >> NOTES"]
"#,
    );
    stage.farm.run(&["wait", &job]).ends_with(0);
    assert_eq!(stage.notes()[..4], ["on", "try 1 1", "off", "on"]);
    assert_eq!(stage.notes().iter().filter(|note| note.starts_with("try")).count(), 3);
    assert_eq!(stage.notes().iter().filter(|note| *note == "on").count(), 2);
}

#[test]
fn a_line_that_sets_no_variable_fails_the_try() {
    let stage = Stage::new();
    let job = stage.submit(
        r#"
frames = 1
attempts = 1
command = ["echo", "never"]
[[environment]]
name = "sloppy"
enter = ["sh", "-c", "echo openjd_env: PATH; sleep 1000"]
"#,
    );
    stage.farm.run(&["wait", &job]).ends_with(1);
    let why = format!("{:?}", stage.farm.frames(&job)[0]);
    assert!(why.contains("sets no variable") && why.contains("sloppy"), "{why}");
    stage.until_session_gone();
}

#[test]
fn the_example_of_the_manual_serves_its_frames() {
    let stage = Stage::new();
    let manual = include_str!("../../../../../docs/sessions.md");
    let (_, rest) = manual.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    // As it stands, but that it shows what was served.
    let shown = "kill $(cat server.pid); cp served HERE/notes";
    let job = stage.submit(&example.replace("kill $(cat server.pid)", shown));
    stage.farm.until_done(&job);
    stage.farm.until_done(&stage.farm.submit_script("next", "1", &[], "true"));
    assert_eq!(stage.notes(), ["hello 1", "hello 2", "hello 3", "hello 4"]);
}
