//! What has to be there afterwards.

use std::collections::BTreeMap;
use std::path::Path;

use model::{FrameState, JobState, JobView, OutputView};

use super::super::farm::Farm;
use super::super::names;
use super::people::{Kind, People, Submitted};

/// Fails unless everything that was acknowledged is there, whole and once; says what was found.
pub(super) fn check(farm: &Farm, people: &People) -> String {
    let jobs: Vec<JobView> = farm.run(&["jobs", "--json"]).ends_with(0).json();
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    for job in &jobs {
        let other = ids.insert(&job.name, &job.id);
        assert_eq!(other, None, "{} was taken twice, as {}", job.name, job.id);
    }
    let (mut frames, mut tries, mut killed) = (0, 0, 0);
    for (key, submitted) in &people.jobs {
        let id = submitted.id.as_deref().unwrap();
        assert_eq!(ids.get(key.as_str()), Some(&id), "{key} was acknowledged as job {id}");
        let job = jobs.iter().find(|job| job.id == id).unwrap();
        if job.state == JobState::Killed {
            let asked = people.killed.contains(id) || people.maybe_killed.contains(id);
            assert!(asked, "nobody killed job {id}");
            killed += 1;
        } else {
            assert!(!people.killed.contains(id), "the kill of job {id} was acknowledged: {job:#?}");
            let failed = farm.run(&["frames", id, "--attempts"]);
            assert_eq!(job.state, JobState::Done, "{job:#?}\n{failed}");
        }
        let (done, all) = check_frames(farm, job, key, submitted);
        frames += done;
        tries += all;
    }
    assert_eq!(jobs.len(), people.jobs.len(), "jobs that nobody submitted");
    format!("{}; {killed} killed; {frames} frames accepted once in {tries} tries", people.told())
}

/// How many frames of a job are done, and how many tries that took.
fn check_frames(farm: &Farm, job: &JobView, key: &str, submitted: &Submitted) -> (usize, usize) {
    let frames = farm.frames(&job.id);
    let (mut done, mut tries) = (0, 0);
    let mut outputs: Vec<OutputView> = Vec::new();
    for frame in &frames {
        let accepted = frame.history.iter().filter(|attempt| attempt.outcome == "done").count();
        assert_eq!(accepted, usize::from(frame.state == FrameState::Done), "job {}: {frame:#?}", job.id);
        assert!(!frame.history.iter().any(|attempt| attempt.outcome == "running"), "{frame:#?}");
        done += accepted;
        tries += frame.history.len();
        outputs.extend(frame.outputs.iter().cloned());
    }
    let files = match submitted.kind {
        Kind::Silent => 0,
        Kind::Steps => 2 * submitted.frames,
        _ => submitted.frames,
    };
    if job.state == JobState::Done {
        assert_eq!(outputs.len(), files, "job {}: {frames:#?}", job.id);
    }
    let folder = Path::new(&job.results);
    let found = if folder.is_dir() { names(folder) } else { Vec::new() };
    let mut stored: Vec<String> = outputs.iter().map(|output| output.name.clone()).collect();
    if job.state == JobState::Killed {
        // Killed between the rename and its record, what was stored stays; it is whole as all the rest.
        stored.clone_from(&found);
        stored.retain(|name| name != "B3SUMS");
    }
    let unlisted = found.iter().filter(|name| !stored.contains(name) && *name != "B3SUMS");
    assert_eq!(unlisted.collect::<Vec<_>>(), [""; 0], "{}", folder.display());
    for name in &stored {
        check_file(&folder.join(name), key, submitted.kind);
    }
    for output in &outputs {
        let digest = blake3::hash(&std::fs::read(folder.join(&output.name)).unwrap()).to_hex().to_string();
        assert_eq!(output.digest.to_string(), digest, "{} of job {}", output.name, job.id);
    }
    (done, tries)
}

/// Fails unless a stored file is whole and of its job.
fn check_file(path: &Path, key: &str, kind: Kind) {
    if matches!(kind, Kind::Pictures { .. }) {
        let picture = image::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!((picture.width(), picture.height()), (32, 24), "{}", path.display());
    } else {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let number = stem.rsplit('.').next().unwrap().trim_start_matches('0');
        assert_eq!(std::fs::read_to_string(path).unwrap(), format!("{key} {number}\n"), "{}", path.display());
    }
}
