//! An update of add-ons and of the roles of service accounts.

use tfplugin_framework::value::Value;

use super::block::{Block, map, texts};
use super::cluster::{TYPE, plain, plain_with};
use super::{Given, Subject};

const INLINE: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}"#;

impl Subject {
    /// Add-ons come, go and change, and a service account gets a role.
    pub const ADDONS_CHANGE: Subject = Subject {
        name: "addons-change",
        type_name: TYPE,
        before: Some(plain),
        wanted: Some(furnished),
        removes: &[":addon/prod/metrics-server/"],
    };
}

fn furnished(given: &Given<'_>) -> anyhow::Result<Value> {
    let block = Block::of(TYPE)?;
    let addon = block.below("addons")?;
    let addons = map([
        ("coredns", addon.set([("values", r#"{"replicaCount":3}"#.into())])),
        ("external-dns", addon.set([("version", "v0.19.0-eksbuild.2".into())])),
        ("metrics-server", addon.set([("enabled", false.into())])),
    ]);
    let policies = texts(["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]);
    let pod = block.below("pod_identities")?.set([("policies", policies), ("inline_policy", INLINE.into())]);
    plain_with(given, [("addons", addons), ("pod_identities", map([("apps/uploader", pod)]))])
}
