//! An action: a program run for a session, watched to its end, and cancelled as it says itself.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use model::{Action, Cancel, Exit, FailureClass};
use packages::session::{Directive, Lines, Malformed, Scope, Secrets};
use process::{Launch, LaunchError, Running};

use super::folder::{FolderError, SessionFolder};
use super::slot::Halt;
use crate::error_chain;

/// Between two looks at what an action printed; its end is noticed at once.
const LOOK: Duration = Duration::from_millis(50);
/// From the request to end to the end by force, where an action says nothing else.
const GRACE: Duration = Duration::from_secs(3);
/// Where programs are looked for if nobody says.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// An action that prints more than this is ended.
const PRINTED_MAX: u64 = 256 << 20;

/// Why an action did not do what it was for.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum ActionError {
    #[error("the program {program:?} is not on this host, or may not be run (searched: {searched})")]
    NoProgram { program: String, searched: String },
    #[error("{}; {}", error_chain(.0), .0.hint())]
    Launch(LaunchError),
    #[error("{}", error_chain(.0))]
    Folder(#[from] FolderError),
    #[error("{program} {how}{}", said.as_ref().map(|said| format!(": {said}")).unwrap_or_default())]
    Ended { program: String, how: String, said: Option<String> },
    #[error("{program} took longer than {seconds} s and was ended")]
    TimedOut { program: String, seconds: f64 },
    #[error("{0}")]
    Malformed(Malformed),
    #[error("{program} printed more than {} MiB", PRINTED_MAX >> 20)]
    Flood { program: String },
    #[error("it was cancelled")]
    Cancelled,
}

impl ActionError {
    /// Whose fault it is.
    pub(in super::super) const fn class(&self) -> FailureClass {
        match self {
            Self::NoProgram { .. } | Self::Launch(_) | Self::Folder(_) => FailureClass::Host,
            Self::Ended { .. } | Self::TimedOut { .. } | Self::Malformed(_) | Self::Flood { .. } => {
                FailureClass::Frame
            }
            Self::Cancelled => FailureClass::GivenBack,
        }
    }
}

/// What an action is run with.
pub(super) struct Call<'a> {
    pub(super) action: &'a Action,
    /// Its program and arguments, filled in.
    pub(super) words: Vec<String>,
    /// All of its environment.
    pub(super) variables: BTreeMap<String, String>,
    pub(super) folder: &'a SessionFolder,
    pub(super) user: Option<process::User>,
    /// Which action of the session it is.
    pub(super) number: u32,
    /// How long it may take where it says nothing.
    pub(super) usual: Option<Duration>,
    /// Where people read what it printed.
    pub(super) log: &'a mut File,
    pub(super) secrets: &'a mut Secrets,
    /// What it does to the variables of its session, where it may do something.
    pub(super) scope: Option<&'a mut Scope>,
}

/// Why an action is being ended before its time.
enum Ending {
    Cancelled,
    TimedOut,
    Malformed(Malformed),
    Flood,
}

