//! Faults of a description, all at once.

use model::{
    Dependency, DependencyKind, FrameOrder, FrameSpan, JobDescription, JobId, Need, Requirement, SlotNeed,
    Step, TimeLimits, Work,
};

fn description() -> JobDescription {
    let work = Work { package: "command".into(), command: vec!["true".into()], ..Work::default() };
    let animation = FrameSpan { first: 1, last: 10 };
    let step = Step::new("render", "1-10".parse().unwrap(), animation, work);
    JobDescription {
        notify: vec!["ada@example.com".into(), "root@localhost".into()],
        ..JobDescription::new("film", "ada", vec![step])
    }
}

#[test]
fn a_good_description_has_no_faults() {
    description().check().unwrap();
}

#[test]
fn all_faults_are_found_at_once() {
    let mut bad = description();
    bad.name = " ".into();
    bad.priority = 101;
    bad.attempts_max = 0;
    bad.notify = vec!["ada".into(), "a b@c".into(), "@x".into()];
    bad.steps[0].animation.last = 9;
    bad.steps[0].work.scene = Some("missing.pov".parse().unwrap());
    let need = Need::Field(model::Field::Memory, Requirement::OneOf(vec!["16".into()]));
    bad.steps[0].profile.needs.push(need);
    let faults = bad.check().unwrap_err();
    let places: Vec<_> = faults.0.iter().map(|fault| fault.place.as_str()).collect();
    let expected =
        ["name", "priority", "attempts", "notify", "notify", "notify", "frames", "scene", "needs.memory"];
    assert_eq!(places, expected);
}

#[test]
fn a_path_cannot_be_a_file_and_a_folder() {
    let mut bad = description();
    for path in ["maps", "maps-old", "maps/sea.png", "maps/sea.png"] {
        bad.files.push(model::JobFile {
            path: path.parse().unwrap(),
            original: format!("/film/{path}"),
            digest: model::Digest([0; 32]),
            bytes: 0,
            executable: false,
        });
    }
    let text = bad.check().unwrap_err().to_string();
    assert!(text.contains("two files would stand at maps/sea.png"), "{text}");
    assert!(text.contains("maps is both a file and a folder"), "{text}");
}

#[test]
fn a_path_inside_a_job_cannot_leave_it() {
    for path in ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a\\b", "a/"] {
        assert!(path.parse::<model::JobPath>().is_err(), "{path}");
    }
    assert_eq!("a/b.pov".parse::<model::JobPath>().unwrap().file_name(), "b.pov");
}

/// A job of steps that wait for each other like this: `comp` for `render` is `("comp", &["render"])`.
fn waiting(steps: &[(&str, &[&str])]) -> JobDescription {
    let mut job = description();
    let step = |(name, others): &(&str, &[&str])| Step {
        name: (*name).to_owned(),
        depends_on: others
            .iter()
            .map(|other| Dependency { step: (*other).to_owned(), by: DependencyKind::Frame, files: false })
            .collect(),
        ..job.steps[0].clone()
    };
    job.steps = steps.iter().map(step).collect();
    job
}

#[track_caller]
fn told(job: &JobDescription, expected: &[&str]) {
    let faults = job.check().map_or_else(|faults| faults.0, |()| Vec::new());
    let told: Vec<_> = faults.iter().map(|fault| format!("{}: {}", fault.place, fault.what)).collect();
    assert_eq!(told, expected);
}

#[test]
fn steps_may_wait_for_each_other_but_not_in_a_circle() {
    told(&waiting(&[("sim", &[]), ("render", &["sim"]), ("comp", &["render", "sim"])]), &[]);
    told(&waiting(&[("comp", &["render"]), ("render", &[])]), &[]);
    told(
        &waiting(&[("render", &["comp"]), ("comp", &["render"])]),
        &["depends_on: the steps wait for each other: render -> comp -> render"],
    );
    told(
        &waiting(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &["b"]), ("d", &["a"])]),
        &["depends_on: the steps wait for each other: b -> c -> b"],
    );
    told(
        &waiting(&[("a", &["a", "b", "b"]), ("b", &["sim"])]),
        &[
            "depends_on: step \"a\" depends on itself",
            "depends_on: step \"a\" names step \"b\" twice",
            "depends_on: step \"b\" depends on \"sim\", and there is no such step",
        ],
    );
}

