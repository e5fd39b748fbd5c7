//! An access entry as DescribeAccessEntry shows it. Shapes only.

use serde::{Deserialize, Serialize};

use crate::state::Tags;

/// An access entry as DescribeAccessEntry shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessEntry {
    /// The cluster's name.
    pub cluster_name: String,
    /// The user or role, path included.
    pub principal_arn: String,
    /// Groups beside `system:authenticated`.
    pub kubernetes_groups: Vec<String>,
    /// `arn:…:access-entry/…`
    pub access_entry_arn: String,
    /// Seconds since the epoch.
    pub created_at: f64,
    /// Seconds since the epoch.
    pub modified_at: f64,
    /// Tags.
    pub tags: Tags,
    /// The user name in Kubernetes, with templates such as `{{SessionName}}`.
    pub username: String,
    /// `STANDARD`, `EC2_LINUX` and so on.
    pub r#type: String,
    /// The unique id of the role that it is for, if it is for one of this account: EKS knows a principal by that, and lets one of
    /// the same name that was made later in no more (containers-roadmap#2631).
    #[serde(skip)]
    pub role_id: Option<String>,
    /// Associated policies, by ARN in order of association.
    #[serde(skip)]
    pub policies: Vec<AssociatedPolicy>,
}

/// A policy associated with an entry.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssociatedPolicy {
    /// `arn:…:cluster-access-policy/NAME`
    pub policy_arn: String,
    /// Where it holds.
    pub access_scope: AccessScope,
    /// Seconds since the epoch.
    pub associated_at: f64,
    /// Seconds since the epoch.
    pub modified_at: f64,
}

/// Where a policy holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessScope {
    /// `cluster` or `namespace`.
    #[serde(default)]
    pub r#type: String,
    /// Namespaces by name, `*` standing for any characters.
    #[serde(default)]
    pub namespaces: Vec<String>,
}
