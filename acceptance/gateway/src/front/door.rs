//! A loopback port that can be made unreachable and reachable again while its number stays. Knows sockets; no TLS, no HTTP.
//!
//! A closed port answers "connection refused" at once. An API server without public access does not answer at all: packets to it are
//! dropped. On loopback that is a listener whose queue is full: the kernel drops further SYNs, and clients run into their connect timeout.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Connections that wait while the port is reachable.
const BACKLOG: i32 = 1024;
/// Enough to fill the queue of a listener with backlog 0, which holds one connection.
const FILLING: usize = 4;

/// The port. Bound once; closed when [`Door::serve`] ends.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
    address: SocketAddr,
}

impl Door {
    /// Takes a free port.
    pub(crate) async fn new() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections as long as `reachable` says so, each with a token that ends it; until `closing` is cancelled.
    /// When the port becomes unreachable its connections are cut.
    pub(crate) async fn serve(
        self,
        mut reachable: watch::Receiver<bool>,
        closing: CancellationToken,
        accepted: impl Fn(TcpStream, CancellationToken),
    ) {
        while !closing.is_cancelled() {
            let connections = closing.child_token();
            if *reachable.borrow_and_update() {
                self.accept(&mut reachable, &connections, &accepted).await;
            } else if let Err(error) = self.block(&mut reachable, &connections).await {
                tracing::error!("{} cannot be made unreachable: {error}", self.address);
                break;
            }
            connections.cancel();
        }
    }

    /// Accepts until the port is to become unreachable.
    async fn accept(
        &self,
        reachable: &mut watch::Receiver<bool>,
        connections: &CancellationToken,
        accepted: &impl Fn(TcpStream, CancellationToken),
    ) {
        loop {
            tokio::select! {
                () = connections.cancelled() => return,
                _ = reachable.wait_for(|reachable| !reachable) => return,
                stream = self.listener.accept() => match stream {
                    Ok((stream, _)) => accepted(stream, connections.child_token()),
                    Err(error) => tracing::warn!("a connection to {} was lost: {error}", self.address),
                },
            }
        }
    }

    /// Keeps the queue full until the port is to become reachable.
    async fn block(&self, reachable: &mut watch::Receiver<bool>, closing: &CancellationToken) -> std::io::Result<()> {
        SockRef::from(&self.listener).listen(0)?;
        let mut filling = Vec::with_capacity(FILLING);
        for _ in 0..FILLING {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.set_nonblocking(true)?;
            // "In progress" is the expected answer: the rest of the handshake is the kernel's.
            let _ = socket.connect(&self.address.into());
            filling.push(socket);
        }
        tokio::select! {
            () = closing.cancelled() => {}
            _ = reachable.wait_for(|reachable| *reachable) => {}
        }
        drop(filling);
        SockRef::from(&self.listener).listen(BACKLOG)
    }
}
