//! Clusters: create, describe, list, delete. Decides; the control plane is started and stopped by `effects`.

pub(crate) mod config;
pub(crate) mod rules;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access;
use crate::cloud::{Role, Subnet};
use crate::effects::Effect;
use crate::error::ApiError;
use crate::page::{self, Page};
use crate::state::{ClusterState, Context, Region, Tags};
use crate::{tags, updates, versions};

/// A cluster as DescribeCluster shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cluster {
    /// 1 to 100 characters, unique in its region and account.
    pub name: String,
    /// `arn:…:cluster/NAME`
    pub arn: String,
    /// Seconds since the epoch.
    pub created_at: f64,
    /// The Kubernetes minor, such as `1.35`.
    pub version: String,
    /// `https://…`; absent until the control plane is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The cluster role.
    pub role_arn: String,
    /// Subnets, security groups and endpoint access.
    pub resources_vpc_config: VpcConfig,
    /// Service range and IP family.
    pub kubernetes_network_config: Value,
    /// Which logs go to CloudWatch.
    pub logging: Value,
    /// The OIDC issuer; absent until the control plane is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Value>,
    /// Where the cluster is in its life.
    pub status: Status,
    /// `{}` until the control plane is up, then its certificate authority in base64.
    pub certificate_authority: Value,
    /// `eks.N`
    pub platform_version: String,
    /// Tags.
    pub tags: Tags,
    /// The KMS key for secrets, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_config: Option<Value>,
    /// Issues that EKS sees.
    pub health: Health,
    /// How IAM principals become Kubernetes users.
    pub access_config: AccessConfig,
    /// What happens at the end of standard support.
    pub upgrade_policy: Value,
    /// ARC zonal shift, if it was ever configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zonal_shift_config: Option<Value>,
    /// Hybrid nodes' networks, if they were ever configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_network_config: Option<Value>,
    /// Auto Mode's nodes, if it was ever configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_config: Option<Value>,
    /// Auto Mode's volumes, if it was ever configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_config: Option<Value>,
    /// Whether DeleteCluster is refused.
    pub deletion_protection: bool,
    /// The control plane's size.
    pub control_plane_scaling_config: Value,
}

/// Where a cluster is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    /// The control plane is being made.
    Creating,
    /// Usable.
    Active,
    /// Usable, while one update is under way.
    Updating,
    /// On its way out.
    Deleting,
    /// It could not be made; it can only be deleted.
    Failed,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
            Self::Failed => "FAILED",
        })
    }
}

/// A cluster's network.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VpcConfig {
    /// At least two, in at least two zones.
    pub subnet_ids: Vec<String>,
    /// Further groups, at most five.
    pub security_group_ids: Vec<String>,
    /// The group that EKS makes; absent until the control plane is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_security_group_id: Option<String>,
    /// The subnets' VPC.
    pub vpc_id: String,
    /// Whether the API server can be reached from outside the VPC.
    pub endpoint_public_access: bool,
    /// Whether it can be reached from inside without leaving it.
    pub endpoint_private_access: bool,
    /// Who may use the public endpoint.
    pub public_access_cidrs: Vec<String>,
}

/// How IAM principals become Kubernetes users.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessConfig {
    /// `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`.
    pub authentication_mode: String,
}

/// Issues that EKS sees with an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Health {
    /// Empty when there is nothing to say.
    pub issues: Vec<Issue>,
}

/// One issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// A name from the model's enumeration for this kind of object.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// The objects concerned.
    #[serde(default)]
    pub resource_ids: Vec<String>,
}

/// The input of CreateCluster.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateCluster {
    pub name: String,
    pub role_arn: String,
    version: Option<String>,
    pub resources_vpc_config: VpcRequest,
    kubernetes_network_config: Option<Value>,
    logging: Option<Value>,
    #[serde(default)]
    tags: Tags,
    encryption_config: Option<Value>,
    access_config: Option<Value>,
    bootstrap_self_managed_addons: Option<bool>,
    upgrade_policy: Option<Value>,
    zonal_shift_config: Option<Value>,
    remote_network_config: Option<Value>,
    compute_config: Option<Value>,
    storage_config: Option<Value>,
    deletion_protection: Option<bool>,
    control_plane_scaling_config: Option<Value>,
    outpost_config: Option<Value>,
}

/// `resourcesVpcConfig` of CreateCluster and UpdateClusterConfig.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VpcRequest {
    pub subnet_ids: Option<Vec<String>>,
    pub security_group_ids: Option<Vec<String>>,
    pub endpoint_public_access: Option<bool>,
    pub endpoint_private_access: Option<bool>,
    pub public_access_cidrs: Option<Vec<String>>,
}

/// What the rest of the account says about the names in a request.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub role: Option<Role>,
    pub subnets: Vec<Subnet>,
    pub security_groups: Vec<String>,
}

