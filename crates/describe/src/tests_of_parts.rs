//! Pictures spread over many slots, and movies.

use std::path::Path;

use model::{Dependency, DependencyKind, JobDescription, Part, Refuse, Size};

use super::tests::{faults, file};
use super::{prepare, read};

const POSTER: &str = r#"
name = "poster"
scene = "a.pov"
frames = "1-3"
size = "64x48"
format = "jpg"
refuse = ["blank", "missing files"]
cold = true
settings = { jpeg_quality = 90, antialias = 0.3 }
limits = { tape = 1 }
needs = { tags = ["fast"], memory = "1 GiB" }
tiles = "2x2"

[[step]]
name = "render"
chunk = 3

[[step]]
name = "mark"
depends_on = [{ step = "render", by = "frame", files = true }]
command = ["mark", "{inputs}/render", "{output}.png"]
"#;

/// The job that `text` describes, with a scene beside it, or its faults.
fn spread(text: &str) -> Result<JobDescription, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.pov"), "sphere { 0, 1 }").unwrap();
    let draft = read(Path::new("job.toml"), text).map_err(|faults| faults.to_string())?;
    let prepared = prepare(&draft, &super::Whereabouts::of(folder.path()), "ada")
        .map_err(|faults| faults.to_string())?;
    assert_eq!(prepared.job.check(), Ok(()));
    Ok(prepared.job)
}

fn names(job: &JobDescription) -> Vec<&str> {
    job.steps.iter().map(|step| step.name.as_str()).collect()
}

#[test]
fn a_tiled_step_becomes_a_step_for_each_tile_and_one_that_puts_them_together() {
    let job = spread(POSTER).unwrap();
    assert_eq!(
        names(&job),
        ["render.tile1", "render.tile2", "render.tile3", "render.tile4", "render", "mark"]
    );
    for (at, tile) in (0..).zip(&job.steps[..4]) {
        assert_eq!(tile.work.part, Some(Part::Tile { at, across: 2, down: 2, border: 8 }));
        assert_eq!(tile.work.format.as_deref(), Some("png"), "nothing is lost before it is whole");
        assert_eq!((tile.chunk, tile.limits["tape"], tile.work.cold), (3, 1, true));
        assert_eq!(tile.work.refuse.iter().collect::<Vec<_>>(), [&Refuse::MissingFiles]);
        assert_eq!(tile.work.size, Some(Size { width: 64, height: 48 }));
    }
    let whole = &job.steps[4];
    assert_eq!((whole.work.package.as_str(), whole.work.format.as_deref()), ("assemble", Some("jpg")));
    assert_eq!(
        whole.work.settings,
        [("border", "8"), ("quality", "90"), ("tiles", "2x2")].map(|(k, v)| (k.into(), v.into())).into()
    );
    assert_eq!((whole.chunk, whole.limits.len(), whole.frames.to_string().as_str()), (1, 0, "1-3"));
    assert_eq!(whole.work.refuse.iter().collect::<Vec<_>>(), [&Refuse::Blank]);
    assert_eq!(whole.profile.to_string(), "tag=fast", "it needs nothing of what rendering needs");
    let tile = |n: u8| Dependency { step: format!("render.tile{n}"), by: DependencyKind::Frame, files: true };
    assert_eq!(whole.depends_on, [tile(1), tile(2), tile(3), tile(4)]);
    assert_eq!((job.slug_of(4).as_str(), job.slug_of(0).as_str()), ("poster.render", "poster.render.tile1"));
    assert_eq!(job.steps[5].work.part, None, "a command is not cut");
}

#[test]
fn ten_tiles_and_more_are_named_so_that_they_sort() {
    let job = spread("scene = \"a.pov\"\nsize = \"64x48\"\ntiles = \"4 X 3\"\ntile_border = 0").unwrap();
    assert_eq!(job.steps.len(), 13);
    assert_eq!((job.steps[0].name.as_str(), job.steps[11].name.as_str()), ("render.tile01", "render.tile12"));
    assert_eq!(job.steps[0].work.part, Some(Part::Tile { at: 0, across: 4, down: 3, border: 0 }));
    assert_eq!(job.steps[12].work.format.as_deref(), Some("png"), "that of the tiles, though none is said");
    assert_eq!(job.slug_of(12), "a", "its pictures are called as if there were no tiles");
}

