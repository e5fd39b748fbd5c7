//! What exists, for the sweep. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::addons::{self, AddOn};
use crate::clusters::Status;
use crate::node_groups::{self, NodeGroup};
use crate::state::{State, Tags};
use crate::updates::UpdateStatus;

/// One object of EKS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// Whose.
    pub account: String,
    /// Where.
    pub region: String,
    /// `cluster`, `nodegroup`, `addon`, `access-entry` or `podidentityassociation`, as in ARNs.
    pub kind: &'static str,
    /// The cluster that it is or belongs to.
    pub cluster: String,
    /// Its name; of an entry the principal, of an association the id.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: Tags,
    /// When it was made, in milliseconds since the epoch: tells it from another one of its name.
    pub created: u64,
}

/// An object that takes AWS a while, as it is at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// `cluster`, `nodegroup` or `addon`, as in ARNs.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its status, as in `CREATING`.
    pub status: String,
    /// Its version: Kubernetes', or the add-on's.
    pub version: String,
}

/// The clusters, node groups and add-ons of an account.
pub(crate) fn standings(state: &State, account: &str) -> Vec<Standing> {
    let regions = state.regions().filter(|(place, _)| place.account == account);
    let mut all = Vec::new();
    for cluster in regions.flat_map(|(_, region)| region.clusters.values()) {
        let mut push = |kind, name: &str, status: String, version: &str| {
            all.push(Standing { kind, name: name.to_owned(), status, version: version.to_owned() });
        };
        push("cluster", &cluster.cluster.name, cluster.cluster.status.to_string(), &cluster.cluster.version);
        for group in cluster.node_groups.values() {
            push("nodegroup", &group.nodegroup_name, group.status.to_string(), &group.version);
        }
        for add_on in cluster.add_ons.values() {
            push("addon", &add_on.addon_name, add_on.status.to_string(), &add_on.addon_version);
        }
    }
    all
}

/// Every object of every account, clusters first.
pub(crate) fn all(state: &State) -> Vec<Resource> {
    let mut all = Vec::new();
    for (place, region) in state.regions() {
        for cluster in region.clusters.values() {
            let name = &cluster.cluster.name;
            let mut push = |kind, object: &str, arn: &str, tags: &Tags, created_at: f64| {
                all.push(Resource {
                    account: place.account.clone(),
                    region: place.region.clone(),
                    kind,
                    cluster: name.clone(),
                    name: object.to_owned(),
                    arn: arn.to_owned(),
                    tags: tags.clone(),
                    created: (created_at * 1000.0) as u64,
                });
            };
            push("cluster", name, &cluster.cluster.arn, &cluster.cluster.tags, cluster.cluster.created_at);
            for group in cluster.node_groups.values() {
                push("nodegroup", &group.nodegroup_name, &group.nodegroup_arn, &group.tags, group.created_at);
            }
            for add_on in cluster.add_ons.values() {
                push("addon", &add_on.addon_name, &add_on.addon_arn, &add_on.tags, add_on.created_at);
            }
            for entry in cluster.access_entries.values() {
                push("access-entry", &entry.principal_arn, &entry.access_entry_arn, &entry.tags, entry.created_at);
            }
            for association in cluster.associations.values() {
                push(
                    "podidentityassociation",
                    &association.association_id,
                    &association.association_arn,
                    &association.tags,
                    association.created_at,
                );
            }
        }
    }
    all
}

/// The issuers of an account's clusters that have one: those that came up.
pub(crate) fn issuers(state: &State, account: &str) -> BTreeMap<String, String> {
    let regions = state.regions().filter(|(place, _)| place.account == account);
    let clusters = regions.flat_map(|(_, region)| region.clusters.values());
    clusters
        .filter_map(|one| {
            let issuer = one.cluster.identity.as_ref()?["oidc"]["issuer"].as_str()?;
            Some((one.cluster.arn.clone(), issuer.to_owned()))
        })
        .collect()
}

/// How many objects of an account are on their way to another status. A degraded add-on is: its pods are.
pub(crate) fn moving(state: &State, account: &str) -> usize {
    let regions = state.regions().filter(|(place, _)| place.account == account);
    let clusters = regions.flat_map(|(_, region)| region.clusters.values());
    clusters
        .map(|cluster| {
            let itself = usize::from(!matches!(cluster.cluster.status, Status::Active | Status::Failed));
            let group = |group: &&NodeGroup| {
                !matches!(
                    group.status,
                    node_groups::Status::Active | node_groups::Status::Degraded | node_groups::Status::CreateFailed
                )
            };
            let add_on =
                |add_on: &&AddOn| !matches!(add_on.status, addons::Status::Active | addons::Status::CreateFailed);
            let updates = cluster.updates.iter().filter(|update| update.status == UpdateStatus::InProgress);
            itself
                + cluster.node_groups.values().filter(group).count()
                + cluster.add_ons.values().filter(add_on).count()
                + updates.count()
        })
        .sum()
}
