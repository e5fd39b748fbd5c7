//! An update that EKS cannot make in a node group that exists: another one takes its place.

use tfplugin_framework::value::Value;

use super::block::{Block, map, texts};
use super::cluster::{TYPE, plain, plain_with};
use super::{Given, Subject};

impl Subject {
    /// Other instance types for the only node group.
    pub const NODE_GROUP_SWAP: Subject = Subject {
        name: "node-group-swap",
        type_name: TYPE,
        before: Some(plain),
        wanted: Some(swapped),
        removes: &[":nodegroup/prod/default/"],
    };
}

fn swapped(given: &Given<'_>) -> anyhow::Result<Value> {
    let group = Block::of(TYPE)?.below("node_groups")?.set([("instance_types", texts(["m8g.large"]))]);
    plain_with(given, [("node_groups", map([("default", group)]))])
}
