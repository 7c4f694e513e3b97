//! Hosts that fail, hang or vanish, and a resource server that is gone.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use model::FrameState;
use rustix::process::Signal;

use super::farm::Farm;
use super::{lines, names, scene, until, until_true};

/// A host that is gone or hangs has to be noticed so soon.
const NOTICED_MS: u64 = 15_000;

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Puts a POV-Ray into `folder` that says its version and fails every frame, and gives a PATH that begins
/// there.
fn broken_povray(folder: &Path) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let path = std::env::var("PATH").unwrap();
    let real = std::env::split_paths(&path).map(|folder| folder.join("povray")).find(|file| file.is_file());
    let real = real.expect("POV-Ray is installed");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *-version*) exec {} \"$@\";; esac\necho this host has no luck\nexit 7\n",
        real.display()
    );
    let file = folder.join("povray");
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{path}", folder.display())
}

#[test]
fn a_host_that_fails_what_others_render_is_set_aside_and_forgiven() {
    let mut farm = Farm::new();
    scene::demand_povray();
    let path = std::env::var("PATH").unwrap();
    farm.start_schedule(&[]);
    farm.start_resource();
    farm.start_render("good", 1);
    let broken = broken_povray(&farm.path("broken"));
    farm.set("PATH", &broken);
    farm.start_render("bad", 1);
    farm.set("PATH", &path);
    farm.until_hosts(2);
    scene::write(&farm.path("film"));
    // What is told against a host is kept as long as the job, so it is held open.
    let text = format!(
        r#"
name = "film"
attempts = 3
[[step]]
name = "render"
scene = "film/scene.pov"
frames = "1-24"
size = "64x48"
[[step]]
name = "end"
depends_on = "render"
frames = 1
command = ["sh", "-c", "until [ -e {} ]; do sleep 0.1; done; echo > {{output}}"]
"#,
        farm.path("gate").display()
    );
    let id = farm.submit_text("film.toml", &text);
    until_true("the bad host is set aside", || {
        let shown = farm.run(&["hosts"]).ends_with(0).stdout;
        shown
            .split_once("SET ASIDE")
            .is_some_and(|(_, aside)| aside.contains("bad") && aside.contains("no luck"))
    });
    let told: Vec<serde_json::Value> = farm.run(&["hosts", "--json"]).ends_with(0).json();
    let aside = told.iter().find(|host| host["name"] == "bad").unwrap()["set_aside"][0].clone();
    assert_eq!(aside["job"].to_string(), id, "{aside:#}");
    until_true("the other host has rendered everything", || farm.job(&id).frames_done == 24);
    farm.run(&["forgive", "bad"]).ends_with(0);
    assert!(!farm.run(&["hosts"]).ends_with(0).stdout.contains("SET ASIDE"));
    farm.run(&["forgive", "nobody"]).ends_with(2);
    std::fs::write(farm.path("gate"), "").unwrap();
    for frame in farm.until_done(&id).iter().filter(|frame| frame.step == "render") {
        assert_eq!(frame.host.as_ref().unwrap().0, "good");
        let tries = frame.history.iter().filter(|attempt| attempt.host.0 == "bad").count();
        assert!(tries <= 1, "no frame goes back to where it failed: {frame:#?}");
    }
}

#[test]
fn the_late_report_of_a_host_that_hung_is_not_taken() {
    let mut farm = Farm::of_five();
    let (starts, gate) = (farm.path("starts"), farm.path("gate"));
    let script = format!(
        "echo {{attempt}} >> {}; [ {{attempt}} = 2 ] || until [ -e {} ]; do sleep 0.1; done; \
         echo {{attempt}} > {{output}}",
        starts.display(),
        gate.display()
    );
    let id = farm.submit_script("late", "1", &["--need", "host!=r3"], &script);
    let host = until("the frame runs", || {
        let running = farm.job(&id).running;
        (lines(&starts) == ["1"]).then_some(running.first()?.host.clone()?.0)
    });
    farm.signal(&host, Signal::STOP);
    let hung_at = now_ms();
    // Its process goes on and makes its frame; nobody is there who could tell of it.
    std::fs::write(&gate, "").unwrap();
    let frames = farm.until_done(&id);
    farm.signal(&host, Signal::CONT);

    let history = &frames[0].history;
    let outcomes: Vec<&str> = history.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!(outcomes, ["host_lost", "done"], "{history:#?}");
    let noticed = history[0].ended_at.unwrap().0.saturating_sub(hung_at);
    assert!(noticed < NOTICED_MS, "noticed after {noticed} ms: {history:#?}");
    // The host comes back, is told that its report is worth nothing, and works on.
    let again = farm.submit_script("again", "1", &["--need", &format!("host={host}")], "echo > {output}");
    farm.until_done(&again);
    let results = farm.job(&id).results;
    assert_eq!(names(Path::new(&results)), ["B3SUMS", "late.0001.out"]);
    let made = std::fs::read_to_string(Path::new(&results).join("late.0001.out")).unwrap();
    assert_eq!(made, "2\n", "what is stored is of the attempt that was accepted");
    assert_eq!(farm.frames(&id)[0].history.len(), 2);
    for server in ["schedule", "resource", "r3"] {
        assert!(farm.terminate(server).success());
    }
}

#[test]
fn without_a_resource_server_what_is_known_goes_on() {
    let mut farm = Farm::of_five();
    let folder = farm.folder().display().to_string();
    let script = format!("until [ -e {folder}/gate ]; do sleep 0.1; done; echo {{frame}} > {{output}}");
    let before = farm.submit_script("before", "1-7", &[], &script);
    let same = farm.submit_script("same", "1-5", &["--hold"], "echo {frame} > {output}");
    until_true("three frames run", || farm.running(&before).len() == 3);
    farm.kill_9("resource");
    std::fs::write(farm.path("gate"), "").unwrap();
    farm.until_done(&before);
    farm.run(&["release", &same]).ends_with(0);
    farm.until_done(&same);
    // Which hosts match another need is not known, and not guessed.
    let other = farm.submit_script("other", "1", &["--need", "processors>=1"], "echo {frame} > {output}");
    farm.until_waits_for(&other, "no resource server is linked");
    assert!(farm.frames(&other).iter().all(|frame| frame.state == FrameState::Waiting));
    farm.restart("resource");
    farm.until_done(&other);
}
