//! Real nodes of a sandbox: their programs, the images that they are served, and whether this machine can have them.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use sandbox_images::{Contents, Demo, Image, Start, Store};
use sandbox_kube::{AddOn, NodeTools, RealNodes};
use sandbox_node::Programs;

/// Where a container finds the libraries of what it starts.
const LIBRARIES: &str = "usr/lib/sandbox";
/// Without it nft lists protocols as numbers, and kube-proxy takes its own rules for others' and deletes them.
const PROTOCOLS: &str = "tcp 6 TCP\nudp 17 UDP\nsctp 132 SCTP\n";

/// What a sandbox's nodes are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nodes {
    /// Real where this machine can have them, else simulated, with a line that says why.
    Auto,
    /// kubelet, containerd and runc: what is deployed runs.
    Real,
    /// Made of words: pods do what their image's name says. Hundreds of nodes, on any machine, without root.
    Simulated,
}

impl Nodes {
    /// Whether nodes are to be real on this machine; builds what real ones need, with progress on standard error.
    ///
    /// # Errors
    /// When they have to be real and cannot.
    pub fn settle(self, sandbox_node: &Path) -> anyhow::Result<bool> {
        let possible = || {
            sandbox_node::possible(sandbox_node).map_err(anyhow::Error::msg)?;
            NodeTools::prepare(&|line| eprintln!("{line}")).map(drop)
        };
        match self {
            Self::Simulated => Ok(false),
            Self::Real => possible().context("--nodes real: this machine cannot run real nodes").map(|()| true),
            Self::Auto => {
                let reason = possible().err();
                if let Some(reason) = &reason {
                    eprintln!("nodes are simulated: {reason:#}");
                }
                Ok(reason.is_none())
            }
        }
    }
}

/// The programs, and a registry with its images in `dir`.
///
/// # Errors
/// When a program is missing or cannot be read.
pub fn prepare(dir: &Path, sandbox_node: &Path) -> anyhow::Result<(RealNodes, Arc<Store>)> {
    let tools = NodeTools::prepare(&|line| eprintln!("{line}"))?;
    let demo = Demo::new(&tools.demo, Some(&tools.busybox))?;
    let store = Arc::new(Store::open(dir, demo)?);
    for add_on in AddOn::ALL {
        store.add(&add_on.repository(), image(add_on, &tools)?);
    }
    let programs = Programs {
        sandbox_node: sandbox_node.to_owned(),
        containerd: tools.containerd,
        kubelet: tools.kubelet,
        runc: tools.runc,
        cni: tools.cni_bin,
    };
    Ok((RealNodes { programs, registry: sandbox_images::router(Arc::clone(&store)) }, store))
}

/// An add-on's program, with whatever it calls.
fn image(add_on: AddOn, tools: &NodeTools) -> anyhow::Result<Image> {
    let path = format!("usr/bin/{}", add_on.name());
    let contents = Contents::new().folder("tmp", 0o1777);
    let contents = match add_on {
        AddOn::CoreDns => contents.file(&tools.coredns, &path, 0o755),
        AddOn::MetricsServer => contents.file(&tools.metrics_server, &path, 0o755),
        AddOn::KubeProxy => {
            let mut contents = contents
                .file(&tools.kube_proxy, &path, 0o755)
                .file(&tools.nft, "usr/bin/nft", 0o755)
                .text("etc/protocols", PROTOCOLS, 0o644);
            for library in &tools.nft_libraries {
                let name = library.file_name().context("a library has no name")?;
                // The loader's path stands in the program; the loader finds the rest.
                let place = match name.to_string_lossy().starts_with("ld-") {
                    true => library.clone(),
                    false => Path::new(LIBRARIES).join(name),
                };
                contents = contents.file(library, place, 0o755);
            }
            contents
        }
    };
    let env = [("PATH", "/usr/bin".to_owned()), ("LD_LIBRARY_PATH", format!("/{LIBRARIES}"))];
    let start = Start {
        entrypoint: vec![format!("/{path}")],
        env: env.map(|(name, value)| (name.to_owned(), value)).into(),
        ..Start::default()
    };
    Ok(Image::new(&[contents.layer()?], &start))
}
