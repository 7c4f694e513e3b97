//! Whatever happens, limits are kept, shares are fair, and nobody waits for ever for whoever is set aside.

use std::collections::BTreeMap;

use model::{FailureClass, JobDescription, JobId, JobState};
use proptest::prelude::*;
use schedule::Event;

use crate::farm::{Farm, failed, job};

const USERS: [&str; 3] = ["ada", "bob", "eve"];

/// Something that happens; hosts are `a`, `b` and `c`.
#[derive(Clone, Debug)]
enum Step {
    Submit { user: usize, frames: u8, wanted: u8 },
    Limit { amount: u8, per_host: u8 },
    Share { user: usize, weight: u8 },
    Finish(usize),
    Fail(usize, u8),
    Forgive(usize),
    Time(u16),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    prop_oneof![
        4 => (0..3_usize, 1..9_u8, 0..3_u8).prop_map(|(user, frames, wanted)| {
            Submit { user, frames, wanted }
        }),
        2 => (0..5_u8, 0..3_u8).prop_map(|(amount, per_host)| Limit { amount, per_host }),
        1 => (0..3_usize, 1..4_u8).prop_map(|(user, weight)| Share { user, weight }),
        9 => (0..3_usize).prop_map(Finish),
        6 => (0..3_usize, 0..4_u8).prop_map(|(host, class)| Fail(host, class)),
        1 => (0..3_usize).prop_map(Forgive),
        2 => (0..60_000_u16).prop_map(Time),
        1 => Just(Restart),
    ]
}

fn take(farm: &mut Farm, step: &Step) {
    let name = |host: usize| ["a", "b", "c"][host];
    match *step {
        Step::Submit { user, frames, wanted } => {
            let mut job = job("job", &format!("1-{frames}"));
            if wanted > 0 {
                job.steps[0].limits.insert("maya".to_owned(), wanted.into());
            }
            farm.submits(JobDescription { user: USERS[user].to_owned(), ..job });
        }
        // One of them stays, so that jobs may name it.
        Step::Limit { amount, per_host } => farm.happens(Event::SetLimit {
            name: "maya".to_owned(),
            amount: Some(amount.into()),
            per_host: (per_host > 0).then(|| per_host.into()),
        }),
        Step::Share { user, weight } => {
            farm.happens(Event::SetShare { name: USERS[user].to_owned(), weight: weight.into() });
        }
        Step::Finish(host) if !farm.held(name(host)).is_empty() => drop(farm.finishes_one(name(host))),
        Step::Fail(host, class) if !farm.held(name(host)).is_empty() => {
            use FailureClass::*;
            let class = [Frame, Host, Memory, Licence][usize::from(class)];
            farm.ends(name(host), |_| failed(class, "it failed"));
        }
        Step::Finish(_) | Step::Fail(..) => {}
        Step::Forgive(host) => farm.happens(Event::Forgive(name(host).into())),
        Step::Time(ms) => farm.after_ms(ms.into()),
        Step::Restart => {
            farm.restarts();
            ["a", "b", "c"].iter().for_each(|host| farm.links(host, 3));
        }
    }
}

/// What is in use of the limit by what hosts hold, altogether and on the host that has most.
fn in_use(farm: &Farm) -> (u32, u32) {
    let wants = |job: JobId| {
        let wants = &farm.schedule.description(job).unwrap().steps[0].limits;
        wants.get("maya").copied().unwrap_or(0)
    };
    let hosts = farm.hosts.values().map(|host| host.held.values().map(|grant| wants(grant.frame.job)).sum());
    let hosts: Vec<u32> = hosts.collect();
    (hosts.iter().sum(), hosts.into_iter().max().unwrap_or(0))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn limits_are_kept_and_every_job_comes_to_its_end(steps in prop::collection::vec(step(), 1..70)) {
        let mut farm = Farm::with_hosts(&[("a", 3), ("b", 3), ("c", 3)]);
        farm.happens(Event::SetLimit { name: "maya".to_owned(), amount: Some(2), per_host: None });
        for step in &steps {
            let before = in_use(&farm);
            take(&mut farm, step);
            let limit = farm.schedule.limits().remove(0);
            let (all, most) = in_use(&farm);
            // What was in use when a limit was set lower may go on; no more than that.
            let fits = |used: u32, before: u32, amount: Option<u32>| {
                amount.is_none_or(|amount| used <= before.max(amount))
            };
            prop_assert!(fits(all, before.0, limit.amount), "{all} of {limit:?} by {step:?}");
            prop_assert!(fits(most, before.1, limit.per_host), "{most} of {limit:?} by {step:?}");
        }
        prop_assert_eq!(&farm.replayed(), &farm.schedule);
        farm.happens(Event::SetLimit { name: "maya".to_owned(), amount: Some(2), per_host: None });
        for _ in 0..200 {
            farm.everything_is_rendered();
            farm.after_ms(5_000);
        }
        for job in farm.schedule.jobs() {
            let ended = matches!(job.state, JobState::Done | JobState::Failed);
            prop_assert!(ended, "job {} never ends: {:?}", job.id, job.waiting_because);
        }
    }

    #[test]
    fn nobody_waits_while_another_gets_more_than_his_share(
        finishes in prop::collection::vec(0..3_usize, 1..30),
        weights in prop::collection::vec(1..4_u32, 3),
    ) {
        let mut farm = Farm::with_hosts(&[("a", 3), ("b", 3), ("c", 3)]);
        let mut users: BTreeMap<&str, (JobId, u32)> = BTreeMap::new();
        for (user, weight) in USERS.iter().zip(&weights) {
            farm.happens(Event::SetShare { name: (*user).to_owned(), weight: *weight });
            let job = JobDescription { user: (*user).to_owned(), ..job(user, "1-40") };
            users.insert(user, (farm.submits(job), *weight));
        }
        for host in finishes {
            let held = |farm: &Farm, user: &str| farm.job(users[user].0).frames_running;
            let before: BTreeMap<&str, u32> = USERS.iter().map(|user| (*user, held(&farm, user))).collect();
            farm.finishes_one(["a", "b", "c"][host]);
            for (user, (_, weight)) in &users {
                let has = held(&farm, user);
                // Whoever got the slot held no more for his weight, before, than anybody has now.
                let got = users.iter().filter(|(other, _)| held(&farm, other) > before[**other]);
                for (other, (_, heavy)) in got {
                    let fair = before[other] * weight <= has * heavy;
                    prop_assert!(fair, "{user} has {has}, {other} got one more");
                }
            }
        }
    }
}
