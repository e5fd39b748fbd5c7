//! The provider is killed before and after a call; one further apply ends with the same objects. One run for each
//! distinct operation with the real CLIs; every single call is the scripted core's.

use acceptance::configuration::{Block, VARIABLES, app, cluster};
use acceptance::terraform::{Core, Workspace};
use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};

use crate::world::{Account, World};

fn configuration() -> String {
    format!("{VARIABLES}{}{}", cluster("prod"), app("web"))
}

/// Service and operation, as the request log has them.
type Operation = (String, String);

/// The distinct changing operations of a create and a destroy, each once, in order: (service, operation).
fn operations(world: &World) -> anyhow::Result<(Vec<Operation>, Vec<Operation>)> {
    let account = world.account()?;
    let workspace = account.workspace(Core::Terraform)?;
    workspace.main(&configuration())?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    let create = distinct(&account.mutating()?);
    let before = account.mutating()?.len();
    workspace.destroy(&[])?.succeeded()?;
    let destroy = distinct(&account.mutating()?[before..]);
    account.left_nothing()?;
    Ok((create, destroy))
}

fn distinct(calls: &[Json]) -> Vec<Operation> {
    let mut all: Vec<Operation> = Vec::new();
    for call in calls {
        let one = (
            call["service"].as_str().unwrap_or_default().to_owned(),
            call["operation"].as_str().unwrap_or_default().to_owned(),
        );
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

fn kill(account: &Account, (service, operation): &(String, String), when: &str) -> anyhow::Result<()> {
    account.arm(&json!({ "match": { "service": service, "operation": operation, "mutating": true, "nth": 1 }, "when": when, "do": "kill" }))
}

/// The kill must have struck, or the run shows nothing.
fn struck(account: &Account, what: &str) -> anyhow::Result<()> {
    let faults = account.faults();
    let applied: u64 = faults.iter().map(|one| one.applied).sum();
    ensure!(applied == 1, "{what}: the provider was not killed: {faults:?}");
    account.disarm();
    Ok(())
}

fn recovers(account: &Account, workspace: &Workspace, what: &str) -> anyhow::Result<()> {
    workspace.apply(&[])?.succeeded().with_context(|| format!("{what}: the next apply"))?;
    let plan = workspace.plan(&[])?;
    ensure!(plan.code == 0, "{what}: the plan after it is not empty:\n{}", plan.output);
    let clusters = account.list_clusters()?;
    ensure!(clusters == ["prod"], "{what}: there are the clusters {clusters:?}");
    Ok(())
}

/// Kills at every distinct operation of a create, by turns before and after its effect and with the one CLI and the other.
pub(crate) fn in_every_operation_of_a_create(world: &World) -> anyhow::Result<()> {
    let (create, _) = operations(world)?;
    ensure!(create.len() > 8, "a create has more changing operations than {create:?}");
    for (turn, operation) in create.iter().enumerate() {
        let (core, when) = if turn % 2 == 0 { (Core::Terraform, "after") } else { (Core::OpenTofu, "before") };
        let what = format!("{core} killed {when} {}/{}", operation.0, operation.1);
        let account = world.account()?;
        let workspace = account.workspace(core)?;
        workspace.main(&configuration())?;
        workspace.init()?;
        kill(&account, operation, when)?;
        workspace.apply(&[])?.failed().context(what.clone())?;
        struck(&account, &what)?;
        let made = account.describe_cluster("prod").ok();
        recovers(&account, &workspace, &what)?;
        let now = account.describe_cluster("prod")?;
        if let Some(made) = made {
            ensure!(made["createdAt"] == now["createdAt"], "{what}: the cluster is another one");
        }
        workspace.destroy(&[])?.succeeded().with_context(|| format!("{what}: the destroy"))?;
        account.left_nothing().context(what)?;
    }
    Ok(())
}

/// Kills at every distinct operation of a destroy; a second destroy leaves nothing.
pub(crate) fn in_every_operation_of_a_destroy(world: &World) -> anyhow::Result<()> {
    let (_, destroy) = operations(world)?;
    for (turn, operation) in destroy.iter().enumerate() {
        let (core, when) = if turn % 2 == 0 { (Core::OpenTofu, "before") } else { (Core::Terraform, "after") };
        let what = format!("{core} killed {when} {}/{}", operation.0, operation.1);
        let account = world.account()?;
        let workspace = account.workspace(core)?;
        workspace.main(&configuration())?;
        workspace.init()?;
        workspace.apply(&[])?.succeeded()?;
        kill(&account, operation, when)?;
        workspace.destroy(&[])?.failed().context(what.clone())?;
        struck(&account, &what)?;
        workspace.destroy(&[])?.succeeded().with_context(|| format!("{what}: the second destroy"))?;
        account.left_nothing().context(what)?;
    }
    Ok(())
}

/// Changes of one cluster, each from where the one before ends, and the operation at which the provider is killed in it:
/// minor after minor, another node group and back, Auto Mode and back.
fn changes() -> Vec<(Block, &'static str, &'static str)> {
    let at = |version: &str| cluster("prod").text("kubernetes_version", version);
    let managed = || at("1.36");
    let other = || managed().set("node_groups", "{ default = { instance_types = [\"m8g.large\"] } }");
    let auto = || managed().text("mode", "auto");
    vec![
        (at("1.34"), "eks", "UpdateClusterVersion"),
        (at("1.35"), "eks", "UpdateAddon"),
        (managed(), "eks", "UpdateNodegroupVersion"),
        (other(), "eks", "CreateNodegroup"),
        (managed(), "eks", "DeleteNodegroup"),
        (auto(), "eks", "UpdateClusterConfig"),
        (managed(), "iam", "CreateRole"),
        (auto(), "eks", "DeleteAddon"),
        (managed(), "eks", "CreateAddon"),
        (auto(), "iam", "DetachRolePolicy"),
        (managed(), "iam", "AttachRolePolicy"),
        (auto(), "iam", "DeleteRole"),
        (managed(), "eks", "TagResource"),
        (auto(), "eks", "DeleteAccessEntry"),
    ]
}

/// Kills at every distinct operation of updates: upgrades, the swap of a node group, changes of the mode. It stays the same
/// cluster from the first to the last.
pub(crate) fn in_every_operation_of_an_update(world: &World, core: Core) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(core)?;
    let write = |block: &Block| workspace.main(&format!("{VARIABLES}{block}"));
    write(&cluster("prod").text("kubernetes_version", "1.33"))?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    let made = account.describe_cluster("prod")?;
    let before = account.mutating()?.len();
    let changes = changes();
    for (turn, (block, service, operation)) in changes.iter().enumerate() {
        let when = if (turn % 2 == 0) == (core == Core::Terraform) { "before" } else { "after" };
        let what = format!("{core} killed {when} {service}/{operation}, turn {turn}");
        write(block)?;
        kill(&account, &((*service).to_owned(), (*operation).to_owned()), when)?;
        workspace.apply(&[])?.failed().context(what.clone())?;
        struck(&account, &what)?;
        workspace.apply(&[])?.succeeded().with_context(|| format!("{what}: the next apply"))?;
        let plan = workspace.plan(&[])?;
        ensure!(plan.code == 0, "{what}: the plan after it is not empty:\n{}", plan.output);
    }
    let now = account.describe_cluster("prod")?;
    for same in ["createdAt", "identity"] {
        ensure!(made[same] == now[same], "the cluster is another one: {} {}", made[same], now[same]);
    }
    let all = distinct(&account.mutating()?[before..]);
    let left: Vec<_> = all
        .iter()
        .filter(|(service, name)| !changes.iter().any(|(_, struck, operation)| service == struck && name == operation))
        .collect();
    ensure!(left.is_empty(), "the provider was never killed at {left:?}");
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}
