//! FFmpeg, which leaves out what it cannot read unless it is told not to.

use std::fs;

use model::Work;
use packages::Class;

use super::{program, run, texture, work};

fn movie(settings: &[(&str, &str)]) -> Work {
    Work { format: Some("mkv".into()), ..work("ffmpeg", "still.png", settings) }
}

#[test]
fn ffmpeg_makes_a_movie_and_says_why_it_cannot() {
    let Some(program) = program("ffmpeg") else { return };
    let folder = tempfile::tempdir().unwrap();
    let job = folder.path().join("job");
    texture(&job.join("still.png"));
    let attempt = |name: &str, settings: &[(&str, &str)]| {
        run(&program, movie(settings), &[1], &job, &folder.path().join(name))
    };
    let made = attempt("good", &[("codec", "ffv1")]).good();
    assert!(fs::read(&made[0].path).unwrap().starts_with(b"\x1a\x45\xdf\xa3"), "it is no Matroska file");
    let failed = attempt("codec", &[("bitrate", "8 lightyears")]);
    assert_eq!(failed.failure().0, Class::Error, "{}", failed.log);
    fs::write(job.join("still.png"), b"\x89PNG\r\n\x1a\n and then nothing").unwrap();
    let failed = attempt("broken", &[("codec", "ffv1")]);
    assert_eq!(failed.failure().0, Class::Error, "{}", failed.log);
    fs::remove_file(job.join("still.png")).unwrap();
    let failed = attempt("lost", &[("codec", "ffv1")]);
    let (class, said) = failed.failure();
    assert!(class == Class::Error && said.contains("still.png: No such file or directory"), "{said}");
}
