//! One node: its folder, its compartment, and in it containerd and kubelet. What they are told is `node/configuration`.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::Programs;
use crate::compartment::Compartment;
use crate::spec::{Mount, Network, Process, Spec};

mod configuration;

/// A node that is to join a cluster.
#[derive(Debug, Clone)]
pub struct RealNode {
    /// Its Kubernetes name.
    pub name: String,
    /// Its address, reached from nowhere but the room.
    pub address: Ipv4Addr,
    /// Such as `aws:///eu-west-1a/i-0123456789abcdef0`.
    pub provider_id: String,
    /// Taints with which it registers.
    pub taints: Vec<(String, String, String)>,
    /// How many pods it takes.
    pub pods: u32,
    /// What pods may reserve together: millicores and MiB. Never more than the machine has.
    pub allocatable: (u32, u32),
    /// Where the cluster's DNS answers.
    pub dns: Ipv4Addr,
    /// Certificates, all PEM.
    pub files: NodeFiles,
}

/// What a node proves itself and knows others by, all PEM.
#[derive(Debug, Clone)]
pub struct NodeFiles {
    /// The cluster's authority.
    pub authority: String,
    /// Of the user `system:node:NAME` in the group `system:nodes`: certificate and key.
    pub client: (String, String),
    /// For the node's name and address: certificate and key.
    pub serving: (String, String),
}

/// Where a node is put.
pub(crate) struct Surroundings<'a> {
    /// A process of the room.
    pub(crate) room: u32,
    pub(crate) programs: &'a Programs,
    /// The node's folder, which does not exist.
    pub(crate) dir: PathBuf,
    pub(crate) cgroup: String,
    /// Its number in the room, from 1.
    pub(crate) number: u8,
}

/// Folders of the machine that a node has for itself: what is there outside is neither seen nor touched.
const OWN_FOLDERS: [(&str, &str); 5] = [
    ("kubelet", "/var/lib/kubelet"),
    ("pod-logs", "/var/log/pods"),
    ("container-logs", "/var/log/containers"),
    ("netns", "/run/netns"),
    ("cni", "/var/lib/cni"),
];
/// Where those are, and where programs of a node write besides.
const SHIELDED: [&str; 3] = ["/run", "/var/lib", "/var/log"];
/// Settings of the whole machine that a kubelet insists on. It finds these files in their place, and writes to them.
const MACHINE_SETTINGS: [(&str, &str); 4] =
    [("kernel/panic", "10"), ("kernel/panic_on_oops", "1"), ("vm/overcommit_memory", "1"), ("vm/panic_on_oom", "0")];
/// Go collects garbage at 1.5 times the live heap instead of twice: a quarter less memory of kubelet and containerd for little CPU.
const GARBAGE_COLLECTION: (&str, &str) = ("GOGC", "50");
/// In memory, with containerd's sockets.
pub(crate) const RUN: &str = "/run/containerd";

/// Starts a node; its kubelet registers it.
pub(crate) async fn start(node: &RealNode, around: &Surroundings<'_>) -> anyhow::Result<Compartment> {
    let dir = &around.dir;
    let write = |name: &str, text: &str| write(&dir.join(name), text);
    for (folder, _) in OWN_FOLDERS {
        let folder = dir.join(folder);
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    for (name, text) in configuration::files(node, around) {
        write(&name, &text)?;
    }
    for (setting, value) in MACHINE_SETTINGS {
        write(&format!("settings/{setting}"), value)?;
    }
    Compartment::start(&around.programs.sandbox_node, &spec(node, around), &dir.join("compartment.json")).await
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::create_dir_all(file.parent().unwrap_or(file))
        .and_then(|()| std::fs::File::options().create(true).truncate(true).write(true).mode(0o600).open(file))
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("{} cannot be written", file.display()))
}

fn spec(node: &RealNode, around: &Surroundings<'_>) -> Spec {
    let Surroundings { programs, dir, .. } = around;
    let shields =
        SHIELDED.map(|at| Mount::Shield { at: at.into(), into: dir.join("shields").join(at.replace('/', "-")) });
    let own = OWN_FOLDERS.map(|(from, at)| Mount::Bind { from: dir.join(from), at: at.into() });
    let settings = MACHINE_SETTINGS.map(|(setting, _)| Mount::Bind {
        from: dir.join("settings").join(setting),
        at: Path::new("/proc/sys").join(setting),
    });
    let path = std::env::var("PATH").unwrap_or_default();
    let runc = programs.runc.parent().unwrap_or(Path::new("/")).display();
    let process = |program: &Path, arguments: Vec<String>, after: Option<PathBuf>| Process {
        program: program.to_owned(),
        log: dir.join(format!("{}.log", program.file_name().unwrap_or_default().display())),
        // containerd finds its shim beside itself and the kubelet looks for `mount`.
        env: [("PATH", format!("{runc}:{path}").as_str()), GARBAGE_COLLECTION]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        arguments,
        after,
    };
    Spec {
        within: Some(around.room),
        network: Network::Spoke {
            link: format!("node{}", around.number),
            address: node.address,
            gateway: crate::GATEWAY,
            pods: around.pods(),
        },
        mounts: shields.into_iter().chain(own).chain([Mount::Tmpfs { at: RUN.into() }]).chain(settings).collect(),
        cgroup: Some(around.cgroup.clone()),
        processes: vec![
            process(&programs.containerd, vec![format!("--config={}", dir.join("containerd.toml").display())], None),
            process(
                &programs.kubelet,
                configuration::kubelet_arguments(node, around),
                Some(Path::new(RUN).join(configuration::SOCKET)),
            ),
        ],
    }
}

impl Surroundings<'_> {
    /// The first address of its pods' range, a /24.
    pub(crate) fn pods(&self) -> Ipv4Addr {
        let [first, second, ..] = crate::GATEWAY.octets();
        Ipv4Addr::new(first, second, self.number, 0)
    }
}
