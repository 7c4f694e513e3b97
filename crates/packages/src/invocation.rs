//! One attempt of a frame, or of a chunk of frames together, by a rendering package: the command line it
//! comes to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::{AttemptNumber, JobId, Part, Step};

use crate::definition::{Definition, Group, When};
use crate::template::{Value, Values};
use crate::values;

/// Name of the folder, beside that for outputs, in which an attempt finds what earlier steps made.
pub const INPUTS: &str = "in";

/// An attempt on a render host.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// The package.
    pub definition: &'a Definition,
    /// The step of the frame.
    pub step: &'a Step,
    /// The job that the step is of.
    pub job: JobId,
    /// The frame number; of a chunk, that of its first frame.
    pub number: i64,
    /// Numbers of the further frames of the chunk, in the order of the list.
    pub more: &'a [i64],
    /// Which try it is.
    pub attempt: AttemptNumber,
    /// Folder on this host that holds the job's files, absolute.
    pub job_folder: &'a Path,
    /// Folder of this attempt alone, absolute and empty at its start, so that what lies in it is new.
    pub scratch: &'a Path,
    /// The package's program as the host found it, absolute; not used where the job brings its own.
    pub executable: Option<&'a Path>,
    /// Threads that the package may use.
    pub threads: u32,
    /// GPUs that it was granted, as the host counts them.
    pub gpus: &'a [u16],
    /// The folder on this host that holds the definition's scripts, absolute.
    pub scripts: &'a Path,
    /// Environment of the render server, from which a definition takes what it names.
    pub environment: &'a BTreeMap<String, String>,
    /// Placeholders of the session that it runs in, where it runs in one.
    pub session: Option<&'a BTreeMap<String, String>>,
}

/// What to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// The program, absolute.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: BTreeMap<String, String>,
    /// Its working folder, absolute.
    pub folder: PathBuf,
}

/// Why an attempt cannot be started on this host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandLineError {
    /// The job's command is empty or needs a value that the job does not give.
    #[error("the job's command cannot be filled in: {command:?}")]
    Unfilled {
        /// The command as given.
        command: Vec<String>,
    },
    /// The package is not installed.
    #[error("{package} is not installed on this host")]
    NotInstalled {
        /// Title of the package.
        package: String,
    },
    /// The job's program is not on this host.
    #[error(
        "the program {program:?} is not on this host, or may not be run \
         (searched: {}); install it there, or let it travel with the job as a support file",
        searched.join(":")
    )]
    NoProgram {
        /// As the job names it.
        program: String,
        /// Where it was looked for.
        searched: Vec<String>,
    },
}

