//! A package that stays for the frames of a step: one that crashes or fails is replaced, and one whose render
//! server is killed goes on. Python speaks for it.

use super::farm::Farm;
use super::{lines, until_true};

/// Notes process, frame and try; ends in the middle of the first try of frame 3, fails that of 5, and waits
/// for a gate in frame 7.
const STAYS: &str = r#"
import json, os, sys, time
notes, gate = open(sys.argv[1], "a"), sys.argv[2]
def say(text): print(text, flush=True)
say("framefarm: ready")
for line in sys.stdin:
    asked = json.loads(line)
    frame, first = asked["frame"], asked["attempt"] == 1
    notes.write(f"{os.getpid()} {frame} {asked['attempt']}\n"); notes.flush()
    say(f"framefarm: begin {frame}")
    say(f"word of {frame}")
    if frame == 3 and first: os._exit(9)
    if frame == 5 and first:
        say("framefarm: failed 5 no paint left")
        continue
    while frame == 7 and not os.path.exists(gate): time.sleep(0.05)
    say(f"framefarm: done {frame}")
notes.write(f"{os.getpid()} end\n")
"#;

#[test]
fn a_package_that_stays_is_replaced_when_it_has_to_be_and_outlives_its_render_server() {
    let mut farm = Farm::new();
    farm.start_schedule(&[]);
    farm.start_resource();
    farm.start_render("r1", 1);
    farm.until_hosts(1);
    let (script, notes, gate) = (farm.path("stays.py"), farm.path("notes"), farm.path("gate"));
    std::fs::write(&script, STAYS).unwrap();
    std::fs::write(&notes, "").unwrap();
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(&notes, everybody).unwrap();
    let paths = [&script, &notes, &gate].map(|path| format!("{:?}", path.display().to_string()));
    let text = format!(
        "name = 'stays'\npackage = 'command'\nframes = '1-8'\nwarm = true\ncommand = ['python3', {}]\n",
        paths.join(", ")
    );
    let id = farm.submit_text("stays.toml", &text);
    until_true("frame 7 is at work", || lines(&notes).iter().any(|line| line.ends_with(" 7 1")));
    farm.kill_9("r1");
    farm.restart("r1");
    farm.until_hosts(1);
    std::fs::write(&gate, "").unwrap();

    let frames = farm.until_done(&id);
    let tries: Vec<u32> = frames.iter().map(|frame| frame.attempts).collect();
    assert_eq!(tries, [1, 1, 2, 1, 2, 1, 1, 1], "{frames:#?}");
    let why = |frame: usize| frames[frame - 1].history[0].problem.clone().unwrap_or_default();
    assert!(why(3).contains("9"), "{}", why(3));
    assert!(why(5).contains("no paint left"), "{}", why(5));
    let notes = lines(&notes);
    let process = |of: &str| notes.iter().find_map(|line| line.strip_suffix(of)).map(str::to_owned);
    assert!(process(" 1 1").is_some() && process(" 1 1") == process(" 2 1"), "it stays: {notes:?}");
    assert_ne!(process(" 4 1"), process(" 3 1"), "it is replaced: {notes:?}");
    let log = farm.run(&["log", &id, "2"]).ends_with(0).stdout;
    assert!(log.contains("word of 2") && !log.contains("word of 1"), "each frame has its own part: {log}");
}
