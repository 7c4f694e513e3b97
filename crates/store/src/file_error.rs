//! The one way in which trouble with a file is told.
//!
//! A full disk is its own case everywhere, because it is the one that a person can mend without us and
//! after which the same call succeeds.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A file or folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// No room is left: the disk, the quota or the largest size of a file is reached.
    #[error("cannot {action} {path}: the disk or the quota is full; free some space, then try again")]
    Full {
        /// What was wanted, as a verb.
        action: &'static str,
        /// Of what.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The system does not let this user do it.
    #[error("cannot {action} {path}: no permission; check its owner and mode, and that it is not read-only")]
    Denied {
        /// What was wanted, as a verb.
        action: &'static str,
        /// Of what.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// Anything else.
    #[error("cannot {action} {path}")]
    Other {
        /// What was wanted, as a verb.
        action: &'static str,
        /// Of what.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

impl FileError {
    /// Whether the same call would succeed once there is room.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    /// Whether the disk itself does not give the bytes back.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.io().raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
    }

    /// The system's answer.
    #[must_use]
    pub const fn io(&self) -> &io::Error {
        match self {
            Self::Full { source, .. } | Self::Denied { source, .. } | Self::Other { source, .. } => source,
        }
    }

    /// Turns the system's answer to `action` on `path` into the case it is.
    pub(crate) fn of(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            let path = path.to_owned();
            match source.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                    Self::Full { action, path, source }
                }
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    Self::Denied { action, path, source }
                }
                _ => Self::Other { action, path, source },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_can_mend_is_told_apart() {
        let of = |kind| FileError::of("write", Path::new("/farm/a"))(io::Error::from(kind));
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge] {
            assert!(of(kind).is_full(), "{kind:?}");
        }
        for kind in [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem] {
            let denied = of(kind);
            assert!(matches!(denied, FileError::Denied { .. }), "{kind:?}");
            assert_eq!(denied.io().kind(), kind);
        }
        assert_eq!(of(ErrorKind::NotFound).to_string(), "cannot write /farm/a");
    }
}
