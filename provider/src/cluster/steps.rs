//! From what exists and what is wanted to the steps between, in the order in which they must run. Pure: whoever reads
//! [`stages`] knows what an apply does.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::error::CloudError;
use crate::cloud::steps::Stage;

use super::access;
use super::addons::{self, Installation, Phase, Releases};
use super::control_plane::log_group;
use super::control_plane::settings::Setting;
use super::control_plane::{self, ClusterSpec, LiveCluster};
use super::iam;
use super::inventory::{self, Inventory};
use super::leftovers::{self, After, Choices};
use super::model::texts;
use super::node_groups::{self, steps::When};
use super::observed::Observed;
use super::parts::{Place, minors_between};
use super::pod_identities;
use super::step::{Step, Upgrade};
use super::tags;
use super::wanted::Wanted;

#[cfg(test)]
mod tests;

/// The stages of a create, of its continuation, and of an update: there is one way from anywhere to what is wanted.
///
/// `default_version` is the version of a cluster that names none.
pub(crate) fn stages(
    observed: &Observed,
    wanted: &Wanted,
    releases: &Releases,
    default_version: &str,
) -> Vec<Stage<Step>> {
    let (place, part_tags) = (&wanted.place, wanted.part_tags());
    let parts = &observed.parts();
    let minors = minors(observed, wanted, default_version);
    let last = minors.last().map_or(default_version, String::as_str);
    let live = observed.cluster.as_ref().filter(|_| !control_plane::is_absent(observed));

    let is_ipv6 = live.map_or(wanted.is_ipv6, LiveCluster::is_ipv6);
    let mut roles = addons::roles(releases, &wanted.addons, is_ipv6, place, &part_tags);
    roles.extend(pod_identities::roles(&wanted.pod_roles, place, &part_tags));
    if live.map_or(wanted.iam.cluster_role.is_none(), |live| place.is_own_role(&live.role_arn)) {
        let key = wanted.settings.key.as_ref().or(live.and_then(|live| live.settings.key.as_ref()));
        roles.push(iam::cluster_role(place, wanted.settings.pools.is_some(), key, &part_tags));
    }
    let auto_role = iam::auto::role_arn(live, &wanted.iam, place);
    if wanted.settings.pools.is_some() && place.is_own_role(&auto_role) {
        roles.push(iam::auto_node_role(place, &part_tags));
    }
    if wanted.needs_node_role(parts) {
        roles.push(iam::node_role(place, &wanted.iam.node_policies, &part_tags));
    }
    iam::bound(&mut roles, wanted.iam.boundary.as_ref());

    let outdated = live.map(|_| access::nodes::clear(parts, wanted, &roles)).unwrap_or_default();
    let mut all = vec![
        control_plane::claim(observed, place, &wanted.mark).into_iter().collect(),
        control_plane::clear(observed),
        outdated.clone(),
        // All roles first: by the time the control plane is there, every part of AWS has heard of them.
        [iam::create(observed, &roles), log_group::steps(observed, wanted.log_group.as_ref(), &part_tags)].concat(),
    ];
    all.extend(live.map(|live| access::nodes::admit(live, parts, wanted, &roles, &outdated)).unwrap_or_default());
    all.extend([
        [
            iam::attach(observed, &roles),
            iam::boundaries(observed, place, &wanted.iam),
            iam::policies::steps(observed, &roles),
            pod_identities::detach(observed, &wanted.pod_roles, place),
        ]
        .concat(),
        iam::provider::clear(observed, place),
        match live {
            None => vec![Step::CreateCluster(spec(wanted))],
            Some(live) if !live.status.is_active() => vec![Step::AwaitCluster],
            Some(_) => Vec::new(),
        },
    ]);
    let mut versions = addons::versions(parts, &wanted.addons);
    if let Some(live) = live {
        // EKS runs one update of a control plane at a time, so those never share a stage.
        all.extend(control_plane::updates(live, &wanted.settings, &auto_role).into_iter().map(|one| vec![one]));
        if live.deletion_protection && !wanted.deletion_protection {
            all.push(vec![Step::Set(Setting::Protection(false))]);
        }
        all.push(node_groups::steps::change(parts, &wanted.groups, place, When::Settled));
        all.extend(upgrades(parts, wanted, releases, &minors, &mut versions));
        all.extend(access::authentication(live.authentication_mode.as_deref(), &wanted.access));
    }
    all.push(node_groups::steps::clear(parts, &wanted.groups, place));
    all.push(access::clear(parts, &wanted.access, place));
    all.push(addons::clear(parts, &wanted.addons));
    // Without a node the pods of the later add-ons have nowhere to run, and waiting for them would not end.
    let has_pools = wanted.settings.pools.as_ref().is_some_and(|pools| !pools.is_empty());
    let has_nodes = has_pools || wanted.groups.values().any(|group| group.size.desired > 0);
    let with = Installation { minor: last, versions: &versions, has_nodes, tags: &part_tags };
    let install = |phase| addons::install(parts, &wanted.addons, releases, place, phase, &with);
    all.push([access::create(parts, &wanted.access, &part_tags), install(Phase::Identity)].concat());
    all.push(iam::provider::create(parts, wanted.iam.has_provider, place, &part_tags));
    all.push(
        [install(Phase::BeforeNodes), pod_identities::associate(parts, &wanted.pod_roles, place, &part_tags)].concat(),
    );
    // Nodes take minutes to start, and need only to find what was installed for them when they do.
    all.push(
        [
            node_groups::steps::create(parts, wanted),
            access::give(parts, &wanted.access, place),
            addons::settle(parts, &wanted.addons, &with),
        ]
        .concat(),
    );
    all.push(node_groups::steps::settle(parts, &wanted.groups, place));
    all.push(node_groups::steps::change(parts, &wanted.groups, place, When::Changing));
    all.push(node_groups::steps::renew(parts, &wanted.groups, place, last));
    all.push(install(Phase::AfterNodes));
    all.push(
        [
            access::take(parts, &wanted.access, place),
            iam::detach(parts, place, &wanted.iam),
            iam::provider::delete(parts, wanted.iam.has_provider, place),
            node_groups::steps::delete(parts, &wanted.groups, place),
            pod_identities::remove(parts, &wanted.pod_roles, place),
            tags::changes(parts, wanted),
        ]
        .concat(),
    );
    all.push(live.and_then(|live| control_plane::auto_off(live, &wanted.settings)).into_iter().collect());
    all.push(addons::remove(parts, &wanted.addons, &wanted.unwanted_addons, place));
    let unneeded = unneeded_roles(parts, wanted);
    let orphans = access::nodes::dismiss(parts, wanted, &roles, &unneeded);
    all.extend([unneeded, orphans]);
    all.push(iam::auto::detach(parts, wanted));
    if wanted.deletion_protection && !live.is_some_and(|live| live.deletion_protection) {
        all.push(vec![Step::Set(Setting::Protection(true))]);
    }
    let mut carried = live.map(|live| live.tags.clone()).unwrap_or_default();
    if let Some(tag) = live.and_then(|live| inventory::before(live, parts, wanted, &all)) {
        carried.extend(tag.clone());
        all.insert(0, vec![Step::Tag { arn: place.arn(), subject: place.object(), set: tag, remove: Vec::new() }]);
    }
    let inventory = Inventory::of_wanted(parts, wanted).tag();
    all.extend(control_plane::finish(&carried, place, &wanted.mark, inventory));
    all.retain(|stage| !stage.is_empty());
    all
}

