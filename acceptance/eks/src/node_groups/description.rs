//! A node group as DescribeNodegroup shows it. Shapes only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::nodes::Node;
use crate::cloud::Subnet;
use crate::clusters::Health;
use crate::state::Tags;

/// A node group as DescribeNodegroup shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NodeGroup {
    /// Unique in its cluster.
    pub nodegroup_name: String,
    /// `arn:…:nodegroup/CLUSTER/NAME/UUID`
    pub nodegroup_arn: String,
    /// The cluster's name.
    pub cluster_name: String,
    /// The nodes' Kubernetes minor.
    pub version: String,
    /// The version of the nodes' image.
    pub release_version: String,
    /// Seconds since the epoch.
    pub created_at: f64,
    /// Seconds since the epoch.
    pub modified_at: f64,
    /// Where it is in its life.
    pub status: Status,
    /// `ON_DEMAND` or `SPOT`.
    pub capacity_type: String,
    /// How many nodes.
    pub scaling_config: Scaling,
    /// EC2 instance types; absent when a launch template names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_types: Option<Vec<String>>,
    /// Where the nodes are.
    pub subnets: Vec<String>,
    /// SSH access, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_access: Option<Value>,
    /// The nodes' image.
    pub ami_type: String,
    /// The nodes' IAM role.
    pub node_role: String,
    /// Labels that every node carries.
    pub labels: BTreeMap<String, String>,
    /// Taints that every node starts with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// What EKS made for it; absent until it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Value>,
    /// GiB of each node's disk; absent when a launch template says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_size: Option<u32>,
    /// Issues that EKS sees.
    pub health: Health,
    /// How many nodes may be down during an update.
    pub update_config: Value,
    /// Automatic repair, if it was ever configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_repair_config: Option<Value>,
    /// The launch template, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template: Option<Value>,
    /// Stopped nodes held ready, if configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_pool_config: Option<Value>,
    /// Tags.
    pub tags: Tags,
    /// The subnets as they were found, for the nodes' zones and addresses.
    #[serde(skip)]
    pub zones: Vec<Subnet>,
    /// The nodes that have been told to join.
    #[serde(skip)]
    pub nodes: Vec<Node>,
    /// How many nodes were ever made: the next one's number.
    #[serde(skip)]
    pub launched: u32,
    /// What the node role lacks for its nodes to become ready.
    #[serde(skip)]
    pub role_lacks: Vec<&'static str>,
    /// The unique id of the role.
    #[serde(skip)]
    pub role_id: Option<String>,
}

/// Where a node group is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    /// Nodes are being made.
    Creating,
    /// Usable.
    Active,
    /// Usable, and not well.
    Degraded,
    /// A change is under way.
    Updating,
    /// On its way out.
    Deleting,
    /// The nodes did not come up; it can only be deleted.
    CreateFailed,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(serde_json::to_value(self).ok().as_ref().and_then(serde_json::Value::as_str).unwrap_or_default())
    }
}

/// How many nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scaling {
    /// At least.
    pub min_size: u32,
    /// At most.
    pub max_size: u32,
    /// Now.
    pub desired_size: u32,
}

/// A taint as the EKS API spells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taint {
    /// Such as `dedicated`.
    #[serde(default)]
    pub key: String,
    /// Often empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `NO_SCHEDULE`, `NO_EXECUTE` or `PREFER_NO_SCHEDULE`.
    #[serde(default)]
    pub effect: String,
}

impl NodeGroup {
    /// Whether pods can run on it.
    pub(crate) fn has_nodes(&self) -> bool {
        matches!(self.status, Status::Active | Status::Degraded | Status::Updating)
            && self.scaling_config.desired_size > 0
    }
}
