//! Descriptions good and bad, in both languages.

use std::path::{Path, PathBuf};

use model::{Faults, Field, FrameSpan, JobDescription};

use super::draft::{Draft, Said};
use super::fields::{JOB_FIELDS, SHARED_FIELDS, read};
use super::understand::{Surroundings, understand};

const FULL_TOML: &str = r#"
name = "Lighthouse"
user = "ada"
group = "feature"
priority = 20
notify = ["ada@example.com", "td@example.com"]
hold = true
allow_missing = true
relocate = true
attempts = 5
package = "povray 3.7"
scene = "lighthouse.pov"
frames = "1-60x2"
first_frame = 1
last_frame = 120
size = "640x360"
format = "png"
support = ["maps/*.png", "include"]
library = "/usr/share/povray-3.7/include"
arguments = ["+A0.3", "+R2"]
chunk = 4
order = "every 10th"
slots = 2
max_time = "2 h"
min_time = "1.5 s"
stall_time = "5 min"
after = [3, 4]
slots_max = 20
hosts_max = 3
limits = { houdini = 1, tape = 2 }
tiles = "2x2"
tile_border = 4
refuse = ["missing-files", "blank"]
cold = true
warm = false
movie = { fps = 25, codec = "prores", burn_in = true }

[settings]
quality = 9
gamma = 2.2

[needs]
machine_family = "any"
machine_type = "*"
os_family = "linux"
os_type = ["debian", "ubuntu"]
os_version = ">=12,<14"
processors = ">=4"
processor_family = "not AuthenticAMD"
processor_mhz = "2.4 GHz"
memory = ">= 16 GiB"
swap = "1G"
scratch = "20G"
host = "not old-1"
packages = { ffmpeg = "5.x" }
plug_ins = ["megapov"]
tags = ["fast"]
processor_sockets = "<= 2"
processor_cores = "8..64"
processor_threads = ">= 8"
container = "none"
framefarm = ">=0.1"
address = "10.*"
gpus = ">= 2"
gpu_memory = "8G"
pool = ["fx", "film"]
licence = "maya|houdini"
share = "/mnt/shows"
any = ["tag=a", "memory>=64G"]
not = ["tag=slow", "pool=old"]
blender = "4.x"

[prefer]
memory = ">= 64 GiB :2"
tag = "ssd"

[reserve]
memory = "8 GiB"
gpus = 1

[[environment]]
name = "server"
variables = { PORT = "4711" }
files = { start = "exec serve" }
enter = ["sh", "{file_start}"]
exit = ["kill-server"]
timeout = "5 min"
exit_timeout = "30 s"
cancel = "notify 10 s"
"#;

const FULL_JSON: &str = r#"{
  "name": "Lighthouse", "user": "ada", "group": "feature", "priority": 20,
  "notify": ["ada@example.com", "td@example.com"], "hold": true, "allow_missing": true, "relocate": true,
  "attempts": 5,
  "package": "povray", "package_version": "3.7", "scene": "lighthouse.pov",
  "frames": "1-60x2", "first_frame": 1, "last_frame": 120, "size": "640x360", "format": "png",
  "support": ["maps/*.png", "include"], "library": ["/usr/share/povray-3.7/include"],
  "arguments": ["+A0.3", "+R2"], "chunk": 4, "order": "every 10th", "slots": "2",
  "max_time": "120 min", "min_time": "1500 ms", "stall_time": "5 min", "after": ["3", 4], "slots_max": 20,
  "hosts_max": 3, "limits": {"tape": 2, "houdini": 1}, "settings": {"quality": 9, "gamma": "2.2"},
  "needs": {
    "machine_family": "any", "machine_type": "*", "os_family": "linux", "os_type": ["debian", "ubuntu"],
    "os_version": ">=12,<14", "processors": 4, "processor_family": "not AuthenticAMD",
    "processor_mhz": 2400, "memory": ">= 16 GiB", "swap": "1G", "scratch": "20G", "host": "not old-1",
    "packages": ["ffmpeg 5.x"], "plug_ins": {"megapov": "any"}, "tags": "fast", "sockets": "<=2",
    "cores": "8..64", "threads": 8, "container": "none", "framefarm": ">=0.1", "ip": "10.*", "gpu": 2,
    "vram": ">=8 GiB", "pool": "fx|film", "license": ["maya", "houdini"], "shares": ["/mnt/shows"],
    "any": ["tag=a", "memory>=64G"], "not": ["tag=slow", "pool=old"], "blender": "4.x"
  },
  "tiles": "2x2", "tile_border": 4, "refuse": ["Blank", "missing files"], "cold": true, "warm": false,
  "movie": {"fps": "25", "codec": "prores", "burn_in": "{job}"},
  "prefer": ["memory>=64G:2, tag=ssd"], "reserve": {"ram": "8 GiB", "gpus": "1"},
  "environment": [{
    "name": "server", "variables": {"PORT": 4711}, "files": {"start": {"text": "exec serve"}},
    "enter": ["sh", "{file_start}"], "exit": ["kill-server"], "timeout": "300 s", "exit_timeout": "30 s",
    "cancel": "notify 10 s"
  }]
}"#;

