//! What lies over a screen: questions, lines to write, and the keys.

use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::paint::Paint;
use crate::Top;
use crate::place::{LineOf, Overlay};

/// Every key.
const HELP: [&str; 20] = [
    "1 2 3      jobs: new, active, done       4  hosts      5  who asks to join",
    "Tab        the next of these; in a job its next step",
    "Enter      open         Esc, q  back     q  leave (also Ctrl-C)",
    "arrows     move, also j and k; PgUp PgDn Home End (g G)",
    "/          show only what has these letters in name, user or number",
    "Space      mark a job: what is done next is done to all marked ones",
    "",
    "jobs       h hold   r release   t try failed frames again",
    "           p priority (lower goes first)   x kill",
    "a job      f next failed or warned frame   z all frames on one screen",
    "a frame    u back to the queue, elsewhere   t try again   x kill",
    "hosts      o open the door   d drain: finish, then take nothing more",
    "           c close at once, frames are given back",
    "           b begin the render server anew   f forgive what it did",
    "asking     a let it join   d turn it away",
    "",
    "signs      . waiting  0-9 running, tenths  # done  ! done, with warnings",
    "           X failed  - killed    of several under one sign the worst shows",
    "",
    "any key closes this",
];

/// What more keys are found by.
const MORE: &str = "? help";

/// The keys of a screen, as far as they fit, and where the others are found.
pub(super) fn hints(paint: &mut Paint<'_>, line: Rect, text: &str) {
    let room = usize::from(line.width).saturating_sub(MORE.len() + 2);
    let mut shown = String::new();
    for hint in text.split("  ").filter(|hint| !hint.trim().is_empty()) {
        if shown.len() + hint.len() > room {
            break;
        }
        shown.push_str(hint.trim());
        shown.push_str("  ");
    }
    shown.push_str(MORE);
    paint.text(line, 0, 0, &shown, paint.look.faint());
}

pub(super) fn draw(paint: &mut Paint<'_>, area: Rect, top: &Top) {
    let look = paint.look;
    let said = Rect { y: area.bottom() - 2, height: 1, ..area };
    match &top.overlay {
        None => {}
        Some(Overlay::Help) => {
            let height = u16::try_from(HELP.len() + 2).unwrap_or(u16::MAX).min(area.height);
            let width = 78.min(area.width);
            let (x, y) = ((area.width - width) / 2, (area.height - height) / 2);
            window(paint, Rect { x: area.x + x, y: area.y + y, width, height }, "keys", &HELP);
        }
        Some(Overlay::Confirm { question, .. }) => {
            Clear.render(said, paint.buffer);
            paint.text(said, 0, 0, question, look.alarm());
            instead(paint, area, "y  yes     any other key  no");
        }
        Some(Overlay::Line { of, text }) => {
            Clear.render(said, paint.buffer);
            let prompt = match of {
                LineOf::Filter => "show only: ".to_owned(),
                LineOf::Priority(jobs) if jobs.len() == 1 => format!("priority of job {}: ", jobs[0]),
                LineOf::Priority(jobs) => format!("priority of {} jobs: ", jobs.len()),
            };
            let x = paint.text(said, 0, 0, &prompt, look.strong());
            let end = paint.text(said, x, 0, text, look.plain());
            paint.text(said, x + end, 0, " ", look.cursor());
            instead(paint, area, "Enter  that is it     Esc  never mind");
        }
    }
}

/// Keys in place of those of the screen.
fn instead(paint: &mut Paint<'_>, area: Rect, keys: &str) {
    let line = Rect { y: area.bottom() - 1, height: 1, ..area };
    Clear.render(line, paint.buffer);
    paint.text(line, 0, 0, keys, paint.look.strong());
}

fn window(paint: &mut Paint<'_>, area: Rect, title: &str, lines: &[&str]) {
    let look = paint.look;
    Clear.render(area, paint.buffer);
    let inner = usize::from(area.width.saturating_sub(2));
    let edge = format!("+{}+", "-".repeat(inner));
    paint.text(area, 0, 0, &edge, look.faint());
    paint.text(area, 2, 0, &format!(" {title} "), look.strong());
    for (y, line) in (1..area.height.saturating_sub(1)).zip(lines) {
        paint.text(area, 0, y, &format!("|{:inner$}|", ""), look.faint());
        let text = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
        paint.text(text, 0, y, line, look.plain());
    }
    paint.text(area, 0, area.height.saturating_sub(1), &edge, look.faint());
}
