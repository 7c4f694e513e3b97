//! What a step may ask of a package.

use model::{Size, Step, Work};
use packages::check_work;

use crate::{definition, step};

fn told(package: &str, step: &Step) -> Vec<String> {
    let faults = check_work(&definition(package), step);
    faults.0.iter().map(|fault| format!("{}: {}", fault.place, fault.what)).collect()
}

fn scene(name: &str) -> Work {
    Work { scene: Some(name.parse().unwrap()), ..Work::default() }
}

#[test]
fn povray_steps_are_checked_whole() {
    assert_eq!(told("povray", &step("0-10", (0, 10), scene("a/b.POV"))), [""; 0]);
    assert_eq!(told("povray", &step("3", (1, 10), scene("b.ini"))), [""; 0]);
    let mut work = scene("b.blend");
    work.format = Some("gif".into());
    work.command = vec!["ls".into()];
    work.arguments = vec!["a\0".into()];
    work.settings =
        [("quality", "12"), ("antialias", "lots"), ("antialias_method", "3"), ("alpha", "yes"), ("x", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    let wanted = [
        "scene: POV-Ray cannot read \"b.blend\"",
        "frames: POV-Ray has no frame below 0, and frame -2 is asked for",
        "frames: frame -2 lies outside the animation, which runs from 1 to 10",
        "format: POV-Ray does not write \"gif\"",
        "settings.alpha: alpha must be true or false, not \"yes\"",
        "settings.antialias: antialias must be a number, not \"lots\"",
        "settings.antialias_method: antialias_method must be one of 1, 2, not \"3\"",
        "settings.quality: quality must lie between 0 and 11, not be \"12\"",
        "settings.x: POV-Ray has no setting \"x\"",
        "command: the package povray has its own program and takes no command",
        "arguments: an argument holds a NUL, which no program can be given",
    ];
    assert_eq!(told("povray", &step("-2-4", (1, 10), work)), wanted);
    let wanted = [
        "scene: POV-Ray needs a render file",
        "frames: frame 11 lies outside the animation, which runs from 1 to 10",
    ];
    assert_eq!(told("povray", &step("5-11", (1, 10), Work::default())), wanted);
    let wanted = ["last_frame: the animation ends with frame 1, before it begins with frame 10"];
    assert_eq!(told("povray", &step("5", (10, 1), scene("b.pov"))), wanted);
}

#[test]
fn commands_are_checked_whole() {
    let command = |words: &[&str]| Work {
        command: words.iter().map(|word| (*word).to_owned()).collect(),
        ..Work::default()
    };
    assert_eq!(
        told("command", &step("-5--1", (-5, -1), command(&["t", "{frame:04}", "{{scene}}"]))),
        [""; 0]
    );
    for words in [&[][..], &[" "][..]] {
        assert_eq!(
            told("command", &step("1", (1, 1), command(words))),
            ["command: the package command needs a command"]
        );
    }
    let mut work = command(&["{width}x{height}", "{scene}", "{fraem}", "{output}.png", "{settings}"]);
    work.format = Some("jpg".into());
    let wanted = [
        "format: the command writes {output}.png, and the format is jpg",
        "command: {width} has no value, for the job names no size",
        "command: {height} has no value, for the job names no size",
        "command: {scene} has no value, for the job names no scene",
        "command: nothing is called {fraem}",
        "command: nothing is called {settings}",
    ];
    assert_eq!(told("command", &step("1", (1, 1), work.clone())), wanted);
    work.size = Some(Size { width: 1, height: 1 });
    work.format = Some("../x".into());
    let told = check_work(&definition("command"), &step("1", (1, 1), work));
    assert_eq!(told.0[0].what, "\"../x\" is not a format: letters and digits are wanted, as in png");
    let hint = told.0[2].hint.as_ref().unwrap();
    assert!(hint.starts_with("known are {frame}, {frames}") && hint.ends_with("write {{fraem}}"), "{hint}");
}

#[test]
fn versions_are_read_from_what_is_printed() {
    let printed = "Persistence of Vision(tm) Ray Tracer Version 3.7\nPOV-Ray 3.7.0.10.unofficial (g++ 12)\n";
    let povray = definition("povray");
    assert_eq!(povray.version_in("", printed).as_deref(), Some("3.7.0.10.unofficial"));
    assert_eq!(povray.version_in("POV-Ray 3.8.0-beta.2", "").as_deref(), Some("3.8.0"));
    assert_eq!(povray.version_in("nothing", "nothing"), None);
    assert!(definition("command").brings_program() && !povray.brings_program());
}

#[test]
fn a_chunk_is_refused_that_would_not_bring_every_frame() {
    let told = |package: &str, frames: &str, work: Work| {
        let span = (0, 200);
        let faults = check_work(&definition(package), &Step { chunk: 4, ..step(frames, span, work) });
        assert!(faults.0.iter().all(|fault| fault.hint.is_some()));
        faults.0.iter().map(|fault| format!("{}: {}", fault.place, fault.what)).collect::<Vec<_>>()
    };
    let command = |words: &[&str]| Work {
        command: words.iter().map(|word| (*word).to_owned()).collect(),
        ..Work::default()
    };
    let scattered = ["chunk: the frames 1-9x2 are not one after the other in chunks of 4"];
    assert_eq!(
        told("povray", "1-10,21-30", scene("s.pov")),
        ["chunk: the frames 1-10,21-30 are not one \
        after the other in chunks of 4"]
    );
    assert_eq!(told("povray", "1-9x2", scene("s.pov")), scattered);
    assert_eq!(told("povray", "1-8,21-30", scene("s.pov")), [""; 0]);
    assert_eq!(told("command", "1-9x2", command(&["t", "{frame}", "{last_frame}"])), scattered);
    assert_eq!(told("command", "1-9x2", command(&["t", "{frame}-{last_frame}", "{frames}"])), [""; 0]);
    let one = ["chunk: the command is told of one frame, and a chunk has 4"];
    for words in [
        &["t", "{frame}"][..],
        &["t", "{output}.png"],
        &["sh", "-c", "t $FRAMEFARM_FRAME"],
        &["sh", "-c", "t > $FRAMEFARM_OUTPUT"],
        &["sh", "-c", "t {output} $FRAMEFARM_FRAMES_ALL"],
    ] {
        assert_eq!(told("command", "1-8", command(words)), one, "{words:?}");
    }
    for words in [
        &["true"][..],
        &["t", "{frames}"],
        &["sh", "-c", "t {output} $FRAMEFARM_FRAMES"],
        &["sh", "-c", "t ${FRAMEFARM_LAST_FRAME} {output}"],
    ] {
        assert_eq!(told("command", "1-8", command(words)), [""; 0], "{words:?}");
    }
}
