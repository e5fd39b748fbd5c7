//! The Kubernetes binaries: built one by one from the pinned modules, or taken from this machine where their versions fit.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::Tools;
use super::cache::{Cache, staging};
use super::found::{self, Version};
use super::run::step;

const GO_MOD: &str = include_str!("../../../tools/kubernetes/go.mod");
const GO_SUM: &str = include_str!("../../../tools/kubernetes/go.sum");

/// A binary: its Go package, how it tells its version, which versions the sandbox's flags fit, and how long a first build takes.
struct Program {
    name: &'static str,
    package: &'static str,
    version: &'static [&'static str],
    fits: fn(Version) -> bool,
    takes: &'static str,
}

fn same_minor(version: Version) -> bool {
    version == Version(1, Tools::KUBERNETES_MINOR)
}

/// In the order in which they are built: the API server compiles what most of the others share.
const PROGRAMS: [Program; 6] = [
    Program {
        name: "kube-apiserver",
        package: "k8s.io/kubernetes/cmd/kube-apiserver",
        version: &["--version"],
        fits: same_minor,
        takes: "3 to 6 min on 2 cores, with the downloads",
    },
    Program {
        name: "kube-controller-manager",
        package: "k8s.io/kubernetes/cmd/kube-controller-manager",
        version: &["--version"],
        fits: same_minor,
        takes: "1 min",
    },
    Program {
        name: "kube-scheduler",
        package: "k8s.io/kubernetes/cmd/kube-scheduler",
        version: &["--version"],
        fits: same_minor,
        takes: "20 s",
    },
    Program {
        name: "kubectl",
        package: "k8s.io/kubernetes/cmd/kubectl",
        version: &["version", "--client"],
        fits: |version| version.0 == 1 && version.1.abs_diff(Tools::KUBERNETES_MINOR) <= 1,
        takes: "20 s",
    },
    Program {
        name: "kwok",
        package: "sigs.k8s.io/kwok/cmd/kwok",
        version: &["--version"],
        fits: |version| version == Version(0, 8),
        takes: "10 s",
    },
    Program {
        name: "etcd",
        package: "go.etcd.io/etcd/server/v3",
        version: &["--version"],
        fits: |version| version == Version(3, 6),
        takes: "20 s",
    },
];

/// Where each binary is, or will be.
#[derive(Debug)]
pub(super) struct Part {
    folder: PathBuf,
    /// Binaries of this machine that are used instead of ours.
    foreign: BTreeMap<&'static str, PathBuf>,
}

impl Part {
    /// `go` is Go's version; `assets` is what KUBEBUILDER_ASSETS names: the user's explicit choice, so it comes before the cache; PATH comes after it.
    pub(super) fn new(cache: &Cache, go: &str, assets: Option<&Path>, path: &OsStr) -> Self {
        let folder = cache.part("kubernetes", &[GO_MOD, GO_SUM, go]);
        let mut foreign = BTreeMap::new();
        for program in &PROGRAMS {
            let fits = |file: &PathBuf| file.is_file() && Version::of(file, program.version).is_some_and(program.fits);
            let asset = assets.map(|folder| folder.join(program.name)).filter(fits);
            let other = || {
                if folder.join(program.name).is_file() { None } else { found::on_path(path, program.name).filter(fits) }
            };
            if let Some(file) = asset.or_else(other) {
                foreign.insert(program.name, file);
            }
        }
        Self { folder, foreign }
    }

    fn missing(&self) -> Vec<&'static Program> {
        PROGRAMS
            .iter()
            .filter(|program| !self.foreign.contains_key(program.name) && !self.folder.join(program.name).is_file())
            .collect()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.missing().is_empty()
    }

    pub(super) fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        let file = self.foreign.get(name).cloned().unwrap_or_else(|| self.folder.join(name));
        anyhow::ensure!(
            file.is_file(),
            "{name} is missing at {}: was the cache removed during the build?",
            file.display()
        );
        Ok(file)
    }

    /// Builds what is missing. Each binary appears under its name only when it is whole, so a killed build loses one binary at most.
    pub(super) fn build(&self, progress: &dyn Fn(&str)) -> anyhow::Result<()> {
        let missing = self.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let staging = staging(&self.folder)?;
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("the folder {} cannot be made", self.folder.display()))?;
        std::fs::write(staging.join("go.mod"), GO_MOD)
            .and_then(|()| std::fs::write(staging.join("go.sum"), GO_SUM))
            .context("go.mod cannot be written")?;
        for (index, program) in missing.iter().enumerate() {
            progress(&format!("building {} ({} of {}, {})", program.name, index + 1, missing.len(), program.takes));
            let built = staging.join(program.name);
            step(
                &mut go_build(&staging, &built, &linker_flags(), program.package),
                &format!("building {}", program.name),
                &staging.join("log"),
            )?;
            std::fs::rename(&built, self.folder.join(program.name))
                .with_context(|| format!("{} cannot be moved into the cache", program.name))?;
        }
        std::fs::remove_dir_all(&staging).with_context(|| format!("{} cannot be removed", staging.display()))
    }
}

/// `go build` of one main package from the pinned modules in `module`.
pub(super) fn go_build(module: &Path, output: &Path, linker_flags: &str, package: &str) -> Command {
    let mut command = Command::new("go");
    command
        .current_dir(module)
        .envs([
            ("CGO_ENABLED", "0"),
            ("GOTOOLCHAIN", "local"),
            ("GOFLAGS", "-mod=readonly -trimpath -buildvcs=false"),
            ("GOWORK", "off"),
        ])
        .args(["build", "-ldflags", linker_flags, "-o"])
        .arg(output)
        .arg(package);
    command
}

/// Module archives carry no version, so without these the API server would call itself "v0.0.0-master+$Format:%H$".
fn linker_flags() -> String {
    let version = GO_MOD
        .lines()
        .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes "))
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap_or("v0.0.0");
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
