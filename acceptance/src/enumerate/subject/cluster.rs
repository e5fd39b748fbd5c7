//! A cluster from nothing, and to nothing.

use anyhow::Context;
use tfplugin_framework::value::Value;

use super::block::{Block, texts, with};
use super::{Given, Subject};

pub(super) const TYPE: &str = "paas_cluster";

impl Subject {
    /// `paas_cluster` from nothing.
    pub const CLUSTER_CREATE: Subject =
        Subject { name: "cluster-create", type_name: TYPE, before: None, wanted: Some(plain), removes: &[] };

    /// `paas_cluster`, all of it.
    pub const CLUSTER_DESTROY: Subject =
        Subject { name: "cluster-destroy", type_name: TYPE, before: Some(plain), wanted: None, removes: &[] };
}

/// A cluster that can be destroyed, with everything else as it is by itself.
pub(super) fn plain(given: &Given<'_>) -> anyhow::Result<Value> {
    let block = Block::of(TYPE)?;
    let subnets = given.env.iter().find(|(name, _)| name == "TF_VAR_subnet_ids");
    let (_, subnets) = subnets.context("the account has no subnets")?;
    let subnets: Vec<String> = serde_json::from_str(subnets)?;
    let endpoint = block.below("endpoint")?.set([("public_cidrs", texts(["203.0.113.0/24"]))]);
    Ok(block.set([
        ("name", "prod".into()),
        ("subnet_ids", Value::List(subnets.into_iter().map(Value::from).collect())),
        ("endpoint", endpoint),
        ("deletion_protection", false.into()),
    ]))
}

/// [`plain`] with more set.
pub(super) fn plain_with<const N: usize>(given: &Given<'_>, set: [(&str, Value); N]) -> anyhow::Result<Value> {
    Ok(with(plain(given)?, set))
}
