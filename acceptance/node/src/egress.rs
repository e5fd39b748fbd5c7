//! The API server's way to kubelets and pods: it asks a proxy for every such connection (`EgressSelectorConfiguration`, HTTP CONNECT over a
//! unix socket), and the proxy knows the room.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::OnceCell;
use tokio_util::task::AbortOnDropHandle;

use crate::room::Room;

/// The longest CONNECT request that is read.
const LONGEST: usize = 4096;

/// A proxy that listens. Dropped, it ends.
#[derive(Debug)]
pub struct Egress {
    _serving: AbortOnDropHandle<()>,
}

/// The file that tells an API server of the proxy at `socket`.
#[must_use]
pub fn selector(socket: &Path) -> Value {
    json!({
        "apiVersion": "apiserver.k8s.io/v1beta1", "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": "cluster", "connection": {"proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": socket}}}}],
    })
}

impl Egress {
    /// Listens at `socket`. What is not in the room, as long as there is one, is dialled on this machine.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn start(socket: PathBuf, room: Arc<OnceCell<Arc<Room>>>) -> anyhow::Result<Self> {
        let listener = UnixListener::bind(&socket).with_context(|| format!("{} cannot be bound", socket.display()))?;
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let room = Arc::clone(&room);
                tokio::spawn(async move {
                    if let Err(error) = serve(client, room.get()).await {
                        tracing::debug!(error = format!("{error:#}"), "a connection of the API server");
                    }
                });
            }
        });
        Ok(Self { _serving: AbortOnDropHandle::new(serving) })
    }
}

async fn serve(mut client: UnixStream, room: Option<&Arc<Room>>) -> anyhow::Result<()> {
    let (host, port) = request(&mut client).await?;
    let inside = room.filter(|room| room.holds(&host));
    let target = match inside {
        Some(room) => room.connect(&host, port).await,
        None => TcpStream::connect((host.as_str(), port)).await,
    };
    let mut target = match target {
        Ok(target) => target,
        Err(error) => {
            let answer = format!("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nx-reason: {error}\r\n\r\n");
            client.write_all(answer.as_bytes()).await?;
            return Err(error).with_context(|| format!("{host}:{port} does not answer"));
        }
    };
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    tokio::io::copy_bidirectional(&mut client, &mut target).await?;
    Ok(())
}

/// Reads `CONNECT HOST:PORT HTTP/1.1` and its headers, and no byte more.
async fn request(client: &mut UnixStream) -> anyhow::Result<(String, u16)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
        ensure!(head.len() <= LONGEST, "the request is too long");
    }
    let head = String::from_utf8(head).context("the request is no text")?;
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).context("this is no CONNECT")?;
    let (host, port) = target.rsplit_once(':').context("the target has no port")?;
    Ok((host.trim_matches(['[', ']']).to_owned(), port.parse().context("the target's port is no number")?))
}
