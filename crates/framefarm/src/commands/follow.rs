//! The progress of a job while one waits: a bar on a terminal, a line from time to time elsewhere.

use std::fmt::Display as Text;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::{JobState, JobView};

use super::now;
use crate::output::{Talk, duration, percent};

/// Without a terminal, progress alone is told this often.
const TOLD_EVERY: Duration = Duration::from_secs(10);
/// Less progress than this tells nothing about the time that is left.
const FORESEEABLE_PERMILLE: u32 = 20;

pub(super) struct Display {
    talk: Talk,
    bar: Option<ProgressBar>,
    /// What has been told without a terminal, and when.
    told: Option<(String, Instant)>,
    connected: bool,
}

impl Display {
    pub(super) fn new(talk: Talk) -> Self {
        let bar = talk.is_lively().then(|| {
            let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr_with_hz(10));
            let template = "{prefix} {bar:20.cyan/blue} {percent:>3}%  {wide_msg}";
            // The template is fixed and sound; were it not, the plain bar would do.
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("━━─");
            bar.set_style(style);
            bar
        });
        Self { talk, bar, told: None, connected: false }
    }

    /// Whether the last that was shown came from the farm.
    pub(super) const fn is_connected(&self) -> bool {
        self.connected
    }

    pub(super) fn show(&mut self, job: &JobView) {
        self.connected = true;
        if let Some(bar) = &self.bar {
            bar.set_prefix(format!("job {} {}", job.id, job.name));
            bar.set_position(job.progress_permille.min(1000).into());
            bar.set_message(state(job));
            bar.tick();
            return;
        }
        let why = job.waiting_because.clone().unwrap_or_default();
        let kind = format!("{:?} {} {why}", job.state, job.frames_failed);
        let due = self.told.as_ref().is_none_or(|(told, at)| *told != kind || at.elapsed() >= TOLD_EVERY);
        if due {
            let progress = percent(job.progress_permille);
            self.talk.say(format_args!("job {} {:?}: {progress}, {}", job.id, job.name, state(job)));
            self.told = Some((kind, Instant::now()));
        }
    }

    /// The farm cannot be reached for now.
    pub(super) fn lost(&mut self, error: &impl Text) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{error}; waiting for it to come back"));
            bar.tick();
        } else if self.connected {
            self.talk.warn(format_args!("{error}; waiting for it to come back"));
        }
        self.connected = false;
    }

    /// Makes room for what is said last.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `2 min 10 s left, 12 of 60 frames, 4 running`, and why nothing moves where that is so. What matters most
/// comes first, since a narrow terminal cuts the end.
fn state(job: &JobView) -> String {
    let mut text = left(job).map(|left| format!("{} left, ", duration(left))).unwrap_or_default();
    text.push_str(&format!("{} of {} frames", job.frames_done, job.frames_total));
    let mut add = |part: String| {
        text.push_str(", ");
        text.push_str(&part);
    };
    if job.frames_running > 0 {
        add(format!("{} running", job.frames_running));
    }
    if job.frames_failed > 0 {
        add(format!("{} failed", job.frames_failed));
    }
    match &job.waiting_because {
        // While its frames run, that the rest waits for slots is nothing to be told.
        Some(why) if job.frames_running > 0 && why.ends_with("busy") => {}
        Some(why) => add(format!("waiting: {why}")),
        None if job.state == JobState::Held => add("on hold".to_owned()),
        _ => {}
    }
    text
}

/// Milliseconds to the end, if it goes on as it went.
fn left(job: &JobView) -> Option<u64> {
    let progress = job.progress_permille;
    if job.frames_running == 0 || !(FORESEEABLE_PERMILLE..1000).contains(&progress) {
        return None;
    }
    let gone = now().since_ms(job.started_at?);
    let left = gone.saturating_mul(u64::from(1000 - progress)) / u64::from(progress);
    (left >= 1_000).then_some(left)
}
