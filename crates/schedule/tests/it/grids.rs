//! What somebody has who fetched the grid of a job and heard of every change since is the grid as it is.

use std::collections::{BTreeMap, BTreeSet};

use model::{JobId, JobState};
use schedule::{Effect, Event, Schedule};

use crate::dependencies::steps;
use crate::farm::{Farm, job};

/// What people have who watch grids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grids {
    seen: BTreeMap<JobId, Vec<Vec<u8>>>,
    /// Effects heard.
    pub(crate) heard: usize,
}

impl Grids {
    pub(crate) fn hear(&mut self, effect: &Effect, schedule: &Schedule) {
        self.heard += 1;
        match effect {
            Effect::ChunkChanged(frame) => {
                let cell = schedule.cell(*frame).unwrap();
                let seen = self.seen.get_mut(&frame.job).expect("it is watched");
                seen[usize::from(frame.step.0)][usize::try_from(frame.index).unwrap()] = cell;
            }
            Effect::GridChanged(job) => {
                assert!(self.seen.insert(*job, cells(schedule, *job)).is_some(), "it is watched");
            }
            _ => {}
        }
    }
}

fn cells(schedule: &Schedule, job: JobId) -> Vec<Vec<u8>> {
    schedule.grid(job).unwrap().into_iter().map(|step| step.cells).collect()
}

impl Farm {
    /// Somebody watches every job that there is.
    pub(crate) fn watches_all(&mut self) {
        let jobs: BTreeSet<JobId> = self.schedule.jobs().iter().map(|job| job.id.parse().unwrap()).collect();
        self.happens(Event::WatchGrids(jobs.clone()));
        for job in jobs {
            self.grids.seen.entry(job).or_insert_with(|| cells(&self.schedule, job));
        }
    }

    /// He has what is.
    pub(crate) fn nothing_was_missed(&self) {
        for (job, seen) in &self.grids.seen {
            assert_eq!(seen, &cells(&self.schedule, *job), "job {job}");
        }
    }

    /// The server started anew, and he fetches all.
    pub(crate) fn watches_anew(&mut self) {
        self.grids.seen.clear();
        self.watches_all();
    }
}

#[test]
fn nobody_is_told_of_chunks_of_jobs_that_nobody_watches() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let (watched, other) = (farm.submits(job("one", "1-2")), farm.submits(job("two", "1-2")));
    farm.happens(Event::WatchGrids([watched].into()));
    farm.grids.seen.insert(watched, cells(&farm.schedule, watched));
    farm.everything_is_rendered();
    farm.nothing_was_missed();
    assert_eq!(farm.job(other).state, JobState::Done);
    let heard = farm.grids.heard;
    farm.happens(Event::WatchGrids(BTreeSet::new()));
    farm.submits(job("three", "1-2"));
    farm.everything_is_rendered();
    assert_eq!(farm.grids.heard, heard, "and of none once nobody watches any");
}

#[test]
fn a_cell_says_what_the_chunk_does_and_how_far_it_is() {
    let mut farm = Farm::with_hosts(&[("a", 2)]);
    let id = farm.submits(job("one", "1-4"));
    assert_eq!(cells(&farm.schedule, id), [[1, 1, 0, 0]]);
    let (lease, grant) =
        farm.hosts["a"].held.first_key_value().map(|(id, held)| (*id, held.clone())).unwrap();
    farm.says("a", model::RenderToSchedule::Progress { lease, permille: 500 });
    assert_eq!(cells(&farm.schedule, id), [[0x81, 1, 0, 0]]);
    farm.says("a", model::RenderToSchedule::Progress { lease, permille: 1_000 });
    assert_eq!(cells(&farm.schedule, id), [[0xf1, 1, 0, 0]]);
    farm.hosts.get_mut("a").unwrap().held.remove(&lease);
    farm.reports("a", &grant, crate::farm::done(&grant), &["it looks grey"]);
    assert_eq!(cells(&farm.schedule, id), [[0x0a, 1, 1, 0]]);
    let step = farm.schedule.grid(id).unwrap().remove(0).step;
    assert_eq!((step.name.as_str(), step.numbers.as_str(), step.total), ("render", "1-4", 4));
    farm.happens(Event::Kill(id));
    assert_eq!(cells(&farm.schedule, id), [[0x0a, 4, 4, 4]]);
}

#[test]
fn chunks_that_fail_with_others_are_told_of() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    let id = farm.submits(steps(&[
        ("sim", "1-3", 1, &[]),
        ("render", "1-3", 1, &["-sim"]),
        ("film", "1", 1, &["render"]),
    ]));
    farm.watches_all();
    farm.fails_one("a");
    farm.nothing_was_missed();
    assert_eq!(cells(&farm.schedule, id), [vec![3, 1, 0], vec![3, 0, 0], vec![3]]);
    farm.everything_is_rendered();
    farm.happens(Event::Retry(id));
    farm.nothing_was_missed();
}
