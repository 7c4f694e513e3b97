//! Frames by command line, against one POV-Ray by hand over the whole animation.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use model::{AttemptNumber, Exit, JobId, Size, Step, Work};
use packages::support::Search;
use packages::{CollectError, Collected, Event, Invocation, Known, LogReader};

use crate::explaining::explain_failure;
use crate::{definition, ended, step, write};

const SCENE: &str = r#"
#version 3.7;
global_settings { assumed_gamma 1 }
#include "colors.inc"
#include "parts/floor.inc"
camera { location <0, 1, -4> look_at 0 }
light_source { <3, 5, -5> White }
sphere { <clock, 0, 0>, 1 pigment { rgb <clock, 1 - clock, frame_number / 10> } finish { reflection 0.3 } }
object { Floor }
"#;
const FLOOR: &str = r#"#declare Map = "../maps/wood.png";
#declare Floor = plane { y, -1 pigment { image_map { png Map } rotate x * 90 } }
"#;

/// POV-Ray, which these tests are about.
fn povray() -> PathBuf {
    let path = std::env::var("PATH").unwrap_or_default();
    let found = path.split(':').map(|folder| Path::new(folder).join("povray")).find(|path| path.is_file());
    found.expect("these tests need POV-Ray: apt-get install --no-install-recommends povray povray-includes")
}

fn environment() -> BTreeMap<String, String> {
    std::env::vars().filter(|(name, _)| name == "PATH").collect()
}

/// A project as at a client: the scene in its folder, maps beside it.
fn project(folder: &Path) -> PathBuf {
    let shot = folder.join("a film/shot 1");
    write(&shot, &[("scene.pov", SCENE), ("parts/floor.inc", FLOOR)]);
    fs::create_dir_all(shot.join("../maps")).unwrap();
    let pixel = |x, y| image::Rgb([(x * 31 % 256) as u8, (y * 17 % 256) as u8, 90]);
    image::RgbImage::from_fn(16, 16, pixel).save(shot.join("../maps/wood.png")).unwrap();
    shot
}

/// Lets the job's files travel to `host` as a farm would, and returns the work with its scene.
fn travel(scene: &Path, host: &Path, work: Work) -> Work {
    let from = scene.parent().unwrap();
    let povray = definition("povray");
    let (definition, scene, rules) = (&povray, Some(scene), &model::PathRules::default());
    let search = Search { definition, scene, libraries: &[], named: &[], from, blender: None, rules };
    let support = search.find().unwrap_or_else(|faults| panic!("{faults}"));
    for file in support.job_files().unwrap() {
        let place = host.join(file.path.as_str());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(&file.original, place).unwrap();
    }
    Work { package: "povray".into(), scene: support.scene, libraries: support.libraries, ..work }
}

pub(crate) struct Attempt {
    pub(crate) exit: Exit,
    pub(crate) log: String,
    pub(crate) last_progress: u16,
    pub(crate) collected: Result<Vec<Collected>, CollectError>,
}

/// Runs frame `number` of `step`, or the chunk that begins with it, as a render server would.
pub(crate) fn attempt(package: &str, step: &Step, number: i64, job: &Path, scratch: &Path) -> Attempt {
    let definition = definition(package);
    fs::create_dir_all(scratch).unwrap();
    let executable = povray();
    let index = step.chunk_of(number).unwrap_or_default();
    let more: Vec<i64> = step.chunk_numbers(index).skip(1).collect();
    let invocation = Invocation {
        definition: &definition,
        step,
        job: JobId(17),
        number,
        more: &more,
        attempt: AttemptNumber(1),
        job_folder: job,
        scratch,
        executable: Some(&executable),
        threads: 1,
        gpus: &[],
        scripts: Path::new("/scripts"),
        environment: &environment(),
        session: None,
    };
    let line = invocation.command_line().unwrap();
    let log_path = scratch.with_extension("log");
    let status = ended(&line, &log_path);
    let log = fs::read(&log_path).unwrap();
    let mut reader = LogReader::of(&invocation);
    let told: Vec<u16> = log.chunks(7).flat_map(|piece| progress(&reader.feed(piece))).collect();
    assert!(told.is_sorted(), "{told:?}");
    Attempt {
        exit: status.code().map_or(Exit::Unknown, Exit::Code),
        log: String::from_utf8_lossy(&log).into_owned(),
        last_progress: told.last().copied().unwrap_or(0),
        collected: invocation.collect(&log_path, "film", &Known::default()).map(|made| made.files),
    }
}

