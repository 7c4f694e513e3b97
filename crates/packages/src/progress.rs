//! How far a package is, read from its log while it arrives.

use std::fs::File;
use std::io::Read;

use crate::Invocation;
use crate::definition::{Definition, ProgressRule};

/// Longest line that is looked at; the rest of a longer one is dropped.
const LINE_MAX: usize = 4096;
/// A fall of this many thousandths means that the package goes over the frame again.
const FALL: u16 = 50;
/// As much of a scene is looked at, in bytes.
const SCENE_MAX: u64 = 1 << 20;

/// Reads a log piece by piece. What it says never falls and never exceeds 1000.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    rule: Option<&'a ProgressRule>,
    line: Vec<u8>,
    /// What the package said last, in this pass.
    pass: u16,
    /// Where this pass began.
    base: u16,
    /// Where this pass will end.
    top: u16,
    /// Where the first pass of a frame ends.
    first: u16,
    /// Frames that the log tells of one after the other.
    frames: u32,
    /// Those of them that are done.
    done: u32,
    shown: u16,
}

impl<'a> Progress<'a> {
    /// Nothing read yet.
    #[must_use]
    pub fn new(definition: &'a Definition) -> Self {
        let rule = definition.progress.as_ref();
        let top = rule.map_or(1000, |rule| rule.most);
        Self { rule, line: Vec::new(), pass: 0, base: 0, top, first: top, frames: 1, done: 0, shown: 0 }
    }

    /// Nothing read yet of `invocation`, whose scene may tell that its first pass is a part of the frame.
    #[must_use]
    pub fn of(invocation: &Invocation<'a>) -> Self {
        let mut progress = Self::new(invocation.definition);
        let twice = invocation.definition.progress.as_ref().and_then(|rule| rule.twice.as_ref());
        if let (Some(twice), Some(scene)) = (twice, &invocation.step.work.scene) {
            let mut text = Vec::new();
            // A scene that cannot be read only costs the guess; the package itself says what is wrong.
            let read = File::open(invocation.job_folder.join(scene.as_str()))
                .and_then(|file| file.take(SCENE_MAX).read_to_end(&mut text));
            if read.is_ok() && twice.scene.regex().is_match(&String::from_utf8_lossy(&text)) {
                (progress.top, progress.first) = (twice.first, twice.first);
            }
        }
        // A package that does not say when a frame is finished speaks of all that it was asked for.
        if progress.rule.is_some_and(|rule| rule.finished.is_some()) {
            progress.frames = u32::try_from(invocation.more.len()).unwrap_or(u32::MAX).saturating_add(1);
        }
        progress
    }

    /// Reads on. Thousandths done, where these bytes say more than was known.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<u16> {
        let rule = self.rule?;
        let before = self.shown;
        for byte in bytes {
            match byte {
                b'\r' | b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    self.read(rule, &String::from_utf8_lossy(&line));
                }
                byte if self.line.len() < LINE_MAX => self.line.push(*byte),
                _ => {}
            }
        }
        (self.shown > before).then_some(self.shown)
    }

    fn read(&mut self, rule: &ProgressRule, line: &str) {
        if rule.finished.as_ref().is_some_and(|finished| finished.regex().is_match(line)) {
            self.done = self.frames.min(self.done + 1);
            (self.pass, self.base, self.top) = (0, 0, self.first);
            self.show(0);
            return;
        }
        let Some(said) = rule.patterns.iter().find_map(|pattern| said(pattern.regex(), line)) else { return };
        if said.saturating_add(FALL) < self.pass {
            self.base = self.base.max(self.reached());
            self.top = rule.most;
        }
        self.pass = said;
        self.show(self.reached());
    }

    /// Thousandths of the frame under way.
    fn reached(&self) -> u16 {
        let rest = u32::from(self.top.saturating_sub(self.base));
        self.base + u16::try_from(u32::from(self.pass) * rest / 1000).unwrap_or(0)
    }

    /// Shows the frames that are done and `reached` of the next, where that is more than was shown.
    fn show(&mut self, reached: u16) {
        if self.done < self.frames || reached == 0 {
            let all = (u64::from(self.done) * 1000 + u64::from(reached)) / u64::from(self.frames);
            self.shown = self.shown.max(u16::try_from(all).unwrap_or(1000));
        }
    }
}

/// The thousandths that `line` speaks of.
fn said(pattern: &regex::Regex, line: &str) -> Option<u16> {
    let groups = pattern.captures(line)?;
    let number = |at: usize| groups.get(at).and_then(|group| group.as_str().parse::<f64>().ok());
    let share = match (number(1)?, number(2)) {
        (done, Some(total)) if total > 0.0 => done / total,
        (_, Some(_)) => return None,
        (percent, None) => percent / 100.0,
    };
    // Cut, not rounded: 99.99 % is not done. Within 0 to 1000 the cast is exact.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some((share.clamp(0.0, 1.0) * 1000.0 + 1e-6) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Library;

    fn shown(package: &str, pieces: &[&str]) -> Vec<Option<u16>> {
        let library = Library::embedded();
        let mut progress = Progress::new(library.get(package).unwrap());
        pieces.iter().map(|piece| progress.feed(piece.as_bytes())).collect()
    }

    #[test]
    fn lines_end_with_cr_or_lf_and_come_in_pieces() {
        let pieces =
            ["Rendered 10", "24 of 4096 pixels (25%)", "\r", "Rendered 2048 of 4096 pixels (50%)\r\n"];
        assert_eq!(shown("povray", &pieces), [None, None, Some(237), Some(475)]);
        let end = ["Rendered 4096 of 4096 pixels (100%)\n", "  Trace Time:       0 hours\n", "x\n"];
        assert_eq!(shown("povray", &end), [Some(950), Some(1000), None]);
    }

    #[test]
    fn a_second_pass_goes_on_from_the_first() {
        let pieces = ["Rendered 76720 of 76800 pixels\r", "Rendered 1024 of 76800 pixels\r"];
        assert_eq!(shown("povray", &pieces), [Some(948), None]);
        let small = [
            "Rendered 50 of 100 pixels\r",
            "Rendered 0 of 100 pixels\r",
            "Rendered 100 of 100 pixels\r",
            "Rendered 3 of 0 pixels\r",
        ];
        assert_eq!(shown("povray", &small), [Some(475), None, Some(950), None]);
    }

    #[test]
    fn commands_speak_in_the_lines_that_farms_agreed_on() {
        let pieces =
            ["openjd_progress: 42\n", "ALF_PROGRESS 43%\n", "TR_PROGRESS 042%\n", "TR_PROGRESS 100%\n"];
        assert_eq!(shown("command", &pieces), [Some(420), Some(430), None, Some(1000)]);
        assert_eq!(shown("command", &["openjd_progress: 99.99\nopenjd_progress: 400\n"]), [Some(1000)]);
        assert_eq!(shown("command", &["openjd_progress: -3\n", "50%\n"]), [None, None]);
    }
}
