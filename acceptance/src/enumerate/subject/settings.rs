//! An update of what a control plane is set to: EKS makes one update of it at a time.

use tfplugin_framework::value::Value;

use super::block::{Block, map, texts};
use super::cluster::{TYPE, plain, plain_with};
use super::{Given, Subject};

impl Subject {
    /// Every setting that needs nothing of anybody else's, in one apply.
    pub const SETTINGS_CHANGE: Subject = Subject {
        name: "settings-change",
        type_name: TYPE,
        before: Some(plain),
        wanted: Some(set_otherwise),
        removes: &[],
    };
}

fn set_otherwise(given: &Given<'_>) -> anyhow::Result<Value> {
    let block = Block::of(TYPE)?;
    let ranges = texts(["203.0.113.0/24", "198.51.100.0/24"]);
    let logs = block.below("logging")?;
    let remote = block.below("remote_network")?;
    plain_with(
        given,
        [
            ("endpoint", block.below("endpoint")?.set([("public_cidrs", ranges)])),
            ("logging", logs.set([("types", texts(["audit", "scheduler"])), ("retention_days", 30.into())])),
            ("upgrade", block.below("upgrade")?.set([("support_type", "EXTENDED".into())])),
            ("zonal_shift", true.into()),
            ("control_plane_tier", "tier-xl".into()),
            ("remote_network", remote.set([("node_cidrs", texts(["10.200.0.0/16"]))])),
            ("tags", map([("team", "platform".into())])),
        ],
    )
}
