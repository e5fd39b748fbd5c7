//! A node that cannot start is told as such, once and again, and leaves nothing.

use std::path::Path;

use anyhow::{Context as _, ensure};
use sandbox_kube::ControlPlane;

use crate::cycles::{node, spec};
use crate::traces::Traces;
use crate::world::World;

pub(crate) fn leaves_nothing(world: &World) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("paas-failed-").tempdir()?;
    let (mut real, _images) = world.node_parts(&dir.path().join("images"))?;
    real.programs.kubelet = "/nowhere/kubelet".into();
    let place = dir.path().join("plane");
    let before = Traces::now();
    world.runtime().block_on(async {
        let plane = ControlPlane::start(world.tools(), spec(&place, Some(real))).await?;
        for attempt in ["first", "second"] {
            let added = plane.add_node(&node("ip-10-0-0-7.eu-west-1.compute.internal")).await;
            let error = format!("{:#}", added.err().context("a node without a kubelet has started")?);
            let wanted =
                "node ip-10-0-0-7.eu-west-1.compute.internal did not start: /nowhere/kubelet cannot be started";
            ensure!(error.starts_with(wanted), "the {attempt} attempt: {error}");
            let left = nodes(&place);
            ensure!(left.is_empty(), "the {attempt} attempt leaves {left:?}");
        }
        plane.stop().await
    })?;
    before.return_to("a failed start")
}

fn nodes(place: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(place.join("room")).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("node-")).collect()
}
