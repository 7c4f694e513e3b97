//! How this process listens: plain HTTP where nobody but this machine can reach it, TLS everywhere else.
//!
//! Whoever connects has to come to the point: connections whose first request has not arrived whole are
//! bounded in time and in number, and of too many the oldest goes, since an honest one takes milliseconds.
//! Each request carries who it is from. What he may do is decided elsewhere.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower_service::Service;
use trust::MemberCertificate;
use wire::ServerUrl;

use crate::ServeError;
use crate::access::Peer;
use crate::cutting::Cutter;

/// From the first byte of a connection to the end of its TLS handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// From there, or from the last answer, to the end of the next request's header. Clients give up connections
/// that nothing moves on sooner.
const HEADER_TIME: Duration = Duration::from_secs(20);
/// Connections that have not made a request yet; of more, the oldest goes.
const OPENING_MAX: usize = 4096;
/// Connections that the system keeps until they are accepted: a large farm comes back all at once.
const BACKLOG: i32 = 4096;
/// After the system refused a connection: it has no files left, and some will be closed.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);
/// What comes first over TLS.
const TLS_RECORD: u8 = 0x16;

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// On this machine alone: 127.0.0.1.
    Here,
    /// On every interface, IPv4 and IPv6.
    Everywhere,
    /// At one address of this machine.
    At(IpAddr),
}

/// A port that is open and not served yet.
#[derive(Debug)]
pub(crate) struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    secure: bool,
}

/// How TLS is spoken at a port: by whom, and for which farm. Nothing where that is not known yet.
pub(crate) type Secured = watch::Receiver<Option<(Arc<ServerConfig>, String)>>;

impl Listen {
    /// Whether TLS is spoken there.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        match self {
            Self::Here => false,
            Self::Everywhere => true,
            Self::At(address) => !address.is_loopback(),
        }
    }
}

impl Listening {
    /// Opens the port; 0 is any that is free.
    pub(crate) fn open(listen: Listen, port: u16) -> Result<Self, ServeError> {
        let wanted = match listen {
            Listen::Here => vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))],
            Listen::At(address) => vec![SocketAddr::new(address, port)],
            // A system without IPv6 has IPv4 at least.
            Listen::Everywhere => {
                vec![(Ipv6Addr::UNSPECIFIED, port).into(), (Ipv4Addr::UNSPECIFIED, port).into()]
            }
        };
        let mut fault = None;
        for address in wanted {
            match bind(address).and_then(|listener| Ok((listener.local_addr()?, listener))) {
                Ok((address, listener)) => {
                    return Ok(Self { listener, address, secure: listen.is_secure() });
                }
                Err(source) => fault = Some(ServeError::Listen { address, source }),
            }
            if matches!(&fault, Some(ServeError::Listen { source, .. }) if taken(source)) {
                break;
            }
        }
        Err(fault.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable).into()))
    }

    /// The same port once more: whoever serves it may be ended, and it stays open.
    pub(crate) fn again(&self) -> io::Result<Self> {
        let descriptor = std::os::fd::AsFd::as_fd(&self.listener).try_clone_to_owned()?;
        let listener = TcpListener::from_std(descriptor.into())?;
        Ok(Self { listener, address: self.address, secure: self.secure })
    }

    /// Where it listens; the address may be that of every interface.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where this process reaches itself.
    pub(crate) fn own_url(&self) -> ServerUrl {
        self.url_at(self.own_address())
    }

    /// Where people are told that it is: by the name of this machine, `name`, where it listens everywhere.
    pub(crate) fn url(&self, name: &str) -> ServerUrl {
        let by_name = || format!("https://{name}:{}", self.address.port()).parse().ok();
        let named = if self.address.ip().is_unspecified() { by_name() } else { None };
        named.unwrap_or_else(|| self.own_url())
    }

    fn url_at(&self, address: SocketAddr) -> ServerUrl {
        if self.secure { ServerUrl::secure_at(address) } else { ServerUrl::at(address) }
    }

    fn own_address(&self) -> SocketAddr {
        let ip = match self.address.ip() {
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        SocketAddr::new(ip, self.address.port())
    }

    /// Whether TLS is spoken here.
    pub(crate) const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Serves `router` for ever. Members can be cut off by `cutter`.
    pub(crate) async fn serve(self, router: Router, secured: Secured, cutter: Cutter) {
        let door = Arc::new(Door { router, secured: self.secure.then_some(secured), cutter });
        let mut opening = Opening::default();
        // All connections end with this task.
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
            };
            match accepted {
                Ok((stream, address)) => {
                    let visit = opening.begin();
                    connections.spawn(door.clone().receive(stream, address, visit));
                }
                Err(error) => {
                    tracing::debug!("a connection cannot be accepted: {error}");
                    tokio::time::sleep(REFUSED_PAUSE).await;
                }
            }
        }
    }
}

fn taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A server that is started again need not wait for the connections of the one before it.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

/// Connections that have not made a request yet, in the order in which they came.
#[derive(Default)]
struct Opening(VecDeque<Arc<Visit>>);

/// A connection, as long as it has not made a request.
#[derive(Default)]
struct Visit {
    /// A request has come, or it is over.
    settled: AtomicBool,
    give_up: Notify,
}

