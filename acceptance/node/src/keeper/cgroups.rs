//! A cgroup under every controller: version 1's hierarchies side by side, or version 2's one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;

const ROOT: &str = "/sys/fs/cgroup";
/// What the kubelet insists on.
const CONTROLLERS: [&str; 4] = ["cpu", "cpuset", "memory", "pids"];
/// How long the kernel may take to let go of processes that were killed.
const PATIENCE: Duration = Duration::from_secs(20);

/// The folders under which a cgroup has to stand; version 1 has one a controller.
fn hierarchies() -> anyhow::Result<Vec<PathBuf>> {
    let root = Path::new(ROOT);
    if root.join("cgroup.controllers").is_file() {
        let enabled = std::fs::read_to_string(root.join("cgroup.subtree_control")).unwrap_or_default();
        let missing: Vec<&str> =
            CONTROLLERS.into_iter().filter(|wanted| !enabled.split_whitespace().any(|name| name == *wanted)).collect();
        anyhow::ensure!(missing.is_empty(), "cgroup controllers are not enabled for groups of the root: {missing:?}");
        return Ok(vec![root.to_owned()]);
    }
    let mut all = Vec::new();
    for entry in std::fs::read_dir(root).context("/sys/fs/cgroup cannot be read")?.flatten() {
        // "cpu" and "cpuacct" may be links to one "cpu,cpuacct".
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            all.push(entry.path());
        }
    }
    for wanted in CONTROLLERS {
        anyhow::ensure!(root.join(wanted).is_dir(), "there is no cgroup hierarchy of {wanted}");
    }
    Ok(all)
}

pub(super) fn make(name: &str) -> anyhow::Result<()> {
    for hierarchy in hierarchies()? {
        let group = hierarchy.join(name);
        match std::fs::create_dir(&group) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("the cgroup {} cannot be made", group.display()));
            }
            _ => {}
        }
        // Version 1 starts a cpuset with nothing in it, and no process can be put there.
        for file in ["cpuset.cpus", "cpuset.mems"] {
            if group.join(file).is_file()
                && let Ok(all) = std::fs::read_to_string(hierarchy.join(file))
            {
                std::fs::write(group.join(file), all.trim())
                    .with_context(|| format!("{file} of {} cannot be set", group.display()))?;
            }
        }
        let controllers = group.join("cgroup.subtree_control");
        if hierarchy == Path::new(ROOT) {
            let all: String = CONTROLLERS.map(|name| format!("+{name} ")).concat();
            std::fs::write(&controllers, all.trim())
                .with_context(|| format!("{} cannot be set", controllers.display()))?;
        }
    }
    Ok(())
}

/// Whether a group can be made here.
pub(super) fn attempt(name: &str) -> anyhow::Result<()> {
    let made = make(name);
    remove(name)?;
    made
}

/// Removes the groups and all below them, as soon as the kernel has let go of the last process.
pub(super) fn remove(name: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!name.is_empty() && !name.contains(['/', '.']), "{name:?} is no cgroup of the sandbox");
    let asked = Instant::now();
    loop {
        let left: Vec<PathBuf> =
            hierarchies()?.into_iter().map(|hierarchy| hierarchy.join(name)).filter(|group| !emptied(group)).collect();
        let Some(one) = left.first() else { return Ok(()) };
        anyhow::ensure!(asked.elapsed() < PATIENCE, "the cgroup {} is still in use", one.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Removes what can be removed; whether nothing is left. A group's files cannot be removed and go with it.
fn emptied(group: &Path) -> bool {
    for entry in std::fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            emptied(&entry.path());
        }
    }
    match std::fs::remove_dir(group) {
        Ok(()) => true,
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}
