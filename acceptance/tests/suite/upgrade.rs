//! Upgrades: one minor after the other in one apply, and the refusal where EKS knows of something that breaks.

use acceptance::configuration::{VARIABLES, cluster};
use acceptance::terraform::Core;
use anyhow::ensure;

use crate::lifecycle::settle;
use crate::world::World;

/// Two minors in one apply; the second is refused while an insight does not pass, and the next apply goes on from the first.
pub(crate) fn goes_through_each_minor(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::OpenTofu)?;
    let at = |version: &str, more: &str| {
        format!("{VARIABLES}{}", cluster("prod").text("kubernetes_version", version).set("upgrade", more))
    };
    workspace.main(&at("1.34", "null"))?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let made = account.describe_cluster("prod")?;

    workspace.main(&at("1.33", "null"))?;
    workspace.plan(&[])?.failed()?.says(&["kubernetes_version", "cannot go back"])?;

    account.insight("prod", "ERROR", "Deprecated APIs", &["/apis/batch/v1beta1/cronjobs"])?;
    workspace.main(&at("1.36", "null"))?;
    let said = ["Deprecated APIs", "/apis/batch/v1beta1/cronjobs", "ignore_insights"];
    workspace.plan(&[])?.failed()?.says(&said)?;
    workspace.main(&at("1.36", "{ ignore_insights = [\"Deprecated APIs\"] }"))?;
    settle(&account, &workspace)?;

    let live = account.describe_cluster("prod")?;
    ensure!(live["version"] == "1.36" && live["createdAt"] == made["createdAt"], "it is {}", live["version"]);
    let group = account.aws(&["eks", "describe-nodegroup", "--cluster-name", "prod", "--nodegroup-name", "default"])?;
    ensure!(group["nodegroup"]["version"] == "1.36", "the nodes are at {}", group["nodegroup"]["version"]);
    let versions = workspace.attributes("paas_cluster.main")?["installed_addons"].clone();
    ensure!(versions["kube-proxy"]["version"].as_str().is_some_and(|text| text.starts_with("v1.36")), "{versions}");
    let updates = account.mutating()?;
    let upgrades = updates.iter().filter(|one| one["operation"] == "UpdateClusterVersion").count();
    ensure!(upgrades == 2, "expected two upgrades of the control plane and found {upgrades}");
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}
