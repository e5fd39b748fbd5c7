//! The control plane's blocks as the user writes them. Shapes and rules for single values; decides nothing.

use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::check::{distinct, each, one_of, size};

use crate::cluster::model::checks;

/// The logs that a control plane can write (EKS API, `LogType`).
const LOGS: &[&str] = &["api", "audit", "authenticator", "controllerManager", "scheduler"];
/// The sizes of a control plane (EKS API, `ProvisionedControlPlaneTier`).
pub(crate) const TIERS: &[&str] = &["standard", "tier-xl", "tier-2xl", "tier-4xl", "tier-8xl"];
/// What a change of the addresses does.
const REPLACES: &str = "**replaces the object**, unless it is left out or what it has";
/// The node pools that Auto Mode brings (EKS API, `computeConfig.nodePools`).
const POOLS: &[&str] = &["general-purpose", "system"];

model! {
    /// The cluster's own network: addresses of Services and pods. Fixed for the life of a cluster: a change makes another one.
    pub struct Network {
        /// `ipv4` or `ipv6`: which addresses pods and Services have. With `ipv6` EKS chooses the range of Services.
        ip_family: String = optional().changes(REPLACES).otherwise("`ipv4`").check(one_of(&["ipv4", "ipv6"])),
        /// The range of the Services' addresses: private (RFC 1918), from /24 to /12, and not one that the VPC or what is
        /// connected to it uses.
        service_ipv4_cidr: String = optional()
            .changes(REPLACES)
            .otherwise("10.100.0.0/16 or 172.20.0.0/16, as EKS chooses")
            .check(checks::service_cidr),
    }
}

model! {
    /// Networks outside AWS that EKS Hybrid Nodes and their pods are in.
    pub struct RemoteNetwork {
        /// Ranges of the nodes.
        node_cidrs: List<String> = optional()
            .otherwise("none")
            .equal(checks::same_cidrs)
            .check(size(0, 15))
            .check(distinct)
            .check(each(checks::cidr)),
        /// Ranges of their pods.
        pod_cidrs: List<String> = optional()
            .otherwise("none")
            .equal(checks::same_cidrs)
            .check(size(0, 15))
            .check(distinct)
            .check(each(checks::cidr)),
    }
}

model! {
    /// What the control plane writes to CloudWatch Logs.
    pub struct Logging {
        /// Any of `api`, `audit`, `authenticator`, `controllerManager` and `scheduler`; an empty list for none.
        types: List<String> = optional()
            .otherwise("`[\"api\", \"audit\", \"authenticator\"]`")
            .equal(checks::same_texts)
            .check(distinct)
            .check(each(one_of(LOGS))),
        /// For how many days CloudWatch keeps them: a number that it knows, such as 7, 30, 90 or 365; 0 for ever.
        retention_days: i64 = optional().otherwise("90").check(checks::retention),
        /// Whether a destroy deletes the logs too. Without it the log group stays, and is named when the cluster is gone.
        delete_on_destroy: bool = optional().changes("noted for the next destroy").otherwise("`false`"),
    }
}

model! {
    /// Envelope encryption of Kubernetes Secrets with a key of your own. Without it EKS uses a key that AWS owns.
    pub struct Encryption {
        /// The ARN of a symmetric KMS key in the cluster's region. It can be given to a cluster that has none; after that a
        /// change, or its removal, makes another cluster. The cluster's role gets what EKS needs to do with it, by name.
        kms_key_arn: String = optional()
            .changes("in place from none to a key; another key, or none, **replaces the object**")
            .otherwise("a key that AWS owns")
            .check(checks::kms_key),
    }
}

/// What a change of how upgrades go does.
const NOTED: &str = "holds for an upgrade in the same apply and for later ones";

model! {
    /// How the cluster gets to other versions of Kubernetes.
    pub struct Upgrade {
        /// `STANDARD`: at the end of standard support EKS upgrades the control plane by itself. `EXTENDED`: the version
        /// stays for another year, for six times the price of the control plane.
        support_type: String = optional().otherwise("`STANDARD`").check(one_of(&["STANDARD", "EXTENDED"])),
        /// Upgrades although EKS knows of something that will break, and replaces nodes although pods cannot be evicted.
        force: bool = optional().changes(NOTED).otherwise("`false`"),
        /// Names of insights that may stay unsolved, such as `"Deprecated APIs removed in Kubernetes v1.32"`.
        ignore_insights: List<String> = optional().changes(NOTED).otherwise("none").check(distinct),
    }
}

model! {
    /// EKS Auto Mode, for `mode = "auto"`.
    pub struct Auto {
        /// The node pools that EKS makes: `general-purpose`, `system`, both, or none (then you bring your own `NodePool`s).
        node_pools: List<String> = optional()
            .otherwise("both")
            .equal(checks::same_texts)
            .check(distinct)
            .check(each(one_of(POOLS))),
    }
}