#[test]
fn what_cannot_be_spread_is_refused_with_the_line_and_what_to_do() {
    let told = |lines: &str| spread(&format!("scene = \"a.pov\"\nsize = \"64x48\"\n{lines}")).unwrap_err();
    for (lines, words) in [
        ("tiles = \"9x9\"", &["job.toml:3", "9x9 tiles are more than 64", "16 are many"][..]),
        ("tiles = 4", &["job.toml:3", "\"4\" is no grid of tiles", "\"4x4\""]),
        ("tiles = \"0x4\"", &["no grid"]),
        ("tiles = \"2x2\"\ntile_border = 5000", &["job.toml:4", "a border of 5000 pixels"]),
        ("tile_border = 8", &["job.toml:3", "no tiles that could have a border"]),
        ("tiles = \"2x2\"\nsample_parts = 2", &["job.toml:3", "and, in job.toml:4, by samples"]),
        ("sample_parts = 2", &["job.toml:3", "POV-Ray cannot make a share of the samples"]),
        ("sample_parts = 0", &["0 parts of one picture are outside 1 to 64"]),
        ("refuse = \"blnk\"", &["job.toml:3", "\"blnk\" is nothing that can be refused", "blank"]),
        ("tiles = \"8x8\"\nsize = \"4x4\"", &["job.toml"]),
    ] {
        let text = told(lines);
        assert!(words.iter().all(|word| text.contains(word)), "{lines}: {text}");
    }
    let unsized_picture = spread("scene = \"a.pov\"\ntiles = \"2x2\"").unwrap_err();
    assert!(unsized_picture.contains("job.toml:2: a picture whose size is not known has no tiles"));
    let small = spread("scene = \"a.pov\"\ntiles = \"8x8\"\nsize = \"4x4\"").unwrap_err();
    assert!(small.contains("8x8 tiles are more than 4x4 pixels allow"), "{small}");
}

#[test]
fn a_movie_waits_for_all_frames_and_finds_them_under_their_names() {
    let job =
        spread("name = \"har bour\"\nscene = \"a.pov\"\nframes = \"5-8\"\nsize = \"64x48\"\nmovie = true");
    let job = job.unwrap();
    assert_eq!(names(&job), ["render", "movie"]);
    let movie = &job.steps[1];
    let all = Dependency { step: "render".into(), by: DependencyKind::Step, files: true };
    assert_eq!(movie.depends_on, [all]);
    assert_eq!((movie.work.package.as_str(), movie.work.format.as_deref()), ("ffmpeg", Some("mp4")));
    let set = &movie.work.settings;
    assert_eq!(set["pattern"], "render/har-bour.render.%04d.png");
    assert_eq!(
        (set["start_number"].as_str(), set["fps"].as_str(), set["codec"].as_str()),
        ("5", "24", "h264")
    );
    assert_eq!((set["pixels"].as_str(), set["quality"].as_str()), ("yuv420p", "18"));
}

#[test]
fn a_movie_shows_the_assembled_pictures_of_the_step_that_is_named_with_a_text_in_them() {
    let text = format!(
        "{POSTER}\n[movie]\nstep = \"render\"\nname = \"dailies\"\nfps = 12.5\ncodec = \"ProRes\"\nburn_in = \"{{job}}: 50% {{frame:03}}\"\n"
    );
    let job = spread(&text).unwrap();
    let movie = job.steps.last().unwrap();
    assert_eq!((movie.name.as_str(), movie.work.format.as_deref()), ("dailies", Some("mov")));
    assert_eq!(movie.depends_on[0].step, "render");
    let set = &movie.work.settings;
    assert_eq!(set["pattern"], "render/poster.render.%04d.jpg");
    assert_eq!((set["fps"].as_str(), set["codec"].as_str()), ("12.5", "prores_ks"));
    let written = r"drawtext=text=poster\\: 50\\\\% %{eif\\:n+1\\:d\\:3}:";
    assert!(set["filter"].starts_with(written), "{}", set["filter"]);
}

#[test]
fn what_cannot_be_a_movie_is_refused_with_the_line_and_what_to_do() {
    let told = |lines: &str| spread(&format!("scene = \"a.pov\"\nsize = \"64x48\"\n{lines}")).unwrap_err();
    for (lines, words) in [
        (
            "frames = \"1-9x2\"\nmovie = true",
            &["job.toml:4", "the frames 1-9x2 of step \"render\" have gaps"][..],
        ),
        ("movie = \"theora\"", &["job.toml:3", "no movie of the kind \"theora\"", "known are h264"]),
        ("movie = 3", &["movie takes a table, or true"]),
        ("[movie]\nfsp = 24", &["job.toml:4", "did you mean fps?"]),
        ("[movie]\nfps = 900", &["job.toml:4", "fps"]),
        ("[movie]\nstep = \"rendr\"", &["job.toml:4", "no step \"rendr\"", "did you mean render?"]),
        ("[movie]\nburn_in = \"{shot}\"", &["job.toml:4", "called {shot}", "{frame:04}"]),
        ("[movie]\ncodec = \"prores\"\nquality = 3", &["job.toml:5", "prores has no quality"]),
        ("[movie]\nname = \"render\"", &["two steps are called \"render\""]),
    ] {
        let text = told(lines);
        assert!(words.iter().all(|word| text.contains(word)), "{lines}: {text}");
    }
    let silent = spread("command = [\"true\"]\nmovie = true").unwrap_err();
    assert!(silent.contains("step \"render\" makes no pictures"), "{silent}");
    assert!(faults("job.toml", "movie = [1]").contains("movie takes a table"));
    assert!(file("job.json", r#"{"scene": "a.pov", "frames": "1-2", "movie": {"fps": 25}}"#).is_ok());
}
