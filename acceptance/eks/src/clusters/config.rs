//! UpdateClusterConfig: one kind of change per call, one update at a time, and what each does when it is done. Pure.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::settings::logging;
use super::{Facts, Status, VpcRequest, rules};
use crate::effects::Effect;
use crate::error::ApiError;
use crate::pace::Phase;
use crate::state::{ClusterState, Context};
use crate::updates::{self, Parameter, Subject, parameter};

/// Authentication modes in the one order in which they can be changed.
const MODES: [&str; 3] = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"];

/// The input of UpdateClusterConfig.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateClusterConfig {
    pub resources_vpc_config: Option<VpcRequest>,
    logging: Option<Value>,
    access_config: Option<Value>,
    upgrade_policy: Option<Value>,
    zonal_shift_config: Option<Value>,
    compute_config: Option<Value>,
    kubernetes_network_config: Option<Value>,
    storage_config: Option<Value>,
    remote_network_config: Option<Value>,
    deletion_protection: Option<bool>,
    control_plane_scaling_config: Option<Value>,
}

/// A change that was accepted.
struct Change {
    kind: &'static str,
    phase: Phase,
    params: Vec<Parameter>,
    /// Members of DescribeCluster's answer that it sets, with their new values.
    sets: Value,
}

pub(crate) fn update(
    cluster: &mut ClusterState,
    context: &Context,
    request: &UpdateClusterConfig,
    facts: &Facts,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let name = cluster.cluster.name.clone();
    let change = change(cluster, request, facts).map_err(|error| error.cluster(&name))?;
    begin(cluster, context, change.kind, change.phase, change.params, change.sets)
}

/// Takes the cluster's update lock and records the update.
pub(crate) fn begin(
    cluster: &mut ClusterState,
    context: &Context,
    kind: &'static str,
    phase: Phase,
    params: Vec<Parameter>,
    sets: Value,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let name = cluster.cluster.name.clone();
    if let Some(running) = updates::of_cluster(cluster) {
        let text = format!("Cannot {kind} because cluster {name} currently has update {} in progress", running.id);
        return Err(ApiError::in_use(text).cluster(&name));
    }
    if cluster.cluster.status != Status::Active {
        let text = format!("Cannot {kind} because cluster {name} is currently {}", cluster.cluster.status);
        return Err(ApiError::in_use(text).cluster(&name));
    }
    let update = updates::begin(cluster, context, Subject::Cluster, kind, params, sets);
    let (id, answer) = (update.id.clone(), json!({ "update": update }));
    cluster.cluster.status = Status::Updating;
    Ok((answer, vec![Effect::UpdateCluster(cluster.key(&context.place), id, phase)]))
}

/// What the one change of a request is.
fn change(cluster: &ClusterState, request: &UpdateClusterConfig, facts: &Facts) -> Result<Change, ApiError> {
    let vpc = request.resources_vpc_config.as_ref();
    let endpoint = vpc.filter(|vpc| {
        vpc.endpoint_public_access.is_some()
            || vpc.endpoint_private_access.is_some()
            || vpc.public_access_cidrs.is_some()
    });
    let network = vpc.filter(|vpc| vpc.subnet_ids.is_some() || vpc.security_group_ids.is_some());
    let auto_mode = request.compute_config.is_some()
        || request.kubernetes_network_config.is_some()
        || request.storage_config.is_some();
    let mut changes: Vec<Box<dyn FnOnce() -> Result<Change, ApiError> + '_>> = Vec::new();
    if let Some(vpc) = endpoint {
        changes.push(Box::new(|| endpoint_access(cluster, vpc)));
    }
    if let Some(vpc) = network {
        changes.push(Box::new(|| vpc_config(cluster, vpc, facts)));
    }
    if let Some(wanted) = &request.logging {
        changes.push(Box::new(|| logging_change(cluster, wanted)));
    }
    if let Some(wanted) = &request.access_config {
        changes.push(Box::new(|| access_config(cluster, wanted)));
    }
    if auto_mode {
        changes.push(Box::new(|| auto_mode_change(cluster, request)));
    }
    let simple = [
        (
            "UpgradePolicyUpdate",
            "UpgradePolicy",
            "upgradePolicy",
            "upgrade policy",
            request.upgrade_policy.clone(),
            Some(cluster.cluster.upgrade_policy.clone()),
        ),
        (
            "ZonalShiftConfigUpdate",
            "ZonalShiftConfig",
            "zonalShiftConfig",
            "zonal shift config",
            request.zonal_shift_config.clone(),
            cluster.cluster.zonal_shift_config.clone(),
        ),
        (
            "RemoteNetworkConfigUpdate",
            "RemoteNetworkConfig",
            "remoteNetworkConfig",
            "remote network config",
            request.remote_network_config.clone(),
            cluster.cluster.remote_network_config.clone(),
        ),
        (
            "DeletionProtectionUpdate",
            "DeletionProtection",
            "deletionProtection",
            "deletion protection",
            request.deletion_protection.map(Value::from),
            Some(cluster.cluster.deletion_protection.into()),
        ),
        (
            "ControlPlaneScalingConfigUpdate",
            "UpdatedTier",
            "controlPlaneScalingConfig",
            "control plane scaling config",
            request.control_plane_scaling_config.clone(),
            Some(cluster.cluster.control_plane_scaling_config.clone()),
        ),
    ];
    for (kind, param, member, words, wanted, present) in simple {
        if let Some(wanted) = wanted {
            changes.push(Box::new(move || replace(kind, param, member, words, &wanted, present.as_ref())));
        }
    }
    let mut changes = changes.into_iter();
    match (changes.next(), changes.next()) {
        (None, _) => Err(ApiError::parameter("The type for cluster update was not provided.")),
        (Some(_), Some(_)) => Err(ApiError::parameter("Only one type of update can be allowed.")),
        (Some(change), None) => change(),
    }
}

