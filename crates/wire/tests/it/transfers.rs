//! Files on their way: whole or not at all, in pieces, under names that may hold anything.

use std::fs;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;
use model::{Digest, JobId, LeaseId, OutputView};
use wire::ClientError;

use crate::calls::{plain, served};

fn digest(bytes: &[u8]) -> Digest {
    Digest(*blake3::hash(bytes).as_bytes())
}

fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|i| ((i * i) >> 3) as u8).collect()
}

fn output(name: &str, bytes: &[u8]) -> OutputView {
    OutputView {
        name: name.to_owned(),
        digest: digest(bytes),
        bytes: bytes.len() as u64,
        size: None,
        thumbnail: None,
    }
}

fn no_content() -> Response {
    Response::builder().status(204).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_file_is_sent_whole_with_its_length_and_progress_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texture.png");
    for length in [0, 1, 131_072, 131_073, 3_000_000] {
        let bytes = noise(length);
        fs::write(&path, &bytes).unwrap();
        let wanted = bytes.clone();
        let (client, asked) = served(move |_, body: Bytes| {
            assert!(body == wanted, "{} bytes arrived", body.len());
            no_content()
        })
        .await;
        let seen = Arc::new(Mutex::new(vec![0]));
        let kept = seen.clone();
        let progress = move |sent| kept.lock().unwrap().push(sent);
        client.put_content(digest(&bytes), &path, progress).await.unwrap();
        client.put_output(LeaseId(4), "a b/ü?#%.0001.png", &path).await.unwrap();
        let seen = seen.lock().unwrap();
        assert!(seen.is_sorted() && seen.last() == Some(&(length as u64)), "{seen:?}");
        let asked = asked.lock().unwrap();
        assert!(asked[0].starts_with(&format!("PUT /api/v1/content/{}", digest(&bytes))), "{asked:?}");
        assert!(asked[1].starts_with("PUT /api/v1/leases/4/outputs/a%20b%2F%C3%BC%3F%23%25.0001.png"));
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named() {
    let (client, asked) = served(|_, _| no_content()).await;
    let path = std::path::Path::new("/nowhere/texture.png");
    let error = client.put_content(Digest([0; 32]), path, |_| ()).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read /nowhere/texture.png");
    let folder = tempfile::tempdir().unwrap();
    let error = client.put_output(LeaseId(1), "x", folder.path()).await.unwrap_err();
    assert!(matches!(error, ClientError::Local { verb: "read", .. }), "{error}");
    assert!(asked.lock().unwrap().is_empty() || cfg!(not(unix)));
}

#[tokio::test]
async fn a_file_that_becomes_shorter_is_not_taken_for_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.pov");
    fs::write(&path, noise(4_000_000)).unwrap();
    let (client, _) = served(|_, _| no_content()).await;
    let cut = path.clone();
    let progress = move |sent| {
        if sent < 1_000_000 {
            fs::OpenOptions::new().write(true).open(&cut).unwrap().set_len(1_000_000).unwrap();
        }
    };
    let error = client.put_content(Digest([0; 32]), &path, progress).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read {}", path.display()));
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "it became shorter while it was sent");
}

#[tokio::test]
async fn a_refused_file_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.pov");
    fs::write(&path, "sphere {}").unwrap();
    let (client, _) = served(|_, _| {
        plain(507, "application/problem+json", r#"{"status":507,"title":"the disk of the farm is full"}"#)
    })
    .await;
    let error = client.put_content(Digest([0; 32]), &path, |_| ()).await.unwrap_err();
    assert_eq!(error.to_string(), "the disk of the farm is full");
    assert!(error.is_passing());
}

#[tokio::test]
async fn a_content_is_received_whole_or_is_an_error() {
    let bytes = noise(1_000_000);
    let sent = bytes.clone();
    let (client, _) = served(move |_, _| plain(200, "application/octet-stream", sent.clone())).await;
    let mut received = Vec::new();
    let length = client.get_content(digest(&bytes), &mut received).await.unwrap();
    assert_eq!(length, 1_000_000);
    assert!(received == bytes);
    let error = client.get_content(digest(b"other"), &mut Vec::new()).await.unwrap_err();
    assert!(matches!(&error, ClientError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_result_stands_in_the_folder_only_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(300_000);
    let sent = bytes.clone();
    let (client, asked) = served(move |path, _| match path {
        "/api/v1/jobs/1/results/cut.png" => {
            let pieces = [Ok(sent[..1000].to_vec()), Err(std::io::Error::other("gone"))];
            plain(200, "image/png", Body::from_stream(stream::iter(pieces)))
        }
        _ => plain(200, "image/png", sent.clone()),
    })
    .await;
    let path = folder.path().join("frame.png");
    fs::write(&path, "an older one").unwrap();
    for (output, whole) in [
        (output("cut.png", &bytes), false),
        (output("a b.png", b"something else"), false),
        (output("a b.png", &bytes), true),
    ] {
        let result = client.download(JobId(1), &output, &path).await;
        assert_eq!(result.is_ok(), whole, "{result:?}");
        let wanted = if whole { &bytes[..] } else { b"an older one" };
        assert!(fs::read(&path).unwrap() == wanted);
        let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["frame.png"], "nothing is left behind");
    }
    assert_eq!(asked.lock().unwrap()[1], "GET /api/v1/jobs/1/results/a%20b.png");
    let nowhere = folder.path().join("missing/frame.png");
    let error = client.download(JobId(1), &output("a b.png", &bytes), &nowhere).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot write {}", nowhere.display()));
}
