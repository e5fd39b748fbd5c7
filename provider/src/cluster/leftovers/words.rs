//! What the user reads about what a destroy found beside the cluster. Pure.

use tfplugin_framework::diagnostic::Diagnostics;

use crate::cloud::error::CloudError;

use super::{After, Balancer, Before, Choices, Instance, Volume};

pub(super) fn foreign_groups(names: &[String]) -> CloudError {
    CloudError::told(
        format!("it has node groups that this resource does not manage: {}", names.join(", ")),
        "Nothing was deleted. Delete them first where they are managed, then destroy again. Or set \
         `destroy = { force_unmanaged_node_groups = true }` and apply that: a destroy then deletes them too.",
    )
}

pub(super) fn foreign_nodes(instances: &[Instance]) -> CloudError {
    let ids: Vec<&str> = instances.iter().map(|one| one.id.as_str()).collect();
    CloudError::told(
        format!("it has nodes that no managed node group has: {}", ids.join(", ")),
        format!(
            "{}\n\nNothing was deleted. They are tagged as nodes of this cluster, and without it they would run on for \
             nobody. Delete their Auto Scaling groups, or the node pools of Karpenter, then destroy again. Or set `destroy = {{ \
             force_unmanaged_node_groups = true }}` and apply that: a destroy then leaves them running.",
            lines(instances.iter().map(instance))
        ),
    )
}

pub(super) fn load_balancers(all: &[Balancer]) -> CloudError {
    let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    CloudError::told(
        format!("workloads on it have load balancers: {}", names.join(", ")),
        format!(
            "{}\n\nNothing was deleted, because `destroy.delete_load_balancers` is false. Delete the Services of type \
             LoadBalancer and the Ingresses, then destroy again.",
            lines(all.iter().map(balancer))
        ),
    )
}

/// That load balancers went with the cluster.
pub(crate) fn deleted(object: &str, before: &Before, after: &After, choices: Choices) -> Diagnostics {
    let mut all = Diagnostics::none();
    let mut gone: Vec<String> = before.balancers.iter().chain(&after.balancers).map(balancer).collect();
    gone.dedup();
    if choices.load_balancers && !gone.is_empty() {
        all.warning(
            format!("{object}: load balancers that its workloads had left were deleted"),
            format!(
                "{}\n\nTheir target groups and security groups went with them. With `destroy = {{ delete_load_balancers = false \
                 }}` a destroy that finds any is refused.",
                lines(gone)
            ),
        );
    }
    all
}

/// What stays although the cluster is gone, and how to get rid of it.
pub(crate) fn kept(object: &str, before: &Before, after: &After, choices: Choices) -> Diagnostics {
    let mut parts = Vec::new();
    let mut names = Vec::new();
    if !choices.volumes && !after.volumes.is_empty() {
        names.push("volumes");
        parts.push(format!(
            "Volumes of PersistentVolumeClaims, with what is on them (`destroy.delete_volumes` is false):\n{}\n`aws ec2 \
             delete-volume --volume-id ID` deletes one.",
            lines(after.volumes.iter().map(volume))
        ));
    }
    if !choices.load_balancers && !after.balancers.is_empty() {
        names.push("load balancers");
        parts.push(format!(
            "Load balancers (`destroy.delete_load_balancers` is false):\n{}",
            lines(after.balancers.iter().map(balancer))
        ));
    }
    if choices.force && !before.instances.is_empty() {
        names.push("instances");
        parts.push(format!(
            "Nodes that no managed node group had, which keep running (`destroy.force_unmanaged_node_groups` is true):\n{}",
            lines(before.instances.iter().map(instance))
        ));
    }
    if !choices.logs
        && let Some(group) = &after.log_group
    {
        names.push("logs");
        parts.push(format!(
            "Logs of the control plane (`logging.delete_on_destroy` is false), for as long as log group {group} keeps them. \
             `aws logs delete-log-group --log-group-name {group}` deletes them."
        ));
    }
    let mut all = Diagnostics::none();
    if !parts.is_empty() {
        all.warning(format!("{object} is deleted, and {} of it are kept", names.join(" and ")), parts.join("\n\n"));
    }
    all
}

fn lines(all: impl IntoIterator<Item = String>) -> String {
    all.into_iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n")
}

fn balancer(one: &Balancer) -> String {
    format!("{} ({})", one.name, one.address)
}

fn volume(one: &Volume) -> String {
    match one.claim.is_empty() {
        true => format!("{} ({} GiB)", one.id, one.gib),
        false => format!("{} ({} GiB, of claim {})", one.id, one.gib, one.claim),
    }
}

fn instance(one: &Instance) -> String {
    match one.name.is_empty() {
        true => one.id.clone(),
        false => format!("{} ({})", one.id, one.name),
    }
}
