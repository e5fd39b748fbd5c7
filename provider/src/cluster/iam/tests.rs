//! What becomes of roles, boundaries and trust.

use expect_test::{Expect, expect};
use tfplugin_framework::prelude::*;

use super::provider::LiveProvider;
use super::*;
use crate::cluster::model::{Cluster, list_of};
use crate::cluster::samples::{
    CREATOR_ARN, config, live, numbered, place, plan_of, planned, releases, stored, stored_of,
};
use crate::cluster::state::{Expected, imported, truth};
use crate::cluster::steps::{delete_stages, stages};
use crate::cluster::wanted::Wanted;

const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/boundary";
const SSM: &str = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
const GIVEN: &str = "arn:aws:iam::111122223333:role/eks-cluster";

fn with(iam: Iam) -> Cluster {
    Cluster { iam: Attr::Known(iam), ..config() }
}

fn bounded() -> Cluster {
    with(Iam { permissions_boundary: BOUNDARY.into(), ..Iam::default() })
}

/// The steps of an apply of `config`, where `before` was applied and `observed` is what is there now.
fn check(before: &Cluster, observed: &Observed, config: &Cluster, expected: Expect) {
    let prior = stored_of(before, observed);
    let planned = Cluster { iam: config.iam.clone(), ..prior.clone() };
    let mark = observed.mark().expect("a mark");
    let wanted = Wanted::new(&planned, Some(&prior), Some(CREATOR_ARN.to_owned()), place(), ("", mark));
    expected.assert_eq(&numbered(&stages(observed, &wanted, &releases(&["1.35"]), "1.35")));
}

async fn check_plan(prior: &Cluster, config: &Cluster, expected: Expect) {
    expected.assert_eq(&plan_of(Some(prior.clone()), config).await);
}

fn provider(tags: Tags) -> LiveProvider {
    LiveProvider {
        arn: "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/1".to_owned(),
        audiences: ["sts.amazonaws.com".to_owned()].into(),
        tags,
    }
}

fn trusted() -> Cluster {
    with(Iam { oidc_provider: true.into(), ..Iam::default() })
}

fn is_bounded() -> Observed {
    let mut observed = live();
    observed.roles.values_mut().for_each(|role| role.boundary = Some(BOUNDARY.to_owned()));
    observed
}

