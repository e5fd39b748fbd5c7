//! Nodes come and go, by all kinds of ends, and leave the machine as they found it.

use std::process::Command;

use anyhow::{Context as _, ensure};
use sandbox_kube::{ControlPlane, ControlPlaneSpec, NodeSpec, RealNodes};

use crate::daemon::processes;
use crate::traces::Traces;
use crate::world::World;

/// How a cycle ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// In order.
    Stop,
    /// SIGKILL to a process of one stage of the room.
    Kill(&'static str),
}

const ENDS: [End; 10] = [
    End::Stop,
    End::Kill("init"),
    End::Kill("enter"),
    End::Kill("keep"),
    End::Stop,
    End::Kill("init"),
    End::Kill("enter"),
    End::Kill("keep"),
    End::Stop,
    End::Stop,
];

/// Ten control planes with a node each, beside one whose nodes are simulated.
pub(crate) fn leave_nothing(world: &World) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("paas-cycles-").tempdir()?;
    let (real, _images) = world.node_parts(&dir.path().join("images"))?;
    world.runtime().block_on(async {
        let tools = world.tools();
        let beside = ControlPlane::start(tools, spec(&dir.path().join("simulated"), None)).await?;
        beside.add_node(&node("ip-10-0-0-9.eu-west-1.compute.internal")).await?;
        let before = Traces::now();
        for (number, end) in ENDS.into_iter().enumerate() {
            let plane_dir = dir.path().join(format!("real-{number}"));
            let plane = ControlPlane::start(tools, spec(&plane_dir, Some(real.clone()))).await?;
            plane.add_node(&node("ip-10-0-0-7.eu-west-1.compute.internal")).await?;
            ensure!(Traces::now() != before, "a node leaves no trace while it runs: the comparison sees nothing");
            if let End::Kill(stage) = end {
                let pid = room(&plane_dir, stage)?;
                ensure!(Command::new("kill").args(["-9", &pid]).status()?.success(), "{stage} cannot be killed");
                before.return_to(&format!("cycle {number}, SIGKILL of {stage}"))?;
            }
            plane.stop().await?;
            before.return_to(&format!("cycle {number}, {end:?}"))?;
            ensure!(!plane_dir.exists(), "the folder of cycle {number} is still there");
        }
        // What happened to the others is none of its business.
        beside.add_node(&node("ip-10-0-0-8.eu-west-1.compute.internal")).await?;
        beside.stop().await
    })
}

pub(crate) fn spec(dir: &std::path::Path, real_nodes: Option<RealNodes>) -> ControlPlaneSpec {
    ControlPlaneSpec {
        dir: dir.to_owned(),
        kubernetes_version: "1.36".to_owned(),
        token_webhook: None,
        service_account_issuer: None,
        real_nodes,
    }
}

pub(crate) fn node(name: &str) -> NodeSpec {
    NodeSpec {
        name: name.to_owned(),
        instance_type: "m7i-flex.large".to_owned(),
        zone: "eu-west-1a".to_owned(),
        ..NodeSpec::default()
    }
}

/// The process of a stage of the room in `dir`, as this machine numbers it.
fn room(dir: &std::path::Path, stage: &str) -> anyhow::Result<String> {
    let file = dir.join("room/room.json").display().to_string();
    let matches = |words: &[String]| matches!(words, [_, first, second, ..] if first == stage && *second == file);
    let found = processes().find(|(_, words)| matches(words));
    found.map(|(pid, _)| pid).with_context(|| format!("no process holds {stage} of {file}"))
}
