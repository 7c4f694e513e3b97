//! The API's large answers and bodies: contents of jobs, outputs and logs of attempts, finished frames.
//!
//! Bodies are streamed piece by piece and never held whole; the disk is touched off the network's threads.

use std::fs::File;
use std::str::FromStr;

use ::access::{Object, Verb};
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures_util::{StreamExt, stream};
use model::{Digest, InputView, JobId, LeaseId, PARTS};
use schedule::{Event, LeaseView};
use serde::{Deserialize, Serialize};
use store::{
    AppendOutcome, ContentError, ContentReader, ContentWriter, IntakeError, IntakeWriter, ResultsError,
};
use tokio::io::AsyncReadExt;

use super::Desk;
use super::api::no_job;
use crate::access::Pass;
use crate::problem::Refused;

/// Bytes read from a file at once.
const PIECE: usize = 256 << 10;
/// The largest piece of a log in one request.
const LOG_PIECE_MAX: usize = 4 << 20;

pub(super) async fn missing_content(
    State(desk): State<Desk>,
    Json(digests): Json<Vec<Digest>>,
) -> Result<Json<Vec<Digest>>, Refused> {
    on_disk(move || desk.content.missing(&digests)).await.map(Json)
}

pub(super) async fn put_content(
    State(desk): State<Desk>,
    Path(digest): Path<String>,
    body: Body,
) -> Result<StatusCode, Refused> {
    let digest = read_digest(&digest)?;
    let writer = on_disk(move || desk.content.writer()).await??;
    let writer = take_in(body, writer, ContentWriter::write).await?;
    on_disk(move || writer.commit(digest)).await??;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn read_content(
    State(desk): State<Desk>,
    Path(digest): Path<String>,
) -> Result<Response, Refused> {
    let digest = read_digest(&digest)?;
    let (reader, bytes) = on_disk(move || desk.content.reader(digest)).await??;
    Ok(give_out_content(reader, bytes))
}

pub(super) async fn put_output(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Path((lease, name)): Path<(LeaseId, String)>,
    body: Body,
) -> Result<StatusCode, Refused> {
    let live = desk.live(lease).await;
    if let Err(refused) = live.and_then(|live| pass.allows(Verb::PutOutput, Object::Of(&live.host.0))) {
        return Err(refused_after(body.into_data_stream(), refused).await);
    }
    let taken = take_output(&desk, lease, name, body).await;
    let Err(refused) = taken else { return Ok(StatusCode::NO_CONTENT) };
    if refused.0.status >= 500 {
        // Who waits for the job is told of trouble with the storage; the render server tries again.
        let full = refused.0.status == StatusCode::INSUFFICIENT_STORAGE.as_u16();
        let why = match full {
            // The same words at each try; the refusal names a file that differs.
            true => format!("{} is full; free some space there", desk.results.path().display()),
            false => refused.0.title.clone(),
        };
        desk.handle.tell(Event::IntakeFailed { lease, why }).await;
    }
    Err(refused)
}

async fn take_output(desk: &Desk, lease: LeaseId, name: String, body: Body) -> Result<(), Refused> {
    let results = desk.results.clone();
    let writer = match on_disk(move || results.intake(lease, &name)).await? {
        Ok(writer) => writer,
        Err(error) => return Err(refused_after(body.into_data_stream(), error.into()).await),
    };
    let writer = take_in(body, writer, IntakeWriter::write).await?;
    on_disk(move || writer.commit()).await??;
    Ok(())
}

#[derive(Deserialize)]
pub(super) struct LogPlace {
    offset: u64,
}

#[derive(Serialize)]
pub(super) struct LogLength {
    length: u64,
}

pub(super) async fn put_log(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Path(lease): Path<LeaseId>,
    Query(LogPlace { offset }): Query<LogPlace>,
    body: Body,
) -> Result<(StatusCode, Json<LogLength>), Refused> {
    let LeaseView { frame, attempt, host, .. } = desk.live(lease).await?;
    pass.allows(Verb::PutLog, Object::Of(&host.0))?;
    let bytes = axum::body::to_bytes(body, LOG_PIECE_MAX).await.map_err(|_| {
        Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "the piece of the log is too large")
            .hint(format!("send pieces of at most {LOG_PIECE_MAX} bytes"))
    })?;
    let outcome = on_disk(move || desk.logs.append(frame, attempt, offset, &bytes)).await?;
    match outcome {
        Ok(AppendOutcome::Kept { length }) => Ok((StatusCode::OK, Json(LogLength { length }))),
        Ok(AppendOutcome::Gap { length }) => Ok((StatusCode::CONFLICT, Json(LogLength { length }))),
        Err(error) if error.source.is_full() => Err(Refused::full(&error)),
        Err(error) => Err(Refused::broken(&error)),
    }
}

pub(super) async fn read_result(
    State(desk): State<Desk>,
    Path((job, name)): Path<(JobId, String)>,
) -> Result<Response, Refused> {
    let (file, bytes) = desk.open_result(job, name).await?;
    Ok(give_out(file, bytes, "application/octet-stream"))
}

pub(super) async fn inputs(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Path(lease): Path<LeaseId>,
) -> Result<Json<Vec<InputView>>, Refused> {
    desk.may_read_inputs(lease, &pass).await?;
    let inputs = desk.handle.read(move |role| role.inputs(lease)).await?;
    // Nothing is wanted any more where it ended just now.
    Ok(Json(inputs.unwrap_or_default()))
}

