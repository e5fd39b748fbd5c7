//! Pod identity associations: which IAM role a service account has. Pure.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cloud::Role;
use crate::clusters::rules;
use crate::error::ApiError;
use crate::page::{self, Page};
use crate::state::{ClusterState, Context, Tags};
use crate::tags;

/// An association as DescribePodIdentityAssociation shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Association {
    /// The cluster's name.
    pub cluster_name: String,
    /// The service account's namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The role that its pods get.
    pub role_arn: String,
    /// `arn:…:podidentityassociation/CLUSTER/ID`
    pub association_arn: String,
    /// `a-…`
    pub association_id: String,
    /// Tags.
    pub tags: Tags,
    /// Seconds since the epoch.
    pub created_at: f64,
    /// Seconds since the epoch.
    pub modified_at: f64,
    /// The add-on that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_arn: Option<String>,
    /// Whether the sessions carry no tags.
    pub disable_session_tags: bool,
    /// A second role, assumed from the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_role_arn: Option<String>,
    /// The external id for the second role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// A session policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreatePodIdentityAssociation {
    pub namespace: String,
    pub service_account: String,
    pub role_arn: String,
    #[serde(default)]
    pub tags: Tags,
    pub disable_session_tags: Option<bool>,
    pub target_role_arn: Option<String>,
    pub policy: Option<String>,
    /// Set by add-ons for theirs; requests do not have it.
    #[serde(skip)]
    pub owner_arn: Option<String>,
}

/// A role that pods may have: it exists and EKS Pod Identity may assume it.
pub(crate) fn pod_role(role: Option<&Role>) -> Result<(), ApiError> {
    let role = role.ok_or_else(|| ApiError::parameter("Role provided in the request does not exist."))?;
    let trusted = ["sts:AssumeRole", "sts:TagSession"]
        .iter()
        .all(|action| rules::trusts(&role.trust, "pods.eks.amazonaws.com", action));
    match trusted {
        true => Ok(()),
        false => Err(ApiError::parameter(
            "Trust policy of the role provided in the request is invalid: the service principal pods.eks.amazonaws.com needs sts:AssumeRole and sts:TagSession.",
        )),
    }
}

pub(crate) fn create(
    cluster: &mut ClusterState,
    context: &Context,
    request: CreatePodIdentityAssociation,
    role: Option<&Role>,
) -> Result<Value, ApiError> {
    cluster.ready()?;
    pod_role(role).map_err(|error| error.cluster(&cluster.cluster.name))?;
    tags::check(&request.tags)?;
    let association = associate(cluster, context, request)?;
    Ok(json!({ "association": association }))
}

/// Makes an association whose role was checked.
pub(crate) fn associate(
    cluster: &mut ClusterState,
    context: &Context,
    request: CreatePodIdentityAssociation,
) -> Result<Association, ApiError> {
    free(cluster, &request.namespace, &request.service_account)?;
    let name = &cluster.cluster.name;
    let words = ["association", &cluster.uid, &request.namespace, &request.service_account, &context.now.to_string()];
    let id = format!("a-{}", context.ids.alphanumeric(17, &words));
    let external_id = request.target_role_arn.is_some().then(|| context.ids.uuid(&words));
    let association = Association {
        association_arn: context.place.arn(&format!("podidentityassociation/{name}/{id}")),
        association_id: id.clone(),
        cluster_name: name.clone(),
        namespace: request.namespace,
        service_account: request.service_account,
        role_arn: request.role_arn,
        tags: request.tags,
        created_at: context.now,
        modified_at: context.now,
        owner_arn: request.owner_arn,
        disable_session_tags: request.disable_session_tags.unwrap_or(false),
        external_id,
        target_role_arn: request.target_role_arn,
        policy: request.policy,
    };
    cluster.associations.insert(id, association.clone());
    Ok(association)
}

/// Refuses when the service account has a role already.
pub(crate) fn free(cluster: &ClusterState, namespace: &str, service_account: &str) -> Result<(), ApiError> {
    match cluster
        .associations
        .values()
        .find(|known| known.namespace == namespace && known.service_account == service_account)
    {
        Some(known) => Err(ApiError::in_use(format!("Association already exists: {}", known.association_id))
            .cluster(&cluster.cluster.name)),
        None => Ok(()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListPodIdentityAssociations {
    namespace: Option<String>,
    service_account: Option<String>,
    #[serde(flatten)]
    page: Page,
}

pub(crate) fn list(cluster: &ClusterState, request: &ListPodIdentityAssociations) -> Result<Value, ApiError> {
    let found = cluster.associations.values().filter(|association| {
        request.namespace.as_ref().is_none_or(|namespace| *namespace == association.namespace)
            && request.service_account.as_ref().is_none_or(|account| *account == association.service_account)
    });
    let summaries = found.map(|association| {
        let mut summary = json!({
            "clusterName": association.cluster_name,
            "namespace": association.namespace,
            "serviceAccount": association.service_account,
            "associationArn": association.association_arn,
            "associationId": association.association_id,
        });
        if let Some(owner) = &association.owner_arn {
            summary["ownerArn"] = Value::from(owner.clone());
        }
        summary
    });
    page::answer("associations", summaries.collect(), &request.page)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    association_id: String,
}

pub(crate) fn describe(cluster: &mut ClusterState, request: &Named) -> Result<Value, ApiError> {
    Ok(json!({ "association": find(cluster, &request.association_id)? }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdatePodIdentityAssociation {
    association_id: String,
    pub role_arn: Option<String>,
    disable_session_tags: Option<bool>,
    target_role_arn: Option<String>,
    policy: Option<String>,
}

pub(crate) fn update(
    cluster: &mut ClusterState,
    context: &Context,
    request: UpdatePodIdentityAssociation,
    role: Option<&Role>,
) -> Result<Value, ApiError> {
    if request.role_arn.is_some() {
        pod_role(role)?;
    }
    let association = unowned(cluster, &request.association_id)?;
    association.role_arn = request.role_arn.unwrap_or_else(|| association.role_arn.clone());
    association.disable_session_tags = request.disable_session_tags.unwrap_or(association.disable_session_tags);
    if let Some(target) = request.target_role_arn {
        association.target_role_arn = Some(target).filter(|target| !target.is_empty());
    }
    if let Some(policy) = request.policy {
        association.policy = Some(policy).filter(|policy| !policy.is_empty());
    }
    association.modified_at = context.now;
    Ok(json!({ "association": association }))
}

pub(crate) fn delete(cluster: &mut ClusterState, request: &Named) -> Result<Value, ApiError> {
    let association = unowned(cluster, &request.association_id)?.clone();
    cluster.associations.remove(&request.association_id);
    Ok(json!({ "association": association }))
}

fn find<'a>(cluster: &'a mut ClusterState, id: &str) -> Result<&'a mut Association, ApiError> {
    cluster.associations.get_mut(id).ok_or_else(|| ApiError::not_found(format!("Association not found: {id}")))
}

/// An association that an add-on made is changed through the add-on.
fn unowned<'a>(cluster: &'a mut ClusterState, id: &str) -> Result<&'a mut Association, ApiError> {
    let association = find(cluster, id)?;
    match &association.owner_arn {
        Some(owner) => Err(ApiError::request(format!(
            "The association {id} is owned by {owner} and can be changed only through it"
        ))),
        None => Ok(association),
    }
}
