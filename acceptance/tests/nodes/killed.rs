//! The sandbox is killed: while it starts, while nodes start, and in the middle of its work. Nothing stays, and the next one starts.

use std::path::Path;
use std::process::Stdio;

use acceptance::configuration::{VARIABLES, cluster};
use anyhow::ensure;

use crate::daemon::{Daemon, until};
use crate::traces::Traces;
use crate::world::World;

/// In words, and how it is seen in the sandbox's folder.
type Moment = (&'static str, fn(&Path) -> bool);

/// Of a start, in their order.
const MOMENTS: [Moment; 4] = [
    ("it has its folder", |place| place.join(".paas-sandbox").exists()),
    ("it starts moto", |place| place.join("moto.log").exists()),
    ("it starts a control plane", |place| cluster_folder(place).is_some_and(|cluster| cluster.join("etcd").exists())),
    ("it listens", |place| place.join("control.sock").exists()),
];

pub(crate) fn leaves_nothing_and_starts_again(world: &World) -> anyhow::Result<()> {
    let daemon = Daemon::new()?;
    let place = daemon.place();
    let before = Traces::now();
    for (what, reached) in MOMENTS {
        let up = daemon.command(&["up", "--nodes", "real"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        until(what, || reached(&place) && daemon.kill().is_ok())?;
        let output = up.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        // Control planes start while `up` already says that it is ready, and it may have said so the moment before.
        let told = said.contains("the sandbox did not start (signal: 9 (SIGKILL))");
        ensure!(told != said.contains("the sandbox is ready"), "killed when {what}, `up` says {said:?}");
        daemon.ended()?;
        before.return_to(&format!("SIGKILL when {what}"))?;
    }

    daemon.run(&["up", "--nodes", "real"])?;
    let workspace = daemon.workspace(world)?;
    workspace.main(&format!("{VARIABLES}{}", cluster("prod")))?;
    workspace.init()?;
    let mut apply = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    let node = || cluster_folder(&place).is_some_and(|cluster| cluster.join("room/node-1/kubelet.json").exists());
    until("a node starts", node)?;
    daemon.kill()?;
    apply.kill()?;
    apply.wait()?;
    daemon.ended()?;
    before.return_to("SIGKILL when a node starts")?;

    daemon.run(&["up", "--nodes", "real"])?;
    let status = daemon.run(&["status"])?;
    ensure!(status.contains("cluster   none"), "{status}");
    daemon.run(&["down"])?;
    ensure!(!place.exists(), "down leaves the folder");
    daemon.ended()?;
    before.return_to("down")
}

fn cluster_folder(place: &Path) -> Option<std::path::PathBuf> {
    Some(std::fs::read_dir(place.join("clusters")).ok()?.next()?.ok()?.path())
}

/// With a cluster whose nodes run; `down` then removes the folder.
pub(crate) fn with_a_cluster_leaves_nothing(world: &World) -> anyhow::Result<()> {
    let daemon = Daemon::new()?;
    let before = Traces::now();
    daemon.run(&["up", "--nodes", "real"])?;
    let workspace = daemon.workspace(world)?;
    workspace.main(&format!("{VARIABLES}{}", cluster("prod")))?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    daemon.kill()?;
    daemon.ended()?;
    before.return_to("SIGKILL of the sandbox")?;
    daemon.run(&["down"])?;
    ensure!(!daemon.place().exists(), "down leaves the folder");
    Ok(())
}
