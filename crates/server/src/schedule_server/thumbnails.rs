//! Small pictures of frames: taken in from render servers, kept by digest in the data folder, shown to
//! people.

use ::access::{Object, Verb};
use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::LeaseId;

use super::Desk;
use super::bulk::{on_disk, read_digest};
use crate::access::Pass;
use crate::problem::Refused;

/// A small picture has no more bytes.
const BYTES_MAX: usize = 1 << 20;
/// What is behind a digest never changes.
const FOR_EVER: &str = "private, max-age=31536000, immutable";

pub(super) async fn put(
    State(desk): State<Desk>,
    Extension(pass): Extension<Pass>,
    Path((lease, digest)): Path<(LeaseId, String)>,
    body: Body,
) -> Result<StatusCode, Refused> {
    let digest = read_digest(&digest)?;
    let live = desk.live(lease).await?;
    pass.allows(Verb::PutOutput, Object::Of(&live.host.0))?;
    let bytes: Bytes = to_bytes(body, BYTES_MAX).await.map_err(|error| {
        Refused::new(StatusCode::PAYLOAD_TOO_LARGE, format!("this is no small picture: {error}"))
    })?;
    on_disk(move || {
        if desk.thumbnails.has(digest) {
            return Ok(());
        }
        let mut writer = desk.thumbnails.writer()?;
        writer.write(&bytes)?;
        writer.commit(digest).map(|_| ())
    })
    .await??;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn read(State(desk): State<Desk>, Path(digest): Path<String>) -> Result<Response, Refused> {
    let digest = read_digest(&digest)?;
    let bytes = on_disk(move || {
        let (mut reader, _) = desk.thumbnails.reader(digest)?;
        let mut bytes = Vec::new();
        while let Some(piece) = reader.piece()? {
            bytes.extend(piece);
        }
        Ok::<_, store::ContentError>(bytes)
    });
    let headers = [(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, FOR_EVER)];
    Ok((headers, bytes.await??).into_response())
}
