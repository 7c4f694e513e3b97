//! A farm of real server processes in a folder of its own, gone with everything it started when it is
//! dropped. Where a test fails, it prints what the servers logged.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use model::{FrameState, FrameView, JobState, JobView, WhyView};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::ran::Ran;
use super::{lines, until, until_true};

static FARMS: AtomicU32 = AtomicU32::new(0);

pub(super) struct Farm {
    folder: TempDir,
    name: String,
    /// By name; those that were killed stay, for their arguments and logs.
    servers: BTreeMap<String, Server>,
    environment: Vec<(String, String)>,
}

struct Server {
    arguments: Vec<String>,
    child: Child,
    url: Option<String>,
}

impl Farm {
    /// A farm without servers yet.
    pub(super) fn new() -> Self {
        let number = FARMS.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::Builder::new().prefix("framefarm-e2e-").tempdir().unwrap();
        if rustix::process::geteuid().is_root() {
            // Frames run as another account then, and leave what tests look for beside the gates they wait
            // at.
            std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        }
        // Farms of other tests and of other runs answer on the same UDP port.
        let name = format!("e2e-{}-{number}", std::process::id());
        Self { folder, name, servers: BTreeMap::new(), environment: Vec::new() }
    }

    /// A farm in one process.
    pub(super) fn up(slots: u16) -> Self {
        let mut farm = Self::new();
        farm.start("up", &["up", "--port", "0", "--name", "solo", "--slots", &slots.to_string()]);
        farm
    }

    /// A schedule server, a resource server and three render servers of one slot, as five processes.
    pub(super) fn of_five() -> Self {
        let mut farm = Self::new();
        farm.start_schedule(&[]);
        farm.start_resource();
        for host in ["r1", "r2", "r3"] {
            farm.start_render(host, 1);
        }
        farm.until_hosts(3);
        farm
    }

    pub(super) fn start_schedule(&mut self, more: &[&str]) {
        let storage = self.storage().display().to_string();
        let arguments = ["serve", "schedule", "--port", "0", "--storage", &storage];
        self.start("schedule", &[&arguments, more].concat());
    }

    pub(super) fn start_resource(&mut self) {
        self.start("resource", &["serve", "resource", "--port", "0"]);
    }

    pub(super) fn start_render(&mut self, host: &str, slots: u16) {
        self.start(host, &["serve", "render", "--name", host, "--slots", &slots.to_string()]);
    }

    /// Starts a server with a data folder of its own and waits until it says that it is ready.
    pub(super) fn start(&mut self, name: &str, arguments: &[&str]) {
        let data = self.data(name).display().to_string();
        let mut all: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let scratch = self.path("scratch").display().to_string();
        all.extend(["--scratch".to_owned(), scratch]);
        all.extend(["--data".to_owned(), data, "--log-level".to_owned(), "info".to_owned()]);
        self.launch(name, all);
    }

    /// Starts a stopped or killed server as it was started before.
    pub(super) fn restart(&mut self, name: &str) {
        let arguments = self.servers[name].arguments.clone();
        self.launch(name, arguments);
    }

