//! The control plane: what EKS says of it, what a create sends, and which updates lead to what is wanted. Pure; `remote` has
//! the calls.

pub(crate) mod blocks;
pub(crate) mod log_group;
pub(crate) mod remote;
pub(crate) mod replacement;
pub(crate) mod settings;
pub(crate) mod subnets;
#[cfg(test)]
mod tests;
pub(crate) mod written;

use std::collections::BTreeSet;

use crate::cloud::ownership::Mark;

use super::model::checks::network;
use super::observed::{Issue, Observed};
use super::parts::{INVENTORY, Place, Tags};
use super::status::Status;
use super::step::Step;

use settings::{Setting, Settings};

/// A cluster as EKS has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LiveCluster {
    pub arn: String,
    pub status: Status,
    pub version: String,
    pub platform_version: Option<String>,
    pub role_arn: String,
    /// The role of Auto Mode's nodes, while that is on and makes any.
    pub auto_role: Option<String>,
    pub authentication_mode: Option<String>,
    pub settings: Settings,
    pub vpc_id: Option<String>,
    pub security_group_id: Option<String>,
    pub endpoint: Option<String>,
    pub certificate_authority: Option<String>,
    pub oidc_issuer: Option<String>,
    pub service_cidr: Option<String>,
    pub deletion_protection: bool,
    pub tags: Tags,
    pub issues: Vec<Issue>,
}

impl LiveCluster {
    /// Whether pods and Services have IPv6 addresses.
    pub(crate) fn is_ipv6(&self) -> bool {
        self.service_cidr.as_ref().is_some_and(|range| range.contains(':'))
    }
}

/// From where the API can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    pub private: bool,
    /// Empty if the public endpoint is off, whatever ranges EKS remembers for it.
    pub public_cidrs: Vec<String>,
}

impl Default for Reach {
    fn default() -> Self {
        Reach { private: true, public_cidrs: Vec::new() }
    }
}

impl Reach {
    /// Equality with ranges in any order and spelling.
    pub(crate) fn same(&self, other: &Reach) -> bool {
        let ranges = |reach: &Reach| -> BTreeSet<String> {
            reach.public_cidrs.iter().map(|one| network(one).unwrap_or_else(|| one.clone())).collect()
        };
        self.private == other.private && ranges(self) == ranges(other)
    }
}

/// What a create of the control plane sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClusterSpec {
    pub role_arn: String,
    /// None for `API`.
    pub authentication_mode: Option<String>,
    /// None for the default of EKS.
    pub version: Option<String>,
    pub settings: Settings,
    /// Whether pods and Services have IPv6 addresses.
    pub is_ipv6: bool,
    /// None for what EKS chooses.
    pub service_cidr: Option<String>,
    /// The role of Auto Mode's nodes.
    pub auto_role: String,
    /// The user's tags and the mark.
    pub tags: Tags,
    /// By which a lost answer is told from another apply that was faster.
    pub claim: String,
}

/// What is in the way of making a control plane: one that failed, or that is on its way out.
pub(crate) fn clear(observed: &Observed) -> Vec<Step> {
    match &observed.cluster {
        Some(live) if live.status.is_failed() => vec![Step::DeleteCluster],
        Some(live) if live.status.is_deleting() => vec![Step::AwaitClusterGone],
        _ => Vec::new(),
    }
}

/// True if a control plane is to be made, possibly after [`clear`].
pub(crate) fn is_absent(observed: &Observed) -> bool {
    observed.cluster.as_ref().is_none_or(|live| live.status.is_failed() || live.status.is_deleting())
}

/// The updates from what is to what is wanted, except the version's and the protection's. EKS takes one kind at a time.
/// Auto Mode is switched off last, when there is something else for pods to run on: see [`auto_off`].
pub(crate) fn updates(live: &LiveCluster, wanted: &Settings, auto_role: &str) -> Vec<Step> {
    let changes = live.settings.changes(wanted, auto_role).into_iter();
    changes.filter(|change| *change != Setting::Auto(None)).map(Step::Set).collect()
}

/// Switches Auto Mode off, if it is on and not wanted.
pub(crate) fn auto_off(live: &LiveCluster, wanted: &Settings) -> Option<Step> {
    (live.settings.pools.is_some() && wanted.pools.is_none()).then_some(Step::Set(Setting::Auto(None)))
}

/// Writes to the cluster whose it is, before anything else is done to it.
pub(crate) fn claim(observed: &Observed, place: &Place, mark: &Mark) -> Option<Step> {
    let live = observed.cluster.as_ref()?;
    let says = observed.mark()?;
    (says.owner != mark.owner || says.claim != mark.claim).then(|| Step::Tag {
        arn: live.arn.clone(),
        subject: place.object(),
        // What it says of being finished stays until everything is done.
        set: Mark { ready: says.ready, ..mark.clone() }.tags(),
        remove: Vec::new(),
    })
}

/// Writes to the cluster that everything is done, unless another apply has claimed it meanwhile: two at once make one cluster
/// together, and only the one that claimed it last may say that it has it. `tags` is what the cluster carries by then, and
/// `inventory` what it is to say of its parts.
pub(crate) fn finish(tags: &Tags, place: &Place, mark: &Mark, inventory: Tags) -> Vec<Vec<Step>> {
    let mut set: Tags = mark.clone().finished().tags().into_iter().chain(inventory).collect();
    set.retain(|key, text| tags.get(key) != Some(text));
    if set.is_empty() {
        return Vec::new();
    }
    let claim = mark.claim.clone().unwrap_or_default();
    let tag = Step::Tag { arn: place.arn(), subject: place.object(), set, remove: Vec::new() };
    let inventory = tags.get(INVENTORY).cloned();
    vec![vec![Step::ConfirmClaim { claim, inventory }], vec![tag]]
}
