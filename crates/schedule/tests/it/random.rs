//! Whatever happens in whatever order, the state stays sound, what has ended stays as it is, a replay makes
//! the same state, and once faults stop every frame ends.

use model::{
    Amounts, FailureClass, FrameState, FrameVerb, FramesOrder, HEARTBEAT_MS, HeldLease, HostOrder, HostVerb,
    JobDescription, JobId, JobState, LeaseId, RenderToSchedule, ResourceToSchedule, SlotNeed,
};
use proptest::prelude::*;
use schedule::{Event, NoticeId};

use crate::farm::{Farm, Host, done, failed, farm, job, with_priority, with_tag};

/// Something that happens; hosts are `a`, `b` and `c`.
#[derive(Clone, Debug)]
enum Step {
    Submit {
        frames: u8,
        priority: u8,
        tagged: bool,
        held: bool,
        attempts_max: u8,
        kind: u8,
    },
    Retry(u8),
    OrderFrames(u8, FrameVerb, u8),
    Priority(u8, u8),
    /// How long attempts take from now on.
    Pace(u8),
    Hold(u8),
    Release(u8),
    Kill(u8),
    Link {
        host: u8,
        slots: u8,
    },
    Unlink(u8),
    Die(u8),
    Silent(u8, bool),
    Bye(u8),
    Finish(u8),
    Fail {
        host: u8,
        class: u8,
    },
    Refuse(u8),
    Alive(u8),
    SayAnything {
        host: u8,
        lease: u8,
        what: u8,
    },
    Answer {
        lease: u8,
        what: u8,
    },
    StrangeHello {
        host: u8,
        lease: u8,
    },
    Storage(bool),
    Mail(bool),
    Resource(u8),
    Suits(u8, bool),
    Door(u8, bool),
    Order(u8),
    Time(u16),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    let host = || 0..3_u8;
    prop_oneof![
        6 => (1..12_u8, 0..3_u8, any::<bool>(), prop::bool::weighted(0.2), 1..4_u8, 0..18_u8).prop_map(
            |(frames, priority, tagged, held, attempts_max, kind)| {
                Submit { frames, priority, tagged, held, attempts_max, kind }
            }
        ),
        1 => any::<u8>().prop_map(Retry),
        2 => (any::<u8>(), verb(), 1..12_u8).prop_map(|(job, verb, number)| OrderFrames(job, verb, number)),
        1 => (any::<u8>(), 0..3_u8).prop_map(|(job, priority)| Priority(job, priority)),
        2 => (0..4_u8).prop_map(Pace),
        1 => any::<u8>().prop_map(Hold),
        2 => any::<u8>().prop_map(Release),
        1 => any::<u8>().prop_map(Kill),
        8 => (host(), 0..4_u8).prop_map(|(host, slots)| Link { host, slots }),
        1 => host().prop_map(Unlink),
        1 => host().prop_map(Die),
        1 => (host(), any::<bool>()).prop_map(|(host, silent)| Silent(host, silent)),
        1 => host().prop_map(Bye),
        14 => host().prop_map(Finish),
        6 => (host(), 0..5_u8).prop_map(|(host, class)| Fail { host, class }),
        2 => host().prop_map(Refuse),
        3 => host().prop_map(Alive),
        3 => (host(), 0..20_u8, 0..5_u8).prop_map(|(host, lease, what)| SayAnything { host, lease, what }),
        2 => (0..20_u8, 0..8_u8).prop_map(|(lease, what)| Answer { lease, what }),
        1 => (host(), 0..20_u8).prop_map(|(host, lease)| StrangeHello { host, lease }),
        1 => any::<bool>().prop_map(Storage),
        1 => any::<bool>().prop_map(Mail),
        2 => (0..3_u8).prop_map(Resource),
        1 => (host(), any::<bool>()).prop_map(|(host, suits)| Suits(host, suits)),
        2 => (host(), prop::bool::weighted(0.6)).prop_map(|(host, open)| Door(host, open)),
        1 => host().prop_map(Order),
        6 => (0..20_000_u16).prop_map(Time),
        2 => Just(Restart),
    ]
}

fn verb() -> impl Strategy<Value = FrameVerb> {
    prop_oneof![Just(FrameVerb::Kill), Just(FrameVerb::Retry), Just(FrameVerb::Requeue)]
}

fn name(host: u8) -> &'static str {
    ["a", "b", "c"][usize::from(host)]
}