    fn launch(&mut self, name: &str, arguments: Vec<String>) {
        let out = self.path(&format!("{name}.out"));
        let log = File::options().append(true).create(true).open(self.log(name)).unwrap();
        let mut command = self.command();
        command.args(&arguments).stdin(Stdio::null()).stdout(File::create(&out).unwrap()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut ended = None;
        let ready = until(&format!("{name} is ready"), || {
            let line = lines(&out).into_iter().find(|line| line.starts_with("framefarm ready"));
            ended = child.try_wait().unwrap();
            (line.is_some() || ended.is_some()).then_some(line)
        });
        let url = ready.as_ref().and_then(|line| line.split_once(" at ")).map(|(_, rest)| rest.to_owned());
        let url = url.and_then(|rest| rest.split_whitespace().next().map(str::to_owned));
        self.servers.insert(name.to_owned(), Server { arguments, child, url });
        assert!(ready.is_some(), "{name} ended at its start: {ended:?}");
    }

    /// Ends a server with SIGKILL: it can do nothing more about it.
    pub(super) fn kill_9(&mut self, name: &str) {
        let child = &mut self.servers.get_mut(name).unwrap().child;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks a server to stop, and waits until it has.
    pub(super) fn terminate(&mut self, name: &str) -> ExitStatus {
        let child = &mut self.servers.get_mut(name).unwrap().child;
        kill_process(Pid::from_child(child), Signal::TERM).unwrap();
        until(&format!("{name} stops"), || child.try_wait().unwrap())
    }

    /// Sends a signal to a server: SIGSTOP leaves it there without doing anything, as a host that has hung.
    pub(super) fn signal(&self, name: &str, signal: Signal) {
        kill_process(Pid::from_child(&self.servers[name].child), signal).unwrap();
    }

    /// How a server has ended, if it has.
    pub(super) fn ended(&mut self, name: &str) -> Option<ExitStatus> {
        self.servers.get_mut(name).and_then(|server| server.child.try_wait().unwrap())
    }

    /// An environment variable of everything started from now on.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// The binary, knowing the farm by its name and nothing of whoever runs the tests.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_framefarm"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FRAMEFARM_")) {
            command.env_remove(name);
        }
        command.env("FRAMEFARM_FARM", &self.name).env("USER", "ada").env("NO_COLOR", "1");
        // The credential file that the schedule server writes is for this farm's processes alone.
        command.env("XDG_CONFIG_HOME", self.path("config"));
        // What a test finds must not depend on the DNS of where it runs.
        command.env("FRAMEFARM_DNS", "none");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder.path());
        command
    }

    /// A command of the binary, run to its end in the farm's folder.
    #[track_caller]
    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command();
        command.args(arguments);
        Ran::of(command)
    }

    /// A command of the binary that runs beside the test; its standard output goes to the file `out`.
    pub(super) fn spawn(&self, arguments: &[&str], out: &str) -> Child {
        let file = |name: String| File::create(self.path(&name)).unwrap();
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::null());
        command.stdout(file(out.to_owned())).stderr(file(format!("{out}.err"))).spawn().unwrap()
    }

    /// Submits the description `text` and gives the job's number.
    #[track_caller]
    pub(super) fn submit_text(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.submit(&[name])
    }

    /// Submits a job and gives its number; the arguments are those of `submit`.
    #[track_caller]
    pub(super) fn submit(&self, arguments: &[&str]) -> String {
        let ran = self.run(&[&["submit", "--quiet"], arguments].concat()).ends_with(0);
        let id = ran.stdout.trim_end().to_owned();
        assert!(id.parse::<u64>().is_ok(), "not the number of a job alone: {ran}");
        id
    }

    /// Submits a job that runs `script` in a shell for each frame.
    #[track_caller]
    pub(super) fn submit_script(&self, name: &str, frames: &str, more: &[&str], script: &str) -> String {
        let first = ["--name", name, "--frames", frames];
        self.submit(&[&first, more, &["--command", "--", "sh", "-c", script]].concat())
    }

    #[track_caller]
    pub(super) fn job(&self, id: &str) -> JobView {
        self.run(&["job", id, "--json"]).ends_with(0).json()
    }

    #[track_caller]
    pub(super) fn frames(&self, id: &str) -> Vec<FrameView> {
        self.run(&["frames", id, "--json"]).ends_with(0).json()
    }

    /// What the frames of a job wait for, step by step, as sentences.
    #[track_caller]
    pub(super) fn why(&self, id: &str) -> Vec<String> {
        let whys: Vec<WhyView> = self.run(&["why", id, "--json"]).ends_with(0).json();
        whys.into_iter().map(|why| format!("{}: {}", why.step, why.sentence)).collect()
    }

    /// Waits until a step of a job waits for something that is called `reason`.
    #[track_caller]
    pub(super) fn until_waits_for(&self, id: &str, reason: &str) {
        until_true(&format!("job {id} waits for {reason:?}"), || {
            self.why(id).iter().any(|why| why.contains(reason))
        });
    }

    /// The frames of a job that has to end done, each accepted once.
    #[track_caller]
    pub(super) fn until_done(&self, id: &str) -> Vec<FrameView> {
        self.run(&["wait", id]).ends_with(0);
        assert_eq!(self.job(id).state, JobState::Done);
        let frames = self.frames(id);
        for frame in &frames {
            assert_eq!(frame.state, FrameState::Done, "{frame:#?}");
            let accepted = frame.history.iter().filter(|attempt| attempt.outcome == "done").count();
            assert_eq!(accepted, 1, "{frame:#?}");
        }
        frames
    }

    /// Numbers of the frames of a job that run now.
    #[track_caller]
    pub(super) fn running(&self, id: &str) -> Vec<i64> {
        self.job(id).running.iter().map(|frame| frame.number).collect()
    }

    #[track_caller]
    pub(super) fn until_hosts(&self, count: usize) {
        until_true("render hosts are known to both servers", || {
            let ran = self.run(&["hosts", "--quiet"]);
            ran.code == Some(0) && ran.stdout.lines().count() == count
        });
    }

    /// A path in the farm's folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn storage(&self) -> PathBuf {
        self.path("storage")
    }

    pub(super) fn data(&self, server: &str) -> PathBuf {
        self.path(&format!("data-{server}"))
    }

    /// Where a server's log is.
    pub(super) fn log(&self, server: &str) -> PathBuf {
        self.path(&format!("{server}.log"))
    }

    pub(super) fn url(&self, server: &str) -> &str {
        self.servers[server].url.as_deref().expect("it has a port")
    }

    fn print_logs(&self) {
        for name in self.servers.keys() {
            let log = lines(&self.log(name));
            let last = &log[log.len().saturating_sub(60)..];
            eprintln!("--- the end of the log of {name}\n{}", last.join("\n"));
        }
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.print_logs();
        }
        for server in self.servers.values_mut() {
            let _ = server.child.kill();
            let _ = server.child.wait();
        }
        end_frames(self.folder.path());
    }
}

/// Kills the processes of frames whose attempts lie in `folder`: they outlive a server that was killed.
pub(crate) fn end_frames(folder: &Path) {
    let mark = format!("FRAMEFARM_MARK={}/", folder.display());
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        let Some(pid) = pid else { continue };
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(mark.as_bytes())) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}
