//! Pictures of a job for the eye: whatever a frame was stored as, shown as a JPEG or PNG of a wished width,
//! linear light made visible.
//!
//! To decode a large picture is work, and everybody who may look may ask. So only a few are made at once, the
//! others wait for a moment and are then sent away, and what was made is kept for a while.

use std::collections::VecDeque;
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Digest, JobId};
use pictures::{Kind, Look, PictureError};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::Desk;
use super::bulk::on_disk;
use crate::problem::Refused;

/// Across, where nobody says.
const WIDTH: u32 = 1920;
/// What a screen shows at most, and more.
const WIDTH_MAX: u32 = 8192;
/// More stops than any picture has.
const EXPOSURE_MAX: f32 = 30.0;
/// A file that is larger is fetched and looked at elsewhere.
const FILE_MAX: u64 = 1 << 30;
/// As many are made at once.
const AT_ONCE: usize = 2;
/// Who waits longer for his turn is told to come back.
const WAIT: Duration = Duration::from_secs(10);
/// Bytes of pictures that are kept.
const KEPT: usize = 64 << 20;
/// What is behind a digest never changes.
const FOR_EVER: &str = "private, max-age=31536000, immutable";
/// What has a name may be made anew.
const FOR_NOW: &str = "private, no-cache";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Jpeg,
    Png,
}

impl Format {
    const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// How a picture is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    width: Option<u32>,
    exposure: Option<f32>,
    #[serde(default)]
    format: Format,
    /// Which content it is to be of; with it the answer can be kept for ever.
    digest: Option<Digest>,
}

/// What a made picture is known by.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Key {
    digest: Digest,
    width: u32,
    exposure: f32,
    format: Format,
}

impl Key {
    fn tag(&self) -> String {
        let Self { digest, width, exposure, format } = self;
        format!("\"{digest}-{width}-{exposure}-{format:?}\"")
    }
}

/// Where pictures are made and kept. Clones are the same.
#[derive(Clone)]
pub(super) struct Darkroom(Arc<Inner>);

struct Inner {
    turns: Semaphore,
    kept: Mutex<VecDeque<(Key, Bytes)>>,
}

impl Default for Darkroom {
    fn default() -> Self {
        Self(Arc::new(Inner { turns: Semaphore::new(AT_ONCE), kept: Mutex::default() }))
    }
}

impl Darkroom {
    fn kept(&self) -> MutexGuard<'_, VecDeque<(Key, Bytes)>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, key: &Key) -> Option<Bytes> {
        let mut kept = self.kept();
        let at = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(at)?;
        let bytes = found.1.clone();
        kept.push_back(found);
        Some(bytes)
    }

    /// Keeps a picture, and lets go those that nobody has asked for the longest.
    fn keep(&self, key: Key, bytes: Bytes) {
        let mut kept = self.kept();
        kept.push_back((key, bytes));
        let mut sum: usize = kept.iter().map(|(_, bytes)| bytes.len()).sum();
        while sum > KEPT
            && let Some((_, gone)) = kept.pop_front()
        {
            sum -= gone.len();
        }
    }
}

pub(super) async fn read(
    State(desk): State<Desk>,
    Path((job, name)): Path<(JobId, String)>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let (kind, width, exposure) = asked(&name, &wanted)?;
    let sought = name.clone();
    let digest = desk.handle.read(move |role| role.result(job, &sought)).await?;
    let missing = || {
        Refused::new(StatusCode::NOT_FOUND, format!("job {job} has no finished picture {name}"))
            .hint(format!("`GET /api/v1/jobs/{job}/results` names those that it has"))
    };
    let digest = digest.ok_or_else(missing)?;
    if wanted.digest.is_some_and(|wanted| wanted != digest) {
        return Err(Refused::new(StatusCode::NOT_FOUND, format!("{name} has been made anew since"))
            .hint("leave out `digest`, or take the one that the results tell now"));
    }
    let key = Key { digest, width, exposure, format: wanted.format };
    let cache = if wanted.digest.is_some() { FOR_EVER } else { FOR_NOW };
    let tag = key.tag();
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let bytes = match desk.darkroom.find(&key) {
        Some(bytes) => bytes,
        None => made(&desk, job, name, kind, key).await?,
    };
    let headers = [
        (header::CONTENT_TYPE, wanted.format.mime().to_owned()),
        (header::CACHE_CONTROL, cache.to_owned()),
        (header::ETAG, tag),
    ];
    Ok((headers, bytes).into_response())
}

