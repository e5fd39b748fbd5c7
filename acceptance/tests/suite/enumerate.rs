//! Strikes with the scripted core: kills before and after single calls, lost answers, hidden reads. `cargo sandbox enumerate`
//! runs every one of them; here it is every so manyth, always the same ones, so that a test takes less than two minutes.

use acceptance::enumerate::{Bench, Extent, Harm, Sabotage, Subject, Table, enumerate};
use anyhow::ensure;

use crate::world::World;

pub(crate) fn of_a_cluster_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::ClusterCreate, Extent::kills(5, 2))
}

pub(crate) fn of_a_cluster_destroy(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::ClusterDestroy, Extent::kills(5, 2))
}

pub(crate) fn of_a_node_group_swap(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::NodeGroupSwap, Extent::kills(7, 2))
}

pub(crate) fn of_a_change_of_addons(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::AddonsChange, Extent::kills(5, 2))
}

pub(crate) fn of_a_change_of_access(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::AccessChange, Extent::kills(5, 2))
}

pub(crate) fn of_an_app_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::AppCreate, Extent::kills(3, 1))
}

pub(crate) fn of_a_job_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::JobCreate, Extent::kills(3, 1))
}

pub(crate) fn of_lost_answers_to_a_cluster_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::ClusterCreate, Extent { harm: Harm::Lose, ..Extent::kills(3, 2) })
}

pub(crate) fn of_lost_answers_to_an_app_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::AppCreate, Extent { harm: Harm::Lose, ..Extent::kills(1, 1) })
}

pub(crate) fn of_hidden_parts_of_a_cluster(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::ClusterCreate, Extent { harm: Harm::Hide, ..Extent::kills(1, 2) })
}

/// The negative control: where something is wrong after a kill, the rows say so and what it is.
pub(crate) fn finds_what_is_wrong(world: &World) -> anyhow::Result<()> {
    let cases = [
        (Subject::ClusterCreate, Sabotage::Orphan, "in place of"),
        (Subject::ClusterCreate, Sabotage::Stranger, "the next run failed: cluster prod exists already"),
        (Subject::ClusterCreate, Sabotage::Loss, "made anew what existed"),
        (Subject::ClusterCreate, Sabotage::Whim, "the plan after the next run is Update"),
        (Subject::ClusterDestroy, Sabotage::Amnesia, "left behind"),
    ];
    for (subject, sabotage, says) in cases {
        let extent = Extent { sabotage: Some(sabotage), ..Extent::kills(41, 2) };
        let table = table(world, subject, extent)?;
        let wrong = table.wrong();
        ensure!(!wrong.is_empty(), "{} goes unnoticed: {table}", sabotage.name());
        for row in wrong {
            ensure!(row.to_string().contains(says), "{} is told as another thing: {row}", sabotage.name());
        }
    }
    Ok(())
}

fn recovers(world: &World, subject: Subject, extent: Extent) -> anyhow::Result<()> {
    let table = table(world, subject, extent)?;
    let (subject, harm) = (subject.name(), extent.harm.name());
    let wrong: Vec<String> = table.wrong().iter().map(ToString::to_string).collect();
    ensure!(wrong.is_empty(), "{subject}, {harm}: {table}\n{}", wrong.join("\n"));
    ensure!(table.rows.len() > 3, "{subject}, {harm}: these are not all runs: {table}");
    Ok(())
}

/// Kills take turns before and after effects, because `every` is odd.
fn table(world: &World, subject: Subject, extent: Extent) -> anyhow::Result<Table> {
    on_its_bench(world, subject, async |bench| enumerate(bench, subject, extent, &|_| {}).await)
}

/// What is about EKS alone needs no control planes, and has a sandbox without any.
pub(crate) fn on_its_bench<T>(
    world: &World,
    subject: Subject,
    run: impl AsyncFnOnce(&Bench) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let shared = world.bench();
    world.runtime().block_on(async {
        if subject.needs_kubernetes() {
            return run(&shared).await;
        }
        let dir = tempfile::Builder::new().prefix("paas-enumerate-").tempdir()?;
        let own = Bench::open(dir.path(), subject, shared.sandbox.tools().clone(), &shared.built).await?;
        let ran = run(&own).await;
        own.close().await?;
        ran
    })
}
