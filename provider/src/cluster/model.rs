//! `paas_cluster` as the user writes it and reads it back. Every attribute stands here (or in the model of its concern)
//! once; knows no AWS client and decides nothing.

pub mod checks;
#[cfg(test)]
mod tests;

use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::check::{distinct, each, each_key, one_of, size};
use tfplugin_framework::timeouts::Timeouts;

use crate::cloud::settings::MOST_TAGS;

use super::access::Access;
use super::addons::{Addon, InstalledAddon};
use super::control_plane::blocks::{Auto, Encryption, Logging, Network, RemoteNetwork, TIERS, Upgrade};
use super::iam::Iam;
use super::leftovers::Destroy;
use super::node_groups::{NodeGroup, NodeGroupStatus};
use super::pod_identities::PodIdentity;

model! {
    /// An EKS cluster with everything that it needs to run workloads: its IAM roles, access for whoever made it, add-ons and
    /// nodes.
    pub struct Cluster {
        /// The cluster's name, unique in its region and account: 1 to 100 letters, digits, `-` and `_`, with a letter or
        /// digit first.
        name: String = required().replaces().check(checks::cluster_name),
        /// The subnets of the control plane and the nodes, in at least two availability zones. Their order means nothing.
        /// A change is made in place as long as the subnets are in the same VPC and the same set of zones; node groups
        /// stay in the subnets that they were made in.
        subnet_ids: List<String> = required()
            .changes("in place, within the same VPC and the same set of zones; node groups stay where they are")
            .equal(checks::same_texts)
            .check(size(2, 16))
            .check(distinct)
            .check(each(checks::subnet_id)),
        /// The AWS region.
        region: String = computed().or_set().replaces().otherwise("the provider's region").check(checks::region),
        /// The Kubernetes version, such as `"1.35"`. A higher one is an upgrade in place, one minor after the other with
        /// add-ons and nodes in between; a lower one is refused.
        kubernetes_version: String = computed().or_set().changes("in place to a higher one, a minor at a time; a lower one is refused").otherwise("the default of EKS at creation, which then stays").check(checks::minor),
        /// Where pods run. `managed`: on managed node groups. `auto`: on nodes that EKS Auto Mode makes as pods need them,
        /// beside whatever `node_groups` names. `none`: only on what `node_groups` names. Changed in place: what the new mode
        /// needs comes before what only the old one needed goes.
        mode: String = optional().otherwise("`managed`").check(one_of(&["managed", "auto", "none"])),
        /// EKS Auto Mode, for `mode = "auto"`.
        auto: Auto = optional().otherwise("both node pools"),
        /// Further security groups of the control plane's network interfaces, at most five.
        security_group_ids: List<String> = optional()
            .otherwise("none but the cluster's own")
            .equal(checks::same_texts)
            .check(size(0, 5))
            .check(distinct)
            .check(each(checks::security_group_id)),
        /// From where the Kubernetes API can be reached.
        endpoint: Endpoint = optional().otherwise("from inside the VPC only"),
        /// The addresses of Services and pods.
        network: Network = optional().otherwise("IPv4"),
        /// Networks of EKS Hybrid Nodes.
        remote_network: RemoteNetwork = optional().otherwise("none"),
        /// What the control plane writes to CloudWatch Logs.
        logging: Logging = optional().otherwise("api, audit and authenticator"),
        /// Encryption of Kubernetes Secrets with a KMS key of your own.
        encryption: Encryption = optional().otherwise("a key that AWS owns"),
        /// How the cluster gets to other versions of Kubernetes.
        upgrade: Upgrade = optional().otherwise("standard support"),
        /// Whether ARC zonal shift may move traffic away from an availability zone that is impaired.
        zonal_shift: bool = optional().otherwise("`false`"),
        /// The size of the control plane: `standard` grows as it must; the others are provisioned, and paid for, in advance.
        control_plane_tier: String = optional().otherwise("`standard`").check(one_of(TIERS)),
        /// Who may use the Kubernetes API, by access entries. An entry that this resource makes is wholly its own: policies and
        /// groups that somebody adds to it are shown in `access_entries` and taken away. An entry that existed already gets what is
        /// written here and keeps what else it has; once nobody names it any more, it loses exactly that and stays. The entries
        /// that EKS makes itself, for roles of nodes, are never touched.
        access: Access = optional().otherwise("whoever creates the cluster"),
        /// Roles, policies and trust in IAM.
        iam: Iam = optional().otherwise("roles of the cluster's own, with no more policies than it needs"),
        /// Groups of nodes, by name. No change of them replaces the cluster.
        node_groups: Map<NodeGroup> = optional()
            .otherwise("one group `default` with every default; none where `mode` is not `managed`")
            .check(each_key(checks::group_key)),
        /// Add-ons, by name, over the default ones (`eks-pod-identity-agent`, `vpc-cni`, `kube-proxy`, `coredns`,
        /// `aws-ebs-csi-driver`, `metrics-server`): an entry changes one of these or adds any other that EKS offers, of AWS, of the
        /// community or of AWS Marketplace. Without its entry a default add-on goes back to its defaults, and another is removed.
        addons: Map<Addon> = optional()
            .otherwise("the default add-ons with their defaults")
            .check(size(0, 100))
            .check(each_key(checks::addon_name)),
        /// What the pods of service accounts may do in AWS, by `NAMESPACE/SERVICE_ACCOUNT`, with EKS Pod Identity. Neither has to
        /// exist yet; pods that run already get their role when they are started again.
        pod_identities: Map<PodIdentity> =
            optional().otherwise("none").check(size(0, 500)).check(each_key(checks::service_account)),
        /// Tags of the cluster and of all that this resource makes in AWS. Tags of others are left alone.
        tags: Map<String> = optional().check(size(0, MOST_TAGS)).check(each_key(checks::tag_key)).check(each(checks::tag_value)),
        /// Refuses to delete the cluster, here and in AWS. To delete it, or to replace it, set this to `false` and apply
        /// that first. It is switched on as the last step of a create.
        deletion_protection: bool = optional().defaults_to(true),
        /// What a destroy does with what is not the cluster's own. It goes by what was applied before it.
        destroy: Destroy = optional().otherwise("load balancers are deleted, volumes are kept, and nodes of others refuse it"),
        /// How long operations may take. Default: 60 minutes for a create and a delete, 180 for an update.
        timeouts: Timeouts = optional(),

        /// True once everything was made. While it is false the next apply continues.
        ready: bool = computed(),
        /// The cluster's status in EKS, such as `ACTIVE`.
        status: String = computed(),
        /// The cluster's ARN: what `cluster` of an app or job takes.
        arn: String = computed(),
        /// The AWS account.
        account_id: String = computed(),
        /// The cluster's name.
        id: String = computed(),
        /// The URL of the Kubernetes API. (`endpoint` is who may reach it.)
        api_endpoint: String = computed(),
        /// The certificate authority of the Kubernetes API, in base64.
        certificate_authority_data: String = computed(),
        /// The platform version of EKS, such as `eks.9`.
        platform_version: String = computed().from(&["kubernetes_version"]),
        /// The VPC of the subnets.
        vpc_id: String = computed(),
        /// The security group that EKS makes for the control plane and the nodes.
        cluster_security_group_id: String = computed(),
        /// The cluster's OpenID Connect issuer.
        oidc_issuer: String = computed(),
        /// The range of the cluster's Service addresses.
        service_cidr: String = computed(),
        /// The role of the control plane.
        cluster_role_arn: String = computed(),
        /// The role of the nodes of `node_groups`.
        node_role_arn: String = computed(),
        /// The role of the nodes of Auto Mode; null without it.
        auto_node_role_arn: String = computed(),
        /// The principal that created the cluster, which has access while `access.creator_admin` is true. Null for a
        /// cluster that was made elsewhere and imported.
        creator_arn: String = computed(),
        /// What each access entry that this resource manages gives its principal: policies, with the namespaces in which they
        /// hold, as in `AmazonEKSEditPolicy in apps`, and then `group NAME`, `user NAME` and `type TYPE` where they are not the
        /// default. Of an entry that existed already only what is written in `access`.
        access_entries: Map<List<String>> = computed(),
        /// How the cluster knows IAM principals: `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`.
        authentication_mode: String = computed(),
        /// The OpenID Connect provider in IAM, with `iam.oidc_provider`.
        oidc_provider_arn: String = computed(),
        /// What became of each node group, by its key in `node_groups`.
        node_group_status: Map<NodeGroupStatus> = computed(),
        /// The add-ons that this resource manages, by name.
        installed_addons: Map<InstalledAddon> = computed(),
        /// The role of the pods of each service account in `pod_identities`, by ARN. One that is missing is not in it.
        pod_identity_roles: Map<String> = computed(),
        /// Roles and the OpenID Connect provider, by ARN, that an apply which was interrupted made and that nothing uses. The
        /// next apply uses or deletes them. Null otherwise.
        leftovers: List<String> = computed(),
        /// `tags` with the provider's `default_tags`.
        tags_all: Map<String> = computed(),
        /// A kubeconfig for `kubectl`. It has no secret in it: tokens come from `aws eks get-token`.
        kubeconfig: String = computed(),
    }
}

