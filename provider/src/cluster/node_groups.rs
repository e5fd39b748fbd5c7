//! Managed node groups: what the user writes, what EKS says, and the steps between. Pure; `remote` has the calls.

pub(crate) mod remote;

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::check::{between, distinct, each, size};

use super::model::{self, checks};
use super::observed::{Issue, Observed};
use super::parts::{Place, Tags};
use super::status::{self, Status};
use super::step::Step;

/// The key of the group of a cluster that names none.
pub(crate) const DEFAULT: &str = "default";
/// Instance types of a group that names none: cheap and burstable first.
const INSTANCE_TYPES: [&str; 3] = ["m7i-flex.large", "m6i.large", "m6a.large"];

model! {
    /// A managed node group: EC2 instances that EKS creates, repairs and drains.
    pub struct NodeGroup {
        /// EC2 instance types, most preferred first, all of one architecture. They stay as they are for the life of a
        /// group: for others add a group under another key, apply, and then remove this one.
        instance_types: List<String> = optional()
            .changes("refused while the group exists")
            .otherwise("`[\"m7i-flex.large\", \"m6i.large\", \"m6a.large\"]`")
            .check(size(1, 20))
            .check(distinct)
            .check(each(checks::instance_type)),
        /// The least number of nodes.
        min: i64 = optional().otherwise("2, or `max` if that is less").check(between(0, 450)),
        /// The largest number of nodes.
        max: i64 = optional().otherwise("6, or `min` if that is more").check(between(1, 450)),
        /// How many nodes the group starts with. Later their number is the autoscaler's, within `min` and `max`.
        desired: i64 = optional().changes("nothing: it holds at creation only").otherwise("`min`").check(between(0, 450)),
    }
}

model! {
    /// What became of a node group.
    pub struct NodeGroupStatus {
        /// Its name in EKS.
        name: String = computed(),
        /// Its ARN.
        arn: String = computed(),
        /// Its status in EKS, such as `ACTIVE`; `MISSING` if it was deleted elsewhere.
        status: String = computed(),
        /// The Kubernetes version of its nodes. It follows the cluster's.
        kubernetes_version: String = computed(),
        /// The version of its AMI.
        release_version: String = computed(),
        /// The least number of nodes.
        min: i64 = computed(),
        /// The largest number of nodes.
        max: i64 = computed(),
        /// Its Auto Scaling groups.
        autoscaling_groups: List<String> = computed(),
    }
}

/// How many nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub min: i64,
    pub max: i64,
    pub desired: i64,
}

/// A node group as EKS has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LiveNodeGroup {
    pub arn: String,
    pub status: Status,
    pub version: String,
    pub release_version: Option<String>,
    pub instance_types: Vec<String>,
    pub size: Size,
    pub role_arn: Option<String>,
    pub autoscaling_groups: Vec<String>,
    pub tags: Tags,
    pub issues: Vec<Issue>,
}

/// A node group to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupSpec {
    pub name: String,
    pub instance_types: Vec<String>,
    pub size: Size,
}

/// What a create sends beside the group's own specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewGroup {
    pub group: GroupSpec,
    pub role_arn: String,
    pub subnet_ids: Vec<String>,
    pub tags: Tags,
}

/// The groups that the user means, with every default.
pub(crate) fn groups(written: &Attr<Map<NodeGroup>>) -> BTreeMap<String, GroupSpec> {
    let default = || BTreeMap::from([(DEFAULT.to_owned(), Attr::Known(NodeGroup::default()))]);
    let written = written.known().cloned().unwrap_or_else(default);
    written.into_iter().map(|(key, group)| (key.clone(), meant(&key, &group.or(NodeGroup::default())))).collect()
}

fn meant(key: &str, group: &NodeGroup) -> GroupSpec {
    let min = group.min.or(group.max.or(2).min(2));
    let max = group.max.or(min.max(6));
    let instance_types = match &group.instance_types {
        Attr::Known(_) => model::texts(&group.instance_types),
        _ => INSTANCE_TYPES.map(str::to_owned).to_vec(),
    };
    GroupSpec { name: key.to_owned(), instance_types, size: Size { min, max, desired: group.desired.or(min) } }
}

