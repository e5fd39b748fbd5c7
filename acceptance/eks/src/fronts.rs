//! The addresses that clients reach API servers at. The contract with whoever listens.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use sandbox_kube::CertificateAuthority;
use serde_json::Value;

/// An address for a cluster's API server, as `cluster.endpoint` shows it.
#[derive(Clone)]
pub struct FrontSpec {
    /// Whose cluster.
    pub account: String,
    /// Where.
    pub region: String,
    /// Its name.
    pub cluster: String,
    /// The API server.
    pub upstream: SocketAddr,
    /// Signs both the API server's certificate and the front's.
    pub authority: Arc<CertificateAuthority>,
    /// Who may come.
    pub access: EndpointAccess,
    /// What `GET /version` answers: the API server itself would tell the version of its binary.
    pub server_version: Value,
}

/// Who reaches an API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointAccess {
    /// From outside the VPC.
    pub public: bool,
    /// From inside the VPC.
    pub private: bool,
    /// From outside, from which addresses.
    pub public_cidrs: Vec<String>,
}

/// Opens and closes fronts.
#[async_trait]
pub trait Fronts: Send + Sync {
    /// Listens; answers the endpoint, `https://127.0.0.1:PORT`.
    async fn open(&self, front: FrontSpec) -> anyhow::Result<String>;
    /// Changes who may come, and the version.
    async fn update(&self, endpoint: &str, access: EndpointAccess, server_version: Value);
    /// Stops listening.
    async fn close(&self, endpoint: &str);
}
