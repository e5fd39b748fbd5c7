//! What is wanted of each add-on, with every default: the one reading of a plan's `addons`. Pure.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;

use crate::cluster::documents;
use crate::cluster::model::Cluster;
use crate::cluster::status;

use super::model::Addon;
use super::{DEFAULTS, Phase};

/// An add-on that is to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    pub version: Pin,
    /// None where they are the add-on's own.
    pub values: Option<String>,
    pub identity: Identification,
    /// None for wherever it is.
    pub namespace: Option<String>,
    pub conflicts: Conflicts,
    pub phase: Phase,
    /// Something that AWS does not show changed in the configuration.
    pub retold: bool,
    /// Its roles are to be looked at: they were named otherwise, or are lost.
    pub reidentified: bool,
}

/// Which version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pin {
    /// The one that it has.
    #[default]
    Stays,
    /// The one that EKS recommends.
    Default,
    /// This one.
    Exact(String),
}

/// From where pods have their permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Identification {
    /// Roles with the policies that EKS recommends.
    #[default]
    Auto,
    /// The nodes' role.
    Absent,
    /// The user's role.
    Role(String),
}

/// What happens to fields that others have set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Conflicts {
    #[default]
    Overwrite,
    Fail,
    Preserve,
}

/// The word for the version that EKS recommends.
pub(crate) const RECOMMENDED: &str = "default";

impl Wish {
    /// Of an entry; `name` decides what is left to the add-on.
    pub(crate) fn of(name: &str, entry: &Addon) -> Wish {
        let phase = match entry.phase.known().map(String::as_str) {
            Some("before_nodes") => Phase::BeforeNodes,
            Some("after_nodes") => Phase::AfterNodes,
            _ => Phase::of(name),
        };
        Wish {
            version: match entry.version.known() {
                None => Pin::Stays,
                Some(word) if word == RECOMMENDED => Pin::Default,
                Some(version) => Pin::Exact(version.clone()),
            },
            values: entry.values.known().filter(|text| !documents::is_empty(text)).cloned(),
            identity: match (entry.role_arn.known(), entry.iam.known().map(String::as_str)) {
                (Some(arn), _) => Identification::Role(arn.clone()),
                (None, Some("none")) => Identification::Absent,
                (None, _) => Identification::Auto,
            },
            namespace: entry.namespace.known().cloned(),
            conflicts: match entry.conflicts.known().map(String::as_str) {
                Some("NONE") => Conflicts::Fail,
                Some("PRESERVE") => Conflicts::Preserve,
                _ => Conflicts::Overwrite,
            },
            phase,
            ..Wish::default()
        }
    }
}

/// True for an entry that wants its add-on to be there.
pub(crate) fn is_on(entry: &Addon) -> bool {
    entry.enabled.or(true)
}

/// The known entries of `addons`.
pub(crate) fn entries(written: &Attr<Map<Addon>>) -> BTreeMap<String, Addon> {
    let known = written.known().into_iter().flatten();
    known.map(|(name, entry)| (name.clone(), entry.or(Addon::default()))).collect()
}

/// The add-ons that are to be there. A new cluster gets the default ones (`defaults`); a finished one (with what was default for
/// it) keeps those that it got, so that an imported one is given none.
pub(crate) fn wanted(
    planned: &Cluster,
    finished: Option<(&Cluster, BTreeSet<String>)>,
    defaults: &BTreeSet<String>,
) -> BTreeMap<String, Wish> {
    let entries = entries(&planned.addons);
    let prior = finished.as_ref().map(|(prior, _)| *prior);
    let before = prior.map(|prior| self::entries(&prior.addons)).unwrap_or_default();
    let mut names: BTreeSet<String> = match &finished {
        None => defaults.clone(),
        Some((prior, had)) => {
            let installed = prior.installed_addons.known().into_iter().flat_map(|all| all.keys());
            let back = before.iter().filter(|(_, entry)| !is_on(entry)).map(|(name, _)| name);
            let kept = installed.chain(back).filter(|name| defaults.contains(*name));
            kept.chain(defaults.difference(had)).cloned().collect()
        }
    };
    names.extend(entries.keys().cloned());
    names.retain(|name| entries.get(name).is_none_or(is_on));
    let wish = |name: String| {
        let wish = Wish::of(&name, &entries.get(&name).cloned().unwrap_or_default());
        let had = Wish::of(&name, &before.get(&name).cloned().unwrap_or_default());
        let lost = prior.and_then(|prior| prior.installed_addons.known()?.get(&name)?.known()?.status.known());
        let wish = Wish {
            retold: prior.is_some() && wish.conflicts != had.conflicts,
            reidentified: prior.is_some()
                && (wish.identity != had.identity || lost.is_some_and(|text| text == status::MISSING_ROLE)),
            ..wish
        };
        (name, wish)
    };
    names.into_iter().map(wish).collect()
}

/// The add-ons that the user does not want, whoever made them.
pub(crate) fn unwanted(planned: &Cluster) -> BTreeSet<String> {
    entries(&planned.addons).into_iter().filter(|(_, entry)| !is_on(entry)).map(|(name, _)| name).collect()
}

/// True for an add-on that is active without any node.
pub(crate) fn runs_without_nodes(name: &str) -> bool {
    DEFAULTS.iter().any(|(one, phase)| *one == name && *phase != Phase::AfterNodes)
}
