//! Faults of a description, all at once.

use model::{FrameSpan, JobDescription, Profile, Requirement, Step, Work};

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
    bad.steps[0].profile.fields.insert(model::Field::Memory, Requirement::OneOf(vec!["16".into()]));
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
