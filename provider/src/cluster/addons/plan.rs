//! What a plan says of add-ons: rules between attributes, what will be installed afterwards, what has to be asked of EKS.
//! Pure.

use std::collections::BTreeMap;

use tfplugin_framework::diagnostic::{Diagnostics, Path};
use tfplugin_framework::prelude::*;

use crate::cluster::model::Cluster;
use crate::cluster::parts;
use crate::cluster::status::{self, UPDATE_FAILED};
use crate::cluster::wanted;

use super::Wishes;
use super::model::{Addon, InstalledAddon};
use super::offers::Question;
use super::wish::{self, Identification, Pin, Wish};

#[cfg(test)]
mod tests;

/// Rules between the attributes of an entry.
pub(crate) fn validate(written: &Attr<Map<Addon>>) -> Diagnostics {
    let mut all = Diagnostics::none();
    for (name, entry) in wish::entries(written) {
        if entry.iam.known().is_some() && entry.role_arn.known().is_some() {
            all.error_at(
                Path::attribute("addons").key(&name).child("iam"),
                format!("add-on {name} has both iam and role_arn"),
                "`role_arn` is the role of its pods; without it `iam` says whether one is made. Leave one of them out.",
            );
        }
    }
    all
}

/// The add-ons that a finished cluster is to have.
pub(crate) fn wanted(prior: &Cluster, planned: &Cluster) -> Wishes {
    let partition = prior.arn.known().and_then(|arn| arn.split(':').nth(1)).unwrap_or_default();
    wanted::addons(planned, Some(prior), partition)
}

/// `installed_addons` after an apply: what is wanted is there and whole, and an upgrade may change every version that is not
/// fixed.
pub(crate) fn foreseen(prior: &Cluster, planned: &Cluster, is_upgrade: bool) -> Attr<Map<InstalledAddon>> {
    let is_unknown = |entry: &Attr<Addon>| match entry {
        Attr::Known(entry) => entry.enabled.is_unknown(),
        other => other.is_unknown(),
    };
    if planned.addons.is_unknown() || planned.addons.known().is_some_and(|all| all.values().any(is_unknown)) {
        return Attr::Unknown;
    }
    let before = prior.installed_addons.or(Map::new());
    let had = wish::entries(&prior.addons);
    let after = |(name, wish): (&String, &Wish)| {
        let vague = planned.addons.known().and_then(|all| all.get(name));
        let live = before.get(name).and_then(Attr::known);
        let had = Wish::of(name, &had.get(name).cloned().unwrap_or_default());
        let after = match live {
            _ if vague.is_some_and(|entry| !entry.to_value().is_wholly_known()) => unknown(),
            Some(live) if !is_gone(live) => changed(live, wish, &had, is_upgrade),
            _ => made(wish),
        };
        (name.clone(), Attr::Known(after))
    };
    Attr::Known(wanted(prior, planned).iter().map(after).collect())
}

fn unknown() -> InstalledAddon {
    InstalledAddon { version: Attr::Unknown, status: Attr::Unknown, role_arn: Attr::Unknown, namespace: Attr::Unknown }
}

fn is_gone(live: &InstalledAddon) -> bool {
    live.status.known().is_none_or(|text| status::is_broken(text) && text != status::MISSING_ROLE)
}

fn made(wish: &Wish) -> InstalledAddon {
    InstalledAddon {
        version: match &wish.version {
            Pin::Exact(version) => version.as_str().into(),
            _ => Attr::Unknown,
        },
        role_arn: role(wish).unwrap_or(Attr::Unknown),
        namespace: wish.namespace.clone().map_or(Attr::Unknown, Attr::Known),
        ..unknown()
    }
}

/// The role, where it does not depend on what EKS recommends.
fn role(wish: &Wish) -> Option<Attr<String>> {
    match &wish.identity {
        Identification::Auto => None,
        Identification::Absent => Some(Attr::Null),
        Identification::Role(arn) => Some(arn.as_str().into()),
    }
}

fn changed(live: &InstalledAddon, wish: &Wish, had: &Wish, is_upgrade: bool) -> InstalledAddon {
    let moves = moves(live, wish);
    let lost = live.status.known().is_some_and(|text| text == status::MISSING_ROLE);
    let differs = *wish != *had || live.status.known().is_some_and(|text| text == UPDATE_FAILED);
    let is_active = live.status == Attr::Known("ACTIVE".to_owned());
    InstalledAddon {
        version: match &wish.version {
            Pin::Exact(version) => version.as_str().into(),
            Pin::Default if had.version != Pin::Default => Attr::Unknown,
            _ if is_upgrade || moves => Attr::Unknown,
            _ => live.version.clone(),
        },
        status: match &wish.identity {
            Identification::Absent if lost => "ACTIVE".into(),
            _ if lost || moves || differs && !is_active => Attr::Unknown,
            _ => live.status.clone(),
        },
        role_arn: match role(wish) {
            Some(role) => role,
            None if wish.reidentified || lost => Attr::Unknown,
            None => live.role_arn.clone(),
        },
        namespace: wish.namespace.clone().map_or_else(|| live.namespace.clone(), Attr::Known),
    }
}

fn moves(live: &InstalledAddon, wish: &Wish) -> bool {
    matches!((&live.namespace, &wish.namespace), (Attr::Known(live), Some(wanted)) if live != wanted)
}

/// What a user may not expect of a change.
pub(crate) fn changes(prior: &Cluster, planned: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    let object = parts::object(&prior.name.or(String::new()));
    for (name, wish) in wanted(prior, planned) {
        let live = prior.installed_addons.known().and_then(|all| all.get(&name)?.known());
        let Some(live) = live.filter(|live| !is_gone(live) && moves(live, &wish)) else { continue };
        let (from, to) = (live.namespace.or(String::new()), wish.namespace.unwrap_or_default());
        all.warning_at(
            Path::attribute("addons").key(&name).child("namespace"),
            format!("add-on {name} of {object} is deleted in namespace {from} and installed again in {to}"),
            "EKS cannot move an add-on. Until it is there again, what it does for the cluster is not done. The cluster itself, \
             its nodes and its apps stay.",
        );
    }
    all
}

/// What has to be asked of EKS before this plan is known to work: about the entries that are new, or say another thing than
/// before, and about fixed versions in an upgrade.
pub(crate) fn questions(prior: &Cluster, planned: &Cluster) -> Vec<Question> {
    let Some(minor) = planned.kubernetes_version.known() else { return Vec::new() };
    let (had, are): (BTreeMap<_, _>, _) = (wish::entries(&prior.addons), wish::entries(&planned.addons));
    let is_upgrade = Some(minor) != prior.kubernetes_version.known();
    let asks = |(name, entry): (String, Addon)| {
        let before = had.get(&name).filter(|before| wish::is_on(before));
        let same = before.is_some_and(|before| (&before.version, &before.values) == (&entry.version, &entry.values));
        let wish = Wish::of(&name, &entry);
        let is_asked = wish::is_on(&entry) && (!same || is_upgrade && matches!(wish.version, Pin::Exact(_)));
        is_asked.then(|| {
            let live = prior.installed_addons.known().and_then(|all| all.get(&name)?.known()?.version.known().cloned());
            Question { name, minor: minor.clone(), wish, live: live.filter(|_| !is_upgrade) }
        })
    };
    are.into_iter().filter_map(asks).collect()
}
