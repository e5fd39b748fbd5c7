//! What a cluster is to be, with every default: the one reading of a plan that all concerns share. Pure.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;

use crate::cloud::ownership::{self, Mark};

use super::access::{self, Grants};
use super::addons::{self, Wishes, wish};
use super::control_plane::Reach;
use super::control_plane::blocks::Upgrade;
use super::control_plane::log_group::LogGroup;
use super::control_plane::settings::Settings;
use super::iam;
use super::model::{Cluster, Endpoint, checks, pairs, texts};
use super::node_groups::{self, GroupSpec};
use super::observed::Observed;
use super::parts::{Place, Tags};
use super::pod_identities::{self, PodRoles};

/// What a cluster is to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub place: Place,
    pub owner: String,
    /// What the cluster says of its owner until it is finished.
    pub mark: Mark,
    /// None for the default of EKS.
    pub version: Option<String>,
    pub settings: Settings,
    /// None for a cluster that writes no logs.
    pub log_group: Option<LogGroup>,
    pub is_ipv6: bool,
    pub service_cidr: Option<String>,
    pub upgrade: Upgrade,
    pub deletion_protection: bool,
    pub access: Grants,
    pub iam: iam::Choices,
    /// By key.
    pub groups: BTreeMap<String, GroupSpec>,
    /// By name.
    pub addons: Wishes,
    /// Add-ons that must not be there.
    pub unwanted_addons: BTreeSet<String>,
    pub pod_roles: PodRoles,
    /// The user's tags and the provider's default tags.
    pub tags: Tags,
    /// Keys of tags that the user had and has no more.
    pub dropped_tags: BTreeSet<String>,
}

impl Wanted {
    /// Reads a plan. `prior` is what the state has; `creator` the principal that gets access as the cluster's creator.
    pub(crate) fn new(
        planned: &Cluster,
        prior: Option<&Cluster>,
        creator: Option<String>,
        place: Place,
        (owner, mark): (&str, Mark),
    ) -> Wanted {
        let tags = pairs(&planned.tags_all);
        let had = prior.map(|prior| pairs(&prior.tags_all)).unwrap_or_default();
        Wanted {
            owner: owner.to_owned(),
            mark,
            version: planned.kubernetes_version.known().cloned(),
            settings: Settings::of(planned),
            log_group: LogGroup::of(&planned.logging),
            is_ipv6: planned.network.known().is_some_and(|network| network.ip_family == Attr::Known("ipv6".to_owned())),
            service_cidr: planned.network.known().and_then(|network| network.service_ipv4_cidr.known().cloned()),
            upgrade: planned.upgrade.or(Upgrade::default()),
            deletion_protection: planned.deletion_protection.or(true),
            access: access::wanted(planned, prior, creator),
            iam: iam::Choices::of(planned, prior),
            groups: groups(planned, prior),
            addons: addons(planned, prior, place.partition.name()),
            unwanted_addons: wish::unwanted(planned),
            pod_roles: pod_identities::wanted(&planned.pod_identities, prior),
            dropped_tags: had.into_keys().filter(|key| !tags.contains_key(key)).collect(),
            tags,
            place,
        }
    }

    /// The tags of everything but the cluster.
    pub(crate) fn part_tags(&self) -> Tags {
        self.tags.clone().into_iter().chain(self.place.part_tags(&self.owner)).collect()
    }

    /// The tags with which the cluster is created.
    pub(crate) fn cluster_tags(&self) -> Tags {
        self.tags.clone().into_iter().chain(self.mark.tags()).collect()
    }
}

impl Wanted {
    /// True if a node group is to be made, or runs, with the role that this resource makes for nodes.
    pub(crate) fn needs_node_role(&self, observed: &Observed) -> bool {
        node_groups::steps::use_own_role(observed, &self.groups, &self.place)
    }
}

/// From where the API is to be reached.
pub(crate) fn reach(endpoint: &Attr<Endpoint>) -> Reach {
    let endpoint = endpoint.or(Endpoint::default());
    Reach { private: endpoint.private.or(true), public_cidrs: texts(&endpoint.public_cidrs) }
}

fn is_finished(prior: Option<&Cluster>) -> Option<&Cluster> {
    prior.filter(|prior| prior.ready == Attr::Known(true))
}

/// `mode`, with its default.
fn mode(cluster: &Cluster) -> String {
    cluster.mode.or("managed".to_owned())
}

