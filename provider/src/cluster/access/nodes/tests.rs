//! What becomes of the entries of nodes with their roles.

use expect_test::{Expect, expect};
use tfplugin_framework::prelude::*;

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
            3. give access to arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958, type EC2_LINUX
            4. attach AmazonEC2ContainerRegistryPullOnly to paas-prod-node-2f20a958
            4. attach AmazonEKSWorkerNodePolicy to paas-prod-node-2f20a958
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
            2. give access to arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958, type EC2_LINUX
            3. attach AmazonEC2ContainerRegistryPullOnly to paas-prod-node-2f20a958
            3. attach AmazonEKSWorkerNodePolicy to paas-prod-node-2f20a958
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

#[test]
fn nodes_of_an_upgrade_find_their_entry() {
    let mut observed = live();
    observed.entries.remove(&place().role_arn(iam::NODE));
    let planned = crate::cluster::model::Cluster { kubernetes_version: "1.36".into(), ..config() };
    let wanted = wanted(&planned, Some(&stored()));
    let stages = stages(&observed, &wanted, &releases(&["1.35", "1.36"]), "1.35");
    let at = |is: fn(&Step) -> bool| stages.iter().position(|stage| stage.iter().any(is)).expect("the step");
    assert!(at(|step| matches!(step, Step::CreateEntry(_))) < at(|step| matches!(step, Step::UpgradeNodeGroup(_))));
}

#[test]
fn a_group_that_goes_gets_no_entry() {
    let mut observed = without_role();
    observed.entries.remove(&place().role_arn(iam::NODE));
    let none = crate::cluster::model::Cluster { node_groups: Attr::Known([].into()), ..config() };
    let wanted = wanted(&none, Some(&stored()));
    let live = observed.cluster.clone().expect("a cluster");
    assert_eq!(admit(&live, &observed, &wanted, &[], &[]), vec![Vec::new(), Vec::new()]);
}

#[test]
fn an_entry_whose_role_is_gone_goes_too() {
    let observed = without_role();
    let none = crate::cluster::model::Cluster { node_groups: Attr::Known([].into()), ..config() };
    let wanted = wanted(&none, Some(&stored()));
    assert_eq!(dismiss(&observed, &wanted, &[], &[]), [Step::DeleteEntry(place().role_arn(iam::NODE))]);
    // But not while its role is there and stays.
    assert_eq!(dismiss(&live(), &wanted, &[], &[]), []);
}

#[test]
fn an_entry_of_auto_mode_without_its_policy_gets_it() {
    let mut observed = live();
    let arn = place().role_arn(iam::AUTO_NODE);
    let auto = crate::cluster::model::Cluster { mode: "auto".into(), ..config() };
    let wanted = wanted(&auto, Some(&stored()));
    let cluster = observed.cluster.as_mut().expect("a cluster");
    cluster.settings.pools.clone_from(&wanted.settings.pools);
    cluster.auto_role = Some(arn.clone());
    let grant = Grant { kind: EC2.to_owned(), ..Grant::default() };
    observed.entries.insert(arn.clone(), super::super::LiveEntry { grant, ..super::super::LiveEntry::default() });
    let roles = [iam::auto_node_role(&place(), &Tags::new())];
    observed.roles.insert(roles[0].name.clone(), iam::LiveRole { arn: arn.clone(), ..iam::LiveRole::default() });
    let given = Step::AssociatePolicy {
        principal: arn,
        policy: place().access_policy("AmazonEKSAutoNodePolicy"),
        namespaces: super::super::grants::Scope::new(),
    };
    let live = observed.cluster.clone().expect("a cluster");
    assert_eq!(admit(&live, &observed, &wanted, &roles, &[]), vec![Vec::new(), vec![given]]);
}
