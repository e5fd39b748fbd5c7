//! Ctrl-C: the terminal signals the whole process group, core asks the provider to stop, and nothing is lost.

use acceptance::configuration::{VARIABLES, app, cluster};
use acceptance::terraform::Core;
use anyhow::{Context, ensure};
use serde_json::json;

use crate::world::World;

/// Interrupts an apply at one call and lets the next one finish what was begun.
fn interrupted_at(world: &World, core: Core, service: &str, operation: &str, nth: u32) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(core)?;
    workspace.main(&format!("{VARIABLES}{}{}", cluster("prod"), app("web")))?;
    workspace.init()?;
    let mut apply = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    let group = i32::try_from(apply.id())?;
    account.arm(
        &json!({ "match": { "service": service, "operation": operation, "nth": nth }, "do": { "interrupt": group } }),
    )?;
    let ended = apply.wait()?;
    let output = std::fs::read_to_string(workspace.path().join("apply.log"))?;
    let faults = account.faults();
    ensure!(faults.iter().any(|one| one.applied == 1), "the apply was never interrupted: {faults:?}\n{output}");
    account.disarm();
    ensure!(!ended.success(), "an interrupted apply succeeded:\n{output}");
    ensure!(!output.contains("did not respond"), "the provider died:\n{output}");
    ensure!(!workspace.tainted("paas_cluster.main")?, "the cluster is tainted:\n{output}");
    ensure!(workspace.attributes("paas_cluster.main")?["ready"] == false, "the cluster is ready:\n{output}");
    let made = account.describe_cluster("prod").with_context(|| output.clone())?;
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    ensure!(account.describe_cluster("prod")?["createdAt"] == made["createdAt"], "the cluster is another one");
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}

/// While the cluster is being made.
pub(crate) fn in_a_cluster_continues_it(world: &World, core: Core) -> anyhow::Result<()> {
    interrupted_at(world, core, "eks", "CreateNodegroup", 1)
}

/// While the control plane itself is on its way: the first look finds nothing, the second is already a wait.
pub(crate) fn in_a_control_plane_continues_it(world: &World, core: Core) -> anyhow::Result<()> {
    interrupted_at(world, core, "eks", "DescribeCluster", 2)
}
