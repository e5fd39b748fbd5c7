//! The network that the nodes of one cluster share, and the ways into it. One process holds it; with that process everything ends.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, io};

use anyhow::{Context as _, ensure};
use futures::future::join_all;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::compartment::Compartment;
use crate::node::{self, RealNode, Surroundings};
use crate::spec::{Network, Spec};
use crate::{Programs, doors};

/// The room's own address. Nodes and pods find the API server at its port 443 and the registry at its port 5000.
pub const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 1);
const API_SERVER_PORT: u16 = 443;
pub(crate) const REGISTRY_PORT: u16 = 5000;
/// One node more than memory can carry is told so, and nothing else suffers.
const MOST_NODES: u8 = 8;

/// What a room is to be.
#[derive(Clone)]
pub struct RoomSpec {
    /// Its folder, which exists; its owner removes it afterwards.
    pub dir: PathBuf,
    /// Unique on this machine: cgroups carry it.
    pub name: String,
    /// What nodes are made of.
    pub programs: Programs,
    /// Where the API server listens outside.
    pub api_server: SocketAddr,
    /// Answers pulls of every image.
    pub registry: axum::Router,
}

/// A running room. Dropped, it ends with all its nodes.
pub struct Room {
    spec: RoomSpec,
    compartment: Compartment,
    nodes: Mutex<BTreeMap<String, Member>>,
    closed: CancellationToken,
}

/// A node of the room; without a compartment while it is being made.
struct Member {
    number: u8,
    address: Ipv4Addr,
    compartment: Option<Compartment>,
}

impl fmt::Debug for Room {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Room").field("name", &self.spec.name).finish_non_exhaustive()
    }
}

impl Room {
    /// Makes the network, and serves the API server and the registry in it (20 ms).
    ///
    /// # Errors
    /// When the kernel refuses the namespaces.
    pub async fn start(spec: RoomSpec) -> anyhow::Result<Arc<Self>> {
        let hub = Spec {
            within: None,
            network: Network::Hub { gateway: GATEWAY },
            mounts: Vec::new(),
            cgroup: None,
            processes: Vec::new(),
        };
        let compartment = Compartment::start(&spec.programs.sandbox_node, &hub, &spec.dir.join("room.json")).await?;
        let closed = CancellationToken::new();
        let api = doors::listen(compartment.pid, (GATEWAY, API_SERVER_PORT).into()).await?;
        let registry = doors::listen(compartment.pid, (GATEWAY, REGISTRY_PORT).into()).await?;
        let (api_server, images) = (spec.api_server, spec.registry.clone());
        // Nothing of these may outlive the room: a socket that is still open would keep its network.
        let served = closed.clone();
        tokio::spawn(async move {
            served.run_until_cancelled(forward(api, api_server)).await;
        });
        let served = closed.clone();
        tokio::spawn(async move {
            served.run_until_cancelled(async { axum::serve(registry, images).await.ok() }).await;
        });
        let (ended, close) = (compartment.ended(), closed.clone());
        tokio::spawn(async move {
            ended.await;
            close.cancel();
        });
        Ok(Arc::new(Self { spec, compartment, nodes: Mutex::default(), closed }))
    }

    /// Starts a node and returns when its kubelet was started; the node registers itself.
    ///
    /// # Errors
    /// When a node of this name is there, the room is full, or the kernel or a program refuses.
    pub async fn add(&self, node: &RealNode) -> anyhow::Result<()> {
        ensure!(!self.closed.is_cancelled(), "the room of this cluster has ended");
        let number = self.reserve(node)?;
        match node::start(node, &self.surroundings(number)).await {
            Ok(compartment) => {
                if let Some(member) = self.nodes().get_mut(&node.name) {
                    member.compartment = Some(compartment);
                }
                Ok(())
            }
            Err(error) => {
                // Its number is free for another node only when the folder is gone.
                tokio::fs::remove_dir_all(self.node_dir(number)).await.ok();
                self.nodes().remove(&node.name);
                Err(error).with_context(|| format!("node {} did not start", node.name))
            }
        }
    }

    fn reserve(&self, node: &RealNode) -> anyhow::Result<u8> {
        let mut nodes = self.nodes();
        ensure!(!nodes.contains_key(&node.name), "node {} is there already", node.name);
        let taken: BTreeSet<u8> = nodes.values().map(|member| member.number).collect();
        let number = (1..=MOST_NODES).find(|number| !taken.contains(number)).with_context(|| {
            format!("a cluster of the sandbox has at most {MOST_NODES} real nodes: use fewer, or --nodes simulated")
        })?;
        nodes.insert(node.name.clone(), Member { number, address: node.address, compartment: None });
        Ok(number)
    }

    fn surroundings(&self, number: u8) -> Surroundings<'_> {
        Surroundings {
            room: self.compartment.pid,
            programs: &self.spec.programs,
            dir: self.node_dir(number),
            cgroup: format!("{}-{number}", self.spec.name),
            number,
        }
    }

    fn node_dir(&self, number: u8) -> PathBuf {
        self.spec.dir.join(format!("node-{number}"))
    }

    /// Whether a node of this name runs here.
    #[must_use]
    pub fn has(&self, node: &str) -> bool {
        self.nodes().contains_key(node)
    }

    /// Ends a node as when its instance is terminated, and removes its folder. One that is not there is fine.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub async fn remove(&self, name: &str) -> anyhow::Result<()> {
        let Some((number, compartment)) =
            self.nodes().get_mut(name).map(|member| (member.number, member.compartment.take()))
        else {
            return Ok(());
        };
        if let Some(compartment) = compartment {
            compartment.end().await;
        }
        let dir = self.node_dir(number);
        let removed = tokio::fs::remove_dir_all(&dir).await;
        self.nodes().remove(name);
        removed.with_context(|| format!("the folder {} cannot be removed", dir.display()))
    }

    /// Whether a host, a node's name or an address, is in this room.
    #[must_use]
    pub fn holds(&self, host: &str) -> bool {
        self.address(host).is_some()
    }

    fn address(&self, host: &str) -> Option<Ipv4Addr> {
        let nodes = self.nodes();
        if let Some(member) = nodes.get(host) {
            return Some(member.address);
        }
        let address: Ipv4Addr = host.parse().ok()?;
        let pods = address.octets()[..2] == GATEWAY.octets()[..2];
        (pods || nodes.values().any(|member| member.address == address)).then_some(address)
    }

    /// Connects to a node or a pod from outside.
    ///
    /// # Errors
    /// As for any connection; a host that is not in the room is not found.
    pub async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let address = self.address(host).ok_or(io::ErrorKind::NotFound)?;
        doors::connect(self.compartment.pid, (address, port).into()).await
    }

    /// Resolves when the room has ended, by whatever cause.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        self.closed.clone().cancelled_owned()
    }

    /// Ends every node and the room; when this returns, none of its processes, mounts, links and cgroups is left.
    pub async fn end(&self) {
        let members = std::mem::take(&mut *self.nodes());
        self.closed.cancel();
        join_all(members.into_values().filter_map(|member| member.compartment).map(Compartment::end)).await;
        self.compartment.close().await;
    }

    fn nodes(&self) -> MutexGuard<'_, BTreeMap<String, Member>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes every connection on.
async fn forward(listener: TcpListener, to: SocketAddr) {
    while let Ok((mut client, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut target = TcpStream::connect(to).await?;
            tokio::io::copy_bidirectional(&mut client, &mut target).await
        });
    }
}
