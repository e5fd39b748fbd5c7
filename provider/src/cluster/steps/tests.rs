//! What an apply does, stage by stage.

use expect_test::{Expect, expect};
use tfplugin_framework::prelude::*;

use super::*;
use crate::cloud::ownership::Mark;
use crate::cluster::access::Access;
use crate::cluster::model::{Cluster, Endpoint, list_of, map_of};
use crate::cluster::node_groups::NodeGroup;
use crate::cluster::parts::Tags;
use crate::cluster::samples::{config, live, numbered, place, planned, releases, stored, wanted};
use crate::cluster::status::Status;
use crate::cluster::wanted::Wanted;

fn check(observed: &Observed, wanted: &Wanted, expected: Expect) {
    let releases = releases(&["1.35", "1.36", "1.37"]);
    let needed = needs(observed, wanted, "1.35");
    let known = releases.into_iter().filter(|(key, _)| needed.contains(key)).collect();
    expected.assert_eq(&numbered(&stages(observed, wanted, &known, "1.35")));
}

/// The finished cluster, changed to this configuration.
fn changed(config: &Cluster) -> Wanted {
    let prior = stored();
    let planned = Cluster {
        kubernetes_version: config.kubernetes_version.or("1.35".to_owned()).into(),
        deletion_protection: config.deletion_protection.or(true).into(),
        tags_all: if config.tags.is_null() { map_of([]) } else { config.tags.clone() },
        ..config.clone()
    };
    wanted(&planned, Some(&prior))
}

fn created() -> Wanted {
    wanted(&planned(&config()), None)
}

fn destroyed(observed: &Observed) -> Vec<Stage<Step>> {
    let choices = Choices::of(&Cluster::default());
    let (place, after) = (place(), After::default());
    [delete_stages(observed, &place), last_stages(observed, &place, &after, choices)].concat()
}

fn one_group(key: &str, group: NodeGroup) -> Attr<Map<NodeGroup>> {
    Attr::Known([(key.to_owned(), Attr::Known(group))].into())
}

#[test]
fn nothing_to_do_is_no_step() {
    check(&live(), &changed(&config()), expect![[""]]);
    check(&live(), &created(), expect![[""]]);
}

