//! One picture on many slots, and movies, with the real POV-Ray and the real FFmpeg.

use std::path::Path;
use std::process::Command;

use model::JobState;

use super::farm::Farm;
use super::ran::Ran;
use super::{names, scene, until_true};

/// What FFmpeg finds in a movie: codec, width, height, and how many pictures there are.
fn probed(movie: &Path) -> String {
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-select_streams", "v", "-count_frames", "-show_entries"]);
    ffprobe.args(["stream=codec_name,width,height,nb_read_frames", "-of", "csv=p=0"]).arg(movie);
    Ran::of(ffprobe).ends_with(0).stdout.trim().to_owned()
}

/// Renders the scene by hand with `more` arguments for POV-Ray.
fn by_hand(scene: &Path, more: &[&str], into: &Path) -> Vec<u8> {
    std::fs::create_dir_all(into).unwrap();
    let mut povray = Command::new("povray");
    povray.current_dir(scene.parent().unwrap()).arg(scene.file_name().unwrap());
    povray.args(["+W64", "+H48", "-D", "+WT1", "+FN"]).args(more);
    povray.arg(format!("+O{}/whole.png", into.display()));
    Ran::of(povray).ends_with(0);
    scene::pixels(&into.join("whole.png"))
}

#[test]
fn tiles_put_together_are_bit_by_bit_the_picture_that_one_povray_makes() {
    let farm = Farm::of_five();
    let scene = scene::write(&farm.path("film"));
    let text = scene.display().to_string();
    // Smoothed by the method that looks at single pixels, and not at all, on a grid that does not divide
    // evenly. The other method looks at blocks of pixels, which lie otherwise in a tile.
    let smooth = ["antialias=0.3", "antialias_method=2", "antialias_depth=2"];
    let smooth: Vec<&str> = smooth.iter().flat_map(|set| ["--set", set]).collect();
    for (at, (by_hand_with, sets)) in
        [(&["+A0.3", "+AM2", "+R2"][..], smooth.as_slice()), (&["-A"], &["--tile-border", "0"])]
            .into_iter()
            .enumerate()
    {
        let wanted = by_hand(&scene, by_hand_with, &farm.path(&format!("by-hand-{at}")));
        let id = farm.submit(&[&[text.as_str(), "--size", "64x48", "--tiles", "3x2"], sets].concat());
        farm.until_done(&id);
        let results = farm.job(&id).results;
        let made = scene::pixels(&Path::new(&results).join("scene.0001.png"));
        assert!(made == wanted, "{by_hand_with:?}: other pixels");
        assert_eq!(names(Path::new(&results)), ["B3SUMS", "scene.0001.png"], "no part is left");
        let fetched = farm.run(&["fetch", &id, &format!("mine-{at}"), "--json"]).ends_with(0);
        assert_eq!(fetched.json::<Vec<serde_json::Value>>().len(), 1);
        let hosts: std::collections::BTreeSet<_> =
            farm.frames(&id).into_iter().filter_map(|frame| frame.host).collect();
        assert!(hosts.len() > 1, "one picture, several hosts: {hosts:?}");
        let shown = farm.run(&["job", &id]).ends_with(0).stdout;
        assert!(shown.contains("render, 6 tiles") && shown.contains("6/6"), "{shown}");
        assert!(!shown.contains("tile5"), "{shown}");
    }
}

#[test]
fn a_movie_of_tiled_frames_has_all_of_them_and_a_missing_one_is_told() {
    let farm = Farm::up(3);
    let scene = scene::write(&farm.path("film"));
    let text = format!(
        "scene = {:?}\nname = \"lamp\"\nframes = \"1-4\"\nsize = \"64x48\"\ntiles = \"2x1\"\n\
         movie = {{ fps = 12, burn_in = \"{{job}}: 'a', b% {{frame:04}}\" }}\n",
        scene.display().to_string()
    );
    let id = farm.submit_text("lamp.toml", &text);
    farm.until_done(&id);
    let results = farm.job(&id).results;
    assert_eq!(
        names(Path::new(&results)),
        [
            "B3SUMS",
            "lamp.movie.mp4",
            "lamp.render.0001.png",
            "lamp.render.0002.png",
            "lamp.render.0003.png",
            "lamp.render.0004.png"
        ]
    );
    assert_eq!(probed(&Path::new(&results).join("lamp.movie.mp4")), "h264,64,48,4");
}

#[test]
fn a_movie_that_lacks_a_frame_is_none_and_says_which() {
    let farm = Farm::up(3);
    let scene = scene::write(&farm.path("film"));
    let gate = farm.path("gate");
    let text = format!(
        "name = \"gap\"\nframes = \"1-3\"\nattempts = 1\nmovie = true\n\
         [[step]]\nname = \"render\"\nscene = {:?}\nsize = \"64x48\"\n\
         [[step]]\nname = \"copy\"\ndepends_on = [{{ step = \"render\", by = \"frame\", files = true }}]\n\
         command = [\"sh\", \"-c\", \"until [ {{frame}} != 3 -o -e {} ]; do sleep 0.1; done; \
         cp {{inputs}}/render/*.png {{output}}.png\"]\n",
        scene.display().to_string(),
        gate.display()
    );
    let id = farm.submit_text("gap.toml", &text);
    // Frame 3 waits at the gate, and the movie for frame 3.
    until_true("the others are there", || farm.job(&id).frames_done == 5);
    let results = farm.job(&id).results;
    std::fs::remove_file(Path::new(&results).join("gap.copy.0002.png")).unwrap();
    std::fs::write(gate, "").unwrap();
    until_true("it has ended", || farm.job(&id).state == JobState::Failed);
    let movie = farm.frames(&id).into_iter().find(|frame| frame.step == "movie").unwrap();
    let problem = movie.problem.unwrap();
    assert!(
        problem.contains("gap.copy.0002.png, which an earlier step made, is not in the storage"),
        "{problem}"
    );
}
