//! Control planes of `sandbox-kube` behind the contract of [`crate::planes`]. Effects only.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::Namespace;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client};
use sandbox_kube::{AddOn, CertificateAuthority, ControlPlaneSpec, NodeSpec, RealNodes, Tools, Warm};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{Mutex, RwLock, watch};
use tokio_util::task::AbortOnDropHandle;

use crate::node_groups::nodes::Node;
use crate::planes::{ControlPlane, ControlPlanes, Grant};
use crate::{rbac, versions};

/// How long a node's pods may resist their eviction. AWS waits 15 minutes; nothing here takes that long to end.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);

/// Control planes of this machine, one of the default version kept ready.
pub(crate) struct LocalPlanes {
    warm: Warm,
    /// Whether something runs in its clusters.
    real: bool,
}

impl LocalPlanes {
    /// `dir` is theirs alone; `token_review` is where they ask for token reviews, each at a path of its own;
    /// `nodes` is what real nodes are made of, else they are simulated.
    pub(crate) fn new(tools: Arc<Tools>, dir: PathBuf, token_review: String, nodes: Option<RealNodes>) -> Self {
        let real = nodes.is_some();
        let specify = move |number: u64, version: &str| ControlPlaneSpec {
            dir: dir.join(format!("control-plane-{number}")),
            kubernetes_version: version.to_owned(),
            token_webhook: Some(format!("{token_review}/{number}")),
            service_account_issuer: None,
            real_nodes: nodes.clone(),
        };
        // Where containers run as well, memory is better spent on them.
        Self { warm: Warm::start(tools, versions::DEFAULT, !real, specify), real }
    }
}

#[async_trait]
impl ControlPlanes for LocalPlanes {
    async fn take(&self, kubernetes_version: &str) -> anyhow::Result<Arc<dyn ControlPlane>> {
        let plane = self.warm.take(kubernetes_version).await?;
        let webhook = plane.spec().token_webhook.clone().unwrap_or_default();
        let id = webhook.rsplit('/').next().unwrap_or_default().to_owned();
        let client = plane.admin();
        let grants = Arc::new(Mutex::new(Vec::new()));
        let changed = self.real.then(|| Arc::new(watch::channel(0).0));
        let mut tasks = vec![tokio::spawn(follow_namespaces(client.clone(), Arc::clone(&grants)))];
        if let Some(changed) = &changed {
            tasks.push(tokio::spawn(follow::<Deployment>(client.clone(), Arc::clone(changed))));
            tasks.push(tokio::spawn(follow::<DaemonSet>(client.clone(), Arc::clone(changed))));
        }
        let tasks = tasks.into_iter().map(AbortOnDropHandle::new).collect();
        Ok(Arc::new(LocalPlane {
            id,
            address: plane.address(),
            authority: plane.authority(),
            client,
            grants,
            plane: RwLock::new(Some(plane)),
            changed,
            _tasks: tasks,
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
    client: Client,
    /// Locked while they are made to hold: whoever comes second sees what the first one wanted.
    grants: Arc<Mutex<Vec<Grant>>>,
    /// None once stopped.
    plane: RwLock<Option<sandbox_kube::ControlPlane>>,
    /// Something in the add-ons' namespace is not as it was. None where nothing runs.
    changed: Option<Arc<watch::Sender<u64>>>,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

/// Grants that hold in namespaces by pattern follow namespaces that come later.
async fn follow_namespaces(client: Client, grants: Arc<Mutex<Vec<Grant>>>) {
    let namespaces =
        watcher(Api::<Namespace>::all(client.clone()), watcher::Config::default()).default_backoff().touched_objects();
    let mut namespaces = std::pin::pin!(namespaces.map_err(|error| tracing::debug!(%error, "the watch of namespaces")));
    while let Some(event) = namespaces.next().await {
        let grants = grants.lock().await;
        if event.is_ok()
            && grants.iter().any(|grant| grant.namespaces.is_some())
            && let Err(error) = rbac::apply(&client, &grants).await
        {
            tracing::debug!(error = format!("{error:#}"), "grants did not follow a namespace");
        }
    }
}

/// Tells of every change in the namespace of the add-ons.
async fn follow<K>(client: Client, changed: Arc<watch::Sender<u64>>)
where
    K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + Debug
        + DeserializeOwned
        + Send
        + 'static,
{
    let objects = Api::<K>::namespaced(client, "kube-system");
    let objects = watcher(objects, watcher::Config::default()).default_backoff().touched_objects();
    let mut objects = std::pin::pin!(objects);
    while objects.next().await.is_some() {
        changed.send_modify(|count| *count += 1);
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

    async fn server_version(&self) -> Value {
        self.plane.read().await.as_ref().map(sandbox_kube::ControlPlane::server_version).unwrap_or_default()
    }

    async fn grant(&self, grants: Vec<Grant>) -> anyhow::Result<()> {
        let mut current = self.grants.lock().await;
        *current = grants;
        rbac::apply(&self.client, &current).await
    }

    async fn join(&self, node: &Node) -> anyhow::Result<()> {
        let plane = self.plane.read().await;
        plane.as_ref().context("the control plane has stopped")?.add_node(&spec(node)).await
    }

    async fn remove(&self, node: &str) -> anyhow::Result<()> {
        let plane = self.plane.read().await;
        let Some(plane) = plane.as_ref() else { return Ok(()) };
        let protected = plane.drain_node(node, DRAIN_PATIENCE).await.unwrap_or_default();
        if !protected.is_empty() {
            tracing::info!(node, ?protected, "disruption budgets held up a drain until its patience was over");
        }
        plane.remove_node(node).await
    }

    async fn install(&self, add_on: &str, image: &str) -> anyhow::Result<()> {
        match (self.plane.read().await.as_ref(), AddOn::named(add_on)) {
            (Some(plane), Some(add_on)) => plane.install(add_on, image).await,
            _ => Ok(()),
        }
    }

    async fn uninstall(&self, add_on: &str) -> anyhow::Result<()> {
        match (self.plane.read().await.as_ref(), AddOn::named(add_on)) {
            (Some(plane), Some(add_on)) => plane.uninstall(add_on).await,
            _ => Ok(()),
        }
    }

    async fn runs(&self, add_on: &str) -> Option<bool> {
        let plane = self.plane.read().await;
        // An API server that does not answer tells nothing of the add-on.
        plane.as_ref()?.runs(AddOn::named(add_on)?).await.ok().flatten()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changed.as_ref().map_or_else(|| watch::channel(0).1, |changed| changed.subscribe())
    }

    async fn open(&self, namespace: &str, service: &str, port: Option<i32>) -> anyhow::Result<SocketAddr> {
        let plane = self.plane.read().await;
        plane.as_ref().context("the control plane has stopped")?.open(namespace, service, port).await
    }

    async fn services(&self) -> Vec<(String, String)> {
        self.plane.read().await.as_ref().map(sandbox_kube::ControlPlane::services).unwrap_or_default()
    }

    async fn upgrade(&self, kubernetes_version: &str) -> anyhow::Result<()> {
        let plane = self.plane.read().await;
        plane.as_ref().context("the control plane has stopped")?.upgrade(kubernetes_version).await
    }

    async fn stop(&self) {
        if let Some(plane) = self.plane.write().await.take()
            && let Err(error) = plane.stop().await
        {
            tracing::warn!(error = format!("{error:#}"), "a control plane left something behind");
        }
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
