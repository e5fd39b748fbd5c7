//! An image of the user's own, as `docker save` writes it: loaded, deployed, answering. A broken archive changes nothing.

use std::path::{Path, PathBuf};

use acceptance::configuration::{VARIABLES, app, cluster};
use acceptance::quickstart::requests;
use anyhow::ensure;
use sandbox_kube::NodeTools;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::daemon::Daemon;
use crate::traces::Traces;
use crate::world::World;

const NAME: &str = "shop/own:1";
const GREETING: &str = "greetings from an image of our own";
const PROGRAM: &str = "srv/bin/web";

pub(crate) fn is_loaded_and_answers(world: &World) -> anyhow::Result<()> {
    let daemon = Daemon::new()?;
    let before = Traces::now();
    daemon.run(&["up", "--nodes", "real"])?;
    let archive = daemon.base().join("own.tar");
    save(&archive)?;
    let loaded = daemon.run(&["image", "load", &archive.display().to_string()])?;
    ensure!(loaded == format!("loaded {NAME}\n"), "{loaded}");

    let (listed, files) = (daemon.run(&["image", "list"])?, entries(&daemon.place().join("images")));
    ensure!(listed == format!("docker.io/{NAME}\n"), "{listed}");
    let broken = daemon.base().join("broken.tar");
    std::fs::write(&broken, &std::fs::read(&archive)?[..1 << 20])?;
    let refused = daemon.refused(&["image", "load", &broken.display().to_string(), "--name", "shop/other:1"])?;
    let wanted = format!("Error: {} cannot be loaded: it ends too early, in or after its layer.tar", broken.display());
    ensure!(refused.starts_with(&wanted) && refused.lines().count() == 1, "{refused}");
    ensure!(daemon.run(&["image", "list"])? == listed, "a broken archive is listed");
    ensure!(entries(&daemon.place().join("images")) == files, "a broken archive leaves files");

    let workspace = daemon.workspace(world)?;
    workspace.main(&format!("{VARIABLES}{}{}", cluster("prod"), app("own").text("image", NAME)))?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    let answer = requests::get(&daemon.run(&["open", "own"])?)?;
    ensure!(answer.contains(GREETING), "{answer}");
    daemon.run(&["down"])?;
    daemon.ended()?;
    before.return_to("down")
}

/// An archive with one image: one layer with one program, which says what its configuration tells it.
fn save(archive: &Path) -> anyhow::Result<()> {
    let demo = NodeTools::prepare(&|line| eprintln!("{line}"))?.demo;
    let mut layer = tar::Builder::new(Vec::new());
    append(&mut layer, PROGRAM, &std::fs::read(demo)?)?;
    let layer = layer.into_inner()?;
    let digest: String = Sha256::digest(&layer).iter().map(|byte| format!("{byte:02x}")).collect();
    let config = json!({
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }, "os": "linux",
        "config": {"Entrypoint": [format!("/{PROGRAM}")], "Env": [format!("GREETING={GREETING}")]},
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{digest}")]},
    });
    let manifest = json!([{"Config": "config.json", "RepoTags": [NAME], "Layers": ["layer.tar"]}]);
    let mut all = tar::Builder::new(std::fs::File::create(archive)?);
    append(&mut all, "manifest.json", manifest.to_string().as_bytes())?;
    append(&mut all, "config.json", config.to_string().as_bytes())?;
    append(&mut all, "layer.tar", &layer)?;
    Ok(all.finish()?)
}

fn append(archive: &mut tar::Builder<impl std::io::Write>, path: &str, content: &[u8]) -> anyhow::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o755);
    Ok(archive.append_data(&mut header, path, content)?)
}

/// Everything below a folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        all.extend(entries(&entry.path()));
        all.push(entry.path());
    }
    all.sort();
    all
}
