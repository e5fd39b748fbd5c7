//! Effects on add-ons: their software is installed where nodes are real, and their status follows it.

use std::sync::Arc;
use std::time::Duration;

use super::{FailureKind, RunningCluster};
use crate::addons::{self, Status};
use crate::eks::Inner;
use crate::pace::Phase;
use crate::state::ClusterKey;
use crate::updates;

/// How long an add-on's pods may take before EKS calls it degraded. AWS waits for minutes; here images come from this machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// What EKS installs into every cluster, unless it is told not to.
const SELF_MANAGED: [&str; 2] = ["kube-proxy", "coredns"];

impl Inner {
    pub(super) async fn create_add_on(&self, key: &ClusterKey, name: &str) {
        self.pause(Phase::AddOnCreate).await;
        let failure = self.armed(key, FailureKind::AddOn, name);
        let mut runs = None;
        if failure.is_none() {
            self.install(key, name).await;
            runs = self.await_add_on(key, name).await;
        }
        self.change(key, |cluster, context| match (failure, cluster.add_ons.get_mut(name)) {
            (Some(issue), Some(add_on)) => {
                add_on.status = Status::CreateFailed;
                add_on.health.issues = vec![issue];
            }
            (None, Some(_)) => addons::settle(cluster, name, context.now, runs),
            (_, None) => {}
        });
    }

    pub(super) async fn update_add_on(&self, key: &ClusterKey, name: &str, id: &str) {
        self.pause(Phase::AddOnUpdate).await;
        let failure = self.armed(key, FailureKind::Update, name);
        if failure.is_none() {
            self.install(key, name).await;
        }
        let runs = self.await_add_on(key, name).await;
        self.change(key, |cluster, context| {
            updates::end(cluster, id, failure);
            addons::settle(cluster, name, context.now, runs);
        });
    }

    pub(super) async fn delete_add_on(&self, key: &ClusterKey, name: &str) {
        self.pause(Phase::AddOnDelete).await;
        if let Some(running) = self.running(key)
            && let Err(error) = running.plane.uninstall(name).await
        {
            self.report(&key.place.account, "DeleteAddon", format!("{name} of {}: {error:#}", key.name));
        }
        self.change(key, |cluster, _| addons::deleted(cluster, name));
    }

    /// Add-ons that are neither being made nor changed notice how much compute there is now.
    pub(super) async fn settle_add_ons(&self, key: &ClusterKey) {
        self.pause(Phase::AddOnHealth).await;
        let settled = self.change(key, |cluster, _| {
            let settled = |add_on: &&addons::AddOn| matches!(add_on.status, Status::Active | Status::Degraded);
            cluster.add_ons.values().filter(settled).map(|add_on| add_on.addon_name.clone()).collect::<Vec<_>>()
        });
        for name in settled.unwrap_or_default() {
            let runs = match self.running(key) {
                Some(running) => running.plane.runs(&name).await,
                None => None,
            };
            self.change(key, |cluster, context| addons::settle(cluster, &name, context.now, runs));
        }
    }

    /// Follows the pods of the add-ons as long as the cluster runs.
    pub(super) async fn follow_add_ons(self: Arc<Self>, key: ClusterKey, running: RunningCluster) {
        let mut changes = running.plane.changes();
        while changes.changed().await.is_ok()
            && self.running(&key).is_some_and(|now| Arc::ptr_eq(&now.plane, &running.plane))
        {
            self.settle_add_ons(&key).await;
        }
    }

    /// What EKS puts into a new cluster by itself.
    pub(super) async fn bootstrap_add_ons(&self, key: &ClusterKey) {
        if self.change(key, |cluster, _| cluster.bootstrap_add_ons) == Some(true) {
            for name in SELF_MANAGED {
                self.install(key, name).await;
            }
        }
    }

    async fn install(&self, key: &ClusterKey, name: &str) {
        let Some(running) = self.running(key) else { return };
        let version =
            self.change(key, |cluster, _| cluster.add_ons.get(name).map(|add_on| add_on.addon_version.clone()));
        let version = version.flatten().unwrap_or_else(|| "latest".to_owned());
        // EKS's own registry; the sandbox's serves it.
        let image = format!("602401143452.dkr.ecr.{}.amazonaws.com/eks/{name}:{version}", key.place.region);
        if let Err(error) = running.plane.install(name, &image).await {
            self.report(&key.place.account, "CreateAddon", format!("{name} of {}: {error:#}", key.name));
        }
    }

    /// Waits, while there is compute for them, until an add-on's pods run; whether they do.
    async fn await_add_on(&self, key: &ClusterKey, name: &str) -> Option<bool> {
        let running = self.running(key)?;
        let mut changes = running.plane.changes();
        let ready = async {
            loop {
                let runs = running.plane.runs(name).await;
                let compute = self.change(key, |cluster, _| cluster.has_compute()).unwrap_or_default();
                if runs != Some(false) || !compute {
                    return runs;
                }
                changes.changed().await.ok();
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.unwrap_or(Some(false))
    }
}
