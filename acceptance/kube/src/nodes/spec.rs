//! What a node of EKS is: its name, labels, address and instance. Pure.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use k8s_openapi::api::core::v1::Taint as KubernetesTaint;
use sha2::{Digest as _, Sha256};

use super::instance::{Instance, instance};

/// A node that is to join a cluster.
#[derive(Debug, Clone, Default)]
pub struct NodeSpec {
    /// As EKS names them, `ip-10-0-1-23.eu-west-1.compute.internal`; such a name also tells the node's address.
    pub name: String,
    /// In addition to those of every node: host name, architecture, operating system, instance type, zone, region.
    pub labels: BTreeMap<String, String>,
    /// Taints, as of the node group.
    pub taints: Vec<Taint>,
    /// The EC2 instance type: it decides CPUs, memory, pods and architecture.
    pub instance_type: String,
    /// The availability zone, for example `eu-west-1a`.
    pub zone: String,
}

/// A taint as Kubernetes writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value; may be empty.
    pub value: String,
    /// `NoSchedule`, `NoExecute` or `PreferNoSchedule`.
    pub effect: String,
}

impl NodeSpec {
    pub(crate) fn instance(&self) -> Instance {
        instance(&self.instance_type)
    }

    /// EKS's labels and the node group's.
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        let region = self.zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let architecture = self.instance().architecture;
        let mut labels: BTreeMap<String, String> = [
            ("beta.kubernetes.io/arch", architecture),
            ("beta.kubernetes.io/instance-type", &self.instance_type),
            ("beta.kubernetes.io/os", "linux"),
            ("failure-domain.beta.kubernetes.io/region", region),
            ("failure-domain.beta.kubernetes.io/zone", &self.zone),
            ("kubernetes.io/arch", architecture),
            ("kubernetes.io/hostname", &self.name),
            ("kubernetes.io/os", "linux"),
            ("node.kubernetes.io/instance-type", &self.instance_type),
            ("topology.kubernetes.io/region", region),
            ("topology.kubernetes.io/zone", &self.zone),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        labels.extend(self.labels.clone());
        labels
    }

    pub(crate) fn taints(&self) -> Vec<KubernetesTaint> {
        let taint = |taint: &Taint| KubernetesTaint {
            key: taint.key.clone(),
            value: Some(taint.value.clone()),
            effect: taint.effect.clone(),
            time_added: None,
        };
        self.taints.iter().map(taint).collect()
    }

    /// The address in its name, or one that stays the same.
    pub(crate) fn address(&self) -> Ipv4Addr {
        let hash = self.hash();
        self.name
            .strip_prefix("ip-")
            .and_then(|rest| rest.split('.').next())
            .and_then(|octets| octets.replace('-', ".").parse().ok())
            .unwrap_or_else(|| Ipv4Addr::new(10, 0, hash[0], hash[1].clamp(4, 254)))
    }

    pub(crate) fn provider_id(&self) -> String {
        let id: String =
            self.hash().iter().map(|byte| format!("{byte:02x}")).collect::<String>().chars().take(17).collect();
        format!("aws:///{}/i-{id}", self.zone)
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.name.as_bytes()).into()
    }
}
