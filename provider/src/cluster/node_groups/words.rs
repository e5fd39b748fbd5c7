//! What exists of node groups in the words in which the user wrote them: what is as it was meant stays as it was written,
//! also nothing; what is not shows what there is. Pure.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;

use super::course::{Named, all_of};
use super::live::{CUSTOM, LiveNodeGroup, Taints, Unavailable};
use super::meant::{self, GroupSpec, Release, image_of, is_arm};
use super::steps::keys_of_ours;
use super::{DEFAULT, LaunchTemplate, NodeGroup, NodeGroupStatus, Taint};
use crate::cluster::model::{list_of, map_of};
use crate::cluster::observed::Observed;
use crate::cluster::parts::Place;
use crate::cluster::status;

/// Lists of the same taints in any order. No value and an empty one are the same.
pub(crate) fn same_taints(a: &Value, b: &Value) -> bool {
    let read = |value: &Value| {
        let Value::List(all) = value else { return None };
        all.iter().map(|one| Taint::from_value(one, &Path::root()).ok().map(Attr::Known)).collect::<Option<Vec<_>>>()
    };
    match (read(a), read(b)) {
        (Some(a), Some(b)) => a.len() == b.len() && meant::taints(&Attr::Known(a)) == meant::taints(&Attr::Known(b)),
        _ => false,
    }
}

/// The group of a key that a state shows, before those that were left behind.
fn present<'a>(observed: &'a Observed, key: &str, place: &Place) -> Option<Named<'a>> {
    all_of(observed, key, place).first().copied()
}

/// `node_group_status`: the expected groups and those of ours, by key. A group that an interrupted change left beside the one
/// of its key stands there under its own name, so that the next apply is asked to remove it.
pub(crate) fn shown(observed: &Observed, expected: &BTreeSet<String>, place: &Place) -> Map<NodeGroupStatus> {
    let mut all: Map<NodeGroupStatus> = Map::new();
    for key in expected.iter().chain(&keys_of_ours(observed, place)) {
        match present(observed, key, place) {
            Some(named) => all.insert(key.clone(), Attr::Known(status_of(named))),
            None => all.insert(key.clone(), Attr::Known(missing(key))),
        };
    }
    for key in all.keys().cloned().collect::<Vec<_>>() {
        for named in all_of(observed, &key, place).into_iter().skip(1) {
            all.insert(named.0.clone(), Attr::Known(status_of(named)));
        }
    }
    // A name that was shown for what was left behind, and is gone.
    all.retain(|key, shown| !is_missing(shown) || !is_left_behind(key, expected));
    all
}

fn is_missing(shown: &Attr<NodeGroupStatus>) -> bool {
    shown.known().is_some_and(|shown| shown.status.known().is_some_and(|text| text == status::MISSING))
}

/// `KEY-HASH` of another key that is expected.
fn is_left_behind(name: &str, expected: &BTreeSet<String>) -> bool {
    name.rsplit_once('-').is_some_and(|(key, hash)| {
        expected.contains(key) && hash.len() == 8 && hash.chars().all(|digit| digit.is_ascii_hexdigit())
    })
}

fn missing(key: &str) -> NodeGroupStatus {
    NodeGroupStatus { name: key.into(), status: status::MISSING.into(), ..NodeGroupStatus::default() }
}

fn status_of((name, live): Named<'_>) -> NodeGroupStatus {
    NodeGroupStatus {
        name: name.as_str().into(),
        arn: live.arn.as_str().into(),
        status: live.status.text().into(),
        // The nodes of an image of the user's own have what is in it.
        kubernetes_version: Some(live.version.clone()).filter(|_| live.has_releases()).into(),
        release_version: live.release_version.clone().into(),
        min: live.size.min.into(),
        max: live.size.max.into(),
        autoscaling_groups: list_of(live.autoscaling_groups.iter().cloned()),
        subnet_ids: list_of(live.subnet_ids.iter().cloned()),
    }
}

/// `node_groups` with what somebody changed elsewhere. Bounds that the user did not write are shown by the status alone.
pub(crate) fn drifted(written: &Attr<Map<NodeGroup>>, observed: &Observed, place: &Place) -> Attr<Map<NodeGroup>> {
    if written.is_unknown() {
        return written.clone();
    }
    let all = meant::implied(written);
    let seen = |key: &String, group: &Attr<NodeGroup>| match (group, present(observed, key, place)) {
        (Attr::Known(group), Some((_, live))) if written.known().is_some() || place.is_part(&live.tags) => {
            let bound = |set: &Attr<i64>, live: i64| if set.is_null() { Attr::Null } else { live.into() };
            let (min, max) = (bound(&group.min, live.size.min), bound(&group.max, live.size.max));
            Attr::Known(NodeGroup { min, max, ..as_is(group, &meant::meant(key, group), live) })
        }
        _ => group.clone(),
    };
    let now: Map<NodeGroup> = all.iter().map(|(key, group)| (key.clone(), seen(key, group))).collect();
    if now == all { written.clone() } else { Attr::Known(now) }
}

fn keep<T: Clone>(as_meant: bool, written: &Attr<T>, live: Attr<T>) -> Attr<T> {
    if as_meant { written.clone() } else { live }
}