pub(crate) fn create(
    region: &mut Region,
    context: &Context,
    request: CreateCluster,
    facts: &Facts,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let name = request.name.clone();
    let named = |error: ApiError| error.cluster(&name);
    if region.clusters.contains_key(&name) {
        return Err(named(ApiError::in_use(format!("Cluster already exists with name: {name}"))));
    }
    if request.outpost_config.is_some() {
        return Err(named(ApiError::parameter(
            "clusters on Outposts are not part of this sandbox: leave outpostConfig out",
        )));
    }
    let version = request.version.clone().unwrap_or_else(|| versions::DEFAULT.to_owned());
    let platform = versions::supported(&version).map_err(named)?.platform_version;
    rules::cluster_role(&request.role_arn, facts.role.as_ref()).map_err(named)?;
    let vpc = rules::network(&name, &request.resources_vpc_config, facts).map_err(named)?;
    tags::check(&request.tags).map_err(named)?;
    config::auto_mode_is_whole(
        request.compute_config.as_ref(),
        request.kubernetes_network_config.as_ref(),
        request.storage_config.as_ref(),
    )
    .map_err(named)?;

    let uid = context.ids.uuid(&[
        "cluster",
        &context.place.account,
        &context.place.region,
        &name,
        &region.birth("cluster", &name),
    ]);
    let mode = request
        .access_config
        .as_ref()
        .and_then(|access| access["authenticationMode"].as_str())
        .unwrap_or("CONFIG_MAP")
        .to_owned();
    let bootstrap_admin = request
        .access_config
        .as_ref()
        .and_then(|access| access["bootstrapClusterCreatorAdminPermissions"].as_bool())
        .unwrap_or(true);
    let cluster = Cluster {
        arn: context.place.arn(&format!("cluster/{name}")),
        created_at: context.now,
        version,
        endpoint: None,
        role_arn: request.role_arn,
        resources_vpc_config: vpc,
        kubernetes_network_config: config::network(request.kubernetes_network_config),
        logging: config::logging(None, request.logging.as_ref()),
        identity: None,
        status: Status::Creating,
        certificate_authority: json!({}),
        platform_version: platform.to_owned(),
        tags: request.tags,
        encryption_config: request
            .encryption_config
            .filter(|keys| keys.as_array().is_some_and(|keys| !keys.is_empty())),
        health: Health::default(),
        access_config: AccessConfig { authentication_mode: mode },
        upgrade_policy: request.upgrade_policy.unwrap_or_else(|| json!({"supportType": "EXTENDED"})),
        zonal_shift_config: request.zonal_shift_config,
        remote_network_config: request.remote_network_config,
        compute_config: request.compute_config,
        storage_config: request.storage_config,
        deletion_protection: request.deletion_protection.unwrap_or(false),
        control_plane_scaling_config: request
            .control_plane_scaling_config
            .unwrap_or_else(|| json!({"tier": "standard"})),
        name: name.clone(),
    };
    let answer = json!({ "cluster": cluster });
    let mut state = ClusterState {
        uid,
        cluster,
        creator: context.principal.clone(),
        bootstrap_add_ons: request.bootstrap_self_managed_addons.unwrap_or(true),
        bootstrap_admin,
        node_groups: BTreeMap::new(),
        add_ons: BTreeMap::new(),
        access_entries: BTreeMap::new(),
        associations: BTreeMap::new(),
        updates: Vec::new(),
    };
    access::bootstrap(&mut state, context);
    let key = state.key(&context.place);
    region.clusters.insert(name, state);
    Ok((answer, vec![Effect::StartCluster(key)]))
}

/// What the running control plane adds to a cluster.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub endpoint: String,
    /// In base64, as the API has it.
    pub certificate_authority: String,
    pub security_group: String,
}

/// CREATING becomes ACTIVE; false for a cluster that was deleted meanwhile.
pub(crate) fn created(cluster: &mut ClusterState, context: &Context, running: Running) -> bool {
    if cluster.cluster.status != Status::Creating {
        return false;
    }
    let id = context.ids.upper(32, &["oidc", &cluster.uid]);
    let suffix = if context.place.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let region = &context.place.region;
    cluster.cluster.identity = Some(json!({"oidc": {"issuer": format!("https://oidc.eks.{region}.{suffix}/id/{id}")}}));
    cluster.cluster.endpoint = Some(running.endpoint);
    cluster.cluster.certificate_authority = json!({"data": running.certificate_authority});
    cluster.cluster.resources_vpc_config.cluster_security_group_id = Some(running.security_group);
    cluster.cluster.status = Status::Active;
    true
}

/// CREATING becomes FAILED.
pub(crate) fn failed(cluster: &mut ClusterState, issue: Issue) {
    if cluster.cluster.status != Status::Creating {
        return;
    }
    cluster.cluster.status = Status::Failed;
    cluster.cluster.health.issues = vec![issue];
}

#[derive(Deserialize)]
pub(crate) struct ListClusters {
    #[serde(flatten)]
    page: Page,
}

pub(crate) fn list(region: &Region, request: &ListClusters) -> Result<Value, ApiError> {
    page::answer("clusters", region.clusters.keys().map(|name| Value::from(name.clone())).collect(), &request.page)
}

pub(crate) fn describe(cluster: &ClusterState) -> Value {
    json!({ "cluster": cluster.cluster })
}

pub(crate) fn delete(cluster: &mut ClusterState, context: &Context) -> Result<(Value, Vec<Effect>), ApiError> {
    let name = cluster.cluster.name.clone();
    if cluster.cluster.status == Status::Deleting {
        return Ok((describe(cluster), Vec::new()));
    }
    // User guide, "deletion protection": it does not hold for a cluster that is being made or could not be made.
    if cluster.cluster.deletion_protection && matches!(cluster.cluster.status, Status::Active | Status::Updating) {
        return Err(ApiError::request(format!("Cluster {name} cannot be deleted because deletion protection is enabled. Disable deletion protection and try again.")).cluster(&name));
    }
    if let Some(group) = cluster.node_groups.keys().next() {
        return Err(ApiError::in_use("Cluster has nodegroups attached").cluster(&name).node_group(group));
    }
    if updates::of_cluster(cluster).is_some() {
        let text = format!("Cannot delete because cluster {name} currently has an update in progress");
        return Err(ApiError::in_use(text).cluster(&name));
    }
    cluster.cluster.status = Status::Deleting;
    Ok((describe(cluster), vec![Effect::StopCluster(cluster.key(&context.place))]))
}

#[cfg(test)]
mod tests;
