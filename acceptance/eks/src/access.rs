//! Access entries and their policies: which IAM principal is whom in Kubernetes. Pure; `review` and `rbac` make it real.

mod description;
pub(crate) mod policies;
mod principal;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::clusters::Status;
use crate::effects::Effect;
use crate::error::ApiError;
use crate::page::{self, Page};
use crate::state::{ClusterState, Context, Tags};
use crate::tags;
pub(crate) use description::{AccessEntry, AccessScope, AssociatedPolicy};
pub(crate) use principal::Principal;

/// A user name and groups.
type Identity = (&'static str, &'static [&'static str]);
/// Types of entries and what EKS fixes of them, for those that users cannot choose.
const TYPES: [(&str, Option<Identity>); 7] = [
    ("STANDARD", None),
    ("EC2_LINUX", Some(("system:node:{{EC2PrivateDNSName}}", &["system:nodes"]))),
    ("EC2_WINDOWS", Some(("system:node:{{EC2PrivateDNSName}}", &["system:nodes", "eks:kube-proxy-windows"]))),
    (
        "FARGATE_LINUX",
        Some(("system:node:{{SessionName}}", &["system:bootstrappers", "system:nodes", "system:node-proxier"])),
    ),
    ("EC2", Some(("system:node:{{EC2PrivateDNSName}}", &["eks:managed-instances"]))),
    ("HYBRID_LINUX", Some(("system:node:{{SessionName}}", &["system:nodes"]))),
    ("HYPERPOD_LINUX", Some(("system:node:{{SessionName}}", &["system:nodes"]))),
];
/// Beginnings of names that belong to Kubernetes and AWS.
const RESERVED: [&str; 5] = ["system:", "eks:", "aws:", "amazon:", "iam:"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateAccessEntry {
    pub principal_arn: String,
    #[serde(default)]
    kubernetes_groups: Vec<String>,
    #[serde(default)]
    tags: Tags,
    username: Option<String>,
    r#type: Option<String>,
}

/// What IAM says of a principal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub exists: bool,
    /// The unique id, if it is a role of this account.
    pub role_id: Option<String>,
}

pub(crate) fn create(
    cluster: &mut ClusterState,
    context: &Context,
    request: CreateAccessEntry,
    known: Known,
) -> Result<(Value, Vec<Effect>), ApiError> {
    usable(cluster)?;
    let arn = &request.principal_arn;
    if cluster.access_entries.contains_key(arn) {
        return Err(ApiError::in_use("The specified access entry resource is already in use on this cluster.")
            .cluster(&cluster.cluster.name));
    }
    if !known.exists || Principal::parse(arn).is_none() {
        return Err(ApiError::parameter("The specified principalArn is invalid: invalid principal.")
            .cluster(&cluster.cluster.name));
    }
    let kind = request.r#type.as_deref().unwrap_or("STANDARD");
    let Some((kind, fixed)) = TYPES.iter().find(|(known, _)| *known == kind) else {
        return Err(ApiError::parameter(format!("The specified type is invalid: {kind}")));
    };
    if fixed.is_some() && (!request.kubernetes_groups.is_empty() || request.username.is_some()) {
        return Err(ApiError::request(format!(
            "You cannot specify username or kubernetesGroups for an access entry of type {kind}"
        )));
    }
    names_are_free(&request.kubernetes_groups, request.username.as_deref())?;
    tags::check(&request.tags)?;
    let mut entry = entry(cluster, context, arn, kind, request.tags);
    entry.role_id = known.role_id;
    if fixed.is_none() {
        entry.kubernetes_groups = request.kubernetes_groups;
        entry.username = request.username.unwrap_or(entry.username);
    }
    let answer = json!({ "accessEntry": entry });
    cluster.access_entries.insert(entry.principal_arn.clone(), entry);
    Ok((answer, vec![Effect::GrantAccess(cluster.key(&context.place))]))
}

fn entry(cluster: &ClusterState, context: &Context, arn: &str, kind: &str, tags: Tags) -> AccessEntry {
    let name = &cluster.cluster.name;
    let (what, account, short) = Principal::parse(arn)
        .map_or(("role", "", arn), |principal| (principal.kind, principal.account, principal.name));
    let id = context.ids.uuid(&["access-entry", &cluster.uid, arn, &context.now.to_string()]);
    let fixed = TYPES.iter().find(|(known, _)| *known == kind).and_then(|(_, fixed)| *fixed);
    let (username, groups) = match fixed {
        Some((username, groups)) => (username.to_owned(), groups.iter().map(|&group| group.to_owned()).collect()),
        None if what == "role" => (
            format!("arn:{}:sts::{account}:assumed-role/{short}/{{{{SessionName}}}}", context.place.partition()),
            Vec::new(),
        ),
        None => (arn.to_owned(), Vec::new()),
    };
    AccessEntry {
        cluster_name: name.clone(),
        principal_arn: arn.to_owned(),
        kubernetes_groups: groups,
        access_entry_arn: context.place.arn(&format!("access-entry/{name}/{what}/{account}/{short}/{id}")),
        created_at: context.now,
        modified_at: context.now,
        tags,
        username,
        r#type: kind.to_owned(),
        role_id: None,
        policies: Vec::new(),
    }
}

/// The entry of the creator, where the request asked for it: made with the cluster, before it is usable, or when a cluster
/// begins to use entries.
pub(crate) fn bootstrap(cluster: &mut ClusterState, context: &Context) {
    if cluster.bootstrap_admin && cluster.cluster.access_config.authentication_mode != "CONFIG_MAP" {
        let mut admin = entry(cluster, context, &cluster.creator.clone(), "STANDARD", Tags::new());
        admin.policies.push(whole_cluster(context, "AmazonEKSClusterAdminPolicy"));
        cluster.access_entries.insert(admin.principal_arn.clone(), admin);
    }
}

/// EKS makes the entry of a node role itself, so that its nodes can join.
pub(crate) fn admit_nodes(cluster: &mut ClusterState, context: &Context, role: &str, role_id: Option<String>) {
    if cluster.cluster.access_config.authentication_mode != "CONFIG_MAP" && !cluster.access_entries.contains_key(role) {
        let entry = AccessEntry { role_id, ..entry(cluster, context, role, "EC2_LINUX", Tags::new()) };
        cluster.access_entries.insert(role.to_owned(), entry);
    }
}

/// The same for the nodes of Auto Mode (user guide, "learn about identity and access in EKS Auto Mode").
pub(crate) fn admit_auto_nodes(cluster: &mut ClusterState, context: &Context, role: &str, role_id: Option<String>) {
    if cluster.access_entries.contains_key(role) {
        return;
    }
    let mut entry = AccessEntry { role_id, ..entry(cluster, context, role, "EC2", Tags::new()) };
    entry.policies.push(whole_cluster(context, "AmazonEKSAutoNodePolicy"));
    cluster.access_entries.insert(role.to_owned(), entry);
}

/// Whether nodes with this role may join: none of a role that was made after its entry, or that has none where there is no
/// ConfigMap.
pub(crate) fn admits(cluster: &ClusterState, role: &str, role_id: Option<&String>) -> bool {
    match cluster.access_entries.get(role) {
        _ if cluster.cluster.access_config.authentication_mode != "API" => true,
        Some(entry) => entry.role_id.is_none() || entry.role_id.as_ref() == role_id,
        None => false,
    }
}

fn whole_cluster(context: &Context, policy: &str) -> AssociatedPolicy {
    AssociatedPolicy {
        policy_arn: policies::arn(context.place.partition(), policy),
        access_scope: AccessScope { r#type: "cluster".to_owned(), namespaces: Vec::new() },
        associated_at: context.now,
        modified_at: context.now,
    }
}

/// A cluster that knew principals by a ConfigMap alone begins to use entries: EKS makes those of the creator and of node roles
/// at that moment (EKS Workshop, "associating access entries").
pub(crate) fn begin(cluster: &mut ClusterState, context: &Context) {
    bootstrap(cluster, context);
    let roles = cluster.node_groups.values().map(|group| (group.node_role.clone(), group.role_id.clone()));
    for (role, id) in roles.collect::<Vec<_>>() {
        admit_nodes(cluster, context, &role, id);
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListAccessEntries {
    associated_policy_arn: Option<String>,
    #[serde(flatten)]
    page: Page,
}

pub(crate) fn list(cluster: &ClusterState, request: &ListAccessEntries) -> Result<Value, ApiError> {
    usable(cluster)?;
    let entries = cluster.access_entries.values().filter(|entry| {
        request
            .associated_policy_arn
            .as_ref()
            .is_none_or(|asked| entry.policies.iter().any(|policy| policy.policy_arn == *asked))
    });
    page::answer(
        "accessEntries",
        entries.map(|entry| Value::from(entry.principal_arn.clone())).collect(),
        &request.page,
    )
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    pub(crate) principal_arn: String,
}

pub(crate) fn describe(cluster: &mut ClusterState, request: &Named) -> Result<Value, ApiError> {
    Ok(json!({ "accessEntry": find(cluster, &request.principal_arn)? }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateAccessEntry {
    principal_arn: String,
    kubernetes_groups: Option<Vec<String>>,
    username: Option<String>,
}

pub(crate) fn update(
    cluster: &mut ClusterState,
    context: &Context,
    request: UpdateAccessEntry,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let entry = find(cluster, &request.principal_arn)?;
    if entry.r#type != "STANDARD" {
        return Err(ApiError::request(format!("You cannot update an access entry of type {}", entry.r#type)));
    }
    names_are_free(request.kubernetes_groups.as_deref().unwrap_or_default(), request.username.as_deref())?;
    if let Some(groups) = request.kubernetes_groups {
        entry.kubernetes_groups = groups;
    }
    if let Some(username) = request.username {
        entry.username = username;
    }
    entry.modified_at = context.now;
    let answer = json!({ "accessEntry": entry });
    Ok((answer, vec![Effect::GrantAccess(cluster.key(&context.place))]))
}

pub(crate) fn delete(
    cluster: &mut ClusterState,
    context: &Context,
    request: &Named,
) -> Result<(Value, Vec<Effect>), ApiError> {
    find(cluster, &request.principal_arn)?;
    cluster.access_entries.remove(&request.principal_arn);
    Ok((json!({}), vec![Effect::GrantAccess(cluster.key(&context.place))]))
}

/// The entry of a principal, in a cluster that has entries.
pub(crate) fn find<'a>(cluster: &'a mut ClusterState, principal: &str) -> Result<&'a mut AccessEntry, ApiError> {
    usable(cluster)?;
    let missing = "The specified principalArn could not be found. You can view your available access entries with 'ListAccessEntries'.";
    cluster.access_entries.get_mut(principal).ok_or_else(|| ApiError::not_found(missing))
}

/// Refuses in clusters that do not use entries, or are not up.
fn usable(cluster: &ClusterState) -> Result<(), ApiError> {
    let name = &cluster.cluster.name;
    if cluster.cluster.access_config.authentication_mode == "CONFIG_MAP" {
        let text = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.";
        return Err(ApiError::request(text).cluster(name));
    }
    match cluster.cluster.status {
        Status::Active | Status::Updating => Ok(()),
        status => Err(ApiError::request(format!(
            "The cluster {name} is in {status} state and must be ACTIVE to perform this operation."
        ))
        .cluster(name)),
    }
}

fn names_are_free(groups: &[String], username: Option<&str>) -> Result<(), ApiError> {
    let reserved = |name: &str| RESERVED.iter().any(|prefix| name.starts_with(prefix));
    if let Some(group) = groups.iter().find(|group| reserved(group)) {
        return Err(ApiError::parameter(format!(
            "The kubernetes group name {group} is invalid, it cannot start with any of: {}",
            RESERVED.join(", ")
        )));
    }
    match username.filter(|name| reserved(name)) {
        Some(name) => Err(ApiError::parameter(format!(
            "The username {name} is invalid, it cannot start with any of: {}",
            RESERVED.join(", ")
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
