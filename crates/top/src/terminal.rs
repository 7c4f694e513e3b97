//! The terminal: keys in, screens out, and nothing left behind when it ends.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use model::Time;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event as TermEvent, KeyCode, KeyEventKind, KeyModifiers};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Instant, interval, sleep, sleep_until};
use wire::{Client, ClientError};

use crate::draw::{Look, draw};
use crate::farm::{Came, Farm};
use crate::record::{self, RecordError};
use crate::{Action, Event, Key, Top};

/// Between two screens, however much happens.
const PAUSE: Duration = Duration::from_millis(40);
/// Between two looks whether the reader of keys is still wanted.
const LOOK: Duration = Duration::from_millis(100);
/// Events taken before the next screen.
const BATCH_MAX: usize = 1_000;

/// What the screen shows.
#[derive(Clone, Debug)]
pub enum Source {
    /// A farm.
    Farm(Client),
    /// What happened once and was written into this file; nothing is asked of any farm.
    Record(PathBuf),
}

/// Why the screen cannot be shown or does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is none.
    #[error("this is no terminal, and a screen needs one")]
    NoTerminal,
    /// It does not do what it should.
    #[error("the terminal cannot be used")]
    Terminal(#[from] io::Error),
    /// The farm does not let us in.
    #[error(transparent)]
    Farm(#[from] ClientError),
    /// The file of a record.
    #[error("cannot use the record {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// What is in it.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Shows a farm until the person leaves. What happens meanwhile is written into the file at `record`, where
/// that is given, so that it can be shown again.
///
/// # Errors
/// Where there is no terminal, or nobody is let in.
pub async fn run(source: Source, look: Look, record: Option<&Path>) -> Result<(), RunError> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(RunError::NoTerminal);
    }
    let (to, came) = channel(1_024);
    let (mut farm, mut played) = (None, Vec::new());
    match source {
        Source::Farm(client) => farm = Some(Farm::new(client, to)),
        Source::Record(path) => played = record::read(BufReader::new(open(&path, File::open)?))?,
    }
    // Before the screen is taken, so that a refusal can be read.
    let first = match &farm {
        Some(farm) => Some(farm.rank().await?),
        None => None,
    };
    let record = record.map(|path| open(path, File::create)).transpose()?;
    let terminal = ratatui::try_init()?;
    let screen = Screen { top: Top::default(), farm, look, terminal, record };
    let ended = screen.go(came, first, played).await;
    ratatui::restore();
    ended
}

fn open<'a>(path: &'a Path, how: impl FnOnce(&'a Path) -> io::Result<File>) -> Result<File, RunError> {
    how(path).map_err(|source| RunError::File { path: path.to_owned(), source })
}

struct Screen {
    top: Top,
    /// None where a record is shown.
    farm: Option<Farm>,
    look: Look,
    terminal: DefaultTerminal,
    record: Option<File>,
}

/// Whether the person has left.
type Left = bool;

impl Screen {
    async fn go(
        mut self,
        mut came: Receiver<Came>,
        first: Option<Event>,
        played: Vec<Event>,
    ) -> Result<(), RunError> {
        let (keys, stop) = read_keys();
        let mut keys = Keys { keys, _stop: stop };
        let size = self.terminal.size()?;
        let begin = [Event::Size { columns: size.width, rows: size.height }, Event::Moment(now())];
        for event in begin.into_iter().chain(first) {
            self.takes(event)?;
        }
        let (mut terminate, mut hang_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
        let mut played = played.into_iter();
        let mut second = interval(Duration::from_secs(1));
        let mut next_screen = Instant::now();
        let mut is_old = true;
        loop {
            let event = tokio::select! {
                _ = terminate.recv() => return Ok(()),
                _ = hang_up.recv() => return Ok(()),
                key = keys.keys.recv() => match key {
                    Some(event) => Some(event),
                    None => return Ok(()),
                },
                Some(came) = came.recv() => self.takes_in(came),
                _ = second.tick(), if self.farm.is_some() => Some(Event::Moment(now())),
                () = sleep(PAUSE), if played.len() > 0 => played.next(),
                () = sleep_until(next_screen), if is_old => {
                    self.draws()?;
                    (is_old, next_screen) = (false, Instant::now() + PAUSE);
                    continue;
                }
            };
            let more = std::iter::from_fn(|| came.try_recv().ok()).take(BATCH_MAX);
            let more: Vec<Event> = more.filter_map(|came| self.takes_in(came)).collect();
            for event in event.into_iter().chain(more) {
                if self.takes(event)? {
                    return Ok(());
                }
                is_old = true;
            }
        }
    }

    fn draws(&mut self) -> Result<(), RunError> {
        let (top, look) = (&self.top, self.look);
        self.terminal.draw(|frame| draw(frame, top, look))?;
        Ok(())
    }

    fn takes(&mut self, event: Event) -> Result<Left, RunError> {
        if let Some(record) = &mut self.record {
            record::note(record, &event)?;
        }
        for action in self.top.happens(event) {
            match (action, &mut self.farm) {
                (Action::Quit, _) => return Ok(true),
                (_, None) => {}
                (Action::Follow(topics), Some(farm)) => farm.follow(topics),
                (Action::Fetch(want), Some(farm)) => farm.fetch(want),
                (Action::Order(order), Some(farm)) => farm.order(order),
            }
        }
        Ok(false)
    }

    fn takes_in(&mut self, came: Came) -> Option<Event> {
        self.farm.as_mut()?.take(came)
    }
}

/// The keys of the person, until this is dropped.
struct Keys {
    keys: Receiver<Event>,
    _stop: Stop,
}

/// Ends the reader of keys.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn read_keys() -> (Receiver<Event>, Stop) {
    let (to, keys) = channel(256);
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Stop(stopped.clone());
    std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            let read = match event::poll(LOOK) {
                Ok(false) => continue,
                Ok(true) => event::read(),
                Err(error) => Err(error),
            };
            // A terminal that is gone ends it: nobody hears keys any more.
            let Ok(read) = read else { return };
            if let Some(event) = heard(&read)
                && to.blocking_send(event).is_err()
            {
                return;
            }
        }
    });
    (keys, stop)
}

fn heard(event: &TermEvent) -> Option<Event> {
    match event {
        TermEvent::Resize(columns, rows) => Some(Event::Size { columns: *columns, rows: *rows }),
        TermEvent::Key(key) if key.kind != KeyEventKind::Release => {
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            Some(Event::Key(match key.code {
                KeyCode::Char('c') if control => Key::Interrupt,
                KeyCode::Char(letter) if !control => Key::Char(letter),
                KeyCode::Enter => Key::Enter,
                KeyCode::Esc => Key::Esc,
                KeyCode::Tab => Key::Tab,
                KeyCode::BackTab => Key::BackTab,
                KeyCode::Up => Key::Up,
                KeyCode::Down => Key::Down,
                KeyCode::Left => Key::Left,
                KeyCode::Right => Key::Right,
                KeyCode::PageUp => Key::PageUp,
                KeyCode::PageDown => Key::PageDown,
                KeyCode::Home => Key::Home,
                KeyCode::End => Key::End,
                KeyCode::Backspace => Key::Backspace,
                _ => return None,
            }))
        }
        _ => None,
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(0))
}
