//! A package that stays in a slot for the frames of a step: started once, asked frame by frame, replaced when
//! it crashes, hangs or grows.
//!
//! It reads what to do from its input and says on its output how far it is. What it prints goes to a file,
//! not to a pipe, so that it goes on undisturbed when this render server dies: its input ends then, it
//! finishes the frame at work and ends by itself, and the next render server reads in the file how that went.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ChildStdin;
use std::sync::Arc;
use std::time::Duration;

use model::{Exit, Grant, JobId, LeaseId, ProcessMark, StepIndex};
use packages::{Invocation, Reply, SessionRule};
use process::{FileWatch, Running};

use super::attempt::{self, InvokeError, StartError};
use super::scratch::{Place, Scratch};
use super::session::Placed;
use super::{Kit, allotted};
use crate::error_chain;

/// Where the system has no watch over files left, the log is looked at so often.
const LOOK: Duration = Duration::from_millis(5);
/// A resident that is not wanted any more has so long to end by itself.
const PARTING: Duration = Duration::from_secs(1);
/// Names the resident's folder in the scratch of an attempt.
const NOTE: &str = "resident";
/// As much is read of its log at once.
const PIECE: usize = 1 << 20;

/// A package that stays.
pub(super) struct Resident {
    pub(super) running: Running,
    pub(super) rule: SessionRule,
    /// Absent where an earlier run of this render server started it.
    input: Option<ChildStdin>,
    scratch: Scratch,
    log: File,
    watch: Option<FileWatch>,
    /// Of its log, so much was read.
    read: u64,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    ready: bool,
    /// What it is for.
    of: (JobId, StepIndex),
    /// Variables that tell it what it may use of the host.
    allotted: Vec<(String, String)>,
    pub(super) frames: u32,
    /// What it used after its first frame.
    pub(super) memory_at_first: Option<u64>,
    _counted: Residents,
}

/// How many packages stay. Clones count together.
#[derive(Clone, Default)]
pub(super) struct Residents(Arc<()>);

