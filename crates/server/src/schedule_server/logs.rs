//! The log of an attempt for people: all that is kept of it, a part of it, or its end. It is given out as it
//! is read, and never held whole. Packages print what they like, so it is told to be plain text and nothing
//! else.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use model::{AttemptNumber, JobId};
use schedule::LeaseView;
use serde::Deserialize;

use super::Desk;
use super::api::no_job;
use super::bulk::on_disk;
use crate::problem::Refused;

/// Bytes read at once.
const PIECE: usize = 256 << 10;

/// Which attempt of a frame is meant.
#[derive(Deserialize)]
pub(super) struct WhichAttempt {
    /// The latest where absent.
    attempt: Option<AttemptNumber>,
    /// The first step with such a frame where absent.
    step: Option<String>,
}

/// Which part of a log is wanted, in bytes of what was printed.
#[derive(Deserialize)]
pub(super) struct WhichPart {
    attempt: Option<AttemptNumber>,
    step: Option<String>,
    offset: Option<u64>,
    length: Option<u64>,
    tail: Option<u64>,
}

impl WhichPart {
    /// From where to where, of a log of `whole` bytes.
    fn range(&self, whole: u64) -> Result<(u64, u64), Refused> {
        let from = match (self.offset, self.tail) {
            (Some(_), Some(_)) => {
                let what = "a part of a log has an offset or is its tail, not both";
                return Err(
                    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, what).hint("leave out `offset` or `tail`")
                );
            }
            (Some(offset), None) => offset.min(whole),
            (None, Some(tail)) => whole.saturating_sub(tail),
            (None, None) => 0,
        };
        Ok((from, self.length.map_or(whole, |length| whole.min(from.saturating_add(length)))))
    }
}

pub(super) async fn read(
    State(desk): State<Desk>,
    Path((job, number)): Path<(JobId, i64)>,
    Query(part): Query<WhichPart>,
) -> Result<Response, Refused> {
    let which = WhichAttempt { attempt: part.attempt, step: part.step.clone() };
    let LeaseView { frame, attempt, .. } = desk.attempt(job, number, which).await?;
    let log = on_disk(move || desk.logs.open(frame, attempt)).await?;
    let log = log.map_err(|error| Refused::broken(&error))?;
    // An attempt that printed nothing has an empty log.
    let whole = log.as_ref().map_or(0, store::KeptLog::length);
    let (from, until) = part.range(whole)?;
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/plain; charset=utf-8".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS.as_str(), "nosniff".to_owned()),
        ("x-log-length", whole.to_string()),
        ("x-log-offset", from.to_string()),
    ];
    let Some(log) = log else { return Ok((headers, Body::empty()).into_response()) };
    let log = Arc::new(log);
    let pieces = stream::unfold(from, move |at| {
        let log = log.clone();
        async move {
            let most = usize::try_from(until.saturating_sub(at)).unwrap_or(PIECE).min(PIECE);
            if most == 0 {
                return None;
            }
            match tokio::task::spawn_blocking(move || log.read(at, most)).await {
                Ok(Ok(Some((piece, next)))) => Some((Ok(Bytes::from(piece)), next)),
                Ok(Ok(None)) => None,
                Ok(Err(error)) => Some((Err(std::io::Error::other(error)), until)),
                Err(error) => Some((Err(std::io::Error::other(error)), until)),
            }
        }
    });
    Ok((headers, Body::from_stream(pieces)).into_response())
}

impl Desk {
    /// The attempt of a frame that people speak of.
    pub(super) async fn attempt(
        &self,
        job: JobId,
        number: i64,
        which: WhichAttempt,
    ) -> Result<LeaseView, Refused> {
        let WhichAttempt { attempt, step } = which;
        let (known, found) = self
            .handle
            .read(move |role| {
                let found = role.attempt_of(job, step.as_deref(), number, attempt);
                (role.description(job).is_some(), found)
            })
            .await?;
        if !known {
            return Err(no_job(job));
        }
        found.ok_or_else(|| {
            let what = match attempt {
                Some(attempt) => format!("frame {number} of job {job} has no attempt {attempt}"),
                None => format!("frame {number} of job {job} has not been tried"),
            };
            Refused::new(StatusCode::NOT_FOUND, what)
                .hint(format!("`framefarm frames {job}` lists the frames and their attempts"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stay_within_the_log() {
        let part = |offset, length, tail| {
            let which = WhichPart { attempt: None, step: None, offset, length, tail };
            which.range(100).ok()
        };
        assert_eq!(part(None, None, None), Some((0, 100)));
        assert_eq!(part(Some(30), Some(20), None), Some((30, 50)));
        assert_eq!(part(Some(90), Some(u64::MAX), None), Some((90, 100)));
        assert_eq!(part(Some(u64::MAX), Some(1), None), Some((100, 100)));
        assert_eq!(part(None, None, Some(10)), Some((90, 100)));
        assert_eq!(part(None, Some(3), Some(1_000)), Some((0, 3)));
        assert_eq!(part(Some(1), None, Some(1)), None);
    }
}
