//! Screens as they are drawn, and what keys do.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod keys;
mod screens;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{
    AttemptNumber, AttemptView, Door, FarmCounts, FrameState, FrameView, GridStep, GridView, HostState,
    HostView, JobId, JobState, JobView, JoinsNews, MemberState, MemberView, Rank, ResourceInfo, SlotIndex,
    SlotState, SlotView, StepView, Time,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::draw::{Look, draw};
use crate::{Event, Fetched, Key, Told, Top};

const NOW: Time = Time(10_000_000_000);

fn fetched(fetched: Fetched) -> Event {
    Event::Fetched(Box::new(fetched))
}

fn told(told: Told) -> Event {
    Event::Told(Box::new(told))
}

fn keys(text: &str) -> impl Iterator<Item = Event> {
    text.chars().map(|letter| Event::Key(if letter == '\n' { Key::Enter } else { Key::Char(letter) }))
}

fn job(id: u64, name: &str, state: JobState, frames: [u32; 4]) -> JobView {
    let [done, failed, running, waiting] = frames;
    let total = done + failed + running + waiting;
    let began = state != JobState::Queued;
    let ago = |seconds: u64| Time(NOW.0 - seconds * 1_000);
    serde_json::from_value(serde_json::json!({
        "id": id.to_string(), "name": name, "state": state, "priority": 50, "user": "ada", "group": null,
        "package": "blender", "frames": format!("1-{total}"), "size": null,
        "frames_total": total, "frames_done": done, "frames_failed": failed, "frames_running": running,
        "frames_waiting": waiting, "attempts_failed": failed,
        "progress_permille": done * 1_000 / total.max(1),
        "submitted_at": ago(3_700), "started_at": began.then(|| ago(600)),
        "ended_at": state.is_final().then(|| ago(id)),
        "waiting_because": (running == 0 && !state.is_final()).then_some("no host has blender"),
        "results": "/results", "running": [], "notices": [],
    }))
    .unwrap()
}

fn step(name: &str, frames: [u32; 4]) -> StepView {
    let [done, failed, running, waiting] = frames;
    serde_json::from_value(serde_json::json!({
        "name": name, "package": "blender", "frames": "1-400", "frames_total": done + failed + running + waiting,
        "frames_done": done, "frames_failed": failed, "frames_running": running, "frames_waiting": waiting,
        "waiting_because": null,
    }))
    .unwrap()
}

fn host(name: &str, state: HostState, busy: u16) -> HostView {
    let frame = model::FrameId { job: JobId(2), step: model::StepIndex(0), index: 7 };
    let slot = |slot: u16| {
        let since = Time(NOW.0 - 90_000);
        let now = if slot < busy { SlotState::Busy { frame, since } } else { SlotState::Free };
        SlotView { slot: SlotIndex(slot), now }
    };
    HostView {
        name: name.into(),
        state,
        slots_total: 4,
        slots_busy: busy.into(),
        slots: (0..4).map(slot).collect(),
        info: ResourceInfo {
            processors: 16,
            memory_bytes: 64 << 30,
            os_type: "debian".into(),
            os_version: "12".into(),
            processor_type: "AMD Ryzen".into(),
            ..ResourceInfo::default()
        },
        heard_at: NOW,
        door: Door::Open,
    }
}

fn grid(cells: &[u8]) -> GridView {
    let total = u32::try_from(cells.len()).unwrap();
    let step = GridStep {
        name: "render".to_owned(),
        numbers: format!("1-{total}"),
        chunk_size: 1,
        total,
        cells: STANDARD.encode(cells),
    };
    GridView { epoch: "e".to_owned(), seq: 1, steps: vec![step] }
}

fn frame() -> FrameView {
    let attempt = |attempt: u32, outcome: &str, problem: Option<&str>| AttemptView {
        attempt: AttemptNumber(attempt),
        host: "node-1".into(),
        slot: SlotIndex(2),
        started_at: Time(NOW.0 - 75_000),
        ended_at: problem.map(|_| NOW),
        outcome: outcome.to_owned(),
        problem: problem.map(str::to_owned),
        usage: None,
    };
    FrameView {
        number: 3,
        chunk: None,
        step: "render".to_owned(),
        state: FrameState::Running,
        host: Some("node-1".into()),
        slot: Some(SlotIndex(2)),
        attempts: 2,
        progress_permille: 420,
        started_at: Some(Time(NOW.0 - 75_000)),
        ended_at: None,
        problem: None,
        outputs: vec![],
        warnings: vec![],
        history: vec![attempt(1, "failed", Some("blender exited with 1")), attempt(2, "running", None)],
        ..serde_json::from_value(serde_json::json!({
            "number": 0, "step": "", "state": "waiting", "host": null, "slot": null, "attempts": 0,
            "progress_permille": 0, "started_at": null, "ended_at": null, "problem": null, "outputs": [],
            "history": [],
        }))
        .unwrap()
    }
}

/// A farm as it is found: some jobs in each queue, three hosts, and somebody who asks to join.
fn farm() -> Vec<Event> {
    let counts = FarmCounts {
        frames_running: 6,
        slots_total: 12,
        slots_busy: 6,
        hosts_total: 3,
        ..FarmCounts::default()
    };
    let asking = MemberView {
        name: "node-9".to_owned(),
        state: MemberState::Pending,
        services: vec!["render".to_owned()],
        code: Some("WXY-321".to_owned()),
        taken: false,
        address: "10.0.0.9".to_owned(),
        since: Time(NOW.0 - 30_000),
        by: None,
        expires: None,
    };
    let mut ill = job(4, "\u{1b}[2Jill \u{7}\u{202e}job", JobState::Active, [1, 2, 0, 7]);
    ill.priority = 60;
    let jobs = vec![
        job(1, "opening", JobState::Done, [240, 0, 0, 0]),
        job(2, "chase through the market, second take", JobState::Active, [120, 3, 4, 273]),
        job(3, "credits", JobState::Queued, [0, 0, 0, 48]),
        ill,
        job(5, "test", JobState::Killed, [0, 0, 0, 1]),
        job(6, "lamp", JobState::Held, [10, 0, 0, 10]),
    ];
    vec![
        Event::Size { columns: 80, rows: 24 },
        Event::Moment(NOW),
        fetched(Fetched::Rank(Rank::Admin)),
        told(Told::Hello { resumed: false }),
        fetched(Fetched::Jobs(jobs)),
        told(Told::Farm { name: "lab".to_owned(), counts }),
        told(Told::Joins(JoinsNews { items: vec![asking] })),
    ]
}

fn hosts() -> Event {
    let draining = HostView {
        door: Door::Closed { by: model::ClosedBy::Person, why: "stopped by ada".into() },
        ..host("node-3", HostState::Draining, 1)
    };
    fetched(Fetched::Hosts(vec![
        host("node-1", HostState::Busy, 4),
        host("node-2", HostState::Silent, 1),
        draining,
    ]))
}

/// The screen as text, without colours.
fn screen(top: &Top, columns: u16, rows: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, top, Look { colour: false })).unwrap();
    let text = terminal.backend().to_string();
    let lines = text.lines().map(|line| line.trim_matches('"').trim_end());
    lines.collect::<Vec<_>>().join("\n")
}
