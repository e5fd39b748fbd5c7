//! Control planes of `sandbox-kube` behind the contract of [`crate::planes`]. Effects only.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Patch, PatchParams};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client};
use sandbox_kube::{CertificateAuthority, ControlPlaneSpec, NodeSpec, Tools, Warm};
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

use crate::node_groups::nodes::Node;
use crate::planes::{ControlPlane, ControlPlanes, Grant};
use crate::{rbac, versions};

/// How long a node's pods may resist their eviction. AWS waits 15 minutes; nothing here takes that long to end.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);

/// Control planes of this machine, one of the default version kept ready.
pub(crate) struct LocalPlanes {
    warm: Warm,
}

impl LocalPlanes {
    /// `dir` is theirs alone; `token_review` is where they ask for token reviews, each at a path of its own.
    pub(crate) fn new(tools: Arc<Tools>, dir: PathBuf, token_review: String) -> Self {
        let specify = move |number: u64, version: &str| ControlPlaneSpec {
            dir: dir.join(format!("control-plane-{number}")),
            kubernetes_version: version.to_owned(),
            token_webhook: Some(format!("{token_review}/{number}")),
            service_account_issuer: None,
        };
        Self { warm: Warm::start(tools, versions::DEFAULT, specify) }
    }
}

#[async_trait]
impl ControlPlanes for LocalPlanes {
    async fn take(&self, kubernetes_version: &str) -> anyhow::Result<Arc<dyn ControlPlane>> {
        let plane = self.warm.take(kubernetes_version).await?;
        let webhook = plane.spec().token_webhook.clone().unwrap_or_default();
        let id = webhook.rsplit('/').next().unwrap_or_default().to_owned();
        let client = plane.admin();
        let (grants, watched) = tokio::sync::watch::channel(Vec::new());
        let namespaces = AbortOnDropHandle::new(tokio::spawn(follow_namespaces(client.clone(), watched)));
        Ok(Arc::new(LocalPlane {
            id,
            address: plane.address(),
            authority: plane.authority(),
            version: Mutex::new(plane.server_version()),
            client,
            grants,
            nodes: Mutex::default(),
            plane: tokio::sync::RwLock::new(Some(plane)),
            _namespaces: namespaces,
        }))
    }

    async fn shutdown(&self) {
        self.warm.shutdown().await;
    }
}

struct LocalPlane {
    id: String,
    address: SocketAddr,
    authority: Arc<CertificateAuthority>,
    version: Mutex<Value>,
    client: Client,
    grants: tokio::sync::watch::Sender<Vec<Grant>>,
    /// Nodes as they last joined, to know which labels and taints are the group's.
    nodes: Mutex<BTreeMap<String, Node>>,
    /// None once stopped.
    plane: tokio::sync::RwLock<Option<sandbox_kube::ControlPlane>>,
    _namespaces: AbortOnDropHandle<()>,
}

/// Grants that hold in namespaces by pattern follow namespaces that come later.
async fn follow_namespaces(client: Client, grants: tokio::sync::watch::Receiver<Vec<Grant>>) {
    let namespaces =
        watcher(Api::<Namespace>::all(client.clone()), watcher::Config::default()).default_backoff().touched_objects();
    let mut namespaces = std::pin::pin!(namespaces.map_err(|error| tracing::debug!(%error, "the watch of namespaces")));
    while let Some(event) = namespaces.next().await {
        let current = grants.borrow().clone();
        if event.is_ok()
            && current.iter().any(|grant| grant.namespaces.is_some())
            && let Err(error) = rbac::apply(&client, &current).await
        {
            tracing::debug!(error = format!("{error:#}"), "grants did not follow a namespace");
        }
    }
}

