//! Blender by its command line and as a Python module: good frames, and what it keeps to itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use model::{Part, Size, Work};
use packages::Class;

use super::{Run, program, run, scene, work};

/// Packages that are Blender, with their programs, as far as they are here.
fn blenders() -> Vec<(&'static str, PathBuf)> {
    ["blender", "bpy"].into_iter().filter_map(|package| Some((package, program(package)?))).collect()
}

/// A job folder with the cube, made by `program`, so that it is of its version.
fn job(package: &str, program: &Path, folder: &Path) -> PathBuf {
    let job = folder.join("job");
    fs::create_dir_all(&job).unwrap();
    let mut command = Command::new(program);
    if package == "blender" {
        command.args(["-b", "--factory-startup", "--python-exit-code", "1", "--python"]);
    }
    command.arg(scene("cube.py")).arg("--").arg(job.join("cube.blend"));
    let made = command.env("HOME", folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    job
}

fn cube(package: &str, settings: &[(&str, &str)]) -> Work {
    let work = work(package, "cube.blend", settings);
    Work { size: Some(Size { width: 48, height: 32 }), format: Some("png".into()), ..work }
}

#[test]
fn blender_renders_a_list_of_frames_in_one_run() {
    for (package, program) in blenders() {
        let folder = tempfile::tempdir().unwrap();
        let job = job(package, &program, folder.path());
        let run =
            run(&program, cube(package, &[("samples", "4")]), &[1, 3, 8], &job, &folder.path().join("out"));
        assert_eq!(run.verdict.warnings, [], "{package}");
        let files = run.good();
        let names: Vec<&str> = files.iter().map(|file| file.output.name.as_str()).collect();
        assert_eq!(names, ["film.0001.png", "film.0003.png", "film.0008.png"], "{package}");
        let sizes = files.iter().map(|file| file.output.size);
        assert!(sizes.into_iter().all(|size| size == Some(Size { width: 48, height: 32 })), "{package}");
    }
}

#[test]
fn a_texture_that_blender_only_paints_magenta_is_told() {
    for (package, program) in blenders() {
        let folder = tempfile::tempdir().unwrap();
        let job = job(package, &program, folder.path());
        fs::remove_dir_all(job.join("tex")).unwrap();
        let run = run(&program, cube(package, &[("samples", "1")]), &[2], &job, &folder.path().join("out"));
        let told: Vec<_> = run.verdict.warnings.iter().map(|w| (w.missing, w.sentence.clone())).collect();
        let wanted = "the scene's image tex/checker.png is missing; name it with --support".to_owned();
        assert_eq!(told, [(true, wanted)], "{package}: {}", run.log);
        assert_eq!(run.good().len(), 1, "{package}: the picture is made all the same");
    }
}

#[test]
fn what_blender_cannot_do_is_said_in_a_sentence() {
    type Case = (&'static [(&'static str, &'static str)], fn(&Path), Class, &'static str);
    let cases: [Case; 4] = [
        (&[("camera", "Cam 2")], |_| {}, Class::Fatal, r#"the scene has no camera "Cam 2"; it has Camera"#),
        (&[("engine", "OCTANE")], |_| {}, Class::Host, "has no render engine OCTANE"),
        (
            &[],
            |job| fs::remove_file(job.join("cube.blend")).unwrap(),
            Class::Fatal,
            "did not travel with the job",
        ),
        (&[], |job| cut(&job.join("cube.blend")), Class::Fatal, "cube.blend is broken: "),
    ];
    for (package, program) in blenders() {
        let folder = tempfile::tempdir().unwrap();
        let job = job(package, &program, folder.path());
        for (settings, spoil, class, sentence) in &cases {
            spoil(&job);
            let run: Run = run(&program, cube(package, settings), &[1], &job, &folder.path().join("out"));
            let (found, said) = run.failure();
            assert!(found == *class && said.contains(sentence), "{package}: {found:?} {said}: {}", run.log);
        }
    }
}

/// Leaves the beginning of a file that was a scene.
fn cut(file: &Path) {
    let beginning = b"BLENDER-v304REND\0\0\0 nothing that is a scene follows";
    fs::write(file, beginning).unwrap();
}

#[test]
fn blender_makes_tiles_and_shares_of_the_samples() {
    for (package, program) in blenders() {
        let folder = tempfile::tempdir().unwrap();
        let job = job(package, &program, folder.path());
        let part =
            |part, format: &str| Work { part: Some(part), format: Some(format.into()), ..cube(package, &[]) };
        let tile = Part::Tile { at: 1, across: 2, down: 2, border: 0 };
        let made = run(&program, part(tile, "png"), &[1], &job, &folder.path().join("tile"));
        assert_eq!(made.verdict.failure, None, "{package}: {}", made.log);
        let picture = image::open(folder.path().join("tile/frame0001.png")).unwrap();
        assert_eq!((picture.width(), picture.height()), (24, 16), "{package}");
        let share = Part::Samples { at: 1, of: 2, total: 8 };
        let made = run(&program, part(share, "exr"), &[1], &job, &folder.path().join("share"));
        assert!(made.log.contains("Sample 0/4") || package == "bpy", "{package}: {}", made.log);
        assert_eq!(made.good().len(), 1, "{package}");
    }
}
