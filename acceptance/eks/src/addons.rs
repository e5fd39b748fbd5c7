//! Add-ons of a cluster: create, describe, list, update, delete, and when they are healthy. Pure.

pub(crate) mod catalog;
mod description;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloud::Role;
use crate::clusters::{Health, Issue};
use crate::effects::Effect;
use crate::error::ApiError;
use crate::page::{self, Page};
use crate::pod_identity::{self, CreatePodIdentityAssociation};
use crate::state::{ClusterState, Context, Tags};
use crate::tags;
use crate::updates::{self, Subject, parameter};
use catalog::{Offer, Runs};
pub(crate) use description::{AddOn, Status};

/// What the VPC CNI needs to give pods addresses.
pub(crate) const CNI_POLICY: &str = "AmazonEKS_CNI_Policy";

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity {
    service_account: String,
    pub role_arn: String,
}

/// The roles that a request names, as IAM knows them, in the request's order: the IRSA role, then the identities'.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub service_account_role: Option<Role>,
    pub identity_roles: Vec<Option<Role>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateAddon {
    addon_name: String,
    addon_version: Option<String>,
    pub service_account_role_arn: Option<String>,
    resolve_conflicts: Option<String>,
    #[serde(default)]
    tags: Tags,
    configuration_values: Option<String>,
    #[serde(default)]
    pub pod_identity_associations: Vec<Identity>,
    namespace_config: Option<Value>,
}

pub(crate) fn create(
    cluster: &mut ClusterState,
    context: &Context,
    request: CreateAddon,
    facts: &Facts,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let (cluster_name, name) = (cluster.cluster.name.clone(), request.addon_name.clone());
    let named = |error: ApiError| error.cluster(&cluster_name).add_on(&name);
    cluster.ready()?;
    let offer = Offer::find(&name).map_err(named)?;
    if cluster.add_ons.contains_key(&name) {
        return Err(ApiError::in_use("Addon already exists."));
    }
    if request.resolve_conflicts.as_deref() == Some("PRESERVE") {
        return Err(named(ApiError::parameter("Resolve conflicts value PRESERVE is not supported for CreateAddon")));
    }
    let version = version(cluster, offer, request.addon_version).map_err(named)?;
    offer.check_values(request.configuration_values.as_deref().unwrap_or_default()).map_err(named)?;
    tags::check(&request.tags).map_err(named)?;
    irsa_role(request.service_account_role_arn.as_deref(), facts).map_err(named)?;
    let id = context.ids.uuid(&["addon", &cluster.uid, &name, &context.now.to_string()]);
    let addon_arn = context.place.arn(&format!("addon/{cluster_name}/{name}/{id}"));
    let namespace = request
        .namespace_config
        .as_ref()
        .and_then(|config| config["namespace"].as_str())
        .unwrap_or(offer.namespace)
        .to_owned();
    let identities =
        identify(cluster, context, &addon_arn, &namespace, request.pod_identity_associations, facts).map_err(named)?;
    let (publisher, owner) = offer.provenance();
    let add_on = AddOn {
        addon_name: name.clone(),
        cluster_name: cluster_name.clone(),
        status: Status::Creating,
        addon_version: version,
        health: Health::default(),
        addon_arn,
        created_at: context.now,
        modified_at: context.now,
        service_account_role_arn: request.service_account_role_arn,
        tags: request.tags,
        publisher: Some(publisher.to_owned()),
        owner: Some(owner.to_owned()),
        marketplace_information: offer.marketplace(),
        configuration_values: request.configuration_values,
        pod_identity_associations: identities,
        namespace_config: json!({ "namespace": namespace }),
    };
    let answer = json!({ "addon": add_on });
    cluster.add_ons.insert(name.clone(), add_on);
    Ok((answer, vec![Effect::CreateAddOn(cluster.key(&context.place), name)]))
}

fn version(cluster: &ClusterState, offer: &Offer, asked: Option<String>) -> Result<String, ApiError> {
    let minor = &cluster.cluster.version;
    match asked {
        None => Ok(offer.default_version(minor)),
        Some(version) if offer.versions(minor).contains(&version) => Ok(version),
        Some(_) => Err(ApiError::parameter("Addon version specified is not supported")),
    }
}