#[test]
fn a_long_chain_of_steps_is_no_circle() {
    let names: Vec<String> = (0..1_000).map(|at| format!("s{at}")).collect();
    let before: Vec<[&str; 1]> = names.iter().skip(1).map(|name| [name.as_str()]).collect();
    let mut steps: Vec<(&str, &[&str])> =
        names.iter().zip(&before).map(|(name, next)| (name.as_str(), next.as_slice())).collect();
    steps.push(("s999", &[]));
    told(&waiting(&steps), &[]);
    steps.push(("one more", &[]));
    told(&waiting(&steps), &["steps: 1001 steps are more than 1000"]);
}

#[test]
fn pieces_limits_and_times_have_to_make_sense() {
    let mut bad = description();
    bad.after = vec![JobId(1), JobId(2), JobId(1)];
    (bad.slots_max, bad.hosts_max) = (Some(2), Some(0));
    let step = &mut bad.steps[0];
    step.chunk = 10_001;
    step.order = FrameOrder::EveryNth(1);
    step.slots = SlotNeed::Count(3);
    step.limits = [("nuke", 0), ("v ray", 1)].map(|(name, amount)| (name.to_owned(), amount)).into();
    step.times = TimeLimits { max_ms: Some(60_000), min_ms: Some(60_000), stall_ms: Some(0) };
    told(
        &bad,
        &[
            "after: job 1 is named twice",
            "hosts_max: with hosts_max 0 no frame would ever start",
            "chunk: a chunk of 10001 frames is outside 1 to 10000",
            "order: every 1th frame first is no order",
            "slots: a frame of step \"render\" takes 3 slots, and the job may hold 2",
            "limits.nuke: a frame would take nothing of limit nuke",
            "limits.v ray: \"v ray\" is not the name of a limit",
            "times: with a time without progress of 0 no frame could end",
            "times: the shortest time, 60000 ms, is not below the longest, 60000 ms",
        ],
    );
    assert!(bad.check().unwrap_err().0.iter().all(|fault| fault.hint.is_some()));
    bad = description();
    (bad.slots_max, bad.steps[0].slots, bad.steps[0].chunk) = (Some(0), SlotNeed::Count(0), 0);
    told(
        &bad,
        &[
            "slots_max: with slots_max 0 no frame would ever start",
            "chunk: a chunk of 0 frames is outside 1 to 10000",
            "slots: a frame of step \"render\" would hold no slot",
        ],
    );
}

#[test]
fn files_of_two_steps_have_names_of_their_own() {
    let mut job = waiting(&[("beauty pass", &[]), ("comp", &[])]);
    assert_eq!((job.slug_of(0), job.slug_of(1)), ("film.beauty-pass".to_owned(), "film.comp".to_owned()));
    job.steps[1].name = "beauty/pass".to_owned();
    told(&job, &["steps: the files of steps \"beauty pass\" and \"beauty/pass\" would have the same names"]);
    job.steps.pop();
    assert_eq!(job.slug_of(0), "film");
}

#[test]
fn a_chunk_knows_its_frames_and_a_frame_its_chunk() {
    let mut step = description().steps.remove(0);
    (step.frames, step.chunk) = ("1-7x2,20,30-40".parse().unwrap(), 3);
    assert_eq!(step.chunks(), 6);
    let lists: Vec<_> = (0..7).map(|index| step.chunk_list(index).map(|list| list.to_string())).collect();
    let lists: Vec<_> = lists.iter().map(|list| list.as_deref().unwrap_or("none")).collect();
    assert_eq!(lists, ["1-5x2", "7,20,30", "31-33", "34-36", "37-39", "40", "none"]);
    assert_eq!(step.chunk_numbers(1).collect::<Vec<_>>(), [7, 20, 30]);
    assert_eq!((step.chunk_of(30), step.chunk_of(40), step.chunk_of(2)), (Some(1), Some(5), None));
}
