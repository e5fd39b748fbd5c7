//! What does not go together, and what is probably not meant.

use expect_test::expect;
use tfplugin_framework::testing;

use super::*;
use crate::cloud::Cloud;
use crate::cluster::PaasCluster;
use crate::cluster::access::blocks::{Entry, EntryPolicy};
use crate::cluster::addons::Addon;
use crate::cluster::control_plane::blocks::{Auto, Encryption, Network, RemoteNetwork};
use crate::cluster::iam::Iam;
use crate::cluster::model::list_of;
use crate::cluster::pod_identities::PodIdentity;
use crate::cluster::samples::{config, plan_of, stored};

fn said(cluster: &Cluster) -> String {
    testing::validate(&PaasCluster::new(Cloud::new()), cluster).to_string()
}

fn with_network(family: &str, services: Attr<String>, remote: RemoteNetwork) -> Cluster {
    let network = Network { ip_family: family.into(), service_ipv4_cidr: services };
    Cluster { network: Attr::Known(network), remote_network: Attr::Known(remote), ..config() }
}

fn remote(nodes: &[&str], pods: &[&str]) -> RemoteNetwork {
    RemoteNetwork { node_cidrs: list_of(nodes.iter().copied()), pod_cidrs: list_of(pods.iter().copied()) }
}

fn open_to(range: &str) -> Attr<Endpoint> {
    Attr::Known(Endpoint { public_cidrs: list_of([range]), ..Endpoint::default() })
}

