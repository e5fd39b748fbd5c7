//! Strikes with the scripted core: kills before and after single calls, lost answers, hidden reads, stops, changes taken back.
//! `cargo sandbox enumerate` runs every one of them; here it is every so manyth, always the same ones, so that a test takes less
//! than two minutes.

use acceptance::enumerate::{Bench, Extent, Harm, Sabotage, Subject, Table, enumerate};
use anyhow::ensure;
use sandbox_eks::Pace;

use crate::world::World;

pub(crate) fn of_a_cluster_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::CLUSTER_CREATE, Extent::kills(5, 2))
}

pub(crate) fn of_a_cluster_destroy(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::CLUSTER_DESTROY, Extent::kills(5, 2))
}

pub(crate) fn of_a_node_group_swap(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::NODE_GROUP_SWAP, Extent::kills(7, 2))
}

pub(crate) fn of_a_change_of_addons(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::ADDONS_CHANGE, Extent::kills(7, 2))?;
    // After the second and the third change, and so on: what was made is taken back.
    recovers(world, Subject::ADDONS_CHANGE, Extent { harm: Harm::Revert, changes: true, ..Extent::kills(3, 2) })
}

pub(crate) fn of_a_change_of_access(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::ACCESS_CHANGE, Extent::kills(5, 2))
}

/// Slow enough that what was struck is still under way when the next run looks.
const SLOW: Pace = Pace::Aws { factor: 0.002 };

/// Among the kills is the one right after the second upgrade was asked for: EKS refuses the same upgrade a second time.
pub(crate) fn of_an_upgrade(world: &World) -> anyhow::Result<()> {
    of_each_kind(world, Subject::VERSION_UPDATE, &[(Harm::Kill, 7), (Harm::Stop, 5), (Harm::Lose, 5)])
}

pub(crate) fn of_a_change_of_mode(world: &World) -> anyhow::Result<()> {
    of_each_kind(world, Subject::MODE_CHANGE, &[(Harm::Kill, 13), (Harm::Stop, 15), (Harm::Lose, 9)])?;
    of_each_kind(world, Subject::MODE_RETURN, &[(Harm::Hide, 1)])
}

pub(crate) fn of_stops_of_a_cluster(world: &World) -> anyhow::Result<()> {
    of_each_kind(world, Subject::CLUSTER_CREATE, &[(Harm::Stop, 11)])?;
    of_each_kind(world, Subject::CLUSTER_DESTROY, &[(Harm::Stop, 9), (Harm::Lose, 6)])
}

pub(crate) fn of_an_app_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::APP_CREATE, Extent::kills(3, 1))
}

pub(crate) fn of_a_job_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::JOB_CREATE, Extent::kills(3, 1))
}

pub(crate) fn of_lost_answers_to_a_cluster_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::CLUSTER_CREATE, Extent { harm: Harm::Lose, ..Extent::kills(3, 2) })
}

pub(crate) fn of_lost_answers_to_an_app_create(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::APP_CREATE, Extent { harm: Harm::Lose, ..Extent::kills(1, 1) })
}

pub(crate) fn of_hidden_parts_of_a_cluster(world: &World) -> anyhow::Result<()> {
    recovers(world, Subject::CLUSTER_CREATE, Extent { harm: Harm::Hide, ..Extent::kills(1, 2) })
}

/// The negative control: where something is wrong after a kill, the rows say so and what it is.
pub(crate) fn finds_what_is_wrong(world: &World) -> anyhow::Result<()> {
    let cases = [
        (Subject::CLUSTER_CREATE, Sabotage::Orphan, "in place of"),
        (Subject::CLUSTER_CREATE, Sabotage::Stranger, "the next run failed: cluster prod exists already"),
        (Subject::CLUSTER_CREATE, Sabotage::Loss, "made anew what existed"),
        (Subject::CLUSTER_CREATE, Sabotage::Whim, "the plan after the next run is Update"),
        (Subject::CLUSTER_DESTROY, Sabotage::Amnesia, "left behind"),
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
    judged(subject, extent.harm, &table)
}

/// Several kinds of harm to changes and what follows them, each with every so manyth of its runs, in one slow sandbox.
fn of_each_kind(world: &World, subject: Subject, kinds: &[(Harm, usize)]) -> anyhow::Result<()> {
    on_a_bench(world, subject, SLOW, async |bench| {
        for (harm, every) in kinds {
            let changes = *harm != Harm::Hide;
            let extent = Extent { harm: *harm, changes, ..Extent::kills(*every, 4) };
            judged(subject, *harm, &enumerate(bench, subject, extent, &|_| {}).await?)?;
        }
        Ok(())
    })
}

fn judged(subject: Subject, harm: Harm, table: &Table) -> anyhow::Result<()> {
    let (subject, harm) = (subject.name(), harm.name());
    let wrong: Vec<String> = table.wrong().iter().map(ToString::to_string).collect();
    ensure!(wrong.is_empty(), "{subject}, {harm}: {table}\n{}", wrong.join("\n"));
    ensure!(table.rows.len() > 1, "{subject}, {harm}: these are not all runs: {table}");
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
    on_a_bench(world, subject, Pace::Fast, run)
}

fn on_a_bench<T>(
    world: &World,
    subject: Subject,
    pace: Pace,
    run: impl AsyncFnOnce(&Bench) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let shared = world.bench();
    world.runtime().block_on(async {
        if subject.needs_kubernetes() {
            return run(&shared).await;
        }
        let dir = tempfile::Builder::new().prefix("paas-enumerate-").tempdir()?;
        let own = Bench::open(dir.path(), subject, pace, shared.sandbox.tools().clone(), &shared.built).await?;
        let ran = run(&own).await;
        own.close().await?;
        ran
    })
}
