//! What a plan says of access: principals named twice, entries that EKS would refuse, and modes of authentication. Pure.

use std::collections::BTreeMap;

use tfplugin_framework::diagnostic::{Diagnostics, Path};
use tfplugin_framework::prelude::*;

use super::blocks::{Access, EC2, Entry, MODES, STANDARD};
use super::{foreseen, modes, wanted};
use crate::cluster::model::{Cluster, texts};
use crate::cluster::parts;

fn root() -> Path {
    Path::attribute("access")
}

/// Rules between attributes of a configuration. What is unknown is passed over.
pub(crate) fn validate(config: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    let Attr::Known(access) = &config.access else { return all };
    for (key, entry) in access.entries.known().into_iter().flatten() {
        if let Attr::Known(entry) = entry {
            all.extend(of_entry(key, entry));
        }
    }
    all.extend(named_twice(access));
    all
}

fn of_entry(key: &str, entry: &Entry) -> Diagnostics {
    let mut all = Diagnostics::none();
    let path = root().child("entries").key(key);
    let kind = entry.r#type.or(STANDARD.to_owned());
    let fixed = [
        ("groups", !texts(&entry.groups).is_empty()),
        ("username", entry.username.known().is_some()),
        ("policies", kind != EC2 && entry.policies.known().is_some_and(|all| !all.is_empty())),
    ];
    for (attribute, _) in fixed.iter().filter(|(_, is_set)| *is_set && kind != STANDARD) {
        all.error_at(
            path.child(attribute),
            format!("access entry {key} of type {kind} cannot have {attribute}"),
            "EKS itself decides what nodes may do. Leave it out, or make an entry of type STANDARD.",
        );
    }
    let mut seen: Vec<&String> = Vec::new();
    for (at, policy) in entry.policies.known().into_iter().flatten().enumerate() {
        let Some(name) = policy.known().and_then(|policy| policy.name.known()) else { continue };
        if seen.contains(&name) {
            all.error_at(
                path.child("policies").index(at),
                format!("access entry {key} has {name} twice"),
                "EKS knows one scope per policy and entry. Put all namespaces into one.",
            );
        }
        seen.push(name);
    }
    all
}

fn named_twice(access: &Access) -> Diagnostics {
    let mut all = Diagnostics::none();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let lists = [("admins", &access.admins), ("viewers", &access.viewers)];
    let listed = lists.into_iter().flat_map(|(name, list)| {
        texts(list).into_iter().map(move |one| (one, format!("access.{name}"), root().child(name)))
    });
    let entries = access.entries.known().into_iter().flatten().filter_map(|(key, entry)| {
        let principal = entry.known()?.principal_arn.known()?.clone();
        let path = root().child("entries").key(key);
        Some((principal, format!("access.entries[{key:?}]"), path.child("principal_arn")))
    });
    for (principal, place, path) in listed.chain(entries) {
        match seen.get(&principal) {
            // Of one list the rule of its elements tells.
            Some(first) if *first != place => all.error_at(
                path,
                format!("{principal} is in {first} and in {place}"),
                "A principal has one access entry. Name it once: an entry can have several policies.",
            ),
            _ => {
                seen.insert(principal, place);
            }
        }
    }
    all
}

/// A new cluster cannot begin with what EKS has left behind.
pub(crate) fn create(config: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    let mode = config.access.known().and_then(|access| access.authentication_mode.known());
    if mode.is_some_and(|mode| mode == MODES[0]) {
        all.error_at(
            root().child("authentication_mode"),
            "a new cluster cannot know principals by a ConfigMap alone",
            "CONFIG_MAP is for clusters that were imported with it: it leaves no way to give anybody access from here. Leave \
             it out, or use API_AND_CONFIG_MAP.",
        );
    }
    all
}

/// Of a cluster that is not finished only apply can tell what it will have.
pub(crate) fn unfinished(state: &mut Cluster) {
    state.access_entries = Attr::Unknown;
    if state.authentication_mode.is_null() {
        state.authentication_mode = Attr::Unknown;
    }
}

/// Refines the plan of an update.
pub(crate) fn update(prior: &Cluster, state: &mut Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    let object = parts::object(&prior.name.or("of an unknown name".to_owned()));
    if prior.ready != Attr::Known(true) {
        return all;
    }
    if !state.access.to_value().is_wholly_known() {
        state.access_entries = Attr::Unknown;
        let mode = state.access.known().map(|access| &access.authentication_mode);
        if mode.is_none_or(Attr::is_unknown) {
            state.authentication_mode = Attr::Unknown;
        }
        return all;
    }
    let grants = wanted(state, Some(prior), prior.creator_arn.known().cloned());
    state.access_entries = Attr::Known(foreseen(&grants));
    let Some(live) = prior.authentication_mode.known() else { return all };
    let last = match &grants.mode {
        Some(mode) if mode != live => {
            let steps = modes(live, Some(mode));
            if steps.is_empty() {
                all.error_at(
                    root().child("authentication_mode"),
                    format!("{object} cannot take access.authentication_mode back from {live} to {mode}"),
                    format!(
                        "EKS changes it in one direction only: {}. Set `authentication_mode = {live:?}`, or leave it out.",
                        MODES.join(", ")
                    ),
                );
            } else {
                state.authentication_mode = mode.as_str().into();
            }
            mode
        }
        _ => live,
    };
    if last == MODES[0] && !grants.entries.is_empty() {
        all.error_at(
            root(),
            format!("{object} knows principals by the ConfigMap aws-auth alone and cannot have access entries"),
            "Set `authentication_mode = \"API_AND_CONFIG_MAP\"`: what is in aws-auth stays valid beside the entries.",
        );
    }
    all
}
