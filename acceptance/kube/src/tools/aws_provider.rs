//! Finding hashicorp/aws on this machine, in the folders where Terraform itself looks and in unpacked mirrors. Never downloads it.

use std::path::{Path, PathBuf};

const ADDRESS: &str = "registry.terraform.io/hashicorp/aws";

/// The root of the first mirror that holds the provider for this platform.
pub(super) fn mirror() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("HOME");
    let share = variable("XDG_DATA_HOME").or_else(|| home.as_ref().map(|home| home.join(".local/share")));
    let mut roots: Vec<PathBuf> = [
        home.map(|home| home.join(".terraform.d/plugins")),
        Some("terraform.d/plugins".into()),
        share.map(|share| share.join("terraform/plugins")),
    ]
    .into_iter()
    .flatten()
    .chain(["/usr/local/share/terraform/plugins".into(), "/usr/share/terraform/plugins".into()])
    .collect();
    let unpacked = std::fs::read_dir("/opt").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut unpacked: Vec<PathBuf> = unpacked.collect();
    unpacked.sort();
    roots.extend(unpacked);
    roots.into_iter().filter(|root| holds_provider(root)).find_map(|root| root.canonicalize().ok())
}

/// Whether `root/registry…/VERSION/OS_ARCH/` exists for some version; a mirror of packed archives holds `…_OS_ARCH.zip` files instead.
fn holds_provider(root: &Path) -> bool {
    let platform = platform();
    let archive = format!("_{platform}.zip");
    std::fs::read_dir(root.join(ADDRESS))
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.path().join(&platform).is_dir() || entry.file_name().to_string_lossy().ends_with(&archive))
}

/// This machine in Terraform's words, for example "linux_amd64".
pub fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}_{processor}")
}
