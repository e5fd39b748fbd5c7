//! One accepted connection: who is at its other end, and how to end it as no server would. Knows sockets and processes, no request.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

mod owner;
mod process;

pub use process::{Refusal, interrupt_group};

/// The process at the other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its id.
    pub pid: i32,
    /// The file name of its executable.
    pub program: String,
}

/// A second hold on an accepted connection, beside the server's.
#[derive(Debug)]
pub struct Wire {
    socket: TcpStream,
    peer: SocketAddr,
    local: SocketAddr,
    source: OnceCell<Option<Source>>,
}

impl Wire {
    /// Takes hold of a connection, and begins to look for the process at its other end while the first request is still on its way.
    ///
    /// # Errors
    /// When the connection has ended already.
    pub fn new(stream: &tokio::net::TcpStream) -> std::io::Result<Arc<Self>> {
        let socket = TcpStream::from(std::os::fd::AsFd::as_fd(stream).try_clone_to_owned()?);
        let wire = Self { peer: socket.peer_addr()?, local: socket.local_addr()?, socket, source: OnceCell::new() };
        let wire = Arc::new(wire);
        let looking = Arc::downgrade(&wire);
        tokio::spawn(async move {
            if let Some(wire) = looking.upgrade() {
                wire.source().await;
            }
        });
        Ok(wire)
    }

    /// The process at the other end, if it is on this machine and still there.
    pub async fn source(&self) -> Option<&Source> {
        let (peer, local) = (self.peer, self.local);
        let found = self.source.get_or_init(|| async move {
            tokio::task::spawn_blocking(move || owner::owner(peer, local)).await.ok().flatten()
        });
        found.await.as_ref()
    }

    /// Makes the end of this connection, whenever it comes, a reset instead of an orderly close.
    pub fn reset_at_end(&self) {
        if let Err(error) = socket2::SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)) {
            tracing::warn!("the connection from {} cannot be reset: {error}", self.peer);
        }
    }

    /// Kills the provider at the other end and waits until it is gone.
    ///
    /// # Errors
    /// When what is there is not a provider, or not to be found.
    pub async fn kill_provider(&self) -> Result<(), Refusal> {
        process::kill_provider(self.source().await.ok_or(Refusal::Nobody)?).await
    }
}

#[cfg(test)]
mod tests;
