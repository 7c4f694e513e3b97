//! Nothing stands under a final name that was not reported, whatever is repeated or interrupted.

use std::fs;
use std::io::Read;
use std::path::Path;

use model::{Digest, LeaseId, Output};
use store::{IntakeError, PublishError, Results, ResultsError, StoredFile};

const LEASE: LeaseId = LeaseId(7);

fn output(name: &str, bytes: &[u8]) -> Output {
    let digest = Digest(*blake3::hash(bytes).as_bytes());
    Output { name: name.to_owned(), digest, bytes: bytes.len() as u64, size: None, thumbnail: None }
}

fn take_in(results: &Results, lease: LeaseId, name: &str, bytes: &[u8]) -> Output {
    let mut writer = results.intake(lease, name).unwrap();
    writer.write(bytes).unwrap();
    let reported = output(name, bytes);
    assert_eq!(writer.commit().unwrap(), (reported.digest, reported.bytes));
    reported
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn files_are_published_once_however_often_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let results = Results::open(&folder.path().join("storage")).unwrap();
    let outputs =
        [take_in(&results, LEASE, "a.0001.png", b"beauty"), take_in(&results, LEASE, "a.0001.exr", b"depth")];
    assert_eq!(results.list("1-a").unwrap(), []);
    assert_eq!(results.leases_with_intake().unwrap(), [LEASE]);
    for _ in 0..3 {
        results.publish(LEASE, "1-a", &outputs).unwrap();
    }
    assert_eq!(results.leases_with_intake().unwrap(), []);
    let stored = |name: &str, bytes| StoredFile { name: name.to_owned(), bytes };
    assert_eq!(results.list("1-a").unwrap(), [stored("a.0001.exr", 5), stored("a.0001.png", 6)]);
    let (mut file, bytes) = results.open_file("1-a", "a.0001.png").unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), bytes), ("beauty", 6));
    assert!(matches!(results.open_file("1-a", "a.0002.png"), Err(ResultsError::Missing { .. })));
}

#[test]
fn a_publish_that_was_interrupted_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let results = Results::open(folder.path()).unwrap();
    let outputs = [take_in(&results, LEASE, "a.png", b"a"), take_in(&results, LEASE, "b.png", b"b")];
    fs::create_dir(folder.path().join("1-a")).unwrap();
    fs::rename(folder.path().join(".intake/7/a.png"), folder.path().join("1-a/a.png")).unwrap();
    results.publish(LEASE, "1-a", &outputs).unwrap();
    assert_eq!(names(&folder.path().join("1-a")), ["a.png", "b.png"]);
}

#[test]
fn what_was_not_reported_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let results = Results::open(folder.path()).unwrap();
    let right = take_in(&results, LEASE, "a.png", b"right");
    take_in(&results, LEASE, "b.png", b"short");
    for wrong in [output("b.png", b"shortened"), output("b.png", b"other")] {
        let refused = results.publish(LEASE, "1-a", &[right.clone(), wrong]).unwrap_err();
        assert!(matches!(refused, PublishError::Mismatch { .. }), "{refused}");
    }
    let never = results.publish(LEASE, "1-a", &[right.clone(), output("c.png", b"c")]).unwrap_err();
    assert!(matches!(never, PublishError::Missing { .. }), "{never}");
    assert_eq!(names(&folder.path().join("1-a")), [""; 0]);

    // Another attempt's file under the final name is not this one's.
    let other = LeaseId(8);
    let published = take_in(&results, other, "a.png", b"of the other attempt");
    results.publish(other, "1-a", &[published]).unwrap();
    results.discard(LEASE).unwrap();
    results.discard(LEASE).unwrap();
    let gone = results.publish(LEASE, "1-a", &[right]).unwrap_err();
    assert!(matches!(gone, PublishError::Missing { .. }), "{gone}");
    assert_eq!(fs::read(folder.path().join("1-a/a.png")).unwrap(), b"of the other attempt");
}

