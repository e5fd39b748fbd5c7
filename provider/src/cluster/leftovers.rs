//! What a cluster that is destroyed leaves in AWS: load balancers and volumes of its workloads, network interfaces of its nodes,
//! nodes of others. Pure: which of it is the cluster's, what goes and what stays. `remote` looks and deletes, `words` tells.

pub(crate) mod remote;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;
use std::time::Duration;

use tfplugin_framework::prelude::*;

use crate::cloud::error::CloudError;
use crate::cloud::steps::Stage;

use super::control_plane::blocks::Logging;
use super::model::Cluster;
use super::parts::Tags;
use super::step::Step;

pub(crate) use words::{deleted, kept};

/// How long network interfaces and attachments may outlive what they belonged to.
pub(crate) const LINGER: Duration = Duration::from_secs(15 * 60);

const NOTED: &str = "noted for the next destroy";

model! {
    /// What a destroy does with what is not the cluster's own.
    pub struct Destroy {
        /// Whether load balancers that Services and Ingresses left are deleted, with their target groups and security
        /// groups; a warning lists them. With `false` a destroy that finds any is refused before anything is touched.
        delete_load_balancers: bool = optional().otherwise("`true`").changes(NOTED),
        /// Whether the EBS volumes of PersistentVolumeClaims are deleted, with what is on them. A warning lists those that
        /// are kept.
        delete_volumes: bool = optional().otherwise("`false`").changes(NOTED),
        /// Whether the cluster is deleted although it has nodes that this resource does not manage. Managed node groups
        /// are deleted with it; instances without one keep running, and a warning lists them. With `false` a destroy that
        /// finds any is refused before anything is touched.
        force_unmanaged_node_groups: bool = optional().otherwise("`false`").changes(NOTED),
    }
}

/// The same with every default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choices {
    pub load_balancers: bool,
    pub volumes: bool,
    pub force: bool,
    /// Whether the control plane's logs go too.
    pub logs: bool,
}

impl Choices {
    pub(crate) fn of(cluster: &Cluster) -> Choices {
        let written = cluster.destroy.or(Destroy::default());
        Choices {
            load_balancers: written.delete_load_balancers.or(true),
            volumes: written.delete_volumes.or(false),
            force: written.force_unmanaged_node_groups.or(false),
            logs: cluster.logging.or(Logging::default()).delete_on_destroy.or(false),
        }
    }
}

/// The API by which a load balancer is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    /// Known by its name.
    Classic,
    /// Application, network and gateway load balancers, known by their ARN.
    Current,
}

/// A load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Balancer {
    pub generation: Generation,
    pub id: String,
    pub name: String,
    /// Its DNS name.
    pub address: String,
}

/// An EC2 instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    pub id: String,
    /// Its `Name`, possibly empty.
    pub name: String,
}

/// A target group or a security group: by what AWS calls it, and by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub id: String,
    pub name: String,
}

/// Rules of a security group that name one which goes: AWS deletes none that is still named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    pub group: String,
    pub ids: Vec<String>,
}

/// An EBS volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Volume {
    pub id: String,
    pub gib: String,
    /// `NAMESPACE/NAME` of the claim that it was made for, possibly empty.
    pub claim: String,
}

/// What is looked at before anything is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Before {
    pub balancers: Vec<Balancer>,
    /// Nodes without a managed node group.
    pub instances: Vec<Instance>,
}

/// What is there once the control plane is gone, and nobody makes any more of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct After {
    pub balancers: Vec<Balancer>,
    pub target_groups: Vec<Named>,
    pub security_groups: Vec<Named>,
    pub rules: Vec<Rules>,
    /// Network interfaces that nothing uses.
    pub interfaces: Vec<String>,
    pub volumes: Vec<Volume>,
    /// The name of the log group.
    pub log_group: Option<String>,
}

/// One thing to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    Balancer(Balancer),
    TargetGroup(Named),
    Rules(Rules),
    SecurityGroup(Named),
    Interface(String),
    Volume(Volume),
}

/// The tag of in-tree controllers, of the EBS driver and of whoever makes nodes.
pub(crate) fn owned_key(cluster: &str) -> String {
    format!("kubernetes.io/cluster/{cluster}")
}

