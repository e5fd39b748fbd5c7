//! The programs of a real node: a kubelet and what it needs to run containers, and what runs in them. Knows nothing of how a node starts.

use std::path::PathBuf;

use super::cache::{Cache, root};
use super::found::{self, Machine};
use super::go_module::Part;
use super::kubernetes;
use super::run::Steps;

mod debian;
mod libraries;
mod modules;
#[cfg(test)]
mod tests;

/// Every program that a real node runs on this machine or in its containers.
#[derive(Debug, Clone)]
pub struct NodeTools {
    /// kubelet of the minor that [`super::Tools::KUBERNETES_MINOR`] names.
    pub kubelet: PathBuf,
    /// kube-proxy of the same version; static, for an image.
    pub kube_proxy: PathBuf,
    /// containerd 2.3.
    pub containerd: PathBuf,
    /// containerd's shim for runc, in the folder of containerd, where it looks for it.
    pub shim: PathBuf,
    /// runc 1.1 or newer: Debian's, or this machine's.
    pub runc: PathBuf,
    /// The folder with the network plugins ptp, host-local and loopback.
    pub cni_bin: PathBuf,
    /// CoreDNS 1.14; static, for an image.
    pub coredns: PathBuf,
    /// metrics-server 0.9; static, for an image.
    pub metrics_server: PathBuf,
    /// The sandbox's demo program; static, for images.
    pub demo: PathBuf,
    /// busybox; static, for images that want a shell.
    pub busybox: PathBuf,
    /// nft 1.0 or newer, which kube-proxy calls. Where it is ours it finds its libraries only with LD_LIBRARY_PATH, or in an image that holds them.
    pub nft: PathBuf,
    /// The shared objects that nft loads, libc and the loader among them, each under the file name by which it is looked for. They may be
    /// links, to be followed when copied. The one named `ld-linux…` is the loader: in an image it must stand at the very path it has here.
    pub nft_libraries: Vec<PathBuf>,
}

impl NodeTools {
    /// Finds or builds every program, and says each step in one line through `progress`.
    /// Blocks for minutes on a bare machine, for milliseconds when everything is there.
    /// Waits for other processes that build, and goes on where a killed one stopped.
    ///
    /// # Errors
    /// When this machine cannot have real nodes. `{error}` is one line: what is missing and what to do. The causes hold the rest.
    pub fn prepare(progress: &dyn Fn(&str)) -> anyhow::Result<Self> {
        anyhow::ensure!(cfg!(target_os = "linux"), "real nodes need Linux, and this is {}", std::env::consts::OS);
        Self::prepare_in(&Cache::open(root()?)?, &Machine::here(), progress)
    }

    fn prepare_in(cache: &Cache, machine: &Machine, progress: &dyn Fn(&str)) -> anyhow::Result<Self> {
        let debian = debian::Part::new(cache, machine);
        let kubernetes = Part::new(cache, &kubernetes::MODULE, &kubernetes::NODE, machine);
        let containerd = Part::new(cache, &modules::CONTAINERD, &modules::CONTAINERD_PROGRAMS, machine);
        let coredns = Part::new(cache, &modules::COREDNS, &modules::COREDNS_PROGRAMS, machine);
        let metrics_server = Part::new(cache, &modules::METRICS_SERVER, &modules::METRICS_SERVER_PROGRAMS, machine);
        let demo = Part::new(cache, &modules::DEMO, &modules::DEMO_PROGRAMS, machine);

        let built = [&demo, &containerd, &kubernetes, &coredns, &metrics_server];
        let left = || debian.left() + built.iter().map(|part| part.left()).sum::<usize>();
        if left() > 0 {
            check(machine, &debian, &built)?;
            let _lock = cache.lock(progress)?;
            let steps = Steps::new(progress, left());
            debian.fetch(&steps).map_err(|error| {
                in_one_line(
                    error,
                    &format!("run it again when this machine is online, or install {}", debian.to_install()),
                )
            })?;
            for part in built {
                part.build(&steps).map_err(|error| in_one_line(error, "run it again to go on from here"))?;
            }
        }
        Ok(Self {
            kubelet: kubernetes.program("kubelet")?,
            kube_proxy: kubernetes.program("kube-proxy")?,
            containerd: containerd.program("containerd")?,
            shim: containerd.program("containerd-shim-runc-v2")?,
            runc: debian.program("runc")?,
            cni_bin: containerd.folder().to_owned(),
            coredns: coredns.program("coredns")?,
            metrics_server: metrics_server.program("metrics-server")?,
            demo: demo.program("demo")?,
            busybox: debian.program("busybox")?,
            nft: debian.program("nft")?,
            nft_libraries: debian.libraries("nft").map_err(|error| in_one_line(error, "install it"))?,
        })
    }
}

/// Says what this machine lacks before anything is built.
fn check(machine: &Machine, debian: &debian::Part, built: &[&Part]) -> anyhow::Result<()> {
    let oldest_go = found::newest(built.iter().filter(|part| part.left() > 0).map(|part| part.oldest_go()));
    let go = oldest_go.and_then(|oldest| found::go_lacks(machine, oldest));
    let missing: Vec<String> = debian.lacks().into_iter().chain(go).collect();
    anyhow::ensure!(missing.is_empty(), "no real nodes on this machine: {}", missing.join("; "));
    Ok(())
}

/// The first line says which step failed, the last one is where programs say why.
fn in_one_line(error: anyhow::Error, remedy: &str) -> anyhow::Error {
    let text = format!("{error:#}");
    let mut lines = text.lines().map(|line| line.trim().trim_end_matches(':'));
    let what = lines.next().unwrap_or_default().to_owned();
    let why = lines.next_back().map(|why| format!(" ({why})")).unwrap_or_default();
    error.context(format!("no real nodes on this machine: {what}{why}; {remedy}"))
}
