//! Putting text into cells of the screen. What is no letter, as an escape in the name of a job, is left out
//! by the buffer, so that nothing that comes from elsewhere can tell the terminal what to do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::look::Look;

/// To which side of its column a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// A column: its head, how wide it is (0: what the others leave), and where its text stands.
pub(super) type Column = (&'static str, u16, Side);

/// A screen that is being painted.
pub(super) struct Paint<'a> {
    pub(super) buffer: &'a mut Buffer,
    pub(super) look: Look,
}

impl Paint<'_> {
    /// Puts text at a place of `area`, as far as it fits there; returns how wide it is.
    pub(super) fn text(&mut self, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
        if x >= area.width || y >= area.height {
            return 0;
        }
        let room = usize::from(area.width - x);
        // Signs that turn the direction of writing would turn that of what stands beside.
        let turned = text.contains(turns).then(|| text.replace(turns, ""));
        let text = turned.as_deref().unwrap_or(text);
        let (end, _) = self.buffer.set_stringn(area.x + x, area.y + y, text, room, style);
        end - area.x - x
    }

    /// Puts text into an area of one line; what does not fit ends with `~`.
    pub(super) fn cell(&mut self, area: Rect, text: &str, side: Side, style: Style) {
        let room = usize::from(area.width);
        let width = text.width();
        if width > room {
            self.text(area, 0, 0, text, style);
            self.text(area, area.width.saturating_sub(1), 0, "~", style);
            return;
        }
        let x = if side == Side::Right { room - width } else { 0 };
        self.text(area, u16::try_from(x).unwrap_or(0), 0, text, style);
    }

    pub(super) fn fill(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area, style);
    }

    /// Puts a row of a table.
    pub(super) fn row(&mut self, line: Rect, columns: &[Column], texts: &[(String, Style)]) {
        for ((area, column), (text, style)) in places(line, columns).zip(columns).zip(texts) {
            self.cell(area, text, column.2, *style);
        }
    }

    /// Puts the heads of a table.
    pub(super) fn heads(&mut self, line: Rect, columns: &[Column]) {
        let style = self.look.columns();
        let texts: Vec<(String, Style)> = columns.iter().map(|column| (column.0.to_owned(), style)).collect();
        self.row(line, columns, &texts);
    }
}

/// Whether a sign turns the direction in which text is written.
const fn turns(sign: char) -> bool {
    matches!(sign, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Where the columns of a table stand, with a blank between them.
fn places(line: Rect, columns: &[Column]) -> impl Iterator<Item = Rect> {
    let gaps = u16::try_from(columns.len().saturating_sub(1)).unwrap_or(0);
    let fixed: u16 = columns.iter().map(|column| column.1).sum();
    let flexible = u16::try_from(columns.iter().filter(|column| column.1 == 0).count()).unwrap_or(0).max(1);
    let left = line.width.saturating_sub(fixed + gaps) / flexible;
    let mut x = line.x;
    let widths: Vec<u16> = columns.iter().map(|column| if column.1 == 0 { left } else { column.1 }).collect();
    widths.into_iter().map(move |width| {
        let here = x.min(line.right());
        x = here + width + 1;
        Rect { x: here, width: width.min(line.right() - here), ..line }
    })
}
