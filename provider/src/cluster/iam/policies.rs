//! The policies that roles have of their own, where AWS manages none that fits: what is in them, and on which roles of a cluster
//! they are. Pure.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{CLUSTER, LiveRole, RoleSpec, addon_purpose};
use crate::cluster::documents;
use crate::cluster::model::Cluster;
use crate::cluster::observed::Observed;
use crate::cluster::parts::Place;
use crate::cluster::step::Step;

/// The add-on that gives pods their addresses, and its service account.
const VPC_CNI: (&str, &str) = ("vpc-cni", "aws-node");
/// AWS's policy for it, which is about IPv4 alone.
const FOR_IPV4: &str = "AmazonEKS_CNI_Policy";

fn document(statements: &Json) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// What EKS does with the key of a cluster's Secrets.
pub(crate) fn of_key(arn: &str) -> String {
    let actions = ["kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"];
    document(&json!([{"Effect": "Allow", "Action": actions, "Resource": arn}]))
}

/// What the VPC CNI does where pods have IPv6 addresses.
fn of_ipv6(place: &Place) -> String {
    let looks = [
        "ec2:AssignIpv6Addresses",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeTags",
    ];
    let interfaces = format!("arn:{}:ec2:*:*:network-interface/*", place.partition);
    document(&json!([
        {"Effect": "Allow", "Action": looks, "Resource": "*"},
        {"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": interfaces},
    ]))
}

/// The role of the VPC CNI's pods in a cluster of IPv6; any other is as it was.
pub(crate) fn for_ipv6(role: RoleSpec, place: &Place) -> RoleSpec {
    if role.name != network_role(place) {
        return role;
    }
    let ipv4 = place.partition.managed_policy(FOR_IPV4);
    let policies = role.policies.into_iter().filter(|policy| *policy != ipv4).collect();
    RoleSpec { policies, inline: Some(of_ipv6(place)), ..role }
}

/// The name of the role of the VPC CNI's pods.
pub(crate) fn network_role(place: &Place) -> String {
    place.role_name(&addon_purpose(VPC_CNI.0, VPC_CNI.1))
}

/// The roles of a cluster that have a policy of their own, beside those of pods.
pub(crate) fn bearers(has_key: bool, is_ipv6: bool, place: &Place) -> BTreeSet<String> {
    let key = has_key.then(|| place.role_name(CLUSTER));
    key.into_iter().chain(is_ipv6.then(|| network_role(place))).collect()
}

/// [`bearers`], by what a state or a plan says.
pub(crate) fn bearers_of(cluster: &Cluster, place: &Place) -> BTreeSet<String> {
    let has_key = cluster.encryption.known().is_some_and(|block| block.kms_key_arn.known().is_some());
    let family = cluster.network.known().and_then(|network| network.ip_family.known());
    let is_ipv6 = family.is_some_and(|family| family == "ipv6")
        || cluster.service_cidr.known().is_some_and(|range| range.contains(':'));
    bearers(has_key, is_ipv6, place)
}

/// The policies to write on roles that exist by then, and to take from them.
pub(crate) fn steps(observed: &Observed, roles: &[RoleSpec]) -> Vec<Step> {
    let step = |role: &RoleSpec| {
        let live = observed.roles.get(&role.name).and_then(|live| live.inline.as_ref());
        match (&role.inline, live) {
            (Some(wanted), Some(live)) if documents::same(live, wanted) => None,
            (Some(wanted), _) => Some(Step::PutPolicy { role: role.name.clone(), document: wanted.clone() }),
            (None, Some(_)) => Some(Step::DropPolicy(role.name.clone())),
            (None, None) => None,
        }
    };
    roles.iter().filter_map(step).collect()
}

/// True where a role has the policy of its own that it is to have.
pub(crate) fn is_whole(live: &LiveRole, spec: &RoleSpec) -> bool {
    let has = |wanted: &String| live.inline.as_ref().is_some_and(|live| documents::same(live, wanted));
    spec.inline.as_ref().is_none_or(has)
}
