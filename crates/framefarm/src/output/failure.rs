//! Why a command could not do what was asked, and the one printer of it.

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use model::{Faults, Problem};
use server::upkeep::{BackupError, CheckError, RecordsError, RestoreError};
use wire::client::ClientError;

use super::{Exit, plural};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A job description that cannot be submitted; nothing has been.
    #[error("{subject} has {}", plural(faults.0.len(), "fault"))]
    Faults { subject: String, faults: Faults },
    /// Definitions of packages.
    #[error("{subject} has {}", plural(faults.0.len(), "fault"))]
    Unsound { subject: String, faults: Faults },
    /// What was asked of hosts, which cannot be understood.
    #[error("what is asked of hosts has {}", plural(faults.0.len(), "fault"))]
    Needs { faults: Faults },
    /// Flags that make no sense together.
    #[error("{what}")]
    Misuse { what: String, hint: String },
    /// The schedule server, or the way to it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What this account knows of farms.
    #[error(transparent)]
    Account(#[from] trust::AccountError),
    /// Servers that do not start or do not go on.
    #[error(transparent)]
    Serve(#[from] server::ServeError),
    /// The records of a journal.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// A data folder that cannot be checked.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// A backup that cannot be made.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A backup that cannot be restored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// A file of this machine.
    #[error("cannot {verb} {}", path.display())]
    File { verb: &'static str, path: PathBuf, source: io::Error },
    /// Standard output.
    #[error("cannot write to standard output")]
    Stdout(#[from] io::Error),
    /// A picture that cannot be read or made.
    #[error("cannot make the contact sheet {}", path.display())]
    Sheet { path: PathBuf, source: image::ImageError },
    /// A picture that does not count.
    #[error("the picture {} does not count", path.display())]
    Picture { path: PathBuf, source: pictures::PictureError },
    /// Pictures that do not make one.
    #[error(transparent)]
    Pictures(#[from] pictures::SeveralError),
    /// Something outside of anyone's hands, for instance no chance from the system.
    #[error("{what}")]
    System { what: String },
}

impl Failure {
    pub(crate) fn file(verb: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File { verb, path: path.to_owned(), source }
    }

    /// Whether it is only that nobody reads on, as with `| head`, which is no failure at all.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        match self {
            Self::Stdout(error) | Self::Client(ClientError::Local { source: error, .. }) => {
                error.kind() == ErrorKind::BrokenPipe
            }
            _ => false,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Faults { .. } | Self::Unsound { .. } | Self::Needs { .. } | Self::Misuse { .. } => {
                Exit::Misuse
            }
            Self::Pictures(
                pictures::SeveralError::Count { .. }
                | pictures::SeveralError::Kind { .. }
                | pictures::SeveralError::Grid { .. },
            ) => Exit::Misuse,
            Self::Serve(error) if error.is_misuse() => Exit::Misuse,
            // Which of several farms is meant has to be said.
            Self::Client(ClientError::NotFound(error)) if !error.is_passing() => Exit::Misuse,
            Self::Records(RecordsError::NoJournal { .. })
            | Self::Check(CheckError::NoJournal { .. })
            | Self::Backup(BackupError::NoJournal { .. })
            | Self::Restore(RestoreError::NotEmpty { .. } | RestoreError::NoBackup { .. }) => Exit::Misuse,
            Self::Client(ClientError::Refused(Problem { status: 400 | 404 | 422, .. })) => Exit::Misuse,
            Self::Client(
                ClientError::NotFound(_)
                | ClientError::Unreachable { .. }
                | ClientError::Lost { .. }
                | ClientError::Silent { .. }
                | ClientError::Protocol { .. },
            ) => Exit::NoFarm,
            _ => Exit::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Faults { .. } => Some("nothing was submitted; mend these and submit again".to_owned()),
            Self::Unsound { .. } => Some("docs/packages.md tells what each key takes".to_owned()),
            Self::Needs { .. } => Some("`framefarm hosts --help` shows how they are written".to_owned()),
            Self::Misuse { hint, .. } => Some(hint.clone()),
            Self::Client(error) => error.hint(),
            Self::Account(error) => error.hint(),
            Self::Serve(error) => error.hint(),
            Self::File { source, .. } => match source.kind() {
                ErrorKind::StorageFull => Some("the disk is full; free some space and try again".to_owned()),
                ErrorKind::PermissionDenied => Some("may you read and write there?".to_owned()),
                _ => None,
            },
            Self::Sheet { .. } => Some("its ending names its format: png or jpg".to_owned()),
            Self::Records(RecordsError::NoJournal { .. })
            | Self::Check(CheckError::NoJournal { .. })
            | Self::Backup(BackupError::NoJournal { .. }) => {
                Some("name the data folder of the server: --data DIR".to_owned())
            }
            Self::Restore(RestoreError::NotEmpty { .. }) => {
                Some("choose another folder: --data DIR".to_owned())
            }
            Self::Records(RecordsError::Read(_)) => {
                Some("`framefarm journal check` lists all that is wrong, and what to do".to_owned())
            }
            Self::Records(_) | Self::Check(_) | Self::Backup(_) | Self::Restore(_) => None,
            Self::Stdout(_) | Self::System { .. } | Self::Picture { .. } | Self::Pictures(_) => None,
        }
    }

    /// What led to it, nearest first.
    fn causes(&self) -> Vec<String> {
        let mut causes = vec![self.to_string()];
        let mut cause = self.source();
        while let Some(source) = cause {
            let text = source.to_string();
            // Some repeat in their own text what the cause below will say.
            if causes.last().is_none_or(|last| !last.contains(&text)) {
                causes.push(text);
            }
            cause = source.source();
        }
        causes.remove(0);
        match self {
            // On the way to the system's own words there are only layers of a library.
            Self::Client(ClientError::Unreachable { .. } | ClientError::Lost { .. }) => {
                causes.pop().into_iter().collect()
            }
            _ => causes,
        }
    }

    /// Prints what happened, why, and what to do.
    pub(crate) fn report(&self, mut to: impl Write) -> io::Result<()> {
        let error = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let label = Style::new().bold();
        writeln!(to, "{error}error:{error:#} {self}")?;
        if let Self::Faults { faults, .. } | Self::Unsound { faults, .. } | Self::Needs { faults } = self {
            for fault in &faults.0 {
                writeln!(to, "  {label}{}{label:#}: {}", fault.place, fault.what)?;
                if let Some(hint) = &fault.hint {
                    writeln!(to, "    hint: {hint}")?;
                }
            }
        }
        for cause in self.causes() {
            writeln!(to, "  {label}because:{label:#} {cause}")?;
        }
        if let Some(hint) = self.hint() {
            writeln!(to, "  {label}hint:{label:#} {hint}")?;
        }
        Ok(())
    }
}
