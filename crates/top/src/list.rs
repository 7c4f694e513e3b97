//! A list of which one entry is under the cursor, kept there while others come and go.

use crate::Key;

/// Moves a place among `len` entries by a key, `page` of which are a screen. Says whether the key does that.
pub(crate) fn move_by(key: Key, at: &mut usize, len: usize, page: usize) -> bool {
    let last = len.saturating_sub(1);
    let page = page.max(1);
    *at = match key {
        Key::Up | Key::Char('k') => at.saturating_sub(1),
        Key::Down | Key::Char('j') => (*at + 1).min(last),
        Key::PageUp => at.saturating_sub(page),
        Key::PageDown => (*at + page).min(last),
        Key::Home | Key::Char('g') => 0,
        Key::End | Key::Char('G') => last,
        _ => return false,
    };
    true
}

/// Those of `len` entries that a screen of `rows` shows with the one at `at` among them.
pub(crate) fn shown(at: usize, len: usize, rows: usize) -> std::ops::Range<usize> {
    if rows == 0 {
        return 0..0;
    }
    let first = (at / rows * rows).min(len.saturating_sub(rows));
    first..len.min(first + rows)
}
