//! A cluster for the tests of this folder: small builders with defaults. Knows no test.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::Stored;
use tfplugin_framework::testing;

use crate::cloud::Cloud;
use crate::cloud::ownership::Mark;
use crate::cloud::partition::Partition;
use crate::cloud::settings::Settings as Provided;

use super::PaasCluster;
use super::access::{ADMIN, Grant, LiveEntry};
use super::addons::{Addon, Identity, LiveAddon, Release, Releases, Wish, defaults};
use super::control_plane::LiveCluster;
use super::control_plane::log_group::LiveLogGroup;
use super::control_plane::settings::Settings;
use super::iam::{self, LiveRole, RoleSpec};
use super::inventory::Inventory;
use super::model::{Cluster, list_of};
use super::node_groups::{LiveNodeGroup, Size};
use super::observed::Observed;
use super::parts::{CREATOR, INVENTORY, Place, Tags};
use super::state::{Expected, settled, truth};
use super::status::Status;
use super::step::Step;
use super::wanted::{self, Wanted};

pub(super) const CREATOR_ARN: &str = "arn:aws:iam::111122223333:role/ci";

pub(super) fn place() -> Place {
    Place {
        partition: Partition::named("aws"),
        account_id: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
        name: "prod".to_owned(),
        path: super::parts::PATH.to_owned(),
    }
}

/// What a user writes at least.
pub(super) fn config() -> Cluster {
    Cluster {
        name: "prod".into(),
        subnet_ids: list_of(["subnet-0000000000000000a", "subnet-0000000000000000b"]),
        ..Cluster::default()
    }
}

/// The plan of a create of this configuration.
pub(super) fn planned(config: &Cluster) -> Cluster {
    let computed = |set: &Attr<String>| if set.is_null() { Attr::Unknown } else { set.clone() };
    Cluster {
        region: "eu-west-1".into(),
        id: config.name.clone(),
        kubernetes_version: computed(&config.kubernetes_version),
        deletion_protection: config.deletion_protection.or(true).into(),
        ready: Attr::Unknown,
        status: Attr::Unknown,
        arn: Attr::Unknown,
        account_id: Attr::Unknown,
        api_endpoint: Attr::Unknown,
        certificate_authority_data: Attr::Unknown,
        platform_version: Attr::Unknown,
        vpc_id: Attr::Unknown,
        cluster_security_group_id: Attr::Unknown,
        oidc_issuer: Attr::Unknown,
        service_cidr: Attr::Unknown,
        cluster_role_arn: Attr::Unknown,
        node_role_arn: Attr::Unknown,
        auto_node_role_arn: if config.mode == Attr::Known("auto".to_owned()) { Attr::Unknown } else { Attr::Null },
        creator_arn: Attr::Unknown,
        access_entries: Attr::Unknown,
        authentication_mode: Attr::Unknown,
        oidc_provider_arn: Attr::Unknown,
        node_group_status: Attr::Unknown,
        installed_addons: Attr::Unknown,
        pod_identity_roles: super::pod_identities::plan::created(config),
        leftovers: Attr::Null,
        tags_all: if config.tags.is_null() { Attr::Known(BTreeMap::new()) } else { config.tags.clone() },
        kubeconfig: Attr::Unknown,
        ..config.clone()
    }
}

/// The mark of the cluster that [`live`] is.
pub(super) fn mark() -> Mark {
    wanted::mark(&config(), "eu-west-1", "", "claim-1")
}

pub(super) fn wanted(planned: &Cluster, prior: Option<&Cluster>) -> Wanted {
    Wanted::new(planned, prior, Some(CREATOR_ARN.to_owned()), place(), ("", mark()))
}

