//! Auto Mode's nodes. EKS makes one as soon as a pod has no place, of which a new cluster has some at once; here two come with Auto
//! Mode, and go with it. Pure.

use std::collections::BTreeMap;

use crate::cloud::Subnet;
use crate::ids::Ids;
use crate::node_groups::nodes::Node;
use crate::state::ClusterState;

/// How many nodes there are while Auto Mode is on.
const NODES: usize = 2;
/// What EKS chooses for small pods.
const INSTANCE_TYPE: &str = "c6a.large";

/// Whether Auto Mode is on, with node pools of EKS's own.
pub(crate) fn is_on(cluster: &ClusterState) -> bool {
    cluster.cluster.compute_config.as_ref().is_some_and(|compute| {
        compute["enabled"] == true && compute["nodePools"].as_array().is_some_and(|pools| !pools.is_empty())
    })
}

/// The role of its nodes, while it is on.
pub(crate) fn role(cluster: &ClusterState) -> Option<String> {
    let compute = cluster.cluster.compute_config.as_ref().filter(|_| is_on(cluster))?;
    compute["nodeRoleArn"].as_str().map(str::to_owned)
}

/// The nodes that must join and leave. Recorded in the cluster as if it had happened.
pub(crate) fn difference(
    cluster: &mut ClusterState,
    ids: &Ids,
    region: &str,
    subnets: &[Subnet],
) -> (Vec<Node>, Vec<String>) {
    match (is_on(cluster), cluster.auto_nodes.is_empty()) {
        (true, true) => {
            let nodes: Vec<Node> = subnets
                .iter()
                .cycle()
                .take(NODES * usize::from(!subnets.is_empty()))
                .enumerate()
                .map(|(at, subnet)| node(cluster, ids, region, at, subnet))
                .collect();
            cluster.auto_nodes = nodes.iter().map(|node| node.name.clone()).collect();
            (nodes, Vec::new())
        }
        (false, false) => (Vec::new(), std::mem::take(&mut cluster.auto_nodes)),
        _ => (Vec::new(), Vec::new()),
    }
}

/// A node is called as its instance.
fn node(cluster: &ClusterState, ids: &Ids, region: &str, at: usize, subnet: &Subnet) -> Node {
    let birth = cluster.updates.len().to_string();
    let name = format!("i-0{}", ids.hex(16, &["auto-node", &cluster.uid, &birth, &at.to_string()]));
    let labels: BTreeMap<String, String> = [
        ("eks.amazonaws.com/compute-type", "auto"),
        ("karpenter.sh/nodepool", "general-purpose"),
        ("karpenter.sh/capacity-type", "on-demand"),
        ("topology.kubernetes.io/region", region),
        ("topology.kubernetes.io/zone", &subnet.zone),
        ("node.kubernetes.io/instance-type", INSTANCE_TYPE),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/hostname", &name),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    Node {
        labels,
        taints: Vec::new(),
        instance_type: INSTANCE_TYPE.to_owned(),
        zone: subnet.zone.clone(),
        version: cluster.cluster.version.clone(),
        name,
    }
}
