//! The steps from the node groups that exist to those that are meant. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::course::{Course, course, key_of};
use super::live::{Disruption, Labels, LiveNodeGroup, Size, Taint, Template};
use super::meant::{GroupSpec, Release};
use crate::cluster::iam;
use crate::cluster::observed::Observed;
use crate::cluster::parts::{GROUP_KEY, Place, Tags, minor_of};
use crate::cluster::step::Step;
use crate::cluster::wanted::Wanted;

/// A group to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewGroup {
    pub name: String,
    pub group: GroupSpec,
    pub size: Size,
    pub role_arn: String,
    pub subnet_ids: Vec<String>,
    pub tags: Tags,
}

/// What one call changes in a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupChange {
    pub name: String,
    pub size: Option<Size>,
    pub labels: Labels,
    pub dropped_labels: Vec<String>,
    pub taints: Vec<Taint>,
    pub dropped_taints: Vec<Taint>,
    pub disruption: Option<Disruption>,
    pub auto_repair: Option<bool>,
}

/// What one call that replaces the nodes of a group by newer ones asks for. With nothing in it: the newest release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NewVersion {
    pub name: String,
    /// Of Kubernetes.
    pub version: Option<String>,
    pub release: Option<String>,
    pub template: Option<Template>,
}

type Groups = BTreeMap<String, GroupSpec>;

/// What is in the way of making a group: one of that name that failed or is on its way out.
pub(crate) fn clear(observed: &Observed, wanted: &Groups, place: &Place) -> Vec<Step> {
    let stuck = |group: &GroupSpec| match course(observed, group, place) {
        Course::Make { name, .. } if observed.node_groups.contains_key(&name) => Some(Step::DeleteNodeGroup(name)),
        _ => None,
    };
    wanted.values().filter_map(stuck).collect()
}

/// The groups to make.
pub(crate) fn create(observed: &Observed, wanted: &Wanted) -> Vec<Step> {
    let place = &wanted.place;
    let step = |group: &GroupSpec| match course(observed, group, place) {
        Course::Keep(_) => None,
        Course::Make { name, size, instead_of } => {
            let own = &group.fixed;
            let present = instead_of.and_then(|(_, live)| live.role_arn.clone());
            let subnets = own.subnet_ids.as_ref().map(|ids| ids.iter().cloned().collect());
            let tags = wanted.part_tags().into_iter().chain(key_tag(&name, &group.key)).collect();
            Some(Step::CreateNodeGroup(NewGroup {
                size,
                role_arn: own.role_arn.clone().or(present).unwrap_or_else(|| place.role_arn(iam::NODE)),
                subnet_ids: subnets.unwrap_or_else(|| wanted.settings.subnet_ids.iter().cloned().collect()),
                group: group.clone(),
                tags,
                name,
            }))
        }
    };
    wanted.groups.values().filter_map(step).collect()
}

/// The groups to wait for: those that are made, and those that are changing.
pub(crate) fn settle(observed: &Observed, wanted: &Groups, place: &Place) -> Vec<Step> {
    let step = |group: &GroupSpec| match course(observed, group, place) {
        Course::Keep((name, live)) => live.status.is_changing().then(|| Step::AwaitNodeGroup(name.clone())),
        Course::Make { name, .. } => Some(Step::AwaitNodeGroup(name)),
    };
    wanted.values().filter_map(step).collect()
}

/// The tag by which a group that is not called as its key is known to belong to it.
fn key_tag(name: &str, key: &str) -> Option<(String, String)> {
    (name != key).then(|| (GROUP_KEY.to_owned(), key.to_owned()))
}

/// The groups that stay, with the tags that they should have.
pub(crate) fn tagged<'a>(observed: &'a Observed, wanted: &Wanted) -> Vec<(&'a String, &'a LiveNodeGroup, Tags)> {
    let kept = |group: &GroupSpec| match course(observed, group, &wanted.place) {
        Course::Keep((name, live)) => {
            Some((name, live, wanted.part_tags().into_iter().chain(key_tag(name, &group.key)).collect()))
        }
        Course::Make { .. } => None,
    };
    wanted.groups.values().filter_map(kept).collect()
}

