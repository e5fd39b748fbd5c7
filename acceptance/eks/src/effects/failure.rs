//! Failures on demand: the next object of a kind and name fails as AWS would have it fail.

use serde::Deserialize;

use crate::clusters::Issue;
use crate::eks::Inner;
use crate::state::ClusterKey;

/// What is to fail, once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Failure {
    /// Whose.
    pub account: String,
    /// What fails.
    pub kind: FailureKind,
    /// Its name; of an update, the cluster's.
    pub name: String,
    /// What health or the update then says.
    #[serde(flatten)]
    pub issue: Issue,
}

/// What can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// CREATING becomes FAILED.
    Cluster,
    /// CREATING becomes CREATE_FAILED.
    NodeGroup,
    /// A group that becomes ACTIVE, or was changed, is DEGRADED.
    NodeGroupHealth,
    /// CREATING becomes CREATE_FAILED.
    AddOn,
    /// InProgress becomes Failed.
    Update,
    /// An upgrade insight of the cluster of this name: the code is its status, the message its name. It stays until another of the
    /// same name takes its place.
    Insight,
}

impl Inner {
    /// The insights that were armed for a cluster, oldest first.
    pub(crate) fn insights(&self, account: &str, cluster: &str) -> Vec<Issue> {
        let failures = self.failures();
        let of_cluster = failures.iter().filter(|failure| {
            failure.kind == FailureKind::Insight && failure.account == account && failure.name == cluster
        });
        of_cluster.map(|failure| failure.issue.clone()).collect()
    }

    /// The failure that was armed for this object, disarmed.
    pub(super) fn armed(&self, key: &ClusterKey, kind: FailureKind, name: &str) -> Option<Issue> {
        let mut failures = self.failures();
        let index = failures
            .iter()
            .position(|failure| failure.account == key.place.account && failure.kind == kind && failure.name == name)?;
        Some(failures.remove(index).issue)
    }
}
