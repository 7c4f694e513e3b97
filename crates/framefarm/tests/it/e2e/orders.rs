//! Hosts and servers are stopped, started and begun anew from afar, with frames at work.

use model::{ClosedBy, Door, FrameState, HostView};
use rustix::process::Signal;

use super::farm::Farm;
use super::ran::Ran;
use super::{lines, until, until_true};

/// A schedule server, a resource server and one render server, as three processes.
fn of_three(slots: u16) -> Farm {
    let mut farm = Farm::new();
    farm.start_schedule(&[]);
    farm.start_resource();
    farm.start_render("r1", slots);
    farm.until_hosts(1);
    farm
}

/// A job whose frames wait for the file `gate`.
fn submit_gated(farm: &Farm, name: &str, frames: &str) -> String {
    let gate = farm.path("gate").display().to_string();
    let script = format!("until [ -e {gate} ]; do sleep 0.1; done; echo {{frame}} > {{output}}");
    farm.submit_script(name, frames, &[], &script)
}

/// That a command tells of these.
#[track_caller]
fn says(ran: &Ran, texts: &[&str]) {
    for text in texts {
        assert!(ran.stderr.contains(text), "it says nothing of {text:?}: {ran}");
    }
}

fn open_gate(farm: &Farm) {
    std::fs::write(farm.path("gate"), "").unwrap();
}

fn until_running(farm: &Farm, id: &str, count: usize) {
    until_true("frames run", || farm.running(id).len() == count);
}

fn host(farm: &Farm, name: &str) -> Option<HostView> {
    let hosts: Vec<HostView> = farm.run(&["hosts", "--json"]).ends_with(0).json();
    hosts.into_iter().find(|host| host.name.0 == name)
}

fn closed_by(farm: &Farm, name: &str) -> Option<ClosedBy> {
    match host(farm, name)?.door {
        Door::Open => None,
        Door::Closed { by, .. } => Some(by),
    }
}

/// Every attempt but the last of each frame was given back, and the last is done.
fn assert_given_back(farm: &Farm, id: &str, frames: usize) {
    let given_back: usize = farm
        .until_done(id)
        .iter()
        .map(|frame| frame.history.iter().filter(|attempt| attempt.outcome != "done").count())
        .sum();
    assert!(given_back >= frames, "{:#?}", farm.frames(id));
    for attempt in farm.frames(id).iter().flat_map(|frame| &frame.history) {
        assert!(["done", "given_back", "refused"].contains(&attempt.outcome.as_str()), "{attempt:#?}");
    }
}

#[test]
fn a_stopped_host_finishes_its_frames_takes_no_more_and_stays_so() {
    let mut farm = of_three(1);
    let id = submit_gated(&farm, "drained", "1-3");
    until_running(&farm, &id, 1);
    let ran = farm.run(&["host", "stop", "r1"]).ends_with(0);
    says(&ran, &["draining", "1 frame to finish", "stopped by"]);
    let waiting = farm.spawn(&["host", "stop", "r1", "--wait"], "wait.out");
    open_gate(&farm);
    let ended = waiting.wait_with_output().unwrap();
    assert!(ended.status.success());
    until_true("the frame at work is home", || farm.job(&id).frames_done == 1);
    assert_eq!(farm.running(&id), [] as [i64; 0]);
    farm.until_waits_for(&id, "stopped by");

    // It stays stopped through a restart of its process.
    assert!(farm.terminate("r1").success());
    farm.restart("r1");
    until_true("it is back", || closed_by(&farm, "r1") == Some(ClosedBy::Person));
    assert_eq!(farm.job(&id).frames_done, 1);
    says(&farm.run(&["host", "start", "r1"]).ends_with(0), &["takes frames"]);
    for frame in farm.until_done(&id) {
        assert!(frame.history.iter().all(|attempt| attempt.outcome != "failed"), "{frame:#?}");
    }
}

#[test]
fn now_gives_frames_back_without_a_try() {
    let farm = of_three(2);
    // One failure would end it.
    let gate = farm.path("gate").display().to_string();
    let text = format!(
        "name = \"now\"\nattempts = 1\n[[step]]\nname = \"a\"\nframes = \"1-2\"\n\
         command = [\"sh\", \"-c\", \"until [ -e {gate} ]; do sleep 0.1; done; echo > {{output}}\"]\n"
    );
    let id = farm.submit_text("now.toml", &text);
    until_running(&farm, &id, 2);
    says(&farm.run(&["host", "stop", "r1", "--now", "--wait"]).ends_with(0), &["takes no frames"]);
    assert!(farm.frames(&id).iter().all(|frame| frame.state == FrameState::Waiting));
    open_gate(&farm);
    farm.run(&["host", "start", "r1"]).ends_with(0);
    assert_given_back(&farm, &id, 2);
}

