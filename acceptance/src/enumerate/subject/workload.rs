//! An app and a job from nothing, on a cluster that exists, each run in a namespace of its own.

use anyhow::Context;
use tfplugin_framework::value::Value;

use super::block::{Block, map, with};
use super::{Given, Subject};

const APP: &str = "paas_app";
const JOB: &str = "paas_job";

impl Subject {
    /// `paas_app`.
    pub const APP_CREATE: Subject =
        Subject { name: "app-create", type_name: APP, before: None, wanted: Some(app), removes: &[] };

    /// `paas_job`, with a run.
    pub const JOB_CREATE: Subject =
        Subject { name: "job-create", type_name: JOB, before: None, wanted: Some(job), removes: &[] };
}

fn app(given: &Given<'_>) -> anyhow::Result<Value> {
    Ok(with(workload(APP, given)?, [("port", 8080.into())]))
}

fn job(given: &Given<'_>) -> anyhow::Result<Value> {
    Ok(with(workload(JOB, given)?, [("run_triggers", map([("image", "1".into())]))]))
}

fn workload(type_name: &str, given: &Given<'_>) -> anyhow::Result<Value> {
    let (cluster, namespace) = given.inside.context("a workload needs a cluster underneath")?;
    Ok(Block::of(type_name)?.set([
        ("cluster", cluster.state.get("arn").clone()),
        ("name", "web".into()),
        ("namespace", namespace.into()),
        ("image", "registry.example.com/shop/api:1".into()),
    ]))
}
