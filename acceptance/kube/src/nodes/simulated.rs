//! Simulated nodes as EKS's kubelets register them.

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, json};

use super::{NodeSpec, lifecycle};

/// Creates the node and waits until kwok has made it ready. One that exists takes on labels and taints.
pub(super) async fn add(
    client: &kube::Client,
    spec: &NodeSpec,
    kubelet_port: u16,
    kubelet_version: &str,
) -> anyhow::Result<()> {
    let nodes: Api<Node> = Api::all(client.clone());
    let object =
        serde_json::from_value(object(spec, kubelet_port, kubelet_version)).context("the node cannot be written")?;
    match nodes.create(&PostParams::default(), &object).await {
        Err(kube::Error::Api(status)) if status.code == 409 => lifecycle::change(&nodes, spec).await?,
        created => drop(created.with_context(|| format!("node {} cannot be created", spec.name))?),
    }
    lifecycle::ready(&nodes, &spec.name, "kwok.log of its control plane").await
}

fn object(spec: &NodeSpec, kubelet_port: u16, kubelet_version: &str) -> Value {
    let instance = spec.instance();
    let (allocatable_cpu, allocatable_memory) = instance.allocatable();
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": spec.name, "labels": spec.labels(), "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "spec": {"providerID": spec.provider_id(), "taints": spec.taints()},
        "status": {
            "capacity": {"cpu": instance.cpus.to_string(), "memory": format!("{}Mi", instance.memory_mib), "pods": instance.pods.to_string(), "ephemeral-storage": "20893676Ki"},
            "allocatable": {
                "cpu": format!("{allocatable_cpu}m"), "memory": format!("{allocatable_memory}Mi"), "pods": instance.pods.to_string(), "ephemeral-storage": "18181869946",
            },
            // The API server dials the host name: every simulated kubelet is on this machine.
            "addresses": [{"type": "InternalIP", "address": spec.address()}, {"type": "InternalDNS", "address": spec.name}, {"type": "Hostname", "address": "localhost"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}},
            "nodeInfo": {
                "architecture": instance.architecture, "operatingSystem": "linux", "osImage": "Amazon Linux 2023 (simulated)", "kernelVersion": "6.12.0-simulated",
                "containerRuntimeVersion": "containerd://2.1.4", "kubeletVersion": kubelet_version, "kubeProxyVersion": "",
                "bootID": "", "machineID": "", "systemUUID": "",
            },
        },
    })
}
