//! Ordinary programs behind the wrapper, and names of other platforms.

use std::process::Command;

use iowrap::{ANY_CASE_VARIABLE, PRELOAD_VARIABLE, RULES_VARIABLE};

use crate::{Place, built};

/// What a shell prints to `script`.
fn prints(command: &mut Command, script: &str) -> String {
    let output = command.args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn ordinary_programs_see_one_tree() {
    let place = Place::new();
    let script = "cd /proj && ls && cp a.txt copy.txt && cat copy.txt && mv copy.txt sub/ && find /proj -name copy.txt \
                  && grep -rl mapped /proj | sort && tar cf - /proj/a.txt 2>/dev/null | tar tf - && rm -r sub && ls";
    let said = prints(&mut place.command("/bin/sh"), script);
    let expected = "a.txt\nlink\nsub\nmapped\n/proj/sub/copy.txt\n/proj/a.txt\n/proj/sub/copy.txt\nproj/a.txt\na.txt\nlink\n";
    assert_eq!(said, expected);
}

#[test]
fn a_program_started_with_another_environment_is_behind_the_wrapper_too() {
    let place = Place::new();
    let said = prints(&mut place.command("/bin/sh"), "env -i /bin/cat /proj/a.txt");
    assert_eq!(said, "mapped\n");
}

#[test]
fn names_of_windows_are_found_by_rules_and_in_any_case() {
    let place = Place::new();
    let with = |variable: &[(&str, &str)], path: &str| {
        let mut command = place.command(&built().readers);
        command.envs(variable.iter().copied()).args(["open", path]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let rules = (RULES_VARIABLE, "P:\\film=/proj\n\\\\server\\share=/proj");
    assert_eq!(with(&[rules], r"P:\film\a.txt"), "mapped\n");
    assert_eq!(with(&[rules], r"\\SERVER\share\sub\..\a.txt"), "mapped\n");
    assert_eq!(with(&[rules], r"P:\film\A.TXT"), "", "a file system knows letters apart unless told");
    assert_eq!(with(&[rules, (ANY_CASE_VARIABLE, "1")], r"p:\FILM\A.TXT"), "mapped\n");
    assert_eq!(with(&[(ANY_CASE_VARIABLE, "1")], "/PROJ/Link"), "mapped\n");
    assert_eq!(with(&[(ANY_CASE_VARIABLE, "1")], "/PROJ/none"), "");
}

#[test]
fn rules_work_without_a_base() {
    let place = Place::new();
    let mut command = Command::new(&built().readers);
    let rule = format!("X:={}", place.own("").display());
    command.env(PRELOAD_VARIABLE, &built().wrapper).env(RULES_VARIABLE, rule).args(["open", r"X:\b.txt"]);
    assert_eq!(command.output().unwrap().stdout, b"own\n");
}

#[test]
fn a_rule_for_a_path_of_this_system_gives_way_where_nothing_is_there() {
    let place = Place::new();
    let own = place.own("");
    let go = |way: &str, path: &std::path::Path| {
        let mut command = Command::new(&built().readers);
        let rule = format!("{}={}", own.display(), place.mapped("/proj").display());
        command.env(PRELOAD_VARIABLE, &built().wrapper).env(RULES_VARIABLE, rule).arg(way).arg(path);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(go("open", &own.join("a.txt")), "mapped\n");
    assert_eq!(go("open", &own.join("b.txt")), "own\n");
    go("make", &own.join("sub/c.txt"));
    assert!(place.mapped("/proj/sub/c.txt").exists());
}

#[test]
fn without_a_base_nothing_is_different() {
    let place = Place::new();
    let mut command = Command::new("/bin/sh");
    command.env(PRELOAD_VARIABLE, &built().wrapper);
    assert_eq!(prints(&mut command, &format!("cat '{}'", place.own("b.txt").display())), "own\n");
}

#[test]
fn python_finds_its_way() {
    let place = Place::new();
    let script = "import os, glob, shutil, tempfile, pathlib\n\
        assert open('/proj/a.txt').read() == 'mapped\\n'\n\
        assert os.listdir('/proj/sub') == [] and glob.glob('/proj/*.txt') == ['/proj/a.txt']\n\
        assert os.path.realpath('/proj/link') == '/proj/a.txt'\n\
        os.chdir('/proj/sub'); assert os.getcwd() == '/proj/sub'\n\
        shutil.copy('../a.txt', 'b.txt'); assert pathlib.Path('/proj/sub/b.txt').read_text() == 'mapped\\n'\n\
        f, p = tempfile.mkstemp(dir='/proj'); assert p.startswith('/proj/') and os.path.exists(p)\n\
        shutil.rmtree('/proj/sub')\n";
    let output = match place.command("python3").args(["-c", script]).output() {
        Ok(output) => output,
        Err(_) => return eprintln!("skipped: there is no python3"),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!place.mapped("/proj/sub").exists());
}
