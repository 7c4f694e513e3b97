//! Keys and mice: that something came from one of them, never what.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use tokio::sync::watch;
use tokio::time::Instant;

/// After a touch the device is left alone for so long: a mouse that moves says so a thousand times a second.
const PAUSE: Duration = Duration::from_millis(200);
/// Devices that were plugged in are looked for so often.
const LOOK: Duration = Duration::from_secs(10);
/// Bits of `capabilities/ev`: what a device can send. Switches of lids and jacks, and sensors, send neither.
const KEYS: u64 = 1 << 1;
const MOVES: u64 = 1 << 2;

/// Whether keys and mice can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// There are none.
    None,
    /// There are some, and none of them may be read.
    Unreadable,
    Watched,
}

/// The devices that people touch.
pub(super) struct Inputs {
    devices: PathBuf,
    about: PathBuf,
    keys: Keys,
    looked: Option<Instant>,
    /// Shared with the thread that watches, which ends when it is gone.
    watched: Arc<Watched>,
}

#[derive(Default)]
struct Watched {
    devices: Mutex<BTreeMap<PathBuf, Arc<File>>>,
    touched: watch::Sender<Option<Instant>>,
}

impl Watched {
    fn devices(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Arc<File>>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inputs {
    /// Those in the folder `devices`, of which the folder `about` tells more.
    pub(super) fn new(devices: &Path, about: &Path) -> Self {
        let (devices, about) = (devices.to_owned(), about.to_owned());
        Self { devices, about, keys: Keys::None, looked: None, watched: Arc::default() }
    }

    pub(super) fn touches(&self) -> watch::Receiver<Option<Instant>> {
        self.watched.touched.subscribe()
    }

    pub(super) fn touched(&self) -> Option<Instant> {
        *self.watched.touched.borrow()
    }

    /// Takes up what was plugged in, and says whether there is anything to be watched.
    pub(super) fn look(&mut self) -> Keys {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return self.keys;
        }
        let first = self.looked.replace(Instant::now()).is_none();
        let found = self.touchable();
        let mut watched = self.watched.devices();
        for path in &found {
            if watched.contains_key(path) {
                continue;
            }
            match opened(path) {
                Ok(device) => {
                    watched.insert(path.clone(), Arc::new(device));
                }
                Err(error) => tracing::debug!("{} is not watched: {error}", path.display()),
            }
        }
        self.keys = match (found.is_empty(), watched.is_empty()) {
            (_, false) => Keys::Watched,
            (false, true) => Keys::Unreadable,
            (true, true) => Keys::None,
        };
        drop(watched);
        if first {
            self.start();
        }
        self.keys
    }

    fn start(&self) {
        let watched = Arc::downgrade(&self.watched);
        let started = std::thread::Builder::new().name("desk".to_owned()).spawn(move || watch(&watched));
        if let Err(error) = started {
            tracing::error!("keys and mice cannot be watched: {error}");
        }
    }

    /// Devices with keys, or that move a pointer.
    fn touchable(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.devices).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let touchable = |name: &String| {
            let said = self.about.join(name).join("device/capabilities/ev");
            let bits =
                fs::read_to_string(said).ok().and_then(|text| u64::from_str_radix(text.trim(), 16).ok());
            // Of what nothing is told it is better to think that somebody may touch it.
            bits.is_none_or(|bits| bits & (KEYS | MOVES) != 0)
        };
        names
            .filter(|name| name.starts_with("event"))
            .filter(touchable)
            .map(|name| self.devices.join(name))
            .collect()
    }
}

fn opened(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let device = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    // What was sent before it was opened is no touch of now, and what cannot be read is no device.
    match (&device).read(&mut [0; 4_096]) {
        Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
        _ => Ok(device),
    }
}

/// Notes when something comes from one of the devices, as long as anybody wants to know.
fn watch(watched: &Weak<Watched>) {
    loop {
        let Some(all) = watched.upgrade() else { return };
        let devices: Vec<_> = all.devices().iter().map(|(path, file)| (path.clone(), file.clone())).collect();
        drop(all);
        let mut waiting: Vec<_> =
            devices.iter().map(|(_, file)| PollFd::new(&**file, PollFlags::IN)).collect();
        let second = Timespec { tv_sec: 1, tv_nsec: 0 };
        if poll(&mut waiting, Some(&second)).is_err() {
            std::thread::sleep(PAUSE);
            continue;
        }
        let ready = waiting.iter().map(|one| !one.revents().is_empty());
        let ready: Vec<_> =
            devices.iter().zip(ready).filter(|(_, ready)| *ready).map(|(one, _)| one).collect();
        let Some(all) = watched.upgrade() else { return };
        let mut touched = false;
        for (path, device) in ready {
            match (&**device).read(&mut [0; 4_096]) {
                Ok(1..) => touched = true,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                // It was unplugged.
                Ok(0) | Err(_) => {
                    all.devices().remove(path);
                }
            }
        }
        if touched {
            all.touched.send_replace(Some(Instant::now()));
            drop(all);
            std::thread::sleep(PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    /// A keyboard of pipes: what is written into one is what a device would send.
    struct Desk(tempfile::TempDir);

    impl Desk {
        fn new() -> Self {
            let desk = Self(tempfile::tempdir().unwrap());
            fs::create_dir(desk.devices()).unwrap();
            desk
        }

        fn devices(&self) -> PathBuf {
            self.0.path().join("dev")
        }

        fn plug(&self, name: &str, capabilities: &str) -> PathBuf {
            let about = self.0.path().join("sys").join(name).join("device/capabilities");
            fs::create_dir_all(&about).unwrap();
            fs::write(about.join("ev"), capabilities).unwrap();
            let path = self.devices().join(name);
            mknodat(CWD, &path, FileType::Fifo, Mode::from(0o600), 0).unwrap();
            path
        }

        fn inputs(&self) -> Inputs {
            Inputs::new(&self.devices(), &self.0.path().join("sys"))
        }
    }

    #[tokio::test]
    async fn a_key_is_noticed_at_once_and_a_lid_is_no_key() {
        let desk = Desk::new();
        assert_eq!(desk.inputs().look(), Keys::None);
        let _lid = desk.plug("event0", "21\n");
        assert_eq!(desk.inputs().look(), Keys::None);
        let keyboard = desk.plug("event1", "120013\n");
        let mut typed = OpenOptions::new().read(true).write(true).open(keyboard).unwrap();
        let mut inputs = desk.inputs();
        assert_eq!(inputs.look(), Keys::Watched);
        assert_eq!(inputs.touched(), None);
        let mut touches = inputs.touches();
        typed.write_all(b"a key went down").unwrap();
        touches.changed().await.unwrap();
        assert!(inputs.touched().is_some());
    }

    #[tokio::test]
    async fn what_may_not_be_read_is_known_to_be_there() {
        let desk = Desk::new();
        fs::create_dir(desk.devices().join("event3")).unwrap(); // not even root reads this
        assert_eq!(desk.inputs().look(), Keys::Unreadable);
    }
}
