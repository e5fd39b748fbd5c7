//! Upgrade insights: what EKS finds of the way to the next version. The usual ones pass; a test says what does not. Pure.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::clusters::Issue;
use crate::error::ApiError;
use crate::page::{self, Page};
use crate::state::{ClusterState, Context};
use crate::versions;

/// The insights that every cluster has, as the user guide lists them.
const USUAL: [&str; 4] =
    ["EKS add-on version compatibility", "Cluster health issues", "Kubelet version skew", "kube-proxy version skew"];
/// How far apart looks of EKS are, in seconds.
const REFRESH: f64 = 24.0 * 3600.0;

/// The input of ListInsights.
#[derive(Debug, Deserialize)]
pub(crate) struct ListInsights {
    #[serde(default)]
    filter: Filter,
    #[serde(flatten)]
    page: Page,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    categories: Vec<String>,
    kubernetes_versions: Vec<String>,
    statuses: Vec<String>,
}

/// The input of DescribeInsight.
#[derive(Debug, Deserialize)]
pub(crate) struct DescribeInsight {
    id: String,
}

/// What a cluster's insights are: the usual ones, over which a test puts its own by name. An issue's code is the status.
fn all(cluster: &ClusterState, context: &Context, armed: &[Issue]) -> Vec<Value> {
    let Some(next) = versions::minor(&cluster.cluster.version).map(|minor| format!("1.{}", minor + 1)) else {
        return Vec::new();
    };
    let usual = USUAL.iter().map(|name| Issue {
        code: "PASSING".to_owned(),
        message: (*name).to_owned(),
        resource_ids: Vec::new(),
    });
    let mut issues: Vec<Issue> = usual.collect();
    for issue in armed {
        issues.retain(|known| known.message != issue.message);
        issues.push(issue.clone());
    }
    issues.iter().map(|issue| insight(issue, cluster, context, &next)).collect()
}

fn insight(issue: &Issue, cluster: &ClusterState, context: &Context, next: &str) -> Value {
    let reason = match issue.code.as_str() {
        "PASSING" => "No issues found.",
        _ => "Usage was detected within the last 30 days.",
    };
    let status = json!({"status": issue.code, "reason": reason});
    let resources: Vec<Value> = issue
        .resource_ids
        .iter()
        .map(|one| json!({"kubernetesResourceUri": one, "insightStatus": {"status": issue.code}}))
        .collect();
    json!({
        "id": context.ids.uuid(&["insight", &cluster.uid, &issue.message]),
        "name": issue.message,
        "category": "UPGRADE_READINESS",
        "kubernetesVersion": next,
        "lastRefreshTime": context.now - context.now.rem_euclid(REFRESH),
        "lastTransitionTime": cluster.cluster.created_at,
        "description": format!("Checks for {} before an upgrade to {next}.", issue.message),
        "insightStatus": status,
        "recommendation": "Review what is listed and update it before you upgrade the cluster.",
        "additionalInfo": {},
        "resources": resources,
        "categorySpecificSummary": {"deprecationDetails": []},
    })
}

pub(crate) fn list(
    cluster: &ClusterState,
    context: &Context,
    armed: &[Issue],
    request: &ListInsights,
) -> Result<Value, ApiError> {
    let is_asked = |asked: &[String], value: &Value| asked.is_empty() || asked.iter().any(|one| *value == one.as_str());
    let filter = &request.filter;
    let found = all(cluster, context, armed).into_iter().filter(|one| {
        is_asked(&filter.categories, &one["category"])
            && is_asked(&filter.kubernetes_versions, &one["kubernetesVersion"])
            && is_asked(&filter.statuses, &one["insightStatus"]["status"])
    });
    let summary = |mut one: Value| {
        for detail in ["recommendation", "additionalInfo", "resources", "categorySpecificSummary"] {
            one.as_object_mut().and_then(|members| members.remove(detail));
        }
        one
    };
    page::answer("insights", found.map(summary).collect(), &request.page)
}

pub(crate) fn describe(
    cluster: &ClusterState,
    context: &Context,
    armed: &[Issue],
    request: &DescribeInsight,
) -> Result<Value, ApiError> {
    let found = all(cluster, context, armed).into_iter().find(|one| one["id"] == request.id.as_str());
    found
        .map(|insight| json!({ "insight": insight }))
        .ok_or_else(|| ApiError::not_found(format!("No insight found for id: {}.", request.id)))
}

/// The names of those that keep the cluster from going to the next version.
pub(crate) fn blocking(armed: &[Issue]) -> Vec<&str> {
    let mut last: Vec<&Issue> = Vec::new();
    for issue in armed {
        last.retain(|known| known.message != issue.message);
        last.push(issue);
    }
    last.into_iter().filter(|issue| issue.code == "ERROR").map(|issue| issue.message.as_str()).collect()
}

#[cfg(test)]
mod tests;