fn unneeded_roles(parts: &Observed, wanted: &Wanted) -> Stage<Step> {
    [
        addons::unneeded_roles(parts, &wanted.addons, &wanted.place),
        iam::unneeded(parts, wanted),
        iam::auto::unneeded(parts, wanted),
        pod_identities::unneeded_roles(parts, &wanted.pod_roles, &wanted.place),
    ]
    .concat()
}

/// What is to go in IAM.
pub(crate) fn unneeded(observed: &Observed, wanted: &Wanted) -> Stage<Step> {
    let provider = iam::provider::delete(observed, wanted.iam.has_provider, &wanted.place);
    [unneeded_roles(observed, wanted), provider].concat()
}

/// The versions of Kubernetes that the cluster has on its way: the present one (of a new cluster its first) and the minors of
/// an upgrade.
pub(crate) fn minors(observed: &Observed, wanted: &Wanted, default_version: &str) -> Vec<String> {
    let target = wanted.version.as_deref();
    match observed.cluster.as_ref().filter(|_| !control_plane::is_absent(observed)) {
        Some(live) => {
            let later = minors_between(&live.version, target.unwrap_or(&live.version));
            std::iter::once(live.version.clone()).chain(later).collect()
        }
        None => vec![target.unwrap_or(default_version).to_owned()],
    }
}

/// The releases of add-ons that must be known before [`stages`]: of what is to be made or mended, and of everything at each
/// minor of an upgrade.
pub(crate) fn needs(observed: &Observed, wanted: &Wanted, default_version: &str) -> BTreeSet<(String, String)> {
    let minors = minors(observed, wanted, default_version);
    let parts = observed.parts();
    let (Some(now), Some(last)) = (minors.first(), minors.last()) else { return BTreeSet::new() };
    let incomplete = addons::incomplete(&parts, &wanted.addons, &wanted.place);
    let mut upgraded: Vec<&String> = minors.iter().skip(1).collect();
    // Nodes behind the control plane are an upgrade that was interrupted after the control plane's.
    if !node_groups::steps::upgrade(&parts, &wanted.groups, &wanted.place, now, true).is_empty() {
        upgraded.push(now);
    }
    let upgraded =
        upgraded.into_iter().flat_map(|minor| wanted.addons.keys().map(|name| (name.clone(), minor.clone())));
    incomplete.into_iter().map(|name| (name, last.clone())).chain(upgraded).collect()
}

