//! What a user means by a node group: every default, and what EKS can never change in a group that exists. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sha2::{Digest, Sha256};
use tfplugin_framework::prelude::*;

use super::live::{Disruption, Labels, LiveNodeGroup, Size, Taint, Taints, Unavailable};
use super::{DEFAULT, NodeGroup};
use crate::cluster::model::{pairs, texts};

/// Instance types of a group that names none: cheap and burstable first.
pub(crate) const INSTANCE_TYPES: [&str; 3] = ["m7i-flex.large", "m6i.large", "m6a.large"];
/// GiB of the root volume of each node.
const DISK: i64 = 50;
/// The word for the newest release.
pub(crate) const LATEST: &str = "latest";

/// A node group to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupSpec {
    pub key: String,
    pub fixed: Fixed,
    pub size: Size,
    pub labels: Labels,
    pub taints: Taints,
    pub disruption: Disruption,
    pub auto_repair: bool,
    pub release: Release,
    /// Of the launch template, if there is one.
    pub template_version: Option<i64>,
}

/// What EKS cannot change in a group. `None`, except in `template_id`, is what the user leaves to a launch template, or to
/// how the group was made: it fits whatever there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fixed {
    pub image: Option<String>,
    pub instance_types: Option<Vec<String>>,
    pub capacity: String,
    pub disk_gib: Option<i64>,
    pub subnet_ids: Option<BTreeSet<String>>,
    /// A role that is not the one this resource makes for nodes.
    pub role_arn: Option<String>,
    pub template_id: Option<String>,
}

/// Which release of the image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Release {
    /// The one it has.
    #[default]
    Stay,
    Latest,
    Is(String),
}

impl Release {
    /// The release to ask for by its name.
    pub(crate) fn named(&self) -> Option<String> {
        match self {
            Release::Is(name) => Some(name.clone()),
            Release::Stay | Release::Latest => None,
        }
    }
}

impl Fixed {
    /// True if a group is as this says.
    pub(crate) fn fits(&self, live: &LiveNodeGroup) -> bool {
        let subnets = || live.subnet_ids.iter().cloned().collect::<BTreeSet<_>>();
        self.image.as_ref().is_none_or(|image| *image == live.image)
            && self.instance_types.as_ref().is_none_or(|types| *types == live.instance_types)
            && self.capacity == live.capacity
            && self.disk_gib.is_none_or(|disk| Some(disk) == live.disk_gib)
            && self.subnet_ids.as_ref().is_none_or(|ids| *ids == subnets())
            && self.role_arn.as_ref().is_none_or(|role| Some(role) == live.role_arn.as_ref())
            && self.template_id.as_ref() == live.template.as_ref().map(|template| &template.id)
    }

    /// Eight digits that say all of it. An attribute that is left out does not count, so that a later release, which may
    /// know more of them, makes the same digits.
    pub(crate) fn hash(&self) -> String {
        let all = json!({
            "ami_type": self.image,
            "instance_types": self.instance_types,
            "capacity": self.capacity,
            "disk_gib": self.disk_gib,
            "subnet_ids": self.subnet_ids,
            "role_arn": self.role_arn,
            "launch_template": self.template_id,
        });
        let written: BTreeMap<&String, String> = all
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, value.to_string()))
            .collect();
        let digest = Sha256::digest(format!("{written:?}"));
        digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The groups that the user means, by key, with every default.
pub(crate) fn groups(written: &Attr<Map<NodeGroup>>) -> BTreeMap<String, GroupSpec> {
    let written = written.known().cloned().unwrap_or_else(|| implied(written));
    written.into_iter().map(|(key, group)| (key.clone(), meant(&key, &group.or(NodeGroup::default())))).collect()
}

/// The groups of a cluster that names none.
pub(crate) fn implied(written: &Attr<Map<NodeGroup>>) -> Map<NodeGroup> {
    written.known().cloned().unwrap_or_else(|| [(DEFAULT.to_owned(), Attr::Known(NodeGroup::default()))].into())
}

