//! A node group as EKS has it, in plain values. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::cluster::observed::Issue;
use crate::cluster::parts::Tags;
use crate::cluster::status::Status;

/// How many nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub min: i64,
    pub max: i64,
    pub desired: i64,
}

/// How many nodes an update may take away at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unavailable {
    Nodes(i64),
    Percent(i64),
}

/// How an update goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Disruption {
    pub unavailable: Unavailable,
    pub strategy: String,
}

impl Default for Disruption {
    fn default() -> Self {
        Disruption { unavailable: Unavailable::Percent(33), strategy: "DEFAULT".to_owned() }
    }
}

/// A taint. Key and effect together are what tells it from others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Taint {
    pub key: String,
    pub effect: String,
    /// Possibly empty.
    pub value: String,
}

impl Taint {
    pub(crate) fn is_of(&self, other: &Taint) -> bool {
        self.key == other.key && self.effect == other.effect
    }
}

/// Taints in no order.
pub(crate) type Taints = BTreeSet<Taint>;
/// Labels by key.
pub(crate) type Labels = BTreeMap<String, String>;

/// A version of a launch template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template {
    pub id: String,
    pub version: i64,
}

/// A node group as EKS has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LiveNodeGroup {
    pub arn: String,
    pub status: Status,
    /// Milliseconds since the epoch; 0 if EKS does not say.
    pub created: i64,
    pub version: String,
    pub release_version: Option<String>,
    /// EKS's name for the type of the image.
    pub image: String,
    /// Empty where the launch template says it.
    pub instance_types: Vec<String>,
    pub capacity: String,
    pub size: Size,
    /// None where the launch template says it.
    pub disk_gib: Option<i64>,
    pub labels: Labels,
    pub taints: Taints,
    pub subnet_ids: Vec<String>,
    pub disruption: Disruption,
    pub auto_repair: bool,
    pub template: Option<Template>,
    pub role_arn: Option<String>,
    pub autoscaling_groups: Vec<String>,
    pub tags: Tags,
    pub issues: Vec<Issue>,
}

/// The image type of a group whose launch template brings an image of its own. It has no releases and no Kubernetes version
/// that EKS could change.
pub(crate) const CUSTOM: &str = "CUSTOM";

impl LiveNodeGroup {
    /// It is there and is not on its way out.
    pub(crate) fn is_usable(&self) -> bool {
        !self.status.is_failed() && !self.status.is_deleting()
    }

    /// EKS knows the releases of its image.
    pub(crate) fn has_releases(&self) -> bool {
        self.image != CUSTOM
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} to {}) nodes", self.desired, self.min, self.max)
    }
}

impl fmt::Display for Disruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unavailable {
            Unavailable::Nodes(number) => write!(f, "{number} at a time, {}", self.strategy),
            Unavailable::Percent(percent) => write!(f, "{percent} % at a time, {}", self.strategy),
        }
    }
}

impl fmt::Display for Taint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}:{}", self.key, self.value, self.effect)
    }
}
