//! Mitsuba, which hangs with two threads and dies in its default variant: neither is ever asked for.

use std::fs;
use std::path::{Path, PathBuf};

use model::{Part, Size, Work};
use packages::Class;

use super::{program, run, scene, texture, work};

/// A job folder with the plate.
fn job(folder: &Path) -> PathBuf {
    let job = folder.join("job");
    texture(&job.join("tex/plate.png"));
    fs::copy(scene("plate.xml"), job.join("plate.xml")).unwrap();
    job
}

fn plate(settings: &[(&str, &str)]) -> Work {
    let work = work("mitsuba", "plate.xml", settings);
    Work { size: Some(Size { width: 48, height: 32 }), ..work }
}

#[test]
fn mitsuba_renders_the_frame_that_it_is_told() {
    let Some(program) = program("mitsuba") else { return };
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path());
    let digest = |frame: i64| {
        let scratch = folder.path().join(format!("out{frame}"));
        let run = run(&program, plate(&[("samples", "4")]), &[frame], &job, &scratch);
        assert_eq!(run.verdict.warnings, []);
        let file = run.good().remove(0);
        assert_eq!(file.output.size, Some(Size { width: 48, height: 32 }));
        file.output.digest
    };
    // Its pictures are the same byte by byte, so another frame has to be another picture.
    assert_eq!(digest(3), digest(3));
    assert_ne!(digest(3), digest(9));
}

#[test]
fn mitsuba_makes_tiles_and_shares_of_the_samples() {
    let Some(program) = program("mitsuba") else { return };
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path());
    let tile = Work { part: Some(Part::Tile { at: 3, across: 2, down: 2, border: 0 }), ..plate(&[]) };
    let made = run(&program, tile, &[1], &job, &folder.path().join("tile"));
    assert_eq!(made.verdict.failure, None, "{}", made.log);
    let picture = image::open(folder.path().join("tile/frame.exr")).unwrap();
    assert_eq!((picture.width(), picture.height()), (24, 16));
    let share = |at| {
        let part = Some(Part::Samples { at, of: 2, total: 8 });
        let scratch = folder.path().join(format!("share{at}"));
        run(&program, Work { part, ..plate(&[]) }, &[1], &job, &scratch).good().remove(0).output.digest
    };
    assert_ne!(share(0), share(1), "shares have noise of their own");
}

#[test]
fn what_mitsuba_cannot_do_is_said_in_a_sentence() {
    let Some(program) = program("mitsuba") else { return };
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path());
    let failure = |work: Work| {
        let run = run(&program, work, &[1], &job, &folder.path().join("out"));
        let (class, sentence) = run.failure();
        (class, sentence.to_owned())
    };
    let (class, said) = failure(plate(&[("frame_parameter", "time")]));
    assert!(class == Class::Fatal && said.starts_with("the scene has no parameter time; "), "{said}");
    fs::remove_file(job.join("tex/plate.png")).unwrap();
    let (class, said) = failure(plate(&[]));
    assert!(class == Class::Fatal && said.contains("tex/plate.png, which did not travel"), "{said}");
    fs::remove_file(job.join("plate.xml")).unwrap();
    let (class, said) = failure(plate(&[]));
    assert!(class == Class::Fatal && said.contains("plate.xml did not travel with the job"), "{said}");
}
