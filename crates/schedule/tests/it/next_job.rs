//! Hosts are told which job's files to fetch while their slots are busy.

use model::{Digest, JobDescription, JobFile, JobId, RenderToSchedule};

use crate::farm::{Farm, job};

fn with_files(name: &str, frames: &str) -> JobDescription {
    let file = JobFile {
        path: "scene.pov".parse().unwrap(),
        digest: Digest([7; 32]),
        bytes: 1,
        executable: false,
        original: String::new(),
    };
    JobDescription { files: vec![file], ..job(name, frames) }
}

/// The jobs that `host` was told of since it was asked last.
fn told(farm: &mut Farm, host: &str) -> Vec<JobId> {
    std::mem::take(&mut farm.hosts.get_mut(host).unwrap().prefetch)
}

fn progresses(farm: &mut Farm, host: &str, permille: u16) {
    let lease = *farm.hosts[host].held.first_key_value().unwrap().0;
    farm.says(host, RenderToSchedule::Progress { lease, permille });
}

#[test]
fn a_host_is_told_what_comes_next_once_its_own_job_has_no_more_for_it() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(with_files("one", "1-2"));
    let two = farm.submits(with_files("two", "1-5"));
    progresses(&mut farm, "a", 300);
    assert_eq!(told(&mut farm, "a"), [], "another frame of its own job comes next");
    farm.finishes_one("a");
    progresses(&mut farm, "a", 100);
    assert_eq!(told(&mut farm, "a"), [two]);
    progresses(&mut farm, "a", 900);
    assert_eq!(told(&mut farm, "a"), [], "once");
}

#[test]
fn no_more_hosts_are_told_of_a_job_than_it_has_frames() {
    let mut farm = Farm::with_hosts(&[("a", 1), ("b", 1)]);
    farm.submits(with_files("one", "1-2"));
    progresses(&mut farm, "a", 300);
    assert_eq!(told(&mut farm, "a"), [], "nothing waits");
    let two = farm.submits(with_files("two", "1"));
    progresses(&mut farm, "a", 600);
    progresses(&mut farm, "b", 600);
    assert_eq!((told(&mut farm, "a"), told(&mut farm, "b")), (vec![two], vec![]));
    farm.finishes_one("b");
    assert_eq!(farm.held("b"), [1], "the first that is free gets it all the same");
}

#[test]
fn a_job_without_files_is_not_worth_a_word() {
    let mut farm = Farm::with_hosts(&[("a", 1)]);
    farm.submits(job("one", "1"));
    farm.submits(job("two", "1"));
    progresses(&mut farm, "a", 600);
    assert_eq!(told(&mut farm, "a"), []);
}
