//! What a plan says beyond what the generic planner made of it: rules between attributes, versions, drift of parts, and when
//! a cluster may be replaced. Pure: core plans twice and compares.

use tfplugin_framework::diagnostic::{Diagnostics, Path};
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Change, Planned};

use crate::cloud::ownership::{Private, words};

use super::access;
use super::control_plane::blocks::Upgrade;
use super::control_plane::replacement;
use super::iam;
use super::model::Cluster;
use super::node_groups;
use super::parts::{self, minor_of, minors_between};
use super::{addons, pod_identities, tags, wanted};

mod rules;
#[cfg(test)]
mod tests;

/// What a plan may know beside state and configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting {
    /// The region of a cluster that names none; unknown while the provider block is.
    pub region: Option<String>,
    /// The provider's tags of everything.
    pub default_tags: Attr<Map<String>>,
}

/// Rules between attributes of a configuration. What is unknown is passed over.
pub(crate) fn validate(config: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    all.extend(rules::validate(config));
    all.extend(access::plan::validate(config));
    all.extend(iam::plan::validate(config));
    all.extend(node_groups::plan::validate(config));
    all.extend(addons::plan::validate(&config.addons));
    all.extend(pod_identities::plan::validate(&config.pod_identities));
    all
}

/// Refines a plan. `private` is what core stored with the object, or (for the create of a replacement) what the first plan
/// wrote.
pub(crate) fn refine(
    change: &Change<Cluster>,
    private: &[u8],
    setting: &Setting,
    planned: &mut Planned<Cluster>,
) -> Diagnostics {
    let private = Private::decode(private);
    let mut all = match change {
        Change::Create { config, .. } => create(config, private, setting, planned),
        Change::Update { prior, config, .. } => update(prior, config, private, setting, planned),
        Change::Delete { prior } => return delete(prior, private, planned),
    };
    if matches!(change, Change::Create { .. }) {
        all.extend(rules::of_new(&planned.state));
    }
    all.extend(rules::of_region(&planned.state));
    all.extend(rules::of_tags(&planned.state));
    all.extend(rules::warnings(&planned.state));
    all.extend(node_groups::plan::warnings(&planned.state));
    all
}

fn create(config: &Cluster, private: Private, setting: &Setting, planned: &mut Planned<Cluster>) -> Diagnostics {
    let state = &mut planned.state;
    if state.region.is_unknown()
        && config.region.is_null()
        && let Some(region) = &setting.region
    {
        state.region = region.as_str().into();
    }
    state.id = state.name.clone();
    state.tags_all = tags::all(&config.tags, &setting.default_tags);
    state.leftovers = Attr::Null;
    state.pod_identity_roles = pod_identities::plan::created(state);
    iam::plan::create(state);
    let said = access::plan::create(config);
    let refused = private.protected;
    let kept = Private { claim: private.claim, ..Private::default() };
    planned.private = kept.with_create(&wanted::identity_arguments(state)).encode();
    // Core's second plan of a replacement: only here can `-replace` be told from a create.
    if refused { words::protected(&object(config)) } else { said }
}

fn update(
    prior: &Cluster,
    config: &Cluster,
    private: Private,
    setting: &Setting,
    planned: &mut Planned<Cluster>,
) -> Diagnostics {
    let protected = is_protected(prior);
    planned.private = Private { protected, create: None, ..private }.encode();
    let state = &mut planned.state;
    state.tags_all = tags::all(&config.tags, &setting.default_tags);
    state.leftovers = Attr::Null;
    mend(prior, state);

    let mut all = Diagnostics::none();
    all.extend(access::plan::update(prior, state));
    all.extend(iam::plan::update(prior, state));
    let reasons = replacement::reasons(prior, state);
    if protected {
        all.extend(replacement::refused(prior, &reasons));
    }
    planned.replaces.extend(reasons.into_iter().map(|reason| reason.path));
    let state = &mut planned.state;
    all.extend(version(prior, state));
    all.extend(node_groups::plan::changes(prior, state));
    all.extend(addons::plan::changes(prior, state));
    all
}

fn delete(prior: &Cluster, private: Private, planned: &mut Planned<Cluster>) -> Diagnostics {
    let protected = is_protected(prior);
    planned.private = Private { protected, create: None, ..private }.encode();
    if protected { words::protected(&object(prior)) } else { Diagnostics::none() }
}

/// Protection is switched on as the last step of a create, so an unfinished cluster has none, whatever was planned.
pub(crate) fn is_protected(state: &Cluster) -> bool {
    state.ready == Attr::Known(true) && state.deletion_protection == Attr::Known(true)
}

fn object(cluster: &Cluster) -> String {
    parts::object(&cluster.name.or("of an unknown name".to_owned()))
}