fn surroundings() -> Surroundings<'static> {
    let package_for =
        &|scene: &Path| scene.extension().is_some_and(|ending| ending == "pov").then(|| "povray".to_owned());
    Surroundings { user: "eve", package_for }
}

fn understood(draft: &Draft) -> Result<JobDescription, Faults> {
    let understood = understand(draft, &draft.whole_steps(), &surroundings());
    super::in_order(understood.faults, draft.whole()).or(understood.job)
}

pub(super) fn file(name: &str, text: &str) -> Result<JobDescription, Faults> {
    understood(&read(Path::new(name), text)?)
}

pub(super) fn faults(name: &str, text: &str) -> String {
    file(name, text).expect_err("a description with faults").to_string()
}

#[test]
fn every_field_reaches_the_job() {
    let job = file("jobs/lighthouse.toml", FULL_TOML).unwrap();
    insta::assert_debug_snapshot!(JobDescription { source: None, ..job });
}

#[test]
fn both_languages_make_the_same_job() {
    let toml = file("job.toml", FULL_TOML).unwrap();
    let mut json = file("job.json", FULL_JSON).unwrap();
    // A table of packages is sorted, a list too; only the kept text differs.
    json.source.clone_from(&toml.source);
    // The pattern keeps its text: "any" is kept as it is understood.
    assert_eq!(json, toml);
}

#[test]
fn every_field_is_in_the_example() {
    let missing: Vec<&str> = JOB_FIELDS
        .into_iter()
        .chain(SHARED_FIELDS)
        .filter(|field| !FULL_JSON.contains(&format!("{field:?}")))
        .collect();
    assert_eq!(missing, ["step", "frame_count", "command", "sample_parts"], "those that exclude others");
    for field in Field::ALL {
        let untold = field == Field::ProcessorType;
        assert_eq!(FULL_TOML.contains(&format!("\n{field} = ")), !untold, "{field}");
    }
}

#[test]
fn paths_are_meant_from_the_folder_of_the_file() {
    let draft =
        read(Path::new("shots/a/job.toml"), "scene = \"a.pov\"\nsupport = [\"/abs\", \"maps\"]").unwrap();
    assert_eq!(draft.shared.scene.unwrap().value, Path::new("shots/a/a.pov"));
    let support: Vec<PathBuf> = draft.shared.support.into_iter().map(|said| said.value).collect();
    assert_eq!(support, [Path::new("/abs"), Path::new("shots/a/maps")]);
}

#[test]
fn frames_and_animation_follow_from_each_other() {
    let table = [
        ("", "1", 1, 1),
        ("frames = 7", "7", 7, 7),
        ("frames = \"10-1x-3\"", "10-1x-3", 1, 10),
        ("frames = [1, \"3\", \"7-9\"]", "1,3,7-9", 1, 9),
        ("first_frame = 5\nlast_frame = 9", "5-9", 5, 9),
        ("frame_count = 60", "1-60", 1, 60),
        ("frame_count = 3\nfirst_frame = 0", "0-2", 0, 2),
        ("frame_count = 3\nlast_frame = 0", "-2-0", -2, 0),
        ("frame_count = 3\nfirst_frame = 4\nlast_frame = 6", "4-6", 4, 6),
        ("frames = \"5\"\nfirst_frame = 1\nlast_frame = 10", "5", 1, 10),
        ("frames = \"5-6\"\nfirst_frame = 1", "5-6", 1, 6),
    ];
    for (text, frames, first, last) in table {
        let job = file("job.toml", &format!("scene = \"a.pov\"\n{text}")).unwrap();
        assert_eq!(job.steps[0].frames.to_string(), frames, "{text}");
        assert_eq!(job.steps[0].animation, FrameSpan { first, last }, "{text}");
    }
}

