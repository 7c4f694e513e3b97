//! A job: what it is, its steps, and all its chunks.

use model::JobView;
use ratatui::layout::Rect;

use super::JOB_HEAD;
use super::jobs::remark;
use super::look::{job_word, sign};
use super::paint::{Column, Paint, Side};
use crate::Top;
use crate::cells::Grid;
use crate::list::shown;
use crate::words::{duration, plural};

/// So many steps are listed.
pub(crate) const STEPS_MAX: usize = 4;
/// Before each row of cells stands the number of its first frame.
pub(crate) const LABEL: usize = 9;

pub(super) fn draw(paint: &mut Paint<'_>, area: Rect, top: &Top) -> &'static str {
    let Some(job) = &top.job else {
        paint.text(area, 1, 0, "...", paint.look.faint());
        return "Esc back";
    };
    head(paint, Rect { height: JOB_HEAD.min(area.height), ..area }, job, top);
    let steps = u16::try_from(job.steps.len().clamp(1, STEPS_MAX)).unwrap_or(1);
    let at = area.y + JOB_HEAD;
    let list = Rect { y: at, height: (steps + 1).min(area.bottom().saturating_sub(at)), ..area };
    steps_of(paint, list, job, top.grid.as_ref().map_or(0, |grid| grid.step));
    let at = list.bottom() + 1;
    if let Some(grid) = &top.grid
        && at < area.bottom()
    {
        cells(paint, Rect { y: at, height: area.bottom() - at, ..area }, grid, top);
    }
    "Enter frame  Tab step  f next failed  z whole  h hold  r release  t retry  p priority  x kill  Esc back"
}

fn head(paint: &mut Paint<'_>, area: Rect, job: &JobView, top: &Top) {
    let look = paint.look;
    let x = paint.text(area, 0, 0, &job.name, look.strong());
    let of = job.group.as_ref().map(|group| format!(" ({group})")).unwrap_or_default();
    let whose = format!("  of {}{of}, priority {}, ", job.user, job.priority);
    let x = x + paint.text(area, x, 0, &whose, look.plain());
    paint.text(area, x, 0, job_word(job.state), look.job(job.state));
    let mut counts = format!(
        "{} of {} done, {} running, {} waiting",
        job.frames_done,
        plural(u64::from(job.frames_total), "frame"),
        job.frames_running,
        job.frames_waiting
    );
    if job.frames_warned > 0 {
        counts.push_str(&format!(", {} warned", job.frames_warned));
    }
    let x = paint.text(area, 0, 1, &counts, look.plain());
    if job.frames_failed > 0 {
        paint.text(area, x, 1, &format!(", {} failed", job.frames_failed), look.bad());
    }
    let ended = job.ended_at.unwrap_or(top.now);
    let ran = job.started_at.map(|at| format!(", ran {}", duration(ended.since_ms(at)))).unwrap_or_default();
    let spent =
        if job.cpu_ms > 0 { format!(", {} of processors", duration(job.cpu_ms)) } else { String::new() };
    let times = format!("submitted {}{ran}{spent}", top.ago(job.submitted_at));
    paint.text(area, 0, 2, &times, look.plain());
    let remark = remark(job, top);
    paint.text(area, 0, 3, &remark, if job.waiting_because.is_some() { look.warned() } else { look.faint() });
}

fn steps_of(paint: &mut Paint<'_>, area: Rect, job: &JobView, current: usize) {
    let columns: [Column; 6] = [
        ("STEP", 0, Side::Left),
        ("PACKAGE", 12, Side::Left),
        ("DONE", 13, Side::Right),
        ("RUN", 6, Side::Right),
        ("FAILED", 6, Side::Right),
        ("WAITS", 7, Side::Right),
    ];
    paint.heads(Rect { height: 1.min(area.height), ..area }, &columns);
    let rows = usize::from(area.height.saturating_sub(1));
    for (line, place) in (area.y + 1..).zip(shown(current, job.steps.len(), rows)) {
        let (step, look) = (&job.steps[place], paint.look);
        let row = Rect { y: line, height: 1, ..area };
        let here = if place == current { "> " } else { "  " };
        let failed = if step.frames_failed > 0 { look.bad() } else { look.plain() };
        let texts = [
            (format!("{here}{} [{}]", step.name, step.frames), look.strong()),
            (step.package.clone(), look.plain()),
            (format!("{}/{}", step.frames_done, step.frames_total), look.plain()),
            (step.frames_running.to_string(), look.busy()),
            (step.frames_failed.to_string(), failed),
            (step.frames_waiting.to_string(), look.plain()),
        ];
        paint.row(row, &columns, &texts);
    }
}

fn cells(paint: &mut Paint<'_>, area: Rect, grid: &Grid, top: &Top) {
    let Some(step) = grid.current() else { return };
    let look = paint.look;
    let (columns, rows) = top.grid_room();
    let scale = grid.scale(columns * rows);
    let all = step.cells.len().div_ceil(scale);
    let cursor = grid.at / scale;
    for (line, row) in (0_u16..).zip(shown(cursor / columns, all.div_ceil(columns), rows)) {
        let label = step.number(row * columns * scale).map(|number| number.to_string()).unwrap_or_default();
        let place = Rect { y: area.y + line, height: 1, width: 8, ..area };
        if place.y + 1 >= area.bottom() {
            break;
        }
        paint.cell(place, &label, Side::Right, look.faint());
        for (x, at) in (row * columns..all.min((row + 1) * columns)).enumerate() {
            let Some(cell) = grid.shown(at * scale, scale) else { break };
            let style = if at == cursor { look.cell(cell).patch(look.cursor()) } else { look.cell(cell) };
            let x = u16::try_from(LABEL + x).unwrap_or(u16::MAX);
            let mut letter = [0; 4];
            paint.text(area, x, line, sign(cell).encode_utf8(&mut letter), style);
        }
    }
    let [waiting, running, done, warned, failed, killed] = step.tally();
    let each = if scale > 1 { format!("  each sign {scale}") } else { String::new() };
    let at = step.number(grid.at).map(|number| format!("  at {number}")).unwrap_or_default();
    let legend = format!(".{waiting} 0-9:{running} #{done} !{warned} X{failed} -{killed}{at}{each}");
    paint.text(area, 0, area.height.saturating_sub(1), &legend, look.faint());
}
