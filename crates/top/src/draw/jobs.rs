//! The queues of jobs.

use model::JobView;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::look::job_word;
use super::paint::{Column, Paint, Side};
use crate::Top;
use crate::list::shown;
use crate::words::{ago, until};

/// Wide enough to say as well what a job waits for.
const WIDE: u16 = 110;
/// Cells of a bar.
const BAR: u32 = 10;

pub(super) fn draw(paint: &mut Paint<'_>, area: Rect, top: &Top) -> &'static str {
    let mut columns: Vec<Column> = vec![
        ("", 1, Side::Left),
        ("ID", 6, Side::Right),
        ("NAME", 0, Side::Left),
        ("USER", 8, Side::Left),
        ("PRIO", 4, Side::Right),
        ("STATE", 6, Side::Left),
        ("PROGRESS", 15, Side::Left),
        ("FRAMES", 11, Side::Right),
    ];
    if area.width >= WIDE {
        columns.push(("", 0, Side::Left));
    }
    paint.heads(Rect { height: 1, ..area }, &columns);
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if top.jobs.len() == 0 {
        paint.text(body, 1, 0, nothing(top), paint.look.faint());
    }
    let cursor = top.jobs.cursor();
    for (line, place) in (body.y..).zip(shown(cursor, top.jobs.len(), usize::from(body.height))) {
        let Some(job) = top.jobs.at(place) else { continue };
        let row = Rect { y: line, height: 1, ..body };
        let marked = job.id.parse().is_ok_and(|id| top.jobs.marked.contains(&id));
        let texts = row_of(paint, job, marked, top);
        paint.row(row, &columns, &texts);
        if place == cursor {
            paint.fill(row, paint.look.cursor());
        }
    }
    "Enter open  Space mark  h hold  r release  t retry  p priority  x kill  / filter"
}

fn nothing(top: &Top) -> &'static str {
    match (top.jobs.loaded, top.jobs.filter.is_empty()) {
        (false, _) => "...",
        (true, true) => "no jobs here",
        (true, false) => "no job fits the filter",
    }
}

fn row_of(paint: &Paint<'_>, job: &JobView, marked: bool, top: &Top) -> Vec<(String, Style)> {
    let look = paint.look;
    let frames = match job.frames_failed {
        0 => format!("{}/{}", job.frames_done, job.frames_total),
        failed => format!("{failed}X {}/{}", job.frames_done, job.frames_total),
    };
    let frames_look = if job.frames_failed > 0 { look.bad() } else { look.plain() };
    let percent = job.progress_permille / 10;
    vec![
        (if marked { "*" } else { "" }.to_owned(), look.strong()),
        (job.id.clone(), look.plain()),
        (job.name.clone(), look.strong()),
        (job.user.clone(), look.plain()),
        (job.priority.to_string(), look.plain()),
        (job_word(job.state).to_owned(), look.job(job.state)),
        (format!("{} {percent:>3}%", bar(job)), look.job(job.state)),
        (frames, frames_look),
        (remark(job, top), look.faint()),
    ]
}

/// How the frames stand: done, failed, running, waiting.
fn bar(job: &JobView) -> String {
    let total = u64::from(job.frames_total.max(1));
    let cells = |frames: u32| u64::from(frames) * u64::from(BAR) / total;
    let some = |frames: u32| if frames > 0 { cells(frames).max(1) } else { 0 };
    let (failed, running) = (some(job.frames_failed), some(job.frames_running));
    let done = cells(job.frames_done).min(u64::from(BAR).saturating_sub(failed + running));
    let mut bar = String::new();
    for (sign, count) in [("#", done), ("X", failed), (">", running)] {
        bar.push_str(&sign.repeat(usize::try_from(count).unwrap_or(0)));
    }
    format!("{bar:.<width$.width$}", width = BAR as usize)
}

/// What there is to say besides: when it ended or will, or what it waits for.
pub(super) fn remark(job: &JobView, top: &Top) -> String {
    if let Some(ended) = job.ended_at {
        return format!("ended {}", ago(ended, top.now));
    }
    let eta = job.eta.as_ref().map(|eta| format!("done {}", until(eta.at, top.now)));
    let waits = job.waiting_because.as_ref().filter(|_| job.frames_running == 0);
    waits.cloned().or(eta).unwrap_or_default()
}