#[test]
fn what_is_not_said_has_a_default() {
    let job = file("job.toml", "scene = \"dir/a.pov\"").unwrap();
    assert_eq!((job.name.as_str(), job.user.as_str()), ("a", "eve"));
    assert_eq!((job.priority, job.attempts_max, job.held), (50, 3, false));
    assert_eq!(job.steps[0].work.package, "povray");
    assert_eq!(job.steps[0].profile.to_string(), "povray");
}

#[test]
fn a_command_needs_no_package_on_the_host() {
    let job = file("job.toml", "command = [\"sh\", \"-c\", \"echo {frame} > {output}\"]").unwrap();
    assert_eq!(job.name, "sh");
    assert_eq!(job.steps[0].work.package, "command");
    assert_eq!(job.steps[0].profile.needs, []);
}

#[test]
fn flags_lie_over_the_file() {
    let below = read(Path::new("job.toml"), FULL_TOML).unwrap();
    let mut upper = Draft { name: Some(Said::new("--name", "Other".to_owned())), ..Draft::default() };
    upper.shared.support.push(Said::new("--support", PathBuf::from("more")));
    upper.shared.settings.insert("quality".to_owned(), Said::new("--set", "3".to_owned()));
    upper.shared.need("--need", "ram=any, ffmpeg=6", &mut upper.faults);
    let draft = below.overlaid(upper);
    assert_eq!((draft.shared.support.len(), draft.shared.settings.len()), (3, 2));
    let job = understood(&draft).unwrap();
    assert_eq!((job.name.as_str(), job.priority), ("Other", 20));
    assert_eq!(job.steps[0].work.settings["quality"], "3");
    let needs = job.steps[0].profile.to_string();
    assert!(!needs.contains("memory>=16") && needs.contains("os_family=linux"), "{needs}");
    assert!(needs.contains("ffmpeg=6") && !needs.contains("ffmpeg=5.x"), "{needs}");
}

#[test]
fn all_faults_of_a_file_come_at_once() {
    insta::assert_snapshot!(faults(
        "job.toml",
        r#"
nmae = "x"
user = 3
priority = "high"
notify = [["a@b.c"]]
hold = "yes"
package_version = true
scene = ["a.pov"]
frames = "1-"
frame_count = 0
size = "640"
support = { a = 1 }
settings = "none"
command = "ls"
memory = "16G"
colour = "red"

[needs]
memroy = "16G"
os_family = true
packages = "povray"
"#,
    ));
}

#[test]
fn faults_of_meaning_come_at_once_too() {
    insta::assert_snapshot!(faults(
        "job.toml",
        r#"
package = "povray 3.7"
package_version = "3.8"
frames = "10-1"
frame_count = 3
first_frame = 1
last_frame = 9
size = "640"
attempts = 99999999999
command = ["ls"]

[needs]
memory = "16"
processors = "= 4"
os_type = ["debian", "not ubuntu"]
os_version = "twelve"
host = []
packages = { ffmpeg = "new" }
"#,
    ));
}

#[test]
fn json_faults_have_lines_as_well() {
    let text = "{\n  \"scene\": \"a.pov\",\n  \"frmaes\": 3,\n  \"size\": null,\n  \"needs\": {\n    \"memory\": [1, 2],\n    \"memory\": 3\n  },\n  \"priority\": 99999999999999999999\n}";
    insta::assert_snapshot!(faults("job.json", text));
}

#[test]
fn text_in_no_language_says_which_line() {
    let table = [
        ("job.toml", "name = \"a\nsize = 3"),
        ("job.toml", "name = \"a\"\nname = \"b\""),
        ("job.toml", "= 3\n[needs\n"),
        ("job.json", "{\"name\": \"a\",\n  name: 3}"),
        ("job.json", ""),
        ("job.json", "[1]"),
        ("job.json", "{\"name\": \"a\"} trailing"),
    ];
    let text: Vec<String> =
        table.iter().map(|(name, text)| format!("{text:?}\n{}\n", faults(name, text))).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn nothing_to_render_is_a_fault_of_the_whole() {
    insta::assert_snapshot!(faults("job.toml", "name = \"x\""), @r"
    job.toml: there is nothing to render: no scene and no command
      hint: name a scene file, or a program with --command
    ");
    insta::assert_snapshot!(faults("job.toml", "scene = \"a.xyz\""), @r#"
    job.toml:1: no rendering package is known for a.xyz
      hint: name it: package = "povray" in a description, --package povray on the command line
    "#);
}
