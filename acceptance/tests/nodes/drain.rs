//! A node that leaves is drained: pods are evicted as budgets allow, and nobody who asks the app notices.

use std::time::{Duration, Instant};

use acceptance::configuration::app;
use acceptance::quickstart::requests::Requests;
use anyhow::ensure;

use crate::world::World;

const BUDGET: &str = r#"{"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "drained", "namespace": "shop"},
"spec": {"minAvailable": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": "drained"}}}}"#;
const PATIENCE: Duration = Duration::from_secs(90);

/// From two nodes to one, and to none.
pub(crate) fn respects_a_budget_and_loses_no_request(world: &World) -> anyhow::Result<()> {
    let cluster = world.new_cluster()?;
    cluster.with(&[app("drained")])?;
    cluster.workspace().apply(&[])?.succeeded()?;
    let file = cluster.workspace().path().join("budget.json");
    std::fs::write(&file, BUDGET)?;
    cluster.kubectl(&["apply", "-f", &file.display().to_string()])?;
    let nodes = || -> anyhow::Result<usize> { Ok(cluster.kubectl(&["get", "nodes", "-o", "name"])?.lines().count()) };
    let scale = |size: usize| -> anyhow::Result<()> {
        let groups = cluster.aws(&[
            "eks",
            "list-nodegroups",
            "--cluster-name",
            "prod",
            "--query",
            "nodegroups[0]",
            "--output",
            "text",
        ])?;
        let scaling = format!("minSize=0,desiredSize={size}");
        let update = ["eks", "update-nodegroup-config", "--cluster-name", "prod", "--nodegroup-name", groups.trim()];
        cluster.aws(&[&update[..], &["--scaling-config", &scaling]].concat())?;
        let asked = Instant::now();
        while nodes()? != size {
            ensure!(asked.elapsed() < PATIENCE, "there are {} nodes and not {size}", nodes()?);
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    };
    ensure!(nodes()? == 2, "the default node group has {} nodes", nodes()?);
    let requests = Requests::start(&world.url(cluster.account(), "drained")?);
    scale(1)?;
    cluster.kubectl(&["rollout", "status", "-n", "shop", "deployment/drained", "--timeout=60s"])?;
    let count = requests.end()?;
    ensure!(count.answered > 20, "{count:?}");
    ensure!(
        count.failures.is_empty(),
        "{} of {} requests failed: {:?}",
        count.failures.len(),
        count.answered,
        count.failures.first()
    );

    // The budget holds the last pod for as long as EKS's patience; then the node goes all the same.
    scale(0)?;
    let label = "app.kubernetes.io/name=drained";
    let phases = ["get", "pods", "-n", "shop", "-l", label, "-o", "jsonpath={.items[*].status.phase}"];
    let asked = Instant::now();
    // The controllers make new pods in their own time; there is nowhere for them to run.
    loop {
        let seen = cluster.kubectl(&phases)?;
        if seen.split(' ').all(|phase| phase == "Pending") {
            break;
        }
        ensure!(asked.elapsed() < PATIENCE, "pods without a node are {seen:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
    scale(2)?;
    cluster.kubectl(&["rollout", "status", "-n", "shop", "deployment/drained", "--timeout=90s"])?;
    cluster.workspace().destroy(&[])?.succeeded().map(drop)
}
