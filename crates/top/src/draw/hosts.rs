//! The hosts, and one of them.

use model::{Door, HostView, SlotState};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::look::host_word;
use super::paint::{Column, Paint, Side};
use crate::Top;
use crate::list::shown;
use crate::words::{bytes, duration};

/// Cells of a bar.
const BAR: usize = 12;

pub(super) fn draw(paint: &mut Paint<'_>, area: Rect, top: &Top) -> &'static str {
    let columns: [Column; 7] = [
        ("NAME", 0, Side::Left),
        ("STATE", 8, Side::Left),
        ("SLOTS", BAR as u16, Side::Left),
        ("BUSY", 7, Side::Right),
        ("CPUS", 4, Side::Right),
        ("MEMORY", 9, Side::Right),
        ("SYSTEM", 16, Side::Left),
    ];
    paint.heads(Rect { height: 1, ..area }, &columns);
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if top.hosts.len() == 0 {
        let why = match (top.hosts.loaded, top.hosts.filter.is_empty()) {
            (false, _) => "...",
            (true, true) => "no render host is there; `framefarm serve render` on a machine makes it one",
            (true, false) => "no host fits the filter",
        };
        paint.text(body, 1, 0, why, paint.look.faint());
    }
    let cursor = top.hosts.cursor();
    for (line, place) in (body.y..).zip(shown(cursor, top.hosts.len(), usize::from(body.height))) {
        let Some(host) = top.hosts.at(place) else { continue };
        let row = Rect { y: line, height: 1, ..body };
        let texts = row_of(paint, host);
        paint.row(row, &columns, &texts);
        if place == cursor {
            paint.fill(row, paint.look.cursor());
        }
    }
    "Enter open  o open door  d drain  c close  b begin anew  f forgive  / filter"
}

fn row_of(paint: &Paint<'_>, host: &HostView) -> [(String, Style); 7] {
    let look = paint.look;
    let total = usize::try_from(host.slots_total).unwrap_or(0);
    let busy = usize::try_from(host.slots_busy).unwrap_or(0);
    let cells = |slots: usize| if total <= BAR { slots } else { (slots * BAR).div_ceil(total) };
    let filled = cells(busy);
    let bar = format!("{}{}", "#".repeat(filled), ".".repeat(cells(total).saturating_sub(filled)));
    [
        (host.name.to_string(), look.strong()),
        (host_word(host.state).to_owned(), look.host(host.state)),
        (bar, look.busy()),
        (format!("{busy}/{total}"), look.plain()),
        (host.info.processors.to_string(), look.plain()),
        (bytes(host.info.memory_bytes), look.plain()),
        (format!("{} {}", host.info.os_type, host.info.os_version), look.faint()),
    ]
}

pub(super) fn draw_one(paint: &mut Paint<'_>, area: Rect, top: &Top) -> &'static str {
    let keys = "o open door  d drain  c close at once  b begin anew  f forgive  Esc back";
    let look = paint.look;
    let Some(host) = &top.host else {
        paint.text(area, 1, 0, "...", look.faint());
        return keys;
    };
    let x = paint.text(area, 0, 0, &host.name.0, look.strong());
    let x = x + paint.text(area, x + 2, 0, host_word(host.state), look.host(host.state)) + 2;
    if let Door::Closed { why, .. } = &host.door {
        paint.text(area, x, 0, &format!(" ({why})"), look.warned());
    }
    let info = &host.info;
    let machine = format!(
        "{} processors {}, {} of memory, {} of scratch",
        info.processors,
        info.processor_type,
        bytes(info.memory_bytes),
        bytes(info.scratch_bytes)
    );
    paint.text(area, 0, 1, &machine, look.plain());
    let gpus: Vec<String> = info.gpus.iter().map(|gpu| gpu.model.clone()).collect();
    let gpus = if gpus.is_empty() { String::new() } else { format!(", GPUs: {}", gpus.join(", ")) };
    let tags = if info.tags.is_empty() { String::new() } else { format!(", tags: {}", info.tags.join(", ")) };
    paint.text(area, 0, 2, &format!("{} {}{gpus}{tags}", info.os_type, info.os_version), look.plain());
    let packages: Vec<String> =
        info.packages.iter().map(|package| format!("{} {}", package.name, package.version)).collect();
    paint.text(area, 0, 3, &packages.join("  "), look.faint());
    slots(paint, Rect { y: area.y + 5, height: area.height.saturating_sub(5), ..area }, host, top);
    keys
}

fn slots(paint: &mut Paint<'_>, area: Rect, host: &HostView, top: &Top) {
    if area.height == 0 {
        return;
    }
    let columns: [Column; 4] = [
        ("SLOT", 4, Side::Right),
        ("JOB", 24, Side::Left),
        ("STEP/CHUNK", 12, Side::Left),
        ("FOR", 0, Side::Left),
    ];
    paint.heads(Rect { height: 1, ..area }, &columns);
    let look = paint.look;
    for (y, slot) in (area.y + 1..area.bottom()).zip(&host.slots) {
        let row = Rect { y, height: 1, ..area };
        let texts = match &slot.now {
            SlotState::Free => [
                (slot.slot.to_string(), look.plain()),
                ("free".to_owned(), look.faint()),
                (String::new(), look.plain()),
                (String::new(), look.plain()),
            ],
            SlotState::Busy { frame, since } => {
                let name = top.jobs.get(frame.job).map(|job| job.name.as_str()).unwrap_or_default();
                [
                    (slot.slot.to_string(), look.plain()),
                    (format!("{} {name}", frame.job), look.busy()),
                    (format!("{}/{}", frame.step, frame.index), look.plain()),
                    (duration(top.now.since_ms(*since)), look.plain()),
                ]
            }
        };
        paint.row(row, &columns, &texts);
    }
}