#[test]
fn roles_that_are_given_are_not_made() {
    let iam = Iam { cluster_role_arn: GIVEN.into(), node_role_arn: GIVEN.into(), ..Iam::default() };
    let plan = planned(&with(iam));
    let wanted = Wanted::new(&plan, None, None, place(), ("", crate::cluster::samples::mark()));
    let stages = stages(&Observed::default(), &wanted, &releases(&["1.35"]), "1.35");
    let made = stages.iter().flatten().filter(|step| matches!(step, Step::CreateRole(_)));
    let made: Vec<String> = made.map(ToString::to_string).collect();
    expect![[r#"
        create role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30 for pods.eks.amazonaws.com
        create role paas-prod-vpc-cni-aws-node-ce8df3d6 for pods.eks.amazonaws.com"#]]
    .assert_eq(&made.join("\n"));
    let given = stages.iter().flatten().filter(|step| match step {
        Step::CreateCluster(spec) => spec.role_arn == GIVEN,
        Step::CreateNodeGroup(new) => new.role_arn == GIVEN,
        _ => false,
    });
    assert_eq!(given.count(), 2);
}

#[test]
fn a_boundary_comes_and_goes_in_place() {
    check(
        &config(),
        &live(),
        &bounded(),
        expect![[r#"
            1. bound role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30 by boundary
            1. bound role paas-prod-cluster-9ceaa8d7 by boundary
            1. bound role paas-prod-node-2f20a958 by boundary
            1. bound role paas-prod-vpc-cni-aws-node-ce8df3d6 by boundary
        "#]],
    );
    check(&bounded(), &is_bounded(), &bounded(), expect![[""]]);
    check(
        &bounded(),
        &is_bounded(),
        &config(),
        expect![[r#"
            1. take the boundary from role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
            1. take the boundary from role paas-prod-cluster-9ceaa8d7
            1. take the boundary from role paas-prod-node-2f20a958
            1. take the boundary from role paas-prod-vpc-cni-aws-node-ce8df3d6
        "#]],
    );
    // Nobody here asked for it, so it is somebody else's.
    check(&config(), &is_bounded(), &config(), expect![[""]]);
}

#[tokio::test]
async fn a_boundary_that_was_taken_away_is_shown_and_put_back() {
    let state = stored_of(&bounded(), &is_bounded());
    let mut observed = is_bounded();
    observed.roles.values_mut().next().expect("a role").boundary = None;
    let looked = truth(&state, &observed, &Expected::of_state(&state), &place());
    check_plan(
        &looked,
        &bounded(),
        expect![[r#"
        update
          + iam.permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"
    "#]],
    )
    .await;
    check(
        &bounded(),
        &observed,
        &bounded(),
        expect![[r#"
            1. bound role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30 by boundary
        "#]],
    );
}

#[test]
fn policies_of_nodes_come_and_go_in_place() {
    let more = with(Iam { node_policies: list_of([SSM]), ..Iam::default() });
    let mut observed = live();
    check(
        &config(),
        &observed,
        &more,
        expect![[r#"
            1. attach AmazonSSMManagedInstanceCore to paas-prod-node-2f20a958
        "#]],
    );
    let role = observed.roles.get_mut(&place().role_name(NODE)).expect("a role");
    role.policies.insert(SSM.to_owned());
    check(&more, &observed, &more, expect![[""]]);
    check(
        &more,
        &observed,
        &config(),
        expect![[r#"
            1. detach AmazonSSMManagedInstanceCore from paas-prod-node-2f20a958
        "#]],
    );
    // What others attached stays.
    check(&config(), &observed, &config(), expect![[""]]);
}

#[tokio::test]
async fn a_policy_of_nodes_that_was_taken_away_is_put_back() {
    let more = with(Iam { node_policies: list_of([SSM]), ..Iam::default() });
    let mut observed = live();
    let role = observed.roles.get_mut(&place().role_name(NODE)).expect("a role");
    role.policies.insert(SSM.to_owned());
    let state = stored_of(&more, &observed);
    let looked = truth(&state, &live(), &Expected::of_state(&state), &place());
    check_plan(
        &looked,
        &more,
        expect![[r#"
        update
          + node_role_arn = (known after apply)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn another_role_of_nodes_makes_groups_that_take_the_place_of_the_old_ones() {
    let given = with(Iam { node_role_arn: GIVEN.into(), ..Iam::default() });
    check(
        &config(),
        &live(),
        &given,
        expect![[r#"
            1. create node group default-1b93e602, 2 (2 to 6) nodes of m7i-flex.large, m6i.large, m6a.large
            2. wait for node group default-1b93e602
            3. delete node group default
            4. delete role paas-prod-node-2f20a958
            5. remove access of arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958
        "#]],
    );
    check_plan(&stored(), &given, expect![[r#"
        update
          + iam = {node_role_arn = "arn:aws:iam::111122223333:role/eks-cluster"}
          ~ node_group_status["default"].arn = "arn:nodegroup/default" -> (known after apply)
          ~ node_group_status["default"].autoscaling_groups = ["eks-default-1"] -> (known after apply)
          ~ node_group_status["default"].name = "default" -> "default-1b93e602"
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> (known after apply)
          ~ node_group_status["default"].status = "ACTIVE" -> (known after apply)
          ~ node_group_status["default"].subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"] -> (known after apply)
          ~ node_role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958" -> "arn:aws:iam::111122223333:role/eks-cluster"
        warning at node_groups["default"].node_role_arn: node group default of cluster prod: default-1b93e602 takes the place of default
            node_role_arn: arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958 -> arn:aws:iam::111122223333:role/eks-cluster

          EKS cannot change that in a group that exists. default-1b93e602 is made with as many nodes as default has by then; when it is active, default is drained and deleted. The cluster stays.
    "#]]).await;

    let mut observed = live();
    observed.roles.remove(&place().role_name(NODE));
    observed.entries.remove(&place().role_arn(NODE));
    observed.node_groups.values_mut().for_each(|group| group.role_arn = Some(GIVEN.to_owned()));
    check(&given, &observed, &given, expect![[""]]);
    // Left out, it stays.
    check(&given, &observed, &config(), expect![[""]]);
}

#[tokio::test]
async fn a_provider_is_known_before_it_is_made() {
    check_plan(
        &stored(),
        &trusted(),
        expect![[r#"
        update
          + iam = {oidc_provider = true}
          + oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/1"
    "#]],
    )
    .await;
    check(
        &config(),
        &live(),
        &trusted(),
        expect![[r#"
            1. let IAM trust the cluster's issuer
        "#]],
    );
}

#[tokio::test]
async fn a_provider_of_ours_goes_and_one_of_others_stays() {
    let ours = Observed { provider: Some(provider(place().part_tags(""))), ..live() };
    check(
        &trusted(),
        &ours,
        &config(),
        expect![[r#"
            1. delete the OpenID Connect provider 1
        "#]],
    );
    let theirs = Observed { provider: Some(provider(Tags::new())), ..live() };
    check(&trusted(), &theirs, &trusted(), expect![[""]]);
    check(&trusted(), &theirs, &config(), expect![[""]]);
    let steps = |observed: &Observed| numbered(&delete_stages(observed, &place()));
    assert!(steps(&ours).contains("OpenID") && !steps(&theirs).contains("OpenID"));
    check_plan(
        &stored_of(&trusted(), &ours),
        &config(),
        expect![[r#"
        update
          - iam = {oidc_provider = true}
          - oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/1"
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_provider_that_was_deleted_is_made_again() {
    let state = stored_of(&trusted(), &Observed { provider: Some(provider(place().part_tags(""))), ..live() });
    let looked = truth(&state, &live(), &Expected::of_state(&state), &place());
    check_plan(
        &looked,
        &trusted(),
        expect![[r#"
        update
          + oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/1"
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_audience_that_was_taken_away_is_shown_and_put_back() {
    let ours = Observed { provider: Some(provider(place().part_tags(""))), ..live() };
    let state = stored_of(&trusted(), &ours);
    let mut observed = ours.clone();
    observed.provider.as_mut().expect("a provider").audiences = ["theirs".to_owned()].into();
    let looked = truth(&state, &observed, &Expected::of_state(&state), &place());
    check_plan(
        &looked,
        &trusted(),
        expect![[r#"
        update
          + oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/1"
    "#]],
    )
    .await;
    check(
        &trusted(),
        &observed,
        &trusted(),
        expect![[r#"
        1. let IAM trust tokens for sts.amazonaws.com
    "#]],
    );
    let step = Step::AddAudience { provider: "arn".to_owned(), audience: "sts.amazonaws.com".to_owned() };
    observed.fold(&step, crate::cluster::observed::Seen::Done);
    assert_eq!(truth(&state, &observed, &Expected::of_state(&state), &place()), state);

    // What somebody else's provider is for is their business.
    let mut theirs = Observed { provider: Some(provider(Tags::new())), ..live() };
    theirs.provider.as_mut().expect("a provider").audiences.clear();
    check(&trusted(), &theirs, &trusted(), expect![[""]]);
    assert!(stored_of(&trusted(), &theirs).oidc_provider_arn.known().is_some());
}

#[test]
fn a_provider_of_a_cluster_that_is_gone_goes_before_another_is_made() {
    let left = Observed { cluster: None, provider: Some(provider(place().part_tags(""))), ..Observed::default() };
    let wanted = Wanted::new(&planned(&trusted()), None, None, place(), ("", crate::cluster::samples::mark()));
    let steps = numbered(&stages(&left, &wanted, &releases(&["1.35"]), "1.35"));
    let at = |text: &str| steps.find(text).unwrap_or_else(|| panic!("{text} is not in {steps}"));
    assert!(
        at("delete the OpenID") < at("create the control plane")
            && at("create the control plane") < at("let IAM trust")
    );
}

#[tokio::test]
async fn the_role_of_the_control_plane_is_kept_where_it_is_not_named() {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").role_arn = GIVEN.to_owned();
    observed.roles.remove(&place().role_name(CLUSTER));
    let named = with(Iam { cluster_role_arn: GIVEN.into(), ..Iam::default() });
    check_plan(
        &stored_of(&named, &observed),
        &config(),
        expect![[r#"
        update
          - iam = {cluster_role_arn = "arn:aws:iam::111122223333:role/eks-cluster"}
    "#]],
    )
    .await;
    check(&named, &observed, &config(), expect![[""]]);
    check_plan(
        &stored_of(&config(), &observed),
        &named,
        expect![[r#"
        update
          + iam = {cluster_role_arn = "arn:aws:iam::111122223333:role/eks-cluster"}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn another_role_of_the_control_plane_replaces_the_cluster_unless_it_is_protected() {
    let named = with(Iam { cluster_role_arn: GIVEN.into(), ..Iam::default() });
    check_plan(&stored(), &named, expect![[r#"
        replace
          + iam = {cluster_role_arn = "arn:aws:iam::111122223333:role/eks-cluster"}
        error at iam.cluster_role_arn: cluster prod would be replaced, because iam.cluster_role_arn changes, and it has deletion protection
          EKS cannot change the role of a control plane. Put it back to "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-cluster-9ceaa8d7", or, to make another cluster and delete this one with all that runs on it, set `deletion_protection = false` and apply that alone first.
    "#]])
    .await;
}

#[tokio::test]
async fn a_path_stays_for_life() {
    let path = |path: &str| with(Iam { path: path.into(), ..Iam::default() });
    check_plan(
        &stored(),
        &path("/terraform-paas/"),
        expect![[r#"
        update
          + iam = {path = "/terraform-paas/"}
    "#]],
    )
    .await;
    check_plan(&stored(), &path("/platform/"), expect![[r#"
        update
          + iam = {path = "/platform/"}
        error at iam.path: cluster prod keeps iam.path, where its roles are: /terraform-paas/
          Roles cannot be moved, and this resource finds them by their path. Set `path = "/terraform-paas/"`; a new cluster can have /platform/.
    "#]])
    .await;
}

#[test]
fn a_path_is_told_by_any_role_in_use() {
    let moved = crate::cluster::parts::Place { path: "/platform/".to_owned(), ..place() };
    assert_eq!(place().path_in(&moved.role_arn(CLUSTER)).as_deref(), Some("/platform/"));
    assert_eq!(place().path_in(&place().role_arn(NODE)).as_deref(), Some("/terraform-paas/"));
    assert_eq!(place().path_in(GIVEN), None);
    assert!(moved.role_arn(CLUSTER).contains(":role/platform/eu-west-1/prod/paas-prod-cluster-"));
}

#[test]
fn policies_go_to_a_role_of_ours() {
    let iam = Iam { node_role_arn: GIVEN.into(), node_policies: list_of([SSM]), ..Iam::default() };
    expect![[r#"
        error at iam.node_policies: iam.node_policies are for the role that this resource makes for nodes, and iam.node_role_arn is another
          A role that is given by its ARN is never changed. Attach the policies where that role is managed, or leave node_role_arn out.
    "#]]
    .assert_eq(&plan::validate(&with(iam)).to_string());
}

#[test]
fn an_import_writes_what_differs() {
    let mut observed = is_bounded();
    observed.roles.get_mut(&place().role_name(NODE)).expect("a role").policies.insert(SSM.to_owned());
    observed.provider = Some(provider(place().part_tags("")));
    let iam = Iam {
        permissions_boundary: BOUNDARY.into(),
        node_policies: list_of([SSM]),
        oidc_provider: true.into(),
        ..Iam::default()
    };
    let state = imported(&observed, &place(), &Tags::new()).expect("a cluster");
    assert_eq!(state, stored_of(&with(iam), &observed));
}
