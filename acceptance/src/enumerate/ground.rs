//! What is prepared so that a subject is the next thing to happen. A ground is shared by runs that follow each other, a stage is
//! one run's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, ensure};
use tempfile::TempDir;
use tfplugin_framework::value::Value;

use super::Bench;
use super::stage::{Place, Stage};
use super::subject::{self, Given, Subject};
use crate::core::Object;

/// The cluster underneath all runs of an app or a job.
struct Shared {
    account: String,
    env: Vec<(String, String)>,
    cluster: Object,
    dir: TempDir,
}

/// What the runs of one lane share.
pub(super) struct Ground {
    bench: Bench,
    subject: Subject,
    shared: Option<Shared>,
    runs: AtomicU64,
}

impl Ground {
    /// Makes what the runs share: for an app or a job a cluster, which costs a control plane.
    pub(super) async fn prepare(bench: &Bench, subject: Subject) -> anyhow::Result<Ground> {
        let mut ground = Ground { bench: bench.clone(), subject, shared: None, runs: AtomicU64::new(1) };
        if subject.needs_kubernetes() {
            let (account, env) = bench.account().await?;
            let dir = folder()?;
            let env = with_folder(env, &dir);
            let cluster = made(bench, &env, &subject::underneath(&env)?).await?;
            ground.shared = Some(Shared { account, env, cluster, dir });
        }
        Ok(ground)
    }

    pub(super) fn bench(&self) -> &Bench {
        &self.bench
    }

    /// The next run's stage.
    pub(super) async fn stage(&self) -> anyhow::Result<Stage> {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let dir = folder()?;
        let (account, env) = match &self.shared {
            Some(shared) => (shared.account.clone(), shared.env.clone()),
            None => self.bench.account().await?,
        };
        let env = with_folder(env, &dir);
        let namespace = self.shared.as_ref().map(|_| format!("shop-{run}"));
        let inside = self.shared.as_ref().map(|shared| &shared.cluster).zip(namespace.as_deref());
        let given = Given { env: &env, inside };
        let config = self.subject.wanted(&given)?;
        let before = self.subject.before(&given)?;
        let object = match &before {
            Some(before) => Some(made(&self.bench, &env, before).await?),
            None => None,
        };
        let (bench, subject) = (self.bench.clone(), self.subject);
        let place = Place { bench, subject, account, env, before, namespace, _dir: Arc::new(dir) };
        Stage::set(place, config, object).await
    }

    /// Removes what the runs shared; nothing may be left of the account then.
    pub(super) async fn clear(self) -> anyhow::Result<()> {
        let Some(shared) = self.shared else { return Ok(()) };
        let session = self.bench.provider(&shared.env, None, "paas_cluster").await?;
        let gone = session.destroy(Some(shared.cluster)).await?;
        ensure!(gone.errors.is_empty(), "the cluster underneath: {}", gone.errors.join("; "));
        session.close().await?;
        let left = self.bench.sandbox.gateway().sweep(Some(&shared.account)).await?;
        ensure!(left.is_empty(), "left behind: {left:?}");
        shared.dir.close().context("a folder cannot be removed")
    }
}

/// A killed provider leaves the folder of its socket: it goes with this one.
fn folder() -> anyhow::Result<TempDir> {
    tempfile::Builder::new().prefix("paas-kill-").tempdir().context("a temporary folder cannot be made")
}

fn with_folder(mut env: Vec<(String, String)>, dir: &TempDir) -> Vec<(String, String)> {
    env.retain(|(name, _)| name != "TMPDIR");
    env.push(("TMPDIR".to_owned(), dir.path().display().to_string()));
    env
}

async fn made(bench: &Bench, env: &[(String, String)], config: &Value) -> anyhow::Result<Object> {
    let session = bench.provider(env, None, "paas_cluster").await?;
    let made = session.apply(None, config).await?;
    session.close().await?;
    ensure!(made.errors.is_empty(), "the cluster underneath: {}", made.errors.join("\n"));
    made.object.context("a create left nothing in the state")
}
