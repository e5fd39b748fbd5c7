//! What the cluster shows of each of the broken workloads: the ground truth for verdicts and for simulated nodes.

mod normal;
mod shown;
mod workload;

use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use expect_test::expect_file;
use serde_json::Value as Json;

use crate::world::{Cluster, World};
use normal::Names;
use shown::Shown;
use workload::Workload;

const NAMESPACE: &str = "broken";
/// Slow machines are slow; nothing is measured.
const PATIENCE: Duration = Duration::from_secs(300);
const KINDS: &str = "deployments,replicasets,jobs,pods,events";

const MANIFESTS: [(&str, &str); 6] = [
    ("Programs that end", include_str!("workloads/crash.yaml")),
    ("Containers that cannot start", include_str!("workloads/start.yaml")),
    ("Images that cannot be pulled", include_str!("workloads/image.yaml")),
    ("Apps that do not become ready", include_str!("workloads/probe.yaml")),
    ("Pods that no node takes", include_str!("workloads/schedule.yaml")),
    ("Runs that fail", include_str!("workloads/job.yaml")),
];

const HEAD: &str = "# What Kubernetes shows of broken workloads

Written by `UPDATE_EXPECT=1 cargo test -p acceptance --test nodes -- broken_workloads`, from real containers on the sandbox's
real nodes (Kubernetes 1.36, containerd 2.3). Each workload is shown at the moment at which it first shows what its manifest's
comment `shows:` names.

Replaced, because it varies: names that controllers make up, ids, digests, addresses, ports of clients, times, sizes, counts
of nodes. Events are sorted and stand once, however often they were seen.

Left out, because it depends on the moment: events of which a comment `not always:` says so; `Pulled` and `Created`, which
stand between `Pulling` and `Started` and tell nothing; `Pulling` and `Started` of workloads of which neither tells the cause.
";

/// The table, as it is committed.
const TABLE: &str = include_str!("broken_workloads.md");
/// Two statuses that Kubernetes writes within the same moment come in any order: what differs is looked at again.
const ATTEMPTS: usize = 3;

/// Applies them all, waits until each shows what it is to show, and compares with the table.
pub(crate) fn show_what_the_table_says(world: &World) -> anyhow::Result<()> {
    let cluster = world.cluster()?;
    let wanted = sections(TABLE);
    let mut open: Vec<usize> = (0..wanted.len()).collect();
    let mut table = table(cluster)?;
    for attempt in 1..=ATTEMPTS {
        let seen = sections(&table);
        open.retain(|index| seen.len() != wanted.len() || seen[*index] != wanted[*index]);
        if open.is_empty() {
            return Ok(());
        }
        if attempt == ATTEMPTS || std::env::var_os("UPDATE_EXPECT").is_some() {
            break;
        }
        cluster.kubectl(&["wait", "--for=delete", &format!("namespace/{NAMESPACE}"), "--timeout=120s"])?;
        table = self::table(cluster)?;
    }
    expect_file!["broken_workloads.md"].assert_eq(&table);
    Ok(())
}

/// One for each workload, less what is seen only where an image is new to a node.
fn sections(table: &str) -> Vec<String> {
    let lines: Vec<&str> = table.lines().filter(|line| !line.starts_with("event pod Normal Pulling ")).collect();
    lines.join("\n").split("\n### ").map(str::to_owned).collect()
}

/// What the cluster shows now.
fn table(cluster: &Cluster) -> anyhow::Result<String> {
    cluster.kubectl(&["create", "namespace", NAMESPACE])?;
    let sections: Vec<(&str, Vec<Workload>)> =
        MANIFESTS.iter().map(|(title, text)| Ok((*title, workload::read(text)?))).collect::<anyhow::Result<_>>()?;
    let folder = tempfile::tempdir()?;
    for ((_, text), number) in MANIFESTS.iter().zip(0..) {
        std::fs::write(folder.path().join(format!("{number}.yaml")), text)?;
    }
    let folder = folder.path().to_str().context("the temporary folder's name is no UTF-8")?;
    cluster.kubectl(&["apply", "-n", NAMESPACE, "-f", folder])?;

    let workloads: Vec<&Workload> = sections.iter().flat_map(|(_, workloads)| workloads).collect();
    let mut told: Vec<Option<String>> = vec![None; workloads.len()];
    let deadline = Instant::now() + PATIENCE;
    loop {
        let objects = objects(cluster)?;
        let names = Names::of(&objects);
        for (workload, told) in workloads.iter().zip(&mut told).filter(|(_, told)| told.is_none()) {
            let shown = Shown::of(workload, &objects);
            if workload.shows.iter().all(|wanted| shown.has(wanted)) {
                *told = Some(shown.told(&names, &|pod, container| log(cluster, pod, container)));
            }
        }
        let open: Vec<&str> =
            workloads.iter().zip(&told).filter(|(_, told)| told.is_none()).map(|(one, _)| one.name.as_str()).collect();
        if open.is_empty() {
            break;
        }
        ensure!(
            Instant::now() < deadline,
            "not settled: {}\n{}",
            open.join(", "),
            unsettled(&workloads, &open, &objects)
        );
        thread::sleep(Duration::from_millis(500));
    }
    // What still crashes would take processor time from the next trial.
    cluster.kubectl(&["delete", "namespace", NAMESPACE, "--wait=false"])?;
    cluster.kubectl(&["delete", "pods", "-n", NAMESPACE, "--all", "--grace-period=0", "--force"])?;

    let mut table = HEAD.to_owned();
    let mut told = told.into_iter().flatten();
    for (title, workloads) in &sections {
        write!(table, "\n## {title}\n")?;
        for (workload, told) in workloads.iter().zip(&mut told) {
            write!(table, "\n{}\n{told}", workload.head())?;
        }
    }
    Ok(table)
}

fn objects(cluster: &Cluster) -> anyhow::Result<Vec<Json>> {
    let text = cluster.kubectl(&["get", KINDS, "-n", NAMESPACE, "-o", "json"])?;
    let mut list: Json = serde_json::from_str(&text).context("kubectl did not print JSON")?;
    match list["items"].take() {
        Json::Array(items) => Ok(items),
        other => anyhow::bail!("kubectl printed no list but {other}"),
    }
}

fn unsettled(workloads: &[&Workload], open: &[&str], objects: &[Json]) -> String {
    let names = Names::of(objects);
    let open = workloads.iter().filter(|workload| open.contains(&workload.name.as_str()));
    open.map(|workload| {
        let told = Shown::of(workload, objects).told(&names, &|_, _| String::new());
        format!("\n{} is to show {}:\n{told}", workload.name, workload.shows.join(", "))
    })
    .collect()
}

/// The last lines of a container, or why there are none.
fn log(cluster: &Cluster, pod: &str, container: &str) -> String {
    let logs = cluster.kubectl(&["logs", "-n", NAMESPACE, pod, "-c", container, "--tail=3"]);
    logs.unwrap_or_else(|error| error.to_string())
}
