//! A real Kubernetes control plane on loopback: etcd, API server, controller-manager and scheduler, each a process. Knows nothing of AWS.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context as _;

use crate::add_ons::{self, AddOn};
use crate::certificates::CertificateAuthority;
use crate::nodes::{self, Balancer, NodeSpec, Nodes, Plane, RealNodes};
use crate::process_group::ProcessGroup;
use crate::removal;
use crate::tools::Tools;
use files::Files;
use flags::Ports;

mod files;
mod flags;
mod start;
#[cfg(test)]
mod tests;

/// What a control plane is to be.
#[derive(Debug, Clone)]
pub struct ControlPlaneSpec {
    /// Its folder: certificates, etcd's data, logs. It is made, and removed by [`ControlPlane::stop`].
    pub dir: PathBuf,
    /// `MAJOR.MINOR`: the binaries' own or one of the three minors before it, which the API server then emulates.
    pub kubernetes_version: String,
    /// Where the API server asks about bearer tokens (TokenReview v1, by POST), for example `http://127.0.0.1:4000/review/1`.
    /// None: only client certificates and service accounts are let in. An accepted token is remembered for up to 10 s.
    pub token_webhook: Option<String>,
    /// The `iss` of service account tokens. None: `https://kubernetes.default.svc`.
    pub service_account_issuer: Option<String>,
    /// What its nodes are made of. None: they are simulated.
    pub real_nodes: Option<RealNodes>,
}

/// A control plane that runs. Dropping it kills its processes; its folder stays until [`ControlPlane::stop`].
pub struct ControlPlane {
    spec: ControlPlaneSpec,
    authority: Arc<CertificateAuthority>,
    address: SocketAddr,
    files: Files,
    admin: kube::Client,
    processes: ProcessGroup,
    tools: Tools,
    ports: Ports,
    version: RwLock<String>,
    nodes: Nodes,
}

impl std::fmt::Debug for ControlPlane {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ControlPlane")
            .field("address", &self.address)
            .field("dir", &self.spec.dir)
            .finish_non_exhaustive()
    }
}

impl ControlPlane {
    /// Starts the processes and returns when the API server is ready and the `default` service account exists (3 to 5 s).
    ///
    /// # Errors
    /// When the version is not one these binaries can present, or a process ends before it is ready; the text has the end of its log.
    pub async fn start(tools: &Tools, spec: ControlPlaneSpec) -> anyhow::Result<Self> {
        let minor = presented_minor(&spec.kubernetes_version)?;
        let mut attempts = 0;
        loop {
            match start::start(tools, &spec, minor).await {
                Ok(plane) => return Ok(plane),
                // Ports are chosen free and released for the process to take: another program may be quicker.
                Err(error) if attempts < 2 && format!("{error:#}").contains("address already in use") => attempts += 1,
                Err(error) => {
                    return Err(error.context(format!("the control plane in {} did not start", spec.dir.display())));
                }
            }
        }
    }

    /// The certificate authority of the API server; EKS shows it as `certificateAuthority.data`.
    #[must_use]
    pub fn authority(&self) -> Arc<CertificateAuthority> {
        Arc::clone(&self.authority)
    }

    /// Where the API server listens (TLS).
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A kubeconfig with a client certificate of `system:masters`.
    #[must_use]
    pub fn admin_kubeconfig(&self) -> PathBuf {
        self.files.kubeconfig("admin")
    }

    /// A client with the rights of `system:masters`.
    #[must_use]
    pub fn admin(&self) -> kube::Client {
        self.admin.clone()
    }

    /// The spec it was started with.
    #[must_use]
    pub fn spec(&self) -> &ControlPlaneSpec {
        &self.spec
    }

