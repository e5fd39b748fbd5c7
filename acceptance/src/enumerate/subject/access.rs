//! An update of who may use a cluster, and of what its roles may do.

use tfplugin_framework::value::Value;

use super::block::{Block, map, texts};
use super::cluster::{TYPE, plain, plain_with};
use super::{Given, Subject};

impl Subject {
    /// Access entries come and go, roles get a boundary and a policy, IAM trusts the issuer.
    pub const ACCESS_CHANGE: Subject = Subject {
        name: "access-change",
        type_name: TYPE,
        before: Some(plain),
        wanted: Some(entrusted),
        removes: &[":access-entry/prod/user/"],
    };
}

/// Two principals instead of the creator, and everything of `iam` that changes in place.
fn entrusted(given: &Given<'_>) -> anyhow::Result<Value> {
    let block = Block::of(TYPE)?;
    let (access, iam) = (block.below("access")?, block.below("iam")?);
    let entries = access.below("entries")?;
    let policy =
        entries.below("policies")?.set([("name", "AmazonEKSEditPolicy".into()), ("namespaces", texts(["apps"]))]);
    let entry = entries.set([
        ("principal_arn", "arn:aws:iam::111122223333:role/ci".into()),
        ("groups", texts(["ops"])),
        ("policies", Value::List(vec![policy])),
    ]);
    let access = access.set([
        ("admins", texts(["arn:aws:iam::111122223333:role/platform"])),
        ("creator_admin", false.into()),
        ("entries", map([("ci", entry)])),
    ]);
    let iam = iam.set([
        ("permissions_boundary", "arn:aws:iam::aws:policy/PowerUserAccess".into()),
        ("node_policies", texts(["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"])),
        ("oidc_provider", true.into()),
    ]);
    plain_with(given, [("access", access), ("iam", iam)])
}
