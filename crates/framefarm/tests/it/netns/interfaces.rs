//! Servers with several interfaces, networks without IPv4, and names in DNS.

use super::farm::{Farm, hosts_of};
use super::network::Cable;
use super::possible;

#[test]
fn a_server_on_two_networks_is_found_on_each_at_its_address_there() {
    if !possible() {
        return;
    }
    let mut farm = Farm::new(&["east", "west"]);
    let both = [
        Cable { switch: "east", addresses: &["10.1.0.1/24", "fd01::1/64"] },
        Cable { switch: "west", addresses: &["10.2.0.1/24"] },
    ];
    farm.network.add("s1", &both);
    farm.network.add("r1", &[Cable { switch: "east", addresses: &["10.1.0.11/24"] }]);
    farm.network.add("r2", &[Cable { switch: "west", addresses: &["10.2.0.12/24"] }]);
    // One of them has nothing but IPv6.
    farm.network.add("r3", &[Cable { switch: "east", addresses: &["fd01::13/64"] }]);
    // One hears no question at all, and is led by a name.
    farm.network.add("r4", &[Cable { switch: "west", addresses: &["10.2.0.14/24"] }]);
    let names = "10.2.0.1 framefarm\n10.2.0.1 framefarm-resource";
    farm.network.name_hosts("r4", farm.folder(), names);
    farm.set("r4", "FRAMEFARM_DISCOVERY_PORT", "7119");
    farm.set("r4", "FRAMEFARM_DNS", "framefarm");
    farm.start_servers("farm", "s1");
    let token = farm.token("s1");
    let renders = ["r1", "r2", "r3", "r4"];
    for host in renders {
        farm.launch_render(host, &token);
    }
    farm.until_hosts("s1", &renders);
    for (host, url) in [
        ("r1", "https://10.1.0.1:7117"),
        ("r2", "https://10.2.0.1:7117"),
        ("r3", "https://[fd01::1]:7117"),
        ("r4", "https://10.2.0.1:7117"),
    ] {
        let log = farm.log(host);
        let linked = log.iter().filter(|line| line.contains("linked") && line.contains(url));
        assert!(linked.count() >= 2, "{host} is not linked to both servers at {url}: {log:#?}");
    }
    let id = farm.submit("s1", "all", "1-8", &[], "sleep 0.3; echo > {output}");
    assert_eq!(hosts_of(&farm.until_done("s1", &id)), renders);
}

#[test]
fn a_farm_of_one_machine_is_found_by_nobody_else() {
    if !possible() {
        return;
    }
    let mut farm = Farm::on_one_switch(1);
    farm.launch("farm", "s1", &["schedule", "resource"]);
    farm.until_ready("farm");
    farm.run("s1", &["jobs"]).ends_with(0);
    farm.run("r1", &["jobs"]).ends_with(3).complains(&["no schedule server", "lo (127.255.255.255)"]);
}