/// Tags whose value is the cluster's name: of the AWS Load Balancer Controller, of EKS Auto Mode, of the EBS driver.
pub(crate) const NAME_KEYS: [&str; 3] =
    ["elbv2.k8s.aws/cluster", "eks:eks-cluster-name", "ebs.csi.aws.com/cluster-name"];

/// True for the tags of what a controller in the cluster made for it. What several clusters share is nobody's.
pub(crate) fn belongs(cluster: &str, tags: &Tags) -> bool {
    let is = |key: &str, text: &str| tags.get(key).is_some_and(|value| value == text);
    is(&owned_key(cluster), "owned") || NAME_KEYS.iter().any(|key| is(key, cluster))
}

/// True for a security group that a controller made for load balancers; those of nodes may carry the same tags.
pub(crate) fn is_balancers_group(name: &str) -> bool {
    name.starts_with("k8s-")
}

/// True for the tags of an instance that a managed node group or Auto Mode made: EKS ends it with the cluster.
pub(crate) fn is_managed(tags: &Tags) -> bool {
    ["eks:nodegroup-name", "eks:eks-cluster-name"].iter().any(|key| tags.contains_key(*key))
}

/// Why the destroy is refused before anything is touched. `strangers` are managed node groups of others.
pub(crate) fn refused(before: &Before, strangers: &[String], choices: Choices) -> Option<CloudError> {
    if !choices.force && !strangers.is_empty() {
        return Some(words::foreign_groups(strangers));
    }
    if !choices.force && !before.instances.is_empty() {
        return Some(words::foreign_nodes(&before.instances));
    }
    (!choices.load_balancers && !before.balancers.is_empty()).then(|| words::load_balancers(&before.balancers))
}

/// What goes first: traffic ends before the pods that answer it, and nobody is there later to keep a load balancer in shape.
pub(crate) fn first(before: &Before, strangers: &[String], choices: Choices) -> Vec<Stage<Step>> {
    let groups = strangers.iter().filter(|_| choices.force).cloned().map(Step::DeleteNodeGroup);
    vec![balancers(&before.balancers, choices), groups.collect()]
}

/// What goes when the control plane is gone.
pub(crate) fn last(after: &After, choices: Choices) -> Vec<Stage<Step>> {
    let step = |removal: Removal| Step::Leftover(removal);
    let mut middle: Vec<Step> = after.interfaces.iter().cloned().map(Removal::Interface).map(step).collect();
    let mut groups = Vec::new();
    if choices.load_balancers {
        middle.extend(after.target_groups.iter().cloned().map(Removal::TargetGroup).map(step));
        middle.extend(after.rules.iter().cloned().map(Removal::Rules).map(step));
        groups.extend(after.security_groups.iter().cloned().map(Removal::SecurityGroup).map(step));
    }
    if choices.volumes {
        middle.extend(after.volumes.iter().cloned().map(Removal::Volume).map(step));
    }
    // Nobody writes to it any more, so that it does not come back.
    let logs = after.log_group.iter().filter(|_| choices.logs).map(|_| Step::DeleteLogGroup);
    middle.extend(logs);
    vec![balancers(&after.balancers, choices), middle, groups]
}

fn balancers(all: &[Balancer], choices: Choices) -> Stage<Step> {
    let gone = all.iter().filter(|_| choices.load_balancers);
    gone.cloned().map(|one| Step::Leftover(Removal::Balancer(one))).collect()
}

impl Removal {
    /// What did not happen if it failed.
    pub(crate) fn undone(&self) -> String {
        format!("{} was not deleted", self.object())
    }

    fn object(&self) -> String {
        match self {
            Removal::Balancer(one) => format!("load balancer {}", one.name),
            Removal::TargetGroup(one) => format!("target group {}", one.name),
            Removal::Rules(rules) => format!("rule {} of security group {}", rules.ids.join(", "), rules.group),
            Removal::SecurityGroup(one) => format!("security group {} ({})", one.name, one.id),
            Removal::Interface(id) => format!("network interface {id}"),
            Removal::Volume(one) => format!("volume {}", one.id),
        }
    }
}

impl fmt::Display for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delete {}", self.object())
    }
}