/// Makes what has to be mended part of the plan: an unfinished cluster, and parts that are missing or were changed. The
/// computed maps say what they will say, so that a plan shows which part changes and not that any may.
fn mend(prior: &Cluster, state: &mut Cluster) {
    if prior.ready != Attr::Known(true) {
        state.ready = Attr::Unknown;
        state.status = Attr::Unknown;
        access::plan::unfinished(state);
        iam::plan::unfinished(state);
        state.node_group_status = Attr::Unknown;
        state.installed_addons = Attr::Unknown;
        state.pod_identity_roles = pod_identities::plan::created(state);
        for output in outputs(state) {
            if output.is_null() {
                *output = Attr::Unknown;
            }
        }
        // Of a cluster that somebody deleted the state still knows what the next one will not have.
        if prior.arn.is_null() {
            for output in of_one_cluster(state) {
                *output = Attr::Unknown;
            }
        }
        return;
    }
    let minor = state.kubernetes_version.clone();
    let wanted_groups = wanted::groups(state, Some(prior));
    let live_groups = prior.node_group_status.or(Map::new());
    let is_upgrade = minor != prior.kubernetes_version
        || live_groups.values().filter_map(Attr::known).any(|live| node_groups::plan::is_behind(live, &minor));
    state.installed_addons = addons::plan::foreseen(prior, state, is_upgrade);
    state.pod_identity_roles = pod_identities::plan::foreseen(prior, state);
    state.node_group_status = match state.node_groups.to_value().is_wholly_known() && iam::plan::knows_nodes(state) {
        true => Attr::Known(node_groups::plan::foreseen(prior, state)),
        false => Attr::Unknown,
    };
    if state.node_role_arn.is_null() && !(wanted_groups.is_empty() && live_groups.is_empty()) {
        state.node_role_arn = Attr::Unknown;
    }
    // What the last group leaves behind is nobody's, or that of groups of others.
    if wanted_groups.is_empty() && !live_groups.is_empty() {
        state.node_role_arn = Attr::Unknown;
    }
    if state.cluster_role_arn.is_null() {
        state.cluster_role_arn = Attr::Unknown;
    }
    // Somebody's change was under way when the state was read; it will be over after an apply, but is no reason for one.
    if state != prior && prior.status != Attr::Known("ACTIVE".to_owned()) {
        state.status = Attr::Unknown;
    }
}

fn outputs(state: &mut Cluster) -> [&mut Attr<String>; 14] {
    [
        &mut state.kubernetes_version,
        &mut state.arn,
        &mut state.account_id,
        &mut state.id,
        &mut state.api_endpoint,
        &mut state.certificate_authority_data,
        &mut state.platform_version,
        &mut state.vpc_id,
        &mut state.cluster_security_group_id,
        &mut state.oidc_issuer,
        &mut state.service_cidr,
        &mut state.cluster_role_arn,
        &mut state.node_role_arn,
        &mut state.kubeconfig,
    ]
}

/// What another cluster of the same name has otherwise.
fn of_one_cluster(state: &mut Cluster) -> [&mut Attr<String>; 7] {
    [
        &mut state.api_endpoint,
        &mut state.certificate_authority_data,
        &mut state.platform_version,
        &mut state.cluster_security_group_id,
        &mut state.oidc_issuer,
        &mut state.service_cidr,
        &mut state.kubeconfig,
    ]
}

fn version(prior: &Cluster, state: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    let (Attr::Known(was), Attr::Known(is)) = (&prior.kubernetes_version, &state.kubernetes_version) else {
        return all;
    };
    if minor_of(is) < minor_of(was) {
        all.error_at(
            Path::attribute("kubernetes_version"),
            format!("{} cannot go back from Kubernetes {was} to {is}", object(prior)),
            format!(
                "EKS never takes a control plane to a lower version. Set `kubernetes_version = \"{was}\"`, or leave it out to \
                 stay at what the cluster has. To test on {is}, make another cluster beside this one."
            ),
        );
    }
    let minors = minors_between(was, is);
    if minors.len() > 1 {
        all.warning_at(
            Path::attribute("kubernetes_version"),
            format!("{} goes from Kubernetes {was} to {is} in {} upgrades", object(prior), minors.len()),
            format!(
                "EKS upgrades one minor at a time: {}. Control plane, add-ons and nodes go through each of them in this apply.",
                minors.join(", ")
            ),
        );
    }
    all
}

/// The next version on the way of a finished cluster to the planned one, and how it is to get there.
pub(crate) fn next_version(prior: &Cluster, planned: &Cluster) -> Option<(String, Upgrade)> {
    let (was, is) = (prior.kubernetes_version.known()?, planned.kubernetes_version.known()?);
    let next = minors_between(was, is).into_iter().next()?;
    (prior.ready == Attr::Known(true)).then(|| (next, planned.upgrade.or(Upgrade::default())))
}
