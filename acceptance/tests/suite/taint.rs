//! What core does with a create that failed, and what becomes of the cluster: it is continued, never made twice.

use acceptance::configuration::{Block, VARIABLES, cluster};
use acceptance::terraform::{Core, Workspace};
use anyhow::ensure;
use serde_json::{Value as Json, json};

use crate::world::{Account, World};

/// Every node group of the account is refused until the fault is cleared.
fn refuse_node_groups(account: &Account) -> anyhow::Result<()> {
    account.arm(&json!({
        "match": { "service": "eks", "operation": "CreateNodegroup" },
        "do": { "status": { "http": 400, "code": "ResourceLimitExceededException", "message": "Nodegroup limit exceeded" } },
        "times": "always"
    }))
}

/// A cluster whose create failed in the middle: tainted in state, there in the account.
fn failed<'w>(
    world: &'w World,
    core: Core,
    block: &Block,
    more: &str,
) -> anyhow::Result<(Account<'w>, Workspace, Json)> {
    let account = world.account()?;
    let workspace = account.workspace(core)?;
    workspace.main(&format!("{VARIABLES}{block}{more}"))?;
    workspace.init()?;
    refuse_node_groups(&account)?;
    workspace.apply(&[])?.failed()?.says(&["Nodegroup limit exceeded"])?;
    ensure!(workspace.tainted("paas_cluster.main")?, "a failed create is not tainted");
    ensure!(workspace.attributes("paas_cluster.main")?["ready"] == false, "an unfinished cluster is ready");
    let made = account.describe_cluster("prod")?;
    Ok((account, workspace, made))
}

/// The next apply continues the cluster, whatever core calls it.
fn continued(account: &Account, workspace: &Workspace, made: &Json) -> anyhow::Result<()> {
    account.disarm();
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    let now = account.describe_cluster("prod")?;
    ensure!(made["createdAt"] == now["createdAt"] && made["identity"] == now["identity"], "the cluster is another one");
    ensure!(!workspace.tainted("paas_cluster.main")?, "the cluster is still tainted");
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}

/// Delete, then create: the delete half leaves the cluster alone.
pub(crate) fn is_continued(world: &World, core: Core) -> anyhow::Result<()> {
    let (account, workspace, made) = failed(world, core, &cluster("prod"), "")?;
    // A second failure changes nothing.
    workspace.apply(&[])?.failed()?;
    ensure!(account.describe_cluster("prod")?["createdAt"] == made["createdAt"], "the second failure cost the cluster");
    continued(&account, &workspace, &made)
}

/// The cluster's own `create_before_destroy`.
pub(crate) fn is_continued_before_destroy(world: &World, core: Core) -> anyhow::Result<()> {
    let block = cluster("prod").lifecycle("create_before_destroy = true");
    let (account, workspace, made) = failed(world, core, &block, "")?;
    continued(&account, &workspace, &made)
}

/// `create_before_destroy` forced by a dependant.
pub(crate) fn is_continued_for_a_dependant(world: &World, core: Core) -> anyhow::Result<()> {
    let dependant = "resource \"terraform_data\" \"after\" {\n  input = paas_cluster.main.arn\n  lifecycle {\n    create_before_destroy = true\n  }\n}\n";
    let (account, workspace, made) = failed(world, core, &cluster("prod"), dependant)?;
    continued(&account, &workspace, &made)
}

/// `prevent_destroy` blocks core's plan; the warning names the way out.
pub(crate) fn with_prevent_destroy_is_untainted_first(world: &World, core: Core) -> anyhow::Result<()> {
    let block = cluster("prod").lifecycle("prevent_destroy = true");
    let (account, workspace, made) = failed(world, core, &block, "")?;
    account.disarm();
    workspace.apply(&[])?.failed()?.says(&["untaint"])?;
    workspace.run(&["untaint", "-no-color", "paas_cluster.main"])?.succeeded()?;
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    ensure!(account.describe_cluster("prod")?["createdAt"] == made["createdAt"], "the cluster is another one");
    workspace.main(&format!("{VARIABLES}{}", cluster("prod")))?;
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}

/// Renamed after the failure: the unfinished cluster really goes.
pub(crate) fn and_renamed_leaves_nothing(world: &World, core: Core) -> anyhow::Result<()> {
    let (account, workspace, _) = failed(world, core, &cluster("prod"), "")?;
    account.disarm();
    workspace.main(&format!("{VARIABLES}{}", cluster("live")))?;
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    let clusters = account.list_clusters()?;
    ensure!(clusters == ["live"], "there are the clusters {clusters:?}");
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}

/// Given up: a destroy of what is unfinished leaves nothing.
pub(crate) fn and_abandoned_leaves_nothing(world: &World, core: Core) -> anyhow::Result<()> {
    let (account, workspace, _) = failed(world, core, &cluster("prod"), "")?;
    account.disarm();
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}
