//! Managed node groups: create, describe, list, delete. Decides; nodes join and leave in `effects`.

pub(crate) mod change;
mod description;
pub(crate) mod nodes;
pub(crate) mod rules;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::access;
use crate::addons;
use crate::cloud::{LaunchTemplate, Role, Subnet};
use crate::clusters::{self, Health, Issue};
use crate::effects::Effect;
use crate::error::ApiError;
use crate::page::{self, Page};
use crate::state::{ClusterState, Context, Tags};
use crate::{tags, versions};
pub(crate) use description::{NodeGroup, Scaling, Status, Taint};

/// `scalingConfig` of a request: what is left out stays.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScalingRequest {
    min_size: Option<u32>,
    max_size: Option<u32>,
    desired_size: Option<u32>,
}

impl ScalingRequest {
    /// The sizes after the request.
    pub(crate) fn over(self, before: Scaling) -> Result<Scaling, ApiError> {
        let min_size = self.min_size.unwrap_or(before.min_size);
        let max_size = self.max_size.unwrap_or(before.max_size);
        let desired_size = self.desired_size.unwrap_or(before.desired_size);
        if min_size > desired_size {
            return Err(ApiError::parameter(format!(
                "Minimum capacity {min_size} can't be greater than desired size {desired_size}"
            )));
        }
        if desired_size > max_size {
            return Err(ApiError::parameter(format!(
                "desired capacity {desired_size} can't be greater than max size {max_size}"
            )));
        }
        Ok(Scaling { min_size, max_size, desired_size })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateNodegroup {
    nodegroup_name: String,
    pub node_role: String,
    pub subnets: Vec<String>,
    #[serde(default)]
    scaling_config: ScalingRequest,
    disk_size: Option<u32>,
    instance_types: Option<Vec<String>>,
    ami_type: Option<String>,
    remote_access: Option<Value>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    taints: Vec<Taint>,
    #[serde(default)]
    tags: Tags,
    pub launch_template: Option<rules::TemplateRequest>,
    update_config: Option<Value>,
    node_repair_config: Option<Value>,
    capacity_type: Option<String>,
    version: Option<String>,
    release_version: Option<String>,
    warm_pool_config: Option<Value>,
}

/// What the rest of the account says about the names in a request.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub role: Option<Role>,
    pub subnets: Vec<Subnet>,
    pub launch_template: Option<LaunchTemplate>,
}

pub(crate) fn create(
    cluster: &mut ClusterState,
    context: &Context,
    request: CreateNodegroup,
    facts: Facts,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let (cluster_name, name) = (cluster.cluster.name.clone(), request.nodegroup_name.clone());
    let named = |error: ApiError| error.cluster(&cluster_name).node_group(&name);
    cluster.idle()?;
    if cluster.node_groups.contains_key(&name) {
        return Err(named(ApiError::in_use(format!(
            "NodeGroup already exists with name {name} and cluster name {cluster_name}"
        ))));
    }
    let group = prepare(cluster, context, request, facts).map_err(named)?;
    access::admit_nodes(cluster, context, &group.node_role, group.role_id.clone());
    let answer = json!({ "nodegroup": group });
    cluster.node_groups.insert(name.clone(), group);
    let key = cluster.key(&context.place);
    Ok((answer, vec![Effect::GrantAccess(key.clone()), Effect::CreateNodeGroup(key, name)]))
}

fn prepare(
    cluster: &ClusterState,
    context: &Context,
    request: CreateNodegroup,
    facts: Facts,
) -> Result<NodeGroup, ApiError> {
    let (cluster_name, name) = (&cluster.cluster.name, &request.nodegroup_name);
    if name.is_empty()
        || name.len() > 63
        || !name.starts_with(|first: char| first.is_ascii_alphanumeric())
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    {
        return Err(ApiError::parameter(
            "The nodegroup name must be 1 to 63 letters, digits, hyphens and underscores, starting with a letter or digit",
        ));
    }
    let role = node_role(&request.node_role, facts.role.as_ref())?;
    subnets(cluster, &request.subnets, &facts.subnets)?;
    tags::check(&request.tags)?;
    let version = request.version.unwrap_or_else(|| cluster.cluster.version.clone());
    change::node_version(cluster, &version)?;
    let ami_type = request.ami_type.unwrap_or_else(|| "AL2023_x86_64_STANDARD".to_owned());
    rules::labels(&request.labels)?;
    rules::taints(&request.taints)?;
    let template = request.launch_template.as_ref();
    let template = template.map(|asked| rules::template(asked, facts.launch_template.as_ref())).transpose()?;
    let templated = template.is_some();
    if templated && request.disk_size.is_some() {
        return Err(ApiError::parameter("Disk size must be specified within the launch template."));
    }
    let update_config = request.update_config.unwrap_or_else(|| json!({"maxUnavailable": 1}));
    let instance_types = match request.instance_types.filter(|types| !types.is_empty()) {
        None if templated => None,
        None => Some(vec!["t3.medium".to_owned()]),
        types => types,
    };
    if let Some(odd) = instance_types
        .iter()
        .flatten()
        .find(|kind| nodes::architecture(kind) != nodes::image_architecture(&ami_type) && ami_type != "CUSTOM")
    {
        return Err(ApiError::parameter(format!(
            "[{odd}] is not a valid instance type for requested amiType {ami_type}"
        )));
    }
    let id = context.ids.uuid(&["nodegroup", &cluster.uid, name, &context.now.to_string()]);
    Ok(NodeGroup {
        nodegroup_arn: context.place.arn(&format!("nodegroup/{cluster_name}/{name}/{id}")),
        cluster_name: cluster_name.clone(),
        release_version: rules::release(&version, &ami_type, request.release_version.as_deref())?,
        version,
        created_at: context.now,
        modified_at: context.now,
        status: Status::Creating,
        capacity_type: request.capacity_type.unwrap_or_else(|| "ON_DEMAND".to_owned()),
        scaling_config: request.scaling_config.over(Scaling { min_size: 1, max_size: 2, desired_size: 2 })?,
        instance_types,
        subnets: request.subnets,
        remote_access: request.remote_access,
        ami_type,
        node_role: request.node_role,
        labels: request.labels,
        taints: request.taints,
        resources: None,
        disk_size: request.disk_size.or((!templated).then_some(20)),
        health: Health::default(),
        update_config: rules::update_config(update_config, None)?,
        node_repair_config: request.node_repair_config,
        launch_template: template,
        warm_pool_config: request.warm_pool_config,
        tags: request.tags,
        zones: facts.subnets,
        nodes: Vec::new(),
        launched: 0,
        role_lacks: role,
        role_id: facts.role.map(|role| role.id),
        nodegroup_name: request.nodegroup_name,
    })
}

/// The node role: it exists and EC2 may assume it. Answers the managed policies that nodes need and it lacks: AWS takes such a role,
/// and its nodes never become ready.
pub(crate) fn node_role(arn: &str, role: Option<&Role>) -> Result<Vec<&'static str>, ApiError> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let role = role.ok_or_else(|| {
        ApiError::parameter(format!("The role with name {name} cannot be found. (Service: AmazonIdentityManagement; Status Code: 404; Error Code: NoSuchEntity)"))
    })?;
    if !clusters::rules::trusts(&role.trust, "ec2.amazonaws.com", "sts:AssumeRole") {
        return Err(ApiError::parameter(format!(
            "Following required service principals [ec2.amazonaws.com] were not found in the trust relationships of nodeRole {arn}"
        )));
    }
    let pulls = [
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEC2ContainerRegistryReadOnly",
        "AmazonEC2ContainerRegistryPowerUser",
    ];
    let mut lacks = Vec::new();
    if !clusters::rules::attached(role, "AmazonEKSWorkerNodePolicy") {
        lacks.push("AmazonEKSWorkerNodePolicy");
    }
    if !pulls.iter().any(|policy| clusters::rules::attached(role, policy)) {
        lacks.push(pulls[0]);
    }
    if !clusters::rules::attached(role, addons::CNI_POLICY) {
        lacks.push(addons::CNI_POLICY);
    }
    Ok(lacks)
}

