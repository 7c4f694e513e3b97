//! Who frames run as, and where they work: a render server that is root starts nothing as root, and keeps
//! what it has to itself.
//!
//! Files that frames get are theirs, the folders around them are ours, so that a frame can plant nothing
//! where we write or read afterwards.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use process::User;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, Uid};
use rustix::process::geteuid;

/// Accounts that frames run as where nobody names one: the first that there is.
const USUAL: [&str; 2] = ["framefarm", "nobody"];
/// Where frames work if the render server's own folder is closed to them.
const SCRATCH: &str = "/var/tmp";
/// Our folders around theirs: they get to what is theirs by its name.
const PASSAGE: u32 = 0o711;
/// Variables of a session of whoever started us, which mean nothing to another account.
const OF_OUR_SESSION: [&str; 7] =
    ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "SHELL", "TMPDIR", "DBUS_SESSION_BUS_ADDRESS", "MAIL"];
/// Variables of our own that frames may see. Others may hold tokens and passwords.
const OURS_SHOWN: [&str; 3] = ["FRAMEFARM_SERVER", "FRAMEFARM_FARM", "FRAMEFARM_DISCOVERY_PORT"];

/// Why frames cannot run as asked.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// Somebody wants it.
    #[error("frames are never rendered as root")]
    Root,
    /// There is no such account.
    #[error("there is no user {name} on this machine")]
    Unknown {
        /// Its name.
        name: String,
    },
    /// There is none to fall back on.
    #[error("this render server is root, and there is no user framefarm or nobody to render as")]
    Nobody,
    /// We are not root.
    #[error("only a render server that is root can render as {name}")]
    NotRoot {
        /// The account.
        name: String,
    },
    /// The system does not say.
    #[error("cannot look up the user {name}")]
    LookUp {
        /// Its name.
        name: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The scratch folder is closed to that account.
    #[error("the user {name} cannot enter {folder}, where it would have to render")]
    Closed {
        /// The account.
        name: String,
        /// The folder.
        folder: PathBuf,
    },
    /// The scratch folder is somebody else's to change.
    #[error("{folder} belongs to somebody else, or others may write to it")]
    Foreign {
        /// The folder.
        folder: PathBuf,
    },
    /// It cannot be made or closed.
    #[error("cannot make {folder} ready for rendering")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl TenantError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Root => {
                "make a user for it, `useradd --system framefarm`, or name another: --render-user NAME".into()
            }
            Self::Unknown { .. } | Self::Nobody => {
                "make it, `useradd --system NAME`, or name another: --render-user NAME".into()
            }
            Self::NotRoot { .. } => {
                "leave --render-user out: frames run as whoever starts the render server".into()
            }
            Self::Closed { folder, .. } => {
                format!(
                    "let others pass through its parents (chmod o+x {}), or choose another: --scratch DIR",
                    folder.display()
                )
            }
            Self::Foreign { .. } => "choose another folder: --scratch DIR".into(),
            Self::LookUp { .. } | Self::Folder { .. } => return None,
        })
    }
}

/// Who frames run as, where it is not ourselves; `name` is who people want.
pub(crate) fn choose(name: Option<&str>) -> Result<Option<User>, TenantError> {
    let look_up = |name: &str| {
        User::named(name).map_err(|source| TenantError::LookUp { name: name.to_owned(), source })
    };
    let Some(name) = name else {
        if !geteuid().is_root() {
            return Ok(None);
        }
        for name in USUAL {
            if let Some(user) = look_up(name)?.filter(|user| user.uid != 0) {
                return Ok(Some(user));
            }
        }
        return Err(TenantError::Nobody);
    };
    let user = look_up(name)?.ok_or_else(|| TenantError::Unknown { name: name.to_owned() })?;
    match (user.uid, geteuid().as_raw()) {
        (0, _) => Err(TenantError::Root),
        (uid, own) if uid == own => Ok(None),
        (_, 0) => Ok(Some(user)),
        _ => Err(TenantError::NotRoot { name: name.to_owned() }),
    }
}

/// Where the folder lies in which frames work.
pub(crate) fn surroundings<'a>(data: &'a Path, wanted: Option<&'a Path>, user: Option<&User>) -> &'a Path {
    wanted.unwrap_or_else(|| if user.is_some() { Path::new(SCRATCH) } else { data })
}

