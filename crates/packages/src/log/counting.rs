//! How far the run is, from what is said of the frame at work and of frames that begin and end.

/// A fall of this many thousandths means that the package goes over the frame again.
const FALL: u16 = 50;

/// Counts the frames of a run. What it says never falls and never exceeds 1000.
#[derive(Clone, Debug)]
pub(super) struct Counting {
    frames: Vec<i64>,
    done: Vec<bool>,
    /// The frame at work, as an index.
    at: Option<usize>,
    /// Whether frames are told apart at all; else what is said is of all of them.
    by_frame: bool,
    /// What the package said last, in this pass.
    pass: u16,
    /// Where this pass began.
    base: u16,
    /// Where this pass will end.
    top: u16,
    /// Where the first pass of a frame ends.
    first: u16,
    /// Most thousandths of a frame that is not done.
    most: u16,
    shown: u16,
}

impl Counting {
    pub(super) fn new(frames: &[i64], by_frame: bool, most: u16, first: u16) -> Self {
        Self {
            frames: frames.to_vec(),
            done: vec![false; frames.len()],
            at: None,
            by_frame,
            pass: 0,
            base: 0,
            top: first,
            first,
            most,
            shown: 0,
        }
    }

    /// Whether every frame is done.
    pub(super) fn is_through(&self) -> bool {
        self.done.iter().all(|done| *done)
    }

    /// The frame at work, else the first that is not done.
    fn now(&self) -> Option<usize> {
        self.at.filter(|at| !self.done[*at]).or_else(|| self.done.iter().position(|done| !done))
    }

    /// The frame that `number` is of this run; without a number the one at work.
    pub(super) fn which(&self, number: Option<i64>) -> Option<usize> {
        match number {
            Some(number) => self.frames.iter().position(|frame| *frame == number),
            None => self.now(),
        }
    }

    /// A frame begins. Its number, and the one before if that has ended without a word.
    pub(super) fn begins(&mut self, number: Option<i64>) -> (Option<i64>, Option<i64>) {
        let next = match number {
            Some(_) => self.which(number),
            None => {
                let after = self.at.map_or(0, |at| at + 1);
                (after < self.frames.len()).then_some(after)
            }
        };
        let Some(next) = next.filter(|next| self.at != Some(*next)) else { return (None, None) };
        let before = self.at.filter(|before| !self.done[*before]);
        self.at = Some(next);
        self.start_over();
        (Some(self.frames[next]), before.map(|before| self.frames[before]))
    }

    /// A frame has ended. Its number, if that is news.
    pub(super) fn ends(&mut self, number: Option<i64>) -> Option<i64> {
        let which = self.which(number).filter(|which| !self.done[*which])?;
        self.done[which] = true;
        if self.at.is_none_or(|at| at <= which) {
            self.start_over();
        }
        Some(self.frames[which])
    }

    fn start_over(&mut self) {
        (self.pass, self.base, self.top) = (0, 0, self.first);
    }

    /// The package has said so many thousandths of the frame at work.
    pub(super) fn said(&mut self, thousandths: u16) {
        if thousandths.saturating_add(FALL) < self.pass {
            self.base = self.base.max(self.reached());
            self.top = self.most;
        }
        self.pass = thousandths;
    }

    /// Thousandths of the frame under way.
    fn reached(&self) -> u16 {
        let rest = u32::from(self.top.saturating_sub(self.base));
        self.base + u16::try_from(u32::from(self.pass) * rest / 1000).unwrap_or(0)
    }

    /// Thousandths of the run, where that is more than was shown.
    pub(super) fn news(&mut self) -> Option<u16> {
        let through = self.done.iter().filter(|done| **done).count();
        let now = if self.by_frame {
            let reached = if self.is_through() { 0 } else { u64::from(self.reached()) };
            (through as u64 * 1000 + reached) / self.frames.len().max(1) as u64
        } else if self.is_through() && !self.frames.is_empty() {
            1000
        } else {
            u64::from(self.reached())
        };
        self.show(u16::try_from(now).unwrap_or(1000))
    }

    /// The same where the package speaks of the run itself.
    pub(super) fn said_of_all(&mut self, thousandths: u16) -> Option<u16> {
        self.show(thousandths)
    }

    fn show(&mut self, now: u16) -> Option<u16> {
        let more = now.min(1000) > self.shown;
        self.shown = self.shown.max(now.min(1000));
        more.then_some(self.shown)
    }
}