#[async_trait]
impl ControlPlane for LocalPlane {
    fn id(&self) -> &str {
        &self.id
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn authority(&self) -> Arc<CertificateAuthority> {
        Arc::clone(&self.authority)
    }

    fn server_version(&self) -> Value {
        self.version.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn grant(&self, grants: Vec<Grant>) -> anyhow::Result<()> {
        self.grants.send_replace(grants.clone());
        rbac::apply(&self.client, &grants).await
    }

    async fn join(&self, node: &Node) -> anyhow::Result<()> {
        let before = self.nodes.lock().unwrap_or_else(PoisonError::into_inner).insert(node.name.clone(), node.clone());
        match before {
            Some(before) if before == *node => Ok(()),
            Some(before) => self.relabel(&before, node).await,
            None => {
                let plane = self.plane.read().await;
                let plane = plane.as_ref().context("the control plane has stopped")?;
                plane.add_node(&spec(node)).await
            }
        }
    }

    async fn remove(&self, node: &str) -> anyhow::Result<()> {
        let plane = self.plane.read().await;
        let Some(plane) = plane.as_ref() else { return Ok(()) };
        if self.nodes.lock().unwrap_or_else(PoisonError::into_inner).remove(node).is_none() {
            return Ok(());
        }
        let protected = plane.drain_node(node, DRAIN_PATIENCE).await.unwrap_or_default();
        if !protected.is_empty() {
            tracing::info!(node, ?protected, "disruption budgets held up a drain until its patience was over");
        }
        plane.remove_node(node).await
    }

    async fn upgrade(&self, kubernetes_version: &str) -> anyhow::Result<()> {
        // The API server keeps the resources of the version that it started with; clients see the new version.
        let mut version = self.version.lock().unwrap_or_else(PoisonError::into_inner);
        let minor = kubernetes_version.trim_start_matches("1.");
        version["minor"] = Value::from(minor);
        version["gitVersion"] = Value::from(format!("v{kubernetes_version}.0-eks-sandbox"));
        Ok(())
    }

    async fn stop(&self) {
        if let Some(plane) = self.plane.write().await.take()
            && let Err(error) = plane.stop().await
        {
            tracing::warn!(error = format!("{error:#}"), "a control plane left something behind");
        }
    }
}

impl LocalPlane {
    /// Gives a node that has joined other labels and taints; those of others stay.
    async fn relabel(&self, before: &Node, now: &Node) -> anyhow::Result<()> {
        let nodes: Api<k8s_openapi::api::core::v1::Node> = Api::all(self.client.clone());
        let Some(present) = nodes.get_opt(&now.name).await? else { return Ok(()) };
        let mut labels: BTreeMap<&str, Value> = before.labels.keys().map(|key| (key.as_str(), Value::Null)).collect();
        labels.extend(now.labels.iter().map(|(key, value)| (key.as_str(), Value::from(value.clone()))));
        let ours: Vec<Value> = spec(before).taints.iter().map(taint).collect();
        let foreign = present.spec.and_then(|spec| spec.taints).unwrap_or_default().into_iter();
        let mut taints: Vec<Value> = foreign
            .filter_map(|taint| serde_json::to_value(taint).ok())
            .filter(|taint| !ours.iter().any(|our| our["key"] == taint["key"] && our["effect"] == taint["effect"]))
            .collect();
        taints.extend(spec(now).taints.iter().map(taint));
        let patch = json!({"metadata": {"labels": labels}, "spec": {"taints": taints}});
        nodes
            .patch(&now.name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .with_context(|| format!("node {} cannot be relabelled", now.name))?;
        Ok(())
    }
}

fn spec(node: &Node) -> NodeSpec {
    let taints = node.taints.iter().map(|taint| sandbox_kube::Taint {
        key: taint.key.clone(),
        value: taint.value.clone().unwrap_or_default(),
        effect: match taint.effect.as_str() {
            "NO_EXECUTE" => "NoExecute",
            "PREFER_NO_SCHEDULE" => "PreferNoSchedule",
            _ => "NoSchedule",
        }
        .to_owned(),
    });
    NodeSpec {
        name: node.name.clone(),
        labels: node.labels.clone(),
        taints: taints.collect(),
        instance_type: node.instance_type.clone(),
        zone: node.zone.clone(),
    }
}

fn taint(taint: &sandbox_kube::Taint) -> Value {
    json!({"key": taint.key, "value": taint.value, "effect": taint.effect})
}
