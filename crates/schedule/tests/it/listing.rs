//! Pages of jobs and frames, and when a job will end.

use model::{
    FrameQuery, FrameSelect, FrameState, JobId, JobQuery, JobQueue, JobSelect, JobSort, JobState, PageWish,
    Sorted,
};
use schedule::Event;

use crate::farm::{Farm, farm, job};

fn names(farm: &Farm, query: &JobQuery) -> Vec<String> {
    farm.schedule.jobs_page(farm.now, query).items.into_iter().map(|job| job.name).collect()
}

fn of(select: JobSelect) -> JobQuery {
    JobQuery { select, ..JobQuery::default() }
}

#[test]
fn jobs_are_listed_as_the_queue_has_them_and_then_the_latest_end_first() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let first = farm.submits(job("first", "1"));
    farm.finishes_one("a");
    farm.after_ms(1_000);
    let second = farm.submits(model::JobDescription { held: true, ..job("second", "1") });
    farm.happens(Event::Kill(second));
    let slow = farm.submits(job("slow", "1-3"));
    let urgent = farm.submits(job("urgent", "1"));
    farm.happens(Event::SetPriority { job: urgent, priority: 1 });
    assert_eq!(names(&farm, &JobQuery::default()), ["urgent", "slow", "second", "first"]);
    let sort = Sorted { by: JobSort::Name, down: true };
    assert_eq!(
        names(&farm, &JobQuery { sort, ..JobQuery::default() }),
        ["urgent", "slow", "second", "first"]
    );
    let queue = |queue| of(JobSelect { queue: Some(queue), ..JobSelect::default() });
    assert_eq!(names(&farm, &queue(JobQueue::New)), ["urgent"]);
    assert_eq!(names(&farm, &queue(JobQueue::Active)), ["slow"]);
    assert_eq!(names(&farm, &queue(JobQueue::Done)), ["second", "first"]);
    let state = vec![JobState::Done, JobState::Active];
    assert_eq!(names(&farm, &of(JobSelect { state, ..JobSelect::default() })), ["slow", "first"]);
    let text = Some("S".to_owned());
    assert_eq!(names(&farm, &of(JobSelect { text, ..JobSelect::default() })), ["slow", "second", "first"]);
    let ids = vec![slow, first];
    assert_eq!(farm.schedule.jobs_meant(&JobSelect { ids, ..JobSelect::default() }), [first, slow]);
}

#[test]
fn pages_of_jobs_hold_every_job_once() {
    let mut farm = farm();
    for number in 0..25 {
        farm.submits(job(&format!("job {number:02}"), "1"));
    }
    let mut query = JobQuery { page: PageWish { limit: 10, after: None }, ..JobQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = farm.schedule.jobs_page(farm.now, &query);
        assert_eq!(page.total, 25);
        seen.extend(page.items.into_iter().map(|job| job.name));
        let Some(next) = page.next else { break };
        query.page.after = Some(next.parse().unwrap());
    }
    assert_eq!(seen, (0..25).map(|number| format!("job {number:02}")).collect::<Vec<_>>());
}

#[test]
fn frames_are_found_by_number_and_state() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(job("job", "1-100"));
    farm.finishes_one("a");
    let page = |select: FrameSelect, limit: usize| {
        let query = FrameQuery { select, page: PageWish { limit, after: None } };
        farm.schedule.frames_page(id, &query).unwrap()
    };
    let state = |state| FrameSelect { state: vec![state], ..FrameSelect::default() };
    assert_eq!(page(state(FrameState::Done), 100).total, 1);
    let waiting = page(state(FrameState::Waiting), 3);
    assert_eq!((waiting.total, waiting.items[0].number), (97, 4));
    let query = FrameQuery {
        select: state(FrameState::Waiting),
        page: PageWish { limit: 3, after: Some(waiting.next.unwrap().parse().unwrap()) },
    };
    assert_eq!(farm.schedule.frames_page(id, &query).unwrap().items[0].number, 7);
    let numbers = Some("50-52,99,200".parse().unwrap());
    let some = page(FrameSelect { numbers, ..FrameSelect::default() }, 100);
    assert_eq!(some.items.iter().map(|frame| frame.index).collect::<Vec<_>>(), [49, 50, 51, 98]);
    assert_eq!(some.next, None);
    assert_eq!(farm.schedule.frame(id, None, 99).unwrap().index, 98);
    assert_eq!(farm.schedule.frame(id, Some("other"), 99), None);
    assert_eq!(farm.schedule.frames_page(JobId(9), &FrameQuery::default()), None);
}

#[test]
fn when_a_job_ends_is_told_from_what_its_frames_took() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(job("job", "1-10"));
    assert_eq!(farm.schedule.eta(farm.now, id), None, "nothing is known yet");
    for _ in 0..3 {
        farm.after_ms(10_000);
        farm.finishes_one("a");
    }
    let eta = farm.schedule.eta(farm.now, id).unwrap();
    assert!(eta.low <= eta.at && eta.at <= eta.high, "{eta:?}");
    assert!(eta.high > farm.now.plus_ms(60_000) && eta.low < farm.now.plus_ms(80_000), "{eta:?}");
    let view = farm.job(id);
    assert_eq!((view.hosts, view.wall_ms > 0), (Some(1), true));
    farm.happens(Event::Hold(id));
    assert_eq!(farm.schedule.eta(farm.now, id), None, "nobody knows when it is released");
    let restored: schedule::Schedule =
        serde_json::from_str(&serde_json::to_string(&farm.schedule).unwrap()).unwrap();
    assert_eq!(restored.job(id).map(|job| (job.hosts, job.wall_ms)), Some((Some(1), view.wall_ms)));
}
