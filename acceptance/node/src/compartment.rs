//! A compartment as its owner sees it: started, watched, ended. What happens inside is the keeper's.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

use crate::keeper::{ENTERED, FAILED, READY};
use crate::spec::Spec;

/// How long namespaces, mounts and the first start of every process may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running compartment. Dropped, it ends; [`Compartment::close`] also waits for that.
#[derive(Debug)]
pub(crate) struct Compartment {
    /// Outside of it, a process whose namespaces are the compartment's.
    pub(crate) pid: u32,
    /// While this is open, it runs.
    pipe: Mutex<Option<ChildStdin>>,
    ended: watch::Receiver<bool>,
}

impl Compartment {
    /// Makes the compartment and returns when everything in it was started.
    ///
    /// # Errors
    /// When the kernel refuses a part of it, or a program cannot be started; nothing of it is left then.
    pub(crate) async fn start(program: &Path, spec: &Spec, file: &Path) -> anyhow::Result<Self> {
        spec.write(file)?;
        let mut keeper = Command::new(program)
            .arg("keep")
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Of its own group: what is killed with the sandbox has no time to remove cgroups.
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let pipe = keeper.stdin.take();
        let output = keeper.stdout.take().context("sandbox-node has no output")?;
        let (end, ended) = watch::channel(false);
        let (cgroup, program) = (spec.cgroup.clone(), program.to_owned());
        tokio::spawn(async move {
            let left_well = keeper.wait().await.is_ok_and(|status| status.code().is_some());
            if let (false, Some(cgroup)) = (left_well, cgroup) {
                // Killed before it could remove the cgroup.
                Command::new(program).arg("sweep").arg(cgroup).status().await.ok();
            }
            end.send(true).ok();
        });
        let mut lines = BufReader::new(output).lines();
        let started = tokio::time::timeout(PATIENCE, until_ready(&mut lines)).await;
        let mut compartment = Self { pid: 0, pipe: Mutex::new(pipe), ended };
        match started.context("a compartment was not ready in time").flatten() {
            Ok(pid) => {
                compartment.pid = pid;
                Ok(compartment)
            }
            Err(error) => {
                compartment.close().await;
                Err(error)
            }
        }
    }

    /// Resolves when it has ended, by whatever cause.
    pub(crate) fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut ended = self.ended.clone();
        async move {
            // An error means that the keeper's waiter is gone with the runtime.
            ended.wait_for(|ended| *ended).await.ok();
        }
    }

    /// Ends it; when this returns nothing of it is left.
    pub(crate) async fn close(&self) {
        drop(self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.ended().await;
    }

    /// As [`Compartment::close`], for an owner.
    pub(crate) async fn end(self) {
        self.close().await;
    }
}

async fn until_ready(lines: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<u32> {
    let mut pid = None;
    while let Some(line) = lines.next_line().await.context("sandbox-node's output cannot be read")? {
        if let Some(said) = line.strip_prefix(ENTERED) {
            pid = said.parse().ok();
        } else if let Some(said) = line.strip_prefix(FAILED) {
            bail!("{said}");
        } else if line == READY {
            return pid.context("sandbox-node did not say its process id");
        }
    }
    bail!("sandbox-node ended before it was ready")
}
