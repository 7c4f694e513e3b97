//! Recorded logs of POV-Ray 3.7.0.10 and what is said of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use model::Exit;
use packages::{Definition, LogReader};

use crate::definition;

/// What a run with such a log that ended so is said to have failed of; nothing where it went well.
pub(crate) fn explain_failure(definition: &Definition, log: &str, exit: Exit) -> String {
    let mut reader = LogReader::new(definition, &[1]);
    reader.feed(log.as_bytes());
    reader.finish();
    reader.verdict(exit, &BTreeSet::new()).failure.map_or_else(String::new, |failure| failure.sentence)
}

fn log(name: &str) -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("definitions/logs/povray").join(format!("{name}.log"));
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}

#[test]
fn recorded_logs_of_povray_are_explained() {
    let povray = definition("povray");
    let travel = "which did not travel with the job; name it with --support";
    for (name, exit, wanted) in [
        ("missing-image", 1, format!("missing-image.pov, line 2, needs maps/nothere.png, {travel}")),
        ("missing-include", 1, format!("missing-include.pov, line 2, needs nothere.inc, {travel}")),
        ("missing-font", 1, format!("missing-font.pov, line 2, needs nofont.ttf, {travel}")),
        ("fopen", 1, format!("fopen.pov, line 2, needs nodata.txt, {travel}")),
        ("df3", 1, format!("df3.pov, line 2, needs smoke.df3, {travel}")),
        ("hf", 1, format!("hf.pov, line 2, needs hills.png, {travel}")),
        ("ini-scene", 1, format!("the scene reflect.pov {}", &travel[6..])),
        (
            "corrupt-png",
            1,
            "corrupt-png.pov, line 2, names a file that is broken or of another kind: Cannot read PNG data"
                .into(),
        ),
        (
            "parse-error",
            1,
            "parse-error.pov, line 3, cannot be read: No matching } in 'sphere', box found instead".into(),
        ),
        (
            "undeclared",
            1,
            "undeclared.pov, line 2, cannot be read: No matching } in 'texture', undeclared identifier \
             'T_Gold_1A' found instead"
                .into(),
        ),
        ("userabort", 1, "the scene stops itself in userabort.pov, line 2: no such shot".into()),
        ("unwritable-folder", 1, "the scratch folder of the render host cannot be written".into()),
        (
            "bad-option",
            1,
            "an argument is not understood in: povray \"ok.pov\" +W64 +H48 +O\"out/frame\" -D -P +GA +ZZ9"
                .into(),
        ),
        ("terminated", 2, "it was told to stop".into()),
    ] {
        let wanted = format!("{wanted} (POV-Ray ended with exit code {exit})");
        assert_eq!(explain_failure(&povray, &log(name), Exit::Code(exit)), wanted, "{name}");
    }
}

#[test]
fn ends_by_signal_are_explained() {
    let povray = definition("povray");
    for (name, exit, wanted) in [
        (
            "disk-full",
            Exit::Signal(6),
            "a file could not be written to its end, as on a full disk (POV-Ray was ended from outside: \
             signal 6 (SIGABRT, it gave up by itself))",
        ),
        (
            "memory",
            Exit::Code(134),
            "the host had no memory left for the frame (POV-Ray ended with exit code 134: signal 6 \
             (SIGABRT, it gave up by itself))",
        ),
        (
            "killed",
            Exit::Signal(9),
            "POV-Ray was ended from outside: signal 9 (SIGKILL, often for want of memory); its log does \
             not say why",
        ),
        ("ok", Exit::Signal(1), "POV-Ray was ended from outside: signal 1 (SIGHUP); its log ends with: "),
    ] {
        let said = explain_failure(&povray, &log(name), exit);
        assert!(said.starts_with(wanted), "{name}: {said}");
    }
}

#[test]
fn commands_are_explained_by_their_last_lines_or_their_own_word() {
    let command = definition("command");
    let said = explain_failure(&command, "a\nb\nALF_PROGRESS 3%\n\nc\r\nd\n", Exit::Code(3));
    assert_eq!(said, "plain command ended with exit code 3; its log ends with: b | c | d");
    let said = explain_failure(&command, "openjd_fail: no light. None\nbye\n", Exit::Code(1));
    assert_eq!(said, "the command says: no light. None (plain command ended with exit code 1)");
    let said = explain_failure(&command, "", Exit::Code(127));
    assert_eq!(said, "plain command ended with exit code 127; its log does not say why");
}
