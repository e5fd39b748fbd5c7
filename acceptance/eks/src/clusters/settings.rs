//! A cluster's settings: what an update sets, and the forms in which DescribeCluster shows them. Pure.

use serde_json::{Value, json};

use crate::state::ClusterState;

/// Every log that a control plane can write.
const LOGS: [&str; 5] = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/// An update of the cluster takes effect. Members that it does not set stay as they are.
pub(crate) fn apply(cluster: &mut ClusterState, sets: &Value) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let list = |value: &Value| value.as_array().map(|items| items.iter().filter_map(text).collect::<Vec<_>>());
    let object = &mut cluster.cluster;
    let Some(sets) = sets.as_object() else { return };
    for (member, value) in sets {
        let vpc = &mut object.resources_vpc_config;
        match member.as_str() {
            "endpointPublicAccess" => vpc.endpoint_public_access = value.as_bool().unwrap_or_default(),
            "endpointPrivateAccess" => vpc.endpoint_private_access = value.as_bool().unwrap_or_default(),
            "publicAccessCidrs" => vpc.public_access_cidrs = list(value).unwrap_or_default(),
            "subnetIds" => vpc.subnet_ids = list(value).unwrap_or_default(),
            "securityGroupIds" => vpc.security_group_ids = list(value).unwrap_or_default(),
            "logging" => object.logging = value.clone(),
            "authenticationMode" => object.access_config.authentication_mode = text(value).unwrap_or_default(),
            "upgradePolicy" => object.upgrade_policy = value.clone(),
            "zonalShiftConfig" => object.zonal_shift_config = Some(value.clone()),
            "remoteNetworkConfig" => object.remote_network_config = Some(value.clone()),
            "deletionProtection" => object.deletion_protection = value.as_bool().unwrap_or_default(),
            "controlPlaneScalingConfig" => object.control_plane_scaling_config = value.clone(),
            "computeConfig" => object.compute_config = Some(value.clone()),
            "storageConfig" => object.storage_config = Some(value.clone()),
            "kubernetesNetworkConfig" => object.kubernetes_network_config = value.clone(),
            "encryptionConfig" => object.encryption_config = Some(value.clone()),
            "version" => object.version = text(value).unwrap_or_default(),
            "platformVersion" => object.platform_version = text(value).unwrap_or_default(),
            unknown => tracing::error!(member = unknown, "an update sets a member that clusters do not have"),
        }
    }
}

/// `logging` as DescribeCluster shows it: the types that are on, then those that are off.
pub(crate) fn logging(before: Option<&Value>, wanted: Option<&Value>) -> Value {
    let mut on: Vec<&str> = Vec::new();
    for setups in [before, wanted].into_iter().flatten() {
        for setup in setups["clusterLogging"].as_array().into_iter().flatten() {
            let types: Vec<&str> = LOGS
                .into_iter()
                .filter(|log| setup["types"].as_array().is_some_and(|types| types.iter().any(|named| named == log)))
                .collect();
            on.retain(|log| !types.contains(log));
            if setup["enabled"] == true {
                on.extend(types);
            }
        }
    }
    let (on, off): (Vec<&str>, Vec<&str>) = LOGS.into_iter().partition(|log| on.contains(log));
    let setups: Vec<Value> = [(on, true), (off, false)]
        .into_iter()
        .filter(|(types, _)| !types.is_empty())
        .map(|(types, enabled)| json!({"types": types, "enabled": enabled}))
        .collect();
    json!({ "clusterLogging": setups })
}

/// `kubernetesNetworkConfig` of a new cluster. Of the two service ranges that EKS picks from, the one that the control planes here have.
pub(crate) fn network(wanted: Option<Value>) -> Value {
    let mut network = wanted.and_then(|wanted| wanted.as_object().cloned()).unwrap_or_default();
    let ipv6 = network.get("ipFamily").is_some_and(|family| family == "ipv6");
    if ipv6 {
        network.entry("serviceIpv6Cidr").or_insert_with(|| json!("fd30:1c53:5f8a::/108"));
    } else {
        network.entry("ipFamily").or_insert_with(|| json!("ipv4"));
        network.entry("serviceIpv4Cidr").or_insert_with(|| json!("172.20.0.0/16"));
    }
    network.entry("elasticLoadBalancing").or_insert_with(|| json!({"enabled": false}));
    Value::Object(network)
}
