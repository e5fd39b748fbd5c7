//! The Kubernetes versions that EKS offers, and the step from one to the next. Dates are those of the EKS release calendar;
//! the end of support of the newest is an estimate, 14 and 26 months after its release.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::clusters::config;
use crate::effects::Effect;
use crate::error::ApiError;
use crate::pace::Phase;
use crate::page::{self, Page};
use crate::state::{ClusterState, Context};
use crate::updates::parameter;

/// The version of a cluster that names none.
pub(crate) const DEFAULT: &str = "1.35";

/// A Kubernetes minor as EKS offers it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Version {
    pub minor: &'static str,
    pub platform_version: &'static str,
    pub patch: &'static str,
    /// Release, end of standard support, end of extended support: seconds since the epoch.
    dates: [f64; 3],
}

const VERSIONS: [Version; 4] = [
    Version {
        minor: "1.36",
        platform_version: "eks.3",
        patch: "1.36.1",
        dates: [1_782_172_800.0, 1_818_979_200.0, 1_850_601_600.0],
    },
    Version {
        minor: "1.35",
        platform_version: "eks.9",
        patch: "1.35.4",
        dates: [1_769_472_000.0, 1_806_105_600.0, 1_837_728_000.0],
    },
    Version {
        minor: "1.34",
        platform_version: "eks.17",
        patch: "1.34.7",
        dates: [1_759_363_200.0, 1_796_169_600.0, 1_827_705_600.0],
    },
    Version {
        minor: "1.33",
        platform_version: "eks.24",
        patch: "1.33.11",
        dates: [1_748_476_800.0, 1_785_283_200.0, 1_816_819_200.0],
    },
];

/// The version of this minor.
///
/// # Errors
/// `InvalidParameterException` in AWS's words when EKS does not offer it.
pub(crate) fn supported(minor: &str) -> Result<&'static Version, ApiError> {
    VERSIONS
        .iter()
        .find(|version| version.minor == minor)
        .ok_or_else(|| ApiError::parameter("unsupported Kubernetes version"))
}

/// The number after `1.`; versions are compared by it.
pub(crate) fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("1.")?.parse().ok()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeClusterVersions {
    #[serde(default)]
    default_only: bool,
    #[serde(default)]
    cluster_versions: Vec<String>,
    version_status: Option<String>,
    status: Option<String>,
    #[serde(flatten)]
    page: Page,
}

pub(crate) fn describe(request: &DescribeClusterVersions, now: f64) -> Result<Value, ApiError> {
    let asked = request
        .version_status
        .clone()
        .or_else(|| request.status.as_ref().map(|status| status.to_uppercase().replace('-', "_")));
    let versions = VERSIONS.iter().filter(|version| {
        (!request.default_only || version.minor == DEFAULT)
            && (request.cluster_versions.is_empty()
                || request.cluster_versions.iter().any(|asked| asked == version.minor))
            && asked.as_ref().is_none_or(|asked| asked == status(version, now))
    });
    let shown = versions.map(|version| {
        let status = status(version, now);
        let [release, standard, extended] = version.dates;
        json!({
            "clusterVersion": version.minor,
            "clusterType": "eks",
            "defaultPlatformVersion": version.platform_version,
            "defaultVersion": version.minor == DEFAULT,
            "releaseDate": release,
            "endOfStandardSupportDate": standard,
            "endOfExtendedSupportDate": extended,
            "status": status.to_lowercase().replace('_', "-"),
            "versionStatus": status,
            "kubernetesPatchVersion": version.patch,
        })
    });
    page::answer("clusterVersions", shown.collect(), &request.page)
}

fn status(version: &Version, now: f64) -> &'static str {
    let [_, standard, extended] = version.dates;
    match now {
        now if now < standard => "STANDARD_SUPPORT",
        now if now < extended => "EXTENDED_SUPPORT",
        _ => "UNSUPPORTED",
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct UpdateClusterVersion {
    version: String,
    #[serde(default)]
    force: bool,
}

/// UpdateClusterVersion: one minor up, with every node group at the version that is left.
pub(crate) fn update(
    cluster: &mut ClusterState,
    context: &Context,
    request: &UpdateClusterVersion,
    blocking: &[&str],
) -> Result<(Value, Vec<Effect>), ApiError> {
    let name = cluster.cluster.name.clone();
    let (from, to) = (cluster.cluster.version.clone(), request.version.as_str());
    let next = supported(to).map_err(|error| error.cluster(&name))?;
    if minor(to) != minor(&from).map(|minor| minor + 1) {
        return Err(ApiError::parameter(format!("Unsupported Kubernetes minor version update from {from} to {to}"))
            .cluster(&name));
    }
    let behind: Vec<&str> = cluster
        .node_groups
        .values()
        .filter(|group| group.version != from)
        .map(|group| group.nodegroup_name.as_str())
        .collect();
    if !behind.is_empty() {
        let text = format!(
            "Nodegroups [{}] must be updated to match cluster version {from} before updating cluster version",
            behind.join(", ")
        );
        return Err(ApiError::request(text).cluster(&name));
    }
    if !blocking.is_empty() && !request.force {
        let text = format!(
            "Cluster {name} has upgrade insights that must be resolved before an update to {to}: {}",
            blocking.join(", ")
        );
        return Err(ApiError::new("InvalidStateException", text).cluster(&name));
    }
    let params = vec![parameter("Version", to), parameter("PlatformVersion", next.platform_version)];
    let sets = json!({"version": to, "platformVersion": next.platform_version});
    config::begin(cluster, context, "VersionUpdate", Phase::ClusterVersion, params, sets)
}

/// The minors on offer, newest first.
pub(crate) fn minors() -> impl Iterator<Item = &'static str> {
    VERSIONS.iter().map(|version| version.minor)
}
