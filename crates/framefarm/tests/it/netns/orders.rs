//! What is ordered on one host and happens on another, over TLS: servers stopped and started, members cut
//! off.

use super::farm::{Farm, hosts_of};
use super::possible;
use crate::e2e::until_true;

/// A schedule server on `s1`, a resource server in a process of its own on `s2`, and render servers.
fn of_two_servers(renders: u8) -> Farm {
    let mut farm = Farm::on_one_switch(renders);
    farm.launch("schedule", "s1", &["schedule", "--lan"]);
    farm.until_ready("schedule");
    let token = farm.token("s1");
    farm.launch_joining("resource", "s2", &["resource", "--lan"], &token);
    let hosts: Vec<String> = (1..=renders).map(|n| format!("r{n}")).collect();
    for host in &hosts {
        farm.launch_render(host, &token);
    }
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    farm.until_hosts("s1", &hosts);
    farm
}

/// How often a server was refused the link at `path`.
fn refused(farm: &Farm, server: &str, path: &str) -> usize {
    let path = format!("path=\"{path}\"");
    farm.log(server)
        .iter()
        .filter(|line| line.contains(&path) && line.contains("member of the farm no more"))
        .count()
}

#[test]
fn servers_are_stopped_and_started_from_another_host() {
    if !possible() {
        return;
    }
    let farm = of_two_servers(2);
    let says = |arguments: &[&str], words: &[&str]| {
        farm.run("s1", arguments).ends_with(0).complains(words);
    };
    says(&["server", "stop", "resource"], &["the resource server is stopped"]);
    let id = farm.submit("s1", "waits", "1-4", &[], "echo {frame} > {output}");
    until_true("it waits for the resource server", || {
        farm.run("s1", &["why", &id]).stdout.contains("resource server")
    });
    says(&["server", "start", "resource"], &["the resource server is running", "linked"]);
    // What was said holds: the next look at the hosts is answered.
    farm.run("s1", &["hosts"]).ends_with(0);
    farm.until_done("s1", &id);
    says(&["server", "restart", "resource"], &["the resource server is running", "linked"]);
    farm.until_hosts("s1", &["r1", "r2"]);

    says(&["server", "stop", "schedule"], &["the schedule server is stopped"]);
    let told = farm.run("s1", &["jobs"]);
    assert_ne!(told.code, Some(0));
    told.complains(&["is stopped", "framefarm server start schedule"]);
    says(&["server", "start", "schedule"], &["the schedule server is running"]);
    says(&["server", "restart", "schedule"], &["the schedule server is running"]);
    // A host is stopped and started as well.
    farm.run("s1", &["host", "stop", "r1"]).ends_with(0);
    let id = farm.submit("s1", "elsewhere", "1-3", &[], "echo > {output}");
    assert_eq!(hosts_of(&farm.until_done("s1", &id)), ["r2"]);
    farm.run("s1", &["host", "start", "r1"]).ends_with(0);
    let id = farm.submit("s1", "there", "1", &["--need", "host=r1"], "echo > {output}");
    assert_eq!(hosts_of(&farm.until_done("s1", &id)), ["r1"]);
    // Somebody who is no admin orders nothing, and a member that has no account neither.
    assert_ne!(farm.run("r1", &["server", "stop", "resource"]).code, Some(0));
}

#[test]
fn a_resource_server_elsewhere_refuses_who_is_no_member_any_more() {
    if !possible() {
        return;
    }
    let mut farm = of_two_servers(2);
    farm.run("s1", &["member", "revoke", "r1"]).ends_with(0);
    farm.until_hosts("s1", &["r2"]);
    until_true("both servers refuse r1", || {
        ["/link/schedule", "/link/resource"].iter().all(|path| refused(&farm, "r1", path) > 0)
    });
    // One that is started again knows of nobody, and is told before it serves anybody for long.
    let before = refused(&farm, "r1", "/link/resource");
    farm.kill_9("r1");
    farm.kill_9("resource");
    farm.launch("resource", "s2", &["resource", "--lan"]);
    farm.until_ready("resource");
    farm.until_hosts("s1", &["r2"]);
    farm.launch("r1", "r1", &["render", "--slots", "1"]);
    until_true("the new resource server refuses r1 as well", || {
        refused(&farm, "r1", "/link/resource") > before
    });
    farm.until_hosts("s1", &["r2"]);
    let id = farm.submit("s1", "goes-on", "1-3", &[], "echo > {output}");
    assert_eq!(hosts_of(&farm.until_done("s1", &id)), ["r2"]);
}
