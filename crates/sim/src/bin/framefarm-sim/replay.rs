//! A traced history, run again: it must go the same way, line by line, and it can be stopped at each
//! happening.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use sim::{Options, Sink, World, watched};

/// What the commands are.
const HELP: &str = "enter: next happening; n 100: so many; until TEXT: up to one that says it; \
                    state schedule|resource|HOST; q: leave";

/// The first line of a trace.
pub(crate) fn head(options: &Options) -> String {
    format!("framefarm-sim trace 1 seed {} off {}", options.seed, options.off)
}

/// The history that a first line is of.
fn read_head(line: &str) -> io::Result<Options> {
    let words: Vec<&str> = line.split(' ').collect();
    let options = match words.as_slice() {
        ["framefarm-sim", "trace", "1", "seed", seed, "off", off] => {
            let off = off.parse().map_err(io::Error::other)?;
            seed.parse().ok().map(|seed| Options { seed, off, planted: None })
        }
        _ => None,
    };
    options.ok_or_else(|| io::Error::other(format!("it does not begin as a trace does: {line:?}")))
}

/// Runs the history of `path` again; whether it goes the same way and keeps its promises.
pub(crate) fn replay(path: &Path, step: bool) -> io::Result<bool> {
    let text = fs::read_to_string(path)?;
    let mut lines = text.lines();
    let options = read_head(lines.next().unwrap_or_default())?;
    let mut replay = Replay::new(&options, lines);
    let mut wish = if step { Wish::Happenings(0) } else { Wish::Happenings(u64::MAX) };
    loop {
        if step && wish.is_fulfilled(&replay.told) {
            for line in replay.told.drain(..) {
                println!("{line}");
            }
            match ask(&replay.world)? {
                Some(new) => wish = new,
                None => return Ok(true),
            }
        }
        if step && matches!(wish, Wish::Happenings(_)) {
            replay.told.iter().for_each(|line| println!("{line}"));
        }
        replay.told.clear();
        if let Some(over) = replay.advance() {
            replay.told.iter().filter(|_| step).for_each(|line| println!("{line}"));
            return Ok(over);
        }
        wish.goes_on();
    }
}

struct Replay<'a> {
    world: World,
    lines: std::str::Lines<'a>,
    at: u64,
    sink: Arc<Mutex<Vec<String>>>,
    /// Lines of the last happening.
    told: Vec<String>,
}

impl<'a> Replay<'a> {
    fn new(options: &Options, lines: std::str::Lines<'a>) -> Self {
        let sink = Arc::new(Mutex::new(Vec::new()));
        let into = sink.clone();
        let push: Sink = Box::new(move |line| {
            if let Ok(mut lines) = into.lock() {
                lines.push(line.to_owned());
            }
        });
        let world = World::new(options, Some(push));
        let mut replay = Self { world, lines, at: 1, sink, told: Vec::new() };
        replay.take();
        replay
    }

    /// Lets the next thing happen; where it ends here, whether all was well.
    fn advance(&mut self) -> Option<bool> {
        let mut more = false;
        let broken = watched(|| more = self.world.advance());
        let same = self.take();
        if let Some(broken) = broken {
            println!("breaks {:?}: {}", broken.oracle, broken.how);
            return Some(false);
        }
        if !same {
            return Some(false);
        }
        if !more {
            println!("the history is over: {:?}", self.world.summary());
            return Some(true);
        }
        None
    }

    /// Takes the new lines and holds them against the trace.
    fn take(&mut self) -> bool {
        let new = self.sink.lock().map(|mut lines| std::mem::take(&mut *lines)).unwrap_or_default();
        for line in new {
            self.at += 1;
            let traced = self.lines.next();
            if traced != Some(line.as_str()) {
                println!("line {} of the trace goes another way; the program has changed since", self.at);
                println!("  traced: {}", traced.unwrap_or("nothing more"));
                println!("  now:    {line}");
                return false;
            }
            self.told.push(line);
        }
        true
    }
}

/// How far to go.
enum Wish {
    Happenings(u64),
    Until(String),
}

impl Wish {
    fn is_fulfilled(&self, told: &[String]) -> bool {
        match self {
            Self::Happenings(left) => *left == 0,
            Self::Until(text) => told.iter().any(|line| line.contains(text.as_str())),
        }
    }

    const fn goes_on(&mut self) {
        if let Self::Happenings(left) = self {
            *left = left.saturating_sub(1);
        }
    }
}

/// Asks what to do next; nothing where the person has seen enough.
fn ask(world: &World) -> io::Result<Option<Wish>> {
    let mut line = String::new();
    loop {
        print!("> ");
        io::stdout().flush()?;
        line.clear();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let words = line.trim();
        match words.split_once(' ').unwrap_or((words, "")) {
            ("", _) => return Ok(Some(Wish::Happenings(1))),
            ("q", _) => return Ok(None),
            ("n", count) if count.parse::<u64>().is_ok_and(|count| count > 0) => {
                return Ok(Some(Wish::Happenings(count.parse().unwrap_or(1))));
            }
            ("until", text) if !text.is_empty() => return Ok(Some(Wish::Until(text.to_owned()))),
            ("state", of) => match world.state(of) {
                Some(state) => println!("{state}"),
                None => println!("there is no server {of:?}"),
            },
            _ => println!("{HELP}"),
        }
    }
}