model! {
    /// From where the Kubernetes API can be reached.
    pub struct Endpoint {
        /// Whether nodes and whatever else is in the VPC reach it without leaving the VPC.
        private: bool = optional().otherwise("`true`"),
        /// Who may reach it from outside the VPC, by address range. An empty list closes it; `0.0.0.0/0` opens it to the
        /// whole internet.
        public_cidrs: List<String> = optional()
            .otherwise("nobody")
            .equal(checks::same_cidrs)
            .check(size(0, 40))
            .check(distinct)
            .check(each(checks::cidr)),
    }
}

/// The known texts of a list, in order.
pub fn texts(list: &Attr<List<String>>) -> Vec<String> {
    list.known().map(|all| all.iter().filter_map(|one| one.known().cloned()).collect()).unwrap_or_default()
}

/// The keys of a map attribute.
pub fn keys<T>(map: &Attr<Map<T>>) -> std::collections::BTreeSet<String> {
    map.known().map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

/// The known texts of a map.
pub fn pairs(map: &Attr<Map<String>>) -> std::collections::BTreeMap<String, String> {
    map.known()
        .map(|all| all.iter().filter_map(|(key, one)| Some((key.clone(), one.known()?.clone()))).collect())
        .unwrap_or_default()
}

/// A list attribute of these texts.
pub fn list_of(texts: impl IntoIterator<Item = impl Into<String>>) -> Attr<List<String>> {
    Attr::Known(texts.into_iter().map(|text| Attr::Known(text.into())).collect())
}

/// A map attribute of these texts.
pub fn map_of(pairs: impl IntoIterator<Item = (String, String)>) -> Attr<Map<String>> {
    Attr::Known(pairs.into_iter().map(|(key, text)| (key, Attr::Known(text))).collect())
}
