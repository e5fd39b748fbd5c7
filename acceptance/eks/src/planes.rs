//! What EKS asks of Kubernetes: a control plane per cluster, nodes that join and leave, grants. The contract, without its making.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use sandbox_kube::CertificateAuthority;
use serde_json::Value;
use tokio::sync::watch;

use crate::node_groups::nodes::Node;

/// What is behind the clusters of a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planes {
    /// A Kubernetes control plane of its own for each.
    Real,
    /// Nothing that runs: for tests of EKS's API alone. Nobody listens at a cluster's endpoint.
    Hollow,
}

/// Where control planes come from.
#[async_trait]
pub(crate) trait ControlPlanes: Send + Sync {
    /// A running control plane of this Kubernetes minor, for one cluster.
    async fn take(&self, kubernetes_version: &str) -> anyhow::Result<Arc<dyn ControlPlane>>;

    /// Stops what is kept ready and was not taken.
    async fn shutdown(&self);
}

/// The control plane of one cluster. What has a body here is that of one on which nothing runs.
#[async_trait]
pub(crate) trait ControlPlane: Send + Sync {
    /// What its token webhook calls itself: the last part of the review URL.
    fn id(&self) -> &str;
    /// Where its API server listens, with TLS.
    fn address(&self) -> SocketAddr;
    /// Who signs the API server's certificate.
    fn authority(&self) -> Arc<CertificateAuthority>;
    /// What `GET /version` answers.
    async fn server_version(&self) -> Value;
    /// Makes exactly these grants hold.
    async fn grant(&self, grants: Vec<Grant>) -> anyhow::Result<()>;
    /// A node joins, or takes on other labels and taints.
    async fn join(&self, node: &Node) -> anyhow::Result<()>;
    /// A node is drained and leaves.
    async fn remove(&self, node: &str) -> anyhow::Result<()>;
    /// Installs an add-on's software, where it is one that runs here.
    async fn install(&self, _add_on: &str, _image: &str) -> anyhow::Result<()> {
        Ok(())
    }
    /// Removes an add-on's software.
    async fn uninstall(&self, _add_on: &str) -> anyhow::Result<()> {
        Ok(())
    }
    /// Whether every replica of an add-on's software runs; nothing where there is none to run.
    async fn runs(&self, _add_on: &str) -> Option<bool> {
        None
    }
    /// Changes whenever what runs of the add-ons may have changed; closed where there is none to run.
    fn changes(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }
    /// A loopback address at which the pods of a Service answer, where they run.
    async fn open(&self, _namespace: &str, _service: &str, _port: Option<i32>) -> anyhow::Result<SocketAddr> {
        anyhow::bail!("nothing runs there")
    }
    /// The Services that can be opened: namespace and name.
    async fn services(&self) -> Vec<(String, String)> {
        Vec::new()
    }
    /// Restarts as the next Kubernetes minor, with the same objects and the same address.
    async fn upgrade(&self, kubernetes_version: &str) -> anyhow::Result<()>;
    /// Stops for good.
    async fn stop(&self);
}

/// An access policy that holds for a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    /// The group that stands for one access entry.
    pub group: String,
    /// The policy's name.
    pub policy: String,
    /// Where it holds; everywhere when none.
    pub namespaces: Option<Vec<String>>,
}