impl Invocation<'_> {
    /// The numbers of its frames, first to last.
    pub fn numbers(&self) -> impl Iterator<Item = i64> + '_ {
        std::iter::once(self.number).chain(self.more.iter().copied())
    }

    /// The folder beside `scratch` that holds what earlier steps made, `STEP/FILE` in it.
    #[must_use]
    pub fn inputs(&self) -> PathBuf {
        self.scratch.with_file_name(INPUTS)
    }

    /// The working folder: that of the scene, where relative names in it begin.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        let parent = self.step.work.scene.as_ref().and_then(|scene| scene.parent());
        parent.map_or_else(|| self.job_folder.to_owned(), |parent| self.job_folder.join(parent))
    }

    /// What to start for this attempt.
    ///
    /// # Errors
    /// Where this host lacks the program, or the job's command lacks a value; `check_work` finds the latter.
    pub fn command_line(&self) -> Result<CommandLine, CommandLineError> {
        let mut values = values::values(self);
        if !self.step.work.command.is_empty() {
            let unfilled = || CommandLineError::Unfilled { command: self.step.work.command.clone() };
            let command = values::command(self.step, &values).ok_or_else(unfilled)?;
            values.insert("command".into(), Value::Many(command));
        }
        self.started_with(self.arguments(&self.definition.command, &values), &values, &[])
    }

    /// What to start with `arguments`: the program of the package, or of `others` the first that is there.
    pub(crate) fn started_with(
        &self,
        mut arguments: Vec<String>,
        values: &Values<'_>,
        others: &[String],
    ) -> Result<CommandLine, CommandLineError> {
        let program = if self.definition.brings_program() {
            if arguments.is_empty() {
                return Err(CommandLineError::Unfilled { command: self.step.work.command.clone() });
            }
            self.program(&arguments.remove(0))?
        } else {
            let missing = || CommandLineError::NotInstalled { package: self.definition.title.clone() };
            let executable = self.executable.ok_or_else(missing)?;
            match others {
                [] => self.beside(executable)?,
                others => Self::one_beside(executable, others)?,
            }
        };
        Ok(CommandLine { program, arguments, environment: self.environment(values), folder: self.folder() })
    }

    /// The arguments that `groups` come to with `values`.
    pub(crate) fn arguments(&self, groups: &[Group], values: &Values<'_>) -> Vec<String> {
        let groups = groups.iter().filter(|group| group.when.iter().all(|when| self.holds(*when)));
        let filled = groups.filter_map(|group| {
            group.arguments.iter().map(|argument| argument.fill(values)).collect::<Option<Vec<_>>>()
        });
        filled.flatten().flatten().collect()
    }

    fn holds(&self, when: When) -> bool {
        let (first, last) = (self.step.animation.first, self.step.animation.last);
        match when {
            When::Animated => first < last,
            When::Still => first >= last && matches!(first, 0 | 1),
            When::Lone => first >= last && !matches!(first, 0 | 1),
            When::Single => self.more.is_empty(),
            When::Several => !self.more.is_empty(),
            When::Whole => self.step.work.part.is_none(),
            When::Tile => matches!(self.step.work.part, Some(Part::Tile { .. })),
            When::Samples => matches!(self.step.work.part, Some(Part::Samples { .. })),
            When::Gpu => !self.gpus.is_empty(),
            When::Cpu => self.gpus.is_empty(),
        }
    }

    /// What is started where `executable` was found: that itself, or the program that `runs` names beside it.
    fn beside(&self, executable: &Path) -> Result<PathBuf, CommandLineError> {
        let Some(name) = &self.definition.runs else { return Ok(executable.to_owned()) };
        Self::one_beside(executable, std::slice::from_ref(name))
    }

    /// The first of `names` that lies beside `executable`.
    fn one_beside(executable: &Path, names: &[String]) -> Result<PathBuf, CommandLineError> {
        let folder = executable.parent().unwrap_or(Path::new("/"));
        let found = names.iter().map(|name| folder.join(name)).find(|place| may_run(place));
        found.ok_or_else(|| CommandLineError::NoProgram {
            program: names.join(", "),
            searched: vec![folder.display().to_string()],
        })
    }

    fn environment(&self, values: &Values<'_>) -> BTreeMap<String, String> {
        let rule = &self.definition.environment;
        let passes = |name: &String| {
            rule.pass.iter().any(|pass| match pass.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == pass,
            })
        };
        let passed = self.environment.iter().filter(|(name, _)| passes(name));
        let set =
            rule.set.iter().filter_map(|(name, text)| Some((name.clone(), text.fill(values)?.join(" "))));
        passed.map(|(name, value)| (name.clone(), value.clone())).chain(set).collect()
    }

    /// The program that the job names: with a `/` as seen from the working folder, else found on PATH.
    fn program(&self, name: &str) -> Result<PathBuf, CommandLineError> {
        let searched: Vec<String> = if name.contains('/') {
            vec![self.folder().display().to_string()]
        } else {
            let path = self.environment.get("PATH").map_or("/usr/local/bin:/usr/bin:/bin", String::as_str);
            path.split(':').filter(|folder| folder.starts_with('/')).map(str::to_owned).collect()
        };
        let places = searched.iter().map(|folder| Path::new(folder).join(name));
        let found = places.into_iter().find(|place| may_run(place));
        found.ok_or_else(|| CommandLineError::NoProgram { program: name.to_owned(), searched })
    }
}

fn may_run(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}