/// True if a node group is to be made, or runs, with the role that this resource makes for nodes.
pub(crate) fn use_own_role(observed: &Observed, wanted: &Groups, place: &Place) -> bool {
    wanted.values().any(|group| {
        let present = match course(observed, group, place) {
            Course::Keep((_, live)) => live.role_arn.as_ref(),
            Course::Make { instead_of, .. } => {
                group.fixed.role_arn.as_ref().or(instead_of.and_then(|(_, live)| live.role_arn.as_ref()))
            }
        };
        present.is_none_or(|arn| place.is_own_role(arn))
    })
}

/// Which groups can be changed at once, and which have to be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Settled,
    Changing,
}

/// What changes in place, everything of a group in one call. The number of nodes stays the autoscaler's, as far as the bounds
/// allow.
pub(crate) fn change(observed: &Observed, wanted: &Groups, place: &Place, when: When) -> Vec<Step> {
    let step = |group: &GroupSpec| match course(observed, group, place) {
        Course::Keep((name, live)) if live.status.is_changing() == (when == When::Changing) => {
            let change = difference(name, live, group);
            let nothing = GroupChange { name: name.clone(), ..GroupChange::default() };
            (change != nothing).then_some(Step::ChangeNodeGroup(change))
        }
        _ => None,
    };
    wanted.values().filter_map(step).collect()
}

fn difference(name: &str, live: &LiveNodeGroup, group: &GroupSpec) -> GroupChange {
    let Size { min, max, .. } = group.size;
    let size = Size { min, max, desired: live.size.desired.clamp(min, max) };
    let set = group.labels.iter().filter(|(key, value)| live.labels.get(*key) != Some(value));
    let dropped = live.taints.iter().filter(|one| !group.taints.iter().any(|other| other.is_of(one)));
    GroupChange {
        name: name.to_owned(),
        size: (size != live.size).then_some(size),
        labels: set.map(|(key, value)| (key.clone(), value.clone())).collect(),
        dropped_labels: live.labels.keys().filter(|key| !group.labels.contains_key(*key)).cloned().collect(),
        taints: group.taints.difference(&live.taints).cloned().collect(),
        dropped_taints: dropped.cloned().collect(),
        disruption: (group.disruption != live.disruption).then(|| group.disruption.clone()),
        auto_repair: (group.auto_repair != live.auto_repair).then_some(group.auto_repair),
    }
}

fn is_behind(live: &LiveNodeGroup, minor: &str) -> bool {
    live.is_usable() && live.has_releases() && minor_of(&live.version) < minor_of(minor)
}

fn template(group: &GroupSpec, live: &LiveNodeGroup) -> Option<Template> {
    let meant = Template { id: group.fixed.template_id.clone()?, version: group.template_version? };
    (live.template.as_ref() != Some(&meant)).then_some(meant)
}

/// The groups whose nodes are behind the control plane once that has version `minor`. EKS takes a control plane further only
/// when all groups have followed, also those that are about to go; at the last minor those need not.
pub(crate) fn upgrade(observed: &Observed, wanted: &Groups, place: &Place, minor: &str, is_last: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut kept = BTreeSet::new();
    for group in wanted.values() {
        let Course::Keep((name, live)) = course(observed, group, place) else { continue };
        kept.insert(name);
        if !is_behind(live, minor) {
            continue;
        }
        let mut to = NewVersion { name: name.clone(), version: Some(minor.to_owned()), ..NewVersion::default() };
        if is_last {
            (to.release, to.template) = (group.release.named(), template(group, live));
        }
        steps.push(Step::UpgradeNodeGroup(to));
    }
    if !is_last {
        let doomed = observed
            .node_groups
            .iter()
            .filter(|(name, live)| !kept.contains(name) && place.is_part(&live.tags) && is_behind(live, minor));
        steps.extend(doomed.map(|(name, _)| {
            let version = Some(minor.to_owned());
            Step::UpgradeNodeGroup(NewVersion { name: name.clone(), version, ..NewVersion::default() })
        }));
    }
    steps
}

