//! Who may use a cluster's API: access entries and the policies associated with them. Pure; `remote` has the calls.

pub(crate) mod remote;

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::check::{distinct, each, size};

use super::model::checks;
use super::observed::Observed;
use super::parts::{CREATOR, Place, Tags};
use super::step::Step;
use super::tags::creator_tags;

/// The policy of administrators.
pub(crate) const ADMIN: &str = "AmazonEKSClusterAdminPolicy";

model! {
    /// Who may use the Kubernetes API.
    pub struct Access {
        /// IAM roles and users that administer the cluster, by ARN. For a role of IAM Identity Center use the role's ARN
        /// with its path. An access entry that exists already is taken over.
        admins: List<String> = optional()
            .otherwise("nobody else")
            .equal(checks::same_texts)
            .check(size(0, 100))
            .check(distinct)
            .check(each(checks::principal)),
        /// Whether the principal that created the cluster administers it. Without it, and without `admins` that whoever
        /// runs Terraform can act as, apps and jobs cannot be deployed.
        creator_admin: bool = optional().otherwise("`true`"),
    }
}

/// An access entry as EKS has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiveEntry {
    pub arn: String,
    /// Names of the policies that hold for the whole cluster.
    pub policies: BTreeSet<String>,
    pub tags: Tags,
}

/// An access entry to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntrySpec {
    pub principal: String,
    pub tags: Tags,
}

/// Who administers the cluster: principals, and which of them is the creator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Admins {
    pub principals: BTreeSet<String>,
    pub creator: Option<String>,
}

impl Admins {
    /// `creator` is the principal that made the cluster, if that is known.
    pub(crate) fn of(access: &Attr<Access>, creator: Option<String>) -> Admins {
        let access = access.or(Access::default());
        let creator = creator.filter(|_| access.creator_admin.or(true));
        let principals = super::model::texts(&access.admins).into_iter().chain(creator.clone()).collect();
        Admins { principals, creator }
    }
}

/// The entries to make.
pub(crate) fn create(observed: &Observed, admins: &Admins, tags: &Tags) -> Vec<Step> {
    let missing = admins.principals.iter().filter(|one| !observed.entries.contains_key(*one));
    missing
        .map(|one| Step::CreateEntry(EntrySpec { principal: one.clone(), tags: creator_tags(admins, one, tags) }))
        .collect()
}

/// The policies to associate, once the entries are there.
pub(crate) fn associate(observed: &Observed, admins: &Admins, place: &Place) -> Vec<Step> {
    let has = |principal: &String| observed.entries.get(principal).is_some_and(|entry| entry.policies.contains(ADMIN));
    let lacking = admins.principals.iter().filter(|one| !has(one));
    lacking.map(|one| Step::AssociatePolicy { principal: one.clone(), policy: place.access_policy(ADMIN) }).collect()
}

/// Entries of this cluster that nobody asks for any more. Entries of others are left alone.
pub(crate) fn delete(observed: &Observed, admins: &Admins, place: &Place) -> Vec<Step> {
    let ours = observed.entries.iter().filter(|(_, entry)| place.is_part(&entry.tags));
    ours.filter(|(principal, _)| !admins.principals.contains(*principal))
        .map(|(principal, _)| Step::DeleteEntry(principal.clone()))
        .collect()
}

/// `access_entries`: the policies of each expected principal and of each entry of ours. A missing entry has none.
pub(crate) fn shown(
    observed: &Observed,
    expected: &BTreeSet<String>,
    ours: impl Fn(&Tags) -> bool,
) -> Map<List<String>> {
    let mut all: BTreeMap<String, Attr<List<String>>> =
        expected.iter().map(|principal| (principal.clone(), Attr::Known(List::new()))).collect();
    for (principal, entry) in &observed.entries {
        if expected.contains(principal) || ours(&entry.tags) {
            all.insert(principal.clone(), super::model::list_of(entry.policies.iter().cloned()));
        }
    }
    all
}

/// The entry that was made for the creator.
pub(crate) fn creator(observed: &Observed) -> Option<String> {
    let mut marked = observed.entries.iter().filter(|(_, entry)| entry.tags.contains_key(CREATOR));
    marked.next().map(|(principal, _)| principal.clone())
}

/// The access that leads to these principals, in the words of a user who writes no more than is needed. A cluster without
/// an entry for its creator has no creator here, and needs no word about it.
pub(crate) fn written(principals: &BTreeSet<String>, creator: Option<&str>) -> Attr<Access> {
    let admins: Vec<String> = principals.iter().filter(|one| Some(one.as_str()) != creator).cloned().collect();
    if admins.is_empty() {
        return Attr::Null;
    }
    Attr::Known(Access { admins: super::model::list_of(admins), creator_admin: Attr::Null })
}

/// `access_entries` after an apply: every admin has its policy, whatever else it has, and nobody else of ours is left.
pub(crate) fn foreseen(before: &Attr<Map<List<String>>>, admins: &Admins) -> Map<List<String>> {
    let policies = |principal: &String| {
        let had = before.known().and_then(|all| all.get(principal)).map(super::model::texts).unwrap_or_default();
        let has: BTreeSet<String> = had.into_iter().chain([ADMIN.to_owned()]).collect();
        (principal.clone(), super::model::list_of(has))
    };
    admins.principals.iter().map(policies).collect()
}
