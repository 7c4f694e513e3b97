//! Farms side by side on one network, and hosts that are not what they say.

use super::farm::{Farm, hosts_of};
use super::possible;
use crate::e2e::{until, until_true};

#[test]
fn two_farms_on_one_network_are_kept_apart_though_they_have_one_name() {
    if !possible() {
        return;
    }
    let mut farm = Farm::on_one_switch(2);
    farm.start_servers("one", "s1");
    farm.start_servers("two", "s2");
    // Who belongs to one of them means that one; a render server that joins means that of its token.
    for (server, render) in [("s1", "r1"), ("s2", "r2")] {
        let token = farm.token(server);
        farm.launch_render(render, &token);
        farm.until_hosts(server, &[render]);
    }
    let ids: Vec<String> = ["s1", "s2"].map(|host| farm.farm_id(host)).into();
    assert_ne!(ids[0], ids[1]);
    // Who belongs to none is asked which, as soon as both answer in time: this machine may be busy.
    let asked = || Some(farm.run("r1", &["jobs"])).filter(|ran| ran.code == Some(2));
    let ran = until("a stranger is asked which farm is meant", asked);
    ran.complains(&["2 farms on this network are called", &ids[0], &ids[1], "--farm "]);
    // The id is as good as the name, and leads to that farm alone.
    let id = farm.submit("s1", "mine", "1", &["--farm", &ids[0]], "echo > {output}");
    farm.until_done("s1", &id);
    let jobs = farm.run("s2", &["jobs", "--farm", &ids[1], "--quiet"]).ends_with(0);
    assert_eq!(jobs.stdout, "", "the other farm knows nothing of it");
    // A name that nobody has is not found, and what was tried is told.
    let ran = farm.run("s1", &["jobs", "--farm", "elsewhere"]).ends_with(3);
    ran.complains(&["\"elsewhere\"", "eth0 (10.0.0.255, 239.255.71.18, ff12::7118)", "lo (127.255.255.255)"]);
}

#[test]
fn a_host_that_is_cloned_is_turned_away_and_the_first_goes_on() {
    if !possible() {
        return;
    }
    let mut farm = Farm::on_one_switch(2);
    farm.start_servers("farm", "s1");
    let token = farm.token("s1");
    farm.launch_render("r1", &token);
    farm.until_hosts("s1", &["r1"]);
    let first = farm.submit("s1", "first", "1-2", &[], "echo {frame} > {output}");
    farm.until_done("s1", &first);
    // The disk of r1 is copied to a second machine, which is called the same.
    let (from, to) = (farm.data("r1"), farm.data("clone"));
    let copied = std::process::Command::new("cp").arg("-a").args([&from, &to]).status().unwrap();
    assert!(copied.success());
    farm.network.sh("r2", "hostname r1");
    farm.launch("clone", "r2", &["render", "--slots", "1"]);
    until_true("the clone is told why it is not wanted", || {
        farm.log("clone").iter().any(|line| line.contains("does not take this render server"))
    });
    // Many frames, so that the clone would have got one of them.
    let id = farm.submit("s1", "second", "1-20", &[], "echo {frame} > {output}");
    farm.until_done("s1", &id);
    farm.until_hosts("s1", &["r1"]);
    let log = farm.log("r1");
    assert!(!log.iter().any(|line| line.contains("does not take")), "the first goes on: {log:#?}");
}

#[test]
fn a_clock_that_is_an_hour_off_does_not_matter() {
    let arch = std::env::consts::ARCH;
    let library = format!("/usr/lib/{arch}-linux-gnu/faketime/libfaketimeMT.so.1");
    if !possible() {
        return;
    }
    if !std::path::Path::new(&library).exists() {
        super::say("skipped, since libfaketime is not installed");
        return;
    }
    let mut farm = Farm::on_one_switch(3);
    for (host, offset) in [("r1", "+1h"), ("r2", "-1h")] {
        farm.set(host, "LD_PRELOAD", &library);
        farm.set(host, "FAKETIME", offset);
        farm.set(host, "FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
    farm.start_servers("farm", "s1");
    let token = farm.token("s1");
    let renders = ["r1", "r2", "r3"];
    for host in renders {
        farm.launch_render(host, &token);
    }
    farm.until_hosts("s1", &renders);
    let hours = ["r1", "r2"].map(|host| farm.log(host)[0].get(.."2026-11-22T23".len()).unwrap().to_owned());
    assert_ne!(hours[0], hours[1], "the clocks are really apart");
    let id = farm.submit("s1", "late", "1-6", &[], "sleep 0.5; echo > {output}");
    let frames = farm.until_done("s1", &id);
    assert_eq!(hosts_of(&frames), renders);
    // Times are those of the schedule server.
    for attempt in frames.iter().flat_map(|frame| &frame.history) {
        let ended = attempt.ended_at.unwrap();
        assert!(ended.0.abs_diff(attempt.started_at.0) < 600_000, "{attempt:?}");
    }
}
