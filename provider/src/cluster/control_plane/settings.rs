//! What a control plane is set to, as values that can be compared, and the updates from one setting to another. Pure.

use std::collections::BTreeSet;
use std::fmt;

use tfplugin_framework::prelude::*;

use crate::cluster::model::checks::network;
use crate::cluster::model::{Cluster, texts};
use crate::cluster::wanted;

use super::Reach;
use super::blocks::{Auto, Logging, RemoteNetwork, Upgrade};

/// The logs of a cluster that names none: who did what, and who was let in.
pub(crate) const LOGS: [&str; 3] = ["api", "audit", "authenticator"];
/// The node pools of Auto Mode where none are named.
pub(crate) const POOLS: [&str; 2] = ["general-purpose", "system"];

/// What can be changed of a control plane, beside its version and its protection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    pub reach: Reach,
    pub subnet_ids: BTreeSet<String>,
    pub security_group_ids: BTreeSet<String>,
    pub logs: BTreeSet<String>,
    /// ARN of the KMS key for Secrets.
    pub key: Option<String>,
    pub support: String,
    pub zonal_shift: bool,
    pub tier: String,
    pub remote: Remotes,
    /// The node pools of Auto Mode; `None` while it is off.
    pub pools: Option<BTreeSet<String>>,
}

/// Networks of hybrid nodes and of their pods, in canonical spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remotes {
    pub nodes: BTreeSet<String>,
    pub pods: BTreeSet<String>,
}

/// One change of a control plane. EKS takes one kind of change per call, and one at a time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Setting {
    Reach(Reach),
    Subnets(BTreeSet<String>),
    SecurityGroups(BTreeSet<String>),
    Logs(BTreeSet<String>),
    Key(String),
    Support(String),
    ZonalShift(bool),
    Tier(String),
    Remote(Remotes),
    /// Auto Mode with these node pools and this role of nodes, or off.
    Auto(Option<(BTreeSet<String>, String)>),
    Protection(bool),
}

impl Setting {
    /// How errors name it: `its NAME was not changed`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Setting::Reach(_) => "endpoint",
            Setting::Subnets(_) => "choice of subnets",
            Setting::SecurityGroups(_) => "choice of security groups",
            Setting::Logs(_) => "logging",
            Setting::Key(_) => "encryption",
            Setting::Support(_) => "upgrade policy",
            Setting::ZonalShift(_) => "zonal shift",
            Setting::Tier(_) => "control plane tier",
            Setting::Remote(_) => "remote network",
            Setting::Auto(_) => "mode",
            Setting::Protection(_) => "deletion protection",
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |all: &BTreeSet<String>| match all.is_empty() {
            true => "none".to_owned(),
            false => all.iter().cloned().collect::<Vec<_>>().join(", "),
        };
        let on = |on: bool| if on { "on" } else { "off" };
        match self {
            Setting::Reach(reach) => write!(f, "set the endpoint to {reach}"),
            Setting::Subnets(ids) => write!(f, "set the subnets to {}", list(ids)),
            Setting::SecurityGroups(ids) => write!(f, "set the security groups to {}", list(ids)),
            Setting::Logs(types) => write!(f, "set the logs to {}", list(types)),
            Setting::Key(arn) => write!(f, "encrypt Secrets with {arn}"),
            Setting::Support(kind) => write!(f, "set the support to {kind}"),
            Setting::ZonalShift(is_on) => write!(f, "switch zonal shift {}", on(*is_on)),
            Setting::Tier(tier) => write!(f, "set the control plane tier to {tier}"),
            Setting::Remote(remote) => {
                write!(f, "set the remote networks to nodes {}, pods {}", list(&remote.nodes), list(&remote.pods))
            }
            Setting::Auto(Some((pools, _))) => write!(f, "switch Auto Mode on, node pools {}", list(pools)),
            Setting::Auto(None) => write!(f, "switch Auto Mode off"),
            Setting::Protection(is_on) => write!(f, "switch deletion protection {}", on(*is_on)),
        }
    }
}

impl Settings {
    /// What a plan asks for, with every default.
    pub(crate) fn of(planned: &Cluster) -> Settings {
        let upgrade = planned.upgrade.or(Upgrade::default());
        Settings {
            reach: wanted::reach(&planned.endpoint),
            subnet_ids: texts(&planned.subnet_ids).into_iter().collect(),
            security_group_ids: texts(&planned.security_group_ids).into_iter().collect(),
            logs: logs(&planned.logging),
            key: planned.encryption.known().and_then(|block| block.kms_key_arn.known().cloned()),
            support: upgrade.support_type.or("STANDARD".to_owned()),
            zonal_shift: planned.zonal_shift.or(false),
            tier: planned.control_plane_tier.or("standard".to_owned()),
            remote: remotes(&planned.remote_network),
            pools: (planned.mode.or("managed".to_owned()) == "auto").then(|| pools(&planned.auto)),
        }
    }

    /// The changes from what is to what is wanted. `auto_role` is the role of Auto Mode's nodes.
    pub(crate) fn changes(&self, wanted: &Settings, auto_role: &str) -> Vec<Setting> {
        let mut all = Vec::new();
        if !self.reach.same(&wanted.reach) {
            all.push(Setting::Reach(wanted.reach.clone()));
        }
        if self.subnet_ids != wanted.subnet_ids {
            all.push(Setting::Subnets(wanted.subnet_ids.clone()));
        }
        if self.security_group_ids != wanted.security_group_ids {
            all.push(Setting::SecurityGroups(wanted.security_group_ids.clone()));
        }
        if self.logs != wanted.logs {
            all.push(Setting::Logs(wanted.logs.clone()));
        }
        // Encryption cannot be taken back, and its key cannot be another one: those make another cluster.
        if let (None, Some(key)) = (&self.key, &wanted.key) {
            all.push(Setting::Key(key.clone()));
        }
        if self.support != wanted.support {
            all.push(Setting::Support(wanted.support.clone()));
        }
        if self.zonal_shift != wanted.zonal_shift {
            all.push(Setting::ZonalShift(wanted.zonal_shift));
        }
        if self.tier != wanted.tier {
            all.push(Setting::Tier(wanted.tier.clone()));
        }
        if self.remote != wanted.remote {
            all.push(Setting::Remote(wanted.remote.clone()));
        }
        if self.pools != wanted.pools {
            all.push(Setting::Auto(wanted.pools.clone().map(|pools| (pools, auto_role.to_owned()))));
        }
        all
    }
}

/// The logs that are to be written.
pub(crate) fn logs(block: &Attr<Logging>) -> BTreeSet<String> {
    match block.known().map(|block| &block.types) {
        Some(types @ Attr::Known(_)) => texts(types).into_iter().collect(),
        _ => LOGS.map(str::to_owned).into(),
    }
}

/// The node pools of Auto Mode.
pub(crate) fn pools(block: &Attr<Auto>) -> BTreeSet<String> {
    match block.known().map(|block| &block.node_pools) {
        Some(pools @ Attr::Known(_)) => texts(pools).into_iter().collect(),
        _ => POOLS.map(str::to_owned).into(),
    }
}

/// The networks of hybrid nodes.
pub(crate) fn remotes(block: &Attr<RemoteNetwork>) -> Remotes {
    let block = block.or(RemoteNetwork::default());
    let ranges = |list: &Attr<List<String>>| canonical(texts(list));
    Remotes { nodes: ranges(&block.node_cidrs), pods: ranges(&block.pod_cidrs) }
}

/// Ranges in canonical spelling.
pub(crate) fn canonical(ranges: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    ranges.into_iter().map(|one| network(&one).unwrap_or(one)).collect()
}
