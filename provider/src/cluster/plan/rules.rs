//! Rules between attributes of different blocks, and what a plan warns of. What is unknown is passed over. Pure.

use std::net::IpAddr;

use tfplugin_framework::diagnostic::{Diagnostics, Path};
use tfplugin_framework::prelude::*;

use crate::cloud::settings::MOST_TAGS;
use crate::cluster::access::Access;
use crate::cluster::model::checks::network;
use crate::cluster::model::{Cluster, Endpoint, texts};
use crate::cluster::node_groups;
use crate::cluster::parts::minor_of;

#[cfg(test)]
mod tests;

/// The add-on that hands out the roles of `pod_identities`.
const AGENT: &str = "eks-pod-identity-agent";
/// From this version on EKS has no Amazon Linux 2.
const WITHOUT_AL2: &str = "1.33";

/// Rules whose breach is known before anything is asked.
pub(super) fn validate(config: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    reach(config, &mut all);
    addresses(config, &mut all);
    roles(config, &mut all);
    versions(config, &mut all);
    all
}

/// What the cluster's own tags and those of the provider are together.
pub(super) fn of_tags(state: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    let count = state.tags_all.known().map_or(0, Map::len);
    if count > MOST_TAGS {
        all.error_at(
            Path::attribute("tags"),
            format!("tags and the provider's default_tags are {count} tags together; {MOST_TAGS} fit"),
            "AWS allows 50, and this provider needs six of them on the cluster.",
        );
    }
    all
}

fn reach(config: &Cluster, all: &mut Diagnostics) {
    let Attr::Known(endpoint) = &config.endpoint else { return };
    let ranges = endpoint.public_cidrs.known();
    let closed = endpoint.public_cidrs.is_null() || ranges.is_some_and(Vec::is_empty);
    if endpoint.private == Attr::Known(false) && closed {
        all.error_at(
            Path::attribute("endpoint"),
            "endpoint would leave the Kubernetes API without anybody who can reach it",
            "Set `private = true`, or give `public_cidrs` the ranges from which it may be reached.",
        );
    }
}

/// EKS's rules for ranges: IPv6 clusters choose their Services' and have no hybrid nodes, whose ranges are private and apart.
fn addresses(config: &Cluster, all: &mut Diagnostics) {
    let block = config.network.known();
    let is_ipv6 = block.is_some_and(|block| block.ip_family == Attr::Known("ipv6".to_owned()));
    let services = block.and_then(|block| block.service_ipv4_cidr.known());
    if is_ipv6 && services.is_some() {
        all.error_at(
            Path::attribute("network").child("service_ipv4_cidr"),
            "network.service_ipv4_cidr is for clusters with `ip_family = \"ipv4\"`",
            "With IPv6 EKS chooses the range of Services. Leave one of the two out.",
        );
    }
    let Attr::Known(remote) = &config.remote_network else { return };
    let path = Path::attribute("remote_network");
    let lists = [("node_cidrs", texts(&remote.node_cidrs)), ("pod_cidrs", texts(&remote.pod_cidrs))];
    if is_ipv6 && lists.iter().any(|(_, ranges)| !ranges.is_empty()) {
        return all.error_at(
            path,
            "remote_network is for clusters with `ip_family = \"ipv4\"`",
            "EKS Hybrid Nodes do not work with IPv6. Leave one of the two out.",
        );
    }
    let mut seen: Vec<(String, String)> =
        services.map(|range| ("network.service_ipv4_cidr".to_owned(), range.clone())).into_iter().collect();
    for (name, ranges) in lists {
        let spelled = format!("remote_network.{name}");
        for range in ranges {
            if !is_private(&range) {
                all.error_at(
                    path.child(name),
                    format!("{spelled} has {range}, which is no private range"),
                    "EKS takes IPv4 ranges within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10.",
                );
            } else if let Some((of, other)) = seen.iter().find(|(_, other)| overlap(other, &range)) {
                all.error_at(
                    path.child(name),
                    format!("{spelled} has {range}, which overlaps {other} of {of}"),
                    "Nodes, pods and Services need addresses apart from each other, and from those of the VPC.",
                );
            }
            seen.push((spelled.clone(), range));
        }
    }
}

/// The first and last address of an IPv4 range.
fn bounds(range: &str) -> Option<(u32, u32)> {
    let canonical = network(range)?;
    let (address, length) = canonical.split_once('/')?;
    let (IpAddr::V4(first), Ok(length)) = (address.parse().ok()?, length.parse::<u32>()) else { return None };
    let rest = u32::MAX.checked_shr(length).unwrap_or(0);
    Some((first.to_bits(), first.to_bits() | rest))
}

fn is_private(range: &str) -> bool {
    let within = |outer: &str| {
        bounds(range).zip(bounds(outer)).is_some_and(|((first, last), (from, to))| from <= first && last <= to)
    };
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].into_iter().any(within)
}