/// Whether instances of this type have Arm processors: families such as `m7g`, `c6gn`, `t4g`, `a1`.
pub(crate) fn is_arm(instance_type: &str) -> bool {
    let family = instance_type.split('.').next().unwrap_or_default();
    let after_digit = family.find(|one: char| one.is_ascii_digit()).map_or("", |at| &family[at..]);
    family == "a1" || after_digit.split('-').next().is_some_and(|options| options.contains('g'))
}

/// What is in the way of making a group: one of that name that failed or is on its way out.
pub(crate) fn clear(observed: &Observed, wanted: &BTreeMap<String, GroupSpec>) -> Vec<Step> {
    let stuck = |live: &&LiveNodeGroup| live.status.is_failed() || live.status.is_deleting();
    let stuck = wanted.keys().filter(|name| observed.node_groups.get(*name).as_ref().is_some_and(stuck));
    stuck.map(|name| Step::DeleteNodeGroup(name.clone())).collect()
}

/// The groups to make or to wait for.
pub(crate) fn create(
    observed: &Observed,
    wanted: &BTreeMap<String, GroupSpec>,
    role_arn: &str,
    subnet_ids: &[String],
    tags: &Tags,
) -> Vec<Step> {
    let step = |group: &GroupSpec| match observed.node_groups.get(&group.name) {
        Some(live) if live.status.is_changing() => Some(Step::AwaitNodeGroup(group.name.clone())),
        Some(live) if !live.status.is_failed() && !live.status.is_deleting() => None,
        _ => Some(Step::CreateNodeGroup(NewGroup {
            group: group.clone(),
            role_arn: role_arn.to_owned(),
            subnet_ids: subnet_ids.to_vec(),
            tags: tags.clone(),
        })),
    };
    wanted.values().filter_map(step).collect()
}

/// New bounds. The number of nodes stays the autoscaler's, as far as the bounds allow.
pub(crate) fn scale(observed: &Observed, wanted: &BTreeMap<String, GroupSpec>) -> Vec<Step> {
    let step = |group: &GroupSpec| {
        let live = observed.node_groups.get(&group.name).filter(|live| !live.status.is_failed())?;
        let Size { min, max, .. } = group.size;
        let size = Size { min, max, desired: live.size.desired.clamp(min, max) };
        (size != live.size).then(|| Step::ScaleNodeGroup { name: group.name.clone(), size })
    };
    wanted.values().filter_map(step).collect()
}

/// The groups whose nodes are behind the control plane once that has version `minor`.
pub(crate) fn upgrade(observed: &Observed, wanted: &BTreeMap<String, GroupSpec>, minor: &str) -> Vec<Step> {
    let behind = wanted.keys().filter(|name| {
        let live =
            observed.node_groups.get(*name).filter(|live| !live.status.is_failed() && !live.status.is_deleting());
        live.is_some_and(|live| super::parts::minor_of(&live.version) < super::parts::minor_of(minor))
    });
    behind.map(|name| Step::UpgradeNodeGroup { name: name.clone(), version: minor.to_owned() }).collect()
}

/// Groups of this cluster that nobody asks for any more. Groups of others are left alone.
pub(crate) fn delete(observed: &Observed, wanted: &BTreeMap<String, GroupSpec>, place: &Place) -> Vec<Step> {
    let ours = observed.node_groups.iter().filter(|(_, live)| place.is_part(&live.tags));
    ours.filter(|(name, _)| !wanted.contains_key(*name)).map(|(name, _)| Step::DeleteNodeGroup(name.clone())).collect()
}

/// `node_group_status`: the expected groups and those of ours.
pub(crate) fn shown(
    observed: &Observed,
    expected: &BTreeSet<String>,
    ours: impl Fn(&Tags) -> bool,
) -> Map<NodeGroupStatus> {
    let missing = |name: &String| NodeGroupStatus {
        name: name.as_str().into(),
        status: status::MISSING.into(),
        ..NodeGroupStatus::default()
    };
    let mut all: Map<NodeGroupStatus> =
        expected.iter().map(|name| (name.clone(), Attr::Known(missing(name)))).collect();
    for (name, live) in &observed.node_groups {
        if expected.contains(name) || ours(&live.tags) {
            all.insert(name.clone(), Attr::Known(status_of(name, live)));
        }
    }
    all
}

