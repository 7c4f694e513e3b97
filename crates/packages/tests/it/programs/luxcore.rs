//! LuxCore from PyPI, whose own console program cannot render.

use std::fs;
use std::path::{Path, PathBuf};

use model::{Size, Work};
use packages::Class;

use super::{program, run, scene, texture, work};

/// A job folder with the plate, a file for each of two frames.
fn job(folder: &Path) -> PathBuf {
    let job = folder.join("job");
    texture(&job.join("tex/plate.png"));
    for (from, to) in
        [("plate.cfg", "plate.001.cfg"), ("plate.cfg", "plate.007.cfg"), ("plate.scn", "plate.scn")]
    {
        fs::copy(scene(from), job.join(to)).unwrap();
    }
    job
}

fn plate(settings: &[(&str, &str)]) -> Work {
    let work = work("pyluxcore", "plate.001.cfg", settings);
    Work { size: Some(Size { width: 48, height: 32 }), format: Some("png".into()), ..work }
}

#[test]
fn luxcore_renders_the_file_of_the_frame_and_stops() {
    let Some(program) = program("pyluxcore") else { return };
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path());
    let run = run(&program, plate(&[("samples", "8")]), &[7], &job, &folder.path().join("out"));
    assert!(run.log.contains("Done."), "{}", run.log);
    let files = run.good();
    assert_eq!(files[0].output.name, "film.0007.png");
    assert_eq!(files[0].output.size, Some(Size { width: 48, height: 32 }));
}

#[test]
fn what_luxcore_cannot_do_is_said_in_a_sentence() {
    let Some(program) = program("pyluxcore") else { return };
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path());
    let failure = |numbers: &[i64]| {
        let run = run(&program, plate(&[]), numbers, &job, &folder.path().join("out"));
        let (class, sentence) = run.failure();
        (class, sentence.to_owned())
    };
    let (class, said) = failure(&[3]);
    assert!(class == Class::Fatal && said.contains("plate.003.cfg did not travel with the job"), "{said}");
    let text = fs::read_to_string(job.join("plate.001.cfg")).unwrap().replace("haltspp = 16", "haltspp = 0");
    fs::write(job.join("plate.001.cfg"), text).unwrap();
    let (class, said) = failure(&[1]);
    assert!(class == Class::Fatal && said.starts_with("nothing says when the picture is done"), "{said}");
    fs::remove_file(job.join("tex/plate.png")).unwrap();
    let (class, said) = failure(&[7]);
    assert!(class == Class::Fatal && said.contains("tex/plate.png did not travel with the job"), "{said}");
}