fn take(farm: &mut Farm, step: &Step) {
    match *step {
        Step::Submit { frames, priority, tagged, held, attempts_max, kind } => {
            let job = with_priority(i32::from(priority), job("job", &format!("1-{frames}")));
            let (notify, attempts_max) = (vec!["eve@example.com".to_owned()], u32::from(attempts_max));
            let job = JobDescription { held, attempts_max, notify, ..of_kind(kind, job) };
            farm.submits(if tagged { with_tag("fast", job) } else { job });
        }
        Step::Hold(job) => drop(farm.tries(Event::Hold(some_job(farm, job)))),
        Step::Release(job) => drop(farm.tries(Event::Release(some_job(farm, job)))),
        Step::Kill(job) => drop(farm.tries(Event::Kill(some_job(farm, job)))),
        Step::Retry(job) => drop(farm.tries(Event::Retry(some_job(farm, job)))),
        Step::OrderFrames(job, verb, number) => {
            let numbers = format!("{number}-{}", number + 2).parse().ok();
            let order = Box::new(FramesOrder { verb, numbers, states: None, step: None });
            let job = some_job(farm, job);
            drop(farm.tries(Event::OrderFrames { job, order, by: "eve".to_owned() }));
        }
        Step::Priority(job, priority) => {
            let (job, priority) = (some_job(farm, job), i32::from(priority));
            let _ = farm.tries(Event::SetPriority { job, priority });
        }
        Step::Pace(pace) => farm.pace_ms = [1, 100, 5_000, 60_000][usize::from(pace)],
        Step::Link { host, slots } => link(farm, name(host), slots),
        Step::Unlink(host) => with(farm, host, |farm, name| farm.loses_link(name)),
        Step::Die(host) => with(farm, host, |farm, name| farm.dies(name)),
        Step::Silent(host, silent) => {
            with(farm, host, |farm, name| farm.hosts.get_mut(name).unwrap().silent = silent);
        }
        Step::Bye(host) => with(farm, host, |farm, name| {
            farm.says(name, RenderToSchedule::Bye);
            farm.dies(name);
        }),
        Step::Finish(host) => busy(farm, host, |farm, name| {
            farm.ends(name, done);
        }),
        Step::Fail { host, class } => busy(farm, host, |farm, name| {
            use FailureClass::*;
            let class = [Frame, Host, HostLost, GivenBack, Killed][usize::from(class)];
            farm.ends(name, |_| failed(class, "it failed"));
        }),
        Step::Refuse(host) => busy(farm, host, |farm, name| {
            farm.refuses_one(name);
        }),
        Step::Alive(host) => with(farm, host, |farm, name| farm.is_alive(name)),
        Step::SayAnything { host, lease, what } => with(farm, host, |farm, name| {
            farm.says(name, anything(LeaseId(u64::from(lease)), what));
        }),
        Step::Answer { lease, what } => answer(farm, u64::from(lease), what),
        Step::StrangeHello { host, lease } => {
            let held = HeldLease { lease: LeaseId(u64::from(lease)), slot: model::SlotIndex(7) };
            farm.hello(name(host), "other", 1_000 + u64::from(lease), 2, vec![held.clone(), held]);
            let _ = farm.tries(Event::HostLinkClosed { link: 1_000 + u64::from(lease) });
        }
        Step::Storage(works) => farm.storage_trouble = (!works).then(|| "disk full".to_owned()),
        Step::Mail(works) => farm.mail_trouble = (!works).then(|| "no route".to_owned()),
        Step::Resource(0) => farm.happens(Event::ResourceUnlinked),
        Step::Resource(1) => farm.happens(Event::ResourceLinked),
        Step::Resource(_) => farm.happens(Event::ResourceSpoke(ResourceToSchedule::Changed)),
        Step::Suits(host, suits) => {
            with(farm, host, |farm, name| farm.hosts.get_mut(name).unwrap().unsuitable = !suits);
        }
        Step::Door(host, true) => with(farm, host, |farm, name| farm.opens(name)),
        Step::Door(host, false) => with(farm, host, |farm, name| farm.closes(name)),
        Step::Order(host) => order(farm, name(host)),
        Step::Time(ms) => farm.after_ms(u64::from(ms)),
        Step::Restart => farm.restarts(),
    }
}

/// Links a host with at least the slots that it holds grants on.
fn link(farm: &mut Farm, host: &str, slots: u8) {
    let used = |host: &Host| host.held.values().map(|grant| grant.slot.0 + 1).max().unwrap_or(0);
    let slots = farm.hosts.get(host).map_or(0, used).max(u16::from(slots));
    farm.links_with(host, slots, 2 * u64::from(slots), slots / 2);
}

fn order(farm: &mut Farm, host: &str) {
    let order = HostOrder { verb: HostVerb::Restart, now: false, by: "ada".to_owned() };
    let _ = farm.tries(Event::OrderHost { host: host.into(), order });
}

fn anything(lease: LeaseId, what: u8) -> RenderToSchedule {
    match what {
        0 => RenderToSchedule::Alive { held: vec![lease] },
        1 => RenderToSchedule::Alive { held: Vec::new() },
        2 => RenderToSchedule::Started { lease },
        3 => RenderToSchedule::Progress { lease, permille: 2_000 },
        _ => RenderToSchedule::Alive { held: vec![LeaseId(0), lease, lease] },
    }
}

