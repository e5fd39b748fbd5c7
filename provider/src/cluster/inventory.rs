//! Which parts a cluster has, as a hash on the cluster itself: a refresh whose state knows the same parts asks for them by name,
//! and lists nothing. Pure.
//!
//! What keeps it true is one invariant: everything of this cluster that exists is in the inventory whose hash it carries.
//! So before anything is made the hash becomes that of what exists and what is to be, with what is made in IAM, and only after the
//! last deletion that of what is to be. Wherever an apply is killed, a state from before it has other parts than the hash says, and
//! is refreshed by lists, which find what that apply left.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;

use crate::cloud::ownership;
use crate::cloud::steps::Stage;

use super::control_plane::LiveCluster;
use super::model::{Cluster, keys};
use super::node_groups;
use super::observed::Observed;
use super::parts::{INVENTORY, Place, Tags};
use super::step::Step;
use super::wanted::Wanted;

#[cfg(test)]
mod tests;

/// The parts of a cluster that EKS lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inventory {
    /// By the names that they have in EKS.
    pub node_groups: BTreeSet<String>,
    pub addons: BTreeSet<String>,
    /// By principal.
    pub entries: BTreeSet<String>,
    /// Pod Identity associations by namespace and service account, but for those that belong to add-ons.
    pub associations: BTreeSet<String>,
    /// What is being made in IAM: no state has any.
    pub made: BTreeSet<String>,
}

impl Inventory {
    /// What a state shows.
    pub(crate) fn of_state(state: &Cluster) -> Inventory {
        let groups = state.node_group_status.known().into_iter().flat_map(BTreeMap::values).filter_map(Attr::known);
        Inventory {
            node_groups: groups.filter_map(|group| group.name.known().cloned()).collect(),
            addons: keys(&state.installed_addons),
            entries: keys(&state.access_entries),
            associations: keys(&state.pod_identity_roles),
            ..Inventory::default()
        }
    }

    /// What is to be there after an apply.
    pub(crate) fn of_wanted(observed: &Observed, wanted: &Wanted) -> Inventory {
        Inventory {
            node_groups: node_groups::steps::names(observed, &wanted.groups, &wanted.place),
            addons: wanted.addons.keys().cloned().collect(),
            entries: wanted.access.entries.keys().cloned().collect(),
            associations: wanted.pod_roles.keys().cloned().collect(),
            ..Inventory::default()
        }
    }

    /// What exists and is this cluster's own.
    fn of_observed(observed: &Observed, place: &Place) -> Inventory {
        fn names<'a, T: 'a>(
            all: impl IntoIterator<Item = (&'a String, &'a T)>,
            own: impl Fn(&T) -> bool,
        ) -> BTreeSet<String> {
            all.into_iter().filter(|(_, live)| own(live)).map(|(name, _)| name.clone()).collect()
        }
        Inventory {
            node_groups: names(&observed.node_groups, |live| place.is_part(&live.tags)),
            addons: names(&observed.addons, |live| place.is_part(&live.tags)),
            entries: names(&observed.entries, |live| place.is_part(&live.tags)),
            associations: names(&observed.associations, |live| live.owner.is_none() && place.is_part(&live.tags)),
            ..Inventory::default()
        }
    }

    fn and(mut self, other: Inventory) -> Inventory {
        self.node_groups.extend(other.node_groups);
        self.addons.extend(other.addons);
        self.entries.extend(other.entries);
        self.associations.extend(other.associations);
        self
    }

    /// True if the tags on a cluster say that it has these parts and no others.
    pub(crate) fn is_that_of(&self, tags: &Tags) -> bool {
        tags.get(INVENTORY) == Some(&self.hash())
    }

    /// The tag that says so.
    pub(crate) fn tag(&self) -> Tags {
        Tags::from([(INVENTORY.to_owned(), self.hash())])
    }

    fn hash(&self) -> String {
        let set = |names: &BTreeSet<String>| Value::List(names.iter().map(|name| name.as_str().into()).collect());
        ownership::hash(&BTreeMap::from([
            ("node_groups", set(&self.node_groups)),
            ("addons", set(&self.addons)),
            ("entries", set(&self.entries)),
            ("associations", set(&self.associations)),
            ("made", set(&self.made)),
        ]))
    }
}

/// The tag that a cluster needs before these stages make anything; none if it carries no inventory yet, or they make nothing.
pub(crate) fn before(
    cluster: &LiveCluster,
    observed: &Observed,
    wanted: &Wanted,
    stages: &[Stage<Step>],
) -> Option<Tags> {
    let live = Inventory::of_observed(observed, &wanted.place);
    let mut all = live.clone().and(Inventory::of_wanted(observed, wanted));
    all.made = stages.iter().flatten().filter_map(made).collect();
    let is_due = cluster.tags.contains_key(INVENTORY) && !all.is_that_of(&cluster.tags);
    (is_due && all != live).then(|| all.tag())
}

/// What a step makes that no list of parts finds.
fn made(step: &Step) -> Option<String> {
    match step {
        Step::CreateRole(spec) => Some(spec.name.clone()),
        Step::CreateProvider(_) => Some("provider".to_owned()),
        _ => None,
    }
}
