//! What frames may see and do on a render host, and what the farm knows of it while it changes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use model::FrameState;

use super::farm::Farm;
use super::until_true;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Puts a program into `folder` that says that it is this version of POV-Ray.
fn install_povray(folder: &Path, version: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let file = folder.join("povray");
    std::fs::write(&file, format!("#!/bin/sh\necho POV-Ray {version}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn frames_see_no_secret_and_are_never_root() {
    let mut farm = Farm::new();
    let secret = "hunter2-4711";
    farm.set("FRAMEFARM_SMTP", &format!("smtp://ada:{secret}@127.0.0.1:9"));
    farm.set("STUDIO_API_KEY", secret);
    farm.start("up", &["up", "--port", "0", "--slots", "1"]);
    let data = farm.data("up").display().to_string();
    let script = format!("env; id -u; id -G; cat {data}/instance; ls {data}; echo $?");
    let id = farm.submit_script("look", "1", &[], &script);
    farm.until_done(&id);
    let said = farm.run(&["log", &id, "1"]).ends_with(0).stdout;
    assert!(said.contains("FRAMEFARM_JOB_ID="), "{said}");
    assert!(!said.contains(secret) && !said.contains("FRAMEFARM_SMTP"), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    if is_root() {
        let instance = std::fs::read_to_string(farm.data("up").join("instance")).unwrap();
        assert!(!said.contains(instance.trim()), "{said}");
        assert!(!lines.contains(&"0") && said.matches("ermission denied").count() == 2, "{said}");
        assert!(!said.contains("HOME=/root"), "{said}");
    } else {
        assert!(lines.contains(&rustix::process::geteuid().as_raw().to_string().as_str()), "{said}");
    }
}

#[test]
fn what_lies_elsewhere_is_no_output() {
    let farm = Farm::up(1);
    let secret = farm.data("up").join("instance").display().to_string();
    let link = farm.submit_script("link", "1", &["--attempts", "1"], &format!("ln -s {secret} {{output}}"));
    farm.run(&["wait", &link]).ends_with(1);
    assert_eq!(farm.frames(&link)[0].state, FrameState::Failed);
    if is_root() {
        // Where the system lets them, links of the hard kind are seen too.
        let hard = farm.submit_script("hard", "1", &["--attempts", "1"], "ln /etc/passwd {output}");
        farm.run(&["wait", &hard]).ends_with(1);
    }
    let kept = std::fs::read_dir(farm.data("up").join("results")).unwrap().count();
    let names = super::names(&farm.data("up").join("results"));
    assert!(
        !names.iter().any(|name| name.starts_with("link") && name.ends_with(".out")),
        "{kept}: {names:?}"
    );
}

#[test]
fn nobody_has_frames_rendered_as_root() {
    let farm = Farm::new();
    let data = farm.data("x").display().to_string();
    let serve = ["serve", "render", "--data", &data, "--render-user"];
    farm.run(&[&serve[..], &["root"]].concat()).ends_with(2).complains(&["never rendered as root"]);
    farm.run(&[&serve[..], &["no-such-user"]].concat()).ends_with(2).complains(&["no-such-user", "useradd"]);
}

#[test]
fn a_package_is_known_while_it_is_there() {
    let mut farm = Farm::new();
    let folder = farm.path("bin");
    std::fs::create_dir(&folder).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    farm.set("PATH", &path);
    farm.start("up", &["up", "--port", "0", "--slots", "1"]);
    farm.until_hosts(1);
    let known = |version: &str| farm.run(&["hosts", "--json"]).ends_with(0).stdout.contains(version);
    assert!(!known("3.99.1"));
    install_povray(&folder, "3.99.1");
    until_true("the new package is known", || known("3.99.1"));
    install_povray(&folder, "3.99.22");
    until_true("its new version is known", || known("3.99.22") && !known("\"3.99.1\""));
    std::fs::remove_file(folder.join("povray")).unwrap();
    until_true("it is known no more", || !known("3.99.22"));
}

#[test]
fn the_probe_says_why_a_package_is_found_or_missed() {
    let mut farm = Farm::new();
    let folder = farm.path("bin");
    install_povray(&folder, "3.99.1");
    farm.set("PATH", &format!("{}:/usr/bin:/bin", folder.display()));
    let ran = farm.run(&["probe"]).ends_with(0);
    let found = format!("3.99.1 at {}/povray", folder.display());
    assert!(ran.stdout.contains(&found), "{ran}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 160), "{ran}");
    std::fs::write(folder.join("povray"), "#!/bin/sh\necho cannot open display\n").unwrap();
    let ran = farm.run(&["probe"]).ends_with(0);
    assert!(ran.stdout.contains("says no version but: cannot open display"), "{ran}");
    let json: serde_json::Value = farm.run(&["probe", "--json"]).ends_with(0).json();
    assert!(json["info"]["processors"].as_u64().unwrap() >= 1, "{json}");
    let packages = json["packages"].as_array().unwrap();
    assert!(packages.iter().any(|package| package["name"] == "povray"), "{json}");
}