fn irsa_role(arn: Option<&str>, facts: &Facts) -> Result<(), ApiError> {
    match (arn, &facts.service_account_role) {
        (Some(arn), None) => Err(ApiError::parameter(format!("The role {arn} does not exist"))),
        _ => Ok(()),
    }
}

/// Makes the associations of an add-on; all or none.
fn identify(
    cluster: &mut ClusterState,
    context: &Context,
    owner: &str,
    namespace: &str,
    identities: Vec<Identity>,
    facts: &Facts,
) -> Result<Vec<String>, ApiError> {
    for (identity, role) in identities.iter().zip(&facts.identity_roles) {
        pod_identity::pod_role(role.as_ref())?;
        pod_identity::free(cluster, namespace, &identity.service_account)?;
    }
    let mut arns = Vec::new();
    for identity in identities {
        let request = CreatePodIdentityAssociation {
            namespace: namespace.to_owned(),
            service_account: identity.service_account,
            role_arn: identity.role_arn,
            tags: Tags::new(),
            disable_session_tags: None,
            target_role_arn: None,
            policy: None,
            owner_arn: Some(owner.to_owned()),
        };
        arns.push(pod_identity::associate(cluster, context, request)?.association_arn);
    }
    Ok(arns)
}

#[derive(Debug, Deserialize)]
pub(crate) struct ListAddons {
    #[serde(flatten)]
    page: Page,
}

pub(crate) fn list(cluster: &ClusterState, request: &ListAddons) -> Result<Value, ApiError> {
    page::answer("addons", cluster.add_ons.keys().map(|name| Value::from(name.clone())).collect(), &request.page)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    addon_name: String,
}

