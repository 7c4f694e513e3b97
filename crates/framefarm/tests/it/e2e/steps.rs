//! Steps and jobs that wait for each other, and frames that are rendered together.

use std::path::Path;

use model::{FrameState, JobState};

use super::farm::Farm;
use super::{lines, names, scene, until_true};

/// Two steps of commands, the second frame by frame behind the first, and a third behind all of that. Each
/// frame of the first waits for a gate of its own.
fn pipeline(farm: &Farm) -> String {
    let folder = farm.folder().display();
    format!(
        r#"
name = "film"
frames = "1-4"
[[step]]
name = "sim"
command = ["sh", "-c", "until [ -e {folder}/gate.{{frame}} ]; do sleep 0.1; done; echo {{frame}} > {{output}}"]
[[step]]
name = "render"
depends_on = [{{ step = "sim", by = "frame" }}]
command = ["sh", "-c", "echo render {{frame}} >> {folder}/starts; echo {{frame}} > {{output}}"]
[[step]]
name = "cut"
frames = 1
depends_on = "render"
command = ["sh", "-c", "echo cut >> {folder}/starts; echo cut > {{output}}"]
"#
    )
}

#[test]
fn a_frame_starts_when_the_frames_it_waits_for_are_done_and_no_sooner() {
    let farm = Farm::up(4);
    let id = farm.submit_text("film.toml", &pipeline(&farm));
    until_true("all of the first step runs", || farm.running(&id) == [1, 2, 3, 4]);
    farm.until_waits_for(&id, "render: step sim goes first");
    farm.until_waits_for(&id, "cut: step render goes first and has 4 frames left");
    assert_eq!(lines(&farm.path("starts")), [""; 0]);

    std::fs::write(farm.path("gate.3"), "").unwrap();
    until_true("frame 3 of the second step is done", || farm.job(&id).frames_done == 2);
    assert_eq!(lines(&farm.path("starts")), ["render 3"]);
    let shown = farm.run(&["job", &id]).ends_with(0).stdout;
    for text in ["sim by frame", "step sim goes first", "1/4"] {
        assert!(shown.contains(text), "no {text:?}: {shown}");
    }

    for frame in [1, 2, 4] {
        std::fs::write(farm.path(&format!("gate.{frame}")), "").unwrap();
    }
    farm.until_done(&id);
    let starts = lines(&farm.path("starts"));
    assert_eq!((starts.len(), starts.last().map(String::as_str)), (5, Some("cut")), "{starts:?}");
    let mut expected = vec!["B3SUMS".to_owned(), "film.cut.0001.out".to_owned()];
    expected.extend((1..=4).map(|number| format!("film.render.{number:04}.out")));
    expected.extend((1..=4).map(|number| format!("film.sim.{number:04}.out")));
    assert_eq!(names(Path::new(&farm.job(&id).results)), expected);
    assert_eq!(farm.run(&["why", &id, "--json"]).ends_with(0).json::<Vec<()>>(), []);
}

#[test]
fn chunks_are_rendered_by_one_run_and_wait_for_chunks_of_another_size() {
    let farm = Farm::of_five();
    let scene = scene::write(&farm.path("shot"));
    let by_hand = scene::by_hand(&scene, 7, "+FN", &farm.path("by-hand"));
    let starts = farm.path("starts");
    let text = format!(
        r#"
frames = "1-7"
name = "shot"
[[step]]
name = "render"
scene = "shot/scene.pov"
size = "64x48"
chunk = 3
order = "first-last-middle"
[[step]]
name = "mark"
chunk = 2
depends_on = [{{ step = "render", by = "frame" }}]
command = ["sh", "-c", "echo {{frame}}-{{last_frame}} >> {}; for f in $FRAMEFARM_FRAMES; do echo $f > {{output}}.$f.out; done"]
"#,
        starts.display()
    );
    let id = farm.submit_text("shot.toml", &text);
    let frames = farm.until_done(&id);
    let chunks: Vec<String> = frames.iter().filter_map(|frame| frame.chunk.clone()).collect();
    assert_eq!(chunks, ["1-3", "4-6", "1-2", "3-4", "5-6"], "{frames:#?}");
    let mut started = lines(&starts);
    started.sort();
    assert_eq!(started, ["1-2", "3-4", "5-6", "7-7"]);
    let job = farm.job(&id);
    assert_eq!((job.frames_total, job.frames_done), (14, 14), "frames are counted, not chunks");
    for (number, by_hand) in (1..).zip(&by_hand) {
        let made = Path::new(&job.results).join(format!("shot.render.{number:04}.png"));
        assert!(scene::pixels(&made) == scene::pixels(by_hand), "frame {number} has other pixels");
    }
    assert!(farm.run(&["frames", &id]).ends_with(0).stdout.contains("4-6"));
    let fetched = farm.run(&["fetch", &id, "mine", "--json"]).ends_with(0);
    assert_eq!(fetched.json::<Vec<serde_json::Value>>().len(), 14);
}

