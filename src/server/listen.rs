//! Connections: as many as were allowed, each with a bound on what its head may be and how long it may take.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;

use super::crowd::Crowd;
use super::limits::Limits;
use crate::encoding::{Digest32, sha256};

/// Who is at the other end, as far as the connection says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// An address.
    Address(SocketAddr),
    /// An address, and SHA-256 of the TLS client certificate whose key it has.
    Certified(SocketAddr, Digest32),
    /// A process of this machine, by its user id, through a Unix socket.
    Local(u32),
}

impl Peer {
    /// The same with the certificate that it showed, if it did.
    fn certified(self, stream: &TlsStream<TcpStream>) -> Self {
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        match (self, shown) {
            (Self::Address(address), Some(certificate)) => Self::Certified(address, sha256(certificate)),
            (peer, _) => peer,
        }
    }

    /// By what its requests are counted.
    pub(super) fn counted(&self) -> String {
        match self {
            // Whoever has one address of IPv6 has the other half of the digits too.
            Self::Address(address) | Self::Certified(address, _) => match address.ip().to_canonical() {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).to_string(),
            },
            Self::Local(user) => format!("uid {user}"),
        }
    }
}

impl std::fmt::Display for Peer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(address) | Self::Certified(address, _) => write!(out, "{address}"),
            Self::Local(user) => write!(out, "uid {user}"),
        }
    }
}

/// Where connections come in.
pub(super) enum Door {
    Tcp(TcpListener, Option<TlsAcceptor>),
    Unix(UnixListener),
}

/// Serves one door until `end` says so; then lets requests that run go on for a while.
pub(super) async fn serve(door: Door, router: Router, limits: Limits, mut end: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let (mut connections, crowd) = (JoinSet::new(), Crowd::default());
    loop {
        // Whoever comes when all places are taken waits at the door, and costs nothing.
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = ended(&mut end) => break,
        };
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            accepted = accept(&door) => accepted,
            () = ended(&mut end) => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors, most likely: some will be given back.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        // Whoever has taken a share already is let go at once.
        let Some(counted) = crowd.enter(peer.counted(), limits.connections_each) else { continue };
        let (router, end, tls) = (router.clone(), end.clone(), tls_of(&door));
        connections.spawn(async move {
            let _place = (place, counted);
            match (stream, tls) {
                (Stream::Tcp(stream), Some(tls)) => {
                    if let Ok(Ok(stream)) = timeout(limits.head_time, tls.accept(stream)).await {
                        let peer = peer.certified(&stream);
                        talk(stream, peer, router, limits, end).await;
                    }
                }
                (Stream::Tcp(stream), None) => talk(stream, peer, router, limits, end).await,
                (Stream::Unix(stream), _) => talk(stream, peer, router, limits, end).await,
            }
        });
        while connections.try_join_next().is_some() {}
    }
    drop(door);
    let drained = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(limits.drain, drained).await;
}

enum Stream {
    Tcp(TcpStream),
    Unix(tokio::net::UnixStream),
}

async fn accept(door: &Door) -> io::Result<(Stream, Peer)> {
    match door {
        Door::Tcp(listener, _) => {
            let (stream, address) = listener.accept().await?;
            // A peer that has gone already is noticed when it is read.
            let _ = stream.set_nodelay(true);
            Ok((Stream::Tcp(stream), Peer::Address(address)))
        }
        Door::Unix(listener) => {
            let (stream, _) = listener.accept().await?;
            let user = stream.peer_cred()?.uid();
            Ok((Stream::Unix(stream), Peer::Local(user)))
        }
    }
}

fn tls_of(door: &Door) -> Option<TlsAcceptor> {
    match door {
        Door::Tcp(_, tls) => tls.clone(),
        Door::Unix(_) => None,
    }
}

/// Waits for as long as a first request may take to begin; for ever once there was one.
async fn silent(asked: &AtomicBool, patience: std::time::Duration) {
    let mut sleep = pin!(tokio::time::sleep(patience));
    let asks = || asked.load(Ordering::Relaxed);
    poll_fn(|task| if asks() { Poll::Pending } else { sleep.as_mut().poll(task) }).await;
}

/// Waits until the verifier ends.
async fn ended(end: &mut watch::Receiver<bool>) {
    let _ = end.wait_for(|end| *end).await;
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    limits: Limits,
    mut end: watch::Receiver<bool>,
) {
    let asked = Arc::new(AtomicBool::new(false));
    let asks = Arc::clone(&asked);
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        asks.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(peer.clone());
        router.clone().oneshot(request.map(axum::body::Body::new))
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head.max(8 << 10));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX))
        .keep_alive_interval(std::time::Duration::from_secs(20))
        .keep_alive_timeout(std::time::Duration::from_secs(20));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // A connection that breaks is the peer's business.
        _ = connection.as_mut() => {}
        // Whoever takes a place and asks nothing gives it back.
        () = silent(&asked, limits.head_time) => {}
        () = ended(&mut end) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
