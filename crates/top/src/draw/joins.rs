//! Servers that ask to join.

use model::Rank;
use ratatui::layout::Rect;

use super::paint::{Column, Paint, Side};
use crate::Top;
use crate::list::shown;
use crate::words::duration;

pub(super) fn draw(paint: &mut Paint<'_>, area: Rect, top: &Top) -> &'static str {
    let columns: [Column; 5] = [
        ("NAME", 0, Side::Left),
        ("CODE", 12, Side::Left),
        ("WANTS TO", 16, Side::Left),
        ("FROM", 20, Side::Left),
        ("ASKS FOR", 10, Side::Right),
    ];
    paint.heads(Rect { height: 1, ..area }, &columns);
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let look = paint.look;
    if top.joins.is_empty() {
        let why = match top.rank {
            Some(rank) if rank >= Rank::Operator => "nobody asks to join",
            _ => "who asks to join is for operators to see",
        };
        paint.text(body, 1, 0, why, look.faint());
    }
    for (y, place) in (body.y..).zip(shown(top.join_at, top.joins.len(), usize::from(body.height))) {
        let asking = &top.joins[place];
        let row = Rect { y, height: 1, ..body };
        let name = if asking.taken { format!("{} (TAKEN)", asking.name) } else { asking.name.clone() };
        let texts = [
            (name, look.strong()),
            (asking.code.clone().unwrap_or_default(), look.warned()),
            (asking.services.join(", "), look.plain()),
            (asking.address.clone(), look.plain()),
            (duration(top.now.since_ms(asking.since)), look.plain()),
        ];
        paint.row(row, &columns, &texts);
        if place == top.join_at {
            paint.fill(row, look.cursor());
        }
    }
    "a let it join  d turn it away  Esc back"
}
