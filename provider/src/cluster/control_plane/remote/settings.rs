//! The settings of a control plane as EKS's calls and answers have them. Decides nothing.

use std::collections::BTreeSet;

use aws_sdk_eks::types as eks;

use crate::cloud::error::CloudError;
use crate::cluster::control_plane::Reach;
use crate::cluster::control_plane::settings::{Remotes, Setting, Settings, canonical};
use crate::cluster::observed::Seen;
use crate::cluster::remote::Remote;

/// Every log type; those that are not wanted are switched off by name.
const LOGS: [eks::LogType; 5] = [
    eks::LogType::Api,
    eks::LogType::Audit,
    eks::LogType::Authenticator,
    eks::LogType::ControllerManager,
    eks::LogType::Scheduler,
];

type Config = aws_sdk_eks::operation::update_cluster_config::builders::UpdateClusterConfigFluentBuilder;
type Create = aws_sdk_eks::operation::create_cluster::builders::CreateClusterFluentBuilder;
type Vpc = eks::builders::VpcConfigRequestBuilder;

impl Remote {
    /// Changes one setting and waits until the change is in effect.
    pub(in crate::cluster) async fn set(&self, setting: &Setting) -> Result<Seen, CloudError> {
        if let Setting::Key(arn) = setting {
            return self.encrypt(arn).await;
        }
        let ask = || async {
            let call = configured(self.aws.eks.update_cluster_config().name(&self.place.name), setting);
            Ok(call.send().await?.update)
        };
        self.change_cluster(ask).await
    }

    async fn encrypt(&self, arn: &str) -> Result<Seen, CloudError> {
        let ask = || async {
            let call = self.aws.eks.associate_encryption_config().cluster_name(&self.place.name);
            Ok(call.encryption_config(encryption(arn)).send().await?.update)
        };
        self.change_cluster(ask).await
    }
}

fn configured(call: Config, setting: &Setting) -> Config {
    let vpc = eks::VpcConfigRequest::builder;
    match setting {
        Setting::Reach(wanted) => call.resources_vpc_config(reach(vpc(), wanted).build()),
        Setting::Subnets(ids) => call.resources_vpc_config(vpc().set_subnet_ids(Some(list(ids))).build()),
        Setting::SecurityGroups(ids) => {
            call.resources_vpc_config(vpc().set_security_group_ids(Some(list(ids))).build())
        }
        Setting::Logs(types) => call.logging(logging(types)),
        Setting::Support(kind) => call.upgrade_policy(support(kind)),
        Setting::ZonalShift(is_on) => call.zonal_shift_config(zonal_shift(*is_on)),
        Setting::Tier(name) => call.control_plane_scaling_config(tier(name)),
        Setting::Remote(networks) => call.remote_network_config(remote(networks)),
        Setting::Auto(auto) => {
            let auto = auto.as_ref().map(|(pools, role)| (pools, role.as_str()));
            let (compute, network, storage) = auto_mode(auto);
            let network = eks::KubernetesNetworkConfigRequest::builder().elastic_load_balancing(network);
            call.compute_config(compute).kubernetes_network_config(network.build()).storage_config(storage)
        }
        Setting::Protection(is_on) => call.deletion_protection(*is_on),
        // A call of its own: `encrypt`.
        Setting::Key(_) => call,
    }
}

/// The settings of a new control plane. What is EKS's own default is left out where EKS would refuse it or show it otherwise.
pub(super) fn created(call: Create, spec: &super::ClusterSpec) -> Create {
    let wanted = &spec.settings;
    let vpc = reach(eks::VpcConfigRequest::builder(), &wanted.reach)
        .set_subnet_ids(Some(list(&wanted.subnet_ids)))
        .set_security_group_ids((!wanted.security_group_ids.is_empty()).then(|| list(&wanted.security_group_ids)));
    let mut network = eks::KubernetesNetworkConfigRequest::builder()
        .ip_family(if spec.is_ipv6 { eks::IpFamily::Ipv6 } else { eks::IpFamily::Ipv4 })
        .set_service_ipv4_cidr(spec.service_cidr.clone());
    let mut call = call
        .resources_vpc_config(vpc.build())
        .logging(logging(&wanted.logs))
        .set_encryption_config(wanted.key.as_deref().map(|key| vec![encryption(key)]))
        .upgrade_policy(support(&wanted.support))
        .control_plane_scaling_config(tier(&wanted.tier));
    if wanted.zonal_shift {
        call = call.zonal_shift_config(zonal_shift(true));
    }
    if wanted.remote != Remotes::default() {
        call = call.remote_network_config(remote(&wanted.remote));
    }
    if let Some(pools) = &wanted.pools {
        let (compute, balancing, storage) = auto_mode(Some((pools, &spec.auto_role)));
        network = network.elastic_load_balancing(balancing);
        call = call.compute_config(compute).storage_config(storage);
    }
    call.kubernetes_network_config(network.build())
}

fn list(all: &BTreeSet<String>) -> Vec<String> {
    all.iter().cloned().collect()
}

/// Ranges are sent only with a public endpoint: EKS refuses them without one.
fn reach(vpc: Vpc, reach: &Reach) -> Vpc {
    let is_public = !reach.public_cidrs.is_empty();
    vpc.endpoint_private_access(reach.private)
        .endpoint_public_access(is_public)
        .set_public_access_cidrs(is_public.then(|| reach.public_cidrs.clone()))
}