fn endpoint_access(cluster: &ClusterState, request: &VpcRequest) -> Result<Change, ApiError> {
    let now = &cluster.cluster.resources_vpc_config;
    let before = (now.endpoint_public_access, now.endpoint_private_access, now.public_access_cidrs.as_slice());
    let (public, private, cidrs) = rules::endpoint(request, before)?;
    if (public, private, cidrs.as_slice()) == before {
        return Err(ApiError::parameter(format!(
            "Cluster is already at the desired configuration with endpointPrivateAccess: {private} , endpointPublicAccess: {public}, and Public Endpoint Restrictions: [{}]",
            cidrs.join(", ")
        )));
    }
    Ok(Change {
        kind: "EndpointAccessUpdate",
        phase: Phase::ClusterNetwork,
        params: vec![
            parameter("EndpointPublicAccess", public.to_string()),
            parameter("EndpointPrivateAccess", private.to_string()),
            parameter("PublicAccessCidrs", json!(cidrs)),
        ],
        sets: json!({"endpointPublicAccess": public, "endpointPrivateAccess": private, "publicAccessCidrs": cidrs}),
    })
}

fn vpc_config(cluster: &ClusterState, request: &VpcRequest, facts: &Facts) -> Result<Change, ApiError> {
    let now = &cluster.cluster.resources_vpc_config;
    let subnets = request.subnet_ids.clone().unwrap_or_else(|| now.subnet_ids.clone());
    let groups = request.security_group_ids.clone().unwrap_or_else(|| now.security_group_ids.clone());
    if request.subnet_ids.is_some() {
        rules::subnets(&cluster.cluster.name, &subnets, &facts.subnets)?;
        if facts.subnets.iter().any(|subnet| subnet.vpc != now.vpc_id) {
            return Err(ApiError::parameter(format!(
                "Provided subnets belong to a different VPC than the cluster's VPC {}",
                now.vpc_id
            )));
        }
        rules::same_zones(&facts.present, &facts.subnets)?;
    }
    if request.security_group_ids.is_some() {
        rules::security_groups(&groups, &facts.security_groups)?;
    }
    if same_set(&subnets, &now.subnet_ids) && same_set(&groups, &now.security_group_ids) {
        return Err(ApiError::parameter("No changes detected"));
    }
    Ok(Change {
        kind: "VpcConfigUpdate",
        phase: Phase::ClusterNetwork,
        params: vec![parameter("Subnets", json!(subnets)), parameter("SecurityGroups", json!(groups))],
        sets: json!({"subnetIds": subnets, "securityGroupIds": groups}),
    })
}

fn same_set(left: &[String], right: &[String]) -> bool {
    left.len() == right.len() && left.iter().all(|item| right.contains(item))
}

fn logging_change(cluster: &ClusterState, wanted: &Value) -> Result<Change, ApiError> {
    let logging = logging(Some(&cluster.cluster.logging), Some(wanted));
    if logging == cluster.cluster.logging {
        return Err(ApiError::parameter("No changes needed for the logging config provided"));
    }
    Ok(Change {
        kind: "LoggingUpdate",
        phase: Phase::ClusterConfig,
        params: vec![parameter("ClusterLogging", wanted.clone())],
        sets: json!({ "logging": logging }),
    })
}