fn status_of(name: &str, live: &LiveNodeGroup) -> NodeGroupStatus {
    NodeGroupStatus {
        name: name.into(),
        arn: live.arn.as_str().into(),
        status: live.status.text().into(),
        kubernetes_version: live.version.as_str().into(),
        release_version: live.release_version.clone().into(),
        min: live.size.min.into(),
        max: live.size.max.into(),
        autoscaling_groups: model::list_of(live.autoscaling_groups.iter().cloned()),
    }
}

/// `node_groups` with the bounds that somebody changed elsewhere, where the user wrote bounds.
pub(crate) fn drifted(written: &Attr<Map<NodeGroup>>, observed: &Observed) -> Attr<Map<NodeGroup>> {
    let Attr::Known(all) = written else { return written.clone() };
    let seen = |key: &String, group: &Attr<NodeGroup>| match (group, observed.node_groups.get(key)) {
        (Attr::Known(group), Some(live)) => {
            let seen = |set: &Attr<i64>, live: i64| if set.is_null() { Attr::Null } else { live.into() };
            let (min, max) = (seen(&group.min, live.size.min), seen(&group.max, live.size.max));
            Attr::Known(NodeGroup { min, max, ..group.clone() })
        }
        _ => group.clone(),
    };
    Attr::Known(all.iter().map(|(key, group)| (key.clone(), seen(key, group))).collect())
}

/// `node_group_status` after an apply: the wanted groups, with their bounds and the version of the control plane.
pub(crate) fn foreseen(
    before: &Attr<Map<NodeGroupStatus>>,
    wanted: &BTreeMap<String, GroupSpec>,
    minor: &Attr<String>,
) -> Map<NodeGroupStatus> {
    let after = |(key, group): (&String, &GroupSpec)| {
        let live = before.known().and_then(|all| all.get(key)?.known()).filter(|live| is_whole(live));
        let made = NodeGroupStatus {
            name: key.as_str().into(),
            arn: Attr::Unknown,
            status: Attr::Unknown,
            kubernetes_version: minor.clone(),
            release_version: Attr::Unknown,
            autoscaling_groups: Attr::Unknown,
            ..NodeGroupStatus::default()
        };
        let after = match live {
            Some(live) if is_behind(live, minor) => {
                NodeGroupStatus { kubernetes_version: minor.clone(), release_version: Attr::Unknown, ..live.clone() }
            }
            Some(live) => live.clone(),
            None => made,
        };
        let (min, max) = (group.size.min.into(), group.size.max.into());
        (key.clone(), Attr::Known(NodeGroupStatus { min, max, ..after }))
    };
    wanted.iter().map(after).collect()
}

fn is_whole(live: &NodeGroupStatus) -> bool {
    live.status.known().is_some_and(|text| !status::is_broken(text))
}

/// True if the nodes are behind the control plane once that has version `minor`.
pub(crate) fn is_behind(live: &NodeGroupStatus, minor: &Attr<String>) -> bool {
    match (&live.kubernetes_version, minor) {
        (Attr::Known(live), Attr::Known(minor)) => super::parts::minor_of(live) < super::parts::minor_of(minor),
        // A version that only apply knows may be a higher one.
        (_, minor) => minor.is_unknown(),
    }
}

/// The groups in the words of a user who writes no more than is needed.
pub(crate) fn written(live: &BTreeMap<String, LiveNodeGroup>) -> Attr<Map<NodeGroup>> {
    let all: Map<NodeGroup> = live.iter().map(|(name, live)| (name.clone(), Attr::Known(briefly(live)))).collect();
    match all.len() == 1 && all.get(DEFAULT) == Some(&Attr::Known(NodeGroup::default())) {
        true => Attr::Null,
        false => Attr::Known(all),
    }
}

fn briefly(live: &LiveNodeGroup) -> NodeGroup {
    let unless = |is: i64, default: i64| if is == default { Attr::Null } else { is.into() };
    let mut group = NodeGroup::default();
    group.min = unless(live.size.min, meant("", &group).size.min);
    group.max = unless(live.size.max, meant("", &group).size.max);
    group.desired = unless(live.size.desired, meant("", &group).size.desired);
    if live.instance_types != INSTANCE_TYPES {
        group.instance_types = model::list_of(live.instance_types.iter().cloned());
    }
    group
}
