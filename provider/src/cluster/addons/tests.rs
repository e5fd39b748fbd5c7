//! What is done about add-ons, step by step.

use expect_test::{Expect, expect};
use tfplugin_framework::prelude::*;

use super::*;
use crate::cluster::model::Cluster;
use crate::cluster::samples::{config, live, numbered, place, planned, releases, stored, stored_of, wanted};
use crate::cluster::steps::{check as allowed, needs, stages};
use crate::cluster::wanted::Wanted;

fn entries<const N: usize>(all: [(&str, Addon); N]) -> Cluster {
    let all = all.into_iter().map(|(name, entry)| (name.to_owned(), Attr::Known(entry))).collect();
    Cluster { addons: Attr::Known(all), ..config() }
}

fn entry() -> Addon {
    Addon::default()
}

/// What EKS offers: the default add-ons, and one of the community with a role and a schema.
fn offered(minors: &[&str]) -> Releases {
    let mut all = releases(minors);
    for minor in minors {
        let release = Release {
            default: "v2.0.0-eksbuild.1".to_owned(),
            version: "v2.0.0-eksbuild.1".to_owned(),
            compatible: ["v1.9.0-eksbuild.1", "v2.0.0-eksbuild.1"].map(str::to_owned).into(),
            identities: vec![Identity {
                service_account: "external-dns".to_owned(),
                policies: vec![place().partition.managed_policy("AmazonRoute53FullAccess")],
            }],
            schema: None,
        };
        all.insert(("external-dns".to_owned(), (*minor).to_owned()), release);
    }
    all
}

fn shown(observed: &Observed, wanted: &Wanted) -> String {
    let needed = needs(observed, wanted, "1.35");
    let known = offered(&["1.35", "1.36"]).into_iter().filter(|(key, _)| needed.contains(key)).collect();
    if let Err(refused) = allowed(observed, wanted, &known, "1.35") {
        return format!("refused: {refused}\n");
    }
    numbered(&stages(observed, wanted, &known, "1.35"))
}

/// From the finished cluster of `before` as it is now to `after`.
fn check_from(before: &Cluster, observed: &Observed, after: &Cluster, expected: Expect) {
    let prior = stored_of(before, observed);
    let planned = Cluster {
        kubernetes_version: after.kubernetes_version.or("1.35".to_owned()).into(),
        tags_all: prior.tags_all.clone(),
        ..after.clone()
    };
    let live = crate::cluster::wanted::mark(after, "eu-west-1", "", "claim-1");
    let wanted = Wanted { mark: live.clone(), ..wanted(&planned, Some(&prior)) };
    let mut observed = observed.clone();
    observed.cluster.as_mut().expect("a cluster").tags = live.finished().tags();
    expected.assert_eq(&shown(&observed, &wanted));
}

fn check(after: &Cluster, expected: Expect) {
    check_from(&config(), &live(), after, expected);
}

fn with(name: &str, change: impl FnOnce(&mut LiveAddon)) -> Observed {
    let mut observed = live();
    let addon = observed.addons.entry(name.to_owned()).or_insert_with(|| LiveAddon {
        arn: format!("arn:addon/{name}"),
        status: Status::new("ACTIVE"),
        version: "v2.0.0-eksbuild.1".to_owned(),
        namespace: Some(name.to_owned()),
        tags: place().part_tags(""),
        ..LiveAddon::default()
    });
    change(addon);
    observed
}

#[test]
fn entries_that_say_nothing_change_nothing() {
    check(&entries([("coredns", entry()), ("vpc-cni", entry())]), expect![[""]]);
}

