//! Who may use a cluster's API: the steps from the access entries that exist to those that are wanted, and what is shown of
//! them. Pure; `remote` has the calls, `grants` what one principal may do, `blocks` what the user writes.

pub(crate) mod blocks;
pub(crate) mod grants;
pub(crate) mod nodes;
pub(crate) mod plan;
pub(crate) mod remote;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use tfplugin_framework::prelude::*;

use super::model::{Cluster, list_of};
use super::observed::Observed;
use super::parts::{CREATOR, Place, Tags, last_part};
use super::step::Step;
use super::tags::creator_tags;

pub(crate) use blocks::Access;
use blocks::{Entry, EntryPolicy, MODES, STANDARD};
pub(crate) use grants::{ADMIN, Grant, Grants, LiveEntry, VIEWER};

/// An access entry to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EntrySpec {
    pub principal: String,
    pub grant: Grant,
    pub tags: Tags,
}

/// What access is to be after a plan, where the state has `prior`.
pub(crate) fn wanted(planned: &Cluster, prior: Option<&Cluster>, creator: Option<String>) -> Grants {
    let before = prior.map(|prior| Grants::of(&prior.access, prior.creator_arn.known().cloned()));
    Grants::of(&planned.access, creator).after(before.unwrap_or_default())
}

/// The modes that a cluster goes through to the wanted one; none backwards.
pub(crate) fn modes(live: &str, wanted: Option<&str>) -> &'static [&'static str] {
    let at = |mode: &str| MODES.iter().position(|one| *one == mode);
    match (at(live), wanted.and_then(at)) {
        (Some(from), Some(to)) if from < to => &MODES[from + 1..=to],
        _ => &[],
    }
}

/// The updates of the authentication mode, one after the other.
pub(crate) fn authentication(live: Option<&str>, wanted: &Grants) -> Vec<Vec<Step>> {
    let Some(live) = live else { return Vec::new() };
    modes(live, wanted.mode.as_deref()).iter().map(|mode| vec![Step::SetAuthentication((*mode).to_owned())]).collect()
}

/// True for an entry that must be deleted before it can be what it is to be: EKS cannot change its type.
fn is_of_another_type(live: &LiveEntry, written: &Grant, place: &Place) -> bool {
    place.is_part(&live.tags) && live.grant.kind != written.kind
}

/// The entries that are in the way of what is wanted.
pub(crate) fn clear(observed: &Observed, wanted: &Grants, place: &Place) -> Vec<Step> {
    let in_the_way = wanted.entries.iter().filter(|(principal, written)| {
        observed.entries.get(*principal).is_some_and(|live| is_of_another_type(live, written, place))
    });
    in_the_way.map(|(principal, _)| Step::DeleteEntry(principal.clone())).collect()
}

/// The entries to make. One of another's that has another type cannot be taken over: the call will say so.
pub(crate) fn create(observed: &Observed, wanted: &Grants, tags: &Tags) -> Vec<Step> {
    let is_missing = |(principal, written): &(&String, &Grant)| {
        observed.entries.get(*principal).is_none_or(|live| live.grant.kind != written.kind)
    };
    let spec = |(principal, written): (&String, &Grant)| EntrySpec {
        principal: principal.clone(),
        grant: written.clone(),
        tags: creator_tags(wanted, principal, tags),
    };
    wanted.entries.iter().filter(is_missing).map(|one| Step::CreateEntry(spec(one))).collect()
}

/// What is given to the entries once they are there.
pub(crate) fn give(observed: &Observed, wanted: &Grants, place: &Place) -> Vec<Step> {
    let mut all = Vec::new();
    let fresh = wanted.entries.iter().map(|(principal, written)| match observed.entries.get(principal) {
        Some(live) if live.grant.kind == written.kind => {
            (principal, live.grant.clone(), target(wanted, principal, live, place))
        }
        // Made in this apply, with everything but its policies.
        _ => (principal, Grant { policies: BTreeMap::new(), ..written.clone() }, Some(written.clone())),
    });
    let left = observed
        .entries
        .iter()
        .filter(|(principal, _)| !wanted.entries.contains_key(*principal))
        .map(|(principal, live)| (principal, live.grant.clone(), target(wanted, principal, live, place)));
    for (principal, live, target) in fresh.chain(left) {
        let Some(target) = target else { continue };
        if (&live.groups, &live.username) != (&target.groups, &target.username) {
            all.push(Step::UpdateEntry {
                principal: principal.clone(),
                groups: target.groups.clone(),
                username: target.username.clone(),
            });
        }
        for (name, scope) in target.policies.iter().filter(|(name, scope)| live.policies.get(*name) != Some(scope)) {
            all.push(Step::AssociatePolicy {
                principal: principal.clone(),
                policy: place.access_policy(name),
                namespaces: scope.clone(),
            });
        }
    }
    all
}

