//! A package whose every frame does something else wrong, and is rendered at a start for each.

use model::{FrameState, FrameView, JobState};

use super::super::{lines, until_true};
use super::farm_with;

const DEFINITION: &str = r#"
name = "brittle"
title = "Brittle"
seen = ["1"]
executables = ["brittle"]
[version]
arguments = ["--version"]
pattern = 'Brittle (\d+)'
[[command]]
arguments = ["{setting_case}", "{output}", "{attempt}"]
[settings.case]
type = "text"
help = "what it does"
[scene]
required = true
endings = ["shot"]
[environment]
pass = ["PATH"]
set = { TMPDIR = "{scratch}" }
[[formats]]
ending = "png"
[log]
progress = [{ pattern = '^Sample (\d+)/(\d+)', kind = "of" }]
frame_done = ['^frame written$']
[[markers]]
pattern = '^LICENCE: (?<what>.+)'
class = "licence"
says = "{what}"
[[markers]]
pattern = '^FATAL: (?<what>.+)'
class = "fatal"
says = "{what}"
[[markers]]
pattern = 'No module named (?<what>\S+)'
class = "error"
says = "the add-on {what} is not on this host"
[exit]
benign_after = '^all is well$'
hang_after_done = 1
[outputs]
stem = "frame"
"#;

/// What it does follows from its first argument.
const PROGRAM: &str = r#"
import os, struct, subprocess, sys, time, zlib
if sys.argv[1] == "--version":
    print("Brittle 1"); sys.exit()
case, output, attempt = sys.argv[1:]

def picture():
    rows = b"".join(b"\0" + bytes((x * y * 7) % 251 for x in range(3 * 64)) for y in range(64))
    part = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")

def write(path=output, data=picture()):
    with open(path, "wb") as file: file.write(data)

def say(text, encoding="utf-8"):
    sys.stdout.buffer.write(text.encode(encoding)); sys.stdout.flush()

if case == "utf16":
    say("\ufeffSample 1/2\r\nframe ", "utf-16-le"); write(); say("written\r\nFATAL: caf\u00e9\r\n", "utf-16-le")
elif case == "colours":
    say("\x1b[31mSample 1/2\x1b[0m\r\x1b[2KSample 2/2\r"); write(); say("\x1b[32mframe written\x1b[0m\nbroken \udcff\n".encode("utf-8", "surrogateescape").decode("latin-1"))
elif case == "bad-end":
    write(); say("frame written\nall is well\n"); os._exit(1)
elif case == "hangs":
    write(); say("frame written\n"); time.sleep(1000)
elif case == "nothing":
    say("frame written\n")
elif case == "cut":
    write(data=picture()[:-40]); say("frame written\n")
elif case == "elsewhere":
    os.mkdir(os.environ["TMPDIR"] + "/renders"); write(os.environ["TMPDIR"] + "/renders/frame.png"); say("frame written\n")
elif case == "asks":
    say("Overwrite? [y/n] "); write() if input() == "y" else None
elif case == "daemon":
    child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    say(f"daemon {child.pid}\n"); write()
elif case == "floods":
    line = b"Rendering the same thing again and again, and saying so each time\n" * 4096
    for _ in range(240): os.write(1, line)
    write(); say("frame written\n")
elif case == "licence":
    if attempt == "1": say("LICENCE: no seat is left\n"); sys.exit(3)
    write()
elif case == "fatal":
    say("FATAL: the scene has no camera\n"); sys.exit(1)
elif case == "addon":
    import no_such_addon
"#;

/// The frame of a job for `case` that has ended `done` or not.
#[track_caller]
fn frame(farm: &super::Farm, id: &str, done: bool) -> FrameView {
    farm.run(&["wait", id]).ends_with(i32::from(!done));
    farm.frames(id).remove(0)
}

#[test]
fn programs_that_misbehave_end_in_the_right_state_with_a_sentence() {
    let farm = farm_with("brittle", DEFINITION, PROGRAM);
    until_true("the package is found", || {
        farm.run(&["hosts", "--json"]).ends_with(0).stdout.contains("\"brittle\"")
    });
    let submit = |case: &str| {
        let setting = format!("case={case}");
        let job = ["a.shot", "--name", case, "--package", "brittle", "--frames", "1", "--set", &setting];
        farm.submit(&[&job[..], &["--attempts", "3"]].concat())
    };
    let good = ["colours", "bad-end", "hangs", "daemon", "floods"];
    let good: Vec<(&str, String)> = good.iter().map(|case| (*case, submit(case))).collect();
    // What each that fails says.
    let bad = [
        ("utf16", "café"),
        ("nothing", "no frame*.png was made"),
        ("cut", "cut short"),
        ("elsewhere", "no frame*.png was made"),
        ("asks", "EOFError"),
        ("fatal", "the scene has no camera"),
        ("addon", "the add-on 'no_such_addon' is not on this host"),
    ];
    let bad: Vec<(&str, &str, String)> =
        bad.iter().map(|(case, says)| (*case, *says, submit(case))).collect();
    let licence = submit("licence");

    for (case, id) in &good {
        let frame = frame(&farm, id, true);
        assert_eq!((frame.state, frame.attempts), (FrameState::Done, 1), "{case}: {frame:#?}");
        let whole = frame.warnings.iter().any(|warning| warning.starts_with("its files are whole, though"));
        assert_eq!(whole, *case == "bad-end", "{case}: {frame:#?}");
    }
    let log = |case: &str| {
        let id = &good.iter().find(|(other, _)| *other == case).unwrap().1;
        farm.run(&["log", id, "1"]).ends_with(0).stdout
    };
    let flood = log("floods");
    assert!(flood.contains("left out") && flood.len() < 40 << 20, "{} bytes of a flood", flood.len());
    let daemon =
        log("daemon").lines().find_map(|line| line.strip_prefix("daemon ").map(str::to_owned)).unwrap();
    let stat = lines(std::path::Path::new(&format!("/proc/{daemon}/stat")));
    assert!(stat.is_empty() || stat[0].contains(") Z "), "it went with its frame: {stat:?}");

    for (case, says, id) in &bad {
        let frame = frame(&farm, id, false);
        let problem = frame.problem.clone().unwrap_or_default();
        assert!(frame.state == FrameState::Failed && problem.contains(says), "{case}: {frame:#?}");
        // What no other try would do better has one.
        let fatal = ["utf16", "fatal"].contains(case);
        assert_eq!(
            (frame.attempts, frame.history[0].outcome == "fatal"),
            (if fatal { 1 } else { 3 }, fatal),
            "{case}"
        );
    }
    until_true("it found no licence", || {
        farm.frames(&licence)[0].attempts == 1 && farm.running(&licence).is_empty()
    });
    let short = farm.frames(&licence).remove(0);
    assert_eq!(
        (short.state, short.history[0].outcome.as_str()),
        (FrameState::Waiting, "licence"),
        "{short:#?}"
    );
    assert!(farm.why(&licence)[0].contains("no seat is left"), "{:?}", farm.why(&licence));
    farm.run(&["kill", &licence]).ends_with(0);
    assert_eq!(farm.job(&licence).state, JobState::Killed);
}
