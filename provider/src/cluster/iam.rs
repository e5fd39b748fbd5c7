//! The IAM roles of a cluster: which there are, whom they trust, which policies they carry. Pure; `remote` has the calls,
//! `choices` what the user wants of them, `provider` the OpenID Connect provider.

pub(crate) mod auto;
pub(crate) mod blocks;
pub(crate) mod choices;
pub(crate) mod plan;
pub(crate) mod policies;
pub(crate) mod provider;
pub(crate) mod remote;
#[cfg(test)]
mod tests;
pub(crate) mod told;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::addons::Identity;
use super::observed::Observed;
use super::parts::{PURPOSE, Place, Tags};
use super::step::Step;
use super::wanted::Wanted;

pub(crate) use blocks::Iam;
pub(crate) use choices::{Choices, drifted, written};

/// Purpose of the control plane's role.
pub(crate) const CLUSTER: &str = "cluster";
/// Purpose of the role of Auto Mode's nodes.
pub(crate) const AUTO_NODE: &str = "auto-node";
/// Purpose of the nodes' role.
pub(crate) const NODE: &str = "node";

/// A role as IAM has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiveRole {
    pub arn: String,
    /// ARNs of the attached policies.
    pub policies: BTreeSet<String>,
    /// The text of the one policy of its own: that of pods, and see [`policies`].
    pub inline: Option<String>,
    /// The ARN of the permissions boundary.
    pub boundary: Option<String>,
    pub tags: Tags,
}

/// A role to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleSpec {
    pub name: String,
    pub path: String,
    /// The service that may assume it.
    pub service: String,
    /// ARNs of the policies to attach. What others attach stays.
    pub policies: BTreeSet<String>,
    /// The text of the one policy of its own.
    pub inline: Option<String>,
    /// The ARN of the permissions boundary; see [`bound`].
    pub boundary: Option<String>,
    pub tags: Tags,
}

impl RoleSpec {
    pub(crate) fn arn(&self, place: &Place) -> String {
        place.arn_of_role(&self.path, &self.name)
    }

    /// The trust policy. Tagging the session is what Pod Identity needs to say which pod calls.
    pub(crate) fn trust(&self) -> String {
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": self.service},
                "Action": if self.service.starts_with("ec2.") { json!(["sts:AssumeRole"]) } else { json!(["sts:AssumeRole", "sts:TagSession"]) },
            }],
        })
        .to_string()
    }
}

fn role(place: &Place, purpose: &str, service: &str, policies: BTreeSet<String>, tags: &Tags) -> RoleSpec {
    RoleSpec {
        name: place.role_name(purpose),
        path: place.role_path(),
        service: place.partition.service_principal(service),
        policies,
        inline: None,
        boundary: None,
        tags: tags.clone(),
    }
}

/// The same roles with the boundary that all of a cluster's own have.
pub(crate) fn bound(roles: &mut [RoleSpec], boundary: Option<&String>) {
    for role in roles {
        role.boundary = boundary.cloned();
    }
}

fn managed(place: &Place, names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| place.partition.managed_policy(name)).collect()
}

/// What the control plane's role needs beside its own policy to make nodes, volumes and load balancers itself.
const AUTO_MODE: [&str; 4] = [
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
];

/// The control plane's role; `is_auto` with what Auto Mode needs, and with what the key of its Secrets needs.
pub(crate) fn cluster_role(place: &Place, is_auto: bool, key: Option<&String>, tags: &Tags) -> RoleSpec {
    let names: &[&str] = if is_auto { &AUTO_MODE } else { &[] };
    let policies = managed(place, &[&["AmazonEKSClusterPolicy"], names].concat());
    RoleSpec { inline: key.map(|key| policies::of_key(key)), ..role(place, CLUSTER, "eks", policies, tags) }
}

/// The role of Auto Mode's nodes: less than that of others, because the network is the control plane's business.
pub(crate) fn auto_node_role(place: &Place, tags: &Tags) -> RoleSpec {
    let names = ["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"];
    role(place, AUTO_NODE, "ec2", managed(place, &names), tags)
}

/// The nodes' role, with further policies. What the network add-on may do is in a role of its own.
pub(crate) fn node_role(place: &Place, more: &BTreeSet<String>, tags: &Tags) -> RoleSpec {
    let names = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"];
    role(place, NODE, "ec2", managed(place, &names).union(more).cloned().collect(), tags)
}

/// What an add-on's role is for: its pods of one service account.
pub(crate) fn addon_purpose(addon: &str, service_account: &str) -> String {
    format!("{addon}-{service_account}")
}

/// The role of an add-on's pods, with the policies that EKS recommends for them.
pub(crate) fn addon_role(place: &Place, addon: &str, identity: &Identity, tags: &Tags) -> RoleSpec {
    let purpose = addon_purpose(addon, &identity.service_account);
    let tags = with_purpose(tags, format!("{OF_ADDON}{addon}"));
    role(place, &purpose, "pods.eks", identity.policies.iter().cloned().collect(), &tags)
}

