//! Bulk between a server and the files of this machine. Nothing of it is held in memory as a whole, and it
//! may take as long as it likes while something moves.

use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{Stream, stream};
use model::Digest;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, RequestBuilder, Response, Url};
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::{Client, ClientError, IDLE_TIME};

/// Bytes read from a file at once.
const PIECE: u64 = 128 << 10;

/// How far an upload is, shared with the connection that takes the bytes.
#[derive(Debug, Default)]
struct Upload {
    sent: AtomicU64,
    failed: Mutex<Option<io::Error>>,
}

impl Client {
    /// Puts the file at `path` to a resource.
    pub(super) async fn upload(
        &self,
        parts: &[&str],
        path: &Path,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<(), ClientError> {
        let unreadable = |source| local("read", path, source);
        let file = File::open(path).await.map_err(unreadable)?;
        let bytes = file.metadata().await.map_err(unreadable)?.len();
        let upload = Arc::new(Upload::default());
        let body = Body::wrap_stream(pieces(file, bytes, upload.clone(), progress));
        let request = self.http.put(self.resource(parts)).header(CONTENT_LENGTH, bytes).body(body);
        let response = self.send_while_moving(request, &upload).await;
        let failed = upload.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(source) = failed {
            return Err(unreadable(source));
        }
        self.checked(response?).await.map(drop)
    }

    /// Sends `request`, however long it takes, unless it stands still.
    async fn send_while_moving(
        &self,
        request: reqwest::RequestBuilder,
        upload: &Upload,
    ) -> Result<Response, ClientError> {
        let mut sending = Box::pin(request.send());
        let mut sent = 0;
        loop {
            if let Ok(response) = timeout(IDLE_TIME, &mut sending).await {
                return response.map_err(|error| ClientError::of(error, &self.url));
            }
            let now = upload.sent.load(Ordering::Relaxed);
            if now == sent {
                return Err(self.silent());
            }
            sent = now;
        }
    }

    /// Writes what `url` holds to `to`, shows each piece to `see`, and says how many bytes there were.
    pub(super) async fn receive(
        &self,
        url: Url,
        name: &str,
        to: &mut (impl AsyncWrite + Unpin),
        mut see: impl FnMut(&[u8]),
    ) -> Result<u64, ClientError> {
        let unwritable =
            |source| ClientError::Local { verb: "write", place: format!("{name} that arrived"), source };
        let mut response = self.checked(self.opened(url).await?).await?;
        let mut length = 0;
        while let Some(piece) = self.piece(&mut response).await? {
            see(&piece);
            to.write_all(&piece).await.map_err(unwritable)?;
            length += piece.len() as u64;
        }
        to.flush().await.map_err(unwritable)?;
        Ok(length)
    }

    /// The same for a content whose digest is known.
    pub(super) async fn receive_exactly(
        &self,
        url: Url,
        name: &str,
        digest: Digest,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<u64, ClientError> {
        let mut hasher = blake3::Hasher::new();
        let see = |piece: &[u8]| {
            hasher.update(piece);
        };
        let length = self.receive(url, name, to, see).await?;
        let found = Digest(*hasher.finalize().as_bytes());
        if found != digest {
            let (url, name) = (self.url.to_string(), name.to_owned());
            let (wanted, found) = (digest.to_string(), found.to_string());
            return Err(ClientError::Damaged { url, name, wanted, found });
        }
        Ok(length)
    }

    /// The same to a file, which stands at `path` when it is whole and not before.
    pub(super) async fn save(
        &self,
        url: Url,
        name: &str,
        digest: Digest,
        path: &Path,
    ) -> Result<(), ClientError> {
        let part = beside(path);
        let unwritable = |source| local("write", path, source);
        let mut file = File::create_new(&part).await.map_err(unwritable)?;
        let saved = match self.receive_exactly(url, name, digest, &mut file).await {
            Ok(_) => fs::rename(&part, path).await.map_err(unwritable),
            Err(ClientError::Local { source, .. }) => Err(unwritable(source)),
            Err(other) => Err(other),
        };
        if saved.is_err() {
            // The error that led here is the one to tell.
            let _ = fs::remove_file(&part).await;
        }
        saved
    }

    /// The answer to a request for something of unknown length.
    pub(super) async fn opened(&self, url: Url) -> Result<Response, ClientError> {
        self.sent(self.http.get(url)).await
    }

    /// The same for a request that is more than an address.
    pub(super) async fn sent(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = timeout(IDLE_TIME, request.send()).await.map_err(|_| self.silent())?;
        response.map_err(|error| ClientError::of(error, &self.url))
    }

    /// The next bytes of an answer; `None` at its end. May be given up and called again.
    pub(super) async fn piece(
        &self,
        response: &mut Response,
    ) -> Result<Option<impl Deref<Target = [u8]>>, ClientError> {
        let piece = timeout(IDLE_TIME, response.chunk()).await.map_err(|_| self.silent())?;
        piece.map_err(|error| ClientError::of(error, &self.url))
    }

    fn silent(&self) -> ClientError {
        ClientError::Silent { url: self.url.to_string(), after: IDLE_TIME }
    }
}

/// The first `bytes` bytes of a file, piece by piece. A file that turns out to be shorter is an error.
fn pieces(
    file: File,
    bytes: u64,
    upload: Arc<Upload>,
    progress: impl Fn(u64) + Send + 'static,
) -> impl Stream<Item = Result<Vec<u8>, io::Error>> + Send + 'static {
    stream::try_unfold((file, 0, upload, progress), move |(mut file, sent, upload, progress)| async move {
        if sent == bytes {
            return Ok(None);
        }
        let piece = match next_piece(&mut file, bytes - sent).await {
            Ok(piece) => piece,
            Err(error) => {
                let kind = error.kind();
                *upload.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return Err(kind.into());
            }
        };
        let sent = sent + piece.len() as u64;
        upload.sent.store(sent, Ordering::Relaxed);
        progress(sent);
        Ok(Some((piece, (file, sent, upload, progress))))
    })
}

async fn next_piece(file: &mut File, left: u64) -> io::Result<Vec<u8>> {
    let mut piece = Vec::with_capacity(usize::try_from(left.min(PIECE)).unwrap_or_default());
    if file.take(left.min(PIECE)).read_buf(&mut piece).await? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter while it was sent"));
    }
    Ok(piece)
}

/// A new name in the folder of `path`, for what is not whole yet.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Two processes that fetch the same file must not write to the same part of it.
    let chance = getrandom::u32().unwrap_or_else(|_| std::process::id());
    path.with_file_name(format!(".{name}.{chance:08x}.part"))
}

fn local(verb: &'static str, path: &Path, source: io::Error) -> ClientError {
    ClientError::Local { verb, place: path.display().to_string(), source }
}