/// Thousandths that events tell.
fn progress(events: &[Event]) -> Vec<u16> {
    let told = |event: &Event| if let Event::Progress(permille) = event { Some(*permille) } else { None };
    events.iter().filter_map(told).collect()
}

/// Renders the frames `first` to `last` with one POV-Ray by hand; pixels by frame number.
fn by_hand(folder: &Path, scene: &str, arguments: &[&str]) -> Vec<Vec<u8>> {
    let out = tempfile::tempdir().unwrap();
    let run = Command::new(povray())
        .args([scene, "+W40", "+H30", "+WT1", "-D", "+FN"])
        .args(arguments)
        .arg(format!("+O{}/f", out.path().display()))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut files: Vec<PathBuf> =
        fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| pixels(file)).collect()
}

fn pixels(file: &Path) -> Vec<u8> {
    image::open(file).unwrap().to_rgb8().into_raw()
}

fn work() -> Work {
    Work { size: Some(Size { width: 40, height: 30 }), ..Work::default() }
}

#[test]
fn frames_apart_are_the_frames_of_one_run_by_hand() {
    let (client, host) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shot = project(client.path());
    let wanted = by_hand(&shot, "scene.pov", &["+KFI8", "+KFF11"]);
    let job = host.path().join("the job");
    let work = travel(&shot.join("scene.pov"), &job, work());
    assert_eq!(work.scene.as_ref().unwrap().as_str(), "shot 1/scene.pov");
    for (frame, wanted) in (8..).zip(wanted) {
        let step = step("8-11", (8, 11), work.clone());
        let scratch = host.path().join(format!("scratch of {frame}"));
        let done = attempt("povray", &step, frame, &job, &scratch);
        assert_eq!(done.exit, Exit::Code(0), "{}", done.log);
        assert_eq!(done.last_progress, 1000);
        let collected = done.collected.unwrap();
        assert_eq!(collected.len(), 1);
        assert_eq!(collected[0].output.name, format!("film.{frame:04}.png"));
        assert_eq!(collected[0].output.size, work.size);
        assert!(pixels(&collected[0].path) == wanted, "frame {frame}");
    }
}

#[test]
fn an_ini_is_rendered_as_by_hand_whatever_else_it_says() {
    let (client, host) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shot = project(client.path());
    let ini = "Input_File_Name=scene.pov\nInitial_Frame=1\nFinal_Frame=3\nInitial_Clock=0.2\nAntialias=On\n";
    let hostile = "Output_to_File=Off\nOutput_File_Type=T\nPause_When_Done=On\nAll_Console=Off\nVerbose=Off\n\
                   Subset_Start_Frame=3\nContinue_Trace=On\nDisplay=On\nWidth=8\n\
                   Output_File_Name=else/where\n";
    write(&shot, &[("film.ini", ini), ("hostile.ini", &format!("{ini}{hostile}"))]);
    let wanted = by_hand(&shot, "film.ini", &[]);
    let job = host.path().join("job");
    let work = travel(&shot.join("hostile.ini"), &job, work());
    let step = step("2", (1, 3), work);
    let done = attempt("povray", &step, 2, &job, &host.path().join("scratch"));
    assert_eq!((done.exit, done.last_progress), (Exit::Code(0), 1000), "{}", done.log);
    assert!(pixels(&done.collected.unwrap()[0].path) == wanted[1]);
}

#[test]
fn a_still_is_the_still_by_hand_and_a_lone_frame_has_a_clock() {
    let (client, host) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shot = project(client.path());
    let job = host.path().join("job");
    let work = travel(&shot.join("scene.pov"), &job, work());
    let still = by_hand(&shot, "scene.pov", &[]);
    let lone = by_hand(&shot, "scene.pov", &["+KFI7", "+KFF8", "+EF7"]);
    for (number, wanted) in [(1, &still[0]), (0, &still[0]), (7, &lone[0])] {
        let step = step(&number.to_string(), (number, number), work.clone());
        let done = attempt("povray", &step, number, &job, &host.path().join(format!("s{number}")));
        assert!(pixels(&done.collected.unwrap()[0].path) == *wanted, "frame {number}");
    }
}

