//! The dialling end of a link.

use std::io;
use std::time::Duration;

use model::Problem;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use rustls::pki_types::ServerName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::http::{Response, Uri};

use super::pump::Side;
use super::{Limits, Link, PROTOCOL, frame};
use crate::{Credential, ServerUrl, tls_fault};

/// A link has to stand after this long.
const DIAL_TIME: Duration = Duration::from_secs(5);
/// A server whose machine acknowledges nothing for this long is gone, though it never said so.
const ACKNOWLEDGE_TIME: Duration = Duration::from_secs(30);

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// Nothing listens there, or it cannot be reached.
    #[error("cannot reach {url}")]
    Unreachable {
        /// The server.
        url: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It is not who it should be, or does not take us for who we are.
    #[error("no trust between this server and {url}: {why}")]
    Untrusted {
        /// The server.
        url: String,
        /// How that shows.
        why: String,
        /// What can be done about it.
        hint: &'static str,
    },
    /// Something listens there and does not answer.
    #[error("{url} does not answer within {} s", DIAL_TIME.as_secs())]
    Silent {
        /// The server.
        url: String,
    },
    /// The server does not want the link.
    #[error("{url} refuses the link: {why}")]
    Refused {
        /// The server.
        url: String,
        /// Why, in its words.
        why: String,
        /// What can be done about it, in its words.
        hint: Option<String>,
    },
    /// Whatever listens there is no server of a farm.
    #[error("{url} is no server of this version of framefarm: {why}")]
    Protocol {
        /// The server.
        url: String,
        /// How that shows.
        why: String,
    },
}

/// Links with the server at `url`; `path` names the kind of link, `/link/schedule`. `credential` is shown to
/// it, and what it shows is checked by that.
///
/// # Errors
/// Where there is no such server, it is not to be trusted, or it refuses.
pub async fn dial<Out, In>(
    url: &ServerUrl,
    path: &str,
    limits: Limits,
    credential: &Credential,
) -> Result<Link<Out, In>, DialError>
where
    Out: Serialize,
    In: DeserializeOwned,
{
    let silent = || DialError::Silent { url: url.to_string() };
    let stream = timeout(DIAL_TIME, TcpStream::connect(url.authority())).await.map_err(|_| silent())?;
    let stream = stream.and_then(|stream| {
        stream.set_nodelay(true)?;
        SockRef::from(&stream).set_tcp_user_timeout(Some(ACKNOWLEDGE_TIME))?;
        Ok(stream)
    });
    let stream = stream.map_err(|source| DialError::Unreachable { url: url.to_string(), source })?;
    let handshake = async {
        if url.is_secure() {
            let stream = secured(stream, url, credential).await?;
            dial_over(stream, url, path, limits, credential).await
        } else {
            dial_over(stream, url, path, limits, credential).await
        }
    };
    timeout(DIAL_TIME, handshake).await.map_err(|_| silent())?
}

/// TLS over `stream`.
async fn secured(
    stream: TcpStream,
    url: &ServerUrl,
    credential: &Credential,
) -> Result<TlsStream<TcpStream>, DialError> {
    let untrusted =
        |why: &str, hint| DialError::Untrusted { url: url.to_string(), why: why.to_owned(), hint };
    let Some(tls) = credential.tls.clone() else {
        return Err(untrusted(
            "the authority of its farm is not known here",
            "join the farm, or log in to it",
        ));
    };
    let name = ServerName::try_from(url.host().to_owned())
        .map_err(|_| untrusted("its name is no name of a host", "name it by its address"))?;
    TlsConnector::from(tls).connect(name, stream).await.map_err(|source| failed(url, source))
}

/// What an error of the connection means.
fn failed(url: &ServerUrl, source: io::Error) -> DialError {
    let url = url.to_string();
    match tls_fault::within(&source).map(tls_fault::words) {
        Some((why, hint)) => DialError::Untrusted { url, why, hint },
        None => DialError::Unreachable { url, source },
    }
}

/// Links over a stream that already leads to the server. It does not mind the time.
///
/// # Errors
/// Where the server refuses or is none.
pub async fn dial_over<Out, In, S>(
    stream: S,
    url: &ServerUrl,
    path: &str,
    limits: Limits,
    credential: &Credential,
) -> Result<Link<Out, In>, DialError>
where
    Out: Serialize,
    In: DeserializeOwned,
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let garbled = |why: String| DialError::Protocol { url: url.to_string(), why };
    let uri: Uri = format!("ws://{}{path}", url.authority())
        .parse()
        .map_err(|error| garbled(format!("{path:?} is no path: {error}")))?;
    let mut request = ClientRequestBuilder::new(uri).with_sub_protocol(PROTOCOL);
    if let Some(Ok(value)) = credential.authorization().as_ref().map(HeaderValue::to_str) {
        request = request.with_header(AUTHORIZATION.as_str(), value);
    }
    match client_async_with_config(request, stream, Some(frame::config(&limits))).await {
        Ok((socket, _)) => Ok(Link::over(frame::dialled(socket), Side::Dialled, limits)),
        Err(Error::Http(response)) => Err(refused(url, &response)),
        Err(Error::Io(source)) => Err(failed(url, source)),
        Err(other) => Err(garbled(other.to_string())),
    }
}

fn refused(url: &ServerUrl, response: &Response<Option<Vec<u8>>>) -> DialError {
    let body = response.body().as_deref().unwrap_or_default();
    let url = url.to_string();
    match serde_json::from_slice::<Problem>(body) {
        Ok(Problem { title, hint, .. }) => DialError::Refused { url, why: title, hint },
        Err(_) => DialError::Protocol { url, why: format!("it answers {}", response.status()) },
    }
}
