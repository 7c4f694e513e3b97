//! The units of services, as systemd itself judges them where it is installed.

use std::path::Path;
use std::process::Command;

use super::farm::Farm;
use super::names;

/// Exposure in tenths that a unit may have by `systemd-analyze security`.
const LIMITS: [(&str, u32); 3] = [("schedule", 15), ("resource", 15), ("render", 38)];

fn analyze(arguments: &[&str], unit: &Path) -> Option<(bool, String)> {
    let output = Command::new("systemd-analyze").args(arguments).arg(unit).output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn units_are_sound_and_little_exposed() {
    let farm = Farm::new();
    let root = farm.path("root").display().to_string();
    let install = ["service", "install", "schedule", "resource", "render", "--root", &root, "--"];
    farm.run(&[&install, &["--storage", "/srv/a b"][..]].concat()).ends_with(0);
    let units = farm.path("root/etc/systemd/system");
    assert_eq!(names(&units).len(), 3);
    for (role, limit) in LIMITS {
        let unit = units.join(format!("framefarm-{role}.service"));
        let text = std::fs::read_to_string(&unit).unwrap();
        assert!(text.contains("--storage \"/srv/a b\""), "{text}");
        let Some((sound, said)) = analyze(&["verify", "--man=no"], &unit) else {
            println!("skipped: systemd-analyze is not installed");
            return;
        };
        assert!(sound && !said.contains("framefarm-"), "{said}");
        let threshold = format!("--threshold={limit}");
        let (little, said) = analyze(&["security", "--offline=true", &threshold], &unit).unwrap();
        assert!(little, "{said}");
    }
    farm.run(&["service", "uninstall", "render", "--root", &root]).ends_with(0);
    assert_eq!(names(&units).len(), 2);
}

#[test]
fn a_dry_run_prints_and_what_no_server_takes_is_refused_before_anything_is_written() {
    let farm = Farm::new();
    let root = farm.path("root").display().to_string();
    let ran =
        farm.run(&["service", "install", "render", "--user", "--dry-run", "--", "--desktop"]).ends_with(0);
    assert!(ran.stdout.contains("framefarm-render.service") && ran.stdout.contains("Nice=10"), "{ran}");
    let install = ["service", "install", "--root", &root, "--", "--no-such-flag"];
    farm.run(&install).ends_with(2).complains(&["--no-such-flag"]);
    assert!(!farm.path("root").exists());
}
