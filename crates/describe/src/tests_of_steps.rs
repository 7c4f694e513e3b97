//! Descriptions of several steps, good and bad.

use std::path::Path;

use model::{Dependency, DependencyKind, FrameOrder, JobId, Need, SlotNeed, Step};

use super::tests::{faults, file};
use super::{Whereabouts, prepare, read};

const PIPELINE: &str = r#"
name = "harbour"
frames = "1-240"
size = "64x48"
after = 3
limits = { tape = 2 }
attempts = 5
max_time = "2 h"
[settings]
quality = 9
[needs]
memory = "1 GiB"

[[step]]
name = "water"
command = ["bake", "{frame}"]
chunk = 10

[[step]]
name = "render"
scene = "a.pov"
order = "first-last-middle"
depends_on = [{ step = "water", by = "frame" }]
limits = { tape = 0 }
settings = { quality = 3, antialias = 0.1 }

[[step]]
name = "film"
depends_on = "render"
command = ["ffmpeg", "{output}.mp4"]
frames = 1
slots = "all"
max_time = "none"
needs = { tags = "films" }
"#;

fn steps(text: &str) -> Vec<Step> {
    file("job.toml", text).unwrap().steps
}

#[test]
fn a_step_has_its_own_values_and_those_of_the_job() {
    let job = file("job.toml", PIPELINE).unwrap();
    assert_eq!((job.name.as_str(), job.attempts_max, job.after), ("harbour", 5, vec![JobId(3)]));
    let [water, render, film] = job.steps.as_slice() else { panic!("three steps") };
    assert_eq!((water.name.as_str(), water.work.package.as_str(), water.chunk), ("water", "command", 10));
    assert_eq!((water.work.settings.len(), water.limits["tape"]), (0, 2), "settings are of a package");
    assert_eq!(water.frames.to_string(), "1-240");
    assert_eq!(
        render.depends_on,
        [Dependency { step: "water".into(), by: DependencyKind::Frame, files: false }]
    );
    assert_eq!((render.work.package.as_str(), render.order), ("povray", FrameOrder::FirstLastMiddle));
    assert_eq!((render.work.settings["quality"].as_str(), render.work.settings.len()), ("3", 2));
    assert_eq!((render.limits.len(), render.times.max_ms), (0, Some(7_200_000)));
    assert_eq!(
        film.depends_on,
        [Dependency { step: "render".into(), by: DependencyKind::Step, files: false }]
    );
    assert_eq!((film.frames.to_string().as_str(), film.slots), ("1", SlotNeed::Whole));
    assert_eq!(film.times.max_ms, None);
    let own = Need::Tag("films".to_owned());
    assert_eq!(film.profile.needs.last(), Some(&own));
    let shared = |need: &&Need| matches!(need, Need::Field(..));
    let (of_film, of_render) = (film.profile.needs.iter(), render.profile.needs.iter());
    assert!(of_film.filter(shared).eq(of_render.filter(shared)));
}

#[test]
fn both_languages_have_steps() {
    let json = r#"{"name": "harbour", "frames": "1-240", "size": "64x48", "after": ["3"], "attempts": 5,
      "limits": {"tape": 2}, "max_time": "120 min", "settings": {"quality": 9}, "needs": {"memory": "1 GiB"},
      "step": [
        {"name": "water", "command": ["bake", "{frame}"], "chunk": 10},
        {"name": "render", "scene": "a.pov", "order": "first-last-middle", "limits": {"tape": 0},
         "depends_on": {"step": "water", "by": "frame"}, "settings": {"quality": 3, "antialias": "0.1"}},
        {"name": "film", "depends_on": ["render"], "command": ["ffmpeg", "{output}.mp4"], "frames": "1",
         "slots": "all", "max_time": "none", "needs": {"tags": ["films"]}}]}"#;
    assert_eq!(file("job.json", json).unwrap().steps, steps(PIPELINE));
}

#[test]
fn a_step_of_its_own_program_takes_nothing_meant_for_another() {
    let own = steps(
        r#"
package = "povray 3.7"
scene = "a.pov"
format = "png"
arguments = ["+MB1"]
first_frame = 10
last_frame = 20
[[step]]
name = "preview"
size = "32x24"
[[step]]
name = "film"
command = ["ffmpeg", "{output}.mp4"]
frames = "1"
"#,
    );
    assert_eq!(own[0].frames.to_string(), "10-20");
    assert_eq!((own[0].work.arguments.len(), own[0].work.format.as_deref()), (1, Some("png")));
    assert_eq!((own[1].work.arguments.len(), own[1].work.format.as_deref()), (0, None));
    assert_eq!((own[1].animation.first, own[1].animation.last), (1, 1));
}

#[test]
fn faults_of_steps_come_at_once_with_their_lines() {
    insta::assert_snapshot!(faults(
        "job.toml",
        r#"
scene = "a.pov"
order = "backwards"
slots = "many"
max_time = 90
limits = 3
after = ["one"]
depends_on = "x"

[[step]]
name = "a"
priority = 3
chnuk = 4
memory = "1 GiB"
depends_on = [{ stap = "b" }, { step = "b", by = "chunk" }, { by = "frame" }, 3]

[[step]]
stall_time = "soon"
limits = ["tape", 3]
chunk = "4"
"#,
    ));
    insta::assert_snapshot!(faults("job.toml", "scene = \"a.pov\"\n[step]\nname = \"a\"\n"));
    insta::assert_snapshot!(faults(
        "job.toml",
        "name = \"a\"\n[[step]]\nname = \"b\"\n[[step]]\nname = \"c\"\n"
    ));
    insta::assert_snapshot!(faults(
        "job.json",
        "{\n\"scene\": \"a.pov\",\n\"steps\": [],\n\"step\": [\n3,\n{\n}]}"
    ));
}

#[test]
fn faults_that_the_model_finds_have_the_lines_of_their_step() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
frames = "1-10"
slots_max = 2
after = [1, 1]
command = ["echo", "{frame}"]
chunk = 0
[[step]]
name = "a"
depends_on = "b"
[[step]]
name = "b"
chunk = 20000
depends_on = ["a", "c"]
limits = ["v ray"]
[[step]]
name = "a"
slots = 4
min_time = "2 h"
max_time = "1 h"
chunk = 1
"#;
    let draft = read(Path::new("job.toml"), text).unwrap();
    insta::assert_snapshot!(prepare(&draft, &Whereabouts::of(folder.path()), "ada").unwrap_err());
}

#[test]
fn every_example_of_the_manual_is_a_job() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/job-description.md");
    let text = std::fs::read_to_string(manual).unwrap();
    let examples: Vec<&str> = text
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        // Some show a single field in several ways.
        .filter(|example| example.contains("frames ="))
        .collect();
    assert!(examples.len() > 3);
    let library = packages::Library::embedded();
    for example in examples {
        let job = file("job.toml", example).unwrap_or_else(|faults| panic!("{example}\n{faults}"));
        for (step, definition) in
            job.steps.iter().filter_map(|step| Some((step, library.get(&step.work.package)?)))
        {
            let mut faults = packages::check_work(definition, step).0;
            // No file was looked for.
            faults.retain(|fault| fault.place != "scene");
            assert_eq!(faults, [], "{example}");
        }
    }
}
