//! What a user reads of a plan.

use expect_test::{Expect, expect};
use tfplugin_framework::prelude::*;
use tfplugin_framework::testing;

use super::*;
use crate::cluster::access::Access;
use crate::cluster::model::{Endpoint, list_of, map_of};
use crate::cluster::observed::Observed;
use crate::cluster::samples::{config, live, place, plan_of, provider, stored, stored_of};
use crate::cluster::state::{Expected, truth};

async fn check(prior: Option<Cluster>, config: &Cluster, expected: Expect) {
    expected.assert_eq(&plan_of(prior, config).await);
}

/// The state after a refresh that found this.
fn refreshed(observed: &Observed) -> Cluster {
    let state = stored();
    truth(&state, observed, &Expected::of_state(&state), &place())
}

#[tokio::test]
async fn nothing_to_do_is_an_empty_plan() {
    check(
        Some(stored()),
        &config(),
        expect![[r#"
        no changes
    "#]],
    )
    .await;
    check(
        Some(refreshed(&live())),
        &config(),
        expect![[r#"
        no changes
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_create_knows_what_the_user_wrote() {
    check(
        None,
        &config(),
        expect![[r#"
            create
              + access_entries = (known after apply)
              + account_id = (known after apply)
              + api_endpoint = (known after apply)
              + arn = (known after apply)
              + authentication_mode = (known after apply)
              + certificate_authority_data = (known after apply)
              + cluster_role_arn = (known after apply)
              + cluster_security_group_id = (known after apply)
              + creator_arn = (known after apply)
              + deletion_protection = true
              + id = "prod"
              + installed_addons = (known after apply)
              + kubeconfig = (known after apply)
              + kubernetes_version = (known after apply)
              + name = "prod"
              + node_group_status = (known after apply)
              + node_role_arn = (known after apply)
              + oidc_issuer = (known after apply)
              + platform_version = (known after apply)
              + ready = (known after apply)
              + region = "eu-west-1"
              + service_cidr = (known after apply)
              + status = (known after apply)
              + subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"]
              + tags_all = {}
              + vpc_id = (known after apply)
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_tag_changes_nothing_else() {
    let config = Cluster { tags: map_of([("team".to_owned(), "shop".to_owned())]), ..config() };
    check(
        Some(stored()),
        &config,
        expect![[r#"
        update
          + tags = {team = "shop"}
          + tags_all["team"] = "shop"
    "#]],
    )
    .await;
}

#[tokio::test]
async fn spelling_is_no_change() {
    let endpoint = |range: &str| Attr::Known(Endpoint { public_cidrs: list_of([range]), ..Endpoint::default() });
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").settings.reach.public_cidrs = vec!["10.0.0.0/8".to_owned()];
    let before = Cluster { endpoint: endpoint("10.0.0.0/8"), ..config() };
    let after = Cluster {
        endpoint: endpoint("10.1.2.3/8"),
        subnet_ids: list_of(["subnet-0000000000000000b", "subnet-0000000000000000a"]),
        ..config()
    };
    check(
        Some(stored_of(&before, &observed)),
        &after,
        expect![[r#"
        no changes
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_upgrade_is_made_in_place() {
    let config = Cluster { kubernetes_version: "1.37".into(), ..config() };
    check(Some(stored()), &config, expect![[r#"
        update
          ~ installed_addons["aws-ebs-csi-driver"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["coredns"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["eks-pod-identity-agent"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["kube-proxy"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["metrics-server"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["vpc-cni"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ kubernetes_version = "1.35" -> "1.37"
          ~ node_group_status["default"].kubernetes_version = "1.35" -> "1.37"
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> (known after apply)
          ~ platform_version = "eks.9" -> (known after apply)
        warning at kubernetes_version: cluster prod goes from Kubernetes 1.35 to 1.37 in 2 upgrades
          EKS upgrades one minor at a time: 1.36, 1.37. Control plane, add-ons and nodes go through each of them in this apply.
    "#]]).await;
}

#[tokio::test]
async fn a_lower_version_is_refused() {
    let config = Cluster { kubernetes_version: "1.34".into(), ..config() };
    check(Some(stored()), &config, expect![[r#"
        update
          ~ installed_addons["aws-ebs-csi-driver"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["coredns"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["eks-pod-identity-agent"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["kube-proxy"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["metrics-server"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["vpc-cni"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ kubernetes_version = "1.35" -> "1.34"
          ~ platform_version = "eks.9" -> (known after apply)
        error at kubernetes_version: cluster prod cannot go back from Kubernetes 1.35 to 1.34
          EKS never takes a control plane to a lower version. Set `kubernetes_version = "1.35"`, or leave it out to stay at what the cluster has. To test on 1.34, make another cluster beside this one.
    "#]]).await;
}

#[tokio::test]
async fn a_new_name_of_a_protected_cluster_is_refused() {
    let config = Cluster { name: "stage".into(), ..config() };
    check(Some(stored()), &config, expect![[r#"
        replace
          ~ name = "prod" -> "stage" (forces replacement)
        error at name: cluster prod would be replaced, because name changes, and it has deletion protection
          A cluster keeps it for life. Put it back to "prod", or, to make another cluster and delete this one with all that runs on it, set `deletion_protection = false` and apply that alone first.
    "#]]).await;
}

#[tokio::test]
async fn a_new_name_of_an_unprotected_cluster_replaces_it() {
    let free = Cluster { deletion_protection: false.into(), ..stored() };
    let config = Cluster { name: "stage".into(), deletion_protection: false.into(), ..config() };
    let provider = provider().await;
    let first = testing::plan(&provider, Some(&free.into()), Some(&config)).await;
    assert_eq!(first.replaces, [Path::attribute("name")]);
    assert!(!testing::plan_anew(&provider, &first, &config).await.diagnostics.has_errors());
}

#[tokio::test]
async fn replacing_a_protected_cluster_by_hand_is_refused() {
    let provider = provider().await;
    let first = testing::plan(&provider, Some(&stored().into()), Some(&config())).await;
    let second = testing::plan_anew(&provider, &first, &config()).await;
    expect![[r#"
        error: cluster prod has deletion protection and is not deleted
          Set `deletion_protection = false` and apply that alone. Then plan again what needs the deletion.
    "#]]
    .assert_eq(&second.diagnostics.to_string());
}

#[tokio::test]
async fn destroying_a_protected_cluster_is_refused() {
    let provider = provider().await;
    let plan = testing::plan(&provider, Some(&stored().into()), None).await;
    expect![[r#"
        error: cluster prod has deletion protection and is not deleted
          Set `deletion_protection = false` and apply that alone. Then plan again what needs the deletion.
    "#]]
    .assert_eq(&plan.diagnostics.to_string());
    let unfinished = Cluster { ready: false.into(), ..stored() };
    assert!(testing::plan(&provider, Some(&unfinished.into()), None).await.diagnostics.is_empty());
}

#[tokio::test]
async fn an_unfinished_cluster_is_continued_in_place() {
    let mut observed = live();
    observed.addons.clear();
    let unfinished = Cluster { ready: false.into(), kubeconfig: Attr::Null, ..refreshed(&observed) };
    check(Some(unfinished), &config(), expect![[r#"
        update
          ~ access_entries = {arn:aws:iam::111122223333:role/ci = ["AmazonEKSClusterAdminPolicy"]} -> (known after apply)
          ~ installed_addons = {aws-ebs-csi-driver = {status = "MISSING"}, coredns = {status = "MISSING"}, eks-pod-identity-agent = {status = "MISSING"}, kube-proxy = {status = "MISSING"}, metrics-server = {status = "MISSING"}, vpc-cni = {status = "MISSING"}} -> (known after apply)
          + kubeconfig = (known after apply)
          ~ node_group_status = {default = {arn = "arn:nodegroup/default", autoscaling_groups = ["eks-default-1"], kubernetes_version = "1.35", max = 6, min = 2, name = "default", release_version = "1.35.2-20261101", status = "ACTIVE", subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"]}} -> (known after apply)
          ~ ready = false -> (known after apply)
          ~ status = "ACTIVE" -> (known after apply)
    "#]]).await;
}

#[tokio::test]
async fn what_is_missing_is_planned_again() {
    let mut observed = live();
    observed.addons.remove("coredns");
    observed.entries.clear();
    observed.node_groups.clear();
    check(
        Some(refreshed(&observed)),
        &config(),
        expect![[r#"
            update
              + access_entries["arn:aws:iam::111122223333:role/ci"] = ["AmazonEKSClusterAdminPolicy"]
              + installed_addons["coredns"].namespace = (known after apply)
              + installed_addons["coredns"].role_arn = (known after apply)
              ~ installed_addons["coredns"].status = "MISSING" -> (known after apply)
              + installed_addons["coredns"].version = (known after apply)
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

#[tokio::test]
async fn roles_that_are_missing_are_planned_again() {
    let mut observed = live();
    observed.roles.clear();
    check(
        Some(refreshed(&observed)),
        &config(),
        expect![[r#"
        update
          + cluster_role_arn = (known after apply)
          + installed_addons["aws-ebs-csi-driver"].role_arn = (known after apply)
          ~ installed_addons["aws-ebs-csi-driver"].status = "MISSING_ROLE" -> (known after apply)
          + installed_addons["vpc-cni"].role_arn = (known after apply)
          ~ installed_addons["vpc-cni"].status = "MISSING_ROLE" -> (known after apply)
          + node_role_arn = (known after apply)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_was_changed_elsewhere_is_put_back() {
    let mut observed = live();
    let cluster = observed.cluster.as_mut().expect("a cluster");
    cluster.deletion_protection = false;
    cluster.settings.reach.public_cidrs = vec!["0.0.0.0/0".to_owned()];
    observed.node_groups.get_mut("default").expect("a group").size.max = 9;
    check(
        Some(refreshed(&observed)),
        &config(),
        expect![[r#"
        update
          ~ deletion_protection = false -> true
          - endpoint = {public_cidrs = ["0.0.0.0/0"]}
          ~ node_group_status["default"].max = 9 -> 6
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_the_autoscaler_and_others_do_is_no_change() {
    let mut observed = live();
    observed.node_groups.get_mut("default").expect("a group").size.desired = 5;
    let cluster = observed.cluster.as_mut().expect("a cluster");
    cluster.tags.insert("cost".to_owned(), "42".to_owned());
    check(
        Some(refreshed(&observed)),
        &config(),
        expect![[r#"
        no changes
    "#]],
    )
    .await;
}

#[tokio::test]
async fn access_changes_in_place() {
    let access = Access { admins: list_of(["arn:aws:iam::111122223333:role/platform"]), ..Access::default() };
    check(
        Some(stored()),
        &Cluster { access: Attr::Known(access), ..config() },
        expect![[r#"
        update
          + access = {admins = ["arn:aws:iam::111122223333:role/platform"]}
          + access_entries["arn:aws:iam::111122223333:role/platform"] = ["AmazonEKSClusterAdminPolicy"]
    "#]],
    )
    .await;
}

#[tokio::test]
async fn of_a_cluster_that_somebody_deleted_nothing_is_known_that_another_one_has_otherwise() {
    let gone = refreshed(&Observed { cluster: None, ..live() });
    check(Some(Cluster { ready: false.into(), ..gone }), &config(), expect![[r#"
        update
          ~ access_entries = {arn:aws:iam::111122223333:role/ci = ["AmazonEKSClusterAdminPolicy"]} -> (known after apply)
          + api_endpoint = (known after apply)
          + arn = (known after apply)
          ~ certificate_authority_data = "Q0E=" -> (known after apply)
          ~ cluster_security_group_id = "sg-1" -> (known after apply)
          ~ installed_addons = {aws-ebs-csi-driver = {namespace = "kube-system", role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}, coredns = {namespace = "kube-system", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}, eks-pod-identity-agent = {namespace = "kube-system", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}, kube-proxy = {namespace = "kube-system", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}, metrics-server = {namespace = "kube-system", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}, vpc-cni = {namespace = "kube-system", role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-vpc-cni-aws-node-ce8df3d6", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}} -> (known after apply)
          + kubeconfig = (known after apply)
          ~ node_group_status = {default = {arn = "arn:nodegroup/default", autoscaling_groups = ["eks-default-1"], kubernetes_version = "1.35", max = 6, min = 2, name = "default", release_version = "1.35.2-20261101", status = "ACTIVE", subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"]}} -> (known after apply)
          ~ oidc_issuer = "https://oidc.example/id/1" -> (known after apply)
          ~ platform_version = "eks.9" -> (known after apply)
          ~ ready = false -> (known after apply)
          ~ service_cidr = "10.100.0.0/16" -> (known after apply)
          + status = (known after apply)
    "#]]).await;
}