fn subnets(cluster: &ClusterState, ids: &[String], found: &[Subnet]) -> Result<(), ApiError> {
    if ids.is_empty() {
        return Err(ApiError::parameter("Subnets cannot be empty"));
    }
    if let Some(id) = ids.iter().find(|id| !found.iter().any(|subnet| subnet.id == **id)) {
        return Err(ApiError::parameter(format!(
            "The subnet ID '{id}' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: InvalidSubnetID.NotFound)"
        )));
    }
    let vpc = &cluster.cluster.resources_vpc_config.vpc_id;
    match found.iter().find(|subnet| subnet.vpc != *vpc) {
        Some(subnet) => Err(ApiError::parameter(format!("Subnet {} is not in the cluster's VPC {vpc}", subnet.id))),
        None => Ok(()),
    }
}

/// The Auto Scaling group exists.
pub(crate) fn launch(group: &mut NodeGroup, context: &Context) {
    let id = context.ids.uuid(&["asg", &group.nodegroup_arn]);
    group.resources = Some(json!({"autoScalingGroups": [{"name": format!("eks-{}-{id}", group.nodegroup_name)}]}));
}

/// An issue that EKS sees in a group that exists: ACTIVE becomes DEGRADED.
pub(crate) fn ails(group: &mut NodeGroup, issue: Issue) {
    group.status = Status::Degraded;
    group.health.issues = vec![issue];
}