/// What is taken, after everything was given: policies that an entry is not to have, and entries of this cluster that nobody
/// asks for any more.
pub(crate) fn take(observed: &Observed, wanted: &Grants, place: &Place) -> Vec<Step> {
    let mut all = Vec::new();
    for (principal, live) in &observed.entries {
        if wanted.entries.get(principal).is_some_and(|written| written.kind != live.grant.kind) {
            continue;
        }
        match target(wanted, principal, live, place) {
            None => all.push(Step::DeleteEntry(principal.clone())),
            Some(target) => {
                let surplus = live.grant.policies.keys().filter(|name| !target.policies.contains_key(*name));
                all.extend(surplus.map(|name| Step::DisassociatePolicy {
                    principal: principal.clone(),
                    policy: place.access_policy(name),
                }));
            }
        }
    }
    all
}

fn target(wanted: &Grants, principal: &str, live: &LiveEntry, place: &Place) -> Option<Grant> {
    wanted.target(principal, live, place.is_part(&live.tags))
}

/// `access_entries`: what each entry of ours gives, and what those of others give of what is written. A missing one is not
/// there.
pub(crate) fn shown(
    observed: &Observed,
    written: &BTreeMap<String, Grant>,
    ours: impl Fn(&Tags) -> bool,
) -> Map<List<String>> {
    let entry = |(principal, live): (&String, &LiveEntry)| {
        let words = grants::shown(live, written.get(principal), ours(&live.tags))?;
        Some((principal.clone(), list_of(words)))
    };
    observed.entries.iter().filter_map(entry).collect()
}

/// `access_entries` after an apply.
pub(crate) fn foreseen(wanted: &Grants) -> Map<List<String>> {
    wanted.entries.iter().map(|(principal, grant)| (principal.clone(), list_of(grant.words()))).collect()
}

/// The entry that was made for the creator.
pub(crate) fn creator(observed: &Observed) -> Option<String> {
    let mut marked = observed.entries.iter().filter(|(_, entry)| entry.tags.contains_key(CREATOR));
    marked.next().map(|(principal, _)| principal.clone())
}

/// `access` with the mode that the cluster has, where one is written.
pub(crate) fn drifted(written: &Attr<Access>, live: Option<&String>) -> Attr<Access> {
    match (written, live) {
        (Attr::Known(access), Some(live)) if access.authentication_mode.known().is_some() => {
            Attr::Known(Access { authentication_mode: live.as_str().into(), ..access.clone() })
        }
        _ => written.clone(),
    }
}

/// The access that leads to these entries, in the words of a user who writes no more than is needed. A cluster without
/// an entry for its creator has no creator here, and needs no word about it.
pub(crate) fn written(entries: &BTreeMap<String, Grant>, creator: Option<&str>) -> Attr<Access> {
    let mut access = Access::default();
    let (mut admins, mut viewers) = (Vec::new(), Vec::new());
    let mut others: Map<Entry> = Map::new();
    for (principal, grant) in entries {
        if *grant == Grant::of_policy(ADMIN) {
            if Some(principal.as_str()) != creator {
                admins.push(principal.clone());
            }
        } else if *grant == Grant::of_policy(VIEWER) {
            viewers.push(principal.clone());
        } else {
            let short = last_part(principal);
            let key = if others.contains_key(short) { principal.as_str() } else { short };
            others.insert(key.to_owned(), Attr::Known(entry(principal, grant, creator)));
        }
    }
    let list = |all: Vec<String>| if all.is_empty() { Attr::Null } else { list_of(all) };
    access.admins = list(admins);
    access.viewers = list(viewers);
    access.entries = if others.is_empty() { Attr::Null } else { Attr::Known(others) };
    if access == Access::default() { Attr::Null } else { Attr::Known(access) }
}

fn entry(principal: &str, grant: &Grant, creator: Option<&str>) -> Entry {
    let list = |all: &grants::Scope| if all.is_empty() { Attr::Null } else { list_of(all.iter().cloned()) };
    let is_creators = |name: &String| *name == ADMIN && creator == Some(principal);
    let policies: List<EntryPolicy> = grant
        .policies
        .iter()
        .filter(|(name, _)| !is_creators(name))
        .map(|(name, scope)| Attr::Known(EntryPolicy { name: name.as_str().into(), namespaces: list(scope) }))
        .collect();
    Entry {
        principal_arn: principal.into(),
        r#type: if grant.kind == STANDARD { Attr::Null } else { grant.kind.as_str().into() },
        groups: list(&grant.groups),
        username: grant.username.clone().into(),
        policies: if policies.is_empty() { Attr::Null } else { Attr::Known(policies) },
    }
}
