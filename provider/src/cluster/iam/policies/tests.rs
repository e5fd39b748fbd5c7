//! The policies of roles of their own: of the key of Secrets, and of the VPC CNI with IPv6.

use expect_test::{Expect, expect};
use tfplugin_framework::prelude::*;

use super::*;
use crate::cluster::control_plane::blocks::{Encryption, Network};
use crate::cluster::parts::Tags;
use crate::cluster::samples::{config, live, numbered, place, planned, releases, stored_of, wanted};
use crate::cluster::state::{Expected, truth};
use crate::cluster::steps::{needs, stages};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1";

fn encrypted() -> Cluster {
    Cluster { encryption: Attr::Known(Encryption { kms_key_arn: KEY.into() }), ..config() }
}

fn of_ipv6_pods() -> Cluster {
    let network = Network { ip_family: "ipv6".into(), service_ipv4_cidr: Attr::Null };
    Cluster { network: Attr::Known(network), ..config() }
}

/// The finished cluster with a key.
fn is_encrypted() -> Observed {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").settings.key = Some(KEY.to_owned());
    observed.roles.get_mut(&place().role_name(CLUSTER)).expect("a role").inline = Some(of_key(KEY));
    observed
}

/// The steps to `config`, where the state has what `before` led to.
fn check(before: Option<(&Cluster, &Observed)>, config: &Cluster, expected: Expect) {
    let prior = before.map(|(before, observed)| stored_of(before, observed));
    let observed = before.map(|(_, observed)| observed.clone()).unwrap_or_default();
    let planned = Cluster { kubernetes_version: "1.35".into(), ..planned(config) };
    let wanted = wanted(&planned, prior.as_ref());
    let needed = needs(&observed, &wanted, "1.35");
    let releases = releases(&["1.35"]).into_iter().filter(|(key, _)| needed.contains(key)).collect();
    let steps = numbered(&stages(&observed, &wanted, &releases, "1.35"));
    let of_interest = ["polic", "attach", "Secrets", "create the control plane", "install vpc-cni"];
    let lines = steps.lines().filter(|line| of_interest.iter().any(|word| line.contains(word)));
    expected.assert_eq(&lines.map(|line| format!("{line}\n")).collect::<String>());
}

