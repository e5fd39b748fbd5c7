//! Kill points with the scripted core: before and after single calls. `cargo sandbox enumerate` runs every one of them;
//! here it is every so manyth, always the same ones, so that a test takes less than two minutes.

use acceptance::enumerate::{Bench, Extent, Subject, enumerate};
use anyhow::ensure;

use crate::world::World;

pub(crate) fn of_a_cluster_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::ClusterCreate, 5)
}

pub(crate) fn of_a_cluster_destroy(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::ClusterDestroy, 5)
}

pub(crate) fn of_an_app_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::AppCreate, 3)
}

pub(crate) fn of_a_job_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::JobCreate, 3)
}

/// `every` is odd, so that kills before and after effects take turns.
fn recovers(world: &World, subject: Subject, every: usize) -> anyhow::Result<()> {
    let shared = world.bench();
    let dir = tempfile::Builder::new().prefix("paas-enumerate-").tempdir()?;
    let extent = Extent { every, jobs: if subject.needs_kubernetes() { 1 } else { 2 } };
    let table = world.runtime().block_on(async {
        // What is about EKS alone needs no control planes, and has a sandbox without any.
        let own = match subject.needs_kubernetes() {
            true => None,
            false => Some(Bench::open(dir.path(), subject, shared.sandbox.tools().clone(), &shared.provider).await?),
        };
        let table = enumerate(own.as_ref().unwrap_or(&shared), subject, extent, &|_| {}).await;
        if let Some(own) = own {
            own.close().await?;
        }
        table
    })?;
    let wrong: Vec<String> = table.wrong().iter().map(ToString::to_string).collect();
    ensure!(wrong.is_empty(), "{}: {table}\n{}", subject.name(), wrong.join("\n"));
    ensure!(table.rows.len() > 5, "{}: these are not all runs: {table}", subject.name());
    Ok(())
}
