//! Control planes without a process: what EKS's API tells of a cluster is all there is of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sandbox_kube::CertificateAuthority;
use serde_json::{Value, json};

use crate::node_groups::nodes::Node;
use crate::planes::{ControlPlane, ControlPlanes, Grant};

/// Makes control planes of nothing but an authority.
#[derive(Default)]
pub(crate) struct HollowPlanes {
    taken: AtomicU64,
}

struct HollowPlane {
    id: String,
    authority: Arc<CertificateAuthority>,
}

#[async_trait]
impl ControlPlanes for HollowPlanes {
    async fn take(&self, _: &str) -> anyhow::Result<Arc<dyn ControlPlane>> {
        let id = format!("hollow-{}", self.taken.fetch_add(1, Ordering::Relaxed));
        let authority = Arc::new(CertificateAuthority::new(&id)?);
        Ok(Arc::new(HollowPlane { id, authority }))
    }

    async fn shutdown(&self) {}
}

#[async_trait]
impl ControlPlane for HollowPlane {
    fn id(&self) -> &str {
        &self.id
    }

    /// Port 0: nobody can listen there.
    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 0).into()
    }

    fn authority(&self) -> Arc<CertificateAuthority> {
        Arc::clone(&self.authority)
    }

    async fn server_version(&self) -> Value {
        json!({})
    }

    async fn grant(&self, _: Vec<Grant>) -> anyhow::Result<()> {
        Ok(())
    }

    async fn join(&self, _: &Node) -> anyhow::Result<()> {
        Ok(())
    }

    async fn remove(&self, _: &str) -> anyhow::Result<()> {
        Ok(())
    }

    async fn upgrade(&self, _: &str) -> anyhow::Result<()> {
        Ok(())
    }

    async fn stop(&self) {}
}