fn overlap(one: &str, other: &str) -> bool {
    bounds(one).zip(bounds(other)).is_some_and(|((first, last), (from, to))| first <= to && from <= last)
}

fn roles(config: &Cluster, all: &mut Diagnostics) {
    if let Some(iam) = config.iam.known()
        && let (Attr::Known(of_cluster), Attr::Known(of_nodes)) = (&iam.cluster_role_arn, &iam.node_role_arn)
        && of_cluster == of_nodes
    {
        all.error_at(
            Path::attribute("iam").child("node_role_arn"),
            "iam.node_role_arn and iam.cluster_role_arn are the same role",
            "EKS takes no role of a control plane for nodes. Give them different ones, or leave one out to have it made.",
        );
    }
}

/// What cannot run on the version that the configuration names. Of a version that is left out only EKS knows.
fn versions(config: &Cluster, all: &mut Diagnostics) {
    let Attr::Known(minor) = &config.kubernetes_version else { return };
    for (key, group) in config.node_groups.known().into_iter().flatten() {
        let Attr::Known(group) = group else { continue };
        let path = Path::attribute("node_groups").key(key);
        if let Attr::Known(image) = &group.ami_type
            && image.starts_with("AL2_")
            && minor_of(minor) >= minor_of(WITHOUT_AL2)
        {
            all.error_at(
                path.child("ami_type"),
                format!("node group {key}: EKS has no {image} for Kubernetes {minor}"),
                format!("Amazon Linux 2 ended before {WITHOUT_AL2}. Leave ami_type out for Amazon Linux 2023."),
            );
        }
        if let Attr::Known(release) = &group.release_version {
            all.extend(node_groups::plan::other_minor(&format!("node group {key}"), &path, release, minor));
        }
    }
}

/// What depends on the region, which the provider may have said.
pub(super) fn of_region(planned: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    let key = planned.encryption.known().and_then(|block| block.kms_key_arn.known());
    if let (Some(arn), Attr::Known(region)) = (key, &planned.region)
        && let Some(of) = arn.split(':').nth(3)
        && of != region
    {
        all.error_at(
            Path::attribute("encryption").child("kms_key_arn"),
            format!("encryption.kms_key_arn is a key in {of}, and the cluster is in {region}"),
            "EKS takes a key of the cluster's region only. Of a multi-Region key, give the ARN of its replica there.",
        );
    }
    all
}

/// What is allowed and probably not meant. A plan says it once; core judges a configuration several times.
pub(super) fn warnings(planned: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    let endpoint = planned.endpoint.or(Endpoint::default());
    if texts(&endpoint.public_cidrs).iter().any(|range| range.ends_with("/0")) {
        all.warning_at(
            Path::attribute("endpoint").child("public_cidrs"),
            "the Kubernetes API can be reached from the whole internet",
            "Whoever has credentials still needs access, but every fault of the API server is open to everybody. Name \
             the ranges of those who need it: an office, a VPN, the runners of CI.",
        );
    }
    let mode = planned.mode.or("managed".to_owned());
    if planned.auto.known().is_some() && !planned.mode.is_unknown() && mode != "auto" {
        all.warning_at(
            Path::attribute("auto"),
            format!("auto says nothing while mode is {mode:?}"),
            "Its node pools are those of EKS Auto Mode. Set `mode = \"auto\"`, or leave `auto` out.",
        );
    }
    let agent = planned.addons.known().and_then(|all| all.get(AGENT)?.known());
    let has_pods = planned.pod_identities.known().is_some_and(|all| !all.is_empty());
    if has_pods && mode == "managed" && agent.is_some_and(|agent| agent.enabled == Attr::Known(false)) {
        all.warning_at(
            Path::attribute("addons").key(AGENT).child("enabled"),
            format!("pod_identities do nothing without the add-on {AGENT}"),
            "It hands their roles to the pods on managed nodes. Leave its entry out, unless you run it yourself.",
        );
    }
    all
}

/// The same of a cluster that is to be made. One that exists has the entries that others made, or `aws-auth`.
pub(super) fn of_new(planned: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    let access = planned.access.or(Access::default());
    let is_empty = |list: &Attr<List<String>>| list.is_null() || list.known().is_some_and(Vec::is_empty);
    let no_entries = access.entries.is_null() || access.entries.known().is_some_and(Map::is_empty);
    if access.creator_admin == Attr::Known(false) && is_empty(&access.admins) && is_empty(&access.viewers) && no_entries
    {
        all.warning_at(
            Path::attribute("access").child("creator_admin"),
            "nobody gets access to the Kubernetes API",
            "Apps and jobs cannot be deployed, and kubectl is refused. Name whoever is to administer the cluster in \
             `access.admins`.",
        );
    }
    all
}