    /// The folder with certificates and logs.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.spec.dir
    }

    /// Names and pids of its processes.
    #[must_use]
    pub fn pids(&self) -> Vec<(String, u32)> {
        self.processes.pids()
    }

    /// The Kubernetes minor it presents, for example `1.35`.
    #[must_use]
    pub fn kubernetes_version(&self) -> String {
        self.version.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What `GET /version` should answer: the presented minor in the form of EKS. The API server itself tells its binary's version there.
    #[must_use]
    pub fn server_version(&self) -> serde_json::Value {
        let version = self.kubernetes_version();
        serde_json::json!({
            "major": "1", "minor": version.trim_start_matches("1."), "gitVersion": self.git_version(),
            "gitCommit": "0000000000000000000000000000000000000000", "gitTreeState": "clean",
            "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1.26", "compiler": "gc", "platform": "linux/amd64",
        })
    }

    fn git_version(&self) -> String {
        format!("v{}.0-eks-sandbox", self.kubernetes_version())
    }

    /// Restarts API server, controller-manager and scheduler as another minor, with the same objects, certificates and address (3 s).
    /// Meanwhile the API server refuses connections.
    ///
    /// # Errors
    /// When the version is not one these binaries can present, or a process ends before it is ready.
    pub async fn upgrade(&self, kubernetes_version: &str) -> anyhow::Result<()> {
        let minor = presented_minor(kubernetes_version)?;
        start::restart(self, minor)
            .await
            .with_context(|| format!("the control plane did not start again as {kubernetes_version}"))?;
        kubernetes_version.clone_into(&mut self.version.write().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    /// Adds a node and returns when pods can be scheduled to it (simulated ones in tenths of a second, real ones in 1 to 2 s).
    /// A node that exists takes on the labels and taints of the spec.
    ///
    /// # Errors
    /// When the API server refuses it, or a real one does not start.
    pub async fn add_node(&self, spec: &NodeSpec) -> anyhow::Result<()> {
        let plane = Plane {
            tools: &self.tools,
            dir: &self.spec.dir,
            admin: &self.admin,
            authority: &self.authority,
            processes: &self.processes,
            kubelet_version: self.git_version(),
            api_server: self.address,
        };
        self.nodes.add(&plane, spec).await
    }

    /// A loopback address at which the real pods of a Service answer.
    ///
    /// # Errors
    /// When there are no real nodes, no such Service or no such port.
    pub async fn open(&self, namespace: &str, service: &str, port: Option<i32>) -> anyhow::Result<SocketAddr> {
        let balancer = self.balancer().context("nothing runs there: its nodes are simulated, or there are none yet")?;
        balancer.open(namespace, service, port).await
    }

    /// The Services that [`ControlPlane::open`] could open: namespace and name.
    #[must_use]
    pub fn services(&self) -> Vec<(String, String)> {
        self.balancer().map(|balancer| balancer.services()).unwrap_or_default()
    }

    fn balancer(&self) -> Option<Arc<Balancer>> {
        match &self.nodes {
            Nodes::Real(real) => real.balancer().cloned(),
            Nodes::Simulated(_) => None,
        }
    }

    /// Installs an add-on's software from `image`, where nodes are real; simulated ones run none.
    ///
    /// # Errors
    /// When the API server refuses an object.
    pub async fn install(&self, add_on: AddOn, image: &str) -> anyhow::Result<()> {
        match self.nodes {
            Nodes::Real(_) => add_ons::install(&self.admin, add_on, image).await,
            Nodes::Simulated(_) => Ok(()),
        }
    }

    /// Removes an add-on's software.
    ///
    /// # Errors
    /// When the API server refuses.
    pub async fn uninstall(&self, add_on: AddOn) -> anyhow::Result<()> {
        match self.nodes {
            Nodes::Real(_) => add_ons::remove(&self.admin, add_on).await,
            Nodes::Simulated(_) => Ok(()),
        }
    }

    /// Whether every replica of an add-on runs; nothing where nodes are simulated.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn runs(&self, add_on: AddOn) -> anyhow::Result<Option<bool>> {
        match self.nodes {
            Nodes::Real(_) => add_ons::runs(&self.admin, add_on).await.map(Some),
            Nodes::Simulated(_) => Ok(None),
        }
    }

    /// Cordons a node and evicts its pods (not those of DaemonSets), respecting disruption budgets. Returns the pods, as
    /// `namespace/name`, that a budget still protected when `patience` was over; none means that the node is empty.
    ///
    /// # Errors
    /// When the node does not exist or the API server fails.
    pub async fn drain_node(&self, name: &str, patience: Duration) -> anyhow::Result<Vec<String>> {
        nodes::drain(&self.admin, name, patience).await
    }

    /// Deletes a node and the pods left on it, as when its instance is terminated. Drain it first where budgets matter.
    ///
    /// # Errors
    /// When the API server fails; a node that does not exist is no error.
    pub async fn remove_node(&self, name: &str) -> anyhow::Result<()> {
        self.nodes.remove(&self.admin, name).await
    }

    /// Kills the processes (milliseconds) and removes the folder.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.nodes.end().await;
        tokio::task::spawn_blocking(move || {
            self.processes.kill();
            removal::remove_dir_all(&self.spec.dir)
                .with_context(|| format!("the folder {} cannot be removed", self.spec.dir.display()))
        })
        .await
        .context("stopping a control plane was interrupted")?
    }
}

/// The minor in `1.MINOR`, where these binaries can present it.
fn presented_minor(version: &str) -> anyhow::Result<u32> {
    let newest = Tools::KUBERNETES_MINOR;
    let minor = version
        .strip_prefix("1.")
        .and_then(|minor| minor.parse().ok())
        .filter(|minor| (newest - 3..=newest).contains(minor));
    minor.with_context(|| {
        format!(
            "Kubernetes {version} cannot be run here: the sandbox's binaries present 1.{} to 1.{newest}",
            newest - 3
        )
    })
}