#[test]
fn what_waits_for_a_failed_frame_fails_with_it_and_a_retry_finishes_both() {
    let farm = Farm::up(2);
    let folder = farm.folder().display();
    let text = format!(
        r#"
name = "mend"
frames = "1-3"
attempts = 1
[[step]]
name = "first"
command = ["sh", "-c", "[ {{frame}} != 2 -o -e {folder}/mended ] && echo {{frame}} > {{output}}"]
[[step]]
name = "second"
depends_on = [{{ step = "first", by = "frame" }}]
command = ["sh", "-c", "echo {{frame}} > {{output}}"]
"#
    );
    let id = farm.submit_text("mend.toml", &text);
    farm.run(&["wait", &id]).ends_with(1);
    let frames = farm.frames(&id);
    let failed: Vec<(&str, i64, u32)> = frames
        .iter()
        .filter(|frame| frame.state == FrameState::Failed)
        .map(|frame| (frame.step.as_str(), frame.number, frame.attempts))
        .collect();
    assert_eq!(failed, [("first", 2, 1), ("second", 2, 0)], "{frames:#?}");

    let after = farm.submit_script("after", "1", &["--after", &id], "echo {frame} > {output}");
    farm.until_waits_for(&after, "ended without being done");
    std::fs::write(farm.path("mended"), "").unwrap();
    farm.run(&["retry", &id]).ends_with(0).complains(&["tried again"]);
    farm.run(&["wait", &id]).ends_with(0);
    let job = farm.job(&id);
    assert_eq!((job.state, job.frames_done), (JobState::Done, 6));
    farm.until_done(&after);
    farm.run(&["retry", &id]).ends_with(1);
    farm.run(&["retry", "99"]).ends_with(2);
}

#[test]
fn a_job_after_another_waits_for_all_of_it() {
    let farm = Farm::up(2);
    let gate = farm.path("gate").display().to_string();
    let script = format!("until [ -e {gate} ]; do sleep 0.1; done; echo {{frame}} > {{output}}");
    let first = farm.submit_script("first", "1", &[], &script);
    let second = farm.submit_script("second", "1", &["--after", &first], "echo {frame} > {output}");
    let other = farm.submit_script("other", "1", &[], "echo {frame} > {output}");
    farm.until_done(&other);
    assert_eq!(farm.why(&second), [format!("render: job {first} goes first and has 1 frame left")]);
    std::fs::write(gate, "").unwrap();
    farm.until_done(&second);
    assert_eq!(farm.job(&first).state, JobState::Done);
    farm.run(&["submit", "--after", "99", "--command", "--", "true"]).ends_with(2).complains(&["99"]);
}

#[test]
fn steps_that_wait_for_each_other_are_refused() {
    let farm = Farm::up(1);
    let text = "command = [\"true\"]\n[[step]]\nname = \"a\"\ndepends_on = \"b\"\n[[step]]\nname = \"b\"\ndepends_on = \"a\"\n";
    std::fs::write(farm.path("round.toml"), text).unwrap();
    farm.run(&["submit", "round.toml"]).ends_with(2).complains(&["round.toml:4", "a -> b -> a"]);
    assert_eq!(farm.run(&["jobs", "--quiet"]).ends_with(0).stdout, "");
}
