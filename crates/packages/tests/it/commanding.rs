//! Plain commands, run for real.

use std::collections::BTreeMap;
use std::fs;

use model::{AttemptNumber, Work};
use packages::{CollectError, CommandLineError, Invocation, VerifyError};

use crate::rendering::attempt;
use crate::{definition, step, write};

fn command(words: &[&str]) -> Work {
    let command = words.iter().map(|word| (*word).to_owned()).collect();
    Work { package: "command".into(), command, ..Work::default() }
}

#[test]
fn a_command_writes_its_output_or_is_its_log() {
    let host = tempfile::tempdir().unwrap();
    let job = host.path().join("job");
    write(&job, &[("tool.sh", "#!/bin/sh\necho ALF_PROGRESS 60%; echo \"$FRAMEFARM_FRAME $1\" > \"$2\"")]);
    let may_run = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(job.join("tool.sh"), may_run).unwrap();
    type Case<'a> = (&'a [&'a str], Option<&'a str>, &'a str, &'a str, u16);
    let cases: [Case<'_>; 5] = [
        (
            &["sh", "-c", "echo {frame:04} {first}-{last} {{frame}} > {output}"],
            None,
            "out",
            "0007 1-9 {frame}\n",
            0,
        ),
        (&["./tool.sh", "{attempt}", "{output}"], Some("txt"), "txt", "7 1\n", 600),
        (&["sh", "-c", "echo more > {output}.more"], None, "more", "more\n", 0),
        (&["sh", "-c", "echo said"], None, "log", "said\n", 0),
        (&["sh", "-c", "echo left > $FRAMEFARM_OUTPUT"], None, "out", "left\n", 0),
    ];
    for (i, (words, format, ending, text, permille)) in cases.into_iter().enumerate() {
        let mut work = command(words);
        work.format = format.map(str::to_owned);
        let step = step("1-9", (1, 9), work);
        assert!(packages::check_work(&definition("command"), &step).0.is_empty());
        let done = attempt("command", &step, 7, &job, &host.path().join(format!("s{i}")));
        let collected = done.collected.unwrap_or_else(|e| panic!("{words:?}: {e}\n{}", done.log));
        assert_eq!(collected[0].output.name, format!("film.0007.{ending}"), "{words:?}");
        assert_eq!(fs::read_to_string(&collected[0].path).unwrap(), text, "{words:?}");
        assert_eq!(done.last_progress, permille, "{words:?}");
    }
}

#[test]
fn a_command_that_leaves_no_output_or_a_wrong_one_fails() {
    let host = tempfile::tempdir().unwrap();
    let job = host.path().join("job");
    write(&job, &[("here.txt", "")]);
    let run = |i: u32, script: &str, format: &str| {
        let mut work = command(&["sh", "-c", script, "{output}"]);
        work.format = Some(format.to_owned());
        let step = step("1", (1, 1), work);
        attempt("command", &step, 1, &job, &host.path().join(format!("s{i}"))).collected
    };
    let error = run(0, "echo x > $(dirname $0)/other.txt", "txt").unwrap_err().to_string();
    assert_eq!(error, "no output*.txt was made; what it left behind is other.txt");
    let error = run(1, "touch ${0%.txt}1.txt ${0%.txt}2.txt", "txt").unwrap_err().to_string();
    assert_eq!(error, "several files could be the frame: output1.txt, output2.txt; a frame is one file");
    let linked = run(2, "ln -s /etc/hostname $0", "txt");
    assert!(matches!(linked, Err(CollectError::Missing { .. })), "{linked:?}");
    let empty = run(3, "touch $0", "txt");
    assert!(matches!(empty, Err(CollectError::Unfit(VerifyError::Empty { .. }))), "{empty:?}");
    let text = run(4, "echo no picture > $0", "png");
    assert!(matches!(text, Err(CollectError::Unfit(VerifyError::NotAPicture { .. }))), "{text:?}");
}

#[test]
fn a_program_that_is_not_there_is_said_with_where_it_was_sought() {
    let host = tempfile::tempdir().unwrap();
    let (job, definition) = (host.path(), definition("command"));
    let environment = BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]);
    for (program, searched) in
        [("no-such-tool", "/usr/bin:/bin".to_owned()), ("./no-such-tool", job.display().to_string())]
    {
        let step = step("1", (1, 1), command(&[program]));
        let invocation = Invocation {
            definition: &definition,
            step: &step,
            number: 1,
            attempt: AttemptNumber(1),
            job_folder: job,
            scratch: job,
            executable: None,
            threads: 1,
            environment: &environment,
        };
        let error = invocation.command_line().unwrap_err();
        assert!(matches!(error, CommandLineError::NoProgram { .. }));
        assert!(error.to_string().contains(&format!("(searched: {searched})")), "{error}");
    }
}