/// The folder in which frames work: `wanted`, else the render server's own `data`, else one that every
/// account can enter. What is in `data` is closed to other accounts.
pub(super) fn workplace(
    data: &Path,
    wanted: Option<&Path>,
    instance: &str,
    user: Option<&User>,
) -> Result<PathBuf, TenantError> {
    let fault = |folder: &Path| {
        let folder = folder.to_owned();
        |source| TenantError::Folder { folder, source }
    };
    if user.is_some() {
        fs::set_permissions(data, Permissions::from_mode(0o700)).map_err(fault(data))?;
    }
    if wanted.is_none() && user.is_none() {
        return Ok(data.to_owned());
    }
    let within = surroundings(data, wanted, user);
    // Several render servers of a machine may be told of the same folder.
    if !within.is_dir() {
        let made = DirBuilder::new().recursive(true).mode(PASSAGE).create(within);
        made.map_err(fault(within))?;
    }
    let within = within.canonicalize().map_err(fault(within))?;
    let folder = within.join(format!("framefarm-{instance}"));
    make_passage(&folder).map_err(fault(&folder))?;
    let about = folder.symlink_metadata().map_err(fault(&folder))?;
    if !about.is_dir() || about.uid() != geteuid().as_raw() || about.mode() & 0o022 != 0 {
        return Err(TenantError::Foreign { folder });
    }
    match user {
        Some(user) if !user.may_enter(&folder) => {
            Err(TenantError::Closed { name: user.name.clone(), folder })
        }
        _ => Ok(folder),
    }
}

/// Makes a folder that others can pass through and not list, if it is not there. A service may have been told
/// to close all that it makes, so it is opened by name.
pub(super) fn make_passage(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(PASSAGE)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes a workplace with nothing left in it; what is left is cleared at the next start.
pub(super) fn vacate(workplace: &Path) {
    super::session::remove(&workplace.join("packages"));
    let inner = ["jobs", "attempts", "sessions"].map(|name| workplace.join(name));
    for folder in inner.into_iter().chain([workplace.to_owned()]) {
        let _in_use = fs::remove_dir(folder);
    }
}

/// What of `environment` packages may be handed.
pub(super) fn environment(
    environment: impl Iterator<Item = (String, String)>,
    user: Option<&User>,
) -> BTreeMap<String, String> {
    let shown = |name: &str| !name.starts_with("FRAMEFARM_") || OURS_SHOWN.contains(&name);
    let mut environment: BTreeMap<String, String> = environment.filter(|(name, _)| shown(name)).collect();
    if let Some(user) = user {
        environment.retain(|name, _| !name.starts_with("XDG_") && !OF_OUR_SESSION.contains(&name.as_str()));
        environment.remove("HOME");
        if user.home.is_absolute() && user.may_enter(&user.home) {
            environment.insert("HOME".to_owned(), user.home.display().to_string());
        }
        // What lies in our own folders is found there and cannot be run: the next of that name can.
        if let Some(path) = environment.get_mut("PATH") {
            let open = |folder: &&str| user.may_enter(Path::new(folder));
            *path = path.split(':').filter(open).collect::<Vec<_>>().join(":");
        }
        for name in ["USER", "LOGNAME"] {
            environment.insert(name.to_owned(), user.name.clone());
        }
    }
    environment
}

/// Lets `user` through `folder` to `inner` in it, which becomes its own.
pub(super) fn let_in(folder: &Path, inner: &Path, user: &User) -> io::Result<()> {
    open_passage(folder)?;
    give(inner, user)
}

/// Lets others through `folder`, which is ours.
pub(super) fn open_passage(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(PASSAGE))
}

/// Makes `user` the owner of `folder` alone.
pub(super) fn give(folder: &Path, user: &User) -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    Ok(rustix::fs::chownat(CWD, folder, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Makes `user` the owner of `folder` and of all that is in it, which has to be ours alone until then. What
/// is inside comes first: nobody can change a folder that we are still in. A file with a second name
/// elsewhere is the cache's and stays ours.
pub(super) fn give_all(folder: &Path, user: &User) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            give_all(&entry.path(), user)?;
        } else if entry.metadata()?.nlink() == 1 {
            give(&entry.path(), user)?;
        }
    }
    give(folder, user)
}

