//! Where runs take place: a sandbox, the provider's binary, and accounts that nobody has used.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use sandbox_eks::Planes;
use sandbox_kube::Tools;

use super::Subject;
use crate::daemon::{Built, REGION, Sandbox, SandboxSpec};

/// What every run needs.
#[derive(Clone)]
pub struct Bench {
    /// The sandbox.
    pub sandbox: Arc<Sandbox>,
    /// The provider's binary, among others.
    pub built: Built,
    /// The number of the next account.
    pub accounts: Arc<AtomicU64>,
}

impl Bench {
    /// A bench with a sandbox of its own in the empty folder `dir`, with as much behind clusters as `subject` needs.
    ///
    /// # Errors
    /// If the sandbox does not start.
    pub async fn open(dir: &Path, subject: Subject, tools: Arc<Tools>, built: &Built) -> anyhow::Result<Bench> {
        let planes = if subject.needs_kubernetes() { Planes::Real } else { Planes::Hollow };
        let dir = dir.join("sandbox");
        let spec = SandboxSpec { planes, ..SandboxSpec::at(dir) };
        let sandbox = Arc::new(Sandbox::start_with(spec, tools, built).await?);
        Ok(Bench { sandbox, built: built.clone(), accounts: Arc::new(AtomicU64::new(200_000_000_000)) })
    }

    /// Ends the sandbox.
    ///
    /// # Errors
    /// If somebody still uses it, or its folder cannot be removed.
    pub async fn close(self) -> anyhow::Result<()> {
        Arc::into_inner(self.sandbox).context("a run still holds the sandbox")?.shutdown().await
    }

    /// A fresh account of the sandbox: its id and the environment of its credentials.
    pub(super) async fn account(&self) -> anyhow::Result<(String, Vec<(String, String)>)> {
        let id = self.accounts.fetch_add(1, Ordering::Relaxed).to_string();
        let environment = self.sandbox.environment(&id, REGION).await?;
        Ok((id, environment.variables()))
    }
}