#[test]
fn a_host_restarts_when_its_frames_have_ended_and_quits_for_good() {
    let mut farm = of_three(1);
    let id = submit_gated(&farm, "restarted", "1-2");
    until_running(&farm, &id, 1);
    let ready = || lines(&farm.path("r1.out")).iter().filter(|line| line.contains("ready")).count();
    assert_eq!(ready(), 1);
    says(&farm.run(&["host", "restart", "r1"]).ends_with(0), &["draining"]);
    assert_eq!(ready(), 1, "it waits for its frame");
    open_gate(&farm);
    until_true("the process has begun anew", || ready() == 2);
    for frame in farm.until_done(&id) {
        assert!(frame.history.iter().all(|attempt| attempt.outcome != "failed"), "{frame:#?}");
    }
    says(&farm.run(&["host", "quit", "r1", "--wait"]).ends_with(0), &["has gone"]);
    let ended = until("its process ends", || farm.ended("r1"));
    assert!(ended.success(), "an ordered end is none that a service starts again after");
    let told = farm.run(&["host", "start", "r1"]).ends_with(1);
    told.complains(&["not linked", "systemctl start framefarm-render"]);
}

#[test]
fn a_process_that_begins_anew_keeps_its_frames() {
    let farm = of_three(2);
    let id = submit_gated(&farm, "kept", "1-2");
    until_running(&farm, &id, 2);
    let ready = || lines(&farm.path("r1.out")).iter().filter(|line| line.contains("ready")).count();
    farm.signal("r1", Signal::USR2);
    until_true("the process has begun anew", || ready() == 2);
    farm.until_hosts(1);
    assert_eq!(farm.running(&id).len(), 2);
    open_gate(&farm);
    for frame in farm.until_done(&id) {
        assert_eq!(frame.history.len(), 1, "{frame:#?}");
    }
}

#[test]
fn a_stopped_schedule_server_says_so_and_frames_go_on() {
    let farm = of_three(2);
    let id = submit_gated(&farm, "through", "1-2");
    until_running(&farm, &id, 2);
    says(&farm.run(&["server", "stop", "schedule"]).ends_with(0), &["the schedule server is stopped"]);
    let told = farm.run(&["jobs"]);
    assert_ne!(told.code, Some(0));
    told.complains(&["is stopped", "framefarm server start schedule"]);
    let listed = farm.run(&["server", "list"]).ends_with(0);
    assert!(listed.stdout.lines().any(|line| line.starts_with("schedule") && line.contains("stopped")));
    open_gate(&farm);
    farm.run(&["server", "start", "schedule"]).ends_with(0);
    for frame in farm.until_done(&id) {
        assert_eq!(frame.history.len(), 1, "{frame:#?}");
    }
    farm.run(&["server", "restart", "schedule"]).ends_with(0);
    assert_eq!(farm.job(&id).frames_done, 2);
}

#[test]
fn a_stopped_resource_server_elsewhere_is_started_through_the_schedule_server() {
    let farm = of_three(1);
    says(&farm.run(&["server", "stop", "resource"]).ends_with(0), &["the resource server is stopped"]);
    let id = farm.submit_script("waits", "1", &[], "echo > {output}");
    farm.until_waits_for(&id, "resource server");
    farm.run(&["server", "start", "resource"]).ends_with(0);
    farm.until_done(&id);
    farm.run(&["server", "stop", "render"]).ends_with(2);
}

#[test]
fn servers_of_one_process_are_stopped_one_by_one() {
    let farm = Farm::up(1);
    farm.run(&["server", "stop", "resource", "schedule"]).ends_with(0);
    farm.run(&["server", "start", "schedule", "resource"]).ends_with(0);
    let id = farm.submit_script("after", "1-2", &[], "echo > {output}");
    farm.until_done(&id);
    // A restart of the host leaves the other servers of its process alone.
    farm.run(&["host", "restart", "solo", "--wait"]).ends_with(0);
    let id = farm.submit_script("again", "1-2", &[], "echo > {output}");
    farm.until_done(&id);
}

#[test]
fn hosts_that_were_there_can_be_woken() {
    let mut farm = of_three(1);
    farm.terminate("r1");
    until_true("it has gone", || host(&farm, "r1").is_none());
    let ran = farm.run(&["host", "wake", "r1"]);
    // A machine without any network card but loopback has no address to be woken by.
    if ran.code == Some(0) {
        says(&ran, &["called"]);
    } else {
        ran.complains(&["r1"]);
    }
    farm.run(&["host", "wake", "nobody"]).ends_with(2).complains(&["no address is known"]);
}
