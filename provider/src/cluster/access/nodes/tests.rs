//! What becomes of the entries of nodes with their roles.

use expect_test::{Expect, expect};

use super::*;
use crate::cluster::model::map_of;
use crate::cluster::samples::{config, live, nodes, numbered, place, releases, stored, wanted};
use crate::cluster::steps::stages;

fn check(observed: &Observed, expected: Expect) {
    let planned = crate::cluster::model::Cluster {
        kubernetes_version: "1.35".into(),
        deletion_protection: true.into(),
        tags_all: map_of([]),
        ..config()
    };
    let wanted = wanted(&planned, Some(&stored()));
    expected.assert_eq(&numbered(&stages(observed, &wanted, &releases(&["1.35"]), "1.35")));
}

fn without_role() -> Observed {
    let mut observed = live();
    observed.roles.remove(&place().role_name(iam::NODE));
    observed
}

#[test]
fn a_role_that_is_made_again_gets_another_entry() {
    check(
        &without_role(),
        expect![[r#"
        1. remove access of arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958
        2. create role paas-prod-node-2f20a958 for ec2.amazonaws.com
        3. attach AmazonEC2ContainerRegistryPullOnly to paas-prod-node-2f20a958
        3. attach AmazonEKSWorkerNodePolicy to paas-prod-node-2f20a958
        4. give access to arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958, type EC2_LINUX
    "#]],
    );
}

#[test]
fn an_entry_that_was_deleted_before_a_kill_is_made_all_the_same() {
    let mut observed = without_role();
    observed.entries.remove(&place().role_arn(iam::NODE));
    check(
        &observed,
        expect![[r#"
        1. create role paas-prod-node-2f20a958 for ec2.amazonaws.com
        2. attach AmazonEC2ContainerRegistryPullOnly to paas-prod-node-2f20a958
        2. attach AmazonEKSWorkerNodePolicy to paas-prod-node-2f20a958
        3. give access to arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958, type EC2_LINUX
    "#]],
    );
    let observed = Observed { roles: live().roles, ..observed };
    check(
        &observed,
        expect![[r#"
        1. give access to arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958, type EC2_LINUX
    "#]],
    );
}

#[test]
fn a_cluster_without_entries_gets_none() {
    let mut observed = live();
    observed.entries.remove(&place().role_arn(iam::NODE));
    observed.cluster.as_mut().expect("a cluster").authentication_mode = Some("CONFIG_MAP".to_owned());
    check(&observed, expect![[r#""#]]);
}

#[test]
fn an_entry_that_somebody_manages_is_left_to_them() {
    let mut observed = without_role();
    let tags = place().part_tags("");
    observed.entries.insert(place().role_arn(iam::NODE), super::super::LiveEntry { tags, ..nodes() });
    let planned = config();
    let wanted = wanted(&planned, None);
    let role = iam::node_role(&place(), &std::collections::BTreeSet::new(), &Tags::new());
    assert_eq!(clear(&observed, &wanted, &[role]), []);
}