#[test]
fn a_file_taken_in_twice_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let results = Results::open(folder.path()).unwrap();
    // A connection that broke off, and its repetition while the first is still open.
    let mut first = results.intake(LEASE, "a.png").unwrap();
    first.write(b"the first ha").unwrap();
    let second = take_in(&results, LEASE, "a.png", b"the second, whole");
    drop(first);
    results.publish(LEASE, "1-a", std::slice::from_ref(&second)).unwrap();
    assert_eq!(fs::read(folder.path().join("1-a/a.png")).unwrap(), b"the second, whole");
    assert_eq!(names(&folder.path().join(".intake")), [""; 0]);
}

#[test]
fn the_sums_are_as_b3sum_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let results = Results::open(folder.path()).unwrap();
    results.seal("1-a", &[]).unwrap();
    assert!(!folder.path().join("1-a").exists());
    let outputs = [take_in(&results, LEASE, "b.png", b""), take_in(&results, LEASE, "a.png", b"abc")];
    results.publish(LEASE, "1-a", &outputs).unwrap();
    for _ in 0..2 {
        // What a crash in the middle of an earlier try left behind goes with it.
        fs::write(folder.path().join("1-a/.7-1.part"), "6437b3").unwrap();
        results.seal("1-a", &outputs).unwrap();
        assert_eq!(
            fs::read_to_string(folder.path().join("1-a/B3SUMS")).unwrap(),
            "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85  a.png\n\
             af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262  b.png\n"
        );
        assert_eq!(names(&folder.path().join("1-a")), ["B3SUMS", "a.png", "b.png"]);
    }
    assert_eq!(results.list("1-a").unwrap().len(), 2);
}

#[test]
fn names_stay_inside_their_folder() {
    let folder = tempfile::tempdir().unwrap();
    let results = Results::open(folder.path()).unwrap();
    let outputs = [take_in(&results, LEASE, "a.png", b"a")];
    for bad in ["..", "../x", "/x", ".intake", "a/b", ""] {
        assert!(matches!(results.intake(LEASE, bad), Err(IntakeError::Name(_))), "{bad:?}");
        assert!(matches!(results.publish(LEASE, bad, &outputs), Err(PublishError::Name(_))), "{bad:?}");
        assert!(matches!(results.open_file("1-a", bad), Err(ResultsError::BadName { .. })), "{bad:?}");
        assert!(matches!(results.list(bad), Err(ResultsError::BadName { .. })), "{bad:?}");
        let wrong = [Output { name: bad.to_owned(), ..outputs[0].clone() }];
        assert!(matches!(results.publish(LEASE, "1-a", &wrong), Err(PublishError::Name(_))), "{bad:?}");
    }
    assert!(matches!(results.intake(LEASE, "B3SUMS"), Err(IntakeError::Name(_))));
}

#[test]
fn a_storage_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = Results::open(&file).unwrap_err();
    assert!(refused.to_string().contains("cannot be used"), "{refused}");
}

#[test]
fn a_storage_keeps_its_first_name_whoever_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let results = Results::open(folder.path()).unwrap();
    assert_eq!(results.identity(), None);
    assert_eq!(results.identify("first").unwrap(), "first");
    let mounted = Results::open(folder.path()).unwrap();
    assert_eq!(mounted.identify("second").unwrap(), "first");
    assert_eq!(mounted.identity(), Some("first".to_owned()));
    let other = Results::open(&folder.path().join("other")).unwrap();
    assert_eq!(other.identity(), None);
}

#[test]
fn parts_of_pictures_lie_in_a_folder_of_their_own_and_can_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let results = Results::open(folder.path()).unwrap();
    let whole = [take_in(&results, LEASE, "a.0001.png", b"whole")];
    results.publish(LEASE, "1-a", &whole).unwrap();
    let part = [take_in(&results, LeaseId(8), "a.tile1.0001.png", b"part")];
    results.publish(LeaseId(8), "1-a/parts", &part).unwrap();
    assert!(results.open_file("1-a/parts", "a.tile1.0001.png").is_ok());
    assert_eq!(results.list("1-a").unwrap().len(), 1, "they are not beside the pictures");
    for _ in 0..2 {
        results.clear_parts("1-a").unwrap();
        assert_eq!(names(&folder.path().join("1-a")), ["a.0001.png"]);
    }
    results.clear_parts("2-never").unwrap();
    assert!(matches!(
        results.publish(LeaseId(9), "1-a/other", &whole),
        Err(PublishError::Name(ResultsError::BadName { .. }))
    ));
}