/// What stands in the tag [`PURPOSE`] of an add-on's role, before the add-on's name.
pub(crate) const OF_ADDON: &str = "addon/";
/// What stands in the tag [`PURPOSE`] of the role of pods that the user named.
pub(crate) const OF_POD: &str = "pod";

fn with_purpose(tags: &Tags, purpose: String) -> Tags {
    tags.clone().into_iter().chain([(PURPOSE.to_owned(), purpose)]).collect()
}

/// The role of pods that the user named.
pub(crate) fn pod_role(
    place: &Place,
    purpose: &str,
    policies: BTreeSet<String>,
    inline: Option<String>,
    tags: &Tags,
) -> RoleSpec {
    RoleSpec { inline, ..role(place, purpose, "pods.eks", policies, &with_purpose(tags, OF_POD.to_owned())) }
}

/// The roles to make.
pub(crate) fn create(observed: &Observed, roles: &[RoleSpec]) -> Vec<Step> {
    let missing = roles.iter().filter(|role| !observed.roles.contains_key(&role.name));
    missing.cloned().map(Step::CreateRole).collect()
}

/// The policies to attach, once the roles are there.
pub(crate) fn attach(observed: &Observed, roles: &[RoleSpec]) -> Vec<Step> {
    let none = BTreeSet::new();
    let lacking = roles.iter().flat_map(|role| {
        let has = observed.roles.get(&role.name).map_or(&none, |live| &live.policies);
        role.policies
            .difference(has)
            .map(|policy| Step::AttachPolicy { role: role.name.clone(), policy: policy.clone() })
    });
    lacking.collect()
}

/// The boundaries to set on roles of this cluster that are there, or to take from them.
pub(crate) fn boundaries(observed: &Observed, place: &Place, wanted: &Choices) -> Vec<Step> {
    if wanted.boundary.is_none() && !wanted.drops_boundary {
        return Vec::new();
    }
    let ours = observed.roles.iter().filter(|(_, role)| place.is_part(&role.tags) && role.boundary != wanted.boundary);
    ours.map(|(name, _)| Step::SetBoundary { role: name.clone(), boundary: wanted.boundary.clone() }).collect()
}

/// The policies that the nodes' role had by the state and is not to have any more. What others attached stays.
pub(crate) fn detach(observed: &Observed, place: &Place, wanted: &Choices) -> Vec<Step> {
    let spec = node_role(place, &wanted.node_policies, &Tags::new());
    let Some(live) = observed.roles.get(&spec.name).filter(|role| place.is_part(&role.tags)) else { return Vec::new() };
    let surplus = wanted.dropped_policies.iter().filter(|policy| live.policies.contains(*policy));
    let step = |policy: &String| Step::DetachPolicy { role: spec.name.clone(), policy: policy.clone() };
    surplus.filter(|policy| !spec.policies.contains(*policy)).map(step).collect()
}

/// The nodes' own role, once no group has it any more and none is to get it.
pub(crate) fn unneeded(observed: &Observed, wanted: &Wanted) -> Vec<Step> {
    let (place, name) = (&wanted.place, wanted.place.role_name(NODE));
    let Some(live) = observed.roles.get(&name).filter(|role| place.is_part(&role.tags)) else { return Vec::new() };
    let others = observed.node_groups.values().filter(|group| !place.is_part(&group.tags));
    let is_used =
        wanted.needs_node_role(observed) || others.into_iter().any(|one| one.role_arn.as_ref() == Some(&live.arn));
    if is_used { Vec::new() } else { vec![Step::RetireRole(name)] }
}

/// What goes with the cluster: the provider of its issuer, and all roles on its path that carry its tags.
pub(crate) fn delete(observed: &Observed, place: &Place) -> Vec<Step> {
    let ours = observed.roles.iter().filter(|(_, role)| place.is_part(&role.tags));
    let roles = ours.map(|(name, _)| Step::DeleteRole(name.clone()));
    provider::delete(observed, false, place).into_iter().chain(roles).collect()
}

/// The ARN to show of a role that is in use: null if it was one of ours and is gone or has lost a policy.
pub(crate) fn shown(arn: Option<&str>, observed: &Observed, place: &Place, spec: &RoleSpec) -> Option<String> {
    let arn = arn?;
    let intact = |live: &LiveRole| spec.policies.is_subset(&live.policies) && policies::is_whole(live, spec);
    let is_whole = !place.is_own_role(arn) || observed.roles.get(&spec.name).is_some_and(intact);
    is_whole.then(|| arn.to_owned())
}

/// Roles by name.
pub(crate) type Roles = BTreeMap<String, LiveRole>;