fn logging(types: &BTreeSet<String>) -> eks::Logging {
    let (on, off): (Vec<_>, Vec<_>) = LOGS.into_iter().partition(|one| types.contains(one.as_str()));
    let setups = [(on, true), (off, false)].into_iter().filter(|(types, _)| !types.is_empty());
    let setups = setups.map(|(types, is_on)| eks::LogSetup::builder().set_types(Some(types)).enabled(is_on).build());
    eks::Logging::builder().set_cluster_logging(Some(setups.collect())).build()
}

/// With the one value that `resources` can have: where EKS still reads it, it is needed.
#[expect(deprecated, reason = "EKS encrypts everything by now, and still takes the value")]
fn encryption(arn: &str) -> eks::EncryptionConfig {
    eks::EncryptionConfig::builder()
        .resources("secrets")
        .provider(eks::Provider::builder().key_arn(arn).build())
        .build()
}

fn support(kind: &str) -> eks::UpgradePolicyRequest {
    eks::UpgradePolicyRequest::builder().support_type(kind.into()).build()
}

fn zonal_shift(is_on: bool) -> eks::ZonalShiftConfigRequest {
    eks::ZonalShiftConfigRequest::builder().enabled(is_on).build()
}

fn tier(name: &str) -> eks::ControlPlaneScalingConfig {
    eks::ControlPlaneScalingConfig::builder().tier(name.into()).build()
}

/// Empty lists, not none: EKS takes a missing list for "leave it".
fn remote(networks: &Remotes) -> eks::RemoteNetworkConfigRequest {
    let nodes = (!networks.nodes.is_empty())
        .then(|| eks::RemoteNodeNetwork::builder().set_cidrs(Some(list(&networks.nodes))).build());
    let pods = (!networks.pods.is_empty())
        .then(|| eks::RemotePodNetwork::builder().set_cidrs(Some(list(&networks.pods))).build());
    eks::RemoteNetworkConfigRequest::builder()
        .set_remote_node_networks(Some(nodes.into_iter().collect()))
        .set_remote_pod_networks(Some(pods.into_iter().collect()))
        .build()
}

/// The three parts of Auto Mode, which EKS takes together or not at all. The nodes' role goes with node pools only.
fn auto_mode(
    auto: Option<(&BTreeSet<String>, &str)>,
) -> (eks::ComputeConfigRequest, eks::ElasticLoadBalancing, eks::StorageConfigRequest) {
    let is_on = auto.is_some();
    let mut compute = eks::ComputeConfigRequest::builder().enabled(is_on);
    if let Some((pools, role)) = auto {
        compute = compute.set_node_pools(Some(list(pools)));
        if !pools.is_empty() {
            compute = compute.node_role_arn(role);
        }
    }
    let volumes = eks::BlockStorage::builder().enabled(is_on).build();
    (
        compute.build(),
        eks::ElasticLoadBalancing::builder().enabled(is_on).build(),
        eks::StorageConfigRequest::builder().block_storage(volumes).build(),
    )
}

/// What EKS says a control plane is set to. What it does not say is at its default.
pub(super) fn live(cluster: &eks::Cluster) -> Settings {
    let vpc = cluster.resources_vpc_config();
    let set = |all: Option<&[String]>| all.unwrap_or_default().iter().cloned().collect::<BTreeSet<_>>();
    let is_public = vpc.is_some_and(|vpc| vpc.endpoint_public_access());
    let logs = cluster.logging().map(|logging| logging.cluster_logging()).unwrap_or_default();
    let key = cluster.encryption_config().iter().find_map(|one| one.provider()?.key_arn().map(str::to_owned));
    let auto = cluster.compute_config().filter(|compute| compute.enabled() == Some(true));
    let remote = cluster.remote_network_config();
    Settings {
        reach: Reach {
            private: vpc.is_some_and(|vpc| vpc.endpoint_private_access()),
            public_cidrs: vpc.filter(|_| is_public).map(|vpc| vpc.public_access_cidrs().to_vec()).unwrap_or_default(),
        },
        subnet_ids: set(vpc.map(|vpc| vpc.subnet_ids())),
        security_group_ids: set(vpc.map(|vpc| vpc.security_group_ids())),
        logs: logs
            .iter()
            .filter(|setup| setup.enabled() == Some(true))
            .flat_map(|setup| setup.types().iter().map(|one| one.as_str().to_owned()))
            .collect(),
        key,
        support: cluster
            .upgrade_policy()
            .and_then(|policy| policy.support_type())
            .map_or("EXTENDED", |kind| kind.as_str())
            .to_owned(),
        zonal_shift: cluster.zonal_shift_config().and_then(|shift| shift.enabled()).unwrap_or(false),
        tier: cluster
            .control_plane_scaling_config()
            .and_then(|scaling| scaling.tier())
            .map_or("standard", |tier| tier.as_str())
            .to_owned(),
        remote: Remotes {
            nodes: canonical(
                remote
                    .map(|remote| remote.remote_node_networks())
                    .unwrap_or_default()
                    .iter()
                    .flat_map(|network| network.cidrs().to_vec()),
            ),
            pods: canonical(
                remote
                    .map(|remote| remote.remote_pod_networks())
                    .unwrap_or_default()
                    .iter()
                    .flat_map(|network| network.cidrs().to_vec()),
            ),
        },
        pools: auto.map(|compute| set(Some(compute.node_pools()))),
    }
}
