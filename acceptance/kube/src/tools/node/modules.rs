//! The Go modules of a real node's programs, beside Kubernetes' own. Each is pinned by itself: their dependencies' versions contradict each other.

use crate::tools::go_module::{Module, Program};

pub(super) const CONTAINERD: Module = Module {
    name: "containerd",
    files: &[
        ("go.mod", include_str!("../../../../tools/containerd/go.mod")),
        ("go.sum", include_str!("../../../../tools/containerd/go.sum")),
    ],
    // Snapshotters that would need C libraries, and that no sandbox uses.
    tags: "no_btrfs,no_devmapper,no_zfs",
    linker_flags: containerd_linker_flags,
};

/// containerd and its shim must be of one version and stand in one folder; the network plugins are looked up in it by name.
pub(super) const CONTAINERD_PROGRAMS: [Program; 5] = [
    Program::built("containerd", "github.com/containerd/containerd/v2/cmd/containerd", "30 s"),
    Program::built("containerd-shim-runc-v2", "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2", "5 s"),
    Program::built("ptp", "github.com/containernetworking/plugins/plugins/main/ptp", "3 s"),
    Program::built("host-local", "github.com/containernetworking/plugins/plugins/ipam/host-local", "2 s"),
    Program::built("loopback", "github.com/containernetworking/plugins/plugins/main/loopback", "2 s"),
];

fn containerd_linker_flags(module: &Module) -> String {
    let containerd = "github.com/containerd/containerd/v2";
    let plugins = "github.com/containernetworking/plugins";
    format!(
        "-s -w -X {containerd}/version.Version={} -X {plugins}/pkg/utils/buildversion.BuildVersion={}",
        module.pinned(containerd),
        module.pinned(plugins),
    )
}

pub(super) const COREDNS: Module = Module {
    name: "coredns",
    files: &[
        ("go.mod", include_str!("../../../../tools/coredns/go.mod")),
        ("go.sum", include_str!("../../../../tools/coredns/go.sum")),
        // Our own choice of plugins: those of clouds and of tracing are a third of the program.
        ("main.go", include_str!("../../../../tools/coredns/main.go")),
    ],
    tags: "",
    linker_flags: |_| "-s -w".to_owned(),
};

pub(super) const COREDNS_PROGRAMS: [Program; 1] = [Program::built("coredns", ".", "75 s, with the downloads")];

pub(super) const METRICS_SERVER: Module = Module {
    name: "metrics-server",
    files: &[
        ("go.mod", include_str!("../../../../tools/metrics-server/go.mod")),
        ("go.sum", include_str!("../../../../tools/metrics-server/go.sum")),
    ],
    tags: "",
    linker_flags: |module| {
        let version = module.pinned("sigs.k8s.io/metrics-server");
        format!("-s -w -X k8s.io/client-go/pkg/version.gitVersion={version}")
    },
};

pub(super) const METRICS_SERVER_PROGRAMS: [Program; 1] =
    [Program::built("metrics-server", "sigs.k8s.io/metrics-server/cmd/metrics-server", "80 s, with the downloads")];

/// The sandbox's own program, which its demo images hold.
pub(super) const DEMO: Module = Module {
    name: "demo",
    // Every file of the folder, so that a change of any builds it anew; a test compares the list with the folder.
    files: &[
        ("go.mod", include_str!("../../../../tools/demo/go.mod")),
        ("job.go", include_str!("../../../../tools/demo/job.go")),
        ("main.go", include_str!("../../../../tools/demo/main.go")),
        ("memory.go", include_str!("../../../../tools/demo/memory.go")),
        ("pause.go", include_str!("../../../../tools/demo/pause.go")),
        ("role.go", include_str!("../../../../tools/demo/role.go")),
        ("scenario.go", include_str!("../../../../tools/demo/scenario.go")),
        ("settings.go", include_str!("../../../../tools/demo/settings.go")),
        ("web.go", include_str!("../../../../tools/demo/web.go")),
        ("worker.go", include_str!("../../../../tools/demo/worker.go")),
    ],
    tags: "",
    linker_flags: |_| "-s -w".to_owned(),
};

pub(super) const DEMO_PROGRAMS: [Program; 1] = [Program::built("demo", ".", "5 s")];
