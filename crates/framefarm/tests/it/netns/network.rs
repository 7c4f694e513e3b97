//! Hosts on switches, made of Linux namespaces: each host has its own interfaces, addresses, name and files,
//! and the switches are bridges in a namespace of their own. Nothing of the machine itself is touched, and
//! all of it is gone as soon as nobody holds it, however the test ends.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

/// A program that does nothing but hold namespaces. It ends when its standard input does: with this process
/// at the latest.
#[derive(Debug)]
struct Holder(Child);

impl Holder {
    /// Makes the namespaces of `name` and runs `script` in them.
    fn new(name: &str, script: &str) -> Self {
        let all = format!("hostname {name} && ip link set lo up && {script} && echo held && exec cat");
        let mut command = Command::new("unshare");
        command.args(["--net", "--uts", "--mount", "--", "sh", "-c", &all]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "held\n", "the namespaces of {name} could not be made");
        Self(child)
    }

    /// `nsenter` into the namespaces; the program and its arguments are to follow.
    fn enter(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.0.id().to_string(), "--net", "--uts", "--mount", "--"]);
        command
    }

    /// Runs a script of the shell to its end.
    #[track_caller]
    fn sh(&self, script: &str) {
        let output = self.enter().args(["sh", "-ec", script]).output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A cable from a host to a switch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cable<'a> {
    pub(super) switch: &'a str,
    /// With the length of the network's part: `10.0.0.1/24`, `fd00::1/64`.
    pub(super) addresses: &'a [&'a str],
}

/// Hosts on switches.
#[derive(Debug)]
pub(super) struct Network {
    switches: Holder,
    hosts: BTreeMap<String, Host>,
}

#[derive(Debug)]
struct Host {
    holder: Holder,
    /// The other ends of its cables, at the switches.
    ports: Vec<String>,
}

impl Network {
    /// Why no network of hosts can be made here; `None` where one can.
    pub(super) fn is_impossible() -> Option<String> {
        if !rustix::process::geteuid().is_root() {
            return Some("only root can make network namespaces".to_owned());
        }
        let tried = Command::new("unshare")
            .args(["--net", "--uts", "--mount", "--", "ip", "link", "add", "name", "br0", "type", "bridge"])
            .output();
        match tried {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Some(format!("unshare: {error}")),
        }
    }

    /// Switches without hosts.
    pub(super) fn new(switches: &[&str]) -> Self {
        let add = switches.iter().map(|switch| {
            format!("ip link add name {switch} type bridge mcast_snooping 0 && ip link set {switch} up")
        });
        let script: Vec<String> = add.collect();
        Self { switches: Holder::new("switches", &script.join(" && ")), hosts: BTreeMap::new() }
    }

    /// Adds a host; its first cable is in `eth0`. Its addresses can be used at once.
    pub(super) fn add(&mut self, host: &str, cables: &[Cable]) {
        let at_once = "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad";
        let holder = Holder::new(host, at_once);
        let pid = holder.0.id();
        let mut ports = Vec::new();
        for (n, cable) in cables.iter().enumerate() {
            let (port, switch) = (format!("{host}-{n}"), cable.switch);
            self.switches.sh(&format!(
                "ip link add name {port} type veth peer name eth{n} netns {pid}; \
                 ip link set {port} master {switch} up"
            ));
            let add = cable.addresses.iter().map(|address| format!("ip addr add {address} dev eth{n};"));
            holder.sh(&format!("{} ip link set eth{n} up", add.collect::<String>()));
            ports.push(port);
        }
        self.hosts.insert(host.to_owned(), Host { holder, ports });
    }

    /// Pulls all cables of a host.
    pub(super) fn cut(&self, host: &str) {
        self.set_cables(host, "down");
    }

    /// Plugs them in again.
    pub(super) fn mend(&self, host: &str) {
        self.set_cables(host, "up");
    }

    fn set_cables(&self, host: &str, state: &str) {
        for port in &self.hosts[host].ports {
            self.switches.sh(&format!("ip link set {port} {state}"));
        }
    }

    /// Gives a host names as `/etc/hosts` has them, `10.0.0.1 framefarm`, and no other.
    pub(super) fn name_hosts(&self, host: &str, folder: &std::path::Path, lines: &str) {
        let file = folder.join(format!("hosts-{host}"));
        let mut open = std::fs::File::create(&file).unwrap();
        writeln!(open, "127.0.0.1 localhost\n{lines}").unwrap();
        self.sh(host, &format!("mount --bind {} /etc/hosts", file.display()));
    }

    /// Runs a script of the shell on a host.
    #[track_caller]
    pub(super) fn sh(&self, host: &str, script: &str) {
        self.hosts[host].holder.sh(script);
    }

    /// A command to run on a host: the program and its arguments are to follow.
    pub(super) fn on(&self, host: &str) -> Command {
        self.hosts[host].holder.enter()
    }
}
