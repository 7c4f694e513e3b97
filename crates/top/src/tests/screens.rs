//! Screens as they are drawn.

use model::{GridNews, JobId, JobsNews, StepIndex};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{farm, fetched, frame, grid, host, hosts, job, keys, screen, step, told};
use crate::draw::{Look, draw};
use crate::record::{note, played, read};
use crate::{Event, Fetched, Key, Told, Top};

/// The job that is looked at, with its chunks.
fn looking() -> Vec<Event> {
    let mut view = job(2, "chase through the market", model::JobState::Active, [120, 3, 4, 273]);
    view.steps = vec![step("sim", [10, 0, 0, 0]), step("render", [110, 3, 4, 273])];
    let cells: Vec<u8> = (0..400_u16)
        .map(|at| match at {
            0..=119 if at % 50 == 7 => 0x0a,
            120 | 131 | 140 => 3,
            0..=140 => 2,
            141..=144 => 1 | (u8::try_from(at - 141).unwrap() * 5) << 4,
            _ => 0,
        })
        .collect();
    let mut events = farm();
    events.extend(keys("\n"));
    events.extend([fetched(Fetched::Job(view)), fetched(Fetched::Grid(JobId(2), grid(&cells)))]);
    events
}

#[test]
fn the_queues() {
    insta::assert_snapshot!("queues", screen(&played(farm()), 80, 24));
    insta::assert_snapshot!("queues_wide", screen(&played(farm()), 140, 12));
    let done = played(farm().into_iter().chain(keys("3")));
    insta::assert_snapshot!("queue_done", screen(&done, 80, 10));
}

#[test]
fn nothing_yet_and_nothing_at_all() {
    insta::assert_snapshot!("before_anything", screen(&Top::default(), 80, 8));
    let lost = Event::Lost("cannot reach a schedule server at http://farm:4870".to_owned());
    insta::assert_snapshot!("lost", screen(&played(farm().into_iter().chain([lost])), 80, 8));
    assert_eq!(screen(&Top::default(), 30, 8).trim(), "make the window larger");
}

#[test]
fn a_job() {
    insta::assert_snapshot!("job", screen(&played(looking()), 80, 24));
    let whole = played(looking().into_iter().chain(keys("z")));
    insta::assert_snapshot!("job_small", screen(&whole, 60, 16));
}

#[test]
fn a_frame() {
    let mut events = looking();
    events.extend(keys("f\n"));
    let log = "Blender 4.5\nFra:121 Mem:88M\n\u{1b}[31mError: no texture\u{1b}[0m\n10%\r20%\r30%\n";
    events.extend([
        fetched(Fetched::Frame(JobId(2), model::FrameView { number: 121, ..frame() })),
        fetched(Fetched::Log(JobId(2), 121, log.to_owned())),
    ]);
    let top = played(events);
    insta::assert_snapshot!("frame", screen(&top, 80, 24));
}

#[test]
fn hosts_and_one_of_them() {
    let mut events = farm();
    events.extend(keys("4").chain([hosts()]));
    insta::assert_snapshot!("hosts", screen(&played(events.clone()), 80, 10));
    events.extend(keys("j\n").chain([fetched(Fetched::Host(host("node-2", model::HostState::Silent, 1)))]));
    insta::assert_snapshot!("host", screen(&played(events), 80, 16));
}

#[test]
fn who_asks_to_join() {
    insta::assert_snapshot!("joins", screen(&played(farm().into_iter().chain(keys("5"))), 80, 8));
    insta::assert_snapshot!("approve", screen(&played(farm().into_iter().chain(keys("5a"))), 80, 8));
}

#[test]
fn questions_lines_and_help() {
    insta::assert_snapshot!("kill", screen(&played(farm().into_iter().chain(keys("x"))), 80, 8));
    insta::assert_snapshot!("filter", screen(&played(farm().into_iter().chain(keys("/lam"))), 80, 8));
    insta::assert_snapshot!("help", screen(&played(farm().into_iter().chain(keys("?"))), 80, 24));
}

#[test]
fn what_changes_is_seen_and_the_cursor_stays_on_its_job() {
    let mut events = farm();
    events.extend([Event::Key(Key::Down), Event::Key(Key::Down)]);
    let before = played(events.clone());
    let on = before.jobs.current();
    let urgent = model::JobView { priority: 1, ..job(9, "urgent", model::JobState::Active, [0, 0, 1, 1]) };
    events.push(told(Told::Jobs(JobsNews { items: vec![urgent], gone: vec!["6".to_owned()] })));
    let after = played(events);
    assert_eq!((after.jobs.current(), after.jobs.cursor()), (on, before.jobs.cursor()));
    assert!(screen(&after, 80, 24).contains("urgent"));
    assert!(!screen(&after, 80, 24).contains("lamp"));
    let changes = vec![(StepIndex(0), 399, 3)];
    let news = told(Told::Grid(GridNews { job: "2".to_owned(), changes }));
    let top = played(looking().into_iter().chain([news]));
    assert!(screen(&top, 80, 24).contains("X4 "), "one more has failed");
}

#[test]
fn every_screen_stands_any_size() {
    let screens = ["", "\n", "\n\n", "4", "4\n", "5", "?", "x", "/a", "3"];
    for way in screens {
        let mut events = looking();
        events.push(Event::Key(Key::Esc));
        events.push(hosts());
        events.extend(keys(way));
        for (columns, rows) in [(1, 1), (39, 7), (40, 8), (41, 9), (80, 24), (300, 80)] {
            events.push(Event::Size { columns, rows });
            events.extend([Key::PageDown, Key::End, Key::Up, Key::Home].map(Event::Key));
            let _ = screen(&played(events.clone()), columns, rows);
        }
    }
}

#[test]
fn a_record_plays_to_the_same_screen() {
    let mut file = Vec::new();
    looking().iter().for_each(|event| note(&mut file, event).unwrap());
    let again = played(read(file.as_slice()).unwrap());
    assert_eq!(screen(&again, 80, 24), screen(&played(looking()), 80, 24));
    assert!(read(b"{\"key\":\n".as_slice()).is_err());
}

/// Of a large farm only what is seen is drawn, and no letter of it is anything but a letter.
#[test]
fn a_hundred_thousand_frames_and_ten_thousand_hosts() {
    let cells = vec![2; 100_000];
    let many = (0..10_000).map(|at| host(&format!("node-{at:05}"), model::HostState::Busy, 2)).collect();
    let mut events = looking();
    events.extend([fetched(Fetched::Grid(JobId(2), grid(&cells))), Event::Key(Key::End)]);
    let top = played(events.clone());
    assert!(screen(&top, 80, 24).contains("at 100000"));
    events.extend([Event::Key(Key::Esc)]);
    events.extend(keys("4").chain([fetched(Fetched::Hosts(many)), Event::Key(Key::End)]));
    let top = played(events);
    let text = screen(&top, 80, 24);
    assert!(text.contains("node-09999") && !text.contains("node-09900"), "{text}");
}

#[test]
fn colours_say_nothing_that_signs_do_not() {
    let top = played(looking());
    let text = |colour| {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw(frame, &top, Look { colour })).unwrap();
        terminal.backend().to_string()
    };
    assert_eq!(text(true), text(false));
}
