//! Since when nobody has touched the machine.
//!
//! Three signs of a person, by what the system lets us see: keys and mice (`/dev/input`, for members of its
//! group), terminals that are typed at (`/dev/pts`, `/dev/tty*`), and what the login manager says of the seat
//! where the devices cannot be read. What is typed is never looked at.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::Instant;

use super::inputs::{Inputs, Keys};

/// The login manager is asked so often at most, as that takes a process.
const SEAT_PAUSE: Duration = Duration::from_secs(5);
/// And may take so long.
const SEAT_WAIT: Duration = Duration::from_secs(2);

/// Looks for signs of a person.
pub(super) struct Idle {
    inputs: Inputs,
    terminals: Terminals,
    seat: Seat,
    /// When the last sign was, as far as that was seen.
    touched: Option<Instant>,
    /// When keys and mice were first watched: of before nothing is known.
    since: Instant,
}

impl Idle {
    /// `rests` is for how long the machine may be taken as left alone already.
    pub(super) fn watched(rests: Duration) -> Self {
        let since = Instant::now().checked_sub(rests).unwrap_or_else(Instant::now);
        let inputs = Inputs::new(Path::new("/dev/input"), Path::new("/sys/class/input"));
        Self { inputs, terminals: Terminals::default(), seat: Seat::default(), touched: None, since }
    }

    /// Tells when a key or mouse was touched.
    pub(super) fn touches(&self) -> watch::Receiver<Option<Instant>> {
        self.inputs.touches()
    }

    /// Since when nobody has touched the machine; nothing where that cannot be seen.
    pub(super) async fn time(&mut self) -> Option<Duration> {
        let now = Instant::now();
        let typed = self.terminals.touched(now);
        self.note(typed);
        match self.inputs.look() {
            Keys::None => {}
            Keys::Watched => {
                let touched = self.inputs.touched();
                self.note(touched.max(Some(self.since)));
            }
            Keys::Unreadable => {
                let left = self.seat.left_since(now).await?;
                self.note(left);
            }
        }
        Some(now.saturating_duration_since(self.touched.unwrap_or(self.since)))
    }

    fn note(&mut self, touched: Option<Instant>) {
        self.touched = self.touched.max(touched);
    }
}

/// Terminals that people type at: the system notes the time, to eight seconds, in their device files.
#[derive(Default)]
struct Terminals {
    /// When each was typed at by its own word, and by our clock.
    typed: BTreeMap<PathBuf, ((i64, i64), Instant)>,
}

impl Terminals {
    fn touched(&mut self, now: Instant) -> Option<Instant> {
        let mut found = BTreeMap::new();
        for path in devices(Path::new("/dev/pts"), "").into_iter().chain(devices(Path::new("/dev"), "tty")) {
            let Ok(about) = fs::metadata(&path) else { continue };
            let said = (about.atime(), about.atime_nsec());
            let at = match self.typed.get(&path) {
                Some((before, at)) if *before == said => *at,
                // Its clock may be set; that it was touched since the last look is certain.
                Some(_) => now,
                None => ago(now, said.0).unwrap_or(now),
            };
            found.insert(path, (said, at));
        }
        self.typed = found;
        self.typed.values().map(|(_, at)| *at).max()
    }
}

/// Devices in `folder` whose names are `prefix` and a number; `/dev/tty0` stands for another of them.
fn devices(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let numbered = |name: &str| {
        let number = name.strip_prefix(prefix)?;
        (number.parse::<u32>().is_ok() && !(prefix == "tty" && number == "0")).then_some(())
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().and_then(numbered).is_some())
        .map(|it| it.path())
        .collect()
}

/// A wall-clock time in seconds, by a clock that is never set.
fn ago(now: Instant, seconds: i64) -> Option<Instant> {
    let at = UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?);
    now.checked_sub(SystemTime::now().duration_since(at).ok()?)
}

/// What the login manager says of the seat: it is told by desktops when they are left alone.
#[derive(Default)]
struct Seat {
    asked: Option<Instant>,
    said: Option<SeatView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SeatView {
    /// Nobody has logged in there.
    Empty,
    InUse,
    /// Since a time of the wall clock, in seconds.
    Left(i64),
}

impl Seat {
    /// When the seat was left, nothing inside where nobody has logged in there; nothing at all where there is
    /// no login manager to ask.
    async fn left_since(&mut self, now: Instant) -> Option<Option<Instant>> {
        if self.asked.is_none_or(|asked| now.saturating_duration_since(asked) >= SEAT_PAUSE) {
            self.asked = Some(now);
            self.said = ask().await.inspect_err(|error| tracing::debug!("no word of the seat: {error}")).ok();
        }
        Some(match self.said? {
            SeatView::Empty => None,
            SeatView::InUse => Some(now),
            SeatView::Left(at) => Some(ago(now, at).unwrap_or(now)),
        })
    }
}

async fn ask() -> io::Result<SeatView> {
    let properties = "--property=ActiveSession,IdleHint,IdleSinceHint";
    let mut command = Command::new("loginctl");
    command.args(["show-seat", "seat0", properties]).kill_on_drop(true);
    let output =
        tokio::time::timeout(SEAT_WAIT, command.output()).await.map_err(|_| io::ErrorKind::TimedOut)??;
    let said = String::from_utf8_lossy(&output.stdout);
    seat(&said).ok_or_else(|| io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// What `loginctl show-seat` prints: a line for each property.
fn seat(text: &str) -> Option<SeatView> {
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    if value("ActiveSession")?.is_empty() {
        return Some(SeatView::Empty);
    }
    match value("IdleHint")? {
        "yes" => {
            let since: i64 = value("IdleSinceHint")?.parse().ok()?;
            Some(SeatView::Left(since / 1_000_000))
        }
        _ => Some(SeatView::InUse),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_login_manager_says_is_read() {
        let cases = [
            ("ActiveSession=2\nIdleHint=no\nIdleSinceHint=0\n", Some(SeatView::InUse)),
            (
                "IdleHint=yes\nIdleSinceHint=1779462000123456\nActiveSession=2\n",
                Some(SeatView::Left(1_779_462_000)),
            ),
            ("ActiveSession=\nIdleHint=yes\nIdleSinceHint=0\n", Some(SeatView::Empty)),
            ("", None),
            ("ActiveSession=2\n", None),
        ];
        for (text, view) in cases {
            assert_eq!(seat(text), view, "{text}");
        }
    }

    #[test]
    fn only_numbered_devices_are_terminals_of_people() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["tty", "tty0", "tty1", "tty63", "ttyS0", "ptmx", "7"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names = |prefix| {
            let mut names: Vec<_> = devices(folder.path(), prefix)
                .iter()
                .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names("tty"), ["tty1", "tty63"]);
        assert_eq!(names(""), ["7"]);
    }
}
