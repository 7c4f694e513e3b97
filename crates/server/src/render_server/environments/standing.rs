//! A session that stands: the environments it is in, and how it gets into others.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Action, Environment, JobId, LeaseId};
use packages::session::{FILE_PREFIX, Scope, Secrets, Variables, fill};
use process::Running;
use tokio::runtime;

use super::super::session::{Placed, patiently};
use super::super::{Kit, log_shipping};
use super::action::{ActionError, Call};
use super::folder::{FolderError, SessionFolder};
use super::kept::{Entered, Kept};
use super::slot::Halt;
use super::{SessionError, Wanted};
use crate::error_chain;

/// How long an action on the way out may take where it says nothing.
const EXIT_TIME: Duration = Duration::from_secs(300);
/// The log of a failure is given up after this time.
const LOG_TIME: Duration = Duration::from_secs(10);
/// Variables of the render server that actions are handed.
const PASSED: [&str; 14] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "DISPLAY",
    "OCIO",
    "FRAMEFARM_SERVER",
    "FRAMEFARM_FARM",
    "FRAMEFARM_DISCOVERY_PORT",
];
/// The same, by what they begin with.
const PASSED_WITH: [&str; 3] = ["LC_", "XDG_", "PYTHON"];

/// What frames of a session need to know of it.
pub(in super::super) struct SessionNow {
    variables: Variables,
    values: BTreeMap<String, String>,
    folder: SessionFolder,
    files: Vec<Entered>,
    /// The lease that it was opened for, and what its actions printed.
    opened_for: Option<(LeaseId, PathBuf)>,
}

impl SessionNow {
    /// Sets and unsets the variables of what runs in it.
    pub(in super::super) fn overlay(&self, environment: &mut BTreeMap<String, String>) {
        self.variables.overlay(environment);
        environment.insert("FRAMEFARM_SESSION".to_owned(), self.folder.work().display().to_string());
    }

    /// What its placeholders stand for.
    pub(in super::super) const fn values(&self) -> &BTreeMap<String, String> {
        &self.values
    }

    /// Writes the embedded files anew: what an earlier frame did to them is no concern of the next.
    pub(in super::super) fn write_files(&self) -> Result<(), FolderError> {
        write_files(&self.folder, &self.files, &self.values)
    }

    /// What was printed on the way in, for the frame that it was opened for.
    pub(in super::super) fn log_for(&self, lease: LeaseId) -> Option<PathBuf> {
        self.opened_for.as_ref().filter(|(opened, _)| *opened == lease).map(|(_, log)| log.clone())
    }
}

/// A session that stands.
pub(super) struct Standing {
    kit: Arc<Kit>,
    folder: SessionFolder,
    kept: Kept,
    /// What actions left running.
    left: Vec<Running>,
    /// The one that it was opened for.
    lease: Option<LeaseId>,
    /// Whether an earlier run made it.
    again: bool,
}

impl Standing {
    /// One that is in no environment yet.
    pub(super) fn begin(kit: &Arc<Kit>, wanted: &Wanted, placed: &Placed) -> Result<Self, SessionError> {
        let folder = kit.sessions.new_folder(kit)?;
        let home = kit.jobs.join(wanted.job.to_string());
        let paths = home.join("paths.json");
        let values = [
            ("session", folder.work().display().to_string()),
            ("job", placed.folder.display().to_string()),
            ("job_id", wanted.job.to_string()),
            ("threads", kit.threads.to_string()),
            ("has_path_mapping_rules", has_rules(&paths).to_string()),
            ("path_mapping_rules_file", paths.display().to_string()),
        ];
        let kept = Kept {
            slot: wanted.slot,
            job: wanted.job,
            values: values.map(|(name, value)| (name.to_owned(), value)).into(),
            entered: Vec::new(),
            actions: 0,
            acting: false,
            secrets: Secrets::default(),
        };
        folder.keep(&kept)?;
        let left = Vec::new();
        Ok(Self { kit: kit.clone(), folder, kept, left, lease: Some(wanted.lease), again: false })
    }

    /// One that an earlier run left, which can only be left.
    pub(super) fn again(kit: Arc<Kit>, folder: SessionFolder, kept: Kept) -> Self {
        let folder = folder.of(kit.user.as_ref());
        Self { kit, folder, kept, left: Vec::new(), lease: None, again: true }
    }

