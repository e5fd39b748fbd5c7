//! The data source `paas_cluster_versions`: which versions of Kubernetes EKS offers, and until when. `remote` has the call.

pub(super) mod remote;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tfplugin_framework::data_source::DataSource;
use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::Context;
use tfplugin_framework::schema::check::one_of;

use crate::cloud::Cloud;
use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;

use super::model::checks;
use super::parts::minor_of;

/// How long a look may take.
const LOOK: Duration = Duration::from_secs(60);

model! {
    /// The versions of Kubernetes that EKS offers.
    pub struct ClusterVersions {
        /// The AWS region.
        region: String = computed().or_set().otherwise("the provider's region").check(checks::region),
        /// Only versions with this support.
        status: String = optional()
            .otherwise("all that EKS still offers")
            .check(one_of(&["STANDARD_SUPPORT", "EXTENDED_SUPPORT", "UNSUPPORTED"])),
        /// Only the version that a cluster gets which names none.
        default_only: bool = optional().otherwise("`false`"),
        /// The versions, newest first.
        versions: List<ClusterVersion> = computed(),
    }
}

model! {
    /// A version of Kubernetes.
    pub struct ClusterVersion {
        /// The version, such as `1.35`.
        version: String = computed(),
        /// Whether a cluster that names no version gets this one.
        default: bool = computed(),
        /// `STANDARD_SUPPORT`, `EXTENDED_SUPPORT` (at an extra charge) or `UNSUPPORTED`.
        status: String = computed(),
        /// When EKS began to offer it, in RFC 3339.
        release_date: String = computed(),
        /// Until when there is no extra charge for it, in RFC 3339.
        end_of_standard_support: String = computed(),
        /// When EKS upgrades the clusters that still have it, in RFC 3339.
        end_of_extended_support: String = computed(),
    }
}

/// Which versions are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub status: Option<String>,
    pub default_only: bool,
}

/// A version as EKS offers it. Dates are in RFC 3339.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offered {
    pub version: String,
    pub is_default: bool,
    pub status: String,
    pub release: Option<String>,
    pub end_of_standard_support: Option<String>,
    pub end_of_extended_support: Option<String>,
}

/// As the user sees them.
fn shown(mut offered: Vec<Offered>) -> List<ClusterVersion> {
    offered.sort_by_key(|one| Reverse(minor_of(&one.version)));
    let version = |one: Offered| ClusterVersion {
        version: one.version.into(),
        default: one.is_default.into(),
        status: one.status.into(),
        release_date: one.release.into(),
        end_of_standard_support: one.end_of_standard_support.into(),
        end_of_extended_support: one.end_of_extended_support.into(),
    };
    offered.into_iter().map(|one| Attr::Known(version(one))).collect()
}

/// The data source.
#[derive(Debug)]
pub struct VersionLookup {
    cloud: Arc<Cloud>,
}

impl VersionLookup {
    /// Of the provider block in `cloud`.
    pub fn new(cloud: Arc<Cloud>) -> VersionLookup {
        VersionLookup { cloud }
    }

    async fn look(&self, context: &Context, config: &ClusterVersions) -> Result<(String, Vec<Offered>), CloudError> {
        let region = self.cloud.region(&config.region)?;
        let limit = Limit::new(context, LOOK);
        let aws = limit.finish(self.cloud.aws(&region)).await??;
        let filter = Filter { status: config.status.known().cloned(), default_only: config.default_only.or(false) };
        let offered = limit.finish(remote::offered(&aws, &filter)).await??;
        Ok((region, offered))
    }
}

#[async_trait]
impl DataSource for VersionLookup {
    type Model = ClusterVersions;

    fn type_name(&self) -> &'static str {
        "paas_cluster_versions"
    }

    fn doc(&self) -> &'static str {
        "The versions of Kubernetes that EKS offers, which of them it gives to a new cluster, and until when it supports each."
    }

    async fn read(&self, context: &Context, config: ClusterVersions) -> (Option<ClusterVersions>, Diagnostics) {
        match self.look(context, &config).await {
            Ok((region, offered)) => {
                let versions = Attr::Known(shown(offered));
                (Some(ClusterVersions { region: region.into(), versions, ..config }), Diagnostics::none())
            }
            Err(error) => (None, error.diagnostics("the versions of EKS were not read")),
        }
    }
}
