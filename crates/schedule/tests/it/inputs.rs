//! What earlier steps made, for the attempts that work with it; and parts of pictures, which are no results.

use model::{
    Dependency, DependencyKind, FailureClass, Grant, JobDescription, JobId, LeaseId, Outcome, Output, PARTS,
    Part, Size,
};
use schedule::Event;

use crate::dependencies::steps;
use crate::drafts::digest;
use crate::farm::{Farm, failed};

/// Brings the files of every step that one of the job waits for.
fn bringing(mut job: JobDescription) -> JobDescription {
    let dependencies = job.steps.iter_mut().flat_map(|step| &mut step.depends_on);
    dependencies.for_each(|dependency: &mut Dependency| dependency.files = true);
    job
}

/// A file for each frame of the grant, named after step and number.
fn made(grant: &Grant) -> Outcome {
    let numbers = std::iter::once(grant.number).chain(grant.more.iter().copied());
    let output = |number| Output {
        name: format!("s{}.{number}", grant.frame.step),
        digest: digest(),
        bytes: 100,
        size: None,
        thumbnail: None,
    };
    Outcome::Done { outputs: numbers.map(output).collect() }
}

fn make_all(farm: &mut Farm) {
    let count = farm.hosts["a"].held.len();
    for _ in 0..count {
        farm.ends("a", made);
    }
}

/// What each lease of the host works with, by the number of its first frame.
fn inputs(farm: &Farm) -> Vec<(i64, Vec<String>)> {
    let of = |lease: LeaseId| farm.schedule.inputs(lease).unwrap();
    let names = |lease| of(lease).into_iter().map(|input| format!("{}/{}", input.folder, input.name));
    farm.hosts["a"].held.iter().map(|(lease, grant)| (grant.number, names(*lease).collect())).collect()
}

#[test]
fn a_frame_is_brought_what_the_frames_of_its_numbers_made() {
    let mut farm = Farm::with_hosts(&[("a", 9)]);
    farm.submits(bringing(steps(&[("a b", "1-5", 3, &[]), ("then", "2-5", 2, &["-a b"])])));
    assert_eq!(inputs(&farm), [(1, vec![]), (4, vec![])], "the first step waits for nothing");
    make_all(&mut farm);
    let pairs = |numbers: [i64; 2]| numbers.map(|number| format!("a-b/s0.{number}")).to_vec();
    assert_eq!(inputs(&farm), [(2, pairs([2, 3])), (4, pairs([4, 5]))]);
}

#[test]
fn one_file_of_a_whole_chunk_is_brought_once() {
    let mut farm = Farm::with_hosts(&[("a", 9)]);
    farm.submits(bringing(steps(&[("sim", "1-4", 4, &[]), ("then", "1-4", 2, &["-sim"])])));
    let log = |grant: &Grant| {
        let Outcome::Done { mut outputs } = made(grant) else { unreachable!() };
        outputs.truncate(1);
        Outcome::Done { outputs }
    };
    farm.ends("a", log);
    assert_eq!(inputs(&farm), [(1, vec!["sim/s0.1".to_owned()]), (3, vec!["sim/s0.1".to_owned()])]);
}

#[test]
fn a_step_that_waits_for_all_is_brought_all_and_only_of_those_that_it_names_with_files() {
    let mut farm = Farm::with_hosts(&[("a", 9)]);
    let mut job = steps(&[("sim", "1-2", 1, &[]), ("mask", "1", 1, &[]), ("cut", "7", 1, &["sim", "mask"])]);
    job.steps[2].depends_on[0].files = true;
    farm.submits(job);
    make_all(&mut farm);
    assert_eq!(inputs(&farm), [(7, vec!["sim/s0.1".to_owned(), "sim/s0.2".to_owned()])]);
    let lease = *farm.hosts["a"].held.keys().next().unwrap();
    let place = |folder: &str, name: &str| farm.schedule.input_place(lease, folder, name);
    assert_eq!(place("sim", "s0.2").as_deref(), Some("1-job"));
    assert_eq!((place("sim", "s0.3"), place("mask", "s1.1")), (None, None), "it is none of its inputs");
    assert_eq!(farm.schedule.inputs(LeaseId(99)), None);
}

/// A picture of two tiles, which `whole` puts together.
fn tiled() -> JobDescription {
    let mut job =
        bringing(steps(&[("t1", "1", 1, &[]), ("t2", "1", 1, &[]), ("whole", "1", 1, &["t1", "t2"])]));
    for at in 0..2 {
        let work = &mut job.steps[usize::from(at)].work;
        work.size = Some(Size { width: 8, height: 8 });
        work.part = Some(Part::Tile { at, across: 2, down: 1, border: 0 });
    }
    for dependency in &mut job.steps[2].depends_on {
        dependency.by = DependencyKind::Frame;
    }
    job
}

fn names(farm: &Farm, job: JobId) -> Vec<String> {
    farm.schedule.results(job).unwrap().into_iter().map(|output| output.name).collect()
}

#[test]
fn parts_lie_apart_are_no_results_and_go_when_the_pictures_are_done() {
    let mut farm = Farm::with_hosts(&[("a", 9)]);
    let id = farm.submits(tiled());
    make_all(&mut farm);
    assert_eq!(inputs(&farm), [(1, vec!["t1/s0.1".to_owned(), "t2/s1.1".to_owned()])]);
    let lease = *farm.hosts["a"].held.keys().next().unwrap();
    let place = farm.schedule.input_place(lease, "t1", "s0.1").unwrap();
    assert_eq!(place, format!("{id}-job/{PARTS}"));
    assert_eq!(names(&farm, id), [""; 0]);
    assert_eq!(farm.frame(id, 1).outputs.len(), 1, "a part can be looked at while it is there");

    make_all(&mut farm);
    assert_eq!(names(&farm, id), ["s2.1"]);
    assert_eq!(farm.sealed, [(id, vec!["s2.1".to_owned()])]);
    assert_eq!(farm.cleared, [id]);
    assert_eq!(farm.frame(id, 1).outputs, []);
}

#[test]
fn parts_stay_where_a_picture_failed_and_serve_the_next_try() {
    let mut farm = Farm::with_hosts(&[("a", 9)]);
    let id = farm.submits(tiled());
    make_all(&mut farm);
    farm.ends("a", |_| failed(FailureClass::Frame, "no room"));
    assert_eq!(farm.cleared, []);
    farm.happens(Event::Retry(id));
    assert_eq!(inputs(&farm), [(1, vec!["t1/s0.1".to_owned(), "t2/s1.1".to_owned()])]);
    make_all(&mut farm);
    assert_eq!(farm.cleared, [id]);
}