impl Opening {
    /// One more; where there are too many, the oldest is given up.
    fn begin(&mut self) -> Arc<Visit> {
        while self.0.front().is_some_and(|visit| visit.is_settled()) {
            self.0.pop_front();
        }
        if self.0.len() >= OPENING_MAX {
            self.0.retain(|visit| !visit.is_settled());
        }
        if self.0.len() >= OPENING_MAX
            && let Some(oldest) = self.0.pop_front()
        {
            oldest.give_up.notify_one();
        }
        let visit = Arc::new(Visit::default());
        self.0.push_back(visit.clone());
        visit
    }
}

impl Visit {
    fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Relaxed)
    }

    fn settle(&self) {
        self.settled.store(true, Ordering::Relaxed);
    }

    /// Ends when there is no room any more for one that has not made a request.
    async fn given_up(&self) {
        self.give_up.notified().await;
        if self.is_settled() {
            std::future::pending().await
        }
    }
}

/// What all connections of a port share.
struct Door {
    router: Router,
    /// Where TLS is spoken.
    secured: Option<Secured>,
    cutter: Cutter,
}

impl Door {
    async fn receive(self: Arc<Self>, stream: TcpStream, address: SocketAddr, visit: Arc<Visit>) {
        tokio::select! {
            () = self.welcome(stream, address, &visit) => {}
            () = visit.given_up() => tracing::debug!(%address, "a connection that waits was given up"),
        }
        visit.settle();
    }

    async fn welcome(&self, stream: TcpStream, address: SocketAddr, visit: &Arc<Visit>) {
        // Small messages must not wait for more to be sent with them.
        let _ = stream.set_nodelay(true);
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        let Some(secured) = &self.secured else {
            return self.converse(stream, Peer { address, member: None, tls: false }, visit).await;
        };
        let Some((config, farm_id)) = secured.borrow().clone() else {
            return tracing::debug!(%address, "nobody is received before this server is a member of its farm");
        };
        let handshake = async {
            match starts_tls(&stream).await {
                Ok(true) => TlsAcceptor::from(config).accept(stream).await.map(Some),
                Ok(false) => turn_away(stream).await.map(|()| None),
                Err(error) => Err(error),
            }
        };
        let stream = match timeout(HANDSHAKE_TIME, handshake).await {
            Ok(Ok(Some(stream))) => stream,
            Ok(Ok(None)) => return,
            Ok(Err(error)) => return tracing::debug!(%address, "a TLS handshake failed: {error}"),
            Err(_) => return tracing::debug!(%address, "a TLS handshake took too long"),
        };
        let shown = stream.get_ref().1.peer_certificates();
        match shown.map(|chain| MemberCertificate::of_peer(chain, &farm_id)).transpose() {
            Ok(None) => self.converse(stream, Peer { address, member: None, tls: true }, visit).await,
            Ok(Some(member)) => {
                let stream = self.cutter.watch(&member.serial, stream);
                self.converse(stream, Peer { address, member: Some(member), tls: true }, visit).await;
            }
            Err(error) => tracing::debug!(%address, "a certificate by our authority is odd: {error}"),
        }
    }

    /// Answers requests until the other end has no more.
    async fn converse<S>(&self, stream: S, peer: Peer, visit: &Arc<Visit>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let address = peer.address;
        let service = service_fn(|mut request: Request<Incoming>| {
            visit.settle();
            request.extensions_mut().insert(peer.clone());
            let answer = self.router.clone().call(request.map(Body::new));
            async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME);
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        if let Err(error) = connection.await {
            tracing::trace!(%address, "a connection ended: {error}");
        }
    }
}

/// Whether the other end begins as TLS does.
async fn starts_tls(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    match stream.peek(&mut first).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(first[0] == TLS_RECORD),
    }
}

/// Says to somebody who speaks plain HTTP what is spoken here.
async fn turn_away(mut stream: TcpStream) -> io::Result<()> {
    let body = r#"{"status":400,"title":"this port speaks TLS, and plain HTTP came","hint":"write https:// in the address"}"#;
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // What is left unread would take the answer with it.
    let mut rest = (&mut stream).take(1 << 16);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_too_many_that_say_nothing_the_oldest_goes() {
        let mut opening = Opening::default();
        let visits: Vec<_> = (0..OPENING_MAX).map(|_| opening.begin()).collect();
        // One that has come to the point is no longer among them, and makes room.
        visits[1].settle();
        opening.begin();
        let mut first = Box::pin(visits[0].given_up());
        assert!(timeout(Duration::ZERO, &mut first).await.is_err());
        opening.begin();
        first.await;
        let mut settled = Box::pin(visits[1].given_up());
        assert!(timeout(Duration::ZERO, &mut settled).await.is_err());
        assert!(opening.0.len() <= OPENING_MAX);
    }

    #[test]
    fn tls_is_spoken_wherever_others_can_hear() {
        for (listen, wanted) in [
            (Listen::Here, false),
            (Listen::Everywhere, true),
            (Listen::At([127, 0, 0, 1].into()), false),
            (Listen::At(Ipv6Addr::LOCALHOST.into()), false),
            (Listen::At([10, 0, 0, 5].into()), true),
        ] {
            assert_eq!(listen.is_secure(), wanted, "{listen:?}");
        }
    }
}
