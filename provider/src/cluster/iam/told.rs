//! What a refresh reads of which role: of those in use, what the state tells of them. Pure.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::{Choices, auto};
use crate::cluster::model::{Cluster, texts};
use crate::cluster::observed::Observed;
use crate::cluster::parts::Place;

/// What is to be read of a role, beside whether it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Telling {
    /// Which policies are attached.
    pub policies: bool,
    /// Its permissions boundary.
    pub boundary: bool,
    /// The policy of its own.
    pub inline: bool,
}

/// The cluster's own roles in use, by ARN. Of those of add-ons only whether they are there: which policies EKS recommends for them
/// is not asked for in a refresh.
pub(crate) fn told(observed: &Observed, state: &Cluster, place: &Place) -> BTreeMap<String, Telling> {
    let choices = Choices::of(state, None);
    let boundary = choices.boundary.is_some();
    let whole = Telling { policies: true, boundary, inline: false };
    let mut all: BTreeMap<String, Telling> = BTreeMap::new();
    let mut tell = |arn: &String, what: Telling| {
        if place.is_own_role(arn) {
            let known = all.entry(arn.clone()).or_insert(Telling { boundary, ..Telling::default() });
            known.policies |= what.policies;
            known.inline |= what.inline;
        }
    };
    if let Some(live) = &observed.cluster {
        tell(&live.role_arn, whole);
        if live.settings.pools.is_some() {
            tell(&auto::role_arn(Some(live), &choices, place), whole);
        }
    }
    observed.node_groups.values().filter_map(|group| group.role_arn.as_ref()).for_each(|arn| tell(arn, whole));
    let addons = observed.addons.values().flat_map(|addon| addon.all_roles());
    addons.for_each(|arn| tell(arn, Telling::default()));
    for (key, live) in observed.associations.iter().filter(|(_, live)| place.is_part(&live.tags)) {
        let entry = state.pod_identities.known().and_then(|all| all.get(key)?.known());
        tell(
            &live.role_arn,
            Telling {
                policies: entry.is_some_and(|entry| !texts(&entry.policies).is_empty()),
                boundary,
                inline: entry.is_some_and(|entry| !entry.inline_policy.is_null()),
            },
        );
    }
    all
}