#[test]
fn nobody_could_reach_it() {
    let endpoint = Endpoint { private: false.into(), ..Endpoint::default() };
    expect![[r#"
        error at endpoint: endpoint would leave the Kubernetes API without anybody who can reach it
          Set `private = true`, or give `public_cidrs` the ranges from which it may be reached.
    "#]]
    .assert_eq(&said(&Cluster { endpoint: Attr::Known(endpoint), ..config() }));
}

#[test]
fn ipv6_has_neither_a_range_of_services_nor_hybrid_nodes() {
    let services = with_network("ipv6", "10.100.0.0/16".into(), remote(&[], &[]));
    let hybrid = with_network("ipv6", Attr::Null, remote(&["10.200.0.0/16"], &[]));
    expect![[r#"
        error at network.service_ipv4_cidr: network.service_ipv4_cidr is for clusters with `ip_family = "ipv4"`
          With IPv6 EKS chooses the range of Services. Leave one of the two out.
        error at remote_network: remote_network is for clusters with `ip_family = "ipv4"`
          EKS Hybrid Nodes do not work with IPv6. Leave one of the two out.
    "#]]
    .assert_eq(&(said(&services) + &said(&hybrid)));
}

#[test]
fn ranges_of_hybrid_nodes_are_private_and_apart() {
    let public = with_network("ipv4", Attr::Null, remote(&["8.8.8.0/24"], &["fd00::/64"]));
    let across = with_network("ipv4", Attr::Null, remote(&["172.16.0.0/11"], &[]));
    let pods = with_network("ipv4", Attr::Null, remote(&["10.200.0.0/16"], &["10.200.1.0/24"]));
    let services = with_network("ipv4", "172.20.0.0/16".into(), remote(&["172.20.5.0/24"], &["100.64.0.0/16"]));
    expect![[r#"
        error at remote_network.node_cidrs: remote_network.node_cidrs has 8.8.8.0/24, which is no private range
          EKS takes IPv4 ranges within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10.
        error at remote_network.pod_cidrs: remote_network.pod_cidrs has fd00::/64, which is no private range
          EKS takes IPv4 ranges within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10.
        error at remote_network.node_cidrs: remote_network.node_cidrs has 172.16.0.0/11, which is no private range
          EKS takes IPv4 ranges within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10.
        error at remote_network.pod_cidrs: remote_network.pod_cidrs has 10.200.1.0/24, which overlaps 10.200.0.0/16 of remote_network.node_cidrs
          Nodes, pods and Services need addresses apart from each other, and from those of the VPC.
        error at remote_network.node_cidrs: remote_network.node_cidrs has 172.20.5.0/24, which overlaps 172.20.0.0/16 of network.service_ipv4_cidr
          Nodes, pods and Services need addresses apart from each other, and from those of the VPC.
    "#]]
    .assert_eq(&[public, across, pods, services].map(|cluster| said(&cluster)).concat());
    let fine = with_network("ipv4", "172.20.0.0/16".into(), remote(&["10.200.0.0/16"], &["10.201.0.0/16"]));
    assert_eq!(said(&fine), "");
}

#[test]
fn one_role_is_not_both() {
    let role = "arn:aws:iam::111122223333:role/eks";
    let iam = Iam { cluster_role_arn: role.into(), node_role_arn: role.into(), ..Iam::default() };
    expect![[r#"
        error at iam.node_role_arn: iam.node_role_arn and iam.cluster_role_arn are the same role
          EKS takes no role of a control plane for nodes. Give them different ones, or leave one out to have it made.
    "#]]
    .assert_eq(&said(&Cluster { iam: Attr::Known(iam), ..config() }));
}

/// A list that is computed may turn out to be empty. That must not give more than what was meant.
#[test]
fn a_policy_in_no_namespace_is_not_one_in_all() {
    let policy = EntryPolicy { name: "AmazonEKSEditPolicy".into(), namespaces: Attr::Known(Vec::new()) };
    let entry = Entry {
        principal_arn: "arn:aws:iam::111122223333:role/ci".into(),
        policies: Attr::Known(vec![Attr::Known(policy)]),
        ..Entry::default()
    };
    let entries = Attr::Known([("ci".to_owned(), Attr::Known(entry))].into());
    let access = Access { entries, ..Access::default() };
    expect![[r#"
        error at access.entries["ci"].policies[0].namespaces: access.entries["ci"].policies[0].namespaces is empty, and a policy holds in at least one namespace: name it, or leave `namespaces` out for the whole cluster
    "#]]
    .assert_eq(&said(&Cluster { access: Attr::Known(access), ..config() }));
}

#[tokio::test]
async fn a_key_of_another_region_is_refused_at_plan() {
    let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let cluster = Cluster { encryption: Attr::Known(Encryption { kms_key_arn: key.into() }), ..config() };
    let told = of_region(&Cluster { region: "eu-west-1".into(), ..cluster.clone() });
    expect![[r#"
        error at encryption.kms_key_arn: encryption.kms_key_arn is a key in us-east-1, and the cluster is in eu-west-1
          EKS takes a key of the cluster's region only. Of a multi-Region key, give the ARN of its replica there.
    "#]]
    .assert_eq(&told.to_string());
    assert!(plan_of(Some(stored()), &cluster).await.contains("is a key in us-east-1"));
    assert!(of_region(&Cluster { region: Attr::Unknown, ..cluster }).is_empty());
}

#[test]
fn what_is_allowed_and_probably_not_meant() {
    let off = Addon { enabled: false.into(), ..Addon::default() };
    let pods = PodIdentity { role_arn: "arn:aws:iam::111122223333:role/x".into(), ..PodIdentity::default() };
    let all = [
        Cluster { endpoint: open_to("0.0.0.0/0"), ..config() },
        Cluster { auto: Attr::Known(Auto::default()), ..config() },
        Cluster {
            addons: Attr::Known([(AGENT.to_owned(), Attr::Known(off))].into()),
            pod_identities: Attr::Known([("apps/x".to_owned(), Attr::Known(pods))].into()),
            ..config()
        },
    ];
    expect![[r#"
        warning at endpoint.public_cidrs: the Kubernetes API can be reached from the whole internet
          Whoever has credentials still needs access, but every fault of the API server is open to everybody. Name the ranges of those who need it: an office, a VPN, the runners of CI.
        warning at auto: auto says nothing while mode is "managed"
          Its node pools are those of EKS Auto Mode. Set `mode = "auto"`, or leave `auto` out.
        warning at addons["eks-pod-identity-agent"].enabled: pod_identities do nothing without the add-on eks-pod-identity-agent
          It hands their roles to the pods on managed nodes. Leave its entry out, unless you run it yourself.
    "#]]
    .assert_eq(&all.iter().map(|cluster| warnings(cluster).to_string()).collect::<String>());
    // Core judges a configuration in validate, plan and apply: said there, a warning stands there two or three times.
    assert_eq!(all.iter().map(said).collect::<String>(), "");
    assert_eq!(warnings(&config()).to_string(), "");
}

#[test]
fn a_new_cluster_that_nobody_can_use() {
    let access = |access: Access| Cluster { access: Attr::Known(access), ..config() };
    let nobody = access(Access { creator_admin: false.into(), ..Access::default() });
    expect![[r#"
        warning at access.creator_admin: nobody gets access to the Kubernetes API
          Apps and jobs cannot be deployed, and kubectl is refused. Name whoever is to administer the cluster in `access.admins`.
    "#]]
    .assert_eq(&of_new(&nobody).to_string());
    let admins = list_of(["arn:aws:iam::111122223333:role/platform"]);
    assert!(of_new(&access(Access { creator_admin: false.into(), admins, ..Access::default() })).is_empty());
    assert!(of_new(&config()).is_empty());
}
