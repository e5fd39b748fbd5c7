//! Applies workloads to a cluster and looks until each shows what it is to show. Knows a cluster only as its kubectl.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::Value as Json;

use super::normal::Names;
use super::shown::Shown;
use super::workload::Workload;
use super::{NAMESPACE, table};

const KINDS: &str = "deployments,replicasets,jobs,pods,events";
/// Slow machines are slow; nothing is measured.
const PATIENCE: Duration = Duration::from_secs(300);
/// For how long one that shows what its manifest asks for may still differ from the table: statuses and events come in any order.
const DIFFERING: Duration = Duration::from_secs(45);

pub(super) type Kubectl<'a> = dyn Fn(&[&str]) -> anyhow::Result<String> + 'a;

/// What was seen of one workload so far.
#[derive(Default, Clone)]
struct Seen {
    section: Option<String>,
    since: Option<Instant>,
    done: bool,
}

/// The section of each workload: that of `wanted`, as soon as the cluster shows it, or what it shows in its place when it has had its
/// time; without `wanted`, the first that two looks see.
pub(super) fn at(
    workloads: &[&Workload],
    kubectl: &Kubectl<'_>,
    wanted: Option<&BTreeMap<String, String>>,
) -> anyhow::Result<Vec<String>> {
    apply(workloads, kubectl)?;
    let mut all = vec![Seen::default(); workloads.len()];
    let deadline = Instant::now() + PATIENCE;
    let log = |pod: &str, container: &str, previous| log(kubectl, pod, container, previous);
    loop {
        let objects = objects(kubectl)?;
        let made_up = Names::of(&objects);
        for (workload, seen) in workloads.iter().zip(&mut all).filter(|(_, seen)| !seen.done) {
            let shown = Shown::of(workload, &objects);
            if !workload.shows.iter().all(|words| shown.has(words)) {
                continue;
            }
            let section = Some(table::section(workload, &shown.told(&made_up, &log)));
            seen.since.get_or_insert_with(Instant::now);
            seen.done = match wanted {
                Some(wanted) => wanted.get(&workload.name) == section.as_ref(),
                None => seen.section == section,
            };
            seen.section = section;
        }
        let mut open = workloads.iter().zip(&all).filter(|(_, seen)| !seen.done).peekable();
        let settled = |seen: &Seen| seen.since.is_some_and(|since| since.elapsed() > DIFFERING);
        if open.peek().is_none() || wanted.is_some() && open.clone().all(|(_, seen)| settled(seen)) {
            break;
        }
        if Instant::now() > deadline {
            let open: Vec<&str> = open.map(|(workload, _)| workload.name.as_str()).collect();
            ensure!(wanted.is_some(), "not settled: {}", open.join(", "));
            for (workload, seen) in workloads.iter().zip(&mut all) {
                let told = || Shown::of(workload, &objects).told(&made_up, &log);
                seen.section.get_or_insert_with(|| table::section(workload, &told()));
            }
            break;
        }
        thread::sleep(Duration::from_millis(500));
    }
    // What still crashes would take processor time from the next trial.
    kubectl(&["delete", "namespace", NAMESPACE, "--wait=false"])?;
    kubectl(&["delete", "pods", "-n", NAMESPACE, "--all", "--grace-period=0", "--force"])?;
    Ok(all.into_iter().filter_map(|seen| seen.section).collect())
}

fn apply(workloads: &[&Workload], kubectl: &Kubectl<'_>) -> anyhow::Result<()> {
    kubectl(&["create", "namespace", NAMESPACE])?;
    let file = tempfile::Builder::new().suffix(".yaml").tempfile()?;
    let manifests: Vec<&str> = workloads.iter().map(|workload| workload.manifest.as_str()).collect();
    std::fs::write(file.path(), manifests.join("---\n"))?;
    kubectl(&["apply", "-n", NAMESPACE, "-f", file.path().to_str().context("the temporary file's name is no UTF-8")?])?;
    Ok(())
}

fn objects(kubectl: &Kubectl<'_>) -> anyhow::Result<Vec<Json>> {
    let text = kubectl(&["get", KINDS, "-n", NAMESPACE, "-o", "json"])?;
    let mut list: Json = serde_json::from_str(&text).context("kubectl did not print JSON")?;
    match list["items"].take() {
        Json::Array(items) => Ok(items),
        other => anyhow::bail!("kubectl printed no list but {other}"),
    }
}

/// The last lines of a container, or of the run before, or why there are none.
fn log(kubectl: &Kubectl<'_>, pod: &str, container: &str, previous: bool) -> String {
    let previous = format!("--previous={previous}");
    let logs = kubectl(&["logs", "-n", NAMESPACE, pod, "-c", container, "--tail=3", &previous]);
    logs.unwrap_or_else(|error| error.to_string())
}