/// What EKS offers of each default add-on: one version per minor, and roles for two of them.
pub(super) fn releases(minors: &[&str]) -> Releases {
    let identity = |name: &str| match name {
        "vpc-cni" => Some(("aws-node", "AmazonEKS_CNI_Policy")),
        "aws-ebs-csi-driver" => Some(("ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy")),
        _ => None,
    };
    let release = |name: &String, minor: &str| Release {
        default: format!("v{minor}.2-eksbuild.1"),
        version: format!("v{minor}.2-eksbuild.1"),
        schema: None,
        compatible: [format!("v{minor}.2-eksbuild.1"), format!("v{minor}.3-eksbuild.1")].into(),
        identities: identity(name)
            .map(|(account, policy)| Identity {
                service_account: account.to_owned(),
                policies: vec![place().partition.managed_policy(policy)],
            })
            .into_iter()
            .collect(),
    };
    let names = defaults(&place());
    let all = minors.iter().flat_map(|minor| names.iter().map(move |name| (name.clone(), (*minor).to_owned())));
    all.map(|(name, minor)| ((name.clone(), minor.clone()), release(&name, &minor))).collect()
}

/// The finished cluster of [`config`] as AWS has it.
pub(super) fn live() -> Observed {
    let place = place();
    let tags = place.part_tags("");
    let addon = |name: &String| LiveAddon {
        arn: format!("arn:addon/{name}"),
        status: Status::new("ACTIVE"),
        version: "v1.35.2-eksbuild.1".to_owned(),
        namespace: Some("kube-system".to_owned()),
        roles: match name.as_str() {
            "vpc-cni" => [("aws-node".to_owned(), place.role_arn("vpc-cni-aws-node"))].into(),
            "aws-ebs-csi-driver" => {
                let role = place.role_arn("aws-ebs-csi-driver-ebs-csi-controller-sa");
                [("ebs-csi-controller-sa".to_owned(), role)].into()
            }
            _ => BTreeMap::new(),
        },
        tags: tags.clone(),
        ..LiveAddon::default()
    };
    let creator = LiveEntry {
        arn: "arn:entry/ci".to_owned(),
        grant: Grant::of_policy(ADMIN),
        tags: tags.clone().into_iter().chain([(CREATOR.to_owned(), "true".to_owned())]).collect(),
    };
    Observed {
        cluster: Some(LiveCluster {
            arn: place.arn(),
            status: Status::new("ACTIVE"),
            version: "1.35".to_owned(),
            platform_version: Some("eks.9".to_owned()),
            role_arn: place.role_arn(iam::CLUSTER),
            auto_role: None,
            authentication_mode: Some("API".to_owned()),
            settings: Settings::of(&config()),
            vpc_id: Some("vpc-1".to_owned()),
            security_group_id: Some("sg-1".to_owned()),
            endpoint: Some("https://prod.example".to_owned()),
            certificate_authority: Some("Q0E=".to_owned()),
            oidc_issuer: Some("https://oidc.example/id/1".to_owned()),
            service_cidr: Some("10.100.0.0/16".to_owned()),
            deletion_protection: true,
            tags: carried(&defaults(&place)),
            issues: Vec::new(),
        }),
        node_groups: BTreeMap::from([("default".to_owned(), group(&tags))]),
        addons: defaults(&place).iter().map(|name| (name.clone(), addon(name))).collect(),
        associations: BTreeMap::new(),
        entries: BTreeMap::from([(CREATOR_ARN.to_owned(), creator), (place.role_arn(iam::NODE), nodes())]),
        roles: roles(&place, &tags),
        log_group: Some(LiveLogGroup { arn: "arn:log-group/prod".to_owned(), days: Some(90), tags: tags.clone() }),
        provider: None,
    }
}

/// The tags of the finished cluster.
fn carried(addons: &BTreeSet<String>) -> Tags {
    let inventory = Inventory {
        node_groups: ["default".to_owned()].into(),
        addons: addons.clone(),
        entries: [CREATOR_ARN.to_owned()].into(),
        ..Inventory::default()
    };
    mark().finished().tags().into_iter().chain(inventory.tag()).collect()
}

/// The entry that EKS makes for nodes.
pub(super) fn nodes() -> LiveEntry {
    let grant = Grant { kind: "EC2_LINUX".to_owned(), ..Grant::default() };
    LiveEntry { arn: "arn:entry/nodes".to_owned(), grant, tags: Tags::new() }
}

