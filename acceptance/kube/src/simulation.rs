//! Nodes that are not there: kwok keeps them and ordinary pods alive; pods of images that no registry gives, and of `sandbox.invalid/…`, fail in
//! the way their name asks for, with the states and events of real nodes (`acceptance/tests/nodes/broken_workloads.md`).
//! Beside both stands a kubelet's log endpoint. Knows nothing of how the control plane was started.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::certificates::CertificateAuthority;
use crate::process_group::ProcessGroup;

mod behaviour;
mod container;
mod endpoint;
mod logs;
mod play;
mod pod;
mod probe;
#[cfg(test)]
mod tests;

/// kwok's stages for nodes and for pods of every image but the scenarios.
const STAGES: &str = include_str!("simulation/stages.yaml");

/// The images of the scenarios, as kwok reads it where the stages name it.
const SCENARIOS: &str = concat!(
    "^sandbox[.]invalid/(crash|fail|oom|slow|never-ready|hang)([:@]|$)",
    "|(^|/)(missing|private|limited)(:[^/]*)?(@.*)?$",
    "|^((localhost|[^/]*[.:][^/]*)/)?(private|limited)/",
);

/// What runs as long as a control plane has simulated nodes.
#[derive(Debug)]
pub(crate) struct Simulation {
    /// Where every simulated node's kubelet answers.
    pub(crate) kubelet_port: u16,
    _tasks: JoinSet<()>,
}

impl Simulation {
    /// Starts kwok as a member of `processes`, and the tasks of this process.
    pub(crate) async fn start(
        kwok: &Path,
        dir: &Path,
        admin: kube::Client,
        authority: &CertificateAuthority,
        processes: &ProcessGroup,
    ) -> anyhow::Result<Self> {
        let stages = dir.join("kwok-stages.yaml");
        std::fs::write(&stages, STAGES.replace("SCENARIOS", SCENARIOS))
            .with_context(|| format!("{} cannot be written", stages.display()))?;
        let mut tasks = JoinSet::new();
        let endpoint = endpoint::Endpoint::bind(authority).await?;
        let kubelet_port = endpoint.port();
        tasks.spawn(endpoint.serve(admin.clone()));
        let mut command = Command::new(kwok);
        command
            .arg(format!("--kubeconfig={}", dir.join("admin.kubeconfig").display()))
            .arg(format!("--config={}", stages.display()))
            .args([
                "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
                "--cidr=10.244.0.0/16",
                "--node-ip=127.0.0.1",
                "--node-lease-duration-seconds=40",
            ])
            .args(["--server-address="])
            // kwok reads ~/.kwok unless told otherwise; a user's own settings are not the sandbox's.
            .env("KWOK_WORKDIR", dir.join("kwok"))
            .current_dir(dir);
        processes.spawn("kwok", &mut command, &dir.join("kwok.log"))?;
        tasks.spawn(play::play(admin));
        Ok(Self { kubelet_port, _tasks: tasks })
    }
}