impl Size {
    /// What is written, with every default.
    pub(crate) fn of(group: &NodeGroup) -> Size {
        let min = group.min.or(group.max.or(2).min(2));
        Size { min, max: group.max.or(min.max(6)), desired: group.desired.or(min) }
    }
}

/// One group with every default.
pub(crate) fn meant(key: &str, group: &NodeGroup) -> GroupSpec {
    let template = group.launch_template.known();
    GroupSpec {
        key: key.to_owned(),
        fixed: Fixed {
            image: image(group),
            instance_types: types(group),
            capacity: group.capacity.or("ON_DEMAND".to_owned()),
            disk_gib: template.is_none().then(|| group.disk_gib.or(DISK)),
            subnet_ids: group.subnet_ids.known().map(|_| texts(&group.subnet_ids).into_iter().collect()),
            role_arn: None,
            template_id: template.map(|template| template.id.or(String::new())),
        },
        size: Size::of(group),
        labels: pairs(&group.labels),
        taints: taints(&group.taints),
        disruption: disruption(group),
        auto_repair: group.auto_repair.or(true),
        release: match group.release_version.known().map(String::as_str) {
            None => Release::Stay,
            Some(LATEST) => Release::Latest,
            Some(name) => Release::Is(name.to_owned()),
        },
        template_version: template.and_then(|template| template.version.known().copied()),
    }
}

/// The instance types, unless they are left to a launch template.
pub(crate) fn types(group: &NodeGroup) -> Option<Vec<String>> {
    match (&group.instance_types, group.launch_template.is_null()) {
        (Attr::Known(_), _) => Some(texts(&group.instance_types)),
        (_, true) => Some(INSTANCE_TYPES.map(str::to_owned).to_vec()),
        (_, false) => None,
    }
}

fn image(group: &NodeGroup) -> Option<String> {
    if let Attr::Known(image) = &group.ami_type {
        return Some(image.clone());
    }
    let is_said = !group.os.is_null() || group.launch_template.is_null();
    let types = types(group).filter(|_| is_said)?;
    Some(image_of(&group.os.or("al2023".to_owned()), types.iter().any(|one| is_arm(one))).to_owned())
}

/// The image of an operating system for an architecture.
pub(crate) fn image_of(os: &str, is_arm: bool) -> &'static str {
    match (os, is_arm) {
        ("bottlerocket", false) => "BOTTLEROCKET_x86_64",
        ("bottlerocket", true) => "BOTTLEROCKET_ARM_64",
        (_, false) => "AL2023_x86_64_STANDARD",
        (_, true) => "AL2023_ARM_64_STANDARD",
    }
}

/// Whether instances of this type have Arm processors: families such as `m7g`, `c6gn`, `t4g`, `a1`.
pub(crate) fn is_arm(instance_type: &str) -> bool {
    let family = instance_type.split('.').next().unwrap_or_default();
    let after_digit = family.find(|one: char| one.is_ascii_digit()).map_or("", |at| &family[at..]);
    family == "a1" || after_digit.split('-').next().is_some_and(|options| options.contains('g'))
}

pub(crate) fn taints(written: &Attr<List<super::Taint>>) -> Taints {
    let known = written.known().into_iter().flatten().filter_map(Attr::known);
    let text = |attr: &Attr<String>| attr.or(String::new());
    known.map(|one| Taint { key: text(&one.key), effect: text(&one.effect), value: text(&one.value) }).collect()
}

fn disruption(group: &NodeGroup) -> Disruption {
    let default = Disruption::default();
    let unavailable = match (&group.max_unavailable, &group.max_unavailable_percentage) {
        (Attr::Known(number), _) => Unavailable::Nodes(*number),
        (_, Attr::Known(percent)) => Unavailable::Percent(*percent),
        _ => default.unavailable,
    };
    Disruption { unavailable, strategy: group.update_strategy.or(default.strategy) }
}
