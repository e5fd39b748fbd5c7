//! Sockets of a room's network for a process outside of it. A socket belongs to the network namespace of the thread that makes it, for
//! good; so a thread of its own makes it there and hands it out. No route, no listener of this machine is involved.

use std::io;
use std::net::SocketAddr;

use anyhow::Context as _;
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Listens inside the network of process `pid`.
pub(crate) async fn listen(pid: u32, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let socket = inside(pid, move || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(1024)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    });
    let socket = socket.await.with_context(|| format!("{address} of the room cannot be bound"))?;
    TcpListener::from_std(socket.into()).context("a listener of the room cannot be used")
}

/// Connects inside the network of process `pid`.
pub(crate) async fn connect(pid: u32, address: SocketAddr) -> io::Result<TcpStream> {
    let socket = inside(pid, move || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    });
    TcpSocket::from_std_stream(socket.await?.into()).connect(address).await
}

/// Makes a socket on a thread that has gone there; the thread ends, the socket stays.
async fn inside(pid: u32, make: impl FnOnce() -> io::Result<Socket> + Send + 'static) -> io::Result<Socket> {
    let made = std::thread::spawn(move || {
        enter(pid)?;
        make()
    });
    // Microseconds: nothing in it waits for anybody.
    made.join().map_err(|_| io::Error::other("the thread that makes sockets has panicked"))?
}

#[cfg(target_os = "linux")]
fn enter(pid: u32) -> io::Result<()> {
    let network = std::fs::File::open(format!("/proc/{pid}/ns/net"))?;
    Ok(nix::sched::setns(&network, nix::sched::CloneFlags::CLONE_NEWNET)?)
}

#[cfg(not(target_os = "linux"))]
fn enter(_: u32) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "real nodes need Linux"))
}