#[test]
fn every_format_is_written_and_verified() {
    let host = tempfile::tempdir().unwrap();
    let scene = "#version 3.7; camera { location z*-3 } sphere { 0, 1 pigment { rgb 1 } }";
    write(host.path(), &[("job/s.pov", scene)]);
    let formats = definition("povray").formats;
    assert_eq!(formats.len(), 7);
    for format in formats {
        let mut work = Work { scene: Some("s.pov".parse().unwrap()), ..work() };
        work.format = Some(format.ending.to_uppercase());
        work.settings = [("quality", "5"), ("alpha", "false"), ("antialias", "0.3"), ("jpeg_quality", "95")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let step = step("3", (1, 100), work);
        assert!(packages::check_work(&definition("povray"), &step).0.is_empty());
        let scratch = host.path().join(&format.ending);
        let done = attempt("povray", &step, 3, &host.path().join("job"), &scratch);
        let collected = done.collected.unwrap_or_else(|e| panic!("{e}\n{}", done.log));
        assert_eq!(collected[0].output.name, format!("film.0003.{}", format.ending));
        assert_eq!(collected[0].output.size, step.work.size);
    }
}

#[test]
fn a_missing_picture_is_explained() {
    let host = tempfile::tempdir().unwrap();
    let scene = "#version 3.7;\nsphere { 0, 1 pigment { image_map { png \"no such.png\" } } }";
    write(host.path(), &[("job/s.pov", scene)]);
    let step = step("1", (1, 1), Work { scene: Some("s.pov".parse().unwrap()), ..work() });
    let failed = attempt("povray", &step, 1, &host.path().join("job"), &host.path().join("scratch"));
    let said = explain_failure(&definition("povray"), &failed.log, failed.exit);
    let wanted =
        "s.pov, line 2, needs no such.png, which did not travel with the job; name it with --support";
    assert!(said.starts_with(wanted), "{said}");
    assert!(matches!(failed.collected, Err(CollectError::Missing { .. })));
}

#[test]
fn radiosity_shows_its_first_pass_as_a_part() {
    let host = tempfile::tempdir().unwrap();
    let scene = "#version 3.7; global_settings { radiosity { count 5 } } camera { location z*-3 }\n\
                 sphere { 0, 1 pigment { rgb 1 } } light_source { <2, 3, -4> 1 }";
    write(host.path(), &[("job/s.pov", scene)]);
    let step = step("1", (1, 1), Work { scene: Some("s.pov".parse().unwrap()), ..work() });
    let done = attempt("povray", &step, 1, &host.path().join("job"), &host.path().join("scratch"));
    assert_eq!((done.exit, done.last_progress), (Exit::Code(0), 1000), "{}", done.log);
}

#[test]
fn a_chunk_is_the_same_pictures_as_its_frames_apart() {
    let (client, host) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shot = project(client.path());
    // What could be carried over from one frame to the next: samples of light, seeds.
    let rich = "global_settings { radiosity { count 8 } }\n\
                #declare S = seed(7);\n\
                sphere { <rand(S), 1, clock>, 0.4 pigment { rgb rand(S) } finish { reflection 0.5 } }";
    write(&shot, &[("rich.pov", &format!("{SCENE}{rich}"))]);
    let wanted = by_hand(&shot, "rich.pov", &["+KFI8", "+KFF13"]);
    let job = host.path().join("job");
    let work = travel(&shot.join("rich.pov"), &job, work());
    let apart = step("8-13", (8, 13), work);
    let together = Step { chunk: 4, ..apart.clone() };
    assert!(packages::check_work(&definition("povray"), &together).0.is_empty());
    let mut pictures = Vec::new();
    for first in [8, 12] {
        let done = attempt("povray", &together, first, &job, &host.path().join(format!("chunk {first}")));
        assert_eq!((done.exit, done.last_progress), (Exit::Code(0), 1000), "{}", done.log);
        pictures.extend(done.collected.unwrap_or_else(|error| panic!("{error}\n{}", done.log)));
    }
    let names: Vec<_> = pictures.iter().map(|picture| picture.output.name.as_str()).collect();
    assert_eq!(names, ["08", "09", "10", "11", "12", "13"].map(|frame| format!("film.00{frame}.png")));
    for ((number, picture), wanted) in (8..).zip(&pictures).zip(wanted) {
        let alone = attempt("povray", &apart, number, &job, &host.path().join(format!("apart {number}")));
        let alone = pixels(&alone.collected.unwrap()[0].path);
        assert!(pixels(&picture.path) == alone, "frame {number} of the chunk is the frame by itself");
        assert!(alone == wanted, "frame {number} is the frame by hand");
    }
}

#[test]
fn a_still_is_a_chunk_of_one() {
    let host = tempfile::tempdir().unwrap();
    write(host.path(), &[("job/s.pov", "#version 3.7; sphere { 0, 1 pigment { rgb 1 } }")]);
    let work = Work { scene: Some("s.pov".parse().unwrap()), ..work() };
    let step = Step { chunk: 4, ..step("1", (1, 1), work) };
    let done = attempt("povray", &step, 1, &host.path().join("job"), &host.path().join("scratch"));
    let collected = done.collected.unwrap_or_else(|error| panic!("{error}\n{}", done.log));
    assert_eq!(collected[0].output.name, "film.0001.png");
}

#[test]
fn the_progress_of_a_chunk_goes_over_all_its_frames() {
    let work = Work { scene: Some("s.pov".parse().unwrap()), ..work() };
    let (definition, step) = (definition("povray"), Step { chunk: 4, ..step("1-4", (1, 4), work) });
    let invocation = Invocation {
        definition: &definition,
        step: &step,
        job: JobId(17),
        number: 1,
        more: &[2, 3, 4],
        attempt: AttemptNumber(1),
        job_folder: Path::new("/job"),
        scratch: Path::new("/scratch"),
        executable: None,
        threads: 1,
        gpus: &[],
        scripts: Path::new("/scripts"),
        environment: &BTreeMap::new(),
        session: None,
    };
    let mut reader = LogReader::of(&invocation);
    let mut told = Vec::new();
    for _ in 0..5 {
        for line in ["Rendered 50 of 100 pixels\r", "Rendered 100 of 100 pixels\n", "  Trace Time: 0 s\n"] {
            told.push(progress(&reader.feed(line.as_bytes())).last().copied());
        }
    }
    let wanted = [118, 237, 250, 368, 487, 500, 618, 737, 750, 868, 987, 1000];
    assert_eq!(told[..12], wanted.map(Some));
    assert_eq!(told[12..], [None; 3]);
}

#[test]
fn a_chunk_with_a_frame_missing_or_broken_fails() {
    let host = tempfile::tempdir().unwrap();
    let scene = "#version 3.7; camera { location z*-3 } sphere { 0, 1 pigment { rgb 1 } }\n\
                 #if (frame_number = 3) #error \"no third\" #end";
    write(host.path(), &[("job/s.pov", scene)]);
    let work = Work { scene: Some("s.pov".parse().unwrap()), ..work() };
    let step = Step { chunk: 4, ..step("1-4", (1, 4), work) };
    let (job, scratch) = (host.path().join("job"), host.path().join("scratch"));
    let failed = attempt("povray", &step, 1, &job, &scratch);
    assert_ne!(failed.exit, Exit::Code(0));
    let error = failed.collected.unwrap_err().to_string();
    assert_eq!(error, "no frame*3.png was made; what it left behind is frame1.png, frame2.png");
    assert_eq!(failed.last_progress, 500);
    for number in [3, 4] {
        fs::write(scratch.join(format!("frame{number}.png")), "no picture").unwrap();
    }
    let executable = povray();
    let (definition, environment) = (definition("povray"), environment());
    let invocation = Invocation {
        definition: &definition,
        step: &step,
        job: JobId(17),
        number: 1,
        more: &[2, 3, 4],
        attempt: AttemptNumber(1),
        job_folder: &job,
        scratch: &scratch,
        executable: Some(&executable),
        threads: 1,
        gpus: &[],
        scripts: Path::new("/scripts"),
        environment: &environment,
        session: None,
    };
    let broken = invocation.collect(&host.path().join("scratch.log"), "film", &Known::default());
    assert!(matches!(broken, Err(CollectError::Unfit(_))), "{broken:?}");
}
