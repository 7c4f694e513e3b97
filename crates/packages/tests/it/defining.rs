//! Definition files that cannot be meant, and those that differ from version to version.

use packages::Definition;

const WRONG: &str = r#"name = "X y"
title = 3
executables = ["bin/x"]
folders = ["opt/x"]
seen = "3.7"
unknwon = 1

[scene]
requierd = true
endings = [".x"]

[[command]]
when = "tiled"
arguments = ["{nothing}", "{fraem}"]

[[command]]
arguments = "x"

[outputs]
stem = "a/b"

[frames]
chunks = "step"
lowest = 3
highest = 2

[log]
encoding = "latin"
progress = [{ pattern = '(' }, { pattern = '(\d+)%', kind = "of" }, { pattern = 'x', scope = "job" }]
file_written = ['Saved']
memory = [{ pattern = '(\d+) M', unit = "M" }]
most = 2000

[[markers]]
pattern = '(?<a>x)'
class = "warn"
says = "{b}"

[[markers]]
class = "error"

[exit]
good = [0, 1]
codes = { 1 = "fatal", x = "error", 7 = "bad" }

[parts]
tiles = "exact"

[settings.s]
type = "choice"
minimum = 1
default = "q"
help = ""
arguments = ["{width}"]

[session]
memory_max_growth = "much"
[[session.command]]
arguments = ["{frame}", "{scene}"]

[[variant]]
name = "y"
versions = "five"
log.most = 0.5
"#;

#[test]
fn every_fault_of_a_definition_is_told_at_once_with_its_line() {
    let faults = Definition::parse("x.toml", WRONG).unwrap_err();
    let told: Vec<String> =
        faults.0.iter().map(|fault| format!("{}: {}", &fault.place[7..], fault.what)).collect();
    let wanted = [
        "1: a name is lower-case letters",
        "2: a text is wanted here, not a whole number",
        "3: each is a file name without a folder",
        "4: each begins with / or ~/",
        "5: a list is wanted here, not a text",
        "6: there is no key \"unknwon\" here",
        "9: there is no key \"requierd\" here",
        "10: \".x\" is not lower case",
        "13: \"tiled\" is not known here",
        "14: nothing is called {nothing} here",
        "14: nothing is called {fraem} here",
        "17: a list is wanted here, not a text",
        "20: a file name without a folder is wanted",
        "23: \"step\" is not known here",
        "24: the lowest frame is above the highest",
        "28: \"latin\" is not known here",
        "29: the pattern \"(\" cannot be read: unclosed group",
        "29: two groups are wanted: so many of so many",
        "29: \"job\" is not known here",
        "30: one group is wanted: the path",
        "31: \"M\" is not known here",
        "32: first <= most <= 1000",
        "36: \"warn\" is not known here",
        "37: no group of the pattern is called b",
        "39: pattern is missing here",
        "44: \"bad\" is not known here",
        "46: no group of [[command]] has when = \"tile\"",
        "49: choices, and only they, have choices",
        "51: numbers, and only they",
        "52: its default must be one of",
        "54: the arguments of a setting know {value} alone",
        "57: an amount with its unit",
        "59: nothing is called {frame} here",
        "62: name is the same in every version",
        "63: \"five\" is not a version",
        "64: a whole number is wanted here",
    ];
    assert!(faults.0.is_sorted_by_key(|fault| fault.place[7..].parse::<u32>().unwrap()), "{told:#?}");
    let missed: Vec<_> =
        wanted.iter().filter(|wanted| !told.iter().any(|told| told.starts_with(**wanted))).collect();
    assert!(missed.is_empty(), "{missed:#?} of {told:#?}");
    let hints = faults.to_string();
    for hint in ["did you mean required?", "did you mean {frame}?", "did you mean tile?"] {
        assert!(hints.contains(hint), "{hint} in\n{hints}");
    }
}

#[test]
fn versions_have_their_own_tables() {
    let text = "name = 'x'\ntitle = 'X'\nexecutables = ['x']\nseen = ['2.9']\n\
        version = { arguments = ['-v'], pattern = '(.*)' }\n\
        command = [{ arguments = ['old', '{scene}'] }]\noutputs = { stem = 'f', ending = 'png' }\n\
        [log]\nframe_done = ['old']\n\
        [[variant]]\nversions = '>=5.1'\nlog.frame_done = ['newest']\n\
        [[variant]]\nversions = '>=4'\nseen = ['4.2']\ncommand = [{ arguments = ['new', '{scene}'] }]\n";
    let definition = Definition::parse("x.toml", text).unwrap_or_else(|faults| panic!("{faults}"));
    let of = |version: &str| {
        let one = definition.of_version(version);
        let done = one.log.frame_done[0].regex().unwrap().as_str().to_owned();
        (serde_json::to_value(&one.command[0].arguments[0]).unwrap(), done, one.seen.join(" "))
    };
    let case = |command: &str, done: &str, seen: &str| (command.into(), done.to_owned(), seen.to_owned());
    assert_eq!(of("2.8"), case("old", "old", "2.9"));
    assert_eq!(of("4.1.7"), case("new", "old", "4.2"));
    assert_eq!(of("5.1.0"), case("old", "newest", ""));
    assert_eq!(of(""), case("old", "old", "2.9"), "of a version that is not known none is taken");
}
