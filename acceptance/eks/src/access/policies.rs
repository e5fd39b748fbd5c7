//! Access policies: which there are, and their association with entries. Pure.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{AccessScope, AssociatedPolicy, Named, find};
use crate::effects::Effect;
use crate::error::ApiError;
use crate::page::{self, Page};
use crate::state::{ClusterState, Context};

/// The policies that EKS offers for use in entries (user guide, "review access policy permissions").
pub(crate) const NAMES: [&str; 16] = [
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSAutoNodePolicy",
    "AmazonEKSBlockStorageClusterPolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSClusterInsightsPolicy",
    "AmazonEKSComputeClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSHybridPolicy",
    "AmazonEKSLoadBalancingClusterPolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingClusterPolicy",
    "AmazonEKSNetworkingPolicy",
    "AmazonEKSViewPolicy",
];

/// The ARN of the policy of this name.
pub(crate) fn arn(partition: &str, name: &str) -> String {
    format!("arn:{partition}:eks::aws:cluster-access-policy/{name}")
}

#[derive(Debug, Deserialize)]
pub(crate) struct ListAccessPolicies {
    #[serde(flatten)]
    page: Page,
}

pub(crate) fn list(partition: &str, request: &ListAccessPolicies) -> Result<Value, ApiError> {
    let policies = NAMES.iter().map(|name| json!({"name": name, "arn": arn(partition, name)}));
    page::answer("accessPolicies", policies.collect(), &request.page)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssociateAccessPolicy {
    principal_arn: String,
    policy_arn: String,
    access_scope: AccessScope,
}

pub(crate) fn associate(
    cluster: &mut ClusterState,
    context: &Context,
    request: AssociateAccessPolicy,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let name = cluster.cluster.name.clone();
    let entry = find(cluster, &request.principal_arn)?;
    known(context, &request.policy_arn)?;
    // User guide, "create a node class": nodes of Auto Mode with a role of their own get this one.
    let of_auto_mode = entry.r#type == "EC2" && request.policy_arn.ends_with("/AmazonEKSAutoNodePolicy");
    if entry.r#type != "STANDARD" && !of_auto_mode {
        return Err(ApiError::request(format!(
            "You cannot associate an access policy with an access entry of type {}",
            entry.r#type
        )));
    }
    let scope = &request.access_scope;
    match (scope.r#type.as_str(), scope.namespaces.is_empty()) {
        ("cluster", true) | ("namespace", false) => {}
        ("namespace", true) => {
            return Err(ApiError::parameter("namespaces are required when the access scope type is namespace"));
        }
        _ => {
            return Err(ApiError::parameter(
                "namespaces can be specified only when the access scope type is namespace",
            ));
        }
    }
    let (policy_arn, access_scope, now) = (request.policy_arn, request.access_scope, context.now);
    let policy = match entry.policies.iter_mut().find(|policy| policy.policy_arn == policy_arn) {
        Some(policy) => {
            policy.access_scope = access_scope;
            policy.modified_at = now;
            policy.clone()
        }
        None => {
            let policy = AssociatedPolicy { policy_arn, access_scope, associated_at: now, modified_at: now };
            entry.policies.push(policy.clone());
            policy
        }
    };
    let answer = json!({"clusterName": name, "principalArn": request.principal_arn, "associatedAccessPolicy": policy});
    Ok((answer, vec![Effect::GrantAccess(cluster.key(&context.place))]))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DisassociateAccessPolicy {
    principal_arn: String,
    policy_arn: String,
}

pub(crate) fn disassociate(
    cluster: &mut ClusterState,
    context: &Context,
    request: &DisassociateAccessPolicy,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let entry = find(cluster, &request.principal_arn)?;
    let before = entry.policies.len();
    entry.policies.retain(|policy| policy.policy_arn != request.policy_arn);
    if entry.policies.len() == before {
        return Err(ApiError::not_found(format!(
            "The specified policyArn {} is not associated with the access entry",
            request.policy_arn
        )));
    }
    Ok((json!({}), vec![Effect::GrantAccess(cluster.key(&context.place))]))
}

#[derive(Debug, Deserialize)]
pub(crate) struct ListAssociatedAccessPolicies {
    #[serde(flatten)]
    entry: Named,
    #[serde(flatten)]
    page: Page,
}

pub(crate) fn associated(
    cluster: &mut ClusterState,
    request: &ListAssociatedAccessPolicies,
) -> Result<Value, ApiError> {
    let name = cluster.cluster.name.clone();
    let entry = find(cluster, &request.entry.principal_arn)?;
    let policies = entry.policies.iter().map(|policy| json!(policy)).collect();
    let mut answer = page::answer("associatedAccessPolicies", policies, &request.page)?;
    answer["clusterName"] = Value::from(name);
    answer["principalArn"] = Value::from(entry.principal_arn.clone());
    Ok(answer)
}

fn known(context: &Context, policy: &str) -> Result<(), ApiError> {
    match NAMES.iter().any(|name| arn(context.place.partition(), name) == policy) {
        true => Ok(()),
        false => Err(ApiError::parameter(format!(
            "The specified policyArn is invalid: {policy}. You can view the available access policies with 'ListAccessPolicies'."
        ))),
    }
}