/// CREATING becomes ACTIVE or CREATE_FAILED.
pub(crate) fn created(group: &mut NodeGroup, now: f64, issue: Option<Issue>) {
    group.status = if issue.is_none() { Status::Active } else { Status::CreateFailed };
    group.health.issues = issue.into_iter().collect();
    group.modified_at = now;
}

#[derive(Debug, Deserialize)]
pub(crate) struct ListNodegroups {
    #[serde(flatten)]
    page: Page,
}

pub(crate) fn list(cluster: &ClusterState, request: &ListNodegroups) -> Result<Value, ApiError> {
    page::answer(
        "nodegroups",
        cluster.node_groups.keys().map(|name| Value::from(name.clone())).collect(),
        &request.page,
    )
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    nodegroup_name: String,
}

pub(crate) fn describe(cluster: &mut ClusterState, request: &Named) -> Result<Value, ApiError> {
    Ok(json!({ "nodegroup": find(cluster, &request.nodegroup_name)? }))
}

pub(crate) fn delete(
    cluster: &mut ClusterState,
    context: &Context,
    request: &Named,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let cluster_name = cluster.cluster.name.clone();
    let key = cluster.key(&context.place);
    let group = find(cluster, &request.nodegroup_name)?;
    let name = group.nodegroup_name.clone();
    match group.status {
        Status::Deleting => return Ok((json!({ "nodegroup": group }), Vec::new())),
        Status::Creating | Status::Updating => {
            let text = format!("Nodegroup {name} cannot be deleted because it is currently not in Active State");
            return Err(ApiError::in_use(text).cluster(&cluster_name).node_group(&name));
        }
        Status::Active | Status::Degraded | Status::CreateFailed => {}
    }
    group.status = Status::Deleting;
    group.modified_at = context.now;
    let answer = json!({ "nodegroup": group });
    Ok((answer, vec![Effect::DeleteNodeGroup(key, name)]))
}

pub(crate) fn find<'a>(cluster: &'a mut ClusterState, name: &str) -> Result<&'a mut NodeGroup, ApiError> {
    let missing = ApiError::not_found(format!("No node group found for name: {name}."))
        .cluster(&cluster.cluster.name)
        .node_group(name);
    cluster.node_groups.get_mut(name).ok_or(missing)
}

/// What keeps the group's nodes from becoming ready, in AWS's words; none when nothing does.
pub(crate) fn obstacle(cluster: &ClusterState, group: &NodeGroup) -> Option<Issue> {
    let issue = |message: &str| {
        Some(Issue { code: "NodeCreationFailure".to_owned(), message: message.to_owned(), resource_ids: Vec::new() })
    };
    let networked = cluster.bootstrap_add_ons || cluster.add_ons.contains_key("vpc-cni");
    let permitted = !group.role_lacks.contains(&addons::CNI_POLICY) || addons::cni_has_a_role(cluster);
    let lacks_policy = group.role_lacks.iter().any(|policy| *policy != addons::CNI_POLICY);
    match lacks_policy || !access::admits(cluster, &group.node_role, group.role_id.as_ref()) {
        true => issue("Instances failed to join the kubernetes cluster"),
        false if !networked || !permitted => issue("Unhealthy nodes in the kubernetes cluster"),
        false => None,
    }
}

/// Whether the group's nodes run a version that the cluster has.
pub(crate) fn fits(cluster: &ClusterState, version: &str) -> bool {
    versions::minor(version) <= versions::minor(&cluster.cluster.version)
}

#[cfg(test)]
mod tests;
