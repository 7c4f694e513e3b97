//! Job descriptions that are tried: what people write, to a job that can be submitted, or all that is wrong.
//!
//! No file of the job is looked at: a client says which there are.

use std::path::Path;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};
use describe::{Sent, field_at, prepare_sent, read};
use model::{Digest, DraftFault, DraftFile, DraftRequest, DraftView, Fault, Faults, JobFile};
use packages::Library;

use super::Desk;
use super::api::Answer;
use super::bulk::on_disk;
use crate::access::Pass;
use crate::problem::Refused;

/// Who submits where neither the description nor the proof of who he is says it.
const NOBODY: &str = "unknown";

pub(super) async fn draft(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    body: Result<Json<DraftRequest>, JsonRejection>,
) -> Answer<DraftView> {
    let Json(request) = body.map_err(|error| {
        Refused::new(error.status(), format!("this is no description to try: {}", error.body_text()))
            .hint("send {\"name\": \"job.toml\", \"text\": \"...\", \"files\": [...]}")
    })?;
    if !["toml", "json"].iter().any(|ending| request.name.to_lowercase().ends_with(&format!(".{ending}"))) {
        let what = format!("{:?} says no language of descriptions", request.name);
        return Err(Refused::new(StatusCode::UNPROCESSABLE_ENTITY, what).hint("call it job.toml or job.json"));
    }
    let user = pass.actor.user().unwrap_or(NOBODY).to_owned();
    let library = desk.library.borrow().clone();
    // A long description takes a while to read, and nobody is to wait for it.
    on_disk(move || tried(&library, &request, &user)).await.map(Json)
}

fn tried(library: &Library, request: &DraftRequest, user: &str) -> DraftView {
    let DraftRequest { name, text, files, missing } = request;
    let name = Path::new(Path::new(name).file_name().unwrap_or_default());
    let told = |fault: Fault| {
        let Fault { place, what, hint } = fault;
        DraftFault { field: field_at(name, text, &place), place, what, hint }
    };
    let files: Vec<JobFile> = files.iter().map(job_file).collect();
    let sent = Sent { files: &files, missing };
    let prepared = read(name, text).and_then(|draft| prepare_sent(library, &draft, &sent, user));
    let mut view = DraftView::default();
    match prepared {
        Ok(prepared) => {
            view.warnings = prepared.warnings.into_iter().map(told).collect();
            let lost: Vec<DraftFault> = prepared.missing.into_iter().map(told).collect();
            if prepared.allows_missing { &mut view.warnings } else { &mut view.faults }.extend(lost);
            let whole = request.files.iter().all(|file| file.digest.is_some());
            view.job = (whole && view.faults.is_empty()).then_some(prepared.job);
        }
        Err(Faults(faults)) => view.faults = faults.into_iter().map(told).collect(),
    }
    view
}

fn job_file(file: &DraftFile) -> JobFile {
    let DraftFile { path, bytes, digest, original, executable } = file.clone();
    let original = if original.is_empty() { path.to_string() } else { original };
    // Of a file whose content is not known no job is made, and its digest is never seen.
    let digest = digest.unwrap_or(Digest([0; 32]));
    JobFile { path, original, digest, bytes, executable }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried_with(text: &str, digest: Option<Digest>, missing: Vec<Fault>) -> DraftView {
        let (path, original) = ("a.pov".parse().unwrap(), "/home/ada/a.pov".to_owned());
        let file = DraftFile { path, bytes: 1, digest, original, executable: false };
        let (name, text) = ("job.json".to_owned(), text.to_owned());
        tried(&Library::embedded(), &DraftRequest { name, text, files: vec![file], missing }, "ada")
    }

    #[test]
    fn a_job_is_made_once_everything_is_known() {
        let text = "{\"scene\": \"a.pov\"}";
        let whole = tried_with(text, Some(Digest([1; 32])), Vec::new());
        let job = whole.job.unwrap();
        assert_eq!((job.user.as_str(), job.files[0].original.as_str()), ("ada", "/home/ada/a.pov"));
        let unread = tried_with(text, None, Vec::new());
        assert_eq!(unread, DraftView::default());
    }

    #[test]
    fn faults_say_their_field() {
        let text = "{\n\"scene\": \"a.pov\",\n\"settings\": {\n\"quality\": 99\n}\n}";
        let view = tried_with(text, Some(Digest([1; 32])), Vec::new());
        assert_eq!(view.job, None);
        let told: Vec<_> = view.faults.iter().map(|fault| (fault.field.as_deref(), &*fault.place)).collect();
        assert_eq!(told, [(Some("settings.quality"), "job.json:4")]);
        let view = tried_with("{\"scene\":", Some(Digest([1; 32])), Vec::new());
        assert_eq!((view.job, view.faults.len()), (None, 1));
    }

    #[test]
    fn what_is_missing_is_a_fault_unless_the_job_goes_without() {
        let missing = vec![Fault::new("a.pov", "the image wood.png is not there")];
        let digest = Some(Digest([1; 32]));
        let strict = tried_with("{\"scene\": \"a.pov\"}", digest, missing.clone());
        assert_eq!((strict.job, strict.faults.len()), (None, 1));
        let text = "{\"scene\": \"a.pov\", \"allow_missing\": true}";
        let lenient = tried_with(text, digest, missing);
        assert_eq!((lenient.faults.len(), lenient.warnings.len()), (0, 1));
        assert_eq!(lenient.job.unwrap().warnings, ["a.pov: the image wood.png is not there"]);
    }
}
