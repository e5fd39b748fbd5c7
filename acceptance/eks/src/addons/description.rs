//! An add-on as DescribeAddon shows it. Shapes only.

use serde::Serialize;
use serde_json::Value;

use crate::clusters::Health;
use crate::state::Tags;

/// An add-on as DescribeAddon shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddOn {
    /// Such as `vpc-cni`.
    pub addon_name: String,
    /// The cluster's name.
    pub cluster_name: String,
    /// Where it is in its life.
    pub status: Status,
    /// Such as `v1.21.2-eksbuild.2`.
    pub addon_version: String,
    /// Issues that EKS sees.
    pub health: Health,
    /// `arn:…:addon/CLUSTER/NAME/UUID`
    pub addon_arn: String,
    /// Seconds since the epoch.
    pub created_at: f64,
    /// Seconds since the epoch.
    pub modified_at: f64,
    /// The role of its service account by IRSA, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_role_arn: Option<String>,
    /// Tags.
    pub tags: Tags,
    /// Who publishes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// Who owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Where it is sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marketplace_information: Option<Value>,
    /// As given, if given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_values: Option<String>,
    /// ARNs of the associations that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pod_identity_associations: Vec<String>,
    /// Where it is installed.
    pub namespace_config: Value,
}

/// Where an add-on is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    /// Being installed.
    Creating,
    /// Installed and well.
    Active,
    /// Installed and not well.
    Degraded,
    /// A change is under way.
    Updating,
    /// On its way out.
    Deleting,
    /// It could not be installed.
    CreateFailed,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(serde_json::to_value(self).ok().as_ref().and_then(Value::as_str).unwrap_or_default())
    }
}
