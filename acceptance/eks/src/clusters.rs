//! Clusters: create, describe, list, delete. Decides; the control plane is started and stopped by `effects`.

pub(crate) mod config;
mod description;
pub(crate) mod encryption;
pub(crate) mod rules;
pub(crate) mod settings;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::access;
use crate::cloud::{Role, Subnet};
use crate::effects::Effect;
use crate::error::ApiError;
use crate::page::{self, Page};
use crate::state::{ClusterState, Context, Region, Tags};
use crate::{tags, updates, versions};
pub use description::Issue;
pub(crate) use description::{AccessConfig, Cluster, Health, Status, VpcConfig};

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
    /// Those that the cluster has, as far as they still exist.
    pub present: Vec<Subnet>,
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
    if let Some(keys) = request.encryption_config.as_ref().and_then(Value::as_array).filter(|keys| !keys.is_empty()) {
        encryption::check(keys).map_err(named)?;
    }
    config::auto_mode_is_whole(
        request.compute_config.as_ref(),
        request.kubernetes_network_config.as_ref(),
        request.storage_config.as_ref(),
    )
    .map_err(named)?;
    config::auto_mode_role(None, request.compute_config.as_ref()).map_err(named)?;

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
        kubernetes_network_config: settings::network(request.kubernetes_network_config),
        logging: settings::logging(None, request.logging.as_ref()),
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
        auto_nodes: Vec::new(),
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
