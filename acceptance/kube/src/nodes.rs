//! The nodes of one control plane: simulated by kwok, or real. Knows what a node of EKS is; not how a control plane is started.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::certificates::CertificateAuthority;
use crate::process_group::ProcessGroup;
use crate::simulation::Simulation;
use crate::tools::Tools;
pub(crate) use balancer::Balancer;
pub(crate) use lifecycle::drain;
pub use real::RealNodes;
pub(crate) use real::{DNS, Real, selector_file};
pub use spec::{NodeSpec, Taint};

mod balancer;
mod instance;
mod lifecycle;
mod real;
mod simulated;
mod spec;

/// Of whom a control plane's nodes are.
#[derive(Debug)]
pub(crate) enum Nodes {
    /// The simulation starts with the first node.
    Simulated(OnceCell<Simulation>),
    Real(Real),
}

/// The control plane as its nodes see it.
pub(crate) struct Plane<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) dir: &'a Path,
    pub(crate) admin: &'a kube::Client,
    pub(crate) authority: &'a Arc<CertificateAuthority>,
    pub(crate) processes: &'a ProcessGroup,
    /// As the kubelets of simulated nodes tell it.
    pub(crate) kubelet_version: String,
    /// Where the API server listens.
    pub(crate) api_server: std::net::SocketAddr,
}

impl Nodes {
    /// Adds a node and returns when pods can be scheduled to it. One that exists takes on labels and taints.
    pub(crate) async fn add(&self, plane: &Plane<'_>, spec: &NodeSpec) -> anyhow::Result<()> {
        match self {
            Self::Simulated(simulation) => {
                let start = || {
                    Simulation::start(
                        &plane.tools.kwok,
                        plane.dir,
                        plane.admin.clone(),
                        plane.authority,
                        plane.processes,
                    )
                };
                let simulation = simulation.get_or_try_init(start).await?;
                simulated::add(plane.admin, spec, simulation.kubelet_port, &plane.kubelet_version).await
            }
            Self::Real(real) => real.add(plane, spec).await,
        }
    }

    /// As [`crate::ControlPlane::remove_node`].
    pub(crate) async fn remove(&self, admin: &kube::Client, name: &str) -> anyhow::Result<()> {
        if let Self::Real(real) = self {
            real.remove(name).await?;
        }
        lifecycle::remove(admin, name).await
    }

    /// Ends what runs for them outside of the control plane's processes.
    pub(crate) async fn end(&self) {
        if let Self::Real(real) = self {
            real.end().await;
        }
    }
}
