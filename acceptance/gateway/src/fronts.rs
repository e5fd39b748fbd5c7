//! The fronts of all clusters, and which of them may be reached. Knows EKS's wish for them; nothing of what passes through.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sandbox_eks::{EndpointAccess, FrontSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exchange::Exchange;
use crate::front::{ApiServer, ClusterName, Front};

/// All open fronts, by endpoint.
#[derive(Debug)]
pub(crate) struct Fronts {
    exchange: Arc<Exchange>,
    /// Whether an endpoint without public access is unreachable, as on AWS.
    private_unreachable: bool,
    open: Mutex<HashMap<String, Arc<Front>>>,
}

/// A front, for the sandbox's status.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FrontStatus {
    /// The 12-digit account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The cluster.
    pub cluster: String,
    /// Where clients connect.
    pub address: SocketAddr,
    /// Where the API server listens.
    pub upstream: SocketAddr,
    /// Whether the endpoint has public access.
    pub public: bool,
    /// Whether connections are accepted now.
    pub reachable: bool,
}

impl Fronts {
    pub(crate) fn new(exchange: Arc<Exchange>, private_unreachable: bool) -> Self {
        Self { exchange, private_unreachable, open: Mutex::default() }
    }

    /// Lets a change of the armed faults reach the fronts.
    pub(crate) fn refresh(&self) {
        for front in self.all() {
            front.set_reachable(self.reachable(&front.server.name, front.is_public()));
        }
    }

    /// Every open front.
    pub(crate) fn all(&self) -> Vec<Arc<Front>> {
        self.open.lock().expect("no panic holds this lock").values().cloned().collect()
    }

    /// Every open front, in the order of accounts and names.
    pub(crate) fn status(&self) -> Vec<FrontStatus> {
        let mut all = self.all();
        all.sort_by(|a, b| a.server.name.cmp(&b.server.name));
        let status = |front: &Arc<Front>| {
            let ClusterName { account, region, cluster } = front.server.name.clone();
            let (public, reachable) = (front.is_public(), front.is_reachable());
            FrontStatus {
                account,
                region,
                cluster,
                address: front.address,
                upstream: front.server.address,
                public,
                reachable,
            }
        };
        all.iter().map(status).collect()
    }

    fn reachable(&self, name: &ClusterName, public: bool) -> bool {
        (public || !self.private_unreachable) && !self.exchange.faults.unreachable(&name.account, &name.cluster)
    }

    fn get(&self, endpoint: &str) -> Option<Arc<Front>> {
        self.open.lock().expect("no panic holds this lock").get(endpoint).cloned()
    }
}

#[async_trait]
impl sandbox_eks::Fronts for Fronts {
    async fn open(&self, spec: FrontSpec) -> anyhow::Result<String> {
        let FrontSpec { account, region, cluster, upstream, authority, access, server_version: version } = spec;
        let name = ClusterName { account, region, cluster };
        let reachable = self.reachable(&name, access.public);
        let server = ApiServer { name, address: upstream, authority, version };
        let front = Front::open(server, access.public, reachable, Arc::clone(&self.exchange)).await?;
        let endpoint = format!("https://{}", front.address);
        self.open.lock().expect("no panic holds this lock").insert(endpoint.clone(), Arc::new(front));
        Ok(endpoint)
    }

    async fn update(&self, endpoint: &str, access: EndpointAccess, server_version: Value) {
        if let Some(front) = self.get(endpoint) {
            front.set_version(server_version);
            front.set_public(access.public);
            front.set_reachable(self.reachable(&front.server.name, access.public));
        }
    }

    async fn close(&self, endpoint: &str) {
        let closed = self.open.lock().expect("no panic holds this lock").remove(endpoint);
        if let Some(front) = closed {
            front.close();
        }
    }
}

#[cfg(test)]
mod tests;