/// A group that the user never named is wanted only where this resource made it: an imported cluster gets none. Where the mode
/// is another, there is none of that kind at all.
pub(crate) fn groups(planned: &Cluster, prior: Option<&Cluster>) -> BTreeMap<String, GroupSpec> {
    if planned.node_groups.is_null() && mode(planned) != "managed" {
        return BTreeMap::new();
    }
    let mut all = node_groups::meant::groups(&planned.node_groups);
    iam::choices::name_role(planned, &mut all);
    if let Some(prior) = is_finished(prior)
        && planned.node_groups.is_null()
        && prior.node_groups.is_null()
        && mode(prior) == "managed"
    {
        all.retain(|key, _| prior.node_group_status.known().is_some_and(|known| known.contains_key(key)));
    }
    all
}

/// The default add-ons of a cluster in its mode.
fn default_addons(cluster: &Cluster, prior: Option<&Cluster>, partition: &str) -> BTreeSet<String> {
    let brings_its_own = mode(cluster) == "auto" && groups(cluster, prior).is_empty();
    if brings_its_own { addons::beside_auto_mode(partition) } else { addons::defaults_of(partition) }
}

/// A new cluster gets the default add-ons of its mode; a finished one keeps those that it got, and what changes with its mode.
/// What the user says of single ones comes on top.
pub(crate) fn addons(planned: &Cluster, prior: Option<&Cluster>, partition: &str) -> Wishes {
    let after = default_addons(planned, prior, partition);
    let finished = is_finished(prior).map(|finished| (finished, default_addons(finished, prior, partition)));
    wish::wanted(planned, finished, &after)
}

/// The arguments of a create, as the user wrote them, for the hash by which an apply that was killed is told from another
/// configuration's cluster.
pub(crate) fn create_arguments(config: &Cluster, region: &str) -> BTreeMap<&'static str, Value> {
    let mut config = config.clone();
    let sorted = |list: &Attr<List<String>>| match list {
        Attr::Known(_) => {
            let all: BTreeSet<String> = texts(list).into_iter().collect();
            super::model::list_of(all)
        }
        other => other.clone(),
    };
    config.subnet_ids = sorted(&config.subnet_ids);
    if let Attr::Known(access) = &mut config.access {
        access.admins = sorted(&access.admins);
        access.viewers = sorted(&access.viewers);
    }
    if let Attr::Known(iam) = &mut config.iam {
        iam.node_policies = sorted(&iam.node_policies);
    }
    if let Attr::Known(endpoint) = &mut config.endpoint {
        let ranges = texts(&endpoint.public_cidrs).into_iter().map(|one| checks::network(&one).unwrap_or(one));
        endpoint.public_cidrs = if endpoint.public_cidrs.is_null() {
            Attr::Null
        } else {
            super::model::list_of(ranges.collect::<BTreeSet<_>>())
        };
    }
    let mut all = BTreeMap::from([
        ("name", config.name.to_value()),
        ("region", Value::from(region)),
        ("subnet_ids", config.subnet_ids.to_value()),
        ("kubernetes_version", config.kubernetes_version.to_value()),
        ("endpoint", config.endpoint.to_value()),
        ("access", config.access.to_value()),
        ("iam", config.iam.to_value()),
        ("node_groups", config.node_groups.to_value()),
    ]);
    // Later attributes count where they are written, so that the hash of what an earlier release made is still the same.
    let later = [
        ("network", config.network.to_value()),
        ("encryption", config.encryption.to_value()),
        ("mode", config.mode.to_value()),
        ("addons", config.addons.to_value()),
        ("pod_identities", config.pod_identities.to_value()),
    ];
    all.extend(later.into_iter().filter(|(_, value)| !value.is_null()));
    all
}

/// The arguments whose change makes another cluster: what the delete half of a replacement compares with the state.
pub(crate) fn identity_arguments(cluster: &Cluster) -> BTreeMap<&'static str, Value> {
    let mut subnets = cluster.subnet_ids.to_value();
    if let Value::List(all) = &mut subnets {
        all.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    BTreeMap::from([
        ("name", cluster.name.to_value()),
        ("region", cluster.region.to_value()),
        ("subnet_ids", subnets),
        ("network", cluster.network.to_value()),
        ("encryption", cluster.encryption.to_value()),
        ("iam", iam::choices::identity(cluster)),
    ])
}

/// The mark of a create with these arguments.
pub(crate) fn mark(config: &Cluster, region: &str, owner: &str, claim: &str) -> Mark {
    Mark::unfinished(owner, claim, &ownership::hash(&create_arguments(config, region)))
}