#[test]
fn a_new_cluster_with_a_key() {
    check(
        None,
        &encrypted(),
        expect![[r#"
            2. attach AmazonEBSCSIDriverPolicy to paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
            2. attach AmazonEKS_CNI_Policy to paas-prod-vpc-cni-aws-node-ce8df3d6
            2. attach AmazonEKSClusterPolicy to paas-prod-cluster-9ceaa8d7
            2. attach AmazonEC2ContainerRegistryPullOnly to paas-prod-node-2f20a958
            2. attach AmazonEKSWorkerNodePolicy to paas-prod-node-2f20a958
            2. write the policy of paas-prod-cluster-9ceaa8d7
            3. create the control plane, 1.35, private
            5. install vpc-cni v1.35.2-eksbuild.1 without waiting for it, aws-node as paas-prod-vpc-cni-aws-node-ce8df3d6
        "#]],
    );
}

#[test]
fn a_key_for_a_cluster_that_has_none() {
    check(
        Some((&config(), &live())),
        &encrypted(),
        expect![[r#"
        1. write the policy of paas-prod-cluster-9ceaa8d7
        2. encrypt Secrets with arn:aws:kms:eu-west-1:111122223333:key/1
    "#]],
    );
    check(Some((&encrypted(), &is_encrypted())), &encrypted(), expect![[""]]);
}

#[test]
fn a_role_that_is_given_is_left_as_it_is() {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").role_arn = "arn:aws:iam::111122223333:role/control".to_owned();
    observed.roles.remove(&place().role_name(CLUSTER));
    check(
        Some((&config(), &observed)),
        &encrypted(),
        expect![[r#"
        1. encrypt Secrets with arn:aws:kms:eu-west-1:111122223333:key/1
    "#]],
    );
}

#[test]
fn a_policy_of_a_key_that_was_taken_away_is_shown_and_put_back() {
    let state = stored_of(&encrypted(), &is_encrypted());
    assert!(state.cluster_role_arn.known().is_some());
    let mut observed = is_encrypted();
    observed.roles.get_mut(&place().role_name(CLUSTER)).expect("a role").inline = None;
    let looked = truth(&state, &observed, &Expected::of_state(&state), &place());
    assert_eq!(looked.cluster_role_arn, Attr::Null);
    check(
        Some((&encrypted(), &observed)),
        &encrypted(),
        expect![[r#"
        1. write the policy of paas-prod-cluster-9ceaa8d7
    "#]],
    );
}

#[test]
fn pods_with_ipv6_addresses() {
    check(
        None,
        &of_ipv6_pods(),
        expect![[r#"
            2. attach AmazonEBSCSIDriverPolicy to paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
            2. attach AmazonEKSClusterPolicy to paas-prod-cluster-9ceaa8d7
            2. attach AmazonEC2ContainerRegistryPullOnly to paas-prod-node-2f20a958
            2. attach AmazonEKSWorkerNodePolicy to paas-prod-node-2f20a958
            2. write the policy of paas-prod-vpc-cni-aws-node-ce8df3d6
            3. create the control plane, 1.35, private
            5. install vpc-cni v1.35.2-eksbuild.1 without waiting for it, aws-node as paas-prod-vpc-cni-aws-node-ce8df3d6
        "#]],
    );
    let role = place().role_name(&addon_purpose("vpc-cni", "aws-node"));
    assert_eq!(bearers_of(&of_ipv6_pods(), &place()), [role].into());
    assert_eq!(bearers_of(&config(), &place()), BTreeSet::new());
}

/// A cluster of IPv6 whose configuration says nothing of it, and whose role of the CNI somebody emptied.
#[test]
fn what_eks_says_of_addresses_counts() {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").service_cidr = Some("fd00:ec2::/108".to_owned());
    let name = network_role(&place());
    observed.roles.get_mut(&name).expect("a role").inline = Some(of_ipv6(&place()));
    check(Some((&config(), &observed)), &config(), expect![[""]]);
    observed.roles.get_mut(&name).expect("a role").inline = None;
    check(
        Some((&config(), &observed)),
        &config(),
        expect![[r#"
        1. write the policy of paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]],
    );
}

#[test]
fn the_documents() {
    let pretty = |text: &str| {
        let all: Json = serde_json::from_str(text).expect("JSON");
        serde_json::to_string_pretty(&all).expect("JSON")
    };
    expect![[r#"
        {
          "Statement": [
            {
              "Action": [
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ListGrants",
                "kms:DescribeKey"
              ],
              "Effect": "Allow",
              "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1"
            }
          ],
          "Version": "2012-10-17"
        }"#]]
    .assert_eq(&pretty(&of_key(KEY)));
    expect![[r#"
        {
          "Statement": [
            {
              "Action": [
                "ec2:AssignIpv6Addresses",
                "ec2:DescribeInstances",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeTags"
              ],
              "Effect": "Allow",
              "Resource": "*"
            },
            {
              "Action": "ec2:CreateTags",
              "Effect": "Allow",
              "Resource": "arn:aws:ec2:*:*:network-interface/*"
            }
          ],
          "Version": "2012-10-17"
        }"#]]
    .assert_eq(&pretty(&of_ipv6(&place())));
    let china = Place { partition: crate::cloud::partition::Partition::named("aws-cn"), ..place() };
    assert!(of_ipv6(&china).contains("arn:aws-cn:ec2:*:*:network-interface/*"));
    let ours = super::super::cluster_role(&place(), false, None, &Tags::new());
    assert!(is_whole(&LiveRole::default(), &ours));
}
