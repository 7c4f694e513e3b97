//! What counts and is odd all the same, what a job does not let pass, and parts of pictures.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use image::{DynamicImage, Rgb, RgbImage};
use model::{AttemptNumber, JobId, Part, Refuse, Size, Work};
use packages::{CollectError, Collection, Invocation, Known, VerifyError};

use crate::{definition, step};

/// What is collected of `scratch` for a step of `package` that makes `work`.
fn collect(scratch: &Path, package: &str, work: Work, known: &Known) -> Result<Collection, CollectError> {
    let command = vec!["make".to_owned(), "{output}".to_owned()];
    let format = Some("png".to_owned());
    let step = step("1-9", (1, 9), Work { package: package.to_owned(), command, format, ..work });
    let definition = definition(package);
    let invocation = Invocation {
        definition: &definition,
        step: &step,
        job: JobId(17),
        number: 7,
        more: &[],
        attempt: AttemptNumber(1),
        job_folder: scratch,
        scratch,
        executable: None,
        threads: 1,
        gpus: &[],
        scripts: Path::new("/scripts"),
        environment: &BTreeMap::new(),
        session: None,
    };
    invocation.collect(&scratch.join("log"), "film", known)
}

fn picture(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x * y) as u8])).into()
}

#[test]
fn a_frame_has_a_small_picture_and_its_digest() {
    let scratch = tempfile::tempdir().unwrap();
    picture(64, 36).save(scratch.path().join("output.png")).unwrap();
    let made = collect(scratch.path(), "command", Work::default(), &Known::default()).unwrap();
    assert!(made.warnings.is_empty(), "{:?}", made.warnings);
    let small = made.files[0].thumbnail.as_ref().unwrap();
    let digest = model::Digest(*blake3::hash(small).as_bytes());
    assert_eq!(made.files[0].output.thumbnail, Some(digest));
    assert_eq!(image::load_from_memory(small).unwrap().width(), 64);
}

#[test]
fn a_black_frame_is_warned_of_and_refused_where_the_job_says_so() {
    let scratch = tempfile::tempdir().unwrap();
    DynamicImage::new_rgb8(64, 36).save(scratch.path().join("output.png")).unwrap();
    let made = collect(scratch.path(), "command", Work::default(), &Known::default()).unwrap();
    assert_eq!(made.warnings, ["film.0007.png is all black"]);
    let numbers = Work { refuse: BTreeSet::from([Refuse::NotNumbers]), ..Work::default() };
    assert!(collect(scratch.path(), "command", numbers, &Known::default()).is_ok());
    let blank = Work { refuse: BTreeSet::from([Refuse::Blank]), ..Work::default() };
    let error = collect(scratch.path(), "command", blank, &Known::default()).unwrap_err();
    assert_eq!(error.to_string(), "film.0007.png is all black, which this job does not let pass");
}

#[test]
fn a_frame_far_smaller_than_its_neighbours_is_warned_of() {
    let scratch = tempfile::tempdir().unwrap();
    picture(64, 36).save(scratch.path().join("output.png")).unwrap();
    let known = Known { sizes: vec![900_000, 1_000_000, 1_100_000], ..Known::default() };
    let made = collect(scratch.path(), "command", Work::default(), &known).unwrap();
    let [warning] = made.warnings.as_slice() else { panic!("{:?}", made.warnings) };
    assert!(warning.ends_with("earlier frames of the step have about 1000000"), "{warning}");
}

#[test]
fn an_old_file_is_no_frame_unless_a_command_may_have_copied_it() {
    let scratch = tempfile::tempdir().unwrap();
    let old = SystemTime::now() - Duration::from_secs(3600);
    for name in ["output.png", "frame.png"] {
        picture(64, 36).save(scratch.path().join(name)).unwrap();
        File::options().write(true).open(scratch.path().join(name)).unwrap().set_modified(old).unwrap();
    }
    let known = Known { begun: Some(SystemTime::now() - Duration::from_secs(60)), ..Known::default() };
    let copied = collect(scratch.path(), "command", Work::default(), &known).unwrap();
    assert_eq!(copied.warnings, ["film.0007.png was last written before the attempt began"]);
    let rendered = collect(scratch.path(), "povray", Work::default(), &known);
    assert!(matches!(rendered, Err(CollectError::Unfit(VerifyError::Stale { .. }))), "{rendered:?}");
    let fresh = Known { begun: Some(old), ..Known::default() };
    assert!(collect(scratch.path(), "povray", Work::default(), &fresh).is_ok());
}

#[test]
fn a_tile_may_be_alone_or_in_the_whole_picture_and_may_be_black() {
    let scratch = tempfile::tempdir().unwrap();
    let part = Part::Tile { at: 1, across: 2, down: 2, border: 3 };
    let tile = |width: u32, height: u32, picture: DynamicImage| {
        picture.save(scratch.path().join("output.png")).unwrap();
        let size = Some(Size { width, height });
        let refuse = BTreeSet::from([Refuse::Blank]);
        let work = Work { size, part: Some(part), refuse, ..Work::default() };
        collect(scratch.path(), "command", work, &Known::default())
    };
    for picture in [DynamicImage::new_rgb8(64, 36), picture(35, 21)] {
        let made = tile(64, 36, picture).unwrap();
        assert!(made.warnings.is_empty() && made.files[0].thumbnail.is_none());
    }
    fs::remove_file(scratch.path().join("output.png")).unwrap();
    let error = tile(64, 36, picture(32, 18)).unwrap_err().to_string();
    assert!(error.ends_with("is 32x18 pixels, and 35x21 were asked for"), "{error}");
}
