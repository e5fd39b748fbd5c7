//! What real nodes could leave behind on the machine: seen before, and compared after.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;

/// Programs of nodes and of their containers.
const PROGRAMS: [&str; 7] = ["containerd", "containerd-shim", "kubelet", "kube-proxy", "pause", "runc", "sandbox-node"];
/// Settings of the whole machine that a kubelet would change.
const SETTINGS: [&str; 5] =
    ["kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward", "vm/overcommit_memory", "vm/panic_on_oom"];
/// Folders that a node makes for itself where they are missing.
const FOLDERS: [&str; 6] =
    ["/run/containerd", "/run/netns", "/var/lib/cni", "/var/lib/kubelet", "/var/log/containers", "/var/log/pods"];
/// The kernel takes a moment to let go of what was killed.
const PATIENCE: Duration = Duration::from_secs(30);

/// One line for each thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Traces(BTreeSet<String>);

impl Traces {
    /// What is there now.
    pub(crate) fn now() -> Self {
        let mut found = BTreeSet::new();
        let text = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
        for line in text(Path::new("/proc/self/mountinfo")).lines() {
            // Without its number, which says nothing.
            found.insert(format!("mount {}", line.split_once(' ').map_or(line, |(_, rest)| rest)));
        }
        for link in names("/sys/class/net") {
            found.insert(format!("link {link}"));
        }
        for hierarchy in names("/sys/fs/cgroup") {
            let groups = names(&format!("/sys/fs/cgroup/{hierarchy}"));
            found.extend(groups.iter().filter(|group| group.starts_with("paas-")).map(|one| format!("cgroup {one}")));
        }
        for setting in SETTINGS {
            found.insert(format!("{setting} = {}", text(&Path::new("/proc/sys").join(setting)).trim()));
        }
        found.extend(FOLDERS.iter().filter(|folder| Path::new(folder).exists()).map(|one| format!("folder {one}")));
        for pid in names("/proc") {
            let process = Path::new("/proc").join(&pid);
            if let Ok(network) = std::fs::read_link(process.join("ns/net")) {
                found.insert(format!("network {}", network.display()));
            }
            let program = text(&process.join("comm"));
            if PROGRAMS.iter().any(|name| program.trim().starts_with(name)) {
                found.insert(format!("process {pid} {}", program.trim()));
            }
        }
        Self(found)
    }

    /// Waits until everything is as it was.
    ///
    /// # Errors
    /// When it never is; the text is what is different.
    pub(crate) fn return_to(&self, what: &str) -> anyhow::Result<()> {
        let asked = Instant::now();
        loop {
            let now = Self::now();
            if now == *self {
                return Ok(());
            }
            if asked.elapsed() > PATIENCE {
                let left: Vec<&String> = now.0.difference(&self.0).collect();
                let lost: Vec<&String> = self.0.difference(&now.0).collect();
                bail!("after {what}: left behind {left:#?}, missing {lost:#?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn names(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