pub(super) async fn read_input(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Path((lease, folder, name)): Path<(LeaseId, String, String)>,
) -> Result<Response, Refused> {
    desk.may_read_inputs(lease, &pass).await?;
    let sought = name.clone();
    let place = desk.handle.read(move |role| role.input_place(lease, &folder, &sought)).await?;
    let stored_in = place.ok_or_else(|| {
        Refused::new(StatusCode::NOT_FOUND, format!("{name} is nothing that lease {lease} works with"))
    })?;
    let results = desk.results.clone();
    let (file, bytes) = on_disk(move || results.open_file(&stored_in, &name)).await??;
    Ok(give_out(file, bytes, "application/octet-stream"))
}

impl Desk {
    /// A file of a job, with its size.
    pub(super) async fn open_result(&self, job: JobId, name: String) -> Result<(File, u64), Refused> {
        let folder = self.handle.read(move |role| role.folder(job)).await?.ok_or_else(|| no_job(job))?;
        let results = self.results.clone();
        let opened = on_disk(move || match results.open_file(&folder, &name) {
            // Until the whole pictures are done their parts can be had as well.
            Err(missing @ ResultsError::Missing { .. }) => {
                results.open_file(&format!("{folder}/{PARTS}"), &name).map_err(|_| missing)
            }
            opened => opened,
        });
        Ok(opened.await??)
    }

    async fn may_read_inputs(&self, lease: LeaseId, pass: &Pass) -> Result<(), Refused> {
        let live = self.live(lease).await?;
        pass.allows(Verb::ReadInputs, Object::Of(&live.host.0))
    }

    /// The attempt that holds `lease` now.
    pub(super) async fn live(&self, lease: LeaseId) -> Result<LeaseView, Refused> {
        let found = self.handle.read(move |role| role.lease(lease)).await?;
        found.ok_or_else(|| {
            Refused::new(StatusCode::GONE, format!("lease {lease} is over"))
                .hint("what was made under it is not wanted any more")
        })
    }
}

pub(super) fn read_digest(text: &str) -> Result<Digest, Refused> {
    Digest::from_str(text).map_err(|error| Refused::new(StatusCode::BAD_REQUEST, error.to_string()))
}

/// Runs `work`, which touches the disk, where it holds nobody up.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Refused::broken(&error))
}

/// Writes a body piece by piece.
async fn take_in<W, E>(
    body: Body,
    mut writer: W,
    write: fn(&mut W, &[u8]) -> Result<(), E>,
) -> Result<W, Refused>
where
    W: Send + 'static,
    E: Into<Refused> + Send + 'static,
{
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece
            .map_err(|error| Refused::new(StatusCode::BAD_REQUEST, format!("the body broke off: {error}")))?;
        match on_disk(move || write(&mut writer, &piece).map(|()| writer)).await? {
            Ok(written) => writer = written,
            Err(error) => return Err(refused_after(pieces, error.into()).await),
        }
    }
    Ok(writer)
}

/// Reads the rest of a body before it is refused: a client that still sends would only see its connection
/// break, and not why.
async fn refused_after(mut pieces: BodyDataStream, refused: Refused) -> Refused {
    while let Some(Ok(_)) = pieces.next().await {}
    refused
}

/// Gives a content out and checks it on the way: where it is damaged the body breaks off before its end, and
/// the next time there is no such content.
fn give_out_content(reader: ContentReader, bytes: u64) -> Response {
    let pieces = stream::unfold(Some(reader), |reader| async {
        let mut reader = reader?;
        let read = tokio::task::spawn_blocking(move || reader.piece().map(|piece| (piece, reader))).await;
        match read {
            Ok(Ok((piece, reader))) => Some((Ok(Bytes::from(piece?)), Some(reader))),
            Ok(Err(error)) => {
                tracing::error!("{}", crate::error_chain(&error));
                Some((Err(std::io::Error::other(error)), None))
            }
            Err(error) => Some((Err(std::io::Error::other(error)), None)),
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, bytes.to_string()),
    ];
    (headers, Body::from_stream(pieces)).into_response()
}

fn give_out(file: File, bytes: u64, kind: &'static str) -> Response {
    let file = tokio::fs::File::from_std(file);
    let pieces = stream::unfold(Some(file), |file| async {
        let mut file = file?;
        let mut piece = vec![0; PIECE];
        match file.read(&mut piece).await {
            Ok(0) => None,
            Ok(length) => {
                piece.truncate(length);
                Some((Ok(Bytes::from(piece)), Some(file)))
            }
            Err(error) => Some((Err(error), None)),
        }
    });
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_LENGTH, bytes.to_string())];
    (headers, Body::from_stream(pieces)).into_response()
}

impl From<ContentError> for Refused {
    fn from(error: ContentError) -> Self {
        match &error {
            ContentError::Mismatch { .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
            ContentError::Missing { .. } | ContentError::Corrupt { .. } => {
                Self::new(StatusCode::NOT_FOUND, error.to_string())
            }
            ContentError::Full(_) => Self::full(&error),
            ContentError::File(_) => Self::broken(&error),
        }
    }
}

impl From<IntakeError> for Refused {
    fn from(error: IntakeError) -> Self {
        match &error {
            IntakeError::Full(_) => Self::full(&error),
            IntakeError::Name(source) => Self::new(StatusCode::BAD_REQUEST, source.to_string()),
            IntakeError::File(_) => Self::broken(&error),
        }
    }
}

impl From<ResultsError> for Refused {
    fn from(error: ResultsError) -> Self {
        match &error {
            ResultsError::BadName { .. } => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
            ResultsError::Missing { .. } => Self::new(StatusCode::NOT_FOUND, error.to_string()),
            ResultsError::File(_) => Self::broken(&error),
        }
    }
}