#[test]
fn an_entry_adds_an_add_on_with_its_role() {
    check(
        &entries([("external-dns", entry())]),
        expect![[r#"
        1. create role paas-prod-external-dns-external-dns-717fc6c4 for pods.eks.amazonaws.com
        2. attach AmazonRoute53FullAccess to paas-prod-external-dns-external-dns-717fc6c4
        3. install external-dns v2.0.0-eksbuild.1, external-dns as paas-prod-external-dns-external-dns-717fc6c4
    "#]],
    );
}

#[test]
fn every_attribute_of_a_new_one() {
    let all = Addon {
        version: "v1.9.0-eksbuild.1".into(),
        values: "{\"policy\":\"sync\"}".into(),
        iam: "none".into(),
        namespace: "dns".into(),
        conflicts: "PRESERVE".into(),
        phase: "before_nodes".into(),
        ..entry()
    };
    check(
        &entries([("external-dns", all)]),
        expect![[r#"
        1. install external-dns v1.9.0-eksbuild.1 in dns without waiting for it, with {"policy":"sync"}
        2. wait for external-dns
    "#]],
    );
}

#[test]
fn a_default_one_can_be_left_out() {
    let off = || Addon { enabled: false.into(), ..entry() };
    check(
        &entries([("metrics-server", off()), ("vpc-cni", off()), ("never-heard-of", off())]),
        expect![[r#"
        1. remove metrics-server
        1. remove vpc-cni
        2. delete role paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]],
    );
    let planned = planned(&entries([("metrics-server", off())]));
    let wanted = wanted(&planned, None);
    assert!(!wanted.addons.contains_key("metrics-server") && wanted.addons.contains_key("coredns"));
}

#[test]
fn without_its_entry_a_default_one_comes_back_and_another_goes() {
    let before = entries([("metrics-server", Addon { enabled: false.into(), ..entry() }), ("external-dns", entry())]);
    let mut observed = with("external-dns", |_| {});
    observed.addons.remove("metrics-server");
    check_from(
        &before,
        &observed,
        &config(),
        expect![[r#"
        1. install metrics-server v1.35.2-eksbuild.1
        2. remove external-dns
    "#]],
    );
}

#[test]
fn the_role_goes_with_its_add_on_also_after_an_interruption() {
    let role = iam::addon_role(
        &place(),
        "external-dns",
        &Identity { service_account: "external-dns".to_owned(), policies: Vec::new() },
        &place().part_tags(""),
    );
    let mut observed = live();
    let live = LiveRole { arn: "arn:role".to_owned(), tags: role.tags, ..LiveRole::default() };
    observed.roles.insert(role.name, live);
    check_from(
        &config(),
        &observed,
        &config(),
        expect![[r#"
        1. delete role paas-prod-external-dns-external-dns-717fc6c4
    "#]],
    );
}

#[test]
fn values_change_in_place_and_spelling_is_none() {
    let observed = with("coredns", |live| live.values = Some("{ \"replicaCount\" : 3 }".to_owned()));
    let values = |text: &str| entries([("coredns", Addon { values: text.into(), ..entry() })]);
    check_from(&values("{\"replicaCount\":3}"), &observed, &values("{\"replicaCount\":3}"), expect![[""]]);
    check_from(
        &values("{\"replicaCount\":3}"),
        &observed,
        &values("{\"replicaCount\":4}"),
        expect![[r#"
        1. update coredns, with {"replicaCount":4}
    "#]],
    );
    check_from(
        &values("{\"replicaCount\":3}"),
        &observed,
        &config(),
        expect![[r#"
        1. update coredns, with {}
    "#]],
    );
    // Null where the add-on has an empty object.
    let empty = with("coredns", |live| live.values = Some("{}".to_owned()));
    check_from(&config(), &empty, &config(), expect![[""]]);
}

#[test]
fn a_version_is_fixed_followed_or_left() {
    let version = |text: &str| entries([("coredns", Addon { version: text.into(), ..entry() })]);
    check(
        &version("v1.35.3-eksbuild.1"),
        expect![[r#"
        1. update coredns to v1.35.3-eksbuild.1
    "#]],
    );
    check(&version("default"), expect![[""]]);
    let newer = with("coredns", |live| live.version = "v1.35.3-eksbuild.1".to_owned());
    check_from(
        &version("v1.35.3-eksbuild.1"),
        &newer,
        &version("default"),
        expect![[r#"
        1. update coredns to v1.35.2-eksbuild.1
    "#]],
    );
    check_from(&version("v1.35.3-eksbuild.1"), &newer, &config(), expect![[""]]);
    check(
        &version("v1.35.9-eksbuild.1"),
        expect![[r#"
        refused: addons["coredns"].version is "v1.35.9-eksbuild.1", which EKS does not offer for Kubernetes 1.35
    "#]],
    );
}

#[test]
fn an_upgrade_leaves_a_fixed_version_where_it_works() {
    let fixed = |version: &str, addon: &str| Cluster {
        kubernetes_version: "1.36".into(),
        ..entries([(addon, Addon { version: version.into(), ..entry() })])
    };
    check(
        &fixed("v1.36.3-eksbuild.1", "coredns"),
        expect![[r#"
        1. upgrade the control plane to 1.36
        2. update aws-ebs-csi-driver to v1.36.2-eksbuild.1
        2. update coredns to v1.36.3-eksbuild.1
        2. update eks-pod-identity-agent to v1.36.2-eksbuild.1
        2. update kube-proxy to v1.36.2-eksbuild.1
        2. update metrics-server to v1.36.2-eksbuild.1
        2. update vpc-cni to v1.36.2-eksbuild.1
        3. upgrade node group default to 1.36
    "#]],
    );
    check(
        &fixed("v1.35.2-eksbuild.1", "coredns"),
        expect![[r#"
        refused: addons["coredns"].version is "v1.35.2-eksbuild.1", which EKS does not offer for Kubernetes 1.36
    "#]],
    );
    let observed = with("external-dns", |live| live.version = "v1.9.0-eksbuild.1".to_owned());
    let before =
        entries([("external-dns", Addon { version: "v1.9.0-eksbuild.1".into(), iam: "none".into(), ..entry() })]);
    let after = Cluster { kubernetes_version: "1.36".into(), ..before.clone() };
    check_from(
        &before,
        &observed,
        &after,
        expect![[r#"
        1. upgrade the control plane to 1.36
        2. update aws-ebs-csi-driver to v1.36.2-eksbuild.1
        2. update coredns to v1.36.2-eksbuild.1
        2. update eks-pod-identity-agent to v1.36.2-eksbuild.1
        2. update kube-proxy to v1.36.2-eksbuild.1
        2. update metrics-server to v1.36.2-eksbuild.1
        2. update vpc-cni to v1.36.2-eksbuild.1
        3. upgrade node group default to 1.36
    "#]],
    );
}

#[test]
fn roles_change_in_place() {
    let mine = || Addon { role_arn: "arn:aws:iam::111122223333:role/mine".into(), ..entry() };
    let none = || Addon { iam: "none".into(), ..entry() };
    check(
        &entries([("vpc-cni", mine())]),
        expect![[r#"
        1. update vpc-cni, aws-node as mine
        2. delete role paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]],
    );
    check(
        &entries([("vpc-cni", none())]),
        expect![[r#"
        1. update vpc-cni, without a role
        2. delete role paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]],
    );
    // It has no support for Pod Identity.
    check(
        &entries([("coredns", mine())]),
        expect![[r#"
        1. update coredns, as mine
    "#]],
    );
    let given = with("vpc-cni", |live| {
        live.roles.insert("aws-node".to_owned(), "arn:aws:iam::111122223333:role/mine".to_owned());
    });
    check_from(
        &entries([("vpc-cni", mine())]),
        &given,
        &entries([("vpc-cni", mine())]),
        expect![[r#"
        1. delete role paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]],
    );
    check_from(
        &entries([("vpc-cni", mine())]),
        &given,
        &config(),
        expect![[r#"
        1. update vpc-cni, aws-node as paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]],
    );
}

#[test]
fn the_role_of_a_service_account_is_named_in_every_update() {
    let mine = |values: Option<&str>| {
        let role_arn = "arn:aws:iam::111122223333:role/mine".into();
        entries([("coredns", Addon { role_arn, values: values.map(str::to_owned).into(), ..entry() })])
    };
    let given =
        with("coredns", |live| live.service_account_role = Some("arn:aws:iam::111122223333:role/mine".to_owned()));
    check_from(
        &mine(None),
        &given,
        &mine(Some("{\"replicaCount\":3}")),
        expect![[r#"
        1. update coredns, with {"replicaCount":3}, as mine
    "#]],
    );
    let upgrade = Cluster { kubernetes_version: "1.36".into(), ..mine(None) };
    check_from(
        &mine(None),
        &given,
        &upgrade,
        expect![[r#"
        1. upgrade the control plane to 1.36
        2. update aws-ebs-csi-driver to v1.36.2-eksbuild.1
        2. update coredns to v1.36.2-eksbuild.1, as mine
        2. update eks-pod-identity-agent to v1.36.2-eksbuild.1
        2. update kube-proxy to v1.36.2-eksbuild.1
        2. update metrics-server to v1.36.2-eksbuild.1
        2. update vpc-cni to v1.36.2-eksbuild.1
        3. upgrade node group default to 1.36
    "#]],
    );
}

#[test]
fn another_namespace_is_another_add_on_of_the_same_version() {
    let namespace = |name: &str| entries([("external-dns", Addon { namespace: name.into(), ..entry() })]);
    let observed = with("external-dns", |live| live.version = "v1.9.0-eksbuild.1".to_owned());
    check_from(
        &namespace("external-dns"),
        &observed,
        &namespace("dns"),
        expect![[r#"
        1. create role paas-prod-external-dns-external-dns-717fc6c4 for pods.eks.amazonaws.com
        2. attach AmazonRoute53FullAccess to paas-prod-external-dns-external-dns-717fc6c4
        3. remove external-dns
        4. install external-dns v1.9.0-eksbuild.1 in dns, external-dns as paas-prod-external-dns-external-dns-717fc6c4
    "#]],
    );
    check_from(&namespace("external-dns"), &observed, &namespace("external-dns"), expect![[""]]);
}

#[test]
fn other_conflicts_are_told_once() {
    let conflicts = |word: &str| entries([("coredns", Addon { conflicts: word.into(), ..entry() })]);
    check(
        &conflicts("NONE"),
        expect![[r#"
        1. update coredns
    "#]],
    );
    check_from(&conflicts("NONE"), &live(), &conflicts("NONE"), expect![[""]]);
}

#[test]
fn a_failed_update_is_made_again() {
    let failed = with("coredns", |live| live.status = Status::new("UPDATE_FAILED"));
    check_from(
        &config(),
        &failed,
        &config(),
        expect![[r#"
        1. update coredns
    "#]],
    );
}

#[test]
fn a_role_that_was_taken_away_is_given_back() {
    let taken = with("vpc-cni", |live| live.roles.clear());
    let prior = crate::cluster::state::truth(
        &stored(),
        &taken,
        &crate::cluster::state::Expected::of_state(&stored()),
        &place(),
    );
    let wanted = wanted(&Cluster { tags_all: prior.tags_all.clone(), ..prior.clone() }, Some(&prior));
    expect![[r#"
        1. update vpc-cni, aws-node as paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]]
    .assert_eq(&shown(&taken, &wanted));
}

#[test]
fn what_needs_nodes_is_waited_for_once_there_are_some() {
    let early = entries([("external-dns", Addon { phase: "before_nodes".into(), iam: "none".into(), ..entry() })]);
    let plan = planned(&early);
    let steps = shown(&Observed::default(), &wanted(&plan, None));
    let of = |line: &&str| line.contains("external-dns") || line.contains("node group");
    expect![[r#"
        5. install external-dns v2.0.0-eksbuild.1 without waiting for it
        6. create node group default, 2 (2 to 6) nodes of m7i-flex.large, m6i.large, m6a.large
        7. wait for node group default
        8. wait for external-dns"#]]
    .assert_eq(&steps.lines().filter(of).collect::<Vec<_>>().join("\n"));
}

#[test]
fn versions_are_ordered_by_their_numbers() {
    assert_eq!(compare("v1.9.0-eksbuild.1", "v1.10.0-eksbuild.1"), Ordering::Less);
    assert_eq!(compare("v1.10.0-eksbuild.2", "v1.10.0-eksbuild.10"), Ordering::Less);
    assert_eq!(compare("v1.10.0-eksbuild.2", "v1.10.0-eksbuild.2"), Ordering::Equal);
}

#[test]
fn what_nodes_need_is_asked_for_before_them_and_waited_for_while_they_start() {
    let mut observed = with("vpc-cni", |_| {});
    observed.addons.retain(|name, _| name != "vpc-cni" && name != "eks-pod-identity-agent");
    observed.addons.get_mut("kube-proxy").expect("an add-on").status = Status::new("CREATING");
    observed.node_groups.clear();
    check_from(
        &config(),
        &observed,
        &config(),
        expect![[r#"
        1. install eks-pod-identity-agent v1.35.2-eksbuild.1 without waiting for it
        2. install vpc-cni v1.35.2-eksbuild.1 without waiting for it, aws-node as paas-prod-vpc-cni-aws-node-ce8df3d6
        3. create node group default, 2 (2 to 6) nodes of m7i-flex.large, m6i.large, m6a.large
        3. wait for eks-pod-identity-agent
        3. wait for kube-proxy
        3. wait for vpc-cni
        4. wait for node group default
    "#]],
    );
}

#[test]
fn without_nodes_it_is_waited_for_at_once() {
    let mut observed = with("vpc-cni", |_| {});
    observed.addons.retain(|name, _| name != "vpc-cni");
    observed.addons.get_mut("kube-proxy").expect("an add-on").status = Status::new("CREATING");
    observed.node_groups.clear();
    let none = Cluster { node_groups: Attr::Known([].into()), ..config() };
    check_from(
        &none,
        &observed,
        &none,
        expect![[r#"
        1. wait for kube-proxy
        1. install vpc-cni v1.35.2-eksbuild.1, aws-node as paas-prod-vpc-cni-aws-node-ce8df3d6
        2. delete role paas-prod-node-2f20a958
        3. remove access of arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958
    "#]],
    );
}
