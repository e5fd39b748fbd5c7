//! The first process of a compartment: mounts, starts what runs in it, and buries the dead. Its end is the compartment's.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::mount::{MsFlags, mount};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use super::{READY, end_with_parent, say};
use crate::spec::{Mount, Process, Spec};

/// How long what a process waits for may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between the end of a process and its next start.
const PAUSE: Duration = Duration::from_millis(300);

pub(super) fn init(file: &Path) -> anyhow::Result<ExitCode> {
    end_with_parent();
    let spec = Spec::read(file)?;
    // This pid namespace's own view; a node's containers are told apart by it.
    mount(
        Some("proc"),
        "/proc",
        Some("proc"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC,
        None::<&str>,
    )
    .context("/proc cannot be mounted")?;
    // Packets between pods and nodes pass through here; these are settings of this network namespace.
    for (name, value) in [("ip_forward", "1"), ("conf/all/rp_filter", "0"), ("conf/default/rp_filter", "0")] {
        std::fs::write(format!("/proc/sys/net/ipv4/{name}"), value)
            .with_context(|| format!("net.ipv4.{name} cannot be set"))?;
    }
    for wanted in &spec.mounts {
        make(wanted)?;
    }
    // Mounts of a container may appear in another one's, as the kubelet's own checks demand.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_SHARED, None::<&str>)
        .context("mounts cannot be shared within the compartment")?;
    let mut running = HashMap::new();
    for process in &spec.processes {
        running.insert(start(process)?, process);
    }
    say(READY);
    loop {
        // Without children this is an error at once: a room waits for nothing but the end of its pipe.
        match waitpid(None::<Pid>, None::<WaitPidFlag>) {
            Ok(status) => {
                if let Some(process) = status.pid().and_then(|pid| running.remove(&pid.as_raw())) {
                    std::thread::sleep(PAUSE);
                    running.insert(start(process)?, process);
                }
            }
            Err(_) => std::thread::park(),
        }
    }
}

fn make(wanted: &Mount) -> anyhow::Result<()> {
    match wanted {
        Mount::Bind { from, at } => {
            if from.is_dir() {
                std::fs::create_dir_all(at).with_context(|| format!("{} cannot be made", at.display()))?;
            }
            mount(Some(from), at, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)
                .with_context(|| format!("{} cannot be mounted at {}", from.display(), at.display()))
        }
        Mount::Shield { at, into } => {
            let (upper, work) = (into.join("upper"), into.join("work"));
            std::fs::create_dir_all(into).with_context(|| format!("{} cannot be made", into.display()))?;
            // In memory: not every file system can be the upper one of an overlay.
            mount(Some("tmpfs"), into, Some("tmpfs"), MsFlags::empty(), Some("mode=0755"))
                .with_context(|| format!("a tmpfs cannot be mounted at {}", into.display()))?;
            for folder in [&upper, &work] {
                std::fs::create_dir(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            }
            let options = format!("lowerdir={},upperdir={},workdir={}", at.display(), upper.display(), work.display());
            mount(Some("overlay"), at, Some("overlay"), MsFlags::empty(), Some(options.as_str()))
                .with_context(|| format!("{} cannot be shielded", at.display()))
        }
        Mount::Tmpfs { at } => {
            std::fs::create_dir_all(at).with_context(|| format!("{} cannot be made", at.display()))?;
            mount(Some("tmpfs"), at, Some("tmpfs"), MsFlags::empty(), Some("mode=0755"))
                .with_context(|| format!("a tmpfs cannot be mounted at {}", at.display()))
        }
    }
}

/// Starts a process once what it waits for is there; answers its pid.
fn start(process: &Process) -> anyhow::Result<i32> {
    let name = process.program.display();
    let asked = Instant::now();
    while process.after.as_ref().is_some_and(|file| !file.exists()) {
        anyhow::ensure!(
            asked.elapsed() < PATIENCE,
            "{name} waits for {} in vain",
            process.after.as_deref().unwrap_or(Path::new("")).display()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let log = File::options()
        .create(true)
        .append(true)
        .open(&process.log)
        .with_context(|| format!("{} cannot be opened", process.log.display()))?;
    let child = Command::new(&process.program)
        .args(&process.arguments)
        .envs(process.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone().context("a log cannot be shared")?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("{name} cannot be started"))?;
    i32::try_from(child.id()).context("a process id does not fit")
}
