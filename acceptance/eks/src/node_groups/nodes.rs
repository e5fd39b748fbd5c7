//! What a node of a group looks like in Kubernetes. Pure.

use std::collections::BTreeMap;

use super::{NodeGroup, Taint};
use crate::cloud::Subnet;

/// A node that joins a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// The Kubernetes name, a private DNS name of EC2.
    pub name: String,
    /// EKS's labels and the group's.
    pub labels: BTreeMap<String, String>,
    /// The group's taints.
    pub taints: Vec<Taint>,
    /// Such as `m7i.large`.
    pub instance_type: String,
    /// Such as `eu-west-1a`.
    pub zone: String,
    /// The kubelet's minor, such as `1.35`.
    pub version: String,
}

/// The next `count` nodes of the group, spread over its subnets. `taken` are the names that are in use in the cluster.
pub(crate) fn next(group: &mut NodeGroup, region: &str, count: usize, taken: &[String]) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    while nodes.len() < count && !group.zones.is_empty() {
        let number = group.launched;
        group.launched += 1;
        let subnet = &group.zones[number as usize % group.zones.len()];
        let name = format!("ip-{}.{region}.compute.internal", address(&subnet.cidr, number));
        if taken.contains(&name) || nodes.iter().any(|node| node.name == name) {
            continue;
        }
        nodes.push(node(group, region, &name, subnet));
    }
    nodes
}

/// The nodes that the group has, as they should look now.
pub(crate) fn present(group: &mut NodeGroup, region: &str) -> Vec<Node> {
    let looks = |known: &Node| {
        let subnet = group.zones.iter().find(|subnet| subnet.zone == known.zone).or_else(|| group.zones.first());
        subnet.map_or_else(
            || known.clone(),
            |subnet| Node { version: known.version.clone(), ..node(group, region, &known.name, subnet) },
        )
    };
    group.nodes = group.nodes.iter().map(looks).collect();
    group.nodes.clone()
}

fn node(group: &NodeGroup, region: &str, name: &str, subnet: &Subnet) -> Node {
    let instance_type = group.instance_types.iter().flatten().next().cloned().unwrap_or_else(|| "t3.medium".to_owned());
    let arch = architecture(&instance_type);
    let mut labels: BTreeMap<String, String> = [
        ("eks.amazonaws.com/nodegroup", group.nodegroup_name.as_str()),
        ("eks.amazonaws.com/nodegroup-image", "ami-0sandbox000000000"),
        ("eks.amazonaws.com/capacityType", &group.capacity_type),
        ("topology.kubernetes.io/region", region),
        ("topology.kubernetes.io/zone", &subnet.zone),
        ("topology.k8s.aws/zone-id", &subnet.zone_id),
        ("failure-domain.beta.kubernetes.io/region", region),
        ("failure-domain.beta.kubernetes.io/zone", &subnet.zone),
        ("node.kubernetes.io/instance-type", &instance_type),
        ("beta.kubernetes.io/instance-type", &instance_type),
        ("kubernetes.io/arch", arch),
        ("beta.kubernetes.io/arch", arch),
        ("kubernetes.io/os", "linux"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/hostname", name),
        ("k8s.io/cloud-provider-aws", "sandbox"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    labels.extend(group.labels.clone());
    Node {
        name: name.to_owned(),
        labels,
        taints: group.taints.clone(),
        instance_type,
        zone: subnet.zone.clone(),
        version: group.version.clone(),
    }
}

/// An address in the subnet, with hyphens. AWS keeps the first four of a subnet for itself.
fn address(cidr: &str, number: u32) -> String {
    let (base, length) = cidr.split_once('/').unwrap_or((cidr, "24"));
    let base = base.parse::<std::net::Ipv4Addr>().map_or(0, u32::from);
    let hosts = 1u32.checked_shl(32 - length.parse::<u32>().unwrap_or(24).min(32)).unwrap_or(u32::MAX);
    // A stride that shares no factor with a power of two visits every address once and looks like EC2's choice.
    let host = 4 + number.wrapping_mul(37).wrapping_add(6) % hosts.saturating_sub(5).max(1);
    std::net::Ipv4Addr::from(base.wrapping_add(host)).to_string().replace('.', "-")
}

/// `arm64` for the families of Graviton, else `amd64`: a `g` behind the generation's digit.
pub(crate) fn architecture(instance_type: &str) -> &'static str {
    let family = instance_type.split('.').next().unwrap_or_default();
    let behind = family.find(|letter: char| letter.is_ascii_digit()).map_or("", |digit| &family[digit + 1..]);
    if behind.starts_with('g') || family == "a1" { "arm64" } else { "amd64" }
}

/// The architecture that an image type runs on.
pub(crate) fn image_architecture(ami_type: &str) -> &'static str {
    if ami_type.contains("ARM_64") { "arm64" } else { "amd64" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graviton_families_are_arm() {
        for arm in ["m7g.large", "t4g.micro", "c7gn.xlarge", "r8gd.large", "a1.large"] {
            assert_eq!(architecture(arm), "arm64", "{arm}");
        }
        for amd in ["m7i-flex.large", "t3.medium", "g5.xlarge", "m6a.large", "c5n.large"] {
            assert_eq!(architecture(amd), "amd64", "{amd}");
        }
    }

    #[test]
    fn addresses_lie_in_their_subnet_and_differ() {
        let seen: std::collections::BTreeSet<String> = (0..200).map(|number| address("10.0.16.0/24", number)).collect();
        assert_eq!(seen.len(), 200);
        assert!(seen.iter().all(|address| address.starts_with("10-0-16-")));
    }
}
