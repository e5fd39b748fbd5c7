//! What a plan says of IAM: what cannot be combined, what stays for the life of a cluster, and which role replaces it. Pure.

use tfplugin_framework::diagnostic::{Diagnostics, Path};
use tfplugin_framework::prelude::*;

use super::blocks::Iam;
use super::{auto, choices, provider};
use crate::cluster::control_plane::replacement::Reason;
use crate::cluster::model::{Cluster, texts};
use crate::cluster::parts;

/// The path of an attribute of `iam`.
pub(super) fn at(attribute: &str) -> Path {
    Path::attribute("iam").child(attribute)
}

/// Rules between attributes of a configuration. What is unknown is passed over.
pub(crate) fn validate(config: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    let iam = config.iam.or(Iam::default());
    if iam.node_role_arn.known().is_some() && !texts(&iam.node_policies).is_empty() {
        all.error_at(
            at("node_policies"),
            "iam.node_policies are for the role that this resource makes for nodes, and iam.node_role_arn is another",
            "A role that is given by its ARN is never changed. Attach the policies where that role is managed, or leave \
             node_role_arn out.",
        );
    }
    all
}

/// Refines the plan of a create.
pub(crate) fn create(state: &mut Cluster) {
    if !wants_provider(state) {
        state.oidc_provider_arn = Attr::Null;
    }
    auto::created(state);
}

/// Of a cluster that is not finished only apply can tell what it will have.
pub(crate) fn unfinished(state: &mut Cluster) {
    state.oidc_provider_arn = if wants_provider(state) { Attr::Unknown } else { Attr::Null };
    auto::created(state);
}

/// True if it is known whether the role of nodes stays the same.
pub(crate) fn knows_nodes(state: &Cluster) -> bool {
    !state.iam.is_unknown() && !state.iam.known().is_some_and(|iam| iam.node_role_arn.is_unknown())
}

fn wants_provider(state: &Cluster) -> bool {
    match &state.iam {
        Attr::Known(iam) => !matches!(iam.oidc_provider, Attr::Null | Attr::Known(false)),
        Attr::Null => false,
        Attr::Unknown => true,
    }
}

/// The attribute whose change makes another cluster, if it changes: the role of the control plane. Leaving it out is no change.
pub(crate) fn replaces(prior: &Cluster, state: &Cluster) -> Option<Reason> {
    let role = match &state.iam {
        Attr::Known(iam) => &iam.cluster_role_arn,
        _ => return None,
    };
    let was = prior.iam.known().map(|iam| &iam.cluster_role_arn);
    let is_same = role.is_null() || *role == prior.cluster_role_arn || was == Some(role);
    (!is_same).then(|| Reason {
        path: at("cluster_role_arn"),
        attribute: "iam.cluster_role_arn",
        has: format!("{:?}", prior.cluster_role_arn.or(String::new())),
        instead: "EKS cannot change the role of a control plane.",
    })
}

fn provider_arn(prior: &Cluster, state: &Cluster) -> Attr<String> {
    let is_certain = state.iam.known().is_some_and(|iam| iam.oidc_provider.known().is_some());
    match (wants_provider(state), &prior.oidc_provider_arn, &prior.oidc_issuer, &prior.arn) {
        (false, ..) => Attr::Null,
        (true, known @ Attr::Known(_), ..) if is_certain => known.clone(),
        // Known before the apply, so that what uses it is planned in full.
        (true, _, Attr::Known(issuer), Attr::Known(arn)) if is_certain => provider::arn(arn, issuer).into(),
        _ => Attr::Unknown,
    }
}

/// Refines the plan of an update.
pub(crate) fn update(prior: &Cluster, state: &mut Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    let object = parts::object(&prior.name.or("of an unknown name".to_owned()));
    if prior.ready == Attr::Known(true) {
        state.oidc_provider_arn = provider_arn(prior, state);
        all.extend(auto::update(prior, state));
        match state.iam.known().map(|iam| &iam.node_role_arn) {
            Some(Attr::Unknown) => state.node_role_arn = Attr::Unknown,
            // Unknown is what goes with the last group.
            Some(Attr::Known(given)) if !prior.node_role_arn.is_null() && !state.node_role_arn.is_unknown() => {
                state.node_role_arn = given.as_str().into();
            }
            _ => {}
        }
    }
    let (was, is) = (choices::path(prior), choices::path(state));
    let is_known = !state.iam.is_unknown() && !state.iam.known().is_some_and(|iam| iam.path.is_unknown());
    if is_known && was != is {
        all.error_at(
            at("path"),
            format!("{object} keeps iam.path, where its roles are: {was}"),
            format!(
                "Roles cannot be moved, and this resource finds them by their path. Set `path = {was:?}`; a new cluster can have \
                 {is}."
            ),
        );
    }
    all
}