/// Another release of the image, or another version of the launch template, for nodes that have the control plane's version,
/// `minor`.
pub(crate) fn renew(observed: &Observed, wanted: &Groups, place: &Place, minor: &str) -> Vec<Step> {
    let step = |group: &GroupSpec| {
        let Course::Keep((name, live)) = course(observed, group, place) else { return None };
        if is_behind(live, minor) {
            return None;
        }
        let release = group.release.named().filter(|_| live.has_releases());
        let is_other = release.is_some() && release != live.release_version;
        let follows = group.release == Release::Latest && live.has_releases();
        let template = template(group, live);
        (is_other || follows || template.is_some())
            .then(|| Step::UpgradeNodeGroup(NewVersion { name: name.clone(), version: None, release, template }))
    };
    wanted.values().filter_map(step).collect()
}

/// The names of the groups that there are to be.
pub(crate) fn names(observed: &Observed, wanted: &Groups, place: &Place) -> BTreeSet<String> {
    let name = |group: &GroupSpec| match course(observed, group, place) {
        Course::Keep((name, _)) => name.clone(),
        Course::Make { name, .. } => name,
    };
    wanted.values().map(name).collect()
}

/// Groups of this cluster that nobody asks for, and those whose place another one has taken. Groups of others are left alone.
pub(crate) fn delete(observed: &Observed, wanted: &Groups, place: &Place) -> Vec<Step> {
    let stay = names(observed, wanted, place);
    let ours = observed.node_groups.iter().filter(|(_, live)| place.is_part(&live.tags));
    ours.filter(|(name, _)| !stay.contains(*name)).map(|(name, _)| Step::DeleteNodeGroup(name.clone())).collect()
}

/// The keys of this cluster's groups.
pub(crate) fn keys_of_ours(observed: &Observed, place: &Place) -> BTreeSet<String> {
    let ours = observed.node_groups.iter().filter(|(_, live)| place.is_part(&live.tags));
    ours.map(|named| key_of(named, place).clone()).collect()
}

impl fmt::Display for NewGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types = self.group.fixed.instance_types.as_ref().map(|types| types.join(", "));
        let types = types.unwrap_or_else(|| "what the launch template says".to_owned());
        write!(f, "create node group {}, {} of {types}", self.name, self.size)
    }
}

impl fmt::Display for GroupChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.size.iter().map(ToString::to_string).collect();
        parts.extend(self.labels.iter().map(|(key, value)| format!("label {key}={value}")));
        parts.extend(self.dropped_labels.iter().map(|key| format!("no label {key}")));
        parts.extend(self.taints.iter().map(|taint| format!("taint {taint}")));
        parts.extend(self.dropped_taints.iter().map(|taint| format!("no taint {taint}")));
        parts.extend(self.disruption.iter().map(|disruption| format!("updates {disruption}")));
        parts.extend(self.auto_repair.iter().map(|on| format!("repair {}", if *on { "on" } else { "off" })));
        write!(f, "set node group {} to {}", self.name, parts.join(", "))
    }
}

impl fmt::Display for NewVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.clone();
        let release = self.release.as_ref().map(|release| format!("release {release}"));
        let template =
            self.template.as_ref().map(|template| format!("launch template {} {}", template.id, template.version));
        let parts: Vec<String> = version.into_iter().chain(release).chain(template).collect();
        let to = if parts.is_empty() { "the newest release".to_owned() } else { parts.join(", ") };
        write!(f, "upgrade node group {} to {to}", self.name)
    }
}