/// A group with everything but its size as it is.
fn as_is(written: &NodeGroup, meant: &GroupSpec, live: &LiveNodeGroup) -> NodeGroup {
    let fixed = &meant.fixed;
    let subnets: BTreeSet<String> = live.subnet_ids.iter().cloned().collect();
    let types = fixed.instance_types.as_ref().is_none_or(|types| *types == live.instance_types);
    let template = live.template.as_ref();
    let is_template = fixed.template_id.as_ref() == template.map(|one| &one.id)
        && meant.template_version == template.map(|one| one.version);
    let release = match &meant.release {
        Release::Stay | Release::Latest => written.release_version.clone(),
        Release::Is(name) => keep(
            live.release_version.as_ref() == Some(name),
            &written.release_version,
            live.release_version.clone().into(),
        ),
    };
    let mut now = NodeGroup {
        instance_types: keep(types, &written.instance_types, instance_types(live)),
        capacity: keep(fixed.capacity == live.capacity, &written.capacity, live.capacity.as_str().into()),
        disk_gib: keep(
            fixed.disk_gib.is_none_or(|disk| Some(disk) == live.disk_gib),
            &written.disk_gib,
            live.disk_gib.into(),
        ),
        labels: keep(meant.labels == live.labels, &written.labels, map_of(live.labels.clone())),
        taints: keep(meant.taints == live.taints, &written.taints, taints(&live.taints)),
        subnet_ids: keep(
            fixed.subnet_ids.as_ref().is_none_or(|ids| *ids == subnets),
            &written.subnet_ids,
            list_of(live.subnet_ids.iter().cloned()),
        ),
        update_strategy: keep(
            meant.disruption.strategy == live.disruption.strategy,
            &written.update_strategy,
            live.disruption.strategy.as_str().into(),
        ),
        auto_repair: keep(meant.auto_repair == live.auto_repair, &written.auto_repair, live.auto_repair.into()),
        release_version: release,
        launch_template: keep(is_template, &written.launch_template, launch_template(live)),
        ..written.clone()
    };
    // With the instance types that there are, the same words may say another image.
    let image_now = meant::meant("", &now).fixed.image;
    if image_now.is_some_and(|image| image != live.image) {
        (now.os, now.ami_type) = image(live, written.os.is_null() && !written.ami_type.is_null());
    }
    if meant.disruption.unavailable != live.disruption.unavailable {
        (now.max_unavailable, now.max_unavailable_percentage) = match live.disruption.unavailable {
            Unavailable::Nodes(number) => (number.into(), Attr::Null),
            Unavailable::Percent(percent) => (Attr::Null, percent.into()),
        };
    }
    now
}

fn instance_types(live: &LiveNodeGroup) -> Attr<List<String>> {
    if live.instance_types.is_empty() { Attr::Null } else { list_of(live.instance_types.iter().cloned()) }
}

fn taints(live: &Taints) -> Attr<List<Taint>> {
    let shown = |taint: &super::live::Taint| {
        let value = if taint.value.is_empty() { Attr::Null } else { taint.value.as_str().into() };
        Attr::Known(Taint { key: taint.key.as_str().into(), value, effect: taint.effect.as_str().into() })
    };
    if live.is_empty() { Attr::Null } else { Attr::Known(live.iter().map(shown).collect()) }
}

fn launch_template(live: &LiveNodeGroup) -> Attr<LaunchTemplate> {
    let shown =
        |one: &super::live::Template| LaunchTemplate { id: one.id.as_str().into(), version: one.version.into() };
    live.template.as_ref().map(shown).into()
}

/// `os` where that says it, else `ami_type`.
fn image(live: &LiveNodeGroup, by_type: bool) -> (Attr<String>, Attr<String>) {
    let arm = live.instance_types.iter().any(|one| is_arm(one));
    let os = ["al2023", "bottlerocket"].into_iter().find(|os| image_of(os, arm) == live.image);
    match os.filter(|_| !by_type) {
        Some(os) => (os.into(), Attr::Null),
        None => (Attr::Null, live.image.as_str().into()),
    }
}

/// The groups in the words of a user who writes no more than is needed; `subnet_ids` are the cluster's.
pub(crate) fn written(observed: &Observed, place: &Place, subnet_ids: &[String]) -> Attr<Map<NodeGroup>> {
    let keys = keys_of_ours(observed, place);
    let of_key = |key: &String| Some((key.clone(), Attr::Known(briefly(present(observed, key, place)?.1, subnet_ids))));
    let all: Map<NodeGroup> = keys.iter().filter_map(of_key).collect();
    let is_implied = all.len() == 1 && all.get(DEFAULT) == Some(&Attr::Known(NodeGroup::default()));
    if all.is_empty() || is_implied { Attr::Null } else { Attr::Known(all) }
}

fn briefly(live: &LiveNodeGroup, subnet_ids: &[String]) -> NodeGroup {
    let unless = |is: i64, default: i64| if is == default { Attr::Null } else { is.into() };
    let mut group = NodeGroup::default();
    group.min = unless(live.size.min, meant::meant("", &group).size.min);
    group.max = unless(live.size.max, meant::meant("", &group).size.max);
    group.desired = unless(live.size.desired, meant::meant("", &group).size.desired);
    if live.template.is_some() {
        group.launch_template = launch_template(live);
        group.instance_types = instance_types(live);
        if live.image != CUSTOM {
            (group.os, group.ami_type) = image(live, live.instance_types.is_empty());
        }
    } else if !group_types_are_default(live) {
        // Which image is the default depends on them.
        group.instance_types = instance_types(live);
    }
    let set = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
    if set(&live.subnet_ids) != set(subnet_ids) {
        group.subnet_ids = list_of(live.subnet_ids.iter().cloned());
    }
    as_is(&group, &meant::meant("", &group), live)
}

fn group_types_are_default(live: &LiveNodeGroup) -> bool {
    live.instance_types == meant::INSTANCE_TYPES
}

/// Names in EKS by key, of what a state shows.
pub(crate) fn names(shown: &Attr<Map<NodeGroupStatus>>) -> BTreeMap<String, String> {
    let known = shown.known().into_iter().flatten();
    known.filter_map(|(key, group)| Some((key.clone(), group.known()?.name.known()?.clone()))).collect()
}