/// What cannot be as it is wanted, before anything is done about it: add-ons that EKS does not offer so, service accounts that
/// have a role of somebody else's.
///
/// # Errors
/// Naming the first of them.
pub(crate) fn check(
    observed: &Observed,
    wanted: &Wanted,
    releases: &Releases,
    default_version: &str,
) -> Result<(), CloudError> {
    let minors = minors(observed, wanted, default_version);
    addons::offers::check(&wanted.addons, releases, minors.last().map_or(default_version, String::as_str))?;
    pod_identities::check(&observed.parts(), wanted, releases)
}

/// One minor after the other: the control plane, then the add-ons that are too old for it, then the nodes.
fn upgrades(
    parts: &Observed,
    wanted: &Wanted,
    releases: &Releases,
    minors: &[String],
    versions: &mut BTreeMap<String, String>,
) -> Vec<Stage<Step>> {
    let mut all = Vec::new();
    for (at, minor) in minors.iter().enumerate() {
        let nodes = node_groups::steps::upgrade(parts, &wanted.groups, &wanted.place, minor, at + 1 == minors.len());
        if at > 0 {
            all.push(vec![Step::UpgradeCluster(Upgrade {
                version: minor.clone(),
                force: wanted.upgrade.force.or(false),
                ignored: texts(&wanted.upgrade.ignore_insights),
            })]);
        }
        if at > 0 || !nodes.is_empty() {
            all.push(addons::upgrade(parts, &wanted.addons, versions, releases, minor, &wanted.place));
        }
        all.push(nodes);
    }
    all
}

fn spec(wanted: &Wanted) -> ClusterSpec {
    ClusterSpec {
        role_arn: wanted.iam.cluster_role_arn(&wanted.place),
        authentication_mode: wanted.access.mode.clone(),
        version: wanted.version.clone(),
        settings: wanted.settings.clone(),
        is_ipv6: wanted.is_ipv6,
        service_cidr: wanted.service_cidr.clone(),
        auto_role: iam::auto::role_arn(None, &wanted.iam, &wanted.place),
        tags: wanted.cluster_tags(),
        claim: wanted.mark.claim.clone().unwrap_or_default(),
    }
}

/// The stages of a destroy until the control plane is gone. Nodes go before what they need, roles in [`last_stages`]: a role
/// that goes before its network interfaces leaves them behind.
pub(crate) fn delete_stages(observed: &Observed, place: &Place) -> Vec<Stage<Step>> {
    let mut all = Vec::new();
    if let Some(live) = &observed.cluster {
        let addons = |phases: &[Phase]| addons::delete(observed, place, phases);
        let groups = node_groups::steps::delete(observed, &BTreeMap::new(), place);
        // Of a cluster that was never finished: the last step of a create had already been taken.
        let protected = live.deletion_protection && !live.status.is_deleting();
        all.push(if protected { vec![Step::Set(Setting::Protection(false))] } else { Vec::new() });
        if live.status.is_deleting() {
            all.push(vec![Step::AwaitClusterGone]);
        } else {
            all.push(pod_identities::remove(observed, &BTreeMap::new(), place));
            all.extend([addons(&[Phase::AfterNodes]), groups, addons(&[Phase::BeforeNodes, Phase::Identity])]);
            all.push(vec![Step::DeleteCluster]);
        }
        all.push(iam::provider::delete(observed, false, place));
    }
    all.retain(|stage| !stage.is_empty());
    all
}

/// The stages after the control plane is gone: what it left elsewhere, and the roles. As long as there are roles the state
/// remembers the cluster, so they go last: a destroy that is killed before can be repeated.
pub(crate) fn last_stages(observed: &Observed, place: &Place, after: &After, choices: Choices) -> Vec<Stage<Step>> {
    let mut all = leftovers::last(after, choices);
    all.push(iam::delete(observed, place));
    all.retain(|stage| !stage.is_empty());
    all
}

/// Node groups that are not this resource's: they keep a cluster from being deleted.
pub(crate) fn foreign_groups(observed: &Observed, place: &Place) -> Vec<String> {
    let foreign = observed.node_groups.iter().filter(|(_, live)| !place.is_part(&live.tags));
    foreign.map(|(name, _)| name.clone()).collect()
}