/// One job in two is special.
fn of_kind(kind: u8, mut job: JobDescription) -> JobDescription {
    let step = &mut job.steps[0];
    match kind {
        0 | 1 => step.slots = SlotNeed::Count(2),
        2 => step.slots = SlotNeed::Whole,
        3 => job.slots_max = Some(2),
        4 => job.hosts_max = Some(1),
        6 => step.reserve = Amounts { memory_bytes: 2, gpus: 0 },
        7 => step.reserve = Amounts { memory_bytes: 1, gpus: 1 },
        8 => {
            step.slots = SlotNeed::Count(2);
            step.reserve = Amounts { memory_bytes: 3, gpus: 0 };
        }
        5 => {
            step.work.package = "command".to_owned();
            step.work.command = vec!["/bin/true".to_owned()];
        }
        _ => {}
    }
    job
}

/// Answers of the shell that nobody waits for, or that come in another order.
fn answer(farm: &mut Farm, lease: u64, what: u8) {
    let why = "why not".to_owned();
    let _ = farm.tries(match what {
        0 => Event::Published { lease: LeaseId(lease) },
        1 => Event::PublishFailed { lease: LeaseId(lease), why },
        2 => Event::OutputsMissing { lease: LeaseId(lease), why },
        3 => Event::NoticeSent { notice: NoticeId(lease) },
        4 => Event::NoticeFailed { notice: NoticeId(lease), why },
        5 => Event::SealFailed { job: JobId(lease), why },
        6 => Event::IntakeFailed { lease: LeaseId(lease), why },
        _ => Event::Pass,
    });
}

fn some_job(farm: &Farm, pick: u8) -> JobId {
    JobId(1 + u64::from(pick) % (farm.schedule.jobs().len().max(1) as u64))
}

fn with(farm: &mut Farm, host: u8, does: impl FnOnce(&mut Farm, &str)) {
    if farm.hosts.contains_key(name(host)) {
        does(farm, name(host));
    }
}

fn busy(farm: &mut Farm, host: u8, does: impl FnOnce(&mut Farm, &str)) {
    if farm.hosts.get(name(host)).is_some_and(|host| !host.held.is_empty()) {
        does(farm, name(host));
    }
}

/// Frames that have ended, with what they ended as.
fn ended(farm: &Farm) -> Vec<(String, i64, FrameState)> {
    let jobs = farm.schedule.jobs();
    let frames = jobs.iter().flat_map(|job| {
        let frames = farm.schedule.frames(job.id.parse().unwrap()).unwrap();
        frames.into_iter().map(|frame| (job.id.clone(), frame.number, frame.state))
    });
    frames.filter(|(_, _, state)| !matches!(state, FrameState::Waiting | FrameState::Running)).collect()
}

/// Faults stop: all works, and a host that can do everything is there.
fn heal(farm: &mut Farm) {
    farm.storage_trouble = None;
    farm.mail_trouble = None;
    farm.happens(Event::ResourceLinked);
    for job in farm.schedule.jobs() {
        let _ = farm.tries(Event::Release(job.id.parse().unwrap()));
    }
    let hosts: Vec<String> = farm.hosts.keys().cloned().collect();
    for host in &hosts {
        farm.dies(host);
        farm.hosts.insert(host.clone(), Host::default());
    }
    farm.links_with("good", 4, 8, 2);
    for _ in 0..200 {
        farm.everything_is_rendered();
        farm.after_ms(HEARTBEAT_MS);
    }
}

/// Whether failed frames wait again after it.
fn retries(step: &Step) -> bool {
    matches!(step, Step::Retry(_) | Step::OrderFrames(_, FrameVerb::Retry, _))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_farm_stays_sound_and_comes_to_its_end(steps in prop::collection::vec(step(), 1..80)) {
        let mut farm = farm();
        for step in &steps {
            let before = ended(&farm);
            take(&mut farm, step);
            if matches!(step, Step::Restart) {
                farm.watches_anew();
            }
            farm.nothing_was_missed();
            farm.watches_all();
            let after = ended(&farm);
            let retried =
                |frame: &(String, i64, FrameState)| retries(step) && frame.2 == FrameState::Failed;
            for frame in before.into_iter().filter(|frame| !retried(frame)) {
                prop_assert!(after.contains(&frame), "{frame:?} had ended, and then came {step:?}");
            }
        }
        prop_assert_eq!(&farm.replayed(), &farm.schedule);
        heal(&mut farm);
        for job in farm.schedule.jobs() {
            prop_assert!(job.state.is_final(), "job {} never ends: {:?}", job.id, job.waiting_because);
            let notices = farm.job(job.id.parse().unwrap()).notices;
            let once = !steps.iter().any(retries);
            // One for the end, and one where it did not move for long.
            let mails = usize::from(job.state != JobState::Killed);
            prop_assert!((mails..=mails + 1).contains(&notices.len()) || (!once && notices.len() >= mails));
        }
        prop_assert_eq!(&farm.replayed(), &farm.schedule);
    }
}