pub(crate) fn describe(cluster: &mut ClusterState, request: &Named) -> Result<Value, ApiError> {
    Ok(json!({ "addon": find(cluster, &request.addon_name)? }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateAddon {
    addon_name: String,
    addon_version: Option<String>,
    pub service_account_role_arn: Option<String>,
    resolve_conflicts: Option<String>,
    configuration_values: Option<String>,
    pub pod_identity_associations: Option<Vec<Identity>>,
}

pub(crate) fn update(
    cluster: &mut ClusterState,
    context: &Context,
    request: UpdateAddon,
    facts: &Facts,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let (cluster_name, name) = (cluster.cluster.name.clone(), request.addon_name.clone());
    let named = |error: ApiError| error.cluster(&cluster_name).add_on(&name);
    let mut next = find(cluster, &name)?.clone();
    if !matches!(next.status, Status::Active | Status::Degraded) {
        return Err(named(ApiError::in_use(format!(
            "Addon {name} cannot be updated as it is currently in {} state",
            next.status
        ))));
    }
    let offer = Offer::find(&name).map_err(named)?;
    let mut params = Vec::new();
    if let Some(asked) = request.addon_version {
        next.addon_version = version(cluster, offer, Some(asked)).map_err(named)?;
        params.push(parameter("AddonVersion", next.addon_version.clone()));
    }
    if let Some(values) = request.configuration_values {
        offer.check_values(&values).map_err(named)?;
        params.push(parameter("ConfigurationValues", values.clone()));
        next.configuration_values = Some(values).filter(|values| !values.is_empty());
    }
    irsa_role(request.service_account_role_arn.as_deref(), facts).map_err(named)?;
    params.extend(request.service_account_role_arn.iter().map(|arn| parameter("ServiceAccountRoleArn", arn.clone())));
    // "If you don't specify an existing IAM role, then the add-on uses the permissions assigned to the node IAM role."
    next.service_account_role_arn = request.service_account_role_arn;
    if let Some(conflicts) = request.resolve_conflicts {
        params.push(parameter("ResolveConflicts", conflicts));
    }
    if let Some(identities) = request.pod_identity_associations {
        let shown: Vec<Value> = identities
            .iter()
            .map(|one| json!({"serviceAccount": one.service_account, "roleArn": one.role_arn}))
            .collect();
        params.push(parameter("PodIdentityAssociations", Value::Array(shown)));
        let namespace = next.namespace_config["namespace"].as_str().unwrap_or(offer.namespace).to_owned();
        let before = cluster.associations.clone();
        cluster.associations.retain(|_, association| association.owner_arn.as_deref() != Some(&next.addon_arn));
        match identify(cluster, context, &next.addon_arn, &namespace, identities, facts) {
            Ok(arns) => next.pod_identity_associations = arns,
            Err(error) => {
                cluster.associations = before;
                return Err(named(error));
            }
        }
    }
    next.status = Status::Updating;
    next.modified_at = context.now;
    cluster.add_ons.insert(name.clone(), next);
    let update = updates::begin(cluster, context, Subject::AddOn(name.clone()), "AddonUpdate", params, Value::Null);
    let (id, answer) = (update.id.clone(), json!({ "update": update }));
    Ok((answer, vec![Effect::UpdateAddOn(cluster.key(&context.place), name, id)]))
}

pub(crate) fn delete(
    cluster: &mut ClusterState,
    context: &Context,
    request: &Named,
) -> Result<(Value, Vec<Effect>), ApiError> {
    let key = cluster.key(&context.place);
    let add_on = find(cluster, &request.addon_name)?;
    let effects = match add_on.status {
        Status::Deleting => Vec::new(),
        _ => vec![Effect::DeleteAddOn(key, request.addon_name.clone())],
    };
    add_on.status = Status::Deleting;
    add_on.modified_at = context.now;
    Ok((json!({ "addon": add_on }), effects))
}

/// An add-on is gone, and the associations that it owned.
pub(crate) fn deleted(cluster: &mut ClusterState, name: &str) {
    if let Some(add_on) = cluster.add_ons.remove(name) {
        cluster.associations.retain(|_, association| association.owner_arn.as_deref() != Some(&add_on.addon_arn));
    }
}

fn find<'a>(cluster: &'a mut ClusterState, name: &str) -> Result<&'a mut AddOn, ApiError> {
    let cluster_name = cluster.cluster.name.clone();
    let missing = || {
        ApiError::not_found(format!("No addon: {name} found in cluster: {cluster_name}"))
            .cluster(&cluster_name)
            .add_on(name)
    };
    cluster.add_ons.get_mut(name).ok_or_else(missing)
}

/// An add-on whose installation or update is over becomes ACTIVE or DEGRADED, and one that is either follows the nodes, or its own pods
/// where there are any: `runs` tells whether they do.
pub(crate) fn settle(cluster: &mut ClusterState, name: &str, now: f64, runs: Option<bool>) {
    let compute = cluster.has_compute();
    let Some(add_on) = cluster.add_ons.get_mut(name) else { return };
    if add_on.status == Status::Deleting || add_on.status == Status::CreateFailed {
        return;
    }
    let simulated = || !Offer::find(name).is_ok_and(|offer| offer.runs == Runs::AsReplicas) || compute;
    let waits = !runs.unwrap_or_else(simulated);
    let (status, issues) = if waits {
        let message = "The add-on is unhealthy because it doesn't have the desired number of replicas.".to_owned();
        (
            Status::Degraded,
            vec![Issue { code: "InsufficientNumberOfReplicas".to_owned(), message, resource_ids: Vec::new() }],
        )
    } else {
        (Status::Active, Vec::new())
    };
    if add_on.status != status {
        add_on.status = status;
        add_on.health.issues = issues;
        add_on.modified_at = now;
    }
}

/// Whether the VPC CNI has a role of its own, by pod identity or IRSA.
pub(crate) fn cni_has_a_role(cluster: &ClusterState) -> bool {
    let irsa = cluster.add_ons.get("vpc-cni").is_some_and(|cni| cni.service_account_role_arn.is_some());
    let agent = cluster.add_ons.contains_key("eks-pod-identity-agent");
    irsa || agent
        && cluster
            .associations
            .values()
            .any(|association| association.namespace == "kube-system" && association.service_account == "aws-node")
}

#[cfg(test)]
mod tests;
