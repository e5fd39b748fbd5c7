//! Which group in EKS a key has, and which it is to have. The first group of a key is called as the key is; one that takes
//! another's place has a hash of what it is made of behind that, and a tag that names its key. So whatever an interrupted
//! apply left is found again and told apart. Pure.

use super::live::{LiveNodeGroup, Size};
use super::meant::GroupSpec;
use crate::cluster::observed::Observed;
use crate::cluster::parts::{GROUP_KEY, Place};

/// A group by its name in EKS.
pub(crate) type Named<'a> = (&'a String, &'a LiveNodeGroup);

/// What is to become of a key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Course<'a> {
    /// This group stays, and is changed where EKS can.
    Keep(Named<'a>),
    /// A group of this name is made.
    Make {
        name: String,
        size: Size,
        /// The group whose nodes it takes over.
        instead_of: Option<Named<'a>>,
    },
}

/// The key that a group belongs to.
pub(crate) fn key_of<'a>((name, live): Named<'a>, place: &Place) -> &'a String {
    live.tags.get(GROUP_KEY).filter(|_| place.is_part(&live.tags)).unwrap_or(name)
}

/// The name of a group that takes the place of another one of its key.
pub(crate) fn next_name(group: &GroupSpec) -> String {
    format!("{}-{}", group.key, group.fixed.hash())
}

/// All groups of a key, the one called as the key first, then the oldest.
pub(crate) fn all_of<'a>(observed: &'a Observed, key: &str, place: &Place) -> Vec<Named<'a>> {
    let mut all: Vec<Named<'a>> = observed.node_groups.iter().filter(|named| key_of(*named, place) == key).collect();
    all.sort_by_key(|(name, live)| (*name != key, live.created));
    all
}

/// What is to become of the key of `group`.
pub(crate) fn course<'a>(observed: &'a Observed, group: &GroupSpec, place: &Place) -> Course<'a> {
    let usable: Vec<Named<'a>> =
        all_of(observed, &group.key, place).into_iter().filter(|(_, live)| live.is_usable()).collect();
    let next = next_name(group);
    // A group that nobody made for this cluster is taken over as it is; the plan after that says what would replace it.
    let fits = |(name, live): &Named<'a>| group.fixed.fits(live) || **name == next || !place.is_part(&live.tags);
    if let Some(kept) = usable.iter().find(|named| fits(named)) {
        return Course::Keep(*kept);
    }
    let Size { min, max, desired } = group.size;
    match usable.into_iter().max_by_key(|(_, live)| live.size.desired) {
        Some(old) => {
            let desired = old.1.size.desired.clamp(min, max);
            Course::Make { name: next, size: Size { min, max, desired }, instead_of: Some(old) }
        }
        None => Course::Make { name: group.key.clone(), size: Size { min, max, desired }, instead_of: None },
    }
}
