//! Who processes run as, where it is not ourselves.
//!
//! Accounts may come from a directory of the site as well as from a file, so the system is asked for them by
//! a call that neither std nor rustix has.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr;

/// The most that the system may say of an account, in bytes.
const ACCOUNT_MAX: usize = 1 << 20;

/// An account of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// The number of its own group.
    pub gid: u32,
    /// Its home folder, which need not be there.
    pub home: PathBuf,
}

impl User {
    /// The account called `name`; nothing where there is none.
    ///
    /// # Errors
    /// The system's directory of accounts does not answer.
    pub fn named(name: &str) -> io::Result<Option<Self>> {
        let Ok(wanted) = CString::new(name) else { return Ok(None) };
        let mut room: Vec<libc::c_char> = vec![0; 1024];
        loop {
            let mut account = MaybeUninit::<libc::passwd>::zeroed();
            let mut found = ptr::null_mut();
            // SAFETY: all pointers are valid for writes for the whole call, and the length is that of the
            // room.
            let error = unsafe {
                libc::getpwnam_r(
                    wanted.as_ptr(),
                    account.as_mut_ptr(),
                    room.as_mut_ptr(),
                    room.len(),
                    &raw mut found,
                )
            };
            match error {
                0 if found.is_null() => return Ok(None),
                0 => {}
                libc::ERANGE if room.len() < ACCOUNT_MAX => {
                    room.resize(room.len() * 2, 0);
                    continue;
                }
                // So do some directories say that there is none.
                libc::ENOENT | libc::ESRCH | libc::EPERM | libc::EBADF => return Ok(None),
                error => return Err(io::Error::from_raw_os_error(error)),
            }
            // SAFETY: the call succeeded and found one, so the account is filled in, and its texts end with a
            // zero and lie in the room, which lives on.
            let (uid, gid, home) = unsafe {
                let account = account.assume_init_ref();
                let home = match account.pw_dir.as_ref() {
                    Some(home) => CStr::from_ptr(home).to_bytes().to_vec(),
                    None => b"/".to_vec(),
                };
                (account.pw_uid, account.pw_gid, home)
            };
            let home = PathBuf::from(std::ffi::OsString::from_vec(home));
            return Ok(Some(Self { name: name.to_owned(), uid, gid, home }));
        }
    }

    /// Whether this account may enter `folder`, which has to be absolute, and every folder on the way to it.
    #[must_use]
    pub fn may_enter(&self, folder: &Path) -> bool {
        folder.ancestors().all(|folder| {
            let Ok(about) = folder.metadata() else { return false };
            let mode = about.mode();
            let allowed = match () {
                () if about.uid() == self.uid => mode & 0o100,
                () if about.gid() == self.gid => mode & 0o010,
                () => mode & 0o001,
            };
            about.is_dir() && allowed != 0
        })
    }

    /// Has `command` run as this account, in its own group and in no other.
    pub(crate) fn runs(&self, command: &mut Command) {
        // std leaves every further group where the number is set and no groups are named.
        command.gid(self.gid).uid(self.uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_name() {
        let root = User::named("root").unwrap().unwrap();
        assert_eq!((root.name.as_str(), root.uid, root.gid), ("root", 0, 0));
        assert!(root.home.is_absolute());
        for name in ["no-such-account-here", "", "a\0b", "root "] {
            assert_eq!(User::named(name).unwrap(), None, "{name:?}");
        }
    }
}
