//! Access entries of the cluster's own roles of nodes. EKS makes one with the first node group of a role and with Auto Mode, and
//! leaves it there; it knows the role by its unique id. So nodes of a role that was deleted and made again never join, unless the
//! entry is made again too (github.com/aws/containers-roadmap/issues/2631). Pure.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::blocks::{EC2, STANDARD};
use super::{EntrySpec, Grant};
use crate::cloud::steps::Stage;
use crate::cluster::control_plane::LiveCluster;
use crate::cluster::iam::{self, RoleSpec};
use crate::cluster::observed::Observed;
use crate::cluster::parts::{Place, Tags};
use crate::cluster::step::Step;
use crate::cluster::wanted::Wanted;

/// The mode in which there are no entries.
const WITHOUT_ENTRIES: &str = "CONFIG_MAP";
const LINUX: &str = "EC2_LINUX";
const WINDOWS: &str = "EC2_WINDOWS";
/// The policy of Auto Mode's nodes.
const AUTO_NODE: &str = "AmazonEKSAutoNodePolicy";

/// Entries that an earlier role of the same name has left, before these roles are made.
pub(crate) fn clear(observed: &Observed, wanted: &Wanted, roles: &[RoleSpec]) -> Vec<Step> {
    let missing = roles.iter().filter(|role| !observed.roles.contains_key(&role.name));
    let arns = missing.map(|role| wanted.place.arn_of_role(&role.path, &role.name));
    arns.filter(|arn| is_eks(observed, wanted, arn)).map(Step::DeleteEntry).collect()
}

/// Entries that nodes which are there already need, and that are not there or were [`clear`]ed: of new nodes EKS makes them.
pub(crate) fn admit(live: &LiveCluster, observed: &Observed, wanted: &Wanted, roles: &[RoleSpec]) -> Vec<Stage<Step>> {
    let place = &wanted.place;
    let cleared = clear(observed, wanted, roles);
    let has_entries = live.authentication_mode.as_deref() != Some(WITHOUT_ENTRIES);
    let lacks = |arn: &String| {
        let is_gone = has_entries && !observed.entries.contains_key(arn);
        (is_gone || cleared.contains(&Step::DeleteEntry(arn.clone()))) && !wanted.access.entries.contains_key(arn)
    };
    let groups = observed.node_groups.values().filter(|group| group.is_usable());
    let of_groups = groups.filter_map(|group| Some((group.role_arn.clone()?, kind_of(&group.image))));
    let stays_auto = wanted.settings.pools.is_some();
    let pools = live.settings.pools.as_ref().filter(|pools| stays_auto && !pools.is_empty());
    let of_auto = pools.map(|_| (iam::auto::role_arn(Some(live), &wanted.iam, place), EC2));
    let lacking: BTreeMap<String, &str> =
        of_groups.chain(of_auto).filter(|(arn, _)| place.is_own_role(arn) && lacks(arn)).collect();
    let make = |(principal, kind): (&String, &&str)| {
        let grant = Grant { kind: (*kind).to_owned(), ..Grant::default() };
        Step::CreateEntry(EntrySpec { principal: principal.clone(), grant, tags: Tags::new() })
    };
    let give = |principal: &String| Step::AssociatePolicy {
        principal: principal.clone(),
        policy: place.access_policy(AUTO_NODE),
        namespaces: super::grants::Scope::new(),
    };
    let of_auto = lacking.iter().filter(|(_, kind)| **kind == EC2).map(|(arn, _)| give(arn)).collect();
    vec![lacking.iter().map(make).collect(), of_auto]
}

/// The entries of roles that are about to be deleted.
pub(crate) fn dismiss(observed: &Observed, wanted: &Wanted, unneeded: &[Step]) -> Vec<Step> {
    let roles = unneeded.iter().filter_map(|step| observed.arn_of(step));
    roles.filter(|arn| is_eks(observed, wanted, arn)).map(Step::DeleteEntry).collect()
}

/// True for an entry of nodes that EKS made.
fn is_eks(observed: &Observed, wanted: &Wanted, arn: &String) -> bool {
    let is_made_by_eks = |place: &Place| {
        observed.entries.get(arn).is_some_and(|live| live.grant.kind != STANDARD && !place.is_part(&live.tags))
    };
    is_made_by_eks(&wanted.place) && !wanted.access.entries.contains_key(arn)
}

fn kind_of(image: &str) -> &'static str {
    if image.starts_with("WINDOWS") { WINDOWS } else { LINUX }
}
