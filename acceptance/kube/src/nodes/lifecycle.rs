//! What happens to any node, simulated or real: it becomes ready, takes on labels and taints, is cordoned, drained, deleted.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::StreamExt as _;
use futures::future::join_all;
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{DeleteParams, EvictParams, ListParams, Patch, PatchParams, PostParams};
use kube::runtime::wait::{await_condition, conditions::is_deleted};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, ResourceExt as _};
use serde_json::json;

use super::NodeSpec;

/// How long a new node may take to become ready.
const READY_PATIENCE: Duration = Duration::from_secs(60);

/// How long kube-proxy may take on a new node.
const NETWORK_PATIENCE: Duration = Duration::from_secs(15);

/// Waits until pods can be scheduled to the node.
pub(super) async fn ready(nodes: &Api<Node>, name: &str, log: &str) -> anyhow::Result<()> {
    let ready = |node: Option<&Node>| node.is_some_and(is_ready);
    tokio::time::timeout(READY_PATIENCE, await_condition(nodes.clone(), name, ready))
        .await
        .with_context(|| format!("node {name} is not ready after {} s; see {log}", READY_PATIENCE.as_secs()))?
        .with_context(|| format!("node {name} cannot be watched"))?;
    Ok(())
}

/// Waits until Services work on a real node: as on EKS, pods come only after its network. Where no kube-proxy is installed there is
/// nothing to wait for, and one that does not run is told by its add-on, not by the node.
pub(super) async fn networked(admin: &kube::Client, name: &str) -> anyhow::Result<()> {
    let sets: Api<DaemonSet> = Api::namespaced(admin.clone(), "kube-system");
    if sets.get_opt("kube-proxy").await.context("kube-proxy cannot be looked for")?.is_none() {
        return Ok(());
    }
    let pods: Api<Pod> = Api::namespaced(admin.clone(), "kube-system");
    let here = watcher::Config::default().labels("k8s-app=kube-proxy").fields(&format!("spec.nodeName={name}"));
    let mut pods = std::pin::pin!(watcher(pods, here).default_backoff().touched_objects());
    let ready = async {
        while let Some(pod) = pods.next().await {
            let conditions = pod.ok().and_then(|pod| pod.status).and_then(|status| status.conditions);
            if conditions.iter().flatten().any(|one| one.type_ == "Ready" && one.status == "True") {
                break;
            }
        }
    };
    tokio::time::timeout(NETWORK_PATIENCE, ready).await.ok();
    Ok(())
}

/// Gives an existing node the labels of `wanted`, and its taints beside those of Kubernetes itself.
pub(super) async fn change(nodes: &Api<Node>, wanted: &NodeSpec) -> anyhow::Result<()> {
    let name = &wanted.name;
    loop {
        let mut node = nodes.get(name).await.with_context(|| format!("node {name} cannot be read"))?;
        let mut labels = wanted.labels();
        // What the machine is, a real kubelet knows best.
        if let Some(real) = node.status.as_ref().and_then(|status| status.node_info.as_ref()) {
            for key in ["kubernetes.io/arch", "beta.kubernetes.io/arch"] {
                labels.insert(key.to_owned(), real.architecture.clone());
            }
        }
        node.metadata.labels = Some(labels);
        let taints = node.spec.get_or_insert_default().taints.get_or_insert_default();
        taints.retain(|taint| taint.key.starts_with("node.kubernetes.io/"));
        taints.extend(wanted.taints());
        match nodes.replace(name, &PostParams::default(), &node).await {
            // Somebody else changed it since: the controllers do, while a node is new.
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            replaced => return replaced.map(drop).with_context(|| format!("node {name} cannot be changed")),
        }
    }
}

fn is_ready(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let ready = conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True");
    // The controller-manager takes this taint away a moment after the node is ready; until then nothing is scheduled there.
    let tainted = node
        .spec
        .iter()
        .flat_map(|spec| spec.taints.iter().flatten())
        .any(|taint| taint.key == "node.kubernetes.io/not-ready");
    ready && !tainted
}

/// Cordons the node and evicts its pods, those of DaemonSets excepted. Returns the pods ("namespace/name") that disruption budgets still
/// protect when `patience` is over.
pub(crate) async fn drain(client: &kube::Client, name: &str, patience: Duration) -> anyhow::Result<Vec<String>> {
    let nodes: Api<Node> = Api::all(client.clone());
    let cordon = Patch::Merge(json!({"spec": {"unschedulable": true}}));
    nodes
        .patch(name, &PatchParams::default(), &cordon)
        .await
        .with_context(|| format!("node {name} cannot be cordoned"))?;
    let deadline = Instant::now() + patience;
    loop {
        let pods = pods_on(client, name).await?;
        let pods: Vec<&Pod> =
            pods.iter().filter(|pod| !pod.owner_references().iter().any(|owner| owner.kind == "DaemonSet")).collect();
        if pods.is_empty() {
            return Ok(Vec::new());
        }
        let evictions = join_all(pods.iter().map(|pod| evict(client, pod))).await;
        let blocked: Vec<String> =
            evictions.into_iter().collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect();
        if Instant::now() >= deadline {
            return Ok(blocked);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Evicts one pod and waits until it is gone; its name when a disruption budget forbids it for now.
async fn evict(client: &kube::Client, pod: &Pod) -> anyhow::Result<Option<String>> {
    let (namespace, name) = (pod.namespace().unwrap_or_default(), pod.name_any());
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    match pods.evict(&name, &EvictParams::default()).await {
        Ok(_) => {
            let uid = pod.uid().unwrap_or_default();
            let gone = await_condition(pods, &name, is_deleted(&uid));
            tokio::time::timeout(Duration::from_secs(5), gone).await.ok();
            Ok(None)
        }
        Err(kube::Error::Api(status)) if status.code == 429 => Ok(Some(format!("{namespace}/{name}"))),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
        Err(error) => Err(error).with_context(|| format!("pod {namespace}/{name} cannot be evicted")),
    }
}

/// Deletes a node with whatever still runs on it, as when its instance is terminated. A node that does not exist is fine.
pub(super) async fn remove(client: &kube::Client, name: &str) -> anyhow::Result<()> {
    let nodes: Api<Node> = Api::all(client.clone());
    let absent = |error: &kube::Error| matches!(error, kube::Error::Api(status) if status.code == 404);
    for pod in pods_on(client, name).await? {
        let pods: Api<Pod> = Api::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
        match pods.delete(&pod.name_any(), &DeleteParams::default().grace_period(0)).await {
            Err(error) if !absent(&error) => {
                return Err(error).with_context(|| format!("pod {} of node {name} cannot be deleted", pod.name_any()));
            }
            _ => {}
        }
    }
    match nodes.delete(name, &DeleteParams::default()).await {
        Err(error) if !absent(&error) => Err(error).with_context(|| format!("node {name} cannot be deleted")),
        _ => Ok(()),
    }
}

async fn pods_on(client: &kube::Client, node: &str) -> anyhow::Result<Vec<Pod>> {
    let pods: Api<Pod> = Api::all(client.clone());
    let on_node = ListParams::default().fields(&format!("spec.nodeName={node}"));
    Ok(pods.list(&on_node).await.with_context(|| format!("the pods of node {node} cannot be listed"))?.items)
}
