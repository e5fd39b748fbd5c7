//! The examples of clusters, as a user copies them: applied, planned, imported, destroyed.

use std::path::Path;

use acceptance::terraform::Core;
use anyhow::ensure;

use crate::lifecycle::settle;
use crate::world::World;

/// Applies an example, changes the variables of `then` and applies again; imports it into an empty state without a replacement;
/// destroys it.
fn lives(world: &World, example: &str, then: &[(&str, &str)]) -> anyhow::Result<()> {
    let account = world.account()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example);
    let ci = account.role("ci", "ec2.amazonaws.com", &["sts:AssumeRole"])?;
    let pods = account.role("pods", "pods.eks.amazonaws.com", &["sts:AssumeRole", "sts:TagSession"])?;
    let template = account.launch_template()?;
    let given = [
        ("deletion_protection", "false"),
        ("ci_arn", ci.as_str()),
        ("pod_role_arn", pods.as_str()),
        ("launch_template_id", template.as_str()),
    ];
    let open = |variables: &[(&str, &str)]| -> anyhow::Result<_> {
        let mut workspace = account.workspace(Core::Terraform)?;
        workspace.copy(&folder)?;
        for (name, value) in given.iter().chain(variables) {
            workspace.set(&format!("TF_VAR_{name}"), value);
        }
        workspace.init()?;
        Ok(workspace)
    };
    let mut workspace = open(&[])?;
    settle(&account, &workspace)?;
    let name = workspace.attributes("paas_cluster.this")?["name"].as_str().unwrap_or_default().to_owned();
    let made = account.describe_cluster(&name)?;
    if !then.is_empty() {
        for (name, value) in then {
            workspace.set(&format!("TF_VAR_{name}"), value);
        }
        settle(&account, &workspace)?;
    }
    ensure!(made["createdAt"] == account.describe_cluster(&name)?["createdAt"], "the cluster is another one");

    let other = open(then)?;
    let before = account.mutating()?.len();
    other.run(&["import", "-no-color", "-input=false", "paas_cluster.this", &name])?.succeeded()?;
    let planned = other.planned_actions(&[])?;
    ensure!(!planned.iter().any(|one| one.contains("delete") || one.contains("create")), "an import plans {planned:?}");
    ensure!(account.mutating()?.len() == before, "an import touched something");

    workspace.destroy(&[])?.succeeded()?;
    for role in ["ci", "pods"] {
        account.client("aws", &["iam", "delete-role", "--role-name", role])?;
    }
    account.client("aws", &["ec2", "delete-launch-template", "--launch-template-id", &template])?;
    account.left_nothing()
}

pub(crate) fn of_a_minimal_cluster(world: &World) -> anyhow::Result<()> {
    lives(world, "cluster-minimal", &[])
}

pub(crate) fn of_a_complete_cluster(world: &World) -> anyhow::Result<()> {
    lives(world, "cluster-complete", &[])
}

pub(crate) fn of_an_upgrade(world: &World) -> anyhow::Result<()> {
    lives(world, "cluster-upgrade", &[("kubernetes_version", "1.36")])
}

pub(crate) fn of_auto_mode(world: &World) -> anyhow::Result<()> {
    lives(world, "cluster-auto-mode", &[])
}
