//! At the threshold: new namespaces for whatever this process starts, and their network.

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::{end_with_parent, network, next_stage};
use crate::spec::Spec;

pub(super) fn enter(file: &Path) -> anyhow::Result<ExitCode> {
    let spec = Spec::read(file)?;
    // Before there is a pid namespace for children: from then on the kernel starts no thread here.
    end_with_parent();
    // On this thread alone: namespaces are a thread's, and what it starts inherits its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(network::connect(&spec.network, namespaces))?;
    // With it goes the last socket in the room.
    drop(runtime);
    let mut init = next_stage("init", file).spawn().context("the compartment's first process cannot be started")?;
    // Waiting would close it, and the first process ends when it breaks.
    let _pipe = init.stdin.take();
    let ended = init.wait().context("the compartment's first process cannot be waited for")?;
    Ok(ExitCode::from(u8::try_from(ended.code().unwrap_or(1)).unwrap_or(1)))
}

/// Makes the namespaces; answers the network's.
fn namespaces() -> anyhow::Result<File> {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNET)
        .context("new mount, pid and network namespaces are refused")?;
    // Nothing that is mounted from now on is seen outside.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
        .context("mounts cannot be made private")?;
    File::open("/proc/thread-self/ns/net").context("the network namespace has no file")
}

/// Whether the kernel lets this process do what a node needs: the namespaces, an overlay of two folders, a link.
pub(super) fn attempt() -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("sandbox-node-{}", std::process::id()));
    for name in ["lower", "upper", "work", "merged"] {
        std::fs::create_dir_all(folder.join(name)).context("no temporary folder can be made")?;
    }
    let tried = try_all(&folder);
    std::fs::remove_dir_all(&folder).ok();
    tried
}

fn try_all(folder: &Path) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    namespaces()?;
    runtime.block_on(network::attempt())?;
    let path = |name: &str| folder.join(name).display().to_string();
    // A layer of the container's root: with a temporary folder that is an overlay itself, the kernel refuses.
    mount(Some("tmpfs"), &folder.join("upper"), Some("tmpfs"), MsFlags::empty(), None::<&str>)
        .context("a tmpfs cannot be mounted")?;
    std::fs::create_dir_all(folder.join("upper/u")).and_then(|()| std::fs::create_dir_all(folder.join("upper/w")))?;
    let options = format!("lowerdir={},upperdir={},workdir={}", path("lower"), path("upper/u"), path("upper/w"));
    mount(Some("overlay"), &folder.join("merged"), Some("overlay"), MsFlags::empty(), Some(options.as_str()))
        .context("an overlay cannot be mounted")
}
