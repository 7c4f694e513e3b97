//! A frame: how it stands, its tries, and the end of its log.

use model::{AttemptView, FrameView};
use ratatui::layout::Rect;

use super::look::frame_word;
use super::paint::{Column, Paint, Side};
use crate::Top;
use crate::words::{bytes, duration};

/// So many tries are listed, the latest.
const TRIES_MAX: usize = 4;

pub(super) fn draw(paint: &mut Paint<'_>, area: Rect, top: &Top) -> &'static str {
    let keys = "u back to the queue  t try again  x kill  Esc back";
    let Some(frame) = &top.frame else {
        paint.text(area, 1, 0, "...", paint.look.faint());
        return keys;
    };
    let mut y = head(paint, area, frame, top);
    y += tries(paint, Rect { y: area.y + y, height: area.height.saturating_sub(y), ..area }, frame, top);
    if y + 1 < area.height {
        let rest = Rect { y: area.y + y, height: area.height - y, ..area };
        log(paint, rest, &top.log);
    }
    keys
}

fn head(paint: &mut Paint<'_>, area: Rect, frame: &FrameView, top: &Top) -> u16 {
    let look = paint.look;
    let which = match &frame.chunk {
        Some(chunk) => format!("frames {chunk} of {}  ", frame.step),
        None => format!("frame {} of {}  ", frame.number, frame.step),
    };
    let x = paint.text(area, 0, 0, &which, look.strong());
    let x = x + paint.text(area, x, 0, frame_word(frame.state), look.frame(frame.state));
    let at = match (&frame.host, frame.slot) {
        (Some(host), Some(slot)) => format!(", {}%, on {host} slot {slot}", frame.progress_permille / 10),
        _ => String::new(),
    };
    let x = x + paint.text(area, x, 0, &at, look.plain());
    if let (Some(started), None) = (frame.started_at, frame.ended_at) {
        let since = format!(" for {}", duration(top.now.since_ms(started)));
        paint.text(area, x, 0, &since, look.plain());
    }
    let mut y = 1;
    if let Some(problem) = &frame.problem {
        paint.text(area, 0, y, problem, look.bad());
        y += 1;
    }
    for warning in frame.warnings.iter().take(2) {
        paint.text(area, 0, y, warning, look.warned());
        y += 1;
    }
    if !frame.outputs.is_empty() {
        let files = frame.outputs.iter().take(3).map(|file| format!("{} ({})", file.name, bytes(file.bytes)));
        paint.text(area, 0, y, &files.collect::<Vec<_>>().join("  "), look.plain());
        y += 1;
    }
    y
}

fn tries(paint: &mut Paint<'_>, area: Rect, frame: &FrameView, top: &Top) -> u16 {
    let columns: [Column; 7] = [
        ("TRY", 3, Side::Right),
        ("HOST", 14, Side::Left),
        ("SLOT", 4, Side::Right),
        ("TOOK", 8, Side::Right),
        ("CPU", 8, Side::Right),
        ("MEMORY", 8, Side::Right),
        ("OUTCOME", 0, Side::Left),
    ];
    if frame.history.is_empty() || area.height == 0 {
        return 0;
    }
    paint.heads(Rect { height: 1, ..area }, &columns);
    let first = frame.history.len().saturating_sub(TRIES_MAX);
    let mut rows = 1;
    for attempt in &frame.history[first..] {
        if rows >= area.height {
            break;
        }
        let texts = row_of(paint, attempt, top);
        paint.row(Rect { y: area.y + rows, height: 1, ..area }, &columns, &texts);
        rows += 1;
    }
    rows
}

fn row_of(paint: &Paint<'_>, attempt: &AttemptView, top: &Top) -> [(String, ratatui::style::Style); 7] {
    let look = paint.look;
    let took = duration(attempt.ended_at.unwrap_or(top.now).since_ms(attempt.started_at));
    let usage = attempt.usage.as_ref();
    let cpu = usage.map(|usage| duration(usage.cpu_ms)).unwrap_or_default();
    let memory = usage.map(|usage| bytes(usage.memory_peak_bytes)).unwrap_or_default();
    let outcome = match &attempt.problem {
        Some(problem) => format!("{}: {problem}", attempt.outcome),
        None => attempt.outcome.clone(),
    };
    let style = if attempt.problem.is_some() { look.bad() } else { look.plain() };
    [
        (attempt.attempt.to_string(), look.plain()),
        (attempt.host.to_string(), look.strong()),
        (attempt.slot.to_string(), look.plain()),
        (took, look.plain()),
        (cpu, look.plain()),
        (memory, look.plain()),
        (outcome, style),
    ]
}

/// The last lines of the log.
fn log(paint: &mut Paint<'_>, area: Rect, text: &str) {
    let look = paint.look;
    let line = "-".repeat(usize::from(area.width));
    paint.text(area, 0, 0, &line, look.faint());
    paint.text(area, 2, 0, " log ", look.strong());
    let room = usize::from(area.height.saturating_sub(1));
    // A line that is written again and again shows as what it is last.
    let shown = |line: &str| {
        let last = line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
        bare(last).replace('\t', "    ")
    };
    let lines: Vec<String> = text.lines().map(shown).collect();
    if lines.is_empty() {
        paint.text(area, 1, 1, "nothing was written yet", look.faint());
    }
    for (y, line) in (1..).zip(&lines[lines.len().saturating_sub(room)..]) {
        paint.text(area, 0, y, line, look.plain());
    }
}

/// A line without what would colour it on a terminal.
fn bare(line: &str) -> String {
    let mut pieces = line.split("\u{1b}[");
    let mut bare = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        // An escape ends with its first letter.
        let end = piece.find(|sign: char| ('@'..='~').contains(&sign)).map_or(piece.len(), |at| at + 1);
        bare.push_str(&piece[end..]);
    }
    bare
}
