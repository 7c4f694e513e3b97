//! A package that stays, and hangs, grows, has had its frames or never gets ready: it is replaced, and that
//! costs one try at most.

use super::super::{lines, until_true};
use super::farm_with;

const DEFINITION: &str = r#"
name = "stays"
title = "Stays"
seen = ["1"]
executables = ["stays"]
[version]
arguments = ["--version"]
pattern = 'Stays (\d+)'
[[command]]
arguments = ["{output}"]
[session]
ready_time = 2
frames_max = 3
memory_max_growth = "64 MiB"
[[session.command]]
arguments = ["{setting_case}", "{setting_notes}"]
[settings.case]
type = "text"
help = "what it does"
[settings.notes]
type = "text"
help = "where it writes down its process and frames"
[scene]
required = true
endings = ["shot"]
[environment]
pass = ["PATH"]
[outputs]
stem = "frame"
ending = "txt"
"#;

const PROGRAM: &str = r#"
import json, os, sys, time
if sys.argv[1] == "--version":
    print("Stays 1"); sys.exit()
case, notes = sys.argv[1], sys.argv[2]
def note(text):
    with open(notes, "a") as file: file.write(f"{os.getpid()} {text}\n")
def say(text): print("framefarm: " + text, flush=True)
note("start")
if case == "never": time.sleep(1000)
say("ready")
held = []
for line in sys.stdin:
    asked = json.loads(line)
    frame = asked["frame"]
    note(f"{frame} {asked['attempt']}")
    say(f"begin {frame}")
    if case == "hangs" and frame == 2 and asked["attempt"] == 1: time.sleep(1000)
    if case == "grows": held.append(bytearray(os.urandom(1 << 20)) * 80)
    with open(f"{asked['output_stem']}{frame:04d}.txt", "w") as file: file.write("it\n")
    say(f"done {frame}")
"#;

#[test]
fn a_package_that_stays_too_long_hangs_or_grows_is_replaced() {
    let farm = farm_with("stays", DEFINITION, PROGRAM);
    until_true("the package is found", || {
        farm.run(&["hosts", "--json"]).ends_with(0).stdout.contains("\"stays\"")
    });
    let submit = |case: &str, frames: &str, more: &[&str]| {
        let notes = farm.path(&format!("notes-{case}"));
        std::fs::write(&notes, "").unwrap();
        std::fs::set_permissions(&notes, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
        let settings = [format!("case={case}"), format!("notes={}", notes.display())];
        let job = ["a.shot", "--name", case, "--package", "stays", "--frames", frames];
        let set = ["--set", &settings[0], "--set", &settings[1]];
        farm.submit(&[&job[..], &set, more].concat())
    };
    let jobs = [
        submit("many", "1-7", &[]),
        submit("hangs", "1-3", &["--max-time", "2 s"]),
        submit("grows", "1-6", &[]),
    ];
    let never = submit("never", "1", &["--attempts", "1"]);
    let notes = |case: &str| lines(&farm.path(&format!("notes-{case}")));
    let process_of = |case: &str, frame: &str| {
        let found = notes(case).iter().find_map(|line| line.strip_suffix(frame).map(str::to_owned));
        found.unwrap_or_else(|| panic!("no {frame:?} in {:?}", notes(case)))
    };
    let tries = |id: &str| farm.until_done(id).iter().map(|frame| frame.attempts).collect::<Vec<_>>();

    assert_eq!(tries(&jobs[0]), [1; 7]);
    let mut frames = std::collections::BTreeMap::<String, u32>::new();
    for note in notes("many").iter().filter(|note| !note.ends_with("start")) {
        *frames.entry(note.split(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    assert!(frames.values().all(|count| *count <= 3), "none makes more than it may: {frames:?}");

    assert_eq!(tries(&jobs[1]), [1, 2, 1]);
    assert_ne!(process_of("hangs", " 2 1"), process_of("hangs", " 2 2"), "it was replaced");
    let why = farm.frames(&jobs[1])[1].history[0].problem.clone().unwrap();
    assert!(why.contains("longer than"), "{why}");

    assert_eq!(tries(&jobs[2]), [1; 6], "to grow costs no try");
    let starts = notes("grows").iter().filter(|note| note.ends_with(" start")).count();
    assert!(starts >= 3, "each makes two at most: {:?}", notes("grows"));

    farm.run(&["wait", &never]).ends_with(1);
    let why = farm.frames(&never)[0].problem.clone().unwrap();
    assert!(why.contains("ready"), "{why}");
}
