//! Access entries of the cluster's own roles of nodes. EKS makes one with the first node group of a role and with Auto Mode, and
//! leaves it there; it knows the role by its unique id. So nodes of a role that was deleted and made again never join, unless the
//! entry is made again too (github.com/aws/containers-roadmap/issues/2631). Pure.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::blocks::EC2;
use super::grants::Scope;
use super::{EntrySpec, Grant, LiveEntry};
use crate::cloud::steps::Stage;
use crate::cluster::control_plane::LiveCluster;
use crate::cluster::iam::{self, RoleSpec};
use crate::cluster::node_groups;
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
    let arns = missing.map(|role| role.arn(&wanted.place));
    arns.filter(|arn| is_eks(observed, wanted, arn)).map(Step::DeleteEntry).collect()
}

/// Entries that nodes which are there already need, and that are not there or are [`clear`]ed: of new nodes EKS makes them. They
/// come before the policies of their roles, without which the plan shows that something is left to do.
pub(crate) fn admit(
    live: &LiveCluster,
    observed: &Observed,
    wanted: &Wanted,
    roles: &[RoleSpec],
    cleared: &[Step],
) -> Vec<Stage<Step>> {
    // Of a cluster that is not up yet nothing was read, and EKS does all of this.
    if live.authentication_mode.as_deref() == Some(WITHOUT_ENTRIES) || !live.status.has_parts() {
        return Vec::new();
    }
    let place = &wanted.place;
    let exists = |arn: &String| is_to_be(arn, roles, place) || is_there(arn, observed);
    let is_ours = |arn: &String| place.is_own_role(arn) && exists(arn) && !wanted.access.entries.contains_key(arn);
    let entry = |arn: &String| {
        let is_cleared = cleared.iter().any(|step| matches!(step, Step::DeleteEntry(principal) if principal == arn));
        observed.entries.get(arn).filter(|_| !is_cleared)
    };
    let stay = node_groups::steps::names(observed, &wanted.groups, place);
    let groups = observed.node_groups.iter().filter(|(name, group)| stay.contains(*name) && group.is_usable());
    let of_groups = groups.filter_map(|(_, group)| Some((group.role_arn.clone()?, kind_of(&group.image))));
    let stays_auto = wanted.settings.pools.is_some();
    let pools = live.settings.pools.as_ref().filter(|pools| stays_auto && !pools.is_empty());
    let auto = pools.map(|_| iam::auto::role_arn(Some(live), &wanted.iam, place)).filter(is_ours);
    let of_auto = auto.clone().map(|arn| (arn, EC2));
    let lacking: BTreeMap<String, &str> =
        of_groups.filter(|(arn, _)| is_ours(arn)).chain(of_auto).filter(|(arn, _)| entry(arn).is_none()).collect();
    let make = |(principal, kind): (String, &str)| {
        let grant = Grant { kind: kind.to_owned(), ..Grant::default() };
        Step::CreateEntry(EntrySpec { principal, grant, tags: Tags::new() })
    };
    let lacks_policy = |arn: &String| {
        entry(arn).is_none_or(|live| live.grant.kind == EC2 && !live.grant.policies.contains_key(AUTO_NODE))
    };
    let give = |principal: String| Step::AssociatePolicy {
        principal,
        policy: place.access_policy(AUTO_NODE),
        namespaces: Scope::new(),
    };
    vec![lacking.into_iter().map(make).collect(), auto.filter(lacks_policy).map(give).into_iter().collect()]
}

/// The entries of roles that are no more, once `unneeded` ones are deleted: not before, since who has such a role may be let in
/// by its entry, and then it stays.
pub(crate) fn dismiss(observed: &Observed, wanted: &Wanted, roles: &[RoleSpec], unneeded: &[Step]) -> Vec<Step> {
    let place = &wanted.place;
    let going: Vec<String> = unneeded.iter().filter_map(|step| observed.arn_of(step)).collect();
    let stays = |arn: &String| is_to_be(arn, roles, place) || is_there(arn, observed) && !going.contains(arn);
    let orphans = observed.entries.keys().filter(|arn| place.is_own_role(arn) && !stays(arn));
    orphans.filter(|arn| is_eks(observed, wanted, arn)).map(|arn| Step::DeleteEntry(arn.clone())).collect()
}

/// True for one of the roles that there are to be.
fn is_to_be(arn: &str, roles: &[RoleSpec], place: &Place) -> bool {
    roles.iter().any(|role| role.arn(place) == arn)
}

fn is_there(arn: &str, observed: &Observed) -> bool {
    observed.roles.values().any(|role| role.arn == arn)
}

/// True for an entry of nodes that EKS made.
fn is_eks(observed: &Observed, wanted: &Wanted, arn: &str) -> bool {
    let is_made_by_eks = |live: &LiveEntry| !live.grant.is_for_people() && !wanted.place.is_part(&live.tags);
    observed.entries.get(arn).is_some_and(is_made_by_eks) && !wanted.access.entries.contains_key(arn)
}

fn kind_of(image: &str) -> &'static str {
    if image.starts_with("WINDOWS") { WINDOWS } else { LINUX }
}
