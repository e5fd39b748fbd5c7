//! Connections of the core: accepted, checked, counted. Knows sockets and TLS; must not know HTTP or gRPC.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tonic::transport::server::Connected;

/// How long a peer may take to prove who it is.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(5);
/// How many peers may be proving it at one time. More wait in the kernel's queue.
const MOST_HANDSHAKES: usize = 256;
/// How many proven connections there may be. Core opens one.
const MOST_CONNECTIONS: usize = 16;

/// The connections that are open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections {
    open: TaskTracker,
}

impl Connections {
    /// Accepts for as long as the receiver lives. Each peer proves itself in a task of its own, so that one that never
    /// does holds nobody up; one that fails is dropped without a word.
    pub(crate) fn accept(
        &self,
        listener: UnixListener,
        acceptor: Option<TlsAcceptor>,
    ) -> ReceiverStream<io::Result<Connection>> {
        let (sender, receiver) = mpsc::channel(MOST_CONNECTIONS);
        tokio::spawn(accept(listener, acceptor, self.open.clone(), sender));
        ReceiverStream::new(receiver)
    }

    /// Waits until every connection is closed.
    pub(crate) async fn closed(&self) {
        self.open.close();
        self.open.wait().await;
    }
}

async fn accept(
    listener: UnixListener,
    acceptor: Option<TlsAcceptor>,
    open: TaskTracker,
    accepted: mpsc::Sender<io::Result<Connection>>,
) {
    let handshakes = Arc::new(Semaphore::new(MOST_HANDSHAKES));
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Ok(handshake) = handshakes.clone().acquire_owned().await {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: a moment later some are free again.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (acceptor, places, open, accepted) = (acceptor.clone(), places.clone(), open.clone(), accepted.clone());
        tokio::spawn(async move {
            let proven = tokio::time::timeout(HANDSHAKE_LIMIT, prove(stream, acceptor)).await;
            drop(handshake);
            match proven {
                Ok(Ok(stream)) => {
                    let Ok(place) = places.try_acquire_owned() else {
                        tracing::warn!("a connection was refused: there are {MOST_CONNECTIONS} already");
                        return;
                    };
                    let connection = Connection { stream, _place: place, _open: open.token() };
                    // The server is gone only when the process ends.
                    let _ = accepted.send(Ok(connection)).await;
                }
                Ok(Err(error)) => tracing::warn!(%error, "a connection was refused"),
                Err(_) => tracing::warn!("a connection was refused: no TLS handshake within {HANDSHAKE_LIMIT:?}"),
            }
        });
    }
}

/// Lets in the same user only, and with TLS only who holds the core's certificate.
async fn prove(stream: UnixStream, acceptor: Option<TlsAcceptor>) -> io::Result<Box<dyn Duplex>> {
    let peer = stream.peer_cred()?.uid();
    if peer != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("it comes from another user (uid {peer})"),
        ));
    }
    match acceptor {
        Some(acceptor) => Ok(Box::new(acceptor.accept(stream).await?)),
        None => Ok(Box::new(stream)),
    }
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection that proved itself. It gives its place back when it is dropped.
pub(crate) struct Connection {
    stream: Box<dyn Duplex>,
    _place: OwnedSemaphorePermit,
    _open: TaskTrackerToken,
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