    pub(super) const fn job(&self) -> JobId {
        self.kept.job
    }

    /// What frames need to know.
    pub(super) fn now(&self) -> SessionNow {
        SessionNow {
            variables: self.variables(self.kept.entered.len()),
            values: self.values(),
            folder: self.folder.clone(),
            files: self.kept.entered.clone(),
            opened_for: self.lease.map(|lease| (lease, self.folder.log())),
        }
    }

    /// Enters `environments` one after the other.
    pub(super) fn enter_all(
        &mut self,
        environments: &[&Environment],
        halt: &Halt,
    ) -> Result<(), SessionError> {
        let log = self.folder.log();
        drop(SessionFolder::append(&log)?);
        let (server, lease) = (self.kit.server.clone(), self.lease);
        let following =
            lease.map(|lease| tokio::spawn(async move { log_shipping::follow(server, lease, &log).await }));
        let entered = environments.iter().try_for_each(|wanted| {
            let name = wanted.name.clone();
            self.enter(wanted, halt).map_err(|fault| SessionError::Enter { name, fault })
        });
        if let Some(following) = following {
            following.abort();
        }
        if let (Err(_), Some(lease)) = (&entered, lease) {
            self.bring_log(lease);
        }
        entered
    }

    fn enter(&mut self, environment: &Environment, halt: &Halt) -> Result<(), ActionError> {
        let entered = Entered { environment: environment.clone(), scope: Scope::default(), whole: false };
        self.kept.entered.push(entered);
        let at = self.kept.entered.len() - 1;
        let values = self.values();
        for (name, text) in &environment.variables {
            self.kept.entered[at].scope.set(name, fill(text, &values));
        }
        self.folder.keep(&self.kept)?;
        if halt.cancelled() {
            return Err(ActionError::Cancelled);
        }
        if let Some(action) = &environment.enter {
            self.act(at, action, true, halt)?;
        }
        self.kept.entered[at].whole = true;
        Ok(self.folder.keep(&self.kept)?)
    }

    /// Leaves the innermost environment. That this fails keeps nobody from going on.
    fn leave(&mut self, halt: &Halt) {
        let Some(at) = self.kept.entered.len().checked_sub(1) else { return };
        let environment = self.kept.entered[at].environment.clone();
        if let Some(action) = environment.exit.as_ref().filter(|_| !halt.hurried())
            && let Err(error) = self.act(at, action, false, halt)
        {
            let (name, job) = (&environment.name, self.kept.job);
            tracing::warn!(%job, "environment {name:?} was not left as it should be: {error}");
        }
        if halt.left() {
            return;
        }
        self.kept.entered.pop();
        self.remember();
    }

    fn remember(&self) {
        if let Err(error) = self.folder.keep(&self.kept) {
            tracing::warn!("a session may be left twice after a crash: {}", error_chain(&error));
        }
    }

    /// Runs an action of the environment at `at`.
    fn act(&mut self, at: usize, action: &Action, enters: bool, halt: &Halt) -> Result<(), ActionError> {
        let values = self.values();
        write_files(&self.folder, &self.kept.entered, &values)?;
        let variables = self.environment(at + 1);
        let number = self.kept.actions;
        self.kept.actions += 1;
        self.kept.acting = true;
        self.folder.keep(&self.kept)?;
        let name = self.kept.entered[at].environment.name.clone();
        let words: Vec<String> = action.command.iter().map(|word| fill(word, &values)).collect();
        let mut log = SessionFolder::append(&self.folder.log())?;
        let begun = Instant::now();
        let does = if enters { "entering" } else { "leaving" };
        note(&mut log, &format!("{does} environment {name:?}: {}", words.join(" ")), &self.kept.secrets);
        let mut scope = std::mem::take(&mut self.kept.entered[at].scope);
        let calling = Call {
            action,
            words,
            variables,
            folder: &self.folder,
            user: self.kit.user.clone(),
            number,
            usual: (!enters).then_some(EXIT_TIME),
            log: &mut log,
            secrets: &mut self.kept.secrets,
            scope: enters.then_some(&mut scope),
        };
        let (left, result) = calling.run(halt);
        self.kept.entered[at].scope = scope;
        self.left.extend(left);
        self.kept.acting = false;
        self.remember();
        let end = match &result {
            Ok(()) => format!("done after {:.1} s", begun.elapsed().as_secs_f64()),
            Err(error) => error.to_string(),
        };
        note(&mut log, &end, &self.kept.secrets);
        result
    }