impl Residents {
    pub(super) fn now(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

/// What has come of waiting for a resident.
pub(super) enum Heard {
    /// Something it printed, and what of it is for us.
    Printed(Vec<u8>, Vec<Reply>),
    /// It has ended.
    Ended(Exit),
}

impl Resident {
    /// Starts the package for the step of `grant`.
    pub(super) fn start(
        kit: &Kit,
        placed: &Placed,
        grant: &Grant,
        rule: SessionRule,
    ) -> Result<Self, StartError> {
        let folder = kit.attempts.join(format!("r{}", grant.lease));
        let place = Place::make_anew(Scratch { folder }, kit.user.as_ref())?;
        let launch = attempt::resident_launch(kit, placed, grant, &place, &rule)?;
        let (mut running, input) = process::launch_to_feed(&launch, &place.log, &place.scratch.mark_file())?;
        if let Err(error) = running.leave_mark() {
            tracing::warn!("a package that stays is known by its environment alone: {}", error_chain(&error));
        }
        let opened = Self::new(kit, grant, place.scratch, rule, running);
        opened.map(|resident| Self { input: Some(input), ..resident })
    }

    /// Finds the package again that renders an attempt of an earlier run.
    pub(super) fn adopt(kit: &Kit, grant: &Grant, process: ProcessMark, rule: SessionRule) -> Option<Self> {
        let scratch = noted(kit, grant.lease)?;
        let running = process::adopt(process, &scratch.mark_file())?;
        Self::new(kit, grant, scratch, rule, running).ok()
    }

    fn new(
        kit: &Kit,
        grant: &Grant,
        scratch: Scratch,
        rule: SessionRule,
        running: Running,
    ) -> Result<Self, StartError> {
        let path = scratch.log();
        let log = File::options().read(true).write(true).open(&path);
        let log = log.map_err(super::scratch::fault(&path))?;
        let watch = FileWatch::of(&path)
            .inspect_err(|error| tracing::warn!("{} is looked at: {error}", path.display()));
        Ok(Self {
            running,
            rule,
            input: None,
            scratch,
            log,
            watch: watch.ok(),
            read: 0,
            line: Vec::new(),
            ready: false,
            of: (grant.frame.job, grant.frame.step),
            allotted: allotted_of(kit, grant),
            frames: 0,
            memory_at_first: None,
            _counted: kit.live.residents.clone(),
        })
    }

    /// Whether it can be asked for a frame of `grant`.
    pub(super) fn serves(&mut self, kit: &Kit, grant: &Grant) -> bool {
        self.of == (grant.frame.job, grant.frame.step)
            && self.input.is_some()
            && self.allotted == allotted_of(kit, grant)
            && self.running.wait(Duration::ZERO).is_none()
    }

    /// Whether it has said that it is ready.
    pub(super) const fn is_ready(&self) -> bool {
        self.ready
    }

    /// Asks for frames, whose attempt has its scratch there, and forgets what was printed before.
    pub(super) fn ask(&mut self, request: &str, attempt: &Scratch) -> std::io::Result<()> {
        let name = self.scratch.folder.file_name().unwrap_or_default();
        fs::write(attempt.folder.join(NOTE), name.as_encoded_bytes())?;
        self.frames += 1;
        match &mut self.input {
            Some(input) => input.write_all(request.as_bytes()).and_then(|()| input.flush()),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// What was printed before the first frame belongs to it; what was printed after the last is of no use.
    pub(super) fn clear_log(&mut self) {
        if self.ready && self.log.set_len(0).is_ok() {
            self.read = 0;
            self.line.clear();
        }
    }

    /// Waits for something to be printed or for its end.
    pub(super) fn hear(&mut self, patience: Duration) -> Heard {
        let printed = self.read_on();
        if !printed.is_empty() {
            return self.understood(printed);
        }
        let exit = match &self.watch {
            Some(watch) => self.running.wait_or_read(watch, patience),
            None => self.running.wait(LOOK.min(patience)),
        };
        let printed = self.read_on();
        match exit {
            Some(exit) if printed.is_empty() => Heard::Ended(exit),
            _ => self.understood(printed),
        }
    }

    fn read_on(&mut self) -> Vec<u8> {
        let mut printed = Vec::new();
        let read = self.log.seek(SeekFrom::Start(self.read));
        // Whatever can be read is worth reading; the rest comes with the next look.
        let _ = read.and_then(|_| (&mut self.log).take(PIECE as u64).read_to_end(&mut printed));
        self.read += printed.len() as u64;
        printed
    }

    fn understood(&mut self, printed: Vec<u8>) -> Heard {
        let replies = replies(&mut self.line, &printed);
        self.ready |= replies.contains(&Reply::Ready);
        Heard::Printed(printed, replies)
    }

    /// Ends it: nicely, by the end of its input, and by force where that does not help.
    pub(super) fn end(mut self) {
        drop(self.input.take());
        if self.running.wait(PARTING).is_none()
            && let Err(error) = self.running.kill()
        {
            tracing::warn!("a package that stayed cannot be ended: {}", error_chain(&error));
        }
        if let Some(Err(error)) = self.running.strays() {
            tracing::warn!("a package that stayed left processes behind: {}", error_chain(error));
        }
        self.running.wait(PARTING);
        super::session::remove(&self.scratch.folder);
    }
}

/// Lines are cut at both kinds of ends. One that grows without end says nothing to us.
fn replies(line: &mut Vec<u8>, printed: &[u8]) -> Vec<Reply> {
    const LINE_MAX: usize = 64 << 10;
    let mut found = Vec::new();
    for &byte in printed {
        match byte {
            b'\n' | b'\r' => {
                found.extend(Reply::of(line));
                line.clear();
            }
            byte if line.len() < LINE_MAX => line.push(byte),
            _ => {}
        }
    }
    found
}

/// The folder of the resident that an attempt was given to, as its scratch says.
fn noted(kit: &Kit, lease: LeaseId) -> Option<Scratch> {
    noted_in(&Scratch::of(kit, lease).folder).map(|name| Scratch { folder: kit.attempts.join(name) })
}

/// The name that the scratch of an attempt says its resident's folder has.
pub(super) fn noted_in(attempt: &Path) -> Option<String> {
    let name = fs::read_to_string(attempt.join(NOTE)).ok()?;
    name.strip_prefix('r').is_some_and(|lease| lease.parse::<u64>().is_ok()).then_some(name)
}

/// Whether an attempt was given to a package that stays, and how that went as far as its words tell; nothing
/// of a frame that it did not speak of.
pub(super) fn said_of(kit: &Kit, lease: LeaseId) -> Option<Vec<Reply>> {
    let mut printed = fs::read(noted(kit, lease)?.log()).ok()?;
    printed.push(b'\n');
    Some(replies(&mut Vec::new(), &printed))
}

/// Ends the resident of an attempt that nobody can watch.
pub(super) fn end_noted(kit: &Kit, lease: LeaseId) {
    if let Some(scratch) = noted(kit, lease) {
        if let Err(error) = process::kill_leftover(&scratch.mark_file()) {
            tracing::warn!(%lease, "what it left may still run: {}", error_chain(&error));
        }
        super::session::remove(&scratch.folder);
    }
}

fn allotted_of(kit: &Kit, grant: &Grant) -> Vec<(String, String)> {
    let variables = allotted::variables(grant, &kit.info.borrow());
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// How the package stays for the frames of `grant`, where it does.
pub(super) fn rule(kit: &Kit, placed: &Placed, grant: &Grant) -> Result<Option<SessionRule>, InvokeError> {
    let step = placed.step(grant).ok_or(InvokeError::NoStep)?;
    let alone = step.environments.is_empty() && placed.description.environments.is_empty();
    let program = attempt::program(kit, placed, grant)?;
    let outputs = PathBuf::new();
    let call = attempt::invocation(kit, placed, grant, &outputs, program.as_ref())?;
    let executable = program.as_ref().map(|program| PathBuf::from(&program.executable));
    let call = Invocation { executable: executable.as_deref(), ..call };
    // Where the host lacks what it takes to stay, each frame has a process of its own.
    Ok(call.session_rule().filter(|rule| alone && call.session_line(rule).is_ok()))
}
