//! What jobs want of hosts, what they would rather have, and how people see which hosts match and why others
//! do not.

use std::collections::BTreeSet;

use serde_json::Value;

use super::farm::Farm;

/// A farm with a host that was given a word and one that was not.
fn farm() -> Farm {
    let mut farm = Farm::new();
    farm.start_schedule(&[]);
    farm.start_resource();
    farm.start("plain", &["serve", "render", "--name", "plain", "--slots", "2"]);
    farm.start("quick", &["serve", "render", "--name", "quick", "--slots", "2", "--tags", "fast,film"]);
    farm.until_hosts(2);
    farm
}

fn said(text: &str, wanted: &[&str]) {
    for part in wanted {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
}

#[test]
fn people_see_which_hosts_match_and_why_others_do_not() {
    let farm = farm();
    let hosts = |need: &str| {
        let ran = farm.run(&["hosts", "--quiet", "--need", need]).ends_with(0);
        ran.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(hosts("os=linux, memory>=1M"), ["plain", "quick"]);
    assert_eq!(hosts("tag=fast|slow, not container=nonesuch"), ["quick"]);
    assert_eq!(hosts("any(tag=fast, host=pl*)"), ["plain", "quick"]);
    assert_eq!(hosts("host!=plain"), ["quick"]);
    assert_eq!(hosts("gpu>=99"), [""; 0]);
    let preferred = farm.run(&["hosts", "--quiet", "--prefer", "tag=fast:2, cpus>=1"]).ends_with(0);
    assert_eq!(preferred.stdout.lines().collect::<Vec<_>>(), ["quick", "plain"]);

    let some = farm.run(&["hosts", "--need", "tag=fast"]).ends_with(0);
    said(&some.stderr, &["1 of 2 hosts matches", "tag fast missing (1 host)"]);
    assert!(!some.stdout.contains("plain"), "{}", some.stdout);
    let none = farm.run(&["hosts", "--need", "tag=fast, memory>=900T"]).ends_with(0);
    said(&none.stderr, &["none of 2 hosts matches", "memory below 900 TiB (2 hosts)", "near: quick: "]);
    let told: Value = farm.run(&["hosts", "--json", "--need", "tag=fast"]).ends_with(0).json();
    assert_eq!((&told["profile"], &told["hosts"][0]["name"]), (&"tag=fast".into(), &"quick".into()));
    assert_eq!(told["list"]["rejections"][0]["lacking"], "tag fast missing");

    let wrong = farm.run(&["hosts", "--need", "memroy>=3, gpu>=x", "--prefer", "tag>3"]).ends_with(2);
    said(&wrong.stderr, &["3 faults", "did you mean memory?", "--prefer: "]);
    assert!(!wrong.stderr.contains("submitted"), "{}", wrong.stderr);
}

#[test]
fn one_host_is_shown_in_full() {
    let farm = farm();
    let shown = farm.run(&["host", "quick"]).ends_with(0).stdout;
    said(&shown, &["quick", "fast, film", "linux", "processors", "memory", "1 free"]);
    let told: Value = farm.run(&["host", "quick", "--json"]).ends_with(0).json();
    assert_eq!(told["info"]["tags"], serde_json::json!(["fast", "film"]));
    let missing = farm.run(&["host", "quickly"]).ends_with(2);
    said(&missing.stderr, &["there is no render host quickly", "framefarm hosts"]);
    farm.run(&["host"]).ends_with(2);
}

#[test]
fn a_job_runs_where_it_wants_to_and_says_what_that_is() {
    let farm = farm();
    let on = |flags: &[&str]| {
        let frames = ["--frames", "1-6", "--command", "--", "true"];
        let id = farm.submit(&[flags, &frames[..]].concat());
        let frames = farm.until_done(&id);
        let tries = frames.iter().flat_map(|frame| &frame.history);
        let hosts: BTreeSet<String> = tries.map(|attempt| attempt.host.0.clone()).collect();
        (id, hosts.into_iter().collect::<Vec<_>>())
    };
    let (id, hosts) = on(&["--need", "tag=fast, memory=1M..900T", "--reserve", "memory=1MiB"]);
    assert_eq!(hosts, ["quick"]);
    let job = farm.run(&["job", &id]).ends_with(0).stdout;
    said(&job, &["memory>=1 MiB, memory<=900 TiB, tag=fast", "memory=1 MiB"]);
    assert_eq!(on(&["--need", "not tag=fast"]).1, ["plain"]);
    let id = farm.submit(&["--need", "any(pool=fx, gpu>=99)", "--frames", "1", "--command", "--", "true"]);
    farm.until_waits_for(&id, "neither pool=fx nor gpu>=99");
    let wrong =
        ["submit", "--frames", "1", "--need", "os=", "--reserve", "swap=1", "--command", "--", "true"];
    said(&farm.run(&wrong).ends_with(2).stderr, &["--reserve: \"swap\" is nothing"]);
}
