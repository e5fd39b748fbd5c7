//! What the state says: the true values of what exists, in the words in which the user wrote them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;

use super::control_plane::{LiveCluster, log_group, written};
use super::model::{Cluster, keys, map_of};
use super::observed::Observed;
use super::parts::{Place, Tags};
use super::{access, addons, iam, node_groups, pod_identities, tags, wanted};

#[cfg(test)]
mod tests;

/// The parts that the computed maps show even where they are missing, so that the next plan makes them again.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Expected {
    pub groups: BTreeSet<String>,
    pub addons: BTreeSet<String>,
    /// What the user wrote of access, by principal.
    pub grants: BTreeMap<String, access::Grant>,
    pub iam: iam::Choices,
}

impl Expected {
    /// All of both.
    pub(crate) fn and(mut self, other: Expected) -> Expected {
        self.groups.extend(other.groups);
        self.addons.extend(other.addons);
        self.grants.extend(other.grants);
        Expected { iam: other.iam, ..self }
    }

    /// What a state shows.
    pub(crate) fn of_state(state: &Cluster) -> Expected {
        Expected {
            groups: keys(&state.node_group_status),
            addons: keys(&state.installed_addons),
            grants: access::Grants::of(&state.access, state.creator_arn.known().cloned()).entries,
            iam: iam::Choices::of(state, None),
        }
    }

    /// What is wanted.
    pub(crate) fn of_wanted(wanted: &wanted::Wanted) -> Expected {
        Expected {
            groups: wanted.groups.keys().cloned().collect(),
            addons: wanted.addons.keys().cloned().collect(),
            grants: wanted.access.entries.clone(),
            iam: wanted.iam.clone(),
        }
    }
}

/// The state of what exists. `base` is the state before, or a plan: what only it knows (timeouts, in which order, whether a
/// default was written) stays. `ready` and `creator_arn` stay too: no look at the cloud can tell them.
pub(crate) fn truth(base: &Cluster, observed: &Observed, expected: &Expected, place: &Place) -> Cluster {
    let ours = |tags: &Tags| place.is_part(tags);
    let mut state = base.clone();
    state.id = place.name.as_str().into();
    state.region = place.region.as_str().into();
    state.account_id = place.account_id.as_str().into();
    let Some(live) = &observed.cluster else {
        return Cluster {
            status: Attr::Null,
            arn: Attr::Null,
            api_endpoint: Attr::Null,
            kubeconfig: Attr::Null,
            ..state
        };
    };
    state = written::written(&state, live);
    state.logging = log_group::written(&state.logging, observed.log_group.as_ref());
    state.kubernetes_version = live.version.as_str().into();
    state.node_groups = node_groups::words::drifted(&base.node_groups, observed, place);
    state.tags = tags::drifted(&base.tags, &live.tags);
    state.tags_all = tags::drifted(&base.tags_all, &live.tags);
    state.deletion_protection = live.deletion_protection.into();
    state.access = access::drifted(&base.access, live.authentication_mode.as_ref());
    state.access_entries = Attr::Known(access::shown(observed, &expected.grants, ours));
    state.authentication_mode = live.authentication_mode.clone().into();
    state.iam = iam::drifted(&base.iam, observed, place);
    let provider = observed.provider.as_ref().filter(|_| expected.iam.has_provider);
    let provider = provider.filter(|live| iam::provider::is_whole(live, place));
    state.oidc_provider_arn = provider.map(|live| live.arn.clone()).into();
    state.node_group_status = Attr::Known(node_groups::words::shown(observed, &expected.groups, place));
    state.addons = addons::shown::drifted(base, observed, place);
    state.installed_addons = Attr::Known(addons::shown::installed(base, observed, &expected.addons, place));
    state.pod_identities = pod_identities::shown::drifted(base, observed, place);
    state.pod_identity_roles = pod_identities::shown::roles(observed, place);
    state.cluster_role_arn = iam::shown(
        Some(&live.role_arn),
        observed,
        place,
        &iam::cluster_role(place, live.settings.pools.is_some(), live.settings.key.as_ref(), &Tags::new()),
    )
    .filter(|_| !iam::auto::has_surplus(observed, live.settings.pools.is_some(), place))
    .into();
    let auto_role = live.settings.pools.as_ref().map(|_| iam::auto::role_arn(Some(live), &expected.iam, place));
    let auto_spec = iam::auto_node_role(place, &Tags::new());
    state.auto_node_role_arn = iam::shown(auto_role.as_deref(), observed, place, &auto_spec).into();
    let node_role =
        observed.node_groups.values().filter(|group| ours(&group.tags)).find_map(|one| one.role_arn.clone());
    state.node_role_arn = iam::shown(
        node_role.as_deref(),
        observed,
        place,
        &iam::node_role(place, &expected.iam.node_policies, &Tags::new()),
    )
    .into();
    outputs(state, live, place)
}

