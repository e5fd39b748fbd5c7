//! Where the CLIs find providers: ours, and hashicorp/aws where this machine has it, under both registries' names.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use sandbox_kube::{Tools, platform};

const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];
const OURS: &str = "terraform-paas/paas";
const AWS: &str = "hashicorp/aws";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The file name of our provider, which `hashicorp/aws` has not.
pub const PROVIDER: &str = "terraform-provider-paas";
const SANDBOX_NODE: &str = "sandbox-node";
/// Of the programs that the user's shell gets, by name.
const BIN: &str = "bin";

/// The CLIs' configuration file.
#[must_use]
pub fn cli_configuration(dir: &Path) -> PathBuf {
    dir.join("terraform.rc")
}

/// The folder with `kubectl`, `aws` and, where it is ours, `tofu`: a user's PATH gets these and nothing else.
#[must_use]
pub fn bin(dir: &Path) -> PathBuf {
    dir.join(BIN)
}

/// The programs of this workspace that a sandbox runs.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Built {
    /// The provider.
    pub provider: PathBuf,
    /// What holds the namespaces of real nodes.
    pub sandbox_node: PathBuf,
}

/// Builds them and says where they are.
///
/// # Errors
/// When they do not compile.
pub fn build() -> anyhow::Result<Built> {
    run_cargo(&[])
}

/// The same as users get them.
///
/// # Errors
/// When they do not compile.
pub fn build_release() -> anyhow::Result<Built> {
    run_cargo(&["--release"])
}

fn run_cargo(more: &[&str]) -> anyhow::Result<Built> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace has no folder")?;
    let output = Command::new(cargo)
        .current_dir(workspace)
        // The whole workspace, so that dependencies have the features that they have in its other builds and compile once.
        .args(["build", "--workspace", "--bin", PROVIDER, "--bin", SANDBOX_NODE])
        .arg("--message-format=json-render-diagnostics")
        .args(more)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cargo, which builds the provider, cannot be started")?;
    anyhow::ensure!(output.status.success(), "the provider does not build");
    let executable =
        |name| executable(&output.stdout, name).with_context(|| format!("cargo does not say where {name} is"));
    Ok(Built { provider: executable(PROVIDER)?, sandbox_node: executable(SANDBOX_NODE)? })
}

/// The executable of this name, of which cargo's messages tell.
fn executable(messages: &[u8], name: &str) -> Option<PathBuf> {
    let messages =
        messages.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    messages
        .filter(|message| message.pointer("/target/name").and_then(serde_json::Value::as_str) == Some(name))
        .filter_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
        .next_back()
}

/// Writes the mirror, the CLIs' configuration and the folder of programs. What an earlier call wrote is replaced.
///
/// # Errors
/// When a file cannot be written.
pub fn write(dir: &Path, tools: &Tools, provider: &Path) -> anyhow::Result<()> {
    let mirror = dir.join("mirror");
    for registry in REGISTRIES {
        let version = mirror.join(registry).join(OURS).join(VERSION).join(platform());
        place(provider, &version.join(format!("terraform-provider-paas_v{VERSION}")))?;
        if let Some(found) = &tools.aws_provider_mirror {
            link_packages(&found.join(REGISTRIES[0]).join(AWS), &mirror.join(registry).join(AWS))?;
        }
    }
    let mut excluded = vec![OURS];
    excluded.extend(tools.aws_provider_mirror.is_some().then_some(AWS));
    let excluded: Vec<String> =
        REGISTRIES.iter().flat_map(|registry| excluded.iter().map(move |name| format!("{registry}/{name}"))).collect();
    let configuration = format!(
        "disable_checkpoint = true\n\nprovider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n  direct {{\n    exclude = {excluded:?}\n  }}\n}}\n",
        mirror.display().to_string()
    );
    let file = cli_configuration(dir);
    std::fs::write(&file, configuration).with_context(|| format!("{} cannot be written", file.display()))?;
    for program in
        [Some(&tools.kubectl), Some(&tools.aws), tools.tofu.as_ref(), tools.terraform.as_ref()].into_iter().flatten()
    {
        link(program, &bin(dir).join(program.file_name().context("a program has no name")?))?;
    }
    Ok(())
}

/// A copy that costs nothing where the file system can: cargo replaces the file at its next build, so that the mirror's stays as it is
/// and its checksum, which lock files hold, too.
fn place(provider: &Path, to: &Path) -> anyhow::Result<()> {
    clear(to)?;
    std::fs::hard_link(provider, to)
        .or_else(|_| std::fs::copy(provider, to).map(drop))
        .with_context(|| format!("{} cannot be copied to {}", provider.display(), to.display()))
}

/// Links the packages of a provider: folders `VERSION/PLATFORM`, and archives. The CLIs follow a link there and nowhere above.
fn link_packages(from: &Path, to: &Path) -> anyhow::Result<()> {
    for version in entries(from)? {
        let name = version.file_name().context("a version has no name")?;
        if version.is_dir() {
            for package in entries(&version)? {
                link(&package, &to.join(name).join(package.file_name().context("a package has no name")?))?;
            }
        } else {
            link(&version, &to.join(name))?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

fn link(target: &Path, at: &Path) -> anyhow::Result<()> {
    clear(at)?;
    symlink(target, at).with_context(|| format!("{} cannot be made", at.display()))
}

/// Makes room for a file, and the folder it is to be in.
fn clear(at: &Path) -> anyhow::Result<()> {
    if at.is_symlink() || at.exists() {
        std::fs::remove_file(at).with_context(|| format!("{} cannot be removed", at.display()))?;
    }
    let folder = at.parent().context("a file has no folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))
}
