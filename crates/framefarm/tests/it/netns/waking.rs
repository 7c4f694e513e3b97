//! Wake-on-LAN: what a card that sleeps would see.

use std::net::UdpSocket;
use std::process::Stdio;
use std::time::Duration;

use wire::discovery::{Hardware, wake};

use super::network::{Cable, Network};
use super::possible;
use crate::e2e::until;

const HARDWARE: &str = "52:54:00:12:ab:ff";
const PORT: &str = "FRAMEFARM_TEST_PORT";

/// Not a test: what a host does that wakes others, for the test below.
#[tokio::test]
#[ignore = "run by `the_packet_that_wakes_a_host_arrives_byte_for_byte`"]
async fn a_host_that_wakes() {
    let went = wake(HARDWARE.parse::<Hardware>().unwrap()).await.unwrap();
    assert_eq!(went, ["eth0", "eth1"]);
}

/// Not a test: prints what comes to a port, as a program beside the sleeping card would see it.
#[test]
#[ignore = "run by `the_packet_that_wakes_a_host_arrives_byte_for_byte`"]
fn a_card_that_sleeps() {
    let Some(port) = std::env::var(PORT).ok().and_then(|port| port.parse::<u16>().ok()) else { return };
    let socket = UdpSocket::bind(("0.0.0.0", port)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    println!("it sleeps");
    let mut bytes = [0; 2000];
    let (length, _) = socket.recv_from(&mut bytes).unwrap();
    println!("woken by {:02x?}", &bytes[..length]);
}

#[test]
fn the_packet_that_wakes_a_host_arrives_byte_for_byte() {
    if !possible() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut network = Network::new(&["office", "machines"]);
    network.add(
        "manager",
        &[
            Cable { switch: "office", addresses: &["10.1.0.1/24"] },
            Cable { switch: "machines", addresses: &["10.2.0.1/24"] },
        ],
    );
    // Each hears at one of the two ports, on either network.
    let sleepers = [("s9", "office", "10.1.0.9/24", "9"), ("s7", "machines", "10.2.0.7/24", "7")];
    let test = std::env::current_exe().unwrap();
    let mut children = Vec::new();
    for (host, switch, address, port) in sleepers {
        network.add(host, &[Cable { switch, addresses: &[address] }]);
        let out = std::fs::File::create(folder.path().join(host)).unwrap();
        let mut command = network.on(host);
        command.arg(&test).args(["--exact", "netns::waking::a_card_that_sleeps", "--ignored", "--nocapture"]);
        children.push(command.env(PORT, port).stdout(out).stderr(Stdio::null()).spawn().unwrap());
    }
    let said = |host: &str| std::fs::read_to_string(folder.path().join(host)).unwrap_or_default();
    for (host, ..) in sleepers {
        until("the card listens", || said(host).contains("it sleeps").then_some(()));
    }
    let mut manager = network.on("manager");
    manager.arg(&test).args(["--exact", "netns::waking::a_host_that_wakes", "--ignored"]);
    let output = manager.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let packet = [vec![0xff; 6], [0x52, 0x54, 0x00, 0x12, 0xab, 0xff].repeat(16)].concat();
    for (child, (host, ..)) in children.iter_mut().zip(sleepers) {
        assert!(child.wait().unwrap().success());
        assert!(said(host).contains(&format!("woken by {packet:02x?}")), "{host}: {}", said(host));
    }
}
