//! What makes no sense is refused with what, where and what to do, and leaves the farm as it was.

use std::net::TcpListener;

use super::farm::Farm;
use super::{scene, until_true};

/// A command, its exit code, and what it has to say on standard error.
type Case<'a> = (&'a [&'a str], i32, &'a [&'a str]);

const COMMAND: [&str; 4] = ["--command", "--", "echo", "{frame}"];

fn write_files(farm: &Farm) {
    scene::write(&farm.path("film"));
    let write = |name: &str, text: &str| std::fs::write(farm.path(name), text).unwrap();
    write("unknown.toml", "scene = \"film/scene.pov\"\nframes = \"1-3\"\nsize = \"64x48\"\nframez = 3\n");
    write("faulty.toml", "frames = \"3-1\"\nsize = \"64\"\npriority = 900\n");
    write("faulty.json", "{\n  \"frames\": \"1-3\",\n  \"attemps\": 2\n}\n");
    write("torn.toml", "frames = \"1-3\nsize = 3\n");
    write(
        "untextured.pov",
        "#version 3.7;\nsphere { 0, 1\n  pigment { image_map { png \"lost.png\" } }\n}\n",
    );
}

#[test]
fn a_submit_that_makes_no_sense_is_refused_and_nothing_is_submitted() {
    let farm = Farm::up(1);
    write_files(&farm);
    let scene = "film/scene.pov";
    let cases: &[Case] = &[
        (&["submit", "unknown.toml"], 2, &["unknown.toml:4", "framez", "frames"]),
        (
            &["submit", "faulty.toml"],
            2,
            &["faulty.toml:1", "faulty.toml:2", "faulty.toml:3", "3-1x-1", "64", "900"],
        ),
        (&["submit", "faulty.json"], 2, &["faulty.json:3", "attemps", "attempts"]),
        (&["submit", "torn.toml"], 2, &["torn.toml:1"]),
        (&["submit", "none.pov", "--frames", "1"], 2, &["none.pov"]),
        (&["submit", "none.toml"], 2, &["none.toml"]),
        (
            &["submit", "untextured.pov", "--frames", "1", "--size", "64x48"],
            2,
            &["untextured.pov:3", "lost.png", "--library"],
        ),
        (&["submit", scene, "--frames", "", "--size", "64x48"], 2, &["--frames", "1-10"]),
        (&["submit", scene, "--frames", "9-1", "--size", "64x48"], 2, &["--frames", "9-1x-1"]),
        (&["submit", scene, "--frames", "1-9x0", "--size", "64x48"], 2, &["--frames", "steps by 0"]),
        (&["submit", scene, "--frames", "1,1", "--size", "64x48"], 2, &["--frames", "named twice"]),
        (&["submit", scene, "--frames", "-3--1", "--size", "64x48"], 2, &["no frame below 0"]),
        (&["submit", scene, "--frames", "1", "--size", "big"], 2, &["--size", "640x360"]),
        (&["submit", scene, "--frames", "1", "--size", "0x48"], 2, &["--size"]),
        (
            &["submit", scene, "--frames", "1", "--size", "64x48", "--package", "povary"],
            2,
            &["povary", "povray"],
        ),
        (&["submit", scene, "--frames", "1", "--size", "64x48", "--format", "gif"], 2, &["gif", "png"]),
        (&["submit", scene, "--frames", "1", "--size", "64x48", "--notify", "ada"], 2, &["--notify", "ada"]),
        (&["submit", scene, "--frames", "1", "--size", "64x48", "--need", "memroy>=1GiB"], 2, &["memory"]),
        (&["submit", "--frames", "1"], 2, &["nothing was submitted"]),
        (&["submit", "--frames", "1", "--command", "--", "echo", "{farme}"], 2, &["{farme}"]),
    ];
    let mut wrong = Vec::new();
    for (arguments, code, texts) in cases {
        let ran = farm.run(arguments);
        let said = texts.iter().all(|text| ran.stderr.contains(text));
        if ran.code != Some(*code) || !said || !ran.stdout.is_empty() {
            wrong.push(format!("expected {code} {texts:?}\n{ran}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n\n"));
    assert_eq!(farm.run(&["jobs", "--quiet"]).ends_with(0).stdout, "");
    let good = farm.submit(&[&["--frames", "1-2"], &COMMAND[..]].concat());
    farm.until_done(&good);
}

#[test]
fn a_job_or_frame_that_is_not_there_is_misuse() {
    let farm = Farm::up(1);
    let id = farm.submit(&[&["--frames", "1-2"], &COMMAND[..]].concat());
    farm.until_done(&id);
    for command in [&["job", "99"][..], &["frames", "99"], &["wait", "99"], &["kill", "99"], &["hold", "99"]]
    {
        farm.run(command).ends_with(2).complains(&["99"]);
    }
    farm.run(&["release", "99"]).ends_with(2);
    farm.run(&["fetch", "99", "folder"]).ends_with(2);
    assert!(!farm.path("folder").exists());
    farm.run(&["log", "99", "1"]).ends_with(2);
    farm.run(&["log", &id, "3"]).ends_with(2);
    farm.run(&["job", "one"]).ends_with(2);
    farm.run(&["nonsense"]).ends_with(2);
}

#[test]
fn a_package_that_no_host_has_is_warned_of_and_said_by_the_job() {
    let farm = Farm::up(1);
    let job = ["--frames", "1", "--need", "packages.blender=4.x"];
    let first = farm.submit(&[&job[..], &COMMAND].concat());
    // A resource server that has just started waits a moment for hosts before it says that there are none.
    until_true("the job says what is lacking", || {
        farm.job(&first).waiting_because.is_some_and(|why| why.contains("blender"))
    });
    farm.run(&[&["submit"], &job[..], &COMMAND].concat()).ends_with(0).complains(&["waits", "blender"]);
}

#[test]
fn without_a_farm_there_is_exit_code_3() {
    let farm = Farm::new();
    farm.run(&["jobs"]).ends_with(3).complains(&["hint"]);
    farm.run(&[&["submit", "--frames", "1"], &COMMAND[..]].concat()).ends_with(3);
    farm.run(&["jobs", "--server", "http://127.0.0.1:1"]).ends_with(3).complains(&["127.0.0.1:1"]);
    farm.run(&["jobs", "--server", "nonsense at all"]).ends_with(2);
}

#[test]
fn servers_that_cannot_start_say_what_to_do() {
    let farm = Farm::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let taken = taken.local_addr().unwrap().port().to_string();
    std::fs::write(farm.path("occupied"), "").unwrap();
    std::fs::create_dir(farm.path("newer")).unwrap();
    std::fs::write(farm.path("newer/format"), "99\n").unwrap();
    let cases: &[Case] = &[
        (&["up", "--data", "new", "--port", &taken], 1, &[&taken, "--port"]),
        (&["up", "--data", "occupied/data", "--port", "0"], 1, &["occupied"]),
        (&["up", "--data", "new", "--storage", "occupied/storage", "--port", "0"], 1, &["occupied"]),
        (&["up", "--data", "new", "--storage", "/proc/storage", "--port", "0"], 1, &["/proc/storage"]),
        (&["up", "--data", "newer", "--port", "0"], 1, &["newer", "format 99", "give another folder"]),
        (
            &["up", "--data", "new", "--port", "0", "--smtp", "nonsense"],
            2,
            &["--smtp", "nonsense", "smtp://HOST"],
        ),
        (
            &["up", "--data", "new", "--port", "0", "--smtp", "smtp://localhost", "--mail-from", "me"],
            2,
            &["--mail-from", "name@example.com"],
        ),
        (&["up", "--data", "new", "--port", "0", "--slots", "0"], 2, &["--slots"]),
        (&["serve", "--data", "new"], 2, &["<ROLE>"]),
        (&["serve", "scheduler", "--data", "new"], 2, &["scheduler", "schedule"]),
    ];
    for (arguments, code, texts) in cases {
        let ran = farm.run(arguments).ends_with(*code).complains(texts);
        assert_eq!(ran.stdout, "", "not ready: {ran}");
    }
}

#[test]
fn a_storage_that_cannot_be_written_later_costs_no_frame() {
    let mut farm = Farm::new();
    farm.start("up", &["up", "--port", "0", "--name", "solo", "--slots", "1", "--storage", "storage"]);
    let id = farm.submit_script("stuck", "1-2", &["--hold"], "echo {frame} > {output}");
    // A file where the job's folder should be: nobody can write there, not even root.
    let folder = std::path::PathBuf::from(farm.job(&id).results);
    std::fs::write(&folder, "").unwrap();
    farm.run(&["release", &id]).ends_with(0);
    until_true("the job says what is wrong", || {
        farm.job(&id).waiting_because.is_some_and(|why| why.contains("stor"))
    });
    std::fs::remove_file(&folder).unwrap();
    let frames = farm.until_done(&id);
    assert!(frames.iter().all(|frame| frame.attempts == 1), "{frames:#?}");
}
