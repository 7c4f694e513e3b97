//! A farm on a network of hosts: the real binary as servers and commands on each, with files of its own for
//! each host. All of it is gone when it is dropped. Where a test fails, it prints what the servers logged.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use model::{FrameState, FrameView, JobState, JobView};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::network::{Cable, Network};
use crate::e2e::ran::Ran;
use crate::e2e::{end_frames, lines, until, until_true};

static FARMS: AtomicU32 = AtomicU32::new(0);

pub(super) struct Farm {
    pub(super) network: Network,
    folder: TempDir,
    name: String,
    /// By name; those that were killed stay, for their logs.
    servers: BTreeMap<String, Child>,
    /// Of one host each.
    environment: Vec<(String, String, String)>,
}

impl Farm {
    /// A farm without servers on switches without hosts.
    pub(super) fn new(switches: &[&str]) -> Self {
        let number = FARMS.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::Builder::new().prefix("framefarm-net-").tempdir().unwrap();
        // Frames run as another account than root, and have to get at their gates and at their scratch.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        let name = format!("net-{}-{number}", std::process::id());
        let network = Network::new(switches);
        Self { network, folder, name, servers: BTreeMap::new(), environment: Vec::new() }
    }

    /// A farm on one switch: the hosts `s1` and `s2` for servers at 10.0.0.1 and 10.0.0.2, and `r1` and so
    /// on.
    pub(super) fn on_one_switch(render_hosts: u8) -> Self {
        let mut farm = Self::new(&["lan"]);
        for n in 1..=2 {
            farm.add_host(&format!("s{n}"), &format!("10.0.0.{n}/24"));
        }
        for n in 1..=render_hosts {
            farm.add_host(&format!("r{n}"), &format!("10.0.0.{}/24", 10 + n));
        }
        farm
    }

    fn add_host(&mut self, name: &str, address: &str) {
        self.network.add(name, &[Cable { switch: "lan", addresses: &[address] }]);
    }

    /// An environment variable of everything that is started on `host` from now on.
    pub(super) fn set(&mut self, host: &str, name: &str, value: &str) {
        self.environment.push((host.to_owned(), name.to_owned(), value.to_owned()));
    }

    /// A path in the farm's folder, which every host sees.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data folder of a server.
    pub(super) fn data(&self, server: &str) -> PathBuf {
        self.path(&format!("data-{server}"))
    }

    /// What a server has logged.
    pub(super) fn log(&self, server: &str) -> Vec<String> {
        lines(&self.path(&format!("{server}.log")))
    }

