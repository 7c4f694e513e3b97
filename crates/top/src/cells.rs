//! The chunks of a job as a byte each, and the cursor among them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{FrameSet, GridNews, GridView, JobId};

use crate::Key;

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Waiting,
    /// How far, in sixteenths.
    Running(u8),
    Done,
    Warned,
    Failed,
    Killed,
}

impl From<u8> for Cell {
    fn from(byte: u8) -> Self {
        match (byte & 7, byte & 8) {
            (1, _) => Self::Running(byte >> 4),
            (2, 0) => Self::Done,
            (2, _) => Self::Warned,
            (3, _) => Self::Failed,
            (4, _) => Self::Killed,
            _ => Self::Waiting,
        }
    }
}

impl Cell {
    /// How much it wants a person to look, where one cell stands for several.
    const fn weight(self) -> u8 {
        match self {
            Self::Failed => 6,
            Self::Running(_) => 5,
            Self::Warned => 4,
            Self::Waiting => 3,
            Self::Killed => 2,
            Self::Done => 1,
        }
    }
}

/// A step's chunks.
#[derive(Clone, Debug)]
pub(crate) struct StepCells {
    pub(crate) name: String,
    numbers: Option<FrameSet>,
    chunk: u32,
    pub(crate) cells: Vec<u8>,
}

/// The chunks of a job.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) job: JobId,
    pub(crate) steps: Vec<StepCells>,
    /// The step that is shown.
    pub(crate) step: usize,
    /// The chunk under the cursor.
    pub(crate) at: usize,
    /// One cell stands for as many chunks as make all of them fit the screen.
    pub(crate) whole: bool,
}

impl Grid {
    pub(crate) fn new(job: JobId, view: GridView) -> Self {
        let steps = view.steps.into_iter().map(|step| StepCells {
            name: step.name,
            numbers: step.numbers.parse().ok(),
            chunk: step.chunk_size.max(1),
            cells: STANDARD.decode(step.cells).unwrap_or_default(),
        });
        Self { job, steps: steps.collect(), step: 0, at: 0, whole: false }
    }

    /// The same as what was looked at before, at the same place.
    pub(crate) fn at_the_place_of(mut self, before: Option<Self>) -> Self {
        if let Some(before) = before.filter(|before| before.job == self.job && before.step < self.steps.len())
        {
            (self.step, self.at, self.whole) = (before.step, before.at, before.whole);
        }
        self
    }

    pub(crate) fn change(&mut self, news: &GridNews) {
        for (step, index, cell) in &news.changes {
            let step = self.steps.get_mut(usize::from(step.0));
            let index = usize::try_from(*index).unwrap_or(usize::MAX);
            if let Some(held) = step.and_then(|step| step.cells.get_mut(index)) {
                *held = *cell;
            }
        }
    }

    pub(crate) fn current(&self) -> Option<&StepCells> {
        self.steps.get(self.step)
    }

    /// How many chunks a cell stands for on a screen of so many cells.
    pub(crate) fn scale(&self, room: usize) -> usize {
        let all = self.current().map_or(0, |step| step.cells.len());
        if self.whole { all.div_ceil(room.max(1)).max(1) } else { 1 }
    }

    /// What is shown of the chunks from `from` on, `scale` of which are one cell.
    pub(crate) fn shown(&self, from: usize, scale: usize) -> Option<Cell> {
        let cells = &self.current()?.cells;
        let of = cells.get(from..cells.len().min(from + scale))?;
        of.iter().map(|byte| Cell::from(*byte)).max_by_key(|cell| cell.weight())
    }

    /// Moves the cursor on a screen with so many columns and rows of cells.
    pub(crate) fn move_by(&mut self, key: Key, columns: usize, rows: usize) -> bool {
        let Some(step) = self.current() else { return false };
        let last = step.cells.len().saturating_sub(1);
        let scale = self.scale(columns * rows);
        let row = columns * scale;
        self.at = match key {
            Key::Left => self.at.saturating_sub(scale),
            Key::Right => (self.at + scale).min(last),
            Key::Up | Key::Char('k') => self.at.saturating_sub(row),
            Key::Down | Key::Char('j') => (self.at + row).min(last),
            Key::PageUp => self.at.saturating_sub(row * rows),
            Key::PageDown => (self.at + row * rows).min(last),
            Key::Home | Key::Char('g') => 0,
            Key::End | Key::Char('G') => last,
            _ => return false,
        };
        true
    }

    /// To the next step, or the one before.
    pub(crate) fn turn(&mut self, back: bool) {
        let steps = self.steps.len().max(1);
        self.step = (self.step + if back { steps - 1 } else { 1 }) % steps;
        self.at = 0;
    }

    /// To the next chunk that failed, around the end, or that has warnings where none failed; false where
    /// there is neither.
    pub(crate) fn next_bad(&mut self) -> bool {
        let Some(step) = self.current() else { return false };
        let cells = || {
            let around = step.cells.iter().enumerate().cycle().skip(self.at + 1);
            around.take(step.cells.len()).map(|(at, byte)| (at, Cell::from(*byte)))
        };
        let next = |wanted: Cell| cells().find(|(_, cell)| *cell == wanted).map(|(at, _)| at);
        let found = next(Cell::Failed).or_else(|| next(Cell::Warned));
        self.at = found.unwrap_or(self.at);
        found.is_some()
    }

    /// The step and the number of the frame under the cursor.
    pub(crate) fn frame(&self) -> Option<(String, i64)> {
        let step = self.current()?;
        Some((step.name.clone(), step.number(self.at)?))
    }
}

impl StepCells {
    /// The number of the first frame of a chunk.
    pub(crate) fn number(&self, at: usize) -> Option<i64> {
        let place = u32::try_from(at).ok()?.checked_mul(self.chunk)?;
        self.numbers.as_ref()?.number(place)
    }

    /// How many cells are in each state: waiting, running, done, warned, failed, killed.
    pub(crate) fn tally(&self) -> [usize; 6] {
        let mut tally = [0; 6];
        for byte in &self.cells {
            let place = match Cell::from(*byte) {
                Cell::Waiting => 0,
                Cell::Running(_) => 1,
                Cell::Done => 2,
                Cell::Warned => 3,
                Cell::Failed => 4,
                Cell::Killed => 5,
            };
            tally[place] += 1;
        }
        tally
    }
}
