//! What a refresh reads of roles.

use expect_test::{Expect, expect};
use tfplugin_framework::prelude::*;

use super::*;
use crate::cluster::iam::Iam;
use crate::cluster::model::list_of;
use crate::cluster::pod_identities::{LiveAssociation, PodIdentity};
use crate::cluster::samples::{config, live, place, stored, stored_of};

fn check(observed: &Observed, state: &Cluster, expected: Expect) {
    let line = |(arn, what): (String, Telling)| {
        let words = [("policies", what.policies), ("boundary", what.boundary), ("inline", what.inline)];
        let words = words.into_iter().filter(|(_, is_read)| *is_read).map(|(word, _)| word);
        let words: Vec<&str> = ["existence"].into_iter().chain(words).collect();
        format!("{}: {}\n", arn.rsplit('/').next().unwrap_or_default(), words.join(", "))
    };
    expected.assert_eq(&told(observed, state, &place()).into_iter().map(line).collect::<String>());
}

#[test]
fn of_a_plain_cluster() {
    check(
        &live(),
        &stored(),
        expect![[r#"
        paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30: existence
        paas-prod-cluster-9ceaa8d7: existence, policies
        paas-prod-node-2f20a958: existence, policies
        paas-prod-vpc-cni-aws-node-ce8df3d6: existence
    "#]],
    );
}

#[test]
fn of_one_with_a_boundary() {
    let iam = Iam { permissions_boundary: "arn:aws:iam::111122223333:policy/boundary".into(), ..Iam::default() };
    let config = Cluster { iam: Attr::Known(iam), ..config() };
    check(
        &live(),
        &stored_of(&config, &live()),
        expect![[r#"
        paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30: existence, boundary
        paas-prod-cluster-9ceaa8d7: existence, policies, boundary
        paas-prod-node-2f20a958: existence, policies, boundary
        paas-prod-vpc-cni-aws-node-ce8df3d6: existence, boundary
    "#]],
    );
}

#[test]
fn of_roles_of_others_nothing() {
    let given = "arn:aws:iam::111122223333:role/given".to_owned();
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").role_arn = given.clone();
    observed.node_groups.values_mut().for_each(|group| group.role_arn = Some(given.clone()));
    observed.addons.clear();
    check(&observed, &stored(), expect![[""]]);
}

#[test]
fn of_pods_what_is_written() {
    let mut observed = live();
    observed.addons.clear();
    let entry = |policies: &[&str], inline: Attr<String>| {
        let policies = if policies.is_empty() { Attr::Null } else { list_of(policies.iter().copied()) };
        Attr::Known(PodIdentity { policies, inline_policy: inline, ..PodIdentity::default() })
    };
    let all = [
        ("apps/a", entry(&["arn:aws:iam::aws:policy/ReadOnlyAccess"], Attr::Null)),
        ("apps/b", entry(&[], "{}".into())),
        ("apps/c", entry(&[], Attr::Null)),
    ];
    for (key, _) in &all {
        let role_arn = place().role_arn(&crate::cluster::pod_identities::purpose(key));
        let live = LiveAssociation { role_arn, tags: place().part_tags(""), ..LiveAssociation::default() };
        observed.associations.insert((*key).to_owned(), live);
    }
    let pods: Map<PodIdentity> = all.into_iter().map(|(key, one)| (key.to_owned(), one)).collect();
    let state = Cluster { pod_identities: Attr::Known(pods), ..stored() };
    check(
        &observed,
        &state,
        expect![[r#"
        paas-prod-cluster-9ceaa8d7: existence, policies
        paas-prod-node-2f20a958: existence, policies
        paas-prod-pod.apps.a-57f76278: existence, policies
        paas-prod-pod.apps.b-9e1cbdfe: existence, inline
        paas-prod-pod.apps.c-9c0c56c7: existence
    "#]],
    );
}
