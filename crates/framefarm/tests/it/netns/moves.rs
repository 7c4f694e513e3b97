//! Servers that come late, move to another host or are started again: everybody finds them.

use std::time::{Duration, Instant};

use super::farm::{Farm, hosts_of};
use super::possible;
use crate::e2e::{until, until_true};

#[test]
fn render_hosts_that_come_first_find_the_servers_that_come_later_and_elsewhere() {
    if !possible() {
        return;
    }
    let mut farm = Farm::on_one_switch(3);
    farm.start_servers("farm", "s1");
    let token = farm.token("s1");
    farm.terminate("farm");
    // A power cut is over: the render hosts are up first.
    let renders = ["r1", "r2", "r3"];
    for host in renders {
        farm.launch_render(host, &token);
    }
    std::thread::sleep(Duration::from_secs(5));
    farm.start_servers("farm", "s1");
    farm.until_hosts("s1", &renders);
    let first = farm.submit("s1", "first", "1-9", &[], "sleep 0.3; echo {frame} > {output}");
    assert_eq!(hosts_of(&farm.until_done("s1", &first)), renders, "frames render on every host");

    // The machine of the servers dies while frames run, and another takes over its disk.
    let gate = farm.path("gate").display().to_string();
    let script = format!("until [ -e {gate} ]; do sleep 0.1; done; echo {{frame}} > {{output}}");
    let second = farm.submit("s1", "second", "1-6", &[], &script);
    until_true("three frames run", || farm.job("s1", &second).frames_running == 3);
    farm.kill_9("farm");
    std::fs::write(&gate, "").unwrap();
    farm.start_servers("farm", "s2");
    let begun = Instant::now();
    farm.until_hosts("s2", &renders);
    eprintln!("three hosts found the moved servers within {:.1} s", begun.elapsed().as_secs_f32());
    let frames = farm.until_done("s2", &second);
    let lost = frames.iter().flat_map(|frame| &frame.history).filter(|attempt| attempt.outcome != "done");
    assert_eq!(lost.count(), 0, "what ran meanwhile counts: {frames:#?}");
    farm.terminate("farm");
}

#[test]
fn a_resource_server_is_started_again_under_load() {
    if !possible() {
        return;
    }
    let mut farm = Farm::on_one_switch(3);
    farm.launch("schedule", "s1", &["schedule", "--lan"]);
    farm.until_ready("schedule");
    let token = farm.token("s1");
    farm.launch_joining("resource", "s2", &["resource", "--lan"], &token);
    let renders = ["r1", "r2", "r3"];
    for host in renders {
        farm.launch_render(host, &token);
    }
    farm.until_hosts("s1", &renders);
    let id = farm.submit("s1", "load", "1-300", &[], "sleep 0.02; echo {frame} > {output}");
    for _ in 0..2 {
        let before = farm.job("s1", &id).frames_done;
        until_true("it goes on", || farm.job("s1", &id).frames_done > before + 20);
        farm.kill_9("resource");
        farm.launch("resource", "s2", &["resource", "--lan"]);
    }
    farm.until_done("s1", &id);
    farm.until_hosts("s1", &renders);
    // What the resource server knows is there again as well.
    let again = farm.submit("s1", "again", "1-3", &["--need", "processors>=1"], "echo > {output}");
    farm.until_done("s1", &again);
}

#[test]
fn a_cable_is_cut_and_mended() {
    if !possible() {
        return;
    }
    let mut farm = Farm::on_one_switch(4);
    farm.start_servers("farm", "s1");
    let token = farm.token("s1");
    let renders = ["r1", "r2", "r3", "r4"];
    for host in renders {
        farm.launch_render(host, &token);
    }
    farm.until_hosts("s1", &renders);
    let folder = farm.folder().display().to_string();
    let wait = "until [ -e {folder}/gate-$(uname -n) ]; do sleep 0.1; done; uname -n > {output}";
    let script = wait.replace("{folder}", &folder);
    let id = farm.submit("s1", "cut", "1", &[], &script);
    let unlucky = until("the frame runs", || farm.job("s1", &id).running.first()?.host.clone());
    let unlucky = unlucky.0;
    farm.network.cut(&unlucky);
    // It renders on, and is done before anybody has missed it.
    std::fs::write(farm.path(&format!("gate-{unlucky}")), "").unwrap();
    let others: Vec<&str> = renders.into_iter().filter(|host| *host != unlucky).collect();
    for host in &others {
        std::fs::write(farm.path(&format!("gate-{host}")), "").unwrap();
    }
    let frames = farm.until_done("s1", &id);
    let by = hosts_of(&frames);
    assert!(others.contains(&by[0].as_str()), "another host renders it: {frames:#?}");
    assert_eq!(frames[0].history.len(), 2, "{frames:#?}");
    farm.until_hosts("s1", &others);
    // It reports what nobody waits for any more, and is one of the farm again.
    farm.network.mend(&unlucky);
    farm.until_hosts("s1", &renders);
    let need = format!("host={unlucky}");
    let back = farm.submit("s1", "back", "1", &["--need", &need], "uname -n > {output}");
    assert_eq!(hosts_of(&farm.until_done("s1", &back)), [unlucky.as_str()]);
    let results = farm.job("s1", &id).results;
    let made = std::fs::read_to_string(format!("{results}/cut.0001.out")).unwrap();
    assert_eq!(made.trim(), by[0], "what is stored is of the attempt that was accepted");
    let frames: Vec<model::FrameView> = farm.run("s1", &["frames", &id, "--json"]).ends_with(0).json();
    assert_eq!(frames[0].history.len(), 2, "the late result changed nothing: {frames:#?}");
}
