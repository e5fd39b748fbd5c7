//! Tags: which of them are the user's, and what changes them on everything that exists. Pure.

use tfplugin_framework::prelude::*;

use crate::cloud::ownership;

use super::access::Grants;
use super::model::{map_of, pairs};
use super::node_groups;
use super::observed::Observed;
use super::parts::{self, CREATOR, Tags};
use super::step::Step;
use super::wanted::Wanted;

/// The steps that give everything of this cluster its tags. What is made in this apply is made with them.
pub(crate) fn changes(observed: &Observed, wanted: &Wanted) -> Vec<Step> {
    let is_ours = |tags: &Tags| wanted.place.is_part(tags);
    let part_tags = wanted.part_tags();
    let mut all = Vec::new();
    let mut change = |arn: &str, subject: String, live: &Tags, meant: &Tags| {
        let set: Tags = meant
            .iter()
            .filter(|(key, text)| live.get(*key) != Some(text))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let remove: Vec<String> = wanted.dropped_tags.iter().filter(|key| live.contains_key(*key)).cloned().collect();
        if !set.is_empty() || !remove.is_empty() {
            all.push(Step::Tag { arn: arn.to_owned(), subject, set, remove });
        }
    };
    if let Some(live) = &observed.cluster {
        change(&live.arn, wanted.place.object(), &live.tags, &wanted.tags);
    }
    for (name, live, meant) in node_groups::steps::tagged(observed, wanted) {
        change(&live.arn, format!("node group {name}"), &live.tags, &meant);
    }
    for (name, live) in &observed.addons {
        if wanted.addons.contains_key(name) {
            change(&live.arn, format!("add-on {name}"), &live.tags, &part_tags);
        }
    }
    for (key, live) in &observed.associations {
        if wanted.pod_roles.contains_key(key) {
            change(&live.arn, format!("pod identity {key}"), &live.tags, &part_tags);
        }
    }
    for (principal, live) in &observed.entries {
        if wanted.access.entries.contains_key(principal) && is_ours(&live.tags) {
            let meant = creator_tags(&wanted.access, principal, &part_tags);
            change(&live.arn, format!("access entry {principal}"), &live.tags, &meant);
        }
    }
    for (name, live) in observed.roles.iter().filter(|(_, live)| is_ours(&live.tags)) {
        change(&live.arn, format!("role {name}"), &live.tags, &part_tags);
    }
    if let Some(live) = observed.log_group.as_ref().filter(|live| is_ours(&live.tags)) {
        change(&live.arn, "the log group".to_owned(), &live.tags, &part_tags);
    }
    if let Some(live) = observed.provider.as_ref().filter(|live| is_ours(&live.tags)) {
        change(&live.arn, "the OpenID Connect provider".to_owned(), &live.tags, &part_tags);
    }
    all
}

/// The tags of an access entry.
pub(crate) fn creator_tags(access: &Grants, principal: &str, part_tags: &Tags) -> Tags {
    let mut tags = part_tags.clone();
    if access.creator.as_deref() == Some(principal) {
        tags.insert(CREATOR.to_owned(), "true".to_owned());
    }
    tags
}

/// True for tags that are neither AWS's nor this provider's.
pub(crate) fn is_users(key: &str) -> bool {
    !ownership::is_own_key(key) && !parts::is_own_key(key) && !key.starts_with("aws:")
}

/// `tags` and the provider's `default_tags`, of which the former win; unknown where either is.
pub(crate) fn all(tags: &Attr<Map<String>>, defaults: &Attr<Map<String>>) -> Attr<Map<String>> {
    if tags.is_unknown() || defaults.is_unknown() {
        return Attr::Unknown;
    }
    let mut all = defaults.or(Map::new());
    all.extend(tags.or(Map::new()));
    all.retain(|_, text| !text.is_null());
    Attr::Known(all)
}

/// The same keys with what AWS has for them now. Tags that others added are not shown: they are not this resource's.
pub(crate) fn drifted(before: &Attr<Map<String>>, live: &Tags) -> Attr<Map<String>> {
    match before {
        Attr::Known(_) => {
            map_of(pairs(before).into_keys().filter_map(|key| Some((key.clone(), live.get(&key)?.clone()))))
        }
        other => other.clone(),
    }
}