/// What is asked for, where that can be had.
fn asked(name: &str, wanted: &Wanted) -> Result<(Kind, u32, f32), Refused> {
    let unusable = |what: String| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, what);
    let ending = FilePath::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let kind = Kind::of_ending(ending).filter(|kind| *kind != Kind::Video).ok_or_else(|| {
        Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("{name} is no picture that can be shown"))
            .hint("fetch the file itself; a film has a small picture, which the results name")
    })?;
    let width = wanted.width.unwrap_or(WIDTH);
    if !(1..=WIDTH_MAX).contains(&width) {
        return Err(unusable(format!("width {width} is outside 1 to {WIDTH_MAX}")));
    }
    // Both signs of nought are one picture.
    let exposure = wanted.exposure.unwrap_or(0.0) + 0.0;
    if !(-EXPOSURE_MAX..=EXPOSURE_MAX).contains(&exposure) {
        let what = format!("exposure {exposure} is outside -{EXPOSURE_MAX} to {EXPOSURE_MAX} stops");
        return Err(unusable(what));
    }
    Ok((kind, width, exposure))
}

async fn made(desk: &Desk, job: JobId, name: String, kind: Kind, key: Key) -> Result<Bytes, Refused> {
    let room = &desk.darkroom;
    let turn = tokio::time::timeout(WAIT, room.0.turns.acquire()).await;
    let Ok(Ok(turn)) = turn else {
        let what = "too many pictures are being made for others";
        return Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, what).come_back());
    };
    // Somebody else may have wanted the same.
    if let Some(bytes) = room.find(&key) {
        return Ok(bytes);
    }
    let (file, length) = desk.open_result(job, name.clone()).await?;
    if length > FILE_MAX {
        let what = format!("{name} has {} MiB, too much to be shown", length >> 20);
        return Err(Refused::new(StatusCode::UNPROCESSABLE_ENTITY, what).hint("fetch the file itself"));
    }
    let look = Look {
        threads: 1,
        thumbnail: Some(key.width),
        exposure: key.exposure,
        lossless: key.format == Format::Png,
    };
    let looked = on_disk(move || pictures::look_into(&file, kind, &look)).await?;
    let shown = looked.and_then(|picture| {
        picture.thumbnail.ok_or_else(|| PictureError::unsupported("it has nothing that can be shown"))
    });
    let bytes = Bytes::from(shown.map_err(|error| {
        let what = format!("{name} cannot be shown: {}", crate::error_chain(&error));
        Refused::new(StatusCode::UNPROCESSABLE_ENTITY, what).hint("fetch the file itself")
    })?);
    drop(turn);
    room.keep(key, bytes.clone());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(width: Option<u32>, exposure: Option<f32>) -> Wanted {
        Wanted { width, exposure, format: Format::Jpeg, digest: None }
    }

    #[test]
    fn what_cannot_be_shown_is_refused_before_any_work() {
        let status = |name: &str, width, exposure| {
            asked(name, &wanted(width, exposure)).err().map_or(200, |refused| refused.0.status)
        };
        assert_eq!(status("a.0001.EXR", None, None), 200);
        assert_eq!(status("a.mp4", None, None), 415);
        assert_eq!(status("a", None, None), 415);
        assert_eq!(status("a.png", Some(0), None), 422);
        assert_eq!(status("a.png", Some(9_000), None), 422);
        assert_eq!(status("a.png", None, Some(f32::NAN)), 422);
        assert_eq!(status("a.png", None, Some(-31.0)), 422);
        assert_eq!(asked("a.exr", &wanted(None, Some(-0.0))).unwrap().2.to_bits(), 0);
    }

    #[test]
    fn what_was_asked_for_last_is_kept() {
        let room = Darkroom::default();
        let key = |width| Key { digest: Digest([7; 32]), width, exposure: 0.0, format: Format::Png };
        let large = Bytes::from(vec![1; KEPT / 2]);
        room.keep(key(1), large.clone());
        room.keep(key(2), large.clone());
        assert_eq!(room.find(&key(1)), Some(large.clone()));
        room.keep(key(3), Bytes::from_static(b"x"));
        assert_eq!((room.find(&key(2)), room.find(&key(1))), (None, Some(large)));
        assert!(room.find(&key(3)).is_some());
    }
}
