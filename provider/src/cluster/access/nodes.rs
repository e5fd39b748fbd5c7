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
    let arns = missing.map(|role| wanted.place.arn_of_role(&role.path, &role.name));
    arns.filter(|arn| is_eks(observed, wanted, arn)).map(Step::DeleteEntry).collect()
}

/// Entries that nodes which are there already need, and that are not there or were [`clear`]ed: of new nodes EKS makes them. They
/// come before the policies of their roles, without which the plan shows that something is left to do.
pub(crate) fn admit(live: &LiveCluster, observed: &Observed, wanted: &Wanted, roles: &[RoleSpec]) -> Vec<Stage<Step>> {
    // Of a cluster that is not up yet nothing was read, and EKS does all of this.
    if live.authentication_mode.as_deref() == Some(WITHOUT_ENTRIES) || !live.status.has_parts() {
        return Vec::new();
    }
    let place = &wanted.place;
    let cleared = clear(observed, wanted, roles);
    let is_there =
        |arn: &String| observed.entries.contains_key(arn) && !cleared.contains(&Step::DeleteEntry(arn.clone()));
    let exists = |arn: &String| {
        let is_made = roles.iter().any(|role| place.arn_of_role(&role.path, &role.name) == *arn);
        is_made || observed.roles.values().any(|role| role.arn == *arn)
    };
    let is_ours = |arn: &String| place.is_own_role(arn) && exists(arn) && !wanted.access.entries.contains_key(arn);
    let stay = node_groups::steps::names(observed, &wanted.groups, place);
    let groups = observed.node_groups.iter().filter(|(name, group)| stay.contains(*name) && group.is_usable());
    let of_groups = groups.filter_map(|(_, group)| Some((group.role_arn.clone()?, kind_of(&group.image))));
    let stays_auto = wanted.settings.pools.is_some();
    let pools = live.settings.pools.as_ref().filter(|pools| stays_auto && !pools.is_empty());
    let auto = pools.map(|_| iam::auto::role_arn(Some(live), &wanted.iam, place)).filter(is_ours);
    let lacking: BTreeMap<String, &str> = of_groups
        .filter(|(arn, _)| is_ours(arn))
        .chain(auto.clone().map(|arn| (arn, EC2)))
        .filter(|(arn, _)| !is_there(arn))
        .collect();
    let make = |(principal, kind): (&String, &&str)| {
        let grant = Grant { kind: (*kind).to_owned(), ..Grant::default() };
        Step::CreateEntry(EntrySpec { principal: principal.clone(), grant, tags: Tags::new() })
    };
    let may_run = |arn: &String| {
        let live = observed.entries.get(arn).filter(|_| is_there(arn));
        live.is_some_and(|live| live.grant.kind != EC2 || live.grant.policies.contains_key(AUTO_NODE))
    };
    let give = |principal: String| Step::AssociatePolicy {
        principal,
        policy: place.access_policy(AUTO_NODE),
        namespaces: super::grants::Scope::new(),
    };
    vec![lacking.iter().map(make).collect(), auto.filter(|arn| !may_run(arn)).map(give).into_iter().collect()]
}

/// The entries of roles that are no more, once `unneeded` ones are deleted: not before, since who has such a role may be let in
/// by its entry, and then it stays.
pub(crate) fn dismiss(observed: &Observed, wanted: &Wanted, roles: &[RoleSpec], unneeded: &[Step]) -> Vec<Step> {
    let place = &wanted.place;
    let going: Vec<String> = unneeded.iter().filter_map(|step| observed.arn_of(step)).collect();
    let stays = |arn: &String| {
        let is_wanted = roles.iter().any(|role| place.arn_of_role(&role.path, &role.name) == *arn);
        is_wanted || observed.roles.values().any(|role| role.arn == *arn) && !going.contains(arn)
    };
    let orphans = observed.entries.keys().filter(|arn| place.is_own_role(arn) && !stays(arn));
    orphans.filter(|arn| is_eks(observed, wanted, arn)).map(|arn| Step::DeleteEntry(arn.clone())).collect()
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
