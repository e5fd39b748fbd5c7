//! What happens after an answer: control planes start, nodes join, updates end. Doing only; whatever needs a choice was chosen by the
//! pure modules, which are asked again, under the lock, for what the outcome means.

mod add_ons;
mod cluster;
mod failure;
mod workers;

use std::sync::Arc;

use crate::clusters::{Health, Status};
use crate::eks::Inner;
use crate::fronts::EndpointAccess;
use crate::pace::Phase;
use crate::planes::{ControlPlane, Grant};
use crate::state::{ClusterKey, ClusterState, Context};
pub use failure::{Failure, FailureKind};

/// Something to do after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    StartCluster(ClusterKey),
    StopCluster(ClusterKey),
    /// Cluster, update id, how long.
    UpdateCluster(ClusterKey, String, Phase),
    CreateNodeGroup(ClusterKey, String),
    /// Cluster, node group, update id, how long.
    UpdateNodeGroup(ClusterKey, String, String, Phase),
    DeleteNodeGroup(ClusterKey, String),
    CreateAddOn(ClusterKey, String),
    /// Cluster, add-on, update id.
    UpdateAddOn(ClusterKey, String, String),
    DeleteAddOn(ClusterKey, String),
    /// Access entries changed: done before the call answers, so that what it granted holds.
    GrantAccess(ClusterKey),
}

/// A control plane in use.
#[derive(Clone)]
pub(crate) struct RunningCluster {
    pub plane: Arc<dyn ControlPlane>,
    pub endpoint: String,
    pub security_group: String,
}

impl Inner {
    /// Starts an effect; [`Effect::GrantAccess`] is awaited, the others run on their own.
    pub(crate) async fn start(self: &Arc<Self>, effect: Effect) {
        if let Effect::GrantAccess(key) = effect {
            return self.grant_access(&key).await;
        }
        let inner = Arc::clone(self);
        self.tasks.spawn(async move {
            let stop = inner.stop.clone();
            stop.run_until_cancelled(inner.perform(effect)).await;
        });
    }

    async fn perform(self: &Arc<Self>, effect: Effect) {
        match effect {
            Effect::StartCluster(key) => self.start_cluster(&key).await,
            Effect::StopCluster(key) => self.stop_cluster(&key).await,
            Effect::UpdateCluster(key, id, phase) => self.update_cluster(&key, &id, phase).await,
            Effect::CreateNodeGroup(key, name) => self.create_node_group(&key, &name).await,
            Effect::UpdateNodeGroup(key, name, id, phase) => self.update_node_group(&key, &name, &id, phase).await,
            Effect::DeleteNodeGroup(key, name) => self.delete_node_group(&key, &name).await,
            Effect::CreateAddOn(key, name) => self.create_add_on(&key, &name).await,
            Effect::UpdateAddOn(key, name, id) => self.update_add_on(&key, &name, &id).await,
            Effect::DeleteAddOn(key, name) => self.delete_add_on(&key, &name).await,
            Effect::GrantAccess(key) => self.grant_access(&key).await,
        }
    }

    async fn pause(&self, phase: Phase) {
        tokio::time::sleep(self.pace.of(phase)).await;
    }

    /// Changes a cluster that still exists.
    fn change<T>(&self, key: &ClusterKey, change: impl FnOnce(&mut ClusterState, &Context) -> T) -> Option<T> {
        let context = self.context(&key.place, "");
        self.state().cluster(key).map(|cluster| change(cluster, &context))
    }

    fn running(&self, key: &ClusterKey) -> Option<RunningCluster> {
        self.running_clusters().get(key).cloned()
    }

    async fn grant_access(&self, key: &ClusterKey) {
        let _in_order = self.granting.lock().await;
        let Some(running) = self.running(key) else { return };
        let Some(grants) = self.change(key, |cluster, _| grants(cluster)) else { return };
        if let Err(error) = running.plane.grant(grants).await
            && self.running(key).is_some()
        {
            tracing::error!(
                cluster = key.name,
                error = format!("{error:#}"),
                "the access entries did not reach the cluster"
            );
            self.report(&key.place.account, "access entries", format!("cluster {}: {error:#}", key.name));
        }
    }
}

/// The group that stands for an access entry in bindings. Real EKS asks its own authorizer instead; no object of a cluster shows it.
pub(crate) fn entry_group(principal: &str) -> String {
    format!("eks-access-entry:{principal}")
}

/// What the access entries of a cluster grant.
fn grants(cluster: &ClusterState) -> Vec<Grant> {
    let entries = cluster.access_entries.values();
    let grants = entries.flat_map(|entry| {
        entry.policies.iter().map(|policy| Grant {
            group: entry_group(&entry.principal_arn),
            policy: policy.policy_arn.rsplit('/').next().unwrap_or_default().to_owned(),
            namespaces: (policy.access_scope.r#type == "namespace").then(|| policy.access_scope.namespaces.clone()),
        })
    });
    grants.collect()
}

fn access(cluster: &ClusterState) -> EndpointAccess {
    let vpc = &cluster.cluster.resources_vpc_config;
    EndpointAccess {
        public: vpc.endpoint_public_access,
        private: vpc.endpoint_private_access,
        public_cidrs: vpc.public_access_cidrs.clone(),
    }
}

/// The cluster is idle again.
fn idle(cluster: &mut ClusterState) {
    if cluster.cluster.status == Status::Updating {
        cluster.cluster.status = Status::Active;
        cluster.cluster.health = Health::default();
    }
}
