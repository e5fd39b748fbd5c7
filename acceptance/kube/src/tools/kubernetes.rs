//! The Kubernetes binaries and the versions of them that the sandbox's flags fit.

use super::Tools;
use super::found::Version;
use super::go_module::{Module, Program};

pub(super) const MODULE: Module = Module {
    name: "kubernetes",
    files: &[
        ("go.mod", include_str!("../../../tools/kubernetes/go.mod")),
        ("go.sum", include_str!("../../../tools/kubernetes/go.sum")),
    ],
    tags: "",
    linker_flags,
};

fn same_minor(version: Version) -> bool {
    version == Version(1, Tools::KUBERNETES_MINOR)
}

/// In the order in which they are built: the API server compiles what most of the others share.
pub(super) const CONTROL_PLANE: [Program; 6] = [
    Program::built(
        "kube-apiserver",
        "k8s.io/kubernetes/cmd/kube-apiserver",
        "3 to 6 min on 2 cores, with the downloads",
    )
    .or_installed(&["--version"], same_minor),
    Program::built("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager", "1 min")
        .or_installed(&["--version"], same_minor),
    Program::built("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler", "20 s")
        .or_installed(&["--version"], same_minor),
    Program::built("kubectl", "k8s.io/kubernetes/cmd/kubectl", "20 s")
        .or_installed(&["version", "--client"], |version| {
            version.0 == 1 && version.1.abs_diff(Tools::KUBERNETES_MINOR) <= 1
        }),
    Program::built("kwok", "sigs.k8s.io/kwok/cmd/kwok", "10 s")
        .or_installed(&["--version"], |version| version == Version(0, 8)),
    Program::built("etcd", "go.etcd.io/etcd/server/v3", "20 s")
        .or_installed(&["--version"], |version| version == Version(3, 6)),
];

/// What a real node runs of Kubernetes. Always ours: kube-proxy goes into an image, so it must be linked statically.
pub(super) const NODE: [Program; 2] = [
    Program::built("kubelet", "k8s.io/kubernetes/cmd/kubelet", "30 s"),
    Program::built("kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy", "15 s"),
];

/// Without these the API server would call itself "v0.0.0-master+$Format:%H$".
fn linker_flags(module: &Module) -> String {
    let version = module.pinned("k8s.io/kubernetes");
    let mut flags = "-s -w".to_owned();
    for package in ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"] {
        for (key, value) in [
            ("gitVersion", version),
            ("gitMajor", "1"),
            ("gitMinor", &Tools::KUBERNETES_MINOR.to_string()),
            ("gitTreeState", "clean"),
        ] {
            flags.push_str(&format!(" -X {package}.{key}={value}"));
        }
    }
    flags
}
