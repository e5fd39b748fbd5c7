//! UpdateNodegroupConfig and UpdateNodegroupVersion: what is accepted, and what takes effect when. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{NodeGroup, ScalingRequest, Status, Taint, find, fits, rules};
use crate::cloud::LaunchTemplate;
use crate::effects::Effect;
use crate::error::ApiError;
use crate::pace::Phase;
use crate::state::{ClusterState, Context};
use crate::updates::{self, Parameter, Subject, parameter};
use crate::versions;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateNodegroupConfig {
    nodegroup_name: String,
    labels: Option<LabelChange>,
    taints: Option<TaintChange>,
    scaling_config: Option<ScalingRequest>,
    update_config: Option<Value>,
    node_repair_config: Option<Value>,
    warm_pool_config: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct LabelChange {
    add_or_update_labels: BTreeMap<String, String>,
    remove_labels: Vec<String>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct TaintChange {
    add_or_update_taints: Vec<Taint>,
    remove_taints: Vec<Taint>,
}

pub(crate) fn config(
    cluster: &mut ClusterState,
    context: &Context,
    request: UpdateNodegroupConfig,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let (cluster_name, name) = (cluster.cluster.name.clone(), request.nodegroup_name.clone());
    let named = |error: ApiError| error.cluster(&cluster_name).node_group(&name);
    let group = idle(cluster, &name)?;
    let mut next = group.clone();
    let mut params: Vec<Parameter> = Vec::new();
    if let Some(scaling) = request.scaling_config {
        next.scaling_config = scaling.over(group.scaling_config).map_err(named)?;
        let Scaled { min, max, desired } = Scaled::from(&next);
        params.extend([parameter("MinSize", min), parameter("MaxSize", max), parameter("DesiredSize", desired)]);
    }
    if let Some(change) = request.labels {
        params.push(parameter("LabelsToAdd", json!(change.add_or_update_labels)));
        params.push(parameter("LabelsToRemove", json!(change.remove_labels)));
        next.labels.extend(change.add_or_update_labels);
        next.labels.retain(|key, _| !change.remove_labels.contains(key));
        rules::labels(&next.labels).map_err(named)?;
    }
    if let Some(change) = request.taints {
        params.push(parameter("TaintsToAdd", json!(change.add_or_update_taints)));
        params.push(parameter("TaintsToRemove", json!(change.remove_taints)));
        let same = |one: &Taint, other: &Taint| one.key == other.key && one.effect == other.effect;
        next.taints.retain(|taint| {
            !change.remove_taints.iter().chain(&change.add_or_update_taints).any(|other| same(taint, other))
        });
        next.taints.extend(change.add_or_update_taints);
        rules::taints(&next.taints).map_err(named)?;
    }
    for (wanted, target, kind) in [
        (request.node_repair_config, &mut next.node_repair_config, "NodeRepairConfig"),
        (request.warm_pool_config, &mut next.warm_pool_config, "WarmPoolState"),
    ] {
        if let Some(wanted) = wanted {
            params.push(parameter(kind, wanted.clone()));
            *target = Some(wanted);
        }
    }
    if let Some(wanted) = request.update_config {
        for (member, kind) in [
            ("maxUnavailable", "MaxUnavailable"),
            ("maxUnavailablePercentage", "MaxUnavailablePercentage"),
            ("updateStrategy", "UpdateStrategy"),
        ] {
            if let Some(value) = wanted.get(member).filter(|value| !value.is_null()) {
                params.push(parameter(kind, value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
            }
        }
        next.update_config = rules::update_config(wanted, Some(&next.update_config)).map_err(named)?;
    }
    if params.is_empty() {
        return Err(named(ApiError::parameter("No changes were provided for the nodegroup configuration")));
    }
    Ok(begin(cluster, context, next, "ConfigUpdate", params, Phase::NodeGroupConfig, false))
}

struct Scaled {
    min: String,
    max: String,
    desired: String,
}

impl Scaled {
    fn from(group: &NodeGroup) -> Self {
        let scaling = group.scaling_config;
        Self {
            min: scaling.min_size.to_string(),
            max: scaling.max_size.to_string(),
            desired: scaling.desired_size.to_string(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateNodegroupVersion {
    nodegroup_name: String,
    version: Option<String>,
    release_version: Option<String>,
    pub launch_template: Option<rules::TemplateRequest>,
}

pub(crate) fn version(
    cluster: &mut ClusterState,
    context: &Context,
    request: UpdateNodegroupVersion,
    template: Option<LaunchTemplate>,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let (cluster_name, name) = (cluster.cluster.name.clone(), request.nodegroup_name.clone());
    let named = |error: ApiError| error.cluster(&cluster_name).node_group(&name);
    let current = cluster.cluster.version.clone();
    let before = idle(cluster, &name)?.clone();
    let mut next = before.clone();
    let asked = request.launch_template.as_ref();
    let template = asked.map(|asked| rules::template(asked, template.as_ref())).transpose().map_err(named)?;
    let to = request.version.unwrap_or_else(|| if template.is_some() { next.version.clone() } else { current });
    if versions::minor(&to) < versions::minor(&next.version) {
        return Err(named(ApiError::parameter(format!(
            "Nodegroup Kubernetes version cannot be lowered from {} to {to}",
            next.version
        ))));
    }
    node_version(cluster, &to).map_err(named)?;
    next.release_version = rules::release(&to, &next.ami_type, request.release_version.as_deref()).map_err(named)?;
    rules::forward(&before, &to, &next.release_version).map_err(named)?;
    next.version = to;
    if let Some(template) = template {
        next.launch_template = Some(rules::next_template(&before, template).map_err(named)?);
    }
    // Nodes that are as they should be stay.
    let replaces = (&next.version, &next.release_version, &next.launch_template)
        != (&before.version, &before.release_version, &before.launch_template);
    let mut params =
        vec![parameter("Version", next.version.clone()), parameter("ReleaseVersion", next.release_version.clone())];
    if let Some(template) = asked.and(next.launch_template.as_ref()) {
        params.push(parameter("LaunchTemplateVersion", template["version"].clone()));
    }
    Ok(begin(cluster, context, next, "VersionUpdate", params, Phase::NodeGroupVersion, replaces))
}

/// A node's version is one that EKS offers and not above the control plane's.
pub(super) fn node_version(cluster: &ClusterState, version: &str) -> Result<(), ApiError> {
    versions::supported(version)?;
    match fits(cluster, version) {
        true => Ok(()),
        false => Err(ApiError::parameter(format!(
            "Requested Nodegroup Kubernetes version {version} is higher than the cluster's version {}",
            cluster.cluster.version
        ))),
    }
}

fn idle<'a>(cluster: &'a mut ClusterState, name: &str) -> Result<&'a NodeGroup, ApiError> {
    let cluster_name = cluster.cluster.name.clone();
    let group = find(cluster, name)?;
    match group.status {
        Status::Active | Status::Degraded => Ok(group),
        _ => Err(ApiError::in_use("Nodegroup cannot be updated as it is currently not in Active State")
            .cluster(&cluster_name)
            .node_group(name)),
    }
}

/// Records the update; the group shows its new configuration at once and is UPDATING until its nodes follow.
fn begin(
    cluster: &mut ClusterState,
    context: &Context,
    mut next: NodeGroup,
    kind: &'static str,
    params: Vec<Parameter>,
    phase: Phase,
    replace: bool,
) -> (Value, Vec<Effect>) {
    let name = next.nodegroup_name.clone();
    next.status = Status::Updating;
    next.modified_at = context.now;
    cluster.node_groups.insert(name.clone(), next);
    let update = updates::begin(
        cluster,
        context,
        Subject::NodeGroup(name.clone()),
        kind,
        params,
        json!({ "replaceNodes": replace }),
    );
    let (id, answer) = (update.id.clone(), json!({ "update": update }));
    (answer, vec![Effect::UpdateNodeGroup(cluster.key(&context.place), name, id, phase)])
}