    /// The binary on a host, knowing the farm by its name and nothing of whoever runs the tests.
    fn command(&self, host: &str) -> Command {
        let mut command = self.network.on(host);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FRAMEFARM_")) {
            command.env_remove(name);
        }
        let home = self.path(&format!("home-{host}"));
        command.env("HOME", &home).env("XDG_CONFIG_HOME", home.join("config"));
        command.env("FRAMEFARM_FARM", &self.name).env("FRAMEFARM_DNS", "none");
        command.env("USER", "ada").env("NO_COLOR", "1");
        let own = self.environment.iter().filter(|(of, ..)| of == host);
        command.envs(own.map(|(_, name, value)| (name, value)));
        command.arg(env!("CARGO_BIN_EXE_framefarm"));
        command
    }

    /// Starts a server on a host.
    pub(super) fn launch(&mut self, server: &str, host: &str, arguments: &[&str]) {
        let out = File::create(self.path(&format!("{server}.out"))).unwrap();
        let log = self.path(&format!("{server}.log"));
        let log = File::options().append(true).create(true).open(log).unwrap();
        let mut command = self.command(host);
        command.arg("serve").args(arguments).arg("--data").arg(self.data(server));
        command.arg("--scratch").arg(self.path(&format!("scratch-{server}")));
        let child = command.stdin(Stdio::null()).stdout(out).stderr(log).spawn().unwrap();
        self.servers.insert(server.to_owned(), child);
    }

    /// Waits until a server says that it is ready.
    #[track_caller]
    pub(super) fn until_ready(&mut self, server: &str) {
        let out = self.path(&format!("{server}.out"));
        let child = self.servers.get_mut(server).unwrap();
        until(&format!("{server} is ready"), || {
            assert_eq!(child.try_wait().unwrap(), None, "{server} ended at its start");
            lines(&out).into_iter().find(|line| line.starts_with("framefarm ready"))
        });
    }

    /// Starts a schedule server and a resource server in one process, reached from everywhere.
    #[track_caller]
    pub(super) fn start_servers(&mut self, server: &str, host: &str) {
        self.launch(server, host, &["schedule", "resource", "--lan"]);
        self.until_ready(server);
    }

    /// Starts a render server of one slot that joins with `token`. It is called as its host.
    pub(super) fn launch_render(&mut self, host: &str, token: &str) {
        self.launch_joining(host, host, &["render", "--slots", "1"], token);
    }

    /// Starts a server that joins with `token`.
    pub(super) fn launch_joining(&mut self, server: &str, host: &str, arguments: &[&str], token: &str) {
        self.launch(server, host, &[arguments, &["--join", token]].concat());
    }

    /// Ends a server with SIGKILL: it can do nothing more about it.
    pub(super) fn kill_9(&mut self, server: &str) {
        let child = self.servers.get_mut(server).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks a server to stop, and waits until it has.
    #[track_caller]
    pub(super) fn terminate(&mut self, server: &str) {
        let child = self.servers.get_mut(server).unwrap();
        kill_process(Pid::from_child(child), Signal::TERM).unwrap();
        until_true(&format!("{server} stops"), || child.try_wait().unwrap().is_some());
    }

    /// A command of the binary on a host, run to its end.
    #[track_caller]
    pub(super) fn run(&self, host: &str, arguments: &[&str]) -> Ran {
        let mut command = self.command(host);
        command.args(arguments);
        Ran::of(command)
    }

    /// A token by which other servers join the farm that the command on `host` finds.
    #[track_caller]
    pub(super) fn token(&self, host: &str) -> String {
        let arguments = ["member", "token", "--uses", "20", "--services", "render,resource"];
        self.run(host, &arguments).ends_with(0).stdout.trim().to_owned()
    }

    /// The id of the farm that the command on `host` finds.
    #[track_caller]
    pub(super) fn farm_id(&self, host: &str) -> String {
        let folder = self.path(&format!("home-{host}")).join("config/framefarm/farms");
        let files = std::fs::read_dir(&folder).unwrap();
        let names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(names.len(), 1, "{names:?}");
        names[0].trim_end_matches(".toml").to_owned()
    }

    /// Submits a job that runs `script` in a shell for each frame, and gives its number.
    #[track_caller]
    pub(super) fn submit(&self, host: &str, name: &str, frames: &str, more: &[&str], script: &str) -> String {
        let first = ["submit", "--quiet", "--name", name, "--frames", frames];
        let arguments = [&first, more, &["--command", "--", "sh", "-c", script]].concat();
        self.run(host, &arguments).ends_with(0).stdout.trim().to_owned()
    }

    #[track_caller]
    pub(super) fn job(&self, host: &str, id: &str) -> JobView {
        self.run(host, &["job", id, "--json"]).ends_with(0).json()
    }

    /// The frames of a job that has to end done.
    #[track_caller]
    pub(super) fn until_done(&self, host: &str, id: &str) -> Vec<FrameView> {
        self.run(host, &["wait", id]).ends_with(0);
        assert_eq!(self.job(host, id).state, JobState::Done);
        let frames: Vec<FrameView> = self.run(host, &["frames", id, "--json"]).ends_with(0).json();
        for frame in &frames {
            assert_eq!(frame.state, FrameState::Done, "{frame:#?}");
            let accepted = frame.history.iter().filter(|attempt| attempt.outcome == "done").count();
            assert_eq!(accepted, 1, "{frame:#?}");
        }
        frames
    }

    /// Waits until these hosts and no others are known, as the command on `host` sees it.
    #[track_caller]
    pub(super) fn until_hosts(&self, host: &str, wanted: &[&str]) {
        until_true(&format!("the hosts are {wanted:?}"), || {
            let ran = self.run(host, &["hosts", "--quiet"]);
            let mut names: Vec<&str> = ran.stdout.lines().collect();
            names.sort_unstable();
            ran.code == Some(0) && names == wanted
        });
    }

    fn print_logs(&self) {
        for server in self.servers.keys() {
            let log = self.log(server);
            let last = &log[log.len().saturating_sub(60)..];
            eprintln!("--- the end of the log of {server}\n{}", last.join("\n"));
        }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.print_logs();
        }
        for child in self.servers.values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        end_frames(self.folder.path());
    }
}

/// The hosts whose attempts were accepted, sorted, each once.
pub(super) fn hosts_of(frames: &[FrameView]) -> Vec<String> {
    let accepted = frames.iter().flat_map(|frame| &frame.history).filter(|attempt| attempt.outcome == "done");
    let mut hosts: Vec<String> = accepted.map(|attempt| attempt.host.0.clone()).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}
