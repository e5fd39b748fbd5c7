//! What a user reads of a plan.

use expect_test::{Expect, expect};

use super::*;
use crate::cluster::model::map_of;
use crate::cluster::samples::{plan_of, stored, stored_of};
use crate::cluster::state::{Expected, truth};

async fn check(prior: Cluster, config: &Cluster, expected: Expect) {
    expected.assert_eq(&plan_of(Some(prior), config).await);
}

/// The state after a refresh that found this.
fn refreshed(state: Cluster, observed: &Observed) -> Cluster {
    truth(&state, observed, &Expected::of_state(&state), &place())
}

/// The state of a cluster with this group.
fn having(group: NodeGroup) -> Cluster {
    let observed = live_with(|live| *live = made_of(&group));
    stored_of(&with("default", group), &observed)
}

#[tokio::test]
async fn nothing_to_do_is_an_empty_plan() {
    let group = || NodeGroup {
        os: "bottlerocket".into(),
        labels: map_of([("tier".to_owned(), "web".to_owned())]),
        taints: Attr::Known(vec![taint("b", "", "NO_SCHEDULE"), taint("a", "", "NO_SCHEDULE")]),
        max_unavailable: 1.into(),
        release_version: "latest".into(),
        ..NodeGroup::default()
    };
    check(
        having(group()),
        &with("default", group()),
        expect![[r#"
        no changes
    "#]],
    )
    .await;
    let taints = Attr::Known(vec![taint("a", "", "NO_SCHEDULE"), taint("b", "", "NO_SCHEDULE")]);
    check(
        having(group()),
        &with("default", NodeGroup { taints, ..group() }),
        expect![[r#"
        no changes
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_eks_cannot_change_is_said_with_both_names() {
    check(stored(), &swapped(), expect![[r#"
        update
          ~ node_group_status["default"].arn = "arn:nodegroup/default" -> (known after apply)
          ~ node_group_status["default"].autoscaling_groups = ["eks-default-1"] -> (known after apply)
          ~ node_group_status["default"].name = "default" -> "default-8cff99b3"
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> (known after apply)
          ~ node_group_status["default"].status = "ACTIVE" -> (known after apply)
          ~ node_group_status["default"].subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"] -> (known after apply)
          + node_groups = {default = {instance_types = ["m8g.large"]}}
        warning at node_groups["default"].instance_types: node group default of cluster prod: default-8cff99b3 takes the place of default
            instance_types: m7i-flex.large, m6i.large, m6a.large -> m8g.large

          EKS cannot change that in a group that exists. default-8cff99b3 is made with as many nodes as default has by then; when it is active, default is drained and deleted. The cluster stays.
    "#]]).await;
}

#[tokio::test]
async fn what_is_left_to_how_it_was_made_swaps_nothing() {
    let subnets = |ids: &[&str]| NodeGroup { subnet_ids: list_of(ids.iter().copied()), ..NodeGroup::default() };
    let both = ["subnet-0000000000000000b", "subnet-0000000000000000a"];
    check(
        stored(),
        &with("default", subnets(&both)),
        expect![[r#"
        update
          + node_groups = {default = {subnet_ids = ["subnet-0000000000000000b", "subnet-0000000000000000a"]}}
    "#]],
    )
    .await;
    check(
        having(subnets(&both[..1])),
        &with("default", NodeGroup::default()),
        expect![[r#"
        update
          - node_groups["default"].subnet_ids = ["subnet-0000000000000000b"]
    "#]],
    )
    .await;
    check(stored(), &with("default", subnets(&both[..1])), expect![[r#"
        update
          ~ node_group_status["default"].arn = "arn:nodegroup/default" -> (known after apply)
          ~ node_group_status["default"].autoscaling_groups = ["eks-default-1"] -> (known after apply)
          ~ node_group_status["default"].name = "default" -> "default-0831c972"
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> (known after apply)
          ~ node_group_status["default"].status = "ACTIVE" -> (known after apply)
          ~ node_group_status["default"].subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"] -> (known after apply)
          + node_groups = {default = {subnet_ids = ["subnet-0000000000000000b"]}}
        warning at node_groups["default"].subnet_ids: node group default of cluster prod: default-0831c972 takes the place of default
            subnet_ids: subnet-0000000000000000a, subnet-0000000000000000b -> subnet-0000000000000000b

          EKS cannot change that in a group that exists. default-0831c972 is made with as many nodes as default has by then; when it is active, default is drained and deleted. The cluster stays.
    "#]]).await;
}

#[tokio::test]
async fn a_launch_template_makes_another_group_and_its_version_does_not() {
    let group = |version| NodeGroup { launch_template: template(version), ..NodeGroup::default() };
    check(stored(), &with("default", group(1)), expect![[r#"
        update
          ~ node_group_status["default"].arn = "arn:nodegroup/default" -> (known after apply)
          ~ node_group_status["default"].autoscaling_groups = ["eks-default-1"] -> (known after apply)
          ~ node_group_status["default"].name = "default" -> "default-abf8bc02"
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> (known after apply)
          ~ node_group_status["default"].status = "ACTIVE" -> (known after apply)
          ~ node_group_status["default"].subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"] -> (known after apply)
          + node_groups = {default = {launch_template = {id = "lt-0123456789abcdef0", version = 1}}}
        warning at node_groups["default"].launch_template: node group default of cluster prod: default-abf8bc02 takes the place of default
            launch_template: none -> lt-0123456789abcdef0

          EKS cannot change that in a group that exists. default-abf8bc02 is made with as many nodes as default has by then; when it is active, default is drained and deleted. The cluster stays.
    "#]]).await;
    check(
        having(group(1)),
        &with("default", group(2)),
        expect![[r#"
        update
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> (known after apply)
          ~ node_groups["default"].launch_template.version = 1 -> 2
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_only_a_template_knows_may_be_the_same() {
    let group =
        |image: Attr<String>| NodeGroup { launch_template: template(1), ami_type: image, ..NodeGroup::default() };
    let wanted = with("default", group("AL2023_x86_64_STANDARD".into()));
    check(having(group(Attr::Null)), &wanted, expect![[r#"
        update
          ~ node_group_status["default"].arn = "arn:nodegroup/default" -> (known after apply)
          ~ node_group_status["default"].autoscaling_groups = ["eks-default-1"] -> (known after apply)
          ~ node_group_status["default"].name = "default" -> (known after apply)
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> (known after apply)
          ~ node_group_status["default"].status = "ACTIVE" -> (known after apply)
          ~ node_group_status["default"].subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"] -> (known after apply)
          + node_groups["default"].ami_type = "AL2023_x86_64_STANDARD"
        warning at node_groups["default"].os: node group default of cluster prod: default-HASH takes the place of default
            image: what the launch template says -> AL2023_x86_64_STANDARD

          EKS cannot change that in a group that exists. default-HASH is made with as many nodes as default has by then; when it is active, default is drained and deleted. The cluster stays. If default turns out to be like that already, it stays.
    "#]]).await;
}

#[tokio::test]
async fn changes_in_place() {
    let group = NodeGroup {
        max: 4.into(),
        labels: map_of([("tier".to_owned(), "web".to_owned())]),
        taints: Attr::Known(vec![taint("dedicated", "web", "NO_SCHEDULE")]),
        max_unavailable: 1.into(),
        auto_repair: false.into(),
        release_version: "1.35.2-20261105".into(),
        ..NodeGroup::default()
    };
    check(stored(), &with("default", group), expect![[r#"
        update
          ~ node_group_status["default"].max = 6 -> 4
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> "1.35.2-20261105"
          + node_groups = {default = {auto_repair = false, labels = {tier = "web"}, max = 4, max_unavailable = 1, release_version = "1.35.2-20261105", taints = [{effect = "NO_SCHEDULE", key = "dedicated", value = "web"}]}}
    "#]]).await;
}

#[tokio::test]
async fn another_desired_number_is_told_to_mean_nothing() {
    let group = |desired: i64| NodeGroup { desired: desired.into(), ..NodeGroup::default() };
    check(having(group(2)), &with("default", group(3)), expect![[r#"
        update
          ~ node_groups["default"].desired = 2 -> 3
        warning at node_groups["default"].desired: node group default of cluster prod keeps its number of nodes
          `desired` is how many nodes a group starts with; later that is the autoscaler's. To force a number, change `min` or `max`.
    "#]]).await;
}

#[tokio::test]
async fn releases_go_forward_and_with_the_control_plane() {
    let group = |release: &str| with("default", NodeGroup { release_version: release.into(), ..NodeGroup::default() });
    check(stored(), &group("1.35.2-20261001"), expect![[r#"
        update
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> "1.35.2-20261001"
          + node_groups = {default = {release_version = "1.35.2-20261001"}}
        error at node_groups["default"].release_version: node group default of cluster prod cannot go back from release 1.35.2-20261101 to 1.35.2-20261001
          EKS never takes nodes to an earlier release. Write `release_version = "1.35.2-20261101"`, or leave it out to stay there.
    "#]]).await;
    check(stored(), &group("1.34.9-20261105"), expect![[r#"
        update
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> "1.34.9-20261105"
          + node_groups = {default = {release_version = "1.34.9-20261105"}}
        error at node_groups["default"].release_version: node group default of cluster prod: release 1.34.9-20261105 is of Kubernetes 1.34, and the cluster has 1.35
          Nodes follow the control plane. Write a release of that version, or leave release_version out.
    "#]]).await;
}

#[tokio::test]
async fn the_newest_release_comes_with_any_change() {
    let group = || NodeGroup { release_version: "latest".into(), ..NodeGroup::default() };
    check(
        having(group()),
        &with("default", group()),
        expect![[r#"
        no changes
    "#]],
    )
    .await;
    let tags = map_of([("team".to_owned(), "shop".to_owned())]);
    check(
        having(group()),
        &Cluster { tags, ..with("default", group()) },
        expect![[r#"
        update
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> (known after apply)
          + tags = {team = "shop"}
          + tags_all["team"] = "shop"
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_was_changed_elsewhere_is_put_back() {
    let observed = live_with(|live| {
        live.labels.insert("team".to_owned(), "other".to_owned());
        live.disruption.strategy = "MINIMAL".to_owned();
    });
    check(
        refreshed(stored(), &observed),
        &config(),
        expect![[r#"
        update
          - node_groups = {default = {labels = {team = "other"}, update_strategy = "MINIMAL"}}
    "#]],
    )
    .await;
    let group = || NodeGroup { max: 5.into(), ..NodeGroup::default() };
    let mut observed = live_with(|live| *live = made_of(&group()));
    observed.node_groups.get_mut("default").expect("a group").auto_repair = false;
    check(
        refreshed(having(group()), &observed),
        &with("default", group()),
        expect![[r#"
        update
          - node_groups["default"].auto_repair = false
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_an_interrupted_swap_left_is_removed() {
    check(refreshed(stored(), &halfway("ACTIVE")), &config(), expect![[r#"
        update
          - node_group_status["default-8cff99b3"] = {arn = "arn:nodegroup/default", autoscaling_groups = ["eks-default-1"], kubernetes_version = "1.35", max = 6, min = 2, name = "default-8cff99b3", release_version = "1.35.2-20261101", status = "ACTIVE", subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"]}
    "#]]).await;
    check(refreshed(stored(), &halfway("CREATING")), &swapped(), expect![[r#"
        update
          ~ node_group_status["default"].arn = "arn:nodegroup/default" -> (known after apply)
          ~ node_group_status["default"].autoscaling_groups = ["eks-default-1"] -> (known after apply)
          ~ node_group_status["default"].name = "default" -> "default-8cff99b3"
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> (known after apply)
          ~ node_group_status["default"].status = "ACTIVE" -> (known after apply)
          ~ node_group_status["default"].subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"] -> (known after apply)
          - node_group_status["default-8cff99b3"] = {arn = "arn:nodegroup/default", autoscaling_groups = ["eks-default-1"], kubernetes_version = "1.35", max = 6, min = 2, name = "default-8cff99b3", release_version = "1.35.2-20261101", status = "CREATING", subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"]}
          + node_groups = {default = {instance_types = ["m8g.large"]}}
        warning at node_groups["default"].instance_types: node group default of cluster prod: default-8cff99b3 takes the place of default
            instance_types: m7i-flex.large, m6i.large, m6a.large -> m8g.large

          EKS cannot change that in a group that exists. default-8cff99b3 is made with as many nodes as default has by then; when it is active, default is drained and deleted. The cluster stays.
    "#]]).await;
    check(
        refreshed(stored(), &over()),
        &swapped(),
        expect![[r#"
            no changes
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_swapped_group_that_is_missing_comes_back() {
    let state = refreshed(stored(), &over());
    let observed = Observed { node_groups: [].into(), ..over() };
    check(
        refreshed(state, &observed),
        &swapped(),
        expect![[r#"
            update
              + node_group_status["default"].arn = (known after apply)
              + node_group_status["default"].autoscaling_groups = (known after apply)
              + node_group_status["default"].kubernetes_version = "1.35"
              + node_group_status["default"].max = 6
              + node_group_status["default"].min = 2
              + node_group_status["default"].release_version = (known after apply)
              ~ node_group_status["default"].status = "MISSING" -> (known after apply)
              + node_group_status["default"].subnet_ids = (known after apply)
              + node_role_arn = (known after apply)
        "#]],
    )
    .await;
}
