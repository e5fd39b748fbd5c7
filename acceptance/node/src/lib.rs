//! Real Kubernetes nodes on this machine: namespaces, cgroups, a network of their own, containerd and kubelet. Knows no AWS and no
//! control plane beyond its API server's address; who asks for a node brings its certificates.
//!
//! One [`Room`] per cluster holds the network that its nodes share; a node is a compartment in it. Killing the room's first process
//! ends every process, mount and link of the cluster. Nothing here listens outside of the room.

mod compartment;
mod doors;
mod egress;
mod keeper;
mod node;
mod possible;
mod room;
mod spec;

pub use egress::{Egress, selector};
pub use keeper::main;
pub use node::{NodeFiles, RealNode};
pub use possible::possible;
pub use room::{GATEWAY, Room, RoomSpec};

use std::path::PathBuf;

/// The programs that make a node.
#[derive(Debug, Clone)]
pub struct Programs {
    /// This crate's own: it makes the namespaces and is the first process in them.
    pub sandbox_node: PathBuf,
    /// containerd 2.
    pub containerd: PathBuf,
    /// kubelet.
    pub kubelet: PathBuf,
    /// runc.
    pub runc: PathBuf,
    /// The folder of the CNI plugins `ptp`, `host-local` and `loopback`.
    pub cni: PathBuf,
}
