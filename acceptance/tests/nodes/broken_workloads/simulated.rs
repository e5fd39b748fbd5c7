//! Simulated nodes, held against the table of real ones. Needs no root: a control plane of its own, and no AWS.

use anyhow::{Context as _, ensure};
use sandbox_kube::{ControlPlane, ControlPlaneSpec, NodeSpec, Tools, Wanted};

use super::workload::Workload;
use super::{look, table, workloads};
use crate::world::run;

/// What simulated nodes show of the workloads that they play is what the table says.
pub(crate) fn show_what_the_table_says() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let dir = tempfile::Builder::new().prefix("paas-simulated-").tempdir()?;
    let tools = Tools::prepare(&|line| eprintln!("{line}"), Wanted::Services)?;
    let plane = runtime.block_on(start(&tools, dir.path().join("plane")))?;
    let kubeconfig = plane.admin_kubeconfig();
    let kubectl = |arguments: &[&str]| {
        run(std::process::Command::new(&tools.kubectl).arg("--kubeconfig").arg(&kubeconfig).args(arguments))
    };
    let workloads = workloads()?;
    let played: Vec<&Workload> =
        workloads.iter().flat_map(|(_, workloads)| workloads).filter(|workload| workload.simulated).collect();
    let wanted = table::sections()?;
    let shown = look::at(&played, &kubectl, Some(&wanted));
    runtime.block_on(plane.stop())?;

    let differences: Vec<String> = played
        .iter()
        .zip(shown?)
        .map(|(workload, shown)| {
            let wanted =
                wanted.get(&workload.name).with_context(|| format!("{} is not in the table", workload.name))?;
            Ok(difference(wanted, &shown))
        })
        .collect::<anyhow::Result<_>>()?;
    let differences = differences.concat();
    ensure!(differences.is_empty(), "simulated nodes (+) differ from real ones (-):\n{differences}");
    Ok(())
}

async fn start(tools: &Tools, dir: std::path::PathBuf) -> anyhow::Result<ControlPlane> {
    let spec = ControlPlaneSpec {
        dir,
        kubernetes_version: format!("1.{}", Tools::KUBERNETES_MINOR),
        token_webhook: None,
        service_account_issuer: None,
        real_nodes: None,
    };
    let plane = ControlPlane::start(tools, spec).await?;
    for number in 1..=2 {
        let node = NodeSpec {
            name: format!("ip-10-0-{number}-10.eu-west-1.compute.internal"),
            instance_type: "m6i.large".to_owned(),
            zone: "eu-west-1a".to_owned(),
            ..NodeSpec::default()
        };
        plane.add_node(&node).await?;
    }
    Ok(plane)
}

/// The lines that only one of them has, below the workload's name; nothing where they are the same.
fn difference(wanted: &str, shown: &str) -> String {
    if wanted == shown {
        return String::new();
    }
    let only = |sign: &str, these: &str, those: &str| -> String {
        let lines = these.lines().filter(|line| !those.lines().any(|other| other == *line));
        lines.map(|line| format!("{sign} {line}\n")).collect()
    };
    let name = wanted.lines().next().unwrap_or_default();
    format!("{name}\n{}{}", only("-", wanted, shown), only("+", shown, wanted))
}