fn group(tags: &Tags) -> LiveNodeGroup {
    LiveNodeGroup {
        arn: "arn:nodegroup/default".to_owned(),
        status: Status::new("ACTIVE"),
        version: "1.35".to_owned(),
        release_version: Some("1.35.2-20261101".to_owned()),
        image: "AL2023_x86_64_STANDARD".to_owned(),
        instance_types: ["m7i-flex.large", "m6i.large", "m6a.large"].map(str::to_owned).to_vec(),
        capacity: "ON_DEMAND".to_owned(),
        disk_gib: Some(50),
        subnet_ids: ["subnet-0000000000000000a", "subnet-0000000000000000b"].map(str::to_owned).to_vec(),
        auto_repair: true,
        size: Size { min: 2, max: 6, desired: 2 },
        role_arn: Some(place().role_arn(iam::NODE)),
        autoscaling_groups: vec!["eks-default-1".to_owned()],
        tags: tags.clone(),
        ..LiveNodeGroup::default()
    }
}

fn roles(place: &Place, tags: &Tags) -> BTreeMap<String, LiveRole> {
    let wishes = defaults(place).into_iter().map(|name| (name.clone(), Wish::of(&name, &Addon::default()))).collect();
    let all = super::addons::roles(&releases(&["1.35"]), &wishes, false, place, tags);
    let node = iam::node_role(place, &BTreeSet::new(), tags);
    let all = all.into_iter().chain([iam::cluster_role(place, false, None, tags), node]);
    let arn = |spec: &RoleSpec| format!("arn:aws:iam::111122223333:role{}{}", spec.path, spec.name);
    all.map(|spec| {
        let (arn, policies, tags) = (arn(&spec), spec.policies, spec.tags);
        (spec.name, LiveRole { arn, policies, tags, ..LiveRole::default() })
    })
    .collect()
}

/// Steps as a test writes them: each with the number of its stage. What an apply writes down of the inventory has tests of its
/// own, and is left out.
pub(super) fn numbered(stages: &[Vec<Step>]) -> String {
    let mut stages = stages.to_vec();
    for step in stages.iter_mut().flatten() {
        if let Step::Tag { set, .. } = step {
            set.remove(INVENTORY);
        }
    }
    stages
        .retain(|stage| !matches!(&stage[..], [Step::Tag { set, remove, .. }] if set.is_empty() && remove.is_empty()));
    if matches!(stages.last().map(Vec::as_slice), Some([Step::ConfirmClaim { .. }])) {
        stages.pop();
    }
    let steps = stages.iter().enumerate().flat_map(|(at, stage)| stage.iter().map(move |step| (at + 1, step)));
    steps.map(|(at, step)| format!("{at}. {step}\n")).collect()
}

/// The plan of a provider that has a region and no credentials, as a test writes it.
pub(super) async fn plan_of(prior: Option<Cluster>, config: &Cluster) -> String {
    let prior = prior.map(Stored::from);
    testing::plan(&provider().await, prior.as_ref(), Some(config)).await.to_string()
}

/// A provider that has a region and no credentials.
pub(super) async fn provider() -> PaasCluster {
    let cloud = Cloud::alone();
    cloud.configure(Provided { region: "eu-west-1".into(), ..Provided::default() }, "1.11.4").await;
    PaasCluster::new(cloud)
}

/// The state of the finished cluster.
pub(super) fn stored() -> Cluster {
    stored_of(&config(), &live())
}

/// The state after a finished create of this configuration that led to what is observed.
pub(super) fn stored_of(config: &Cluster, observed: &Observed) -> Cluster {
    let planned = planned(config);
    let base = Cluster { creator_arn: CREATOR_ARN.into(), ..planned.clone() };
    let truth = truth(&base, observed, &Expected::of_wanted(&wanted(&planned, None)), &place());
    Cluster { ready: true.into(), ..settled(&planned, &truth) }
}
