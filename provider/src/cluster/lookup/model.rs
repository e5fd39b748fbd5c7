//! What the data source `paas_cluster` says, made of what was observed. Pure.

use tfplugin_framework::prelude::*;

use crate::cluster::model::{checks, list_of, map_of};
use crate::cluster::observed::{Issue, Observed};
use crate::cluster::parts::{Place, minor_of};
use crate::cluster::state::kubeconfig;
use crate::cluster::tags::is_users;
use crate::cluster::versions::Offered;

model! {
    /// An EKS cluster that exists.
    pub struct FoundCluster {
        /// The cluster's name.
        name: String = required().check(checks::cluster_name),
        /// The AWS region.
        region: String = computed().or_set().otherwise("the provider's region").check(checks::region),
        /// The cluster's ARN: what `cluster` of an app or job takes.
        arn: String = computed(),
        /// The AWS account.
        account_id: String = computed(),
        /// The cluster's status in EKS, such as `ACTIVE`.
        status: String = computed(),
        /// The Kubernetes version, such as `1.35`.
        kubernetes_version: String = computed(),
        /// The platform version of EKS, such as `eks.9`.
        platform_version: String = computed(),
        /// The version of Kubernetes to which EKS can upgrade it next; null if it has the newest.
        next_version: String = computed(),
        /// Until when EKS supports its version without an extra charge, in RFC 3339; null if EKS does not offer that version any more.
        end_of_standard_support: String = computed(),
        /// The URL of the Kubernetes API.
        api_endpoint: String = computed(),
        /// The certificate authority of the Kubernetes API, in base64.
        certificate_authority_data: String = computed(),
        /// A kubeconfig for `kubectl`. It has no secret in it: tokens come from `aws eks get-token`.
        kubeconfig: String = computed(),
        /// The cluster's OpenID Connect issuer.
        oidc_issuer: String = computed(),
        /// How the cluster knows IAM principals: `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`.
        authentication_mode: String = computed(),
        /// The role of the control plane.
        cluster_role_arn: String = computed(),
        /// The VPC of the subnets.
        vpc_id: String = computed(),
        /// The subnets of the control plane.
        subnet_ids: List<String> = computed(),
        /// The further security groups of the control plane.
        security_group_ids: List<String> = computed(),
        /// The security group that EKS makes for the control plane and the nodes.
        cluster_security_group_id: String = computed(),
        /// The range of the cluster's Service addresses.
        service_cidr: String = computed(),
        /// The cluster's tags, without those of AWS and of this provider.
        tags: Map<String> = computed(),
        /// Its managed node groups, by name.
        node_groups: Map<FoundGroup> = computed(),
        /// Its add-ons, by name.
        addons: Map<FoundAddon> = computed(),
        /// What EKS says is wrong with the cluster, its node groups and its add-ons.
        health_issues: List<FoundIssue> = computed(),
        /// What EKS found of an upgrade to later versions.
        insights: List<FoundInsight> = computed(),
    }
}

model! {
    /// A managed node group.
    pub struct FoundGroup {
        /// Its ARN.
        arn: String = computed(),
        /// Its status in EKS, such as `ACTIVE`.
        status: String = computed(),
        /// The Kubernetes version of its nodes.
        kubernetes_version: String = computed(),
        /// The version of its AMI.
        release_version: String = computed(),
        /// Its EC2 instance types.
        instance_types: List<String> = computed(),
        /// The least number of nodes.
        min: i64 = computed(),
        /// The largest number of nodes.
        max: i64 = computed(),
        /// How many nodes it is to have at present.
        desired: i64 = computed(),
    }
}

model! {
    /// An add-on.
    pub struct FoundAddon {
        /// Its version.
        version: String = computed(),
        /// Its status in EKS, such as `ACTIVE`.
        status: String = computed(),
    }
}

model! {
    /// Something that EKS says is wrong.
    pub struct FoundIssue {
        /// With what, such as `node group default`.
        object: String = computed(),
        /// EKS's code, such as `NodeCreationFailure`.
        code: String = computed(),
        /// EKS's words.
        message: String = computed(),
        /// The AWS objects concerned.
        resource_ids: List<String> = computed(),
    }
}

