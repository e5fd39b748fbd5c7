//! What becomes of the roles of Auto Mode when it comes and goes.

use expect_test::{Expect, expect};

use super::*;
use crate::cluster::access::{Grant, LiveEntry};
use crate::cluster::control_plane::blocks::Auto;
use crate::cluster::iam::{Iam, auto_node_role, cluster_role};
use crate::cluster::model::list_of;
use crate::cluster::samples::{config, live, numbered, place, plan_of, planned, releases, stored_of, wanted};
use crate::cluster::state::{Expected, truth};
use crate::cluster::steps::{needs, stages};

const GIVEN: &str = "arn:aws:iam::111122223333:role/nodes";

fn auto() -> Cluster {
    Cluster { mode: "auto".into(), ..config() }
}

fn given(cluster: Cluster, role: &str) -> Cluster {
    Cluster { iam: Attr::Known(Iam { node_role_arn: role.into(), ..Iam::default() }), ..cluster }
}

/// The finished cluster in Auto Mode, with this role of its nodes.
fn is_auto(role: &str) -> Observed {
    let place = place();
    let mut observed = live();
    observed.node_groups.clear();
    observed.addons.retain(|name, _| name == "metrics-server");
    let cluster = observed.cluster.as_mut().expect("a cluster");
    cluster.settings.pools = Some(settings::pools(&Attr::Null));
    cluster.auto_role = Some(role.to_owned());
    let tags = place.part_tags("");
    observed.roles.clear();
    for spec in [cluster_role(&place, true, None, &tags), auto_node_role(&place, &tags)] {
        let purpose = if spec.name == place.role_name(CLUSTER) { CLUSTER } else { AUTO_NODE };
        let (arn, policies, tags) = (place.role_arn(purpose), spec.policies, spec.tags);
        observed.roles.insert(spec.name, LiveRole { arn, policies, tags, ..LiveRole::default() });
    }
    // The entries that EKS makes.
    observed.entries.remove(&place.role_arn(super::super::NODE));
    let mut grant = Grant::of_policy("AmazonEKSAutoNodePolicy");
    grant.kind = "EC2".to_owned();
    observed.entries.insert(role.to_owned(), LiveEntry { grant, ..LiveEntry::default() });
    if role == GIVEN {
        observed.roles.remove(&place.role_name(AUTO_NODE));
    }
    observed
}

fn own() -> String {
    place().role_arn(AUTO_NODE)
}

/// What the steps to `config` do to roles and mode, where the state has what `before` led to.
fn check(before: &Cluster, observed: &Observed, config: &Cluster, expected: Expect) {
    let prior = stored_of(before, observed);
    let planned = Cluster { kubernetes_version: "1.35".into(), ..planned(config) };
    let wanted = wanted(&planned, Some(&prior));
    let needed = needs(observed, &wanted, "1.35");
    let releases = releases(&["1.35"]).into_iter().filter(|(key, _)| needed.contains(key)).collect();
    let steps = numbered(&stages(observed, &wanted, &releases, "1.35"));
    let lines =
        steps.lines().filter(|line| line.contains("role") || line.contains("Auto Mode") || line.contains("tach "));
    expected.assert_eq(&lines.map(|line| format!("{line}\n")).collect::<String>());
}

