//! A cluster as DescribeCluster shows it. Shapes only.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::Tags;

/// A cluster as DescribeCluster shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cluster {
    /// 1 to 100 characters, unique in its region and account.
    pub name: String,
    /// `arn:…:cluster/NAME`
    pub arn: String,
    /// Seconds since the epoch.
    pub created_at: f64,
    /// The Kubernetes minor, such as `1.35`.
    pub version: String,
    /// `https://…`; absent until the control plane is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The cluster role.
    pub role_arn: String,
    /// Subnets, security groups and endpoint access.
    pub resources_vpc_config: VpcConfig,
    /// Service range and IP family.
    pub kubernetes_network_config: Value,
    /// Which logs go to CloudWatch.
    pub logging: Value,
    /// The OIDC issuer; absent until the control plane is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Value>,
    /// Where the cluster is in its life.
    pub status: Status,
    /// `{}` until the control plane is up, then its certificate authority in base64.
    pub certificate_authority: Value,
    /// `eks.N`
    pub platform_version: String,
    /// Tags.
    pub tags: Tags,
    /// The KMS key for secrets, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_config: Option<Value>,
    /// Issues that EKS sees.
    pub health: Health,
    /// How IAM principals become Kubernetes users.
    pub access_config: AccessConfig,
    /// What happens at the end of standard support.
    pub upgrade_policy: Value,
    /// ARC zonal shift, if it was ever configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zonal_shift_config: Option<Value>,
    /// Hybrid nodes' networks, if they were ever configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_network_config: Option<Value>,
    /// Auto Mode's nodes, if it was ever configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_config: Option<Value>,
    /// Auto Mode's volumes, if it was ever configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_config: Option<Value>,
    /// Whether DeleteCluster is refused.
    pub deletion_protection: bool,
    /// The control plane's size.
    pub control_plane_scaling_config: Value,
}

/// Where a cluster is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    /// The control plane is being made.
    Creating,
    /// Usable.
    Active,
    /// Usable, while one update is under way.
    Updating,
    /// On its way out.
    Deleting,
    /// It could not be made; it can only be deleted.
    Failed,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
            Self::Failed => "FAILED",
        })
    }
}

/// A cluster's network.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VpcConfig {
    /// At least two, in at least two zones.
    pub subnet_ids: Vec<String>,
    /// Further groups, at most five.
    pub security_group_ids: Vec<String>,
    /// The group that EKS makes; absent until the control plane is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_security_group_id: Option<String>,
    /// The subnets' VPC.
    pub vpc_id: String,
    /// Whether the API server can be reached from outside the VPC.
    pub endpoint_public_access: bool,
    /// Whether it can be reached from inside without leaving it.
    pub endpoint_private_access: bool,
    /// Who may use the public endpoint.
    pub public_access_cidrs: Vec<String>,
}

/// How IAM principals become Kubernetes users.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessConfig {
    /// `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`.
    pub authentication_mode: String,
}

/// Issues that EKS sees with an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Health {
    /// Empty when there is nothing to say.
    pub issues: Vec<Issue>,
}

/// One issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// A name from the model's enumeration for this kind of object.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// The objects concerned.
    #[serde(default)]
    pub resource_ids: Vec<String>,
}
