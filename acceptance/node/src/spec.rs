//! What a compartment is to be, as it is handed from the sandbox to the processes that make it.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// Private mount, pid and network namespaces, and what runs in them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// A process in the room that the compartment is part of; none for a room itself.
    pub(crate) within: Option<u32>,
    pub(crate) network: Network,
    /// Made in this order.
    pub(crate) mounts: Vec<Mount>,
    /// The name of a cgroup of its own under every controller, removed at the end; its parent is the root.
    pub(crate) cgroup: Option<String>,
    /// Started in this order and started again when they end.
    pub(crate) processes: Vec<Process>,
}

/// The compartment's part of the network: a star of point-to-point links around the room, which routes like a VPC.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Network {
    /// The room: `gateway` is its address.
    Hub { gateway: Ipv4Addr },
    /// A node: one link to the room, and `pods` (a /24) behind it.
    Spoke { link: String, address: Ipv4Addr, gateway: Ipv4Addr, pods: Ipv4Addr },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Mount {
    /// A folder or file in place of another; a folder that is missing is made.
    Bind { from: PathBuf, at: PathBuf },
    /// A folder of the machine of which the compartment sees everything and changes nothing: what it writes there goes to `into`,
    /// a missing folder that is empty and of no use to others.
    Shield { at: PathBuf, into: PathBuf },
    /// An empty folder in memory.
    Tmpfs { at: PathBuf },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) log: PathBuf,
    /// A file, such as another one's socket, without which it is not started.
    pub(crate) after: Option<PathBuf>,
}

impl Spec {
    pub(crate) fn write(&self, file: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(self).context("a compartment's spec cannot be written")?;
        std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no compartment's spec", file.display()))
    }
}