fn outputs(state: Cluster, live: &LiveCluster, place: &Place) -> Cluster {
    Cluster {
        status: live.status.text().into(),
        arn: live.arn.as_str().into(),
        api_endpoint: live.endpoint.clone().into(),
        certificate_authority_data: live.certificate_authority.clone().into(),
        platform_version: live.platform_version.clone().into(),
        vpc_id: live.vpc_id.clone().into(),
        cluster_security_group_id: live.security_group_id.clone().into(),
        oidc_issuer: live.oidc_issuer.clone().into(),
        service_cidr: live.service_cidr.clone().into(),
        kubeconfig: kubeconfig(live, place).into(),
        ..state
    }
}

/// A kubeconfig whose tokens come from the `aws` program. Strings are quoted as JSON, which YAML reads.
pub(crate) fn kubeconfig(live: &LiveCluster, place: &Place) -> Option<String> {
    let (server, authority) = (live.endpoint.as_ref()?, live.certificate_authority.as_ref()?);
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let (arn, name, region) = (quoted(&live.arn), quoted(&place.name), quoted(&place.region));
    let (server, authority) = (quoted(server), quoted(authority));
    Some(format!(
        "apiVersion: v1
kind: Config
clusters:
- name: {arn}
  cluster:
    server: {server}
    certificate-authority-data: {authority}
contexts:
- name: {arn}
  context:
    cluster: {arn}
    user: {arn}
current-context: {arn}
users:
- name: {arn}
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: aws
      args: [\"--region\", {region}, \"eks\", \"get-token\", \"--cluster-name\", {name}, \"--output\", \"json\"]
"
    ))
}

/// A plan after a successful apply: known values as planned, because core insists; unknown ones as they turned out.
pub(crate) fn settled(planned: &Cluster, truth: &Cluster) -> Cluster {
    let settled = fill(planned.to_value(), &truth.to_value());
    // Both have the shape of the model, so what is made of them has it too.
    Cluster::read(&settled).unwrap_or_else(|_| truth.clone())
}

fn fill(planned: Value, truth: &Value) -> Value {
    match planned {
        Value::Unknown => {
            if truth.is_wholly_known() {
                truth.clone()
            } else {
                Value::Null
            }
        }
        Value::Object(all) => Value::Object(
            all.into_iter()
                .map(|(key, one)| {
                    let one = fill(one, truth.get(&key));
                    (key, one)
                })
                .collect(),
        ),
        Value::Map(all) => Value::Map(
            all.into_iter()
                .map(|(key, one)| {
                    let one = fill(one, truth.get(&key));
                    (key, one)
                })
                .collect(),
        ),
        // Elements of lists are unknown only where the whole list is the user's, and then apply knows them.
        other => other,
    }
}

/// The state of a cluster that nobody has in a state yet: everything as it is, written as briefly as it can be.
pub(crate) fn imported(observed: &Observed, place: &Place, default_tags: &Tags) -> Option<Cluster> {
    let live = observed.cluster.as_ref()?;
    let ours = |tags: &Tags| place.is_part(tags);
    let entries = observed.entries.iter().filter(|(_, one)| ours(&one.tags));
    let entries = entries.map(|(principal, one)| (principal.clone(), one.grant.clone())).collect();
    let creator = access::creator(observed);
    let mark = observed.mark().unwrap_or_default();
    let is_finished = if mark.owner.is_some() { mark.ready } else { !live.status.is_changing() };
    let users: Tags = live
        .tags
        .iter()
        .filter(|(key, _)| tags::is_users(key))
        .map(|(key, text)| (key.clone(), text.clone()))
        .collect();
    let own: Tags = users
        .iter()
        .filter(|(key, text)| default_tags.get(*key) != Some(text))
        .map(|(key, text)| (key.clone(), text.clone()))
        .collect();
    let base = Cluster {
        name: place.name.as_str().into(),
        ready: is_finished.into(),
        creator_arn: creator.clone().into(),
        node_groups: node_groups::words::written(observed, place, &live.settings.subnet_ids),
        access: access::written(&entries, creator.as_deref()),
        iam: iam::written(observed, place),
        addons: addons::shown::written(observed, place, mark.owner.is_some() && is_finished),
        pod_identities: pod_identities::shown::written(observed, place),
        tags: if own.is_empty() { Attr::Null } else { map_of(own) },
        tags_all: map_of(users),
        ..Cluster::default()
    };
    Some(truth(&base, observed, &Expected::of_state(&base), place))
}

/// The parts of an imported cluster that this resource leaves alone, as lines of a warning.
pub(crate) fn strangers(observed: &Observed, place: &Place) -> Vec<String> {
    let line = |kind: &str, names: Vec<&String>| {
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{kind}: {}", names.join(", ")))
    };
    let ours = |tags: &Tags| place.is_part(tags);
    [
        line(
            "node groups",
            observed.node_groups.iter().filter(|(_, one)| !ours(&one.tags)).map(|(name, _)| name).collect(),
        ),
        line("add-ons", observed.addons.iter().filter(|(_, one)| !ours(&one.tags)).map(|(name, _)| name).collect()),
        line(
            "pod identities",
            observed
                .associations
                .iter()
                .filter(|(_, one)| !ours(&one.tags) && one.owner.is_none())
                .map(|(name, _)| name)
                .collect(),
        ),
        line(
            "access entries",
            observed
                .entries
                .iter()
                .filter(|(_, one)| !ours(&one.tags) && one.grant.is_for_people())
                .map(|(name, _)| name)
                .collect(),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