    /// Leaves all environments, ends what still runs and removes the folder. It stays, to be left by somebody
    /// else, where it is let go.
    pub(super) fn end(mut self, halt: &Halt) -> Option<Self> {
        if self.kept.acting {
            // It was at work when an earlier run was killed.
            self.kill_marked(self.kept.actions.saturating_sub(1));
            self.kept.acting = false;
        }
        while !self.kept.entered.is_empty() {
            if halt.left() {
                return Some(self);
            }
            self.leave(halt);
        }
        for mut running in std::mem::take(&mut self.left) {
            if let Err(error) = running.kill() {
                tracing::warn!("a session leaves processes behind: {}", error_chain(&error));
            }
        }
        if self.again {
            // Which processes there were only their marks tell.
            (0..self.kept.actions).for_each(|number| self.kill_marked(number));
        }
        self.folder.remove();
        None
    }

    fn kill_marked(&self, number: u32) {
        if let Err(error) = process::kill_leftover(&self.folder.mark_file(number)) {
            tracing::warn!("a session leaves processes behind: {}", error_chain(&error));
        }
    }

    /// What the placeholders stand for.
    fn values(&self) -> BTreeMap<String, String> {
        let mut values = self.kept.values.clone();
        for (at, entered) in self.kept.entered.iter().enumerate() {
            for file in &entered.environment.files {
                let path = self.folder.file(at, file.filename.as_deref().unwrap_or(&file.name));
                values.insert(format!("{FILE_PREFIX}{}", file.name), path.display().to_string());
            }
        }
        values
    }

    fn variables(&self, count: usize) -> Variables {
        Variables::of(self.kept.entered[..count].iter().map(|entered| &entered.scope))
    }

    /// All variables of an action in the outermost `count` environments.
    fn environment(&self, count: usize) -> BTreeMap<String, String> {
        let passes =
            |name: &str| PASSED.contains(&name) || PASSED_WITH.iter().any(|start| name.starts_with(start));
        let own = self.kit.environment.iter().filter(|(name, _)| passes(name));
        let mut all: BTreeMap<String, String> =
            own.map(|(name, value)| (name.clone(), value.clone())).collect();
        let value = |name: &str| self.kept.values.get(name).cloned().unwrap_or_default();
        if self.kit.user.is_some() && !all.contains_key("HOME") {
            all.insert("HOME".to_owned(), value("session"));
        }
        for (name, of) in [
            ("FRAMEFARM_SESSION", "session"),
            ("FRAMEFARM_JOB", "job"),
            ("FRAMEFARM_JOB_ID", "job_id"),
            ("FRAMEFARM_PATHS", "path_mapping_rules_file"),
        ] {
            all.insert(name.to_owned(), value(of));
        }
        self.variables(count).overlay(&mut all);
        all
    }

    /// Brings the log of a failure to the schedule server, as that of the attempt that never began.
    fn bring_log(&self, lease: LeaseId) {
        let log = self.folder.log();
        let brought = patiently(&self.kit, |client| {
            let log = &log;
            async move { log_shipping::ship_rest(client, lease, log).await }
        });
        let brought = async { tokio::time::timeout(LOG_TIME, brought).await };
        if !matches!(runtime::Handle::current().block_on(brought), Ok(Ok(()))) {
            tracing::warn!(%lease, "the log of a session that could not be opened is lost");
        }
    }
}

fn write_files(
    folder: &SessionFolder,
    entered: &[Entered],
    values: &BTreeMap<String, String>,
) -> Result<(), FolderError> {
    for (at, entered) in entered.iter().enumerate() {
        for file in &entered.environment.files {
            let name = file.filename.as_deref().unwrap_or(&file.name);
            folder.write(at, name, &fill(&file.text, values), file.executable)?;
        }
    }
    Ok(())
}

/// Whether the file of path rules at `path` holds any.
fn has_rules(path: &std::path::Path) -> bool {
    let text = std::fs::read(path).unwrap_or_default();
    let rules: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    rules["path_mapping_rules"].as_array().is_some_and(|rules| !rules.is_empty())
}

/// Writes a line of our own into the log.
fn note(log: &mut File, line: &str, secrets: &Secrets) {
    let _full = writeln!(log, "framefarm: {}", secrets.hide(line));
}
