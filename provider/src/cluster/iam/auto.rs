//! The roles of EKS Auto Mode: what the control plane's role has for it, which role its nodes have, and what goes with it. Pure.

#[cfg(test)]
mod tests;

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::prelude::*;

use super::choices::Choices;
use super::plan::at;
use super::{AUTO_MODE, AUTO_NODE, CLUSTER, LiveRole, managed};
use crate::cluster::control_plane::{LiveCluster, settings};
use crate::cluster::model::Cluster;
use crate::cluster::observed::Observed;
use crate::cluster::parts::{self, Place};
use crate::cluster::step::Step;
use crate::cluster::wanted::Wanted;

/// The role of Auto Mode's nodes: the one that they have, which EKS keeps while it is on; else the one that is given, else the
/// cluster's own.
pub(crate) fn role_arn(live: Option<&LiveCluster>, wanted: &Choices, place: &Place) -> String {
    let present = live.and_then(|live| live.auto_role.clone());
    present.or_else(|| wanted.node_role.clone()).unwrap_or_else(|| place.role_arn(AUTO_NODE))
}

fn own_cluster_role<'a>(observed: &'a Observed, place: &Place) -> Option<(String, &'a LiveRole)> {
    let name = place.role_name(CLUSTER);
    let role = observed.roles.get(&name).filter(|role| place.is_part(&role.tags))?;
    Some((name, role))
}

/// True while the control plane's own role may do what only Auto Mode needs, and that is off.
pub(crate) fn has_surplus(observed: &Observed, is_auto: bool, place: &Place) -> bool {
    let role = observed.roles.get(&place.role_name(CLUSTER));
    !is_auto && role.is_some_and(|role| managed(place, &AUTO_MODE).intersection(&role.policies).next().is_some())
}

/// What only Auto Mode needed, once it is off. These come last: while one of them is there, the plan shows that something is left
/// to do.
pub(crate) fn detach(observed: &Observed, wanted: &Wanted) -> Vec<Step> {
    let Some((name, role)) = own_cluster_role(observed, &wanted.place) else { return Vec::new() };
    if wanted.settings.pools.is_some() {
        return Vec::new();
    }
    let surplus = managed(&wanted.place, &AUTO_MODE);
    let step = |policy: &String| Step::DetachPolicy { role: name.clone(), policy: policy.clone() };
    surplus.intersection(&role.policies).map(step).collect()
}

/// The own role of Auto Mode's nodes, once it is off or has another.
pub(crate) fn unneeded(observed: &Observed, wanted: &Wanted) -> Vec<Step> {
    let place = &wanted.place;
    let name = place.role_name(AUTO_NODE);
    let is_ours = observed.roles.get(&name).is_some_and(|role| place.is_part(&role.tags));
    let is_used = wanted.settings.pools.is_some()
        && role_arn(observed.cluster.as_ref(), &wanted.iam, place) == place.role_arn(AUTO_NODE);
    if is_ours && !is_used { vec![Step::DeleteRole(name)] } else { Vec::new() }
}

/// True, false, or unknown yet.
fn is_on(cluster: &Cluster) -> Attr<bool> {
    match &cluster.mode {
        Attr::Unknown => Attr::Unknown,
        mode => Attr::Known(mode.or(String::new()) == "auto"),
    }
}

/// `auto_node_role_arn` of a cluster of which only apply can tell.
pub(crate) fn created(state: &mut Cluster) {
    state.auto_node_role_arn = if is_on(state) == Attr::Known(false) { Attr::Null } else { Attr::Unknown };
}

/// Refines `auto_node_role_arn` in the plan of an update, and refuses another role of nodes that are there.
pub(crate) fn update(prior: &Cluster, state: &mut Cluster) -> Diagnostics {
    let stays = is_on(prior) == Attr::Known(true) && is_on(state) == Attr::Known(true);
    let present = prior.auto_node_role_arn.known().filter(|_| stays);
    let Some(present) = present else {
        created(state);
        return Diagnostics::none();
    };
    let given = state.iam.known().map(|iam| iam.node_role_arn.clone()).unwrap_or_default();
    // Without node pools EKS is told no role.
    let is_fixed = !settings::pools(&prior.auto).is_empty();
    let mut all = Diagnostics::none();
    state.auto_node_role_arn = match &given {
        Attr::Known(other) if other != present => {
            if is_fixed {
                let object = parts::object(&prior.name.or("of an unknown name".to_owned()));
                all.error_at(
                    at("node_role_arn"),
                    format!("{object} keeps the role of Auto Mode's nodes while Auto Mode is on: {present}"),
                    format!(
                        "EKS cannot change it. Put iam.node_role_arn back to {present:?} or leave it out; or apply \
                         `mode = \"managed\"` first, and then `mode = \"auto\"` with the other role."
                    ),
                );
            }
            if is_fixed { present.as_str().into() } else { other.as_str().into() }
        }
        _ => present.as_str().into(),
    };
    all
}
