//! Everything that exists in EKS, by account and region. Plain values: no clock, no tasks, no clients.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::access::AccessEntry;
use crate::addons::AddOn;
use crate::clusters::{Cluster, Status};
use crate::error::ApiError;
use crate::ids::Ids;
use crate::node_groups::NodeGroup;
use crate::pod_identity::Association;
use crate::updates::Update;

/// Tags of an object. Ordered, so that answers are the same in every run.
pub(crate) type Tags = BTreeMap<String, String>;

/// An account in a region: names are unique within it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    /// 12 digits.
    pub account: String,
    /// Such as `eu-west-1`.
    pub region: String,
}

impl Place {
    /// The partition that the region belongs to.
    pub(crate) fn partition(&self) -> &'static str {
        match self.region.as_str() {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// The ARN of an EKS object, such as `cluster/prod`.
    pub(crate) fn arn(&self, resource: &str) -> String {
        format!("arn:{}:eks:{}:{}:{resource}", self.partition(), self.region, self.account)
    }
}

/// One cluster, once: a cluster of the same name that is made later has another `uid`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClusterKey {
    /// Where it is.
    pub place: Place,
    /// Its name.
    pub name: String,
    /// What tells it from its predecessors.
    pub uid: String,
}

/// What a change is decided with, besides the state: who asks, when, and how ids are made.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// Whose account and which region.
    pub place: Place,
    /// The caller's IAM principal: a user's ARN, or the role's for a session.
    pub principal: String,
    /// Seconds since the epoch.
    pub now: f64,
    /// Where ids come from.
    pub ids: Ids,
}

/// All regions of all accounts.
#[derive(Debug, Default)]
pub(crate) struct State {
    regions: BTreeMap<Place, Region>,
}

/// EKS in one region of one account.
#[derive(Debug, Default)]
pub(crate) struct Region {
    /// Clusters by name.
    pub clusters: BTreeMap<String, ClusterState>,
    /// How many objects of a kind and name have been made: the nth of a name has ids of its own.
    births: BTreeMap<String, u32>,
    /// Answers by operation and client request token, with the input they were given for.
    pub replays: BTreeMap<(String, String), (Value, Value)>,
}

/// A cluster and all that belongs to it.
#[derive(Debug)]
pub(crate) struct ClusterState {
    /// What tells it from clusters of the same name before and after it.
    pub uid: String,
    /// The cluster as DescribeCluster shows it.
    pub cluster: Cluster,
    /// The principal that created it.
    pub creator: String,
    /// Whether EKS itself installed the VPC CNI, kube-proxy and CoreDNS, unmanaged.
    pub bootstrap_add_ons: bool,
    /// In CONFIG_MAP mode: whether the creator is an administrator.
    pub bootstrap_admin: bool,
    /// Node groups by name.
    pub node_groups: BTreeMap<String, NodeGroup>,
    /// Names of Auto Mode's nodes.
    pub auto_nodes: Vec<String>,
    /// Add-ons by name.
    pub add_ons: BTreeMap<String, AddOn>,
    /// Access entries by principal ARN.
    pub access_entries: BTreeMap<String, AccessEntry>,
    /// Pod identity associations by id.
    pub associations: BTreeMap<String, Association>,
    /// Updates of the cluster, its node groups and its add-ons, oldest first.
    pub updates: Vec<Update>,
}

impl State {
    /// The region, made empty if nothing has been there yet.
    pub(crate) fn region(&mut self, place: &Place) -> &mut Region {
        self.regions.entry(place.clone()).or_default()
    }

    /// The cluster that a key means, unless it is gone.
    pub(crate) fn cluster(&mut self, key: &ClusterKey) -> Option<&mut ClusterState> {
        self.regions.get_mut(&key.place)?.clusters.get_mut(&key.name).filter(|cluster| cluster.uid == key.uid)
    }

    /// Every region that was ever asked for, with its place.
    pub(crate) fn regions(&self) -> impl Iterator<Item = (&Place, &Region)> {
        self.regions.iter()
    }
}

impl Region {
    /// The cluster of this name.
    ///
    /// # Errors
    /// `ResourceNotFoundException` in AWS's words.
    pub(crate) fn cluster(&mut self, name: &str) -> Result<&mut ClusterState, ApiError> {
        self.clusters
            .get_mut(name)
            .ok_or_else(|| ApiError::not_found(format!("No cluster found for name: {name}.")).cluster(name))
    }

    /// Counts one more object of this kind and name; the count makes its ids differ from its predecessors'.
    pub(crate) fn birth(&mut self, kind: &str, name: &str) -> String {
        let count = self.births.entry(format!("{kind}/{name}")).or_default();
        *count += 1;
        count.to_string()
    }
}

impl ClusterState {
    /// The key that means this cluster and no other.
    pub(crate) fn key(&self, place: &Place) -> ClusterKey {
        ClusterKey { place: place.clone(), name: self.cluster.name.clone(), uid: self.uid.clone() }
    }

    /// Refuses unless the control plane is up; an update in progress does not matter.
    ///
    /// # Errors
    /// `InvalidRequestException` in the words of CreateNodegroup.
    pub(crate) fn ready(&self) -> Result<(), ApiError> {
        if self.cluster.status == Status::Updating { Ok(()) } else { self.idle() }
    }

    /// Refuses unless the cluster is ACTIVE: an update in progress is in the way too, as CreateNodegroup has it (eksctl#2244).
    ///
    /// # Errors
    /// `InvalidRequestException` in the words of CreateNodegroup.
    pub(crate) fn idle(&self) -> Result<(), ApiError> {
        let name = &self.cluster.name;
        match self.cluster.status {
            Status::Active => Ok(()),
            _ => Err(ApiError::request(format!("Cluster '{name}' is not in ACTIVE status")).cluster(name)),
        }
    }

    /// Whether a pod can run somewhere: on a node of Auto Mode, or of a group that has some and is not on its way in or out.
    pub(crate) fn has_compute(&self) -> bool {
        !self.auto_nodes.is_empty() || self.node_groups.values().any(NodeGroup::has_nodes)
    }
}
