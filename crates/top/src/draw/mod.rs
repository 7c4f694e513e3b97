//! Screens, drawn of what is known: only what the terminal shows of it is looked at.
//!
//! Every state has a letter or a sign of its own, so that nothing is lost without colours, and all of it is
//! ASCII, so that no font and no link in between can spoil it.

mod frame;
mod hosts;
mod job;
mod jobs;
mod joins;
mod look;
mod overlay;
mod paint;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::jobs::Queue;
use crate::place::Place;
use crate::words::{ago, plural};
use crate::{Link, Top};

pub use look::Look;
use paint::{Paint, Side};

/// Rows that every screen has besides its list: what the farm does, where one is, the heads of the columns,
/// what is said, and the keys.
pub(crate) const FURNITURE: usize = 5;
/// Less than this shows nothing.
const LEAST: (u16, u16) = (40, 8);
/// Rows of a job before its chunks.
const JOB_HEAD: u16 = 5;

/// Draws the screen.
pub(crate) fn draw(frame: &mut Frame<'_>, top: &Top, look: Look) {
    let area = frame.area();
    let mut paint = Paint { buffer: frame.buffer_mut(), look };
    if area.width < LEAST.0 || area.height < LEAST.1 {
        paint.text(area, 0, 0, "make the window larger", look.plain());
        return;
    }
    head(&mut paint, area, top);
    tabs(&mut paint, Rect { y: area.y + 1, height: 1, ..area }, top);
    let body = Rect { y: area.y + 2, height: area.height - 4, ..area };
    let hints = match top.place() {
        Place::Jobs => jobs::draw(&mut paint, body, top),
        Place::Job(_) => job::draw(&mut paint, body, top),
        Place::Frame { .. } => frame::draw(&mut paint, body, top),
        Place::Hosts => hosts::draw(&mut paint, body, top),
        Place::Host(_) => hosts::draw_one(&mut paint, body, top),
        Place::Joins => joins::draw(&mut paint, body, top),
    };
    let said = Rect { y: area.bottom() - 2, height: 1, ..area };
    if let Some(note) = &top.note {
        let style = if note.is_bad { look.bad() } else { look.good() };
        paint.text(said, 0, 0, &note.text, style);
    }
    let keys = Rect { y: area.bottom() - 1, height: 1, ..area };
    overlay::hints(&mut paint, keys, hints);
    overlay::draw(&mut paint, area, top);
}

/// The farm in a line.
fn head(paint: &mut Paint<'_>, area: Rect, top: &Top) {
    let look = paint.look;
    let line = Rect { height: 1, ..area };
    paint.fill(line, look.head());
    let (name, counts) = match &top.farm {
        Some((name, counts)) => (name.as_str(), Some(counts)),
        None => ("framefarm", None),
    };
    let link = match &top.link {
        Link::Connecting => ("connecting".to_owned(), look.head()),
        Link::Live => ("live".to_owned(), look.head()),
        Link::Lost(why) => (format!("LOST: {why}"), look.alarm()),
    };
    let mut x = paint.text(line, 1, 0, name, look.head().patch(look.strong()));
    if let Some(counts) = counts {
        let text = format!(
            "  {} on {}/{} slots of {}",
            plural(u64::from(counts.frames_running), "frame"),
            counts.slots_busy,
            counts.slots_total,
            plural(u64::from(counts.hosts_total), "host")
        );
        x += paint.text(line, 1 + x, 0, &text, look.head());
    }
    let width = u16::try_from(link.0.len()).unwrap_or(u16::MAX).min(line.width.saturating_sub(x + 4));
    let right = Rect { x: line.right() - width - 1, width, ..line };
    paint.cell(right, &link.0, Side::Right, link.1);
}

/// Where one is among the screens.
fn tabs(paint: &mut Paint<'_>, line: Rect, top: &Top) {
    let look = paint.look;
    let place = top.place();
    let is_job = |queue: Queue| {
        top.jobs.queue == queue && matches!(place, Place::Jobs | Place::Job(_) | Place::Frame { .. })
    };
    let mut tabs: Vec<(String, bool)> = Queue::ALL
        .iter()
        .zip(1..)
        .map(|(queue, key)| {
            let count = top.jobs.counts[*queue as usize];
            let more = if *queue == Queue::Done && count >= crate::farm::ENDED_MAX { "+" } else { "" };
            (format!("{key} {} {count}{more}", queue.title()), is_job(*queue))
        })
        .collect();
    tabs.push(("4 hosts".to_owned(), matches!(place, Place::Hosts | Place::Host(_))));
    tabs.push((format!("5 asking {}", top.joins.len()), *place == Place::Joins));
    let mut x = 0;
    for (text, here) in tabs {
        let text = if here { format!("[{text}]") } else { format!(" {text} ") };
        let style = if here { look.strong() } else { look.faint() };
        x += paint.text(line, x, 0, &text, style) + 1;
    }
    let way = match place {
        Place::Job(job) => format!("> job {job}"),
        Place::Frame { job, step, number } => format!("> job {job} > {step} {number}"),
        Place::Host(host) => format!("> {host}"),
        _ => String::new(),
    };
    paint.text(line, x, 0, &way, look.strong());
}

impl Top {
    /// Columns and rows of cells that the screen of a job shows.
    pub(crate) fn grid_room(&self) -> (usize, usize) {
        let steps = self.job.as_ref().map_or(1, |job| job.steps.len().clamp(1, job::STEPS_MAX));
        // A row of heads above the steps, one above and one below the cells.
        let rows = (self.rows + 1).saturating_sub(usize::from(JOB_HEAD) + steps + 3);
        (self.columns.saturating_sub(job::LABEL).max(1), rows.max(1))
    }

    fn ago(&self, then: model::Time) -> String {
        ago(then, self.now)
    }
}
