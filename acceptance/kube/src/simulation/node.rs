//! Simulated nodes as EKS's kubelets register them, and how they go: cordoned, drained, deleted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::future::join_all;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{DeleteParams, EvictParams, ListParams, Patch, PatchParams, PostParams};
use kube::runtime::wait::{await_condition, conditions::is_deleted};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::instance::instance;

/// A node that is to join a cluster.
#[derive(Debug, Clone, Default)]
pub struct NodeSpec {
    /// As EKS names them, `ip-10-0-1-23.eu-west-1.compute.internal`; such a name also tells the node's address.
    pub name: String,
    /// In addition to those of every node: host name, architecture, operating system, instance type, zone, region.
    pub labels: BTreeMap<String, String>,
    /// Taints, as of the node group.
    pub taints: Vec<Taint>,
    /// The EC2 instance type: it decides CPUs, memory, pods and architecture.
    pub instance_type: String,
    /// The availability zone, for example `eu-west-1a`.
    pub zone: String,
}

/// A taint as Kubernetes writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value; may be empty.
    pub value: String,
    /// `NoSchedule`, `NoExecute` or `PreferNoSchedule`.
    pub effect: String,
}

/// How long a new node may take to become ready.
const READY_PATIENCE: Duration = Duration::from_secs(30);

/// Creates the node and waits until kwok has made it ready. One that exists takes on labels and taints.
pub(crate) async fn add(
    client: &kube::Client,
    spec: &NodeSpec,
    kubelet_port: u16,
    kubelet_version: &str,
) -> anyhow::Result<()> {
    let nodes: Api<Node> = Api::all(client.clone());
    let object =
        serde_json::from_value(object(spec, kubelet_port, kubelet_version)).context("the node cannot be written")?;
    match nodes.create(&PostParams::default(), &object).await {
        Err(kube::Error::Api(status)) if status.code == 409 => change(&nodes, &object).await?,
        created => drop(created.with_context(|| format!("node {} cannot be created", spec.name))?),
    }
    let ready = |node: Option<&Node>| node.is_some_and(is_ready);
    tokio::time::timeout(READY_PATIENCE, await_condition(nodes, &spec.name, ready))
        .await
        .with_context(|| {
            format!(
                "node {} is not ready after {} s; see kwok.log of its control plane",
                spec.name,
                READY_PATIENCE.as_secs()
            )
        })?
        .with_context(|| format!("node {} cannot be watched", spec.name))?;
    Ok(())
}

/// Gives an existing node the labels of `wanted`, and its taints beside those of Kubernetes itself.
async fn change(nodes: &Api<Node>, wanted: &Node) -> anyhow::Result<()> {
    let name = wanted.name_any();
    let mut node = nodes.get(&name).await.with_context(|| format!("node {name} cannot be read"))?;
    node.metadata.labels.clone_from(&wanted.metadata.labels);
    let taints = |node: &Node| node.spec.clone().and_then(|spec| spec.taints).unwrap_or_default();
    let kept = taints(&node).into_iter().filter(|taint| taint.key.starts_with("node.kubernetes.io/"));
    let taints = kept.chain(taints(wanted)).collect();
    node.spec.get_or_insert_default().taints = Some(taints);
    nodes
        .replace(&name, &PostParams::default(), &node)
        .await
        .with_context(|| format!("node {name} cannot be changed"))?;
    Ok(())
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

fn object(spec: &NodeSpec, kubelet_port: u16, kubelet_version: &str) -> Value {
    let instance = instance(&spec.instance_type);
    let region = spec.zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
    let hash = Sha256::digest(spec.name.as_bytes());
    let instance_id: String =
        hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>().chars().take(17).collect();
    let address = spec
        .name
        .strip_prefix("ip-")
        .and_then(|rest| rest.split('.').next())
        .map(|octets| octets.replace('-', "."))
        .filter(|text| text.parse::<std::net::Ipv4Addr>().is_ok())
        .unwrap_or_else(|| format!("10.0.{}.{}", hash[0], hash[1].clamp(4, 254)));
    let mut labels = BTreeMap::from([
        ("beta.kubernetes.io/arch", instance.architecture),
        ("beta.kubernetes.io/instance-type", &spec.instance_type),
        ("beta.kubernetes.io/os", "linux"),
        ("failure-domain.beta.kubernetes.io/region", region),
        ("failure-domain.beta.kubernetes.io/zone", &spec.zone),
        ("kubernetes.io/arch", instance.architecture),
        ("kubernetes.io/hostname", &spec.name),
        ("kubernetes.io/os", "linux"),
        ("node.kubernetes.io/instance-type", &spec.instance_type),
        ("topology.kubernetes.io/region", region),
        ("topology.kubernetes.io/zone", &spec.zone),
    ]);
    labels.extend(spec.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let taints: Vec<Value> = spec
        .taints
        .iter()
        .map(|taint| json!({"key": taint.key, "value": taint.value, "effect": taint.effect}))
        .collect();
    let (allocatable_cpu, allocatable_memory) = instance.allocatable();
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": spec.name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "spec": {"providerID": format!("aws:///{}/i-{instance_id}", spec.zone), "taints": taints},
        "status": {
            "capacity": {"cpu": instance.cpus.to_string(), "memory": format!("{}Mi", instance.memory_mib), "pods": instance.pods.to_string(), "ephemeral-storage": "20893676Ki"},
            "allocatable": {
                "cpu": format!("{allocatable_cpu}m"), "memory": format!("{allocatable_memory}Mi"), "pods": instance.pods.to_string(), "ephemeral-storage": "18181869946",
            },
            // The API server dials the host name: every simulated kubelet is on this machine.
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "InternalDNS", "address": spec.name}, {"type": "Hostname", "address": "localhost"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}},
            "nodeInfo": {
                "architecture": instance.architecture, "operatingSystem": "linux", "osImage": "Amazon Linux 2023 (simulated)", "kernelVersion": "6.12.0-simulated",
                "containerRuntimeVersion": "containerd://2.1.4", "kubeletVersion": kubelet_version, "kubeProxyVersion": "",
                "bootID": "", "machineID": "", "systemUUID": "",
            },
        },
    })
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
pub(crate) async fn remove(client: &kube::Client, name: &str) -> anyhow::Result<()> {
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
