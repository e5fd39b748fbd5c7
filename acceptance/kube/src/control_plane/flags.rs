//! The command lines of the components. Pure: paths and ports in, arguments out.

use super::files::Files;

/// The ports of one control plane, all on 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) etcd: u16,
    pub(super) etcd_peer: u16,
    pub(super) apiserver: u16,
    pub(super) controller_manager: u16,
    pub(super) scheduler: u16,
}

/// What the presented minor and the caller's wishes change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Presented<'a> {
    /// The minor that clients see.
    pub(super) minor: u32,
    /// The minor of the binaries.
    pub(super) binary_minor: u32,
    pub(super) token_webhook: bool,
    pub(super) real_nodes: bool,
    pub(super) service_account_issuer: &'a str,
}

impl Presented<'_> {
    fn emulation(&self) -> Option<String> {
        (self.minor != self.binary_minor).then(|| format!("--emulated-version=kube=1.{}", self.minor))
    }
}

/// One member, nothing synced to disk: it lives as long as its cluster.
pub(super) fn etcd(files: &Files, ports: Ports) -> Vec<String> {
    let clients = format!("http://127.0.0.1:{}", ports.etcd);
    vec![
        "--name=sandbox".into(),
        format!("--data-dir={}", files.path("etcd").display()),
        format!("--listen-client-urls={clients}"),
        format!("--advertise-client-urls={clients}"),
        format!("--listen-peer-urls=http://127.0.0.1:{}", ports.etcd_peer),
        "--unsafe-no-fsync".into(),
        "--log-level=warn".into(),
    ]
}

pub(super) fn apiserver(files: &Files, ports: Ports, presented: Presented<'_>) -> Vec<String> {
    let path = |name: &str| files.path(name).display().to_string();
    let mut flags = vec![
        format!("--etcd-servers=http://127.0.0.1:{}", ports.etcd),
        "--bind-address=127.0.0.1".into(),
        format!("--secure-port={}", ports.apiserver),
        // Must not be a loopback address; nothing ever connects to it, since no endpoints are published.
        "--advertise-address=192.0.2.2".into(),
        "--endpoint-reconciler-type=none".into(),
        format!("--tls-cert-file={}", path("apiserver.crt")),
        format!("--tls-private-key-file={}", path("apiserver.key")),
        format!("--client-ca-file={}", path("ca.crt")),
        format!("--service-account-issuer={}", presented.service_account_issuer),
        format!("--service-account-key-file={}", path("sa.pub")),
        format!("--service-account-signing-key-file={}", path("sa.key")),
        "--service-cluster-ip-range=172.20.0.0/16".into(),
        "--allow-privileged=true".into(),
        "--authorization-mode=Node,RBAC".into(),
        "--enable-admission-plugins=NodeRestriction".into(),
        format!("--requestheader-client-ca-file={}", path("front-proxy-ca.crt")),
        "--requestheader-allowed-names=front-proxy-client".into(),
        "--requestheader-username-headers=X-Remote-User".into(),
        "--requestheader-group-headers=X-Remote-Group".into(),
        "--requestheader-extra-headers-prefix=X-Remote-Extra-".into(),
        format!("--proxy-client-cert-file={}", path("front-proxy-client.crt")),
        format!("--proxy-client-key-file={}", path("front-proxy-client.key")),
        format!("--kubelet-client-certificate={}", path("admin.crt")),
        format!("--kubelet-client-key={}", path("admin.key")),
        format!("--kubelet-certificate-authority={}", path("ca.crt")),
        // Simulated nodes all have the host name "localhost", with an invented address beside it; real ones their own, which the egress
        // proxy knows.
        "--kubelet-preferred-address-types=Hostname,InternalIP".into(),
        "--max-requests-inflight=0".into(),
        "--max-mutating-requests-inflight=0".into(),
        "--enable-priority-and-fairness=false".into(),
        "--shutdown-delay-duration=0s".into(),
        "--profiling=false".into(),
        "--v=1".into(),
    ];
    if presented.token_webhook {
        flags.push(format!("--authentication-token-webhook-config-file={}", path("token-webhook.kubeconfig")));
        flags.push("--authentication-token-webhook-version=v1".into());
        flags.push("--authentication-token-webhook-cache-ttl=10ms".into());
    }
    if presented.real_nodes {
        flags.push(format!("--egress-selector-config-file={}", files.egress_selector().display()));
        // Pods are in the room; the addresses of Services are known to nodes alone.
        flags.push("--enable-aggregator-routing=true".into());
    }
    flags.extend(presented.emulation());
    flags
}

pub(super) fn controller_manager(files: &Files, ports: Ports, presented: Presented<'_>) -> Vec<String> {
    let path = |name: &str| files.path(name).display().to_string();
    let mut flags = client(files, "controller-manager", ports.controller_manager);
    flags.extend([
        "--use-service-account-credentials=true".into(),
        format!("--service-account-private-key-file={}", path("sa.key")),
        format!("--root-ca-file={}", path("ca.crt")),
        format!("--cluster-signing-cert-file={}", path("ca.crt")),
        format!("--cluster-signing-key-file={}", path("ca.key")),
        "--controllers=*".into(),
        "--allocate-node-cidrs=false".into(),
        "--enable-hostpath-provisioner=true".into(),
        format!("--flex-volume-plugin-dir={}", path("flex")),
        // An autoscaler that answers within a test's patience; the defaults wait for minutes.
        "--horizontal-pod-autoscaler-sync-period=2s".into(),
        "--horizontal-pod-autoscaler-cpu-initialization-period=5s".into(),
        "--horizontal-pod-autoscaler-initial-readiness-delay=2s".into(),
        "--horizontal-pod-autoscaler-downscale-stabilization=5s".into(),
    ]);
    flags.extend(presented.emulation());
    flags
}

pub(super) fn scheduler(files: &Files, ports: Ports, presented: Presented<'_>) -> Vec<String> {
    let mut flags = client(files, "scheduler", ports.scheduler);
    flags.extend(presented.emulation());
    flags
}

/// What the two clients of the API server have in common.
fn client(files: &Files, user: &str, port: u16) -> Vec<String> {
    let kubeconfig = files.kubeconfig(user);
    let kubeconfig = kubeconfig.display();
    vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        "--bind-address=127.0.0.1".into(),
        format!("--secure-port={port}"),
        "--leader-elect=false".into(),
        "--profiling=false".into(),
        "--kube-api-qps=500".into(),
        "--kube-api-burst=1000".into(),
        "--v=1".into(),
    ]
}
