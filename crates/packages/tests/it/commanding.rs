//! Plain commands, run for real.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use model::{AttemptNumber, JobId, Step, Work};
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
    let cases: [Case<'_>; 6] = [
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
        (&["sh", "-c", "echo {job_id} $FRAMEFARM_JOB_ID > {output}"], None, "out", "17 17\n", 0),
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
            job: JobId(17),
            number: 1,
            more: &[],
            attempt: AttemptNumber(1),
            job_folder: job,
            scratch: job,
            executable: None,
            threads: 1,
            gpus: &[],
            scripts: Path::new("/scripts"),
            environment: &environment,
            session: None,
        };
        let error = invocation.command_line().unwrap_err();
        assert!(matches!(error, CommandLineError::NoProgram { .. }));
        assert!(error.to_string().contains(&format!("(searched: {searched})")), "{error}");
    }
}

#[test]
fn a_command_makes_every_frame_of_its_chunk() {
    let host = tempfile::tempdir().unwrap();
    let job = host.path().join("job");
    fs::create_dir_all(&job).unwrap();
    type Case<'a> = (&'a [&'a str], &'a str);
    let cases: [Case<'_>; 6] = [
        (&["sh", "-c", "for f; do echo $f > $f; done", "sh", "{output}.{frames:04}.txt"], "txt"),
        (&["sh", "-c", "for f in $FRAMEFARM_FRAMES; do echo $f > {output}_$f.txt; done"], "txt"),
        (&["sh", "-c", "for f in $FRAMEFARM_FRAMES; do echo $f > {output}$f.XZ && :; done"], "xz"),
        (&["sh", "-c", "for f in $FRAMEFARM_FRAMES; do echo $f > $FRAMEFARM_OUTPUT-$f.out; done"], "out"),
        (
            &["sh", "-c", "for f in $(seq {frame} $0); do echo $f > {output}.$f.txt; done", "{last_frame}"],
            "txt",
        ),
        (
            &["sh", "-c", "seq $0 $FRAMEFARM_LAST_FRAME | xargs -I% cp /etc/hostname {output}%", "{frame}"],
            "out",
        ),
    ];
    for (i, (words, ending)) in cases.into_iter().enumerate() {
        let mut work = command(words);
        if i == 5 {
            work.command =
                work.command.iter().map(|word| word.replace("output}%", "output}.%.out")).collect();
        }
        let step = Step { chunk: 3, ..step("8-11", (1, 20), work) };
        assert_eq!(packages::check_work(&definition("command"), &step).0, [], "{words:?}");
        for (first, frames) in [(8, vec!["0008", "0009", "0010"]), (11, vec!["0011"])] {
            let done = attempt("command", &step, first, &job, &host.path().join(format!("s{i}-{first}")));
            let collected = done.collected.unwrap_or_else(|e| panic!("{words:?}: {e}\n{}", done.log));
            let names: Vec<_> = collected.iter().map(|file| file.output.name.clone()).collect();
            let wanted: Vec<_> = frames.iter().map(|frame| format!("film.{frame}.{ending}")).collect();
            assert_eq!(names, wanted, "{words:?}");
        }
    }
}

#[test]
fn negative_frames_are_told_from_dashes() {
    let host = tempfile::tempdir().unwrap();
    let job = host.path().join("job");
    fs::create_dir_all(&job).unwrap();
    for (i, name) in ["{output}.{frames}.txt", "{output}{frames:03}.txt"].into_iter().enumerate() {
        let words = ["sh", "-c", "for f; do echo ${f##*output} > $f; done", "sh", name];
        let step = Step { chunk: 3, ..step("-1-1", (-1, 1), command(&words)) };
        let done = attempt("command", &step, -1, &job, &host.path().join(format!("s{i}")));
        let texts: Vec<_> =
            done.collected.unwrap().iter().map(|file| fs::read_to_string(&file.path).unwrap()).collect();
        let wanted = [[".-1.txt\n", ".0.txt\n", ".1.txt\n"], ["-001.txt\n", "000.txt\n", "001.txt\n"]][i];
        assert_eq!(texts, wanted);
    }
}

#[test]
fn a_command_that_prints_nothing_is_done_without_a_file() {
    let host = tempfile::tempdir().unwrap();
    let job = host.path().join("job");
    fs::create_dir_all(&job).unwrap();
    let run = |name: &str, chunk, words: &[&str]| {
        let step = Step { chunk, ..step("1-6", (1, 6), command(words)) };
        assert_eq!(packages::check_work(&definition("command"), &step).0, [], "{words:?}");
        let collected = attempt("command", &step, 4, &job, &host.path().join(name)).collected;
        collected.map(|files| files.into_iter().map(|file| file.output.name).collect::<Vec<_>>())
    };
    assert_eq!(run("silent", 1, &["true"]).unwrap(), [""; 0]);
    assert_eq!(run("silent chunk", 3, &["true"]).unwrap(), [""; 0]);
    assert_eq!(run("prints", 3, &["sh", "-c", "echo $FRAMEFARM_FRAMES"]).unwrap(), ["film.0004.log"]);
    let part =
        run("part", 3, &["sh", "-c", "for f in $FRAMEFARM_FRAMES; do [ $f = 5 ] || echo > out$f; done"]);
    assert_eq!(part.unwrap(), [""; 0], "files of other names are no frames");
    let part =
        &["sh", "-c", "for f in $FRAMEFARM_FRAMES; do [ $f = 5 ] || echo > $FRAMEFARM_OUTPUT.$f.out; done"];
    let error = run("part named", 3, part).unwrap_err().to_string();
    assert_eq!(error, "no output*5.out was made; what it left behind is output.4.out, output.6.out");
    let named = run("named", 1, &["sh", "-c", "true {output}"]);
    assert!(matches!(named, Err(CollectError::Missing { .. })), "{named:?}");
}
