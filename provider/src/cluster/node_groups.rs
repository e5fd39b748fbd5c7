//! Managed node groups: what the user writes and reads back. `meant` reads it with every default, `live` is what EKS has,
//! `course` finds the group that a key has and `steps` what leads to what is meant; `words` says what is there in the user's
//! words, `plan` what will happen, `health` what is wrong. Pure but for `remote`, which has the calls.

pub(crate) mod checks;
pub(crate) mod course;
pub(crate) mod health;
pub(crate) mod live;
pub(crate) mod meant;
pub(crate) mod plan;
pub(crate) mod remote;
pub(crate) mod steps;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::check::{at_least, between, distinct, each, each_key, one_of, size};

use super::model::checks::{instance_type, same_texts, subnet_id};

pub(crate) use live::LiveNodeGroup;
#[cfg(test)]
pub(crate) use live::Size;
pub(crate) use meant::GroupSpec;
pub(crate) use steps::{GroupChange, NewGroup, NewVersion};

/// What a change of what EKS cannot change does.
const SWAPS: &str = "another group, KEY-HASH, takes its place";
/// The key of the group of a cluster that names none.
pub(crate) const DEFAULT: &str = "default";

model! {
    /// A managed node group: EC2 instances that EKS creates, repairs and drains.
    ///
    /// Size, labels, taints, how updates go, repair, release and the version of a launch template change in place. EKS
    /// cannot change the rest in a group that exists: a new one, called KEY-HASH, comes up with as many nodes as the old one
    /// has, and then the old one is deleted. The cluster stays. A group that somebody else made under the name of a key is
    /// taken over as it is; the next plan says what would take its place.
    pub struct NodeGroup {
        /// The nodes' operating system. The image is that of EKS for it and for the processors of `instance_types`.
        os: String = optional().changes(SWAPS).otherwise("`al2023`; with `launch_template` what that says").check(one_of(&["al2023", "bottlerocket"])),
        /// The type of the nodes' image in the words of EKS, such as `AL2023_x86_64_NVIDIA`, in place of `os`.
        ami_type: String = optional().changes(SWAPS).otherwise("by `os`").check(one_of(&checks::IMAGES)),
        /// EC2 instance types, most preferred first, all of one architecture.
        instance_types: List<String> = optional().changes(SWAPS)
            .otherwise("`[\"m7i-flex.large\", \"m6i.large\", \"m6a.large\"]`; with `launch_template` what that says")
            .check(size(1, 20))
            .check(distinct)
            .check(each(instance_type)),
        /// How the instances are bought: `ON_DEMAND`, `SPOT`, or `CAPACITY_BLOCK` with a `launch_template` that names the
        /// reservation. For `SPOT` write three instance types or more.
        capacity: String = optional().changes(SWAPS).otherwise("`ON_DEMAND`").check(one_of(&["ON_DEMAND", "SPOT", "CAPACITY_BLOCK"])),
        /// The least number of nodes.
        min: i64 = optional().otherwise("2, or `max` if that is less").check(between(0, 450)),
        /// The largest number of nodes.
        max: i64 = optional().otherwise("6, or `min` if that is more").check(between(1, 450)),
        /// How many nodes the group starts with. Later their number is the autoscaler's, within `min` and `max`.
        desired: i64 = optional().changes("nothing: it holds at creation only").otherwise("`min`").check(between(0, 450)),
        /// GiB of each node's root volume. With `launch_template` that says it.
        disk_gib: i64 = optional().changes(SWAPS).otherwise("50").check(between(20, 16384)),
        /// Labels of every node. They are all that the group has: labels that somebody adds to it in EKS are removed.
        labels: Map<String> = optional().otherwise("none").check(size(0, 100)).check(each_key(checks::label_key)).check(each(checks::label_value)),
        /// Taints of every node, all that the group has. Their order means nothing.
        taints: List<Taint> = optional().otherwise("none").equal(words::same_taints).check(size(0, 50)),
        /// The nodes' subnets. Left out, a group is made in the cluster's and stays in them.
        subnet_ids: List<String> = optional().changes(SWAPS)
            .otherwise("those of the cluster when the group is made")
            .equal(same_texts)
            .check(size(1, 16))
            .check(distinct)
            .check(each(subnet_id)),
        /// How many nodes an update may take away at once, as a number.
        max_unavailable: i64 = optional().otherwise("by `max_unavailable_percentage`").check(between(1, 100)),
        /// How many nodes an update may take away at once, in percent of the group.
        max_unavailable_percentage: i64 = optional().otherwise("33").check(between(1, 100)),
        /// How an update replaces nodes: `DEFAULT` starts new ones first, `MINIMAL` ends old ones first, where there is no
        /// capacity for both.
        update_strategy: String = optional().otherwise("`DEFAULT`").check(one_of(&["DEFAULT", "MINIMAL"])),
        /// Whether EKS replaces nodes that are not healthy.
        auto_repair: bool = optional().otherwise("`true`"),
        /// The release of the nodes' image, such as `1.35.2-20261105`. `latest` goes to the newest with every apply that
        /// changes the cluster. Nodes never go back to an earlier one.
        release_version: String = optional().changes("in place to a later one: nodes are replaced").otherwise("the newest when the group is made, which then stays").check(checks::release),
        /// An EC2 launch template for what EKS has no attribute for.
        launch_template: LaunchTemplate = optional().otherwise("one that EKS makes"),
    }
}

model! {
    /// A taint of every node of a group.
    pub struct Taint {
        /// Its key.
        key: String = required().check(checks::taint_key),
        /// Its value.
        value: String = optional().otherwise("none").check(checks::taint_value),
        /// What happens to pods that do not tolerate it.
        effect: String = required().check(one_of(&["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"])),
    }
}

model! {
    /// A launch template of EC2. It must name neither subnets nor an instance profile, and an instance type only where
    /// `instance_types` is left out.
    pub struct LaunchTemplate {
        /// Its id. Another one makes another group.
        id: String = required().changes(SWAPS).check(checks::template_id),
        /// Its version, a number: `aws_launch_template.NAME.latest_version`. Another one replaces the nodes in place.
        version: i64 = required().changes("in place: nodes are replaced").check(at_least(1)),
    }
}

model! {
    /// What became of a node group.
    pub struct NodeGroupStatus {
        /// Its name in EKS.
        name: String = computed(),
        /// Its ARN.
        arn: String = computed(),
        /// Its status in EKS, such as `ACTIVE`; `MISSING` if it was deleted elsewhere.
        status: String = computed(),
        /// The Kubernetes version of its nodes. It follows the cluster's. Null where a launch template has an image of its own.
        kubernetes_version: String = computed(),
        /// The version of its AMI.
        release_version: String = computed(),
        /// The least number of nodes.
        min: i64 = computed(),
        /// The largest number of nodes.
        max: i64 = computed(),
        /// Its Auto Scaling groups.
        autoscaling_groups: List<String> = computed(),
        /// The subnets of its nodes.
        subnet_ids: List<String> = computed(),
    }
}
