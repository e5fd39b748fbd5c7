//! What becomes of node groups: what a user reads of a plan, what an apply does, what the state says afterwards.

mod health;
mod plan;
mod rules;
mod steps;
mod words;

use tfplugin_framework::prelude::*;

use super::live::{LiveNodeGroup, Template};
use super::{GroupSpec, LaunchTemplate, NodeGroup, Taint, course, meant};
use crate::cluster::model::{Cluster, list_of};
use crate::cluster::observed::Observed;
use crate::cluster::parts::GROUP_KEY;
use crate::cluster::samples::{config, live, place};
use crate::cluster::status::Status;

/// The least configuration with this group.
fn with(key: &str, group: NodeGroup) -> Cluster {
    Cluster { node_groups: Attr::Known([(key.to_owned(), Attr::Known(group))].into()), ..config() }
}

/// The least configuration with the group `default` of other instance types.
fn swapped() -> Cluster {
    with("default", arm())
}

fn arm() -> NodeGroup {
    NodeGroup { instance_types: list_of(["m8g.large"]), ..NodeGroup::default() }
}

fn taint(key: &str, value: &str, effect: &str) -> Attr<Taint> {
    let value = if value.is_empty() { Attr::Null } else { value.into() };
    Attr::Known(Taint { key: key.into(), value, effect: effect.into() })
}

fn template(version: i64) -> Attr<LaunchTemplate> {
    Attr::Known(LaunchTemplate { id: "lt-0123456789abcdef0".into(), version: version.into() })
}

/// The finished cluster, with its one group changed.
fn live_with(change: impl FnOnce(&mut LiveNodeGroup)) -> Observed {
    let mut observed = live();
    change(observed.node_groups.get_mut("default").expect("a group"));
    observed
}

fn spec(group: &NodeGroup) -> GroupSpec {
    meant::meant("default", group)
}

/// A group as EKS has it after it was made of this.
fn made_of(group: &NodeGroup) -> LiveNodeGroup {
    let (meant, mut live) = (spec(group), live().node_groups["default"].clone());
    live.image = meant.fixed.image.unwrap_or_else(|| "AL2023_x86_64_STANDARD".to_owned());
    live.instance_types = meant.fixed.instance_types.unwrap_or_default();
    live.capacity = meant.fixed.capacity;
    live.disk_gib = meant.fixed.disk_gib;
    live.labels = meant.labels;
    live.taints = meant.taints;
    live.size = meant.size;
    live.disruption = meant.disruption;
    live.auto_repair = meant.auto_repair;
    live.template = meant.fixed.template_id.zip(meant.template_version).map(|(id, version)| Template { id, version });
    if let Some(ids) = meant.fixed.subnet_ids {
        live.subnet_ids = ids.into_iter().collect();
    }
    live
}

/// The finished cluster and the group that takes the place of its own, as far as it has come.
fn halfway(status: &str) -> Observed {
    let mut observed = live();
    let mut next = made_of(&arm());
    next.status = Status::new(status);
    next.created = 1;
    next.tags.insert(GROUP_KEY.to_owned(), "default".to_owned());
    observed.node_groups.insert(course::next_name(&spec(&arm())), next);
    observed
}

/// The finished cluster after the swap.
fn over() -> Observed {
    let mut observed = halfway("ACTIVE");
    observed.node_groups.remove("default");
    assert!(observed.node_groups.values().all(|one| place().is_part(&one.tags)));
    observed
}