#[test]
fn what_auto_mode_needed_goes_last_and_comes_back() {
    check(
        &auto(),
        &is_auto(&own()),
        &config(),
        expect![[r#"
            1. create role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30 for pods.eks.amazonaws.com
            1. create role paas-prod-vpc-cni-aws-node-ce8df3d6 for pods.eks.amazonaws.com
            1. create role paas-prod-node-2f20a958 for ec2.amazonaws.com
            2. attach AmazonEBSCSIDriverPolicy to paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
            2. attach AmazonEKS_CNI_Policy to paas-prod-vpc-cni-aws-node-ce8df3d6
            2. attach AmazonEC2ContainerRegistryPullOnly to paas-prod-node-2f20a958
            2. attach AmazonEKSWorkerNodePolicy to paas-prod-node-2f20a958
            8. switch Auto Mode off
            9. delete role paas-prod-auto-node-eef84226
            10. remove access of arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-auto-node-eef84226
            11. detach AmazonEKSBlockStoragePolicy from paas-prod-cluster-9ceaa8d7
            11. detach AmazonEKSComputePolicy from paas-prod-cluster-9ceaa8d7
            11. detach AmazonEKSLoadBalancingPolicy from paas-prod-cluster-9ceaa8d7
            11. detach AmazonEKSNetworkingPolicy from paas-prod-cluster-9ceaa8d7
        "#]],
    );
    check(
        &config(),
        &live(),
        &auto(),
        expect![[r#"
        1. create role paas-prod-auto-node-eef84226 for ec2.amazonaws.com
        2. attach AmazonEKSBlockStoragePolicy to paas-prod-cluster-9ceaa8d7
        2. attach AmazonEKSComputePolicy to paas-prod-cluster-9ceaa8d7
        2. attach AmazonEKSLoadBalancingPolicy to paas-prod-cluster-9ceaa8d7
        2. attach AmazonEKSNetworkingPolicy to paas-prod-cluster-9ceaa8d7
        2. attach AmazonEC2ContainerRegistryPullOnly to paas-prod-auto-node-eef84226
        2. attach AmazonEKSWorkerNodeMinimalPolicy to paas-prod-auto-node-eef84226
        3. switch Auto Mode on, node pools general-purpose, system
        6. delete role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
        6. delete role paas-prod-vpc-cni-aws-node-ce8df3d6
        6. delete role paas-prod-node-2f20a958
        7. remove access of arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958
    "#]],
    );
}

#[tokio::test]
async fn what_is_left_of_auto_mode_is_shown_until_it_is_gone() {
    let mut observed = live();
    let role = observed.roles.get_mut(&place().role_name(CLUSTER)).expect("a role");
    role.policies = cluster_role(&place(), true, None, &crate::cluster::parts::Tags::new()).policies;
    let state = stored_of(&config(), &live());
    let looked = truth(&state, &observed, &Expected::of_state(&state), &place());
    expect![[r#"
        update
          + cluster_role_arn = (known after apply)
    "#]]
    .assert_eq(&plan_of(Some(looked), &config()).await);
    check(
        &config(),
        &observed,
        &config(),
        expect![[r#"
        1. detach AmazonEKSBlockStoragePolicy from paas-prod-cluster-9ceaa8d7
        1. detach AmazonEKSComputePolicy from paas-prod-cluster-9ceaa8d7
        1. detach AmazonEKSLoadBalancingPolicy from paas-prod-cluster-9ceaa8d7
        1. detach AmazonEKSNetworkingPolicy from paas-prod-cluster-9ceaa8d7
    "#]],
    );
}

#[test]
fn a_role_that_is_given_is_that_of_auto_modes_nodes() {
    let (none, role) = (Choices::default(), Choices { node_role: Some(GIVEN.to_owned()), ..Choices::default() });
    let live = is_auto(&own()).cluster;
    assert_eq!(role_arn(None, &none, &place()), own());
    assert_eq!(role_arn(None, &role, &place()), GIVEN);
    // EKS keeps the one that it has.
    assert_eq!(role_arn(live.as_ref(), &role, &place()), own());
    check(
        &config(),
        &live_without_nodes(),
        &given(auto(), GIVEN),
        expect![[r#"
        1. attach AmazonEKSBlockStoragePolicy to paas-prod-cluster-9ceaa8d7
        1. attach AmazonEKSComputePolicy to paas-prod-cluster-9ceaa8d7
        1. attach AmazonEKSLoadBalancingPolicy to paas-prod-cluster-9ceaa8d7
        1. attach AmazonEKSNetworkingPolicy to paas-prod-cluster-9ceaa8d7
        2. switch Auto Mode on, node pools general-purpose, system
        4. delete role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
        4. delete role paas-prod-vpc-cni-aws-node-ce8df3d6
        4. delete role paas-prod-node-2f20a958
        5. remove access of arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958
    "#]],
    );
    check(&given(auto(), GIVEN), &is_auto(GIVEN), &given(auto(), GIVEN), expect![[""]]);
    // Left out, it stays.
    check(&given(auto(), GIVEN), &is_auto(GIVEN), &auto(), expect![[""]]);
}

fn live_without_nodes() -> Observed {
    let mut observed = live();
    observed.node_groups.clear();
    observed
}

#[tokio::test]
async fn another_role_is_refused_while_auto_mode_is_on() {
    let state = stored_of(&auto(), &is_auto(&own()));
    assert_eq!(state.auto_node_role_arn, own().into());
    expect![[r#"
        no changes
    "#]]
    .assert_eq(&plan_of(Some(state.clone()), &auto()).await);
    expect![[r#"
        update
          + iam = {node_role_arn = "arn:aws:iam::111122223333:role/nodes"}
        error at iam.node_role_arn: cluster prod keeps the role of Auto Mode's nodes while Auto Mode is on: arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-auto-node-eef84226
          EKS cannot change it. Put iam.node_role_arn back to "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-auto-node-eef84226" or leave it out; or apply `mode = "managed"` first, and then `mode = "auto"` with the other role.
    "#]].assert_eq(&plan_of(Some(state), &given(auto(), GIVEN)).await);
    // Without node pools EKS is told none.
    let bare = Cluster { auto: Attr::Known(Auto { node_pools: list_of([""; 0]) }), ..auto() };
    let mut observed = is_auto(&own());
    let cluster = observed.cluster.as_mut().expect("a cluster");
    (cluster.settings.pools, cluster.auto_role) = (Some(Default::default()), None);
    let state = stored_of(&bare, &observed);
    expect![[r#"
        no changes
    "#]]
    .assert_eq(&plan_of(Some(state.clone()), &bare).await);
    expect![[r#"
        update
          ~ auto_node_role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-auto-node-eef84226" -> "arn:aws:iam::111122223333:role/nodes"
          + iam = {node_role_arn = "arn:aws:iam::111122223333:role/nodes"}
    "#]].assert_eq(&plan_of(Some(state), &given(bare, GIVEN)).await);
}

#[tokio::test]
async fn a_change_of_mode_says_what_becomes_of_the_roles() {
    let only = |plan: String| {
        let lines = plan.lines().map(str::trim_start).filter(|line| line.contains("node_role_arn"));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    let managed = given(config(), GIVEN);
    let mut observed = live();
    observed.node_groups.values_mut().for_each(|group| group.role_arn = Some(GIVEN.to_owned()));
    observed.roles.remove(&place().role_name(super::super::NODE));
    expect![[r#"
        + auto_node_role_arn = (known after apply)
        ~ node_role_arn = "arn:aws:iam::111122223333:role/nodes" -> (known after apply)
    "#]]
    .assert_eq(&only(plan_of(Some(stored_of(&managed, &observed)), &given(auto(), GIVEN)).await));
    let state = stored_of(&given(auto(), GIVEN), &is_auto(GIVEN));
    expect![[r#"
        - auto_node_role_arn = "arn:aws:iam::111122223333:role/nodes"
        + node_role_arn = (known after apply)
    "#]]
    .assert_eq(&only(plan_of(Some(state), &managed).await));
    expect![[r#"
        - auto_node_role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-auto-node-eef84226"
        + node_role_arn = (known after apply)
    "#]]
    .assert_eq(&only(plan_of(Some(stored_of(&auto(), &is_auto(&own()))), &config()).await));
}

#[tokio::test]
async fn a_role_that_was_deleted_is_made_again() {
    let state = stored_of(&auto(), &is_auto(&own()));
    let mut observed = is_auto(&own());
    observed.roles.remove(&place().role_name(AUTO_NODE));
    let looked = truth(&state, &observed, &Expected::of_state(&state), &place());
    expect![[r#"
        update
          + auto_node_role_arn = (known after apply)
    "#]]
    .assert_eq(&plan_of(Some(looked), &auto()).await);
    check(
        &auto(),
        &observed,
        &auto(),
        expect![[r#"
            1. remove access of arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-auto-node-eef84226
            2. create role paas-prod-auto-node-eef84226 for ec2.amazonaws.com
            3. give access to arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-auto-node-eef84226, type EC2
            4. make arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-auto-node-eef84226 AmazonEKSAutoNodePolicy
            5. attach AmazonEC2ContainerRegistryPullOnly to paas-prod-auto-node-eef84226
            5. attach AmazonEKSWorkerNodeMinimalPolicy to paas-prod-auto-node-eef84226
    "#]],
    );
}
