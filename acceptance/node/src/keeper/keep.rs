//! Outside of the compartment: makes its cgroup, starts it inside its room, waits for its end, removes the cgroup.

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use nix::sched::{CloneFlags, setns};

use super::{ENTERED, cgroups, next_stage, say};
use crate::spec::Spec;

pub(super) fn keep(file: &Path) -> anyhow::Result<ExitCode> {
    let spec = Spec::read(file)?;
    if let Some(cgroup) = &spec.cgroup {
        cgroups::make(cgroup)?;
    }
    let ended = run(file, &spec);
    if let Some(cgroup) = &spec.cgroup {
        cgroups::remove(cgroup)?;
    }
    ended
}

fn run(file: &Path, spec: &Spec) -> anyhow::Result<ExitCode> {
    // Started before the room is joined: from then on the kernel starts no thread here.
    let (hand_over, pipe) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()).ok();
        // The sandbox has ended it. This process goes on: the cgroups are still to be removed.
        drop(pipe.recv());
    });
    if let Some(room) = spec.within {
        join(room).with_context(|| format!("the room of process {room} cannot be entered"))?;
    }
    let mut entering = next_stage("enter", file).spawn().context("sandbox-node cannot be started again")?;
    hand_over.send(entering.stdin.take()).ok();
    say(&format!("{ENTERED}{}", entering.id()));
    let ended = entering.wait().context("the compartment cannot be waited for")?;
    Ok(ExitCode::from(u8::try_from(ended.code().unwrap_or(1)).unwrap_or(1)))
}

/// From here on children of this process are in the room's pid namespace, and this process and they in its network.
fn join(room: u32) -> anyhow::Result<()> {
    for (name, kind) in [("pid_for_children", CloneFlags::CLONE_NEWPID), ("net", CloneFlags::CLONE_NEWNET)] {
        let namespace = File::open(format!("/proc/{room}/ns/{name}")).context("it has ended")?;
        setns(&namespace, kind).with_context(|| format!("its {name} namespace is closed to this process"))?;
    }
    Ok(())
}