fn access_config(cluster: &ClusterState, wanted: &Value) -> Result<Change, ApiError> {
    let from = cluster.cluster.access_config.authentication_mode.as_str();
    let to = wanted["authenticationMode"].as_str().unwrap_or(from);
    let rank = |mode: &str| MODES.iter().position(|known| *known == mode);
    if rank(to) != rank(from).map(|rank| rank + 1) {
        return Err(ApiError::parameter(format!("Unsupported authentication mode update from {from} to {to}")));
    }
    let sets = json!({ "authenticationMode": to });
    Ok(Change {
        kind: "AccessConfigUpdate",
        phase: Phase::ClusterConfig,
        params: vec![parameter("AuthenticationMode", to)],
        sets,
    })
}

/// Auto Mode is on or off as a whole.
pub(crate) fn auto_mode_is_whole(
    compute: Option<&Value>,
    network: Option<&Value>,
    storage: Option<&Value>,
) -> Result<(), ApiError> {
    let compute = compute.and_then(|compute| compute["enabled"].as_bool());
    let balancing = network.and_then(|network| network["elasticLoadBalancing"]["enabled"].as_bool());
    let storage = storage.and_then(|storage| storage["blockStorage"]["enabled"].as_bool());
    let on = [compute, balancing, storage].map(|part| part.unwrap_or(false));
    if on.iter().any(|part| *part != on[0]) {
        return Err(ApiError::parameter(
            "For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.",
        ));
    }
    Ok(())
}

/// Node pools and the role of their nodes go together, and the role stays while Auto Mode is on.
pub(crate) fn auto_mode_role(present: Option<&Value>, wanted: Option<&Value>) -> Result<(), ApiError> {
    let Some(wanted) = wanted.filter(|wanted| wanted["enabled"] == true) else { return Ok(()) };
    let role = wanted["nodeRoleArn"].as_str().filter(|role| !role.is_empty());
    let has_pools = wanted["nodePools"].as_array().is_some_and(|pools| !pools.is_empty());
    match (role, has_pools) {
        (None, true) => {
            let text = "When Compute Config nodeRoleArn is null or empty, nodePool list cannot be populated.";
            return Err(ApiError::parameter(text));
        }
        (Some(_), false) => {
            let text = "When Compute Config nodeRoleArn is not null or empty, nodePool value(s) must be provided.";
            return Err(ApiError::parameter(text));
        }
        _ => {}
    }
    let present = present.filter(|present| present["enabled"] == true);
    match present.and_then(|present| present["nodeRoleArn"].as_str()) {
        Some(before) if role.is_some_and(|role| role != before) => {
            Err(ApiError::parameter("Compute Config nodeRoleArn cannot be changed while EKS Auto Mode is enabled."))
        }
        _ => Ok(()),
    }
}

fn auto_mode_change(cluster: &ClusterState, request: &UpdateClusterConfig) -> Result<Change, ApiError> {
    auto_mode_is_whole(
        request.compute_config.as_ref(),
        request.kubernetes_network_config.as_ref(),
        request.storage_config.as_ref(),
    )?;
    auto_mode_role(cluster.cluster.compute_config.as_ref(), request.compute_config.as_ref())?;
    let mut sets = Map::new();
    let mut params = Vec::new();
    let present = serde_json::to_value(&cluster.cluster).unwrap_or_default();
    for (member, param, wanted) in [
        ("computeConfig", "ComputeConfig", &request.compute_config),
        ("kubernetesNetworkConfig", "KubernetesNetworkConfig", &request.kubernetes_network_config),
        ("storageConfig", "StorageConfig", &request.storage_config),
    ] {
        let Some(wanted) = wanted else { continue };
        params.push(parameter(param, wanted.clone()));
        let mut next = present[member].as_object().cloned().unwrap_or_default();
        next.extend(wanted.as_object().cloned().unwrap_or_default());
        sets.insert(member.to_owned(), Value::Object(next));
    }
    let off = |value: &Value| {
        matches!(value["enabled"], Value::Null | Value::Bool(false))
            && value["nodePools"].as_array().is_none_or(Vec::is_empty)
    };
    let unchanged = sets.iter().all(|(member, value)| {
        present[member] == *value || (member == "computeConfig" && off(value) && off(&present[member]))
    });
    if unchanged {
        return Err(ApiError::request("No changes needed for EKS Auto Mode configuration provided"));
    }
    Ok(Change { kind: "AutoModeUpdate", phase: Phase::ClusterConfig, params, sets: Value::Object(sets) })
}

fn replace(
    kind: &'static str,
    param: &'static str,
    member: &'static str,
    words: &str,
    wanted: &Value,
    present: Option<&Value>,
) -> Result<Change, ApiError> {
    if Some(wanted) == present {
        return Err(ApiError::parameter(format!("No changes needed for the {words} provided")));
    }
    let sets = Value::Object(Map::from_iter([(member.to_owned(), wanted.clone())]));
    Ok(Change { kind, phase: Phase::ClusterConfig, params: vec![parameter(param, wanted.clone())], sets })
}