#[test]
fn a_create_makes_roles_first_and_says_that_it_is_finished_last() {
    check(
        &Observed::default(),
        &created(),
        expect![[r#"
            1. create role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30 for pods.eks.amazonaws.com
            1. create role paas-prod-vpc-cni-aws-node-ce8df3d6 for pods.eks.amazonaws.com
            1. create role paas-prod-cluster-9ceaa8d7 for eks.amazonaws.com
            1. create role paas-prod-node-2f20a958 for ec2.amazonaws.com
            1. create the log group, kept for 90 days
            2. attach AmazonEBSCSIDriverPolicy to paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
            2. attach AmazonEKS_CNI_Policy to paas-prod-vpc-cni-aws-node-ce8df3d6
            2. attach AmazonEKSClusterPolicy to paas-prod-cluster-9ceaa8d7
            2. attach AmazonEC2ContainerRegistryPullOnly to paas-prod-node-2f20a958
            2. attach AmazonEKSWorkerNodePolicy to paas-prod-node-2f20a958
            3. create the control plane, the default version, private
            4. give access to arn:aws:iam::111122223333:role/ci
            4. install eks-pod-identity-agent v1.35.2-eksbuild.1 without waiting for it
            5. install kube-proxy v1.35.2-eksbuild.1 without waiting for it
            5. install vpc-cni v1.35.2-eksbuild.1 without waiting for it, aws-node as paas-prod-vpc-cni-aws-node-ce8df3d6
            6. create node group default, 2 (2 to 6) nodes of m7i-flex.large, m6i.large, m6a.large
            6. make arn:aws:iam::111122223333:role/ci AmazonEKSClusterAdminPolicy
            6. wait for eks-pod-identity-agent
            6. wait for kube-proxy
            6. wait for vpc-cni
            7. wait for node group default
            8. install aws-ebs-csi-driver v1.35.2-eksbuild.1, ebs-csi-controller-sa as paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
            8. install coredns v1.35.2-eksbuild.1
            8. install metrics-server v1.35.2-eksbuild.1
            9. switch deletion protection on
            10. see that nobody else has taken it over
            11. tag cluster prod app.kubernetes.io/managed-by=terraform-paas terraform-paas.github.io/claim=claim-1 terraform-paas.github.io/hash=484ddefad8ec7b21c08929ef8c4fea3b terraform-paas.github.io/owner= terraform-paas.github.io/ready=true
        "#]],
    );
}

#[test]
fn a_create_that_was_killed_goes_on_where_it_was() {
    let mut observed = live();
    let place = place();
    observed.addons.clear();
    observed.entries.clear();
    observed.roles.remove(&place.role_name(iam::NODE));
    let cluster = observed.cluster.as_mut().expect("a cluster");
    cluster.deletion_protection = false;
    cluster.tags = Mark { claim: Some("claim-0".to_owned()), ..created().mark }.tags();
    let group = observed.node_groups.get_mut("default").expect("a group");
    group.status = Status::new("CREATING");
    check(
        &observed,
        &created(),
        expect![[r#"
            1. tag cluster prod app.kubernetes.io/managed-by=terraform-paas terraform-paas.github.io/claim=claim-1 terraform-paas.github.io/hash=484ddefad8ec7b21c08929ef8c4fea3b terraform-paas.github.io/owner= terraform-paas.github.io/ready=false
            2. create role paas-prod-node-2f20a958 for ec2.amazonaws.com
            3. give access to arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958, type EC2_LINUX
            4. attach AmazonEC2ContainerRegistryPullOnly to paas-prod-node-2f20a958
            4. attach AmazonEKSWorkerNodePolicy to paas-prod-node-2f20a958
            5. give access to arn:aws:iam::111122223333:role/ci
            5. install eks-pod-identity-agent v1.35.2-eksbuild.1 without waiting for it
            6. install kube-proxy v1.35.2-eksbuild.1 without waiting for it
            6. install vpc-cni v1.35.2-eksbuild.1 without waiting for it, aws-node as paas-prod-vpc-cni-aws-node-ce8df3d6
            7. make arn:aws:iam::111122223333:role/ci AmazonEKSClusterAdminPolicy
            7. wait for eks-pod-identity-agent
            7. wait for kube-proxy
            7. wait for vpc-cni
            8. wait for node group default
            9. install aws-ebs-csi-driver v1.35.2-eksbuild.1, ebs-csi-controller-sa as paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
            9. install coredns v1.35.2-eksbuild.1
            9. install metrics-server v1.35.2-eksbuild.1
            10. switch deletion protection on
            11. see that nobody else has taken it over
            12. tag cluster prod terraform-paas.github.io/claim=claim-1 terraform-paas.github.io/ready=true
        "#]],
    );
}

#[test]
fn a_control_plane_that_is_being_made_is_waited_for() {
    let mut observed = Observed { roles: live().roles, cluster: live().cluster, ..Observed::default() };
    let cluster = observed.cluster.as_mut().expect("a cluster");
    (cluster.status, cluster.deletion_protection) = (Status::new("CREATING"), false);
    let stages = stages(&observed, &created(), &releases(&["1.35"]), "1.35");
    expect![[r#"
        1. create the log group, kept for 90 days
        2. wait for the control plane
    "#]]
    .assert_eq(&numbered(&stages[..2]));
}

#[test]
fn a_failed_control_plane_is_made_again() {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").status = Status::new("FAILED");
    let stages = stages(&observed, &created(), &releases(&["1.35"]), "1.35");
    expect![[r#"
        1. delete the control plane
        2. create the control plane, the default version, private
        3. give access to arn:aws:iam::111122223333:role/ci
        3. install eks-pod-identity-agent v1.35.2-eksbuild.1 without waiting for it
        4. install kube-proxy v1.35.2-eksbuild.1 without waiting for it
        4. install vpc-cni v1.35.2-eksbuild.1 without waiting for it, aws-node as paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]]
    .assert_eq(&numbered(&stages[..4]));
}

#[test]
fn failed_parts_are_made_again() {
    let mut observed = live();
    observed.node_groups.get_mut("default").expect("a group").status = Status::new("CREATE_FAILED");
    observed.addons.get_mut("coredns").expect("an add-on").status = Status::new("CREATE_FAILED");
    check(
        &observed,
        &changed(&config()),
        expect![[r#"
            1. delete node group default
            2. remove coredns
            3. create node group default, 2 (2 to 6) nodes of m7i-flex.large, m6i.large, m6a.large
            4. wait for node group default
            5. install coredns v1.35.2-eksbuild.1
        "#]],
    );
}

#[test]
fn parts_that_were_deleted_elsewhere_come_back() {
    let mut observed = live();
    observed.addons.remove("vpc-cni");
    observed.entries.clear();
    observed.roles.remove(&place().role_name("vpc-cni-aws-node"));
    check(
        &observed,
        &changed(&config()),
        expect![[r#"
            1. create role paas-prod-vpc-cni-aws-node-ce8df3d6 for pods.eks.amazonaws.com
            2. give access to arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958, type EC2_LINUX
            3. attach AmazonEKS_CNI_Policy to paas-prod-vpc-cni-aws-node-ce8df3d6
            4. give access to arn:aws:iam::111122223333:role/ci
            5. install vpc-cni v1.35.2-eksbuild.1 without waiting for it, aws-node as paas-prod-vpc-cni-aws-node-ce8df3d6
            6. make arn:aws:iam::111122223333:role/ci AmazonEKSClusterAdminPolicy
            6. wait for vpc-cni
        "#]],
    );
}

#[test]
fn the_role_of_an_installed_add_on_comes_back() {
    let mut observed = live();
    observed.roles.remove(&place().role_name("aws-ebs-csi-driver-ebs-csi-controller-sa"));
    check(
        &observed,
        &changed(&config()),
        expect![[r#"
            1. create role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30 for pods.eks.amazonaws.com
            2. attach AmazonEBSCSIDriverPolicy to paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
        "#]],
    );
}

#[test]
fn endpoint_and_subnets_are_two_updates() {
    let endpoint = Endpoint { public_cidrs: list_of(["203.0.113.0/24"]), ..Endpoint::default() };
    let subnets = list_of(["subnet-0000000000000000b", "subnet-0000000000000000c"]);
    let config = Cluster { endpoint: Attr::Known(endpoint), subnet_ids: subnets, ..config() };
    check(
        &live(),
        &changed(&config),
        expect![[r#"
            1. set the endpoint to private, public for 203.0.113.0/24
            2. set the subnets to subnet-0000000000000000b, subnet-0000000000000000c
        "#]],
    );
}

#[test]
fn ranges_are_compared_as_networks() {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").settings.reach.public_cidrs = vec!["10.0.0.0/8".to_owned()];
    let endpoint = Endpoint { public_cidrs: list_of(["10.1.2.3/8"]), ..Endpoint::default() };
    let wanted = changed(&Cluster { endpoint: Attr::Known(endpoint), ..config() });
    // Only the hash of what was written differs.
    expect!["0"].assert_eq(
        &stages(&observed, &Wanted { mark: live().mark().expect("a mark"), ..wanted }, &Releases::new(), "1.35")
            .len()
            .to_string(),
    );
}

#[test]
fn an_upgrade_goes_through_every_minor() {
    let config = Cluster { kubernetes_version: "1.37".into(), ..config() };
    check(
        &live(),
        &changed(&config),
        expect![[r#"
            1. upgrade the control plane to 1.36
            2. update aws-ebs-csi-driver to v1.36.2-eksbuild.1
            2. update coredns to v1.36.2-eksbuild.1
            2. update eks-pod-identity-agent to v1.36.2-eksbuild.1
            2. update kube-proxy to v1.36.2-eksbuild.1
            2. update metrics-server to v1.36.2-eksbuild.1
            2. update vpc-cni to v1.36.2-eksbuild.1
            3. upgrade node group default to 1.36
            4. upgrade the control plane to 1.37
            5. update aws-ebs-csi-driver to v1.37.2-eksbuild.1
            5. update coredns to v1.37.2-eksbuild.1
            5. update eks-pod-identity-agent to v1.37.2-eksbuild.1
            5. update kube-proxy to v1.37.2-eksbuild.1
            5. update metrics-server to v1.37.2-eksbuild.1
            5. update vpc-cni to v1.37.2-eksbuild.1
            6. upgrade node group default to 1.37
        "#]],
    );
}

#[test]
fn an_upgrade_that_was_interrupted_goes_on_with_add_ons_and_nodes() {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").version = "1.36".to_owned();
    observed.addons.get_mut("coredns").expect("an add-on").version = "v1.36.3-eksbuild.1".to_owned();
    check(
        &observed,
        &changed(&Cluster { kubernetes_version: "1.36".into(), ..config() }),
        expect![[r#"
            1. update aws-ebs-csi-driver to v1.36.2-eksbuild.1
            1. update eks-pod-identity-agent to v1.36.2-eksbuild.1
            1. update kube-proxy to v1.36.2-eksbuild.1
            1. update metrics-server to v1.36.2-eksbuild.1
            1. update vpc-cni to v1.36.2-eksbuild.1
            2. upgrade node group default to 1.36
        "#]],
    );
}

#[test]
fn new_bounds_leave_the_number_of_nodes_to_the_autoscaler() {
    let mut observed = live();
    observed.node_groups.get_mut("default").expect("a group").size.desired = 5;
    check(&observed, &changed(&config()), expect![[""]]);
    let group = NodeGroup { max: 4.into(), ..NodeGroup::default() };
    check(
        &observed,
        &changed(&Cluster { node_groups: one_group("default", group), ..config() }),
        expect![[r#"
            1. set node group default to 4 (2 to 4) nodes
        "#]],
    );
}

#[test]
fn a_group_is_added_before_another_goes() {
    let group = NodeGroup { instance_types: list_of(["m8g.large"]), ..NodeGroup::default() };
    check(
        &live(),
        &changed(&Cluster { node_groups: one_group("arm", group), ..config() }),
        expect![[r#"
            1. create node group arm, 2 (2 to 6) nodes of m8g.large
            2. wait for node group arm
            3. delete node group default
        "#]],
    );
}

#[test]
fn without_nodes_nothing_waits_for_pods() {
    let config = Cluster { node_groups: Attr::Known(Map::new()), ..config() };
    let planned = planned(&config);
    let stages = stages(&Observed::default(), &wanted(&planned, None), &releases(&["1.35"]), "1.35");
    expect![[r#"
        1. make arn:aws:iam::111122223333:role/ci AmazonEKSClusterAdminPolicy
        2. install aws-ebs-csi-driver v1.35.2-eksbuild.1 without waiting for it, ebs-csi-controller-sa as paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
        2. install coredns v1.35.2-eksbuild.1 without waiting for it
        2. install metrics-server v1.35.2-eksbuild.1 without waiting for it
        3. switch deletion protection on
        4. see that nobody else has taken it over
        5. tag cluster prod app.kubernetes.io/managed-by=terraform-paas terraform-paas.github.io/claim=claim-1 terraform-paas.github.io/hash=484ddefad8ec7b21c08929ef8c4fea3b terraform-paas.github.io/owner= terraform-paas.github.io/ready=true
    "#]].assert_eq(&numbered(&stages[5..]));
}

#[test]
fn access_is_given_before_it_is_taken() {
    let admins = list_of(["arn:aws:iam::111122223333:role/platform"]);
    let access = Access { admins, creator_admin: false.into(), ..Access::default() };
    check(
        &live(),
        &changed(&Cluster { access: Attr::Known(access), ..config() }),
        expect![[r#"
            1. give access to arn:aws:iam::111122223333:role/platform
            2. make arn:aws:iam::111122223333:role/platform AmazonEKSClusterAdminPolicy
            3. remove access of arn:aws:iam::111122223333:role/ci
        "#]],
    );
}

#[test]
fn access_of_others_stays() {
    let mut observed = live();
    let other = observed.entries.values().next().cloned().expect("an entry");
    observed
        .entries
        .insert("arn:aws:iam::111122223333:role/other".to_owned(), access::LiveEntry { tags: Tags::new(), ..other });
    check(&observed, &changed(&config()), expect![[""]]);
}

#[test]
fn tags_go_to_every_part() {
    let config = Cluster { tags: map_of([("team".to_owned(), "shop".to_owned())]), ..config() };
    check(
        &live(),
        &changed(&config),
        expect![[r#"
            1. tag cluster prod team=shop
            1. tag node group default team=shop
            1. tag add-on aws-ebs-csi-driver team=shop
            1. tag add-on coredns team=shop
            1. tag add-on eks-pod-identity-agent team=shop
            1. tag add-on kube-proxy team=shop
            1. tag add-on metrics-server team=shop
            1. tag add-on vpc-cni team=shop
            1. tag access entry arn:aws:iam::111122223333:role/ci team=shop
            1. tag role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30 team=shop
            1. tag role paas-prod-cluster-9ceaa8d7 team=shop
            1. tag role paas-prod-node-2f20a958 team=shop
            1. tag role paas-prod-vpc-cni-aws-node-ce8df3d6 team=shop
            1. tag the log group team=shop
        "#]],
    );
}

#[test]
fn dropped_tags_leave_and_tags_of_others_stay() {
    let mut observed = live();
    let tags = &mut observed.cluster.as_mut().expect("a cluster").tags;
    tags.extend([("team".to_owned(), "shop".to_owned()), ("cost".to_owned(), "42".to_owned())]);
    let prior = Cluster { tags_all: map_of([("team".to_owned(), "shop".to_owned())]), ..stored() };
    check(
        &observed,
        &wanted(&Cluster { tags_all: map_of([]), ..stored() }, Some(&prior)),
        expect![[r#"
            1. tag cluster prod -team
        "#]],
    );
}

#[test]
fn protection_can_be_switched_off() {
    check(
        &live(),
        &changed(&Cluster { deletion_protection: false.into(), ..config() }),
        expect![[r#"
            1. switch deletion protection off
        "#]],
    );
}

#[test]
fn a_destroy_ends_with_the_roles() {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").deletion_protection = false;
    expect![[r#"
        1. remove aws-ebs-csi-driver
        1. remove coredns
        1. remove metrics-server
        2. delete node group default
        3. remove eks-pod-identity-agent
        3. remove kube-proxy
        3. remove vpc-cni
        4. delete the control plane
        5. delete role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
        5. delete role paas-prod-cluster-9ceaa8d7
        5. delete role paas-prod-node-2f20a958
        5. delete role paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]]
    .assert_eq(&numbered(&destroyed(&observed)));
}

#[test]
fn a_destroy_of_what_never_became_a_cluster_deletes_its_roles() {
    let observed = Observed { roles: live().roles, ..Observed::default() };
    expect![[r#"
        1. delete role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
        1. delete role paas-prod-cluster-9ceaa8d7
        1. delete role paas-prod-node-2f20a958
        1. delete role paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]]
    .assert_eq(&numbered(&destroyed(&observed)));
}

#[test]
fn roles_and_add_ons_of_others_are_not_deleted() {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").deletion_protection = false;
    observed.roles.values_mut().for_each(|role| role.tags.clear());
    observed.addons.values_mut().for_each(|addon| addon.tags.clear());
    expect![[r#"
        1. delete node group default
        2. delete the control plane
    "#]]
    .assert_eq(&numbered(&destroyed(&observed)));
}

#[test]
fn node_groups_of_others_are_named() {
    let mut observed = live();
    assert_eq!(foreign_groups(&observed, &place()), Vec::<String>::new());
    observed.node_groups.values_mut().for_each(|group| group.tags.clear());
    assert_eq!(foreign_groups(&observed, &place()), ["default"]);
}
