//! What slots and frames use: now, and over time.

use model::{SlotStats, UsageView};

use super::farm::Farm;
use super::http::Http;
use super::{until, until_true};

/// Reads and writes 4 MB, then works until the gate is there.
const BUSY: &str = "head -c 4000000 /dev/zero >scratch; rm scratch; \
    while [ ! -e GATE ]; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; done; echo {frame} > {output}";

#[test]
fn a_slot_is_told_of_while_somebody_looks_and_an_attempt_has_a_history() {
    let farm = Farm::up(2);
    let http = Http::to(&farm, "up");
    let slot = |number: u16| http.get(&format!("/api/v1/hosts/solo/slots/{number}"));
    let idle: SlotStats = slot(1).json();
    assert_eq!((idle.job, idle.cpu_permille, idle.processes.len()), (None, 0, 0));
    assert_eq!(slot(2).status, 404);
    assert!(slot(2).text().contains("0 to 1"), "{}", slot(2).text());
    assert_eq!(http.get("/api/v1/hosts/nowhere/slots/0").status, 404);

    let gate = farm.path("gate");
    let id = farm.submit_script("busy", "7", &[], &BUSY.replace("GATE", &gate.display().to_string()));
    let busy = until("a slot is at work", || {
        let both = [slot(0), slot(1)].map(|answer| answer.json::<SlotStats>());
        both.into_iter().find(|stats| stats.job.is_some() && stats.written_bytes >= 4_000_000)
    });
    assert_eq!(
        (busy.job.unwrap().to_string(), busy.frame, busy.host.0.as_str()),
        (id.clone(), Some(7), "solo")
    );
    assert!(busy.read_bytes >= 4_000_000 && busy.memory_bytes > 0, "{busy:?}");
    let shell = busy.processes.iter().find(|process| process.name == "sh").unwrap();
    assert!(shell.memory_bytes > 0 && !shell.state.is_empty(), "{shell:?}");
    until_true("it is seen to use its processor", || {
        let stats: SlotStats = slot(busy.slot.0).json();
        stats.cpu_permille > 200 && stats.processes.iter().any(|process| process.cpu_permille > 200)
    });

    std::fs::write(&gate, "").unwrap();
    let frames = farm.until_done(&id);
    let used = frames[0].history[0].usage.unwrap();
    assert!(used.read_bytes >= 4_000_000 && used.written_bytes >= 4_000_000, "{used:?}");
    let usage: UsageView = http.get(&format!("/api/v1/jobs/{id}/frames/7/usage")).json();
    assert_eq!((usage.usage, usage.attempt.0), (Some(used), 1));
    let last = usage.samples.last().unwrap();
    assert!(usage.samples.iter().any(|sample| sample.cpu_permille > 200), "{usage:?}");
    assert!(last.written_bytes >= 4_000_000 && last.at_ms <= used.wall_ms + 1, "{usage:?}");
    assert_eq!(http.get(&format!("/api/v1/jobs/{id}/frames/8/usage")).status, 404);
    assert_eq!(slot(busy.slot.0).json::<SlotStats>().job, None);
}
