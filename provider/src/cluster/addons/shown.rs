//! What the state says of add-ons: what is there, and what somebody changed, in the words in which the user wrote it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;

use crate::cluster::documents;
use crate::cluster::model::Cluster;
use crate::cluster::observed::Observed;
use crate::cluster::parts::Place;
use crate::cluster::status;

use super::model::{Addon, InstalledAddon};
use super::wish::{self, Identification, Pin, Wish};
use super::{LiveAddon, beside_auto_mode, defaults};

/// `installed_addons`: the expected add-ons and those of ours. `base` is the state before.
pub(crate) fn installed(
    base: &Cluster,
    observed: &Observed,
    expected: &BTreeSet<String>,
    place: &Place,
) -> Map<InstalledAddon> {
    let missing = InstalledAddon { status: status::MISSING.into(), ..InstalledAddon::default() };
    let mut all: Map<InstalledAddon> =
        expected.iter().map(|name| (name.clone(), Attr::Known(missing.clone()))).collect();
    for (name, live) in &observed.addons {
        if expected.contains(name) || place.is_part(&live.tags) {
            let lost = live.has_lost_role(observed, place) || is_bereft(name, live, base, place);
            all.insert(
                name.clone(),
                Attr::Known(InstalledAddon {
                    version: live.version.as_str().into(),
                    status: if lost { status::MISSING_ROLE.into() } else { live.status.text().into() },
                    role_arn: live.all_roles().next().filter(|_| !lost).cloned().into(),
                    namespace: live.namespace.clone().into(),
                }),
            );
        }
    }
    all
}

/// True if its pods had a role that was made for them and have none now.
fn is_bereft(name: &str, live: &LiveAddon, base: &Cluster, place: &Place) -> bool {
    let entry = wish::entries(&base.addons).remove(name).unwrap_or_default();
    let before = base.installed_addons.known().and_then(|all| all.get(name)?.known());
    let had = before.is_some_and(|before| {
        before.status == Attr::Known(status::MISSING_ROLE.to_owned())
            || before.role_arn.known().is_some_and(|arn| place.is_own_role(arn))
    });
    had && live.all_roles().next().is_none() && Wish::of(name, &entry).identity == Identification::Auto
}

/// `addons` with what somebody changed elsewhere. A default add-on that the user never named is named only then.
pub(crate) fn drifted(base: &Cluster, observed: &Observed, place: &Place) -> Attr<Map<Addon>> {
    if base.addons.is_unknown() {
        return Attr::Unknown;
    }
    let mut all = base.addons.or(Map::new());
    let known = |name: &String| base.installed_addons.known().is_some_and(|all| all.contains_key(name));
    for (name, live) in observed.addons.iter().filter(|(_, live)| !live.is_stuck()) {
        let entry = match all.get(name) {
            Some(Attr::Known(entry)) => entry.clone(),
            Some(_) => continue,
            None if known(name) || place.is_part(&live.tags) => Addon::default(),
            None => continue,
        };
        let seen = seen(name, &entry, live, place);
        if seen != entry {
            all.insert(name.clone(), Attr::Known(seen));
        }
    }
    if all.is_empty() { base.addons.clone() } else { Attr::Known(all) }
}

fn seen(name: &str, entry: &Addon, live: &LiveAddon, place: &Place) -> Addon {
    if !wish::is_on(entry) {
        return Addon { enabled: true.into(), ..entry.clone() };
    }
    let wish = Wish::of(name, entry);
    let version = match &wish.version {
        Pin::Exact(version) => *version == live.version,
        Pin::Default => live.recommended.as_ref().is_none_or(|recommended| *recommended == live.version),
        Pin::Stays => true,
    };
    let role = live.all_roles().next();
    let (iam, role_arn) = match (&wish.identity, role) {
        (Identification::Role(arn), role) if role != Some(arn) => (entry.iam.clone(), role.cloned().into()),
        (Identification::Absent, Some(role)) if place.is_own_role(role) => ("auto".into(), Attr::Null),
        (Identification::Absent | Identification::Auto, Some(role)) if !place.is_own_role(role) => {
            (entry.iam.clone(), role.as_str().into())
        }
        _ => (entry.iam.clone(), entry.role_arn.clone()),
    };
    let namespace = wish.namespace.is_none() || wish.namespace == live.namespace;
    let values = entry.values.is_unknown() || live.has_values(wish.values.as_deref());
    Addon {
        version: if version { entry.version.clone() } else { live.version.as_str().into() },
        values: if values { entry.values.clone() } else { values_of(live).into() },
        iam,
        role_arn,
        namespace: if namespace { entry.namespace.clone() } else { live.namespace.clone().into() },
        ..entry.clone()
    }
}

fn values_of(live: &LiveAddon) -> Option<String> {
    live.values.clone().filter(|text| !documents::is_empty(text))
}

/// The add-ons of this cluster in the words of a user who writes no more than is needed. `is_ours` is whether this resource
/// made the cluster: then a default add-on that is not there is one that was not wanted.
pub(crate) fn written(observed: &Observed, place: &Place, is_ours: bool) -> Attr<Map<Addon>> {
    let is_auto = observed.cluster.as_ref().is_some_and(|live| live.settings.pools.is_some());
    let brings_its_own = is_auto && !observed.node_groups.values().any(|group| place.is_part(&group.tags));
    let defaults = if brings_its_own { beside_auto_mode(place.partition.name()) } else { defaults(place) };
    let ours = observed.addons.iter().filter(|(_, live)| place.is_part(&live.tags));
    let mut all: BTreeMap<String, Addon> = ours
        .map(|(name, live)| (name.clone(), seen(name, &Addon::default(), live, place)))
        .filter(|(name, entry)| !defaults.contains(name) || *entry != Addon::default())
        .collect();
    if is_ours {
        let absent = defaults.into_iter().filter(|name| !observed.addons.contains_key(name));
        all.extend(absent.map(|name| (name, Addon { enabled: false.into(), ..Addon::default() })));
    }
    if all.is_empty() {
        return Attr::Null;
    }
    Attr::Known(all.into_iter().map(|(name, entry)| (name, Attr::Known(entry))).collect())
}

/// The add-ons that follow what EKS recommends.
pub(crate) fn followers(state: &Cluster) -> BTreeSet<String> {
    let follows = |(name, entry): (String, Addon)| (Wish::of(&name, &entry).version == Pin::Default).then_some(name);
    wish::entries(&state.addons).into_iter().filter_map(follows).collect()
}