model! {
    /// Whether something is in the way of an upgrade.
    pub struct FoundInsight {
        /// EKS's identifier, for `aws eks describe-insight`.
        id: String = computed(),
        /// Its name, as `upgrade.ignore_insights` takes it.
        name: String = computed(),
        /// The version that it is about, such as `1.36`.
        kubernetes_version: String = computed(),
        /// `PASSING`, `WARNING`, `ERROR` (EKS refuses the upgrade) or `UNKNOWN`.
        status: String = computed(),
        /// Why it has this status.
        reason: String = computed(),
    }
}

/// What there is to say of a cluster; nothing if there is none.
pub(super) fn found(
    place: &Place,
    observed: &Observed,
    offered: &[Offered],
    insights: Vec<FoundInsight>,
) -> Option<FoundCluster> {
    let live = observed.cluster.as_ref()?;
    let of_minor = |minor: Option<u32>| offered.iter().find(|one| minor.is_some() && minor_of(&one.version) == minor);
    let minor = minor_of(&live.version);
    let next = of_minor(minor.map(|minor| minor + 1));
    let tags = live.tags.iter().filter(|(key, _)| is_users(key)).map(|(key, text)| (key.clone(), text.clone()));
    Some(FoundCluster {
        name: place.name.as_str().into(),
        region: place.region.as_str().into(),
        arn: live.arn.as_str().into(),
        account_id: place.account_id.as_str().into(),
        status: live.status.text().into(),
        kubernetes_version: live.version.as_str().into(),
        platform_version: live.platform_version.clone().into(),
        next_version: next.map(|one| one.version.clone()).into(),
        end_of_standard_support: of_minor(minor).and_then(|one| one.end_of_standard_support.clone()).into(),
        api_endpoint: live.endpoint.clone().into(),
        certificate_authority_data: live.certificate_authority.clone().into(),
        kubeconfig: kubeconfig(live, place).into(),
        oidc_issuer: live.oidc_issuer.clone().into(),
        authentication_mode: live.authentication_mode.clone().into(),
        cluster_role_arn: live.role_arn.as_str().into(),
        vpc_id: live.vpc_id.clone().into(),
        subnet_ids: list_of(live.settings.subnet_ids.iter().cloned()),
        security_group_ids: list_of(live.settings.security_group_ids.iter().cloned()),
        cluster_security_group_id: live.security_group_id.clone().into(),
        service_cidr: live.service_cidr.clone().into(),
        tags: map_of(tags),
        node_groups: Attr::Known(groups(observed)),
        addons: Attr::Known(addons(observed)),
        health_issues: Attr::Known(issues(place, observed)),
        insights: Attr::Known(insights.into_iter().map(Attr::Known).collect()),
    })
}

fn groups(observed: &Observed) -> Map<FoundGroup> {
    let group = |live: &crate::cluster::node_groups::LiveNodeGroup| FoundGroup {
        arn: live.arn.as_str().into(),
        status: live.status.text().into(),
        kubernetes_version: live.version.as_str().into(),
        release_version: live.release_version.clone().into(),
        instance_types: list_of(live.instance_types.iter().cloned()),
        min: live.size.min.into(),
        max: live.size.max.into(),
        desired: live.size.desired.into(),
    };
    observed.node_groups.iter().map(|(name, live)| (name.clone(), Attr::Known(group(live)))).collect()
}

fn addons(observed: &Observed) -> Map<FoundAddon> {
    let addon = |live: &crate::cluster::addons::LiveAddon| FoundAddon {
        version: live.version.as_str().into(),
        status: live.status.text().into(),
    };
    observed.addons.iter().map(|(name, live)| (name.clone(), Attr::Known(addon(live)))).collect()
}

fn issues(place: &Place, observed: &Observed) -> List<FoundIssue> {
    let of = |object: String, all: &[Issue]| -> List<FoundIssue> {
        let issue = |issue: &Issue| FoundIssue {
            object: object.as_str().into(),
            code: issue.code.as_str().into(),
            message: issue.message.as_str().into(),
            resource_ids: list_of(issue.objects.iter().cloned()),
        };
        all.iter().map(|one| Attr::Known(issue(one))).collect()
    };
    let cluster = observed.cluster.iter().flat_map(|live| of(place.object(), &live.issues));
    let groups = observed.node_groups.iter().flat_map(|(name, live)| of(format!("node group {name}"), &live.issues));
    let addons = observed.addons.iter().flat_map(|(name, live)| of(format!("add-on {name}"), &live.issues));
    cluster.chain(groups).chain(addons).collect()
}
