//! What the cluster shows of each of the broken workloads: the ground truth for verdicts and for simulated nodes.

mod look;
mod normal;
mod shown;
mod simulated;
mod table;
mod workload;

use expect_test::expect_file;

use crate::world::World;
use workload::Workload;

pub(crate) use simulated::show_what_the_table_says as simulated_nodes_show_what_the_table_says;

const NAMESPACE: &str = "broken";

const MANIFESTS: [(&str, &str); 6] = [
    ("Programs that end", include_str!("workloads/crash.yaml")),
    ("Containers that cannot start", include_str!("workloads/start.yaml")),
    ("Images that cannot be pulled", include_str!("workloads/image.yaml")),
    ("Apps that do not become ready", include_str!("workloads/probe.yaml")),
    ("Pods that no node takes", include_str!("workloads/schedule.yaml")),
    ("Runs that fail", include_str!("workloads/job.yaml")),
];

/// The manifests' workloads, below the titles of their files.
fn workloads() -> anyhow::Result<Vec<(&'static str, Vec<Workload>)>> {
    MANIFESTS.iter().map(|(title, text)| Ok((*title, workload::read(text)?))).collect()
}

/// Real nodes show of every workload what the table says.
pub(crate) fn show_what_the_table_says(world: &World) -> anyhow::Result<()> {
    // One of its own, so that every image is new to its nodes.
    let cluster = world.new_cluster()?;
    let kubectl = |arguments: &[&str]| cluster.kubectl(arguments);
    let workloads = workloads()?;
    let all: Vec<&Workload> = workloads.iter().flat_map(|(_, workloads)| workloads).collect();
    let wanted = if std::env::var_os("UPDATE_EXPECT").is_some() { None } else { Some(table::sections()?) };
    let shown = look::at(&all, &kubectl, wanted.as_ref())?;
    cluster.workspace().destroy(&[])?.succeeded()?;
    expect_file![table::FILE].assert_eq(&table::table(&workloads, shown));
    Ok(())
}