/// Takes a folder of outputs back from `user`: from now on nobody can change what lies in it. Gives the name
/// of a file in it that is somebody else's, to which the frame must have made a link.
pub(super) fn take_back(outputs: &Path, user: &User) -> io::Result<Option<String>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::open(outputs, flags, Mode::empty())?;
    rustix::fs::fchown(&folder, Some(geteuid()), None)?;
    rustix::fs::fchmod(&folder, Mode::RWXU)?;
    for entry in Dir::read_from(&folder)? {
        let entry = entry?;
        let about = rustix::fs::statat(&folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
        let file = FileType::from_raw_mode(about.st_mode) == FileType::RegularFile;
        if file && about.st_uid != user.uid {
            return Ok(Some(entry.file_name().to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> Option<User> {
        let nobody = User::named("nobody").unwrap();
        if !geteuid().is_root() || nobody.is_none() {
            println!("skipped: only root can give files to another account");
            return None;
        }
        nobody
    }

    #[test]
    fn nobody_renders_as_root() {
        assert!(matches!(choose(Some("root")), Err(TenantError::Root)));
        assert!(matches!(choose(Some("no-such-user")), Err(TenantError::Unknown { .. })));
        if geteuid().is_root() {
            assert_ne!(choose(None).unwrap().unwrap().uid, 0);
        } else {
            assert_eq!(choose(None).unwrap(), None);
        }
    }

    #[test]
    fn our_own_variables_stay_here() {
        let all = [
            ("FRAMEFARM_TOKEN", "t"),
            ("FRAMEFARM_JOIN", "j"),
            ("FRAMEFARM_SMTP", "smtp://ada:pw@mail"),
            ("FRAMEFARM_FARM", "film"),
            ("HOME", "/root"),
            ("XDG_RUNTIME_DIR", "/run/user/0"),
            ("OCIO", "/c.ocio"),
        ];
        let pairs = || all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let names = |user: Option<&User>| environment(pairs(), user).into_keys().collect::<Vec<_>>();
        assert_eq!(names(None), ["FRAMEFARM_FARM", "HOME", "OCIO", "XDG_RUNTIME_DIR"]);
        let user = User { name: "farm".into(), uid: 4711, gid: 4711, home: "/not/there".into() };
        assert_eq!(names(Some(&user)), ["FRAMEFARM_FARM", "LOGNAME", "OCIO", "USER"]);
        let path = [("PATH".to_owned(), "/usr/bin:/not/there:bin:/bin".to_owned())];
        assert_eq!(environment(path.into_iter(), Some(&user))["PATH"], "/usr/bin:/bin");
    }

    #[test]
    fn a_workplace_is_entered_and_not_changed_by_others() {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        fs::create_dir(&data).unwrap();
        let plain = workplace(&data, None, "i", None).unwrap();
        assert_eq!(plain, data);
        let wanted = root.path().join("fast/disk");
        let chosen = workplace(&data, Some(&wanted), "i", None).unwrap();
        assert_eq!(chosen, wanted.canonicalize().unwrap().join("framefarm-i"));
        fs::set_permissions(&chosen, Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(workplace(&data, Some(&wanted), "i", None), Err(TenantError::Foreign { .. })));

        let Some(nobody) = nobody() else { return };
        fs::set_permissions(root.path(), Permissions::from_mode(0o700)).unwrap();
        let closed = workplace(&data, Some(&wanted), "j", Some(&nobody));
        assert!(matches!(closed, Err(TenantError::Closed { .. })), "{closed:?}");
        fs::set_permissions(root.path(), Permissions::from_mode(0o711)).unwrap();
        workplace(&data, Some(&wanted), "j", Some(&nobody)).unwrap();
        assert!(!nobody.may_enter(&data));
    }

    #[test]
    fn outputs_are_taken_back_and_links_to_others_files_are_seen() {
        let Some(nobody) = nobody() else { return };
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("out");
        fs::create_dir_all(out.join("deep")).unwrap();
        fs::write(out.join("frame.png"), "x").unwrap();
        give_all(&out, &nobody).unwrap();
        let owner = |path: &Path| path.symlink_metadata().unwrap().uid();
        assert_eq!(owner(&out.join("frame.png")), nobody.uid);
        std::os::unix::fs::symlink("/etc/passwd", out.join("link")).unwrap();
        assert_eq!(take_back(&out, &nobody).unwrap(), None);
        assert_eq!((owner(&out), out.metadata().unwrap().mode() & 0o777), (0, 0o700));
        fs::write(root.path().join("secret"), "x").unwrap();
        fs::hard_link(root.path().join("secret"), out.join("frame.exr")).unwrap();
        assert_eq!(take_back(&out, &nobody).unwrap().as_deref(), Some("frame.exr"));
        fs::rename(&out, root.path().join("was")).unwrap();
        std::os::unix::fs::symlink("was", &out).unwrap();
        assert!(take_back(&out, &nobody).is_err(), "it is no folder any more");
    }
}