impl Call<'_> {
    /// Runs it to its end. What it leaves running comes back, to be ended with the session, also where it
    /// failed.
    pub(super) fn run(mut self, halt: &Halt) -> (Option<Running>, Result<(), ActionError>) {
        let mut running = match self.start() {
            Ok(running) => running,
            Err(error) => return (None, Err(error)),
        };
        if let Err(error) = running.leave_mark() {
            tracing::warn!("an action is known by its environment alone: {}", error_chain(&error));
        }
        let result = self.watch(&mut running, halt);
        (Some(running), result)
    }

    fn start(&mut self) -> Result<Running, ActionError> {
        let program = self.program()?;
        let output = SessionFolder::append(&self.folder.output(self.number))?;
        let launch = Launch {
            program,
            arguments: self.words[1..].iter().map(Into::into).collect(),
            environment: self.variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            folder: self.folder.work(),
            user: self.user.clone(),
        };
        let running = process::launch(&launch, &output, &self.folder.mark_file(self.number));
        Ok(running.map_err(ActionError::Launch)?.keeping_what_it_leaves())
    }

    /// Its program: with a `/` as seen from the working folder, else found on the PATH it is to have.
    fn program(&self) -> Result<PathBuf, ActionError> {
        let name = self.words.first().cloned().unwrap_or_default();
        let path = self.variables.get("PATH").map_or(USUAL_PATH, String::as_str);
        let work = self.folder.work().display().to_string();
        let searched = if name.contains('/') { work.as_str() } else { path };
        let folders = searched.split(':').filter(|folder| folder.starts_with('/'));
        let found = folders.map(|folder| Path::new(folder).join(&name)).find(|place| may_run(place));
        found.ok_or_else(|| ActionError::NoProgram { program: name, searched: searched.to_owned() })
    }

    fn watch(&mut self, running: &mut Running, halt: &Halt) -> Result<(), ActionError> {
        let begun = Instant::now();
        let most = self.action.timeout_ms.map(Duration::from_millis).or(self.usual);
        let mut printed = Printed::of(self.folder.output(self.number));
        let mut ending: Option<(Ending, Option<Instant>)> = None;
        let exit = loop {
            if let Some(exit) = running.wait(LOOK) {
                break exit;
            }
            printed.read(self);
            if ending.is_none() {
                let late = most.is_some_and(|most| begun.elapsed() >= most);
                let why = match printed.malformed.take() {
                    Some(malformed) => Some(Ending::Malformed(malformed)),
                    // What is left is left also where nobody waits any more, as long as there is time.
                    None if halt.hurried() || (self.scope.is_some() && halt.cancelled()) => {
                        Some(Ending::Cancelled)
                    }
                    None if late => Some(Ending::TimedOut),
                    None if printed.length > PRINTED_MAX => Some(Ending::Flood),
                    None => None,
                };
                ending = why.map(|why| (why, self.ask_to_end(running)));
            }
            let forced = match &ending {
                Some((_, until)) => halt.hurried() || until.is_none_or(|until| Instant::now() >= until),
                None => false,
            };
            if forced && let Err(error) = running.kill() {
                tracing::warn!("an action cannot be ended: {}", error_chain(&error));
            }
        };
        printed.read(self);
        printed.finish(self);
        let program = self.words.first().cloned().unwrap_or_default();
        match ending.map(|(why, _)| why).or_else(|| printed.malformed.take().map(Ending::Malformed)) {
            Some(Ending::Cancelled) => Err(ActionError::Cancelled),
            Some(Ending::TimedOut) => {
                let seconds = most.unwrap_or_default().as_secs_f64();
                Err(ActionError::TimedOut { program, seconds })
            }
            Some(Ending::Malformed(malformed)) => Err(ActionError::Malformed(malformed)),
            Some(Ending::Flood) => Err(ActionError::Flood { program }),
            None if exit == Exit::Code(0) => Ok(()),
            None => Err(ActionError::Ended { program, how: how(exit), said: printed.why() }),
        }
    }

    /// Asks it to end, as it says itself, and gives the moment at which it is ended by force; none where that
    /// is now.
    fn ask_to_end(&self, running: &mut Running) -> Option<Instant> {
        let wait = match self.action.cancel {
            Cancel::Terminate => return None,
            Cancel::Notify { wait_ms } => Duration::from_millis(wait_ms),
            Cancel::Usual => GRACE,
        };
        let end = jiff::Timestamp::now() + wait;
        let text = format!("{{\"NotifyEnd\":\"{}\"}}\n", end.strftime("%Y-%m-%dT%H:%M:%SZ"));
        if let Err(error) = self.folder.write_cancel_info(&text) {
            tracing::warn!("an action is not told how long it has to end: {error}");
        }
        if let Err(error) = running.terminate() {
            tracing::warn!("an action cannot be asked to end: {}", error_chain(&error));
        }
        Some(Instant::now() + wait)
    }

    /// Takes in a line that it printed.
    fn take(&mut self, line: &str, start: bool) -> Result<Option<String>, Malformed> {
        let mut fail = None;
        let directive = if start { Directive::of(line) } else { None };
        let result = match (directive, &mut self.scope) {
            (Some(Ok(Directive::Set { name, value, secret })), scope) => {
                if secret {
                    self.secrets.add(&value);
                }
                if let Some(scope) = scope {
                    scope.set(name, value);
                }
                Ok(())
            }
            (Some(Ok(Directive::Unset(name))), Some(scope)) => {
                scope.unset(name);
                Ok(())
            }
            (Some(Ok(Directive::Fail(why))), _) => {
                fail = Some(self.secrets.hide(&why));
                Ok(())
            }
            (Some(Err(malformed)), Some(_)) => Err(malformed),
            _ => Ok(()),
        };
        let told = match &result {
            Err(malformed) => self.secrets.hide(&malformed.line),
            Ok(()) => self.secrets.hide(line),
        };
        // A log that cannot be written costs its words, not the frame.
        let _full = self.log.write_all(format!("{told}\n").as_bytes());
        result.map(|()| fail)
    }
}

/// What an action printed so far.
struct Printed {
    path: PathBuf,
    length: u64,
    lines: Lines,
    malformed: Option<Malformed>,
    /// As it said itself why it fails.
    fail: Option<String>,
    last: Option<String>,
}

impl Printed {
    fn of(path: PathBuf) -> Self {
        Self { path, length: 0, lines: Lines::default(), malformed: None, fail: None, last: None }
    }

    /// Reads on.
    fn read(&mut self, call: &mut Call<'_>) {
        let mut more = Vec::new();
        let read = File::open(&self.path).and_then(|mut file| {
            io::Seek::seek(&mut file, io::SeekFrom::Start(self.length))?;
            file.take(PRINTED_MAX).read_to_end(&mut more)
        });
        // Whatever could be read counts.
        let _broken = read;
        self.length += more.len() as u64;
        let mut lines = std::mem::take(&mut self.lines);
        lines.feed(&more, |line, start| self.line(call, line, start));
        self.lines = lines;
    }

    fn finish(&mut self, call: &mut Call<'_>) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.finish(|line, start| self.line(call, line, start));
    }

    fn line(&mut self, call: &mut Call<'_>, line: &str, start: bool) {
        match call.take(line, start) {
            Err(malformed) => drop(self.malformed.get_or_insert(malformed)),
            Ok(Some(fail)) => self.fail = Some(fail),
            Ok(None) if line.trim().is_empty() => {}
            Ok(None) => {
                let short: String = call.secrets.hide(line.trim()).chars().take(300).collect();
                self.last = Some(short);
            }
        }
    }

    /// Why it failed, in its own words.
    fn why(&mut self) -> Option<String> {
        self.fail.take().or_else(|| self.last.take())
    }
}

fn how(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("ended with exit code {code}"),
        Exit::Signal(signal) => format!("was killed by signal {signal}"),
        Exit::Unknown => "ended, nobody knows how".to_owned(),
    }
}

fn may_run(path: &Path) -> bool {
    path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}
