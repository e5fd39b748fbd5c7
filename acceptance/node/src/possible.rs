//! Whether this machine can run real nodes.

use std::path::Path;
use std::process::Command;

use crate::keeper::FAILED;

/// Nothing, or the reason why not, in a few words.
///
/// # Errors
/// The reason.
pub fn possible(sandbox_node: &Path) -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Err("real nodes need Linux".to_owned());
    }
    // `try` makes what a node needs, in namespaces that end with it; `keep`'s cgroup is tried beside it.
    let group = format!("paas-try-{}", std::process::id());
    for (stage, argument) in [("try", ""), ("cgroup", group.as_str())] {
        let output = Command::new(sandbox_node).args([stage, argument]).output();
        let output = output.map_err(|error| format!("{} cannot be started: {error}", sandbox_node.display()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout);
            let said = said.trim().strip_prefix(FAILED.trim()).unwrap_or(&said).trim().to_owned();
            let root = if is_root() { "" } else { " (this is not root)" };
            return Err(format!("{said}{root}"));
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

#[cfg(not(target_os = "linux"))]
fn is_root() -> bool {
    false
}
