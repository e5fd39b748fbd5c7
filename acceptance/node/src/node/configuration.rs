//! What containerd, the kubelet and the network plugin of a node are told. Pure, but for the machine's size.

use serde_json::{Value, json};

use super::{RUN, RealNode, Surroundings};
use crate::GATEWAY;
use crate::room::REGISTRY_PORT;

/// containerd's socket in [`RUN`].
pub(super) const SOCKET: &str = "containerd.sock";
/// What holds a pod's namespaces; the registry serves it as everything else.
const PAUSE: &str = "sandbox.invalid/pause:1";

/// Names in the node's folder, and contents.
pub(super) fn files(node: &RealNode, around: &Surroundings<'_>) -> Vec<(String, String)> {
    let files = &node.files;
    [
        ("ca.crt", files.authority.clone()),
        ("client.crt", files.client.0.clone()),
        ("client.key", files.client.1.clone()),
        ("serving.crt", files.serving.0.clone()),
        ("serving.key", files.serving.1.clone()),
        ("containerd.toml", containerd(around)),
        ("certs.d/_default/hosts.toml", registry()),
        ("cni.d/10-sandbox.conflist", network(around).to_string()),
        // The sandbox has no outside to ask.
        ("resolv.conf", format!("nameserver {}\n", node.dns)),
        ("kubeconfig", kubeconfig(around).to_string()),
        ("kubelet.json", kubelet(node, around, machine()).to_string()),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into()
}

/// Every image name, of whatever registry, is asked of the sandbox's.
fn registry() -> String {
    format!(
        "server = \"http://{GATEWAY}:{REGISTRY_PORT}\"\n\n[host.\"http://{GATEWAY}:{REGISTRY_PORT}\"]\n  \
         capabilities = [\"pull\", \"resolve\"]\n"
    )
}

fn containerd(around: &Surroundings<'_>) -> String {
    let Surroundings { programs, dir, .. } = around;
    let (dir, runc, cni) = (dir.display(), programs.runc.display(), programs.cni.display());
    format!(
        r#"version = 3
root = "{dir}/containerd"
state = "{RUN}/state"
temp = "{dir}"
disabled_plugins = [
  "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.erofs", "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing", "io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt",
]

[grpc]
  address = "{RUN}/{SOCKET}"

[ttrpc]
  address = "{RUN}/{SOCKET}.ttrpc"

[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "{PAUSE}"
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = "{dir}/certs.d"

[plugins.'io.containerd.cri.v1.runtime']
  # Where the sandbox may not lower its own score, a pod may not either.
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = "runc"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        BinaryName = "{runc}"
        SystemdCgroup = false
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["{cni}"]
    conf_dir = "{dir}/cni.d"
"#
    )
}

/// Each pod on a link of its own to the node, which routes, as in the VPC CNI: what a Service translates passes here both ways.
fn network(around: &Surroundings<'_>) -> Value {
    json!({
        "cniVersion": "1.0.0", "name": "sandbox",
        "plugins": [{
            "type": "ptp", "ipMasq": false,
            "ipam": {
                "type": "host-local", "dataDir": around.dir.join("addresses"),
                "ranges": [[{"subnet": format!("{}/24", around.pods())}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }],
    })
}

fn kubeconfig(around: &Surroundings<'_>) -> Value {
    let path = |name: &str| around.dir.join(name);
    json!({
        "apiVersion": "v1", "kind": "Config",
        "clusters": [{"name": "sandbox", "cluster": {"server": format!("https://{GATEWAY}"), "certificate-authority": path("ca.crt")}}],
        "users": [{"name": "node", "user": {"client-certificate": path("client.crt"), "client-key": path("client.key")}}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "node"}}],
        "current-context": "sandbox",
    })
}

/// Millicores and MiB of this machine.
fn machine() -> (u32, u32) {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok());
    (u32::try_from(cpus * 1000).unwrap_or(u32::MAX), u32::try_from(kib.unwrap_or(0u64) / 1024).unwrap_or(u32::MAX))
}

/// Memory that is left before the kubelet evicts pods, in MiB.
const EVICTION: u32 = 100;

fn kubelet(node: &RealNode, around: &Surroundings<'_>, machine: (u32, u32)) -> Value {
    let path = |name: &str| around.dir.join(name);
    let taints: Vec<Value> =
        node.taints.iter().map(|(key, value, effect)| json!({"key": key, "value": value, "effect": effect})).collect();
    let (cpu, memory) = (
        machine.0.saturating_sub(node.allocatable.0),
        machine.1.saturating_sub(node.allocatable.1).saturating_sub(EVICTION),
    );
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "address": node.address, "port": 10250, "readOnlyPort": 0, "healthzPort": 0,
        "authentication": {"anonymous": {"enabled": false}, "webhook": {"enabled": true}, "x509": {"clientCAFile": path("ca.crt")}},
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": path("serving.crt"), "tlsPrivateKeyFile": path("serving.key"),
        "containerRuntimeEndpoint": format!("unix://{RUN}/{SOCKET}"),
        "cgroupDriver": "cgroupfs", "cgroupRoot": format!("/{}", around.cgroup), "failCgroupV1": false,
        "failSwapOn": false, "oomScoreAdj": 0,
        "volumePluginDir": path("volume-plugins"), "resolvConf": path("resolv.conf"),
        "clusterDomain": "cluster.local", "clusterDNS": [node.dns],
        "evictionHard": {"memory.available": format!("{EVICTION}Mi"), "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99,
        "makeIPTablesUtilChains": false,
        "serializeImagePulls": false, "registryPullQPS": 0,
        "eventRecordQPS": 1000, "eventBurst": 2000, "kubeAPIQPS": 500, "kubeAPIBurst": 1000,
        // The kubelet looks at a pod at least that often: with its default of a minute, a crash loop shows late.
        "syncFrequency": "2s", "nodeStatusUpdateFrequency": "5s",
        "maxPods": node.pods, "podPidsLimit": 1024,
        "kubeReserved": {"cpu": format!("{cpu}m"), "memory": format!("{memory}Mi")},
        "providerID": node.provider_id, "registerWithTaints": taints,
    })
}

pub(super) fn kubelet_arguments(node: &RealNode, around: &Surroundings<'_>) -> Vec<String> {
    let path = |name: &str| around.dir.join(name).display().to_string();
    vec![
        format!("--config={}", path("kubelet.json")),
        format!("--kubeconfig={}", path("kubeconfig")),
        "--root-dir=/var/lib/kubelet".to_owned(),
        format!("--hostname-override={}", node.name),
        format!("--node-ip={}", node.address),
        // `kubectl logs --previous` finds the container before.
        "--maximum-dead-containers-per-container=3".to_owned(),
        "--v=2".to_owned(),
    ]
}
