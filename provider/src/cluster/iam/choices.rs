//! What a cluster is to have in IAM, read from a plan, and how the state shows what it has. Pure.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;

use super::blocks::Iam;
use super::{CLUSTER, LiveRole, node_role};
use crate::cluster::model::{Cluster, list_of, texts};
use crate::cluster::node_groups::meant::GroupSpec;
use crate::cluster::observed::Observed;
use crate::cluster::parts::{PATH, Place, Tags};

/// What is wanted of IAM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    /// The control plane's role, if it is not the cluster's own.
    pub cluster_role: Option<String>,
    /// The nodes' role, if it is not the cluster's own.
    pub node_role: Option<String>,
    /// ARNs of further policies of the nodes' own role.
    pub node_policies: BTreeSet<String>,
    /// Those that it had by the state and is not to have any more.
    pub dropped_policies: BTreeSet<String>,
    /// The boundary of the cluster's own roles.
    pub boundary: Option<String>,
    /// The state has a boundary and the plan none.
    pub drops_boundary: bool,
    /// Whether IAM trusts the cluster's issuer.
    pub has_provider: bool,
}

impl Choices {
    /// Reads a plan, where the state has `prior`.
    pub(crate) fn of(planned: &Cluster, prior: Option<&Cluster>) -> Choices {
        let iam = |cluster: &Cluster| cluster.iam.or(Iam::default());
        let policies = |iam: &Iam| texts(&iam.node_policies).into_iter().collect::<BTreeSet<_>>();
        let (is, was) = (iam(planned), prior.map(iam).unwrap_or_default());
        let node_policies = policies(&is);
        Choices {
            cluster_role: is.cluster_role_arn.known().cloned(),
            node_role: is.node_role_arn.known().cloned(),
            dropped_policies: policies(&was).difference(&node_policies).cloned().collect(),
            node_policies,
            drops_boundary: was.permissions_boundary.known().is_some() && is.permissions_boundary.is_null(),
            boundary: is.permissions_boundary.known().cloned(),
            has_provider: is.oidc_provider.or(false),
        }
    }

    /// The role that a new control plane gets.
    pub(crate) fn cluster_role_arn(&self, place: &Place) -> String {
        self.cluster_role.clone().unwrap_or_else(|| place.role_arn(CLUSTER))
    }
}

/// Names the role of node groups, where the user names one; otherwise any that they have will do.
pub(crate) fn name_role(planned: &Cluster, groups: &mut BTreeMap<String, GroupSpec>) {
    let named = planned.iam.known().and_then(|iam| iam.node_role_arn.known());
    for group in groups.values_mut() {
        group.fixed.role_arn = named.cloned();
    }
}

/// `path`, with its default.
pub(crate) fn path(cluster: &Cluster) -> String {
    cluster.iam.known().and_then(|iam| iam.path.known().cloned()).unwrap_or_else(|| PATH.to_owned())
}

/// What tells one cluster from another: null where nothing is chosen.
pub(crate) fn identity(cluster: &Cluster) -> Value {
    let iam = cluster.iam.or(Iam::default());
    let kept = Iam { cluster_role_arn: iam.cluster_role_arn, path: iam.path, ..Iam::default() };
    if kept == Iam::default() { Value::Null } else { kept.to_value() }
}

fn own<'a>(observed: &'a Observed, place: &'a Place) -> impl Iterator<Item = &'a LiveRole> {
    observed.roles.values().filter(|role| place.is_part(&role.tags))
}

/// `iam` with what somebody changed elsewhere, where the user wrote something.
pub(crate) fn drifted(written: &Attr<Iam>, observed: &Observed, place: &Place) -> Attr<Iam> {
    let Attr::Known(written) = written else { return written.clone() };
    let mut iam = written.clone();
    if let (Attr::Known(arn), Some(live)) = (&written.cluster_role_arn, &observed.cluster)
        && *arn != live.role_arn
    {
        iam.cluster_role_arn = live.role_arn.as_str().into();
    }
    if let Attr::Known(boundary) = &written.permissions_boundary
        && let Some(other) = own(observed, place).find(|role| role.boundary.as_ref() != Some(boundary))
    {
        iam.permissions_boundary = other.boundary.clone().into();
    }
    Attr::Known(iam)
}

/// The `iam` of a cluster that nobody has in a state yet, as briefly as it can be written. The role of its control plane needs no
/// word: it stays.
pub(crate) fn written(observed: &Observed, place: &Place) -> Attr<Iam> {
    let mut iam = Iam::default();
    if place.path != PATH {
        iam.path = place.path.as_str().into();
    }
    let ours = observed.node_groups.values().filter(|group| place.is_part(&group.tags));
    let mut given = ours.filter_map(|group| group.role_arn.as_ref()).filter(|arn| !place.is_own_role(arn));
    iam.node_role_arn = given.next().cloned().into();
    let boundaries: BTreeSet<&Option<String>> = own(observed, place).map(|role| &role.boundary).collect();
    if let (1, Some(Some(boundary))) = (boundaries.len(), boundaries.first()) {
        iam.permissions_boundary = boundary.as_str().into();
    }
    let spec = node_role(place, &BTreeSet::new(), &Tags::new());
    if let Some(live) = observed.roles.get(&spec.name).filter(|role| place.is_part(&role.tags)) {
        let more: Vec<String> = live.policies.difference(&spec.policies).cloned().collect();
        iam.node_policies = if more.is_empty() { Attr::Null } else { list_of(more) };
    }
    if observed.provider.as_ref().is_some_and(|live| place.is_part(&live.tags)) {
        iam.oidc_provider = true.into();
    }
    if iam == Iam::default() { Attr::Null } else { Attr::Known(iam) }
}
