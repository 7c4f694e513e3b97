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

    for topic in [format!("slot:solo/{}", busy.slot), format!("frame:{id}/0/7")] {
        let kind = topic.split(':').next().unwrap().to_owned();
        let told = http.event(&format!("/api/v1/events?topics={topic}"), &kind);
        let told: SlotStats = serde_json::from_str(&told).unwrap();
        assert_eq!((told.frame, told.slot), (Some(7), busy.slot), "{topic}");
    }

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

/// Prints 12 MB, of which the schedule server keeps 8, with bytes that are no text.
const LOUD: &str = "printf 'first\\n\\377<script>alert(1)</script>\\n'; head -c 12000000 /dev/zero | tr '\\0' x; \
    printf '\\nlast'; echo {frame} > {output}";

#[test]
fn parts_of_a_log_are_read_where_they_are_and_are_plain_text() {
    let farm = Farm::up(1);
    let http = Http::to(&farm, "up");
    let id = farm.submit_script("loud", "1", &[], LOUD);
    farm.until_done(&id);
    let log = |query: &str| http.get(&format!("/api/v1/jobs/{id}/frames/1/log{query}"));

    let tail = log("?tail=9");
    assert_eq!((tail.status, tail.text().as_str()), (200, "xxxx\nlast"));
    let length: u64 = tail.header("x-log-length").parse().unwrap();
    assert_eq!(length, 33 + 12_000_000 + 5);
    assert_eq!(tail.header("x-log-offset"), (length - 9).to_string());
    assert_eq!(tail.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(tail.header("x-content-type-options"), "nosniff");
    assert_eq!(log("?offset=6&length=9").body, b"\xff<script>");
    assert!(log(&format!("?offset={length}")).body.is_empty());
    assert!(log("?offset=99999999999").body.is_empty());
    let whole = log("");
    assert!(whole.body.len() < 9 << 20 && whole.text().contains("[framefarm left out 4194304 bytes here]"));
    assert_eq!((log("?offset=1&tail=1").status, log("?tail=x").status), (422, 400));
    assert_eq!(http.get(&format!("/api/v1/jobs/{id}/frames/2/log?tail=1")).status, 404);
}

/// Two pixels of linear light, the right one twice as bright as the left.
const HDR: &str = "printf '#?RADIANCE\\nFORMAT=32-bit_rle_rgbe\\n\\n-Y 1 +X 2\\n\\100\\100\\100\\200\\200\\200\\200\\200' \
    > {output}.hdr";

#[test]
fn pictures_are_shown_whatever_they_were_stored_as() {
    let farm = Farm::up(1);
    let http = Http::to(&farm, "up");
    let id = farm.submit_script("bright", "1", &[], HDR);
    farm.until_done(&id);
    let results: Vec<model::OutputView> = http.get(&format!("/api/v1/jobs/{id}/results")).json();
    let name = &results[0].name;
    let picture = |query: &str| http.get(&format!("/api/v1/jobs/{id}/results/{name}/picture{query}"));
    let pixels = |query: &str| {
        let answer = picture(query);
        assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"), "{}", answer.text());
        let pixels = image::load_from_memory(&answer.body).unwrap().to_rgb8();
        pixels.pixels().map(|pixel| pixel.0[0]).collect::<Vec<u8>>()
    };

    let shown = pixels("?format=png");
    assert_eq!(shown.len(), 2);
    assert!(shown[0] > 100 && shown[0] < shown[1], "{shown:?}");
    assert_eq!(pixels("?format=png&exposure=1")[0], shown[1], "a stop is twice the light");
    assert_eq!(pixels("?format=png&width=1").len(), 1);
    let answer = picture("");
    assert_eq!((answer.header("content-type"), &answer.body[..2]), ("image/jpeg", &b"\xff\xd8"[..]));
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    let kept = picture(&format!("?digest={}", results[0].digest));
    assert!(kept.header("cache-control").contains("immutable") && kept.body == answer.body);
    let wrong = ["?width=0", "?width=100000", "?exposure=nan", "?exposure=99"];
    assert!(wrong.iter().all(|query| picture(query).status == 422));
    assert_eq!((picture("?format=gif").status, picture("?colour=1").status), (400, 400));
    assert_eq!(http.get(&format!("/api/v1/jobs/{id}/results/lost.png/picture")).status, 404);
    assert_eq!(http.get(&format!("/api/v1/jobs/{id}/results/film.mp4/picture")).status, 415);
}
