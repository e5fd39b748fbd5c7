//! What a user reads of add-ons in a plan and in a state.

use expect_test::{Expect, expect};
use tfplugin_framework::testing;

use super::*;
use crate::cloud::Cloud;
use crate::cluster::PaasCluster;
use crate::cluster::addons::{Addon, LiveAddon};
use crate::cluster::observed::Observed;
use crate::cluster::samples::{config, live, place, planned as plan_of, stored, stored_of};
use crate::cluster::state::{Expected, imported, truth};
use crate::cluster::status::Status;

fn with(all: &[(&str, Addon)]) -> Cluster {
    let all = all.iter().map(|(name, entry)| ((*name).to_owned(), Attr::Known(entry.clone()))).collect();
    Cluster { addons: Attr::Known(all), ..config() }
}

fn entry() -> Addon {
    Addon::default()
}

fn refreshed(config: &Cluster, observed: &Observed) -> Cluster {
    let state = stored_of(config, &live_of(config));
    truth(&state, observed, &Expected::of_state(&state), &place())
}

/// What exists after a create of `config`.
fn live_of(config: &Cluster) -> Observed {
    let mut observed = live();
    for (name, entry) in wish::entries(&config.addons) {
        if !wish::is_on(&entry) {
            observed.addons.remove(&name);
            continue;
        }
        let made = LiveAddon {
            arn: format!("arn:addon/{name}"),
            status: Status::new("ACTIVE"),
            version: "v1.35.2-eksbuild.1".to_owned(),
            namespace: Some(entry.namespace.or("kube-system".to_owned())),
            tags: place().part_tags(""),
            ..LiveAddon::default()
        };
        let live = observed.addons.entry(name).or_insert(made);
        live.values = entry.values.known().cloned();
    }
    observed
}

/// The plan from a refreshed state; a provider that is not configured asks EKS nothing.
async fn check(prior: Cluster, config: &Cluster, expected: Expect) {
    let plan = testing::plan(&PaasCluster::new(Cloud::new()), Some(&prior.into()), Some(config)).await;
    expected.assert_eq(&plan.to_string());
}

/// After a create, and after each refresh, nothing is to be done.
async fn check_settled(config: &Cluster) {
    let observed = live_of(config);
    for prior in [stored_of(config, &observed), refreshed(config, &observed)] {
        check(prior, config, expect![["no changes\n"]]).await;
    }
}

#[tokio::test]
async fn nothing_is_to_be_done_after_an_apply() {
    check_settled(&config()).await;
    check_settled(&with(&[])).await;
    check_settled(&with(&[
        (
            "coredns",
            Addon { values: "{\n \"replicaCount\": 3\n}".into(), version: "v1.35.2-eksbuild.1".into(), ..entry() },
        ),
        ("metrics-server", Addon { enabled: false.into(), ..entry() }),
        ("external-dns", Addon { version: "default".into(), iam: "none".into(), namespace: "dns".into(), ..entry() }),
        ("kubecost_kubecost", Addon { conflicts: "NONE".into(), phase: "after_nodes".into(), ..entry() }),
        ("kube-proxy", Addon { values: "{}".into(), ..entry() }),
    ]))
    .await;
}

#[tokio::test]
async fn entries_that_come_and_go() {
    let before = with(&[("external-dns", entry()), ("metrics-server", Addon { enabled: false.into(), ..entry() })]);
    let after = with(&[
        (
            "cert-manager",
            Addon { version: "v1.19.3-eksbuild.2".into(), iam: "none".into(), namespace: "certs".into(), ..entry() },
        ),
        ("coredns", Addon { enabled: false.into(), ..entry() }),
    ]);
    check(refreshed(&before, &live_of(&before)), &after, expect![[r#"
        update
          + addons["cert-manager"] = {iam = "none", namespace = "certs", version = "v1.19.3-eksbuild.2"}
          + addons["coredns"] = {enabled = false}
          - addons["external-dns"] = {}
          - addons["metrics-server"] = {enabled = false}
          + installed_addons["cert-manager"] = {namespace = "certs", status = (known after apply), version = "v1.19.3-eksbuild.2"}
          - installed_addons["coredns"] = {namespace = "kube-system", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}
          - installed_addons["external-dns"] = {namespace = "kube-system", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}
          + installed_addons["metrics-server"] = {namespace = (known after apply), role_arn = (known after apply), status = (known after apply), version = (known after apply)}
    "#]]).await;
}

#[tokio::test]
async fn what_changes_in_place() {
    let role = || "arn:aws:iam::111122223333:role/mine".into();
    let after = with(&[
        ("coredns", Addon { version: "v1.35.3-eksbuild.1".into(), values: "{\"replicaCount\":3}".into(), ..entry() }),
        ("kube-proxy", Addon { version: "default".into(), ..entry() }),
        ("vpc-cni", Addon { role_arn: role(), ..entry() }),
        ("aws-ebs-csi-driver", Addon { iam: "none".into(), ..entry() }),
        ("metrics-server", Addon { namespace: "metrics".into(), ..entry() }),
    ]);
    check(stored(), &after, expect![[r#"
        update
          + addons = {aws-ebs-csi-driver = {iam = "none"}, coredns = {values = "{\"replicaCount\":3}", version = "v1.35.3-eksbuild.1"}, kube-proxy = {version = "default"}, metrics-server = {namespace = "metrics"}, vpc-cni = {role_arn = "arn:aws:iam::111122223333:role/mine"}}
          - installed_addons["aws-ebs-csi-driver"].role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30"
          ~ installed_addons["coredns"].version = "v1.35.2-eksbuild.1" -> "v1.35.3-eksbuild.1"
          ~ installed_addons["kube-proxy"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["metrics-server"].namespace = "kube-system" -> "metrics"
          ~ installed_addons["metrics-server"].status = "ACTIVE" -> (known after apply)
          ~ installed_addons["metrics-server"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["vpc-cni"].role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-vpc-cni-aws-node-ce8df3d6" -> "arn:aws:iam::111122223333:role/mine"
        warning at addons["metrics-server"].namespace: add-on metrics-server of cluster prod is deleted in namespace kube-system and installed again in metrics
          EKS cannot move an add-on. Until it is there again, what it does for the cluster is not done. The cluster itself, its nodes and its apps stay.
    "#]]).await;
}

#[tokio::test]
async fn what_is_unknown_leaves_the_rest_known() {
    let after = with(&[("coredns", Addon { values: Attr::Unknown, ..entry() })]);
    check(
        stored(),
        &after,
        expect![[r#"
        update
          + addons = {coredns = {values = (known after apply)}}
          ~ installed_addons["coredns"].namespace = "kube-system" -> (known after apply)
          + installed_addons["coredns"].role_arn = (known after apply)
          ~ installed_addons["coredns"].status = "ACTIVE" -> (known after apply)
          ~ installed_addons["coredns"].version = "v1.35.2-eksbuild.1" -> (known after apply)
    "#]],
    )
    .await;
    check(stored(), &Cluster { addons: Attr::Unknown, ..config() }, expect![[r#"
        update
          + addons = (known after apply)
          ~ installed_addons = {aws-ebs-csi-driver = {namespace = "kube-system", role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}, coredns = {namespace = "kube-system", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}, eks-pod-identity-agent = {namespace = "kube-system", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}, kube-proxy = {namespace = "kube-system", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}, metrics-server = {namespace = "kube-system", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}, vpc-cni = {namespace = "kube-system", role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-vpc-cni-aws-node-ce8df3d6", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}} -> (known after apply)
    "#]]).await;
}

#[tokio::test]
async fn what_was_changed_elsewhere_is_put_back() {
    let before = with(&[
        ("coredns", Addon { values: "{\"replicaCount\":3}".into(), version: "v1.35.2-eksbuild.1".into(), ..entry() }),
        ("metrics-server", Addon { enabled: false.into(), ..entry() }),
        ("external-dns", Addon { version: "default".into(), namespace: "dns".into(), ..entry() }),
    ]);
    let mut observed = live_of(&before);
    let mut change = |name: &str, change: &dyn Fn(&mut LiveAddon)| change(observed.addons.get_mut(name).expect(name));
    change("coredns", &|live| {
        live.values = Some("{\"replicaCount\":9}".to_owned());
        live.version = "v1.35.3-eksbuild.1".to_owned();
    });
    change("external-dns", &|live| {
        live.recommended = Some("v1.35.9-eksbuild.1".to_owned());
        live.namespace = Some("other".to_owned());
    });
    // Entries of which nobody wrote.
    change("kube-proxy", &|live| live.values = Some("{\"mode\":\"ipvs\"}".to_owned()));
    change("vpc-cni", &|live| {
        live.roles.insert("aws-node".to_owned(), "arn:aws:iam::111122223333:role/theirs".to_owned());
    });
    change("aws-ebs-csi-driver", &|live| live.roles.clear());
    let back = live().addons.remove("metrics-server").expect("metrics-server");
    observed.addons.insert("metrics-server".to_owned(), back);
    check(refreshed(&before, &observed), &before, expect![[r#"
        update
          ~ addons["coredns"].values = "{\"replicaCount\":9}" -> "{\"replicaCount\":3}"
          ~ addons["coredns"].version = "v1.35.3-eksbuild.1" -> "v1.35.2-eksbuild.1"
          ~ addons["external-dns"].namespace = "other" -> "dns"
          ~ addons["external-dns"].version = "v1.35.2-eksbuild.1" -> "default"
          - addons["kube-proxy"] = {values = "{\"mode\":\"ipvs\"}"}
          ~ addons["metrics-server"].enabled = true -> false
          - addons["vpc-cni"] = {role_arn = "arn:aws:iam::111122223333:role/theirs"}
          + installed_addons["aws-ebs-csi-driver"].role_arn = (known after apply)
          ~ installed_addons["aws-ebs-csi-driver"].status = "MISSING_ROLE" -> (known after apply)
          ~ installed_addons["coredns"].version = "v1.35.3-eksbuild.1" -> "v1.35.2-eksbuild.1"
          ~ installed_addons["external-dns"].namespace = "other" -> "dns"
          ~ installed_addons["external-dns"].status = "ACTIVE" -> (known after apply)
          ~ installed_addons["external-dns"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          - installed_addons["metrics-server"] = {namespace = "kube-system", status = "ACTIVE", version = "v1.35.2-eksbuild.1"}
          ~ installed_addons["vpc-cni"].role_arn = "arn:aws:iam::111122223333:role/theirs" -> (known after apply)
        warning at addons["external-dns"].namespace: add-on external-dns of cluster prod is deleted in namespace other and installed again in dns
          EKS cannot move an add-on. Until it is there again, what it does for the cluster is not done. The cluster itself, its nodes and its apps stay.
    "#]]).await;
}

#[tokio::test]
async fn versions_that_are_not_fixed_are_nobodys_drift() {
    let mut observed = live();
    observed.addons.values_mut().for_each(|live| live.version = "v1.35.3-eksbuild.1".to_owned());
    check(refreshed(&config(), &observed), &config(), expect![["no changes\n"]]).await;
}

#[tokio::test]
async fn an_upgrade_knows_the_versions_that_are_fixed() {
    let fixed = with(&[("coredns", Addon { version: "v1.36.2-eksbuild.1".into(), ..entry() })]);
    check(
        stored(),
        &Cluster { kubernetes_version: "1.36".into(), ..fixed },
        expect![[r#"
        update
          + addons = {coredns = {version = "v1.36.2-eksbuild.1"}}
          ~ installed_addons["aws-ebs-csi-driver"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["coredns"].version = "v1.35.2-eksbuild.1" -> "v1.36.2-eksbuild.1"
          ~ installed_addons["eks-pod-identity-agent"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["kube-proxy"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["metrics-server"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ installed_addons["vpc-cni"].version = "v1.35.2-eksbuild.1" -> (known after apply)
          ~ kubernetes_version = "1.35" -> "1.36"
          ~ node_group_status["default"].kubernetes_version = "1.35" -> "1.36"
          ~ node_group_status["default"].release_version = "1.35.2-20261101" -> (known after apply)
          ~ platform_version = "eks.9" -> (known after apply)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_failed_update_is_planned_again() {
    let mut observed = live();
    observed.addons.get_mut("coredns").expect("coredns").status = Status::new("UPDATE_FAILED");
    check(
        refreshed(&config(), &observed),
        &config(),
        expect![[r#"
        update
          ~ installed_addons["coredns"].status = "UPDATE_FAILED" -> (known after apply)
    "#]],
    )
    .await;
}

#[test]
fn what_is_asked_at_plan() {
    let asked = |config: &Cluster| {
        let planned =
            Cluster { kubernetes_version: config.kubernetes_version.or("1.35".to_owned()).into(), ..config.clone() };
        let before = with(&[("coredns", Addon { version: "v1.35.2-eksbuild.1".into(), ..entry() })]);
        let prior = stored_of(&before, &live_of(&before));
        questions(&prior, &planned)
            .into_iter()
            .map(|one| format!("{} {} {}\n", one.name, one.minor, one.version().unwrap_or("recommended")))
            .collect::<String>()
    };
    let coredns = || Addon { version: "v1.35.2-eksbuild.1".into(), ..entry() };
    assert_eq!(asked(&with(&[("coredns", Addon { conflicts: "NONE".into(), ..coredns() })])), "");
    let values = || Addon { values: "{\"replicaCount\":3}".into(), ..entry() };
    expect![[r#"
        coredns 1.35 v1.35.2-eksbuild.1
        external-dns 1.35 recommended
        kube-proxy 1.35 v1.35.2-eksbuild.1
    "#]]
    .assert_eq(&asked(&with(&[
        ("coredns", Addon { values: values().values, ..coredns() }),
        ("kube-proxy", values()),
        ("external-dns", entry()),
        ("adot", Addon { enabled: false.into(), ..values() }),
    ])));
    expect![[r#"
        coredns 1.36 v1.35.2-eksbuild.1
    "#]]
    .assert_eq(&asked(&Cluster { kubernetes_version: "1.36".into(), ..with(&[("coredns", coredns())]) }));
}

#[test]
fn import_writes_what_differs_from_the_defaults() {
    let before = with(&[
        ("coredns", Addon { values: "{\"replicaCount\":3}".into(), ..entry() }),
        ("metrics-server", Addon { enabled: false.into(), ..entry() }),
        ("external-dns", entry()),
    ]);
    let state = imported(&live_of(&before), &place(), &std::collections::BTreeMap::new()).expect("a cluster");
    assert_eq!(state.addons, before.addons);
    let mut foreign = live_of(&before);
    foreign.cluster.as_mut().expect("a cluster").tags.clear();
    foreign.addons.values_mut().for_each(|live| live.tags.clear());
    let state = imported(&foreign, &place(), &std::collections::BTreeMap::new()).expect("a cluster");
    assert_eq!(state.addons, Attr::Null);
}

#[test]
fn values_must_be_an_object_and_names_must_be_names() {
    let provider = PaasCluster::new(Cloud::new());
    let said = |config: &Cluster| testing::validate(&provider, config).to_string();
    let wrong = Addon {
        version: Attr::Null,
        values: "replicaCount: 3".into(),
        iam: "some".into(),
        role_arn: "arn:aws:iam::111122223333:user/me".into(),
        namespace: "Kube".into(),
        conflicts: "overwrite".into(),
        phase: "never".into(),
        ..entry()
    };
    expect![[r#"
        error at addons: addons has a key that is wrong: it must be the name of an add-on, such as "aws-efs-csi-driver": letters, digits, - and _, with a letter or digit first, not "no name"
        error at addons["coredns"].values: addons["coredns"].values must be a JSON object, and is no JSON (expected value at line 1 column 1): write jsonencode({ … }), or jsonencode(yamldecode(…)) around YAML
        error at addons["coredns"].iam: addons["coredns"].iam must be one of "auto", "none", not "some"
        error at addons["coredns"].role_arn: addons["coredns"].role_arn must be the ARN of an IAM role, such as "arn:aws:iam::111122223333:role/uploader", not "arn:aws:iam::111122223333:user/me"
        error at addons["coredns"].namespace: addons["coredns"].namespace must be the name of a namespace: 1 to 63 lower-case letters, digits and -, not "Kube"
        error at addons["coredns"].conflicts: addons["coredns"].conflicts must be one of "OVERWRITE", "NONE", "PRESERVE", not "overwrite"
        error at addons["coredns"].phase: addons["coredns"].phase must be one of "auto", "before_nodes", "after_nodes", not "never"
        error at addons["coredns"].iam: add-on coredns has both iam and role_arn
          `role_arn` is the role of its pods; without it `iam` says whether one is made. Leave one of them out.
    "#]].assert_eq(&said(&with(&[("coredns", wrong), ("no name", entry())])));
    let both = Addon { iam: "auto".into(), role_arn: "arn:aws:iam::111122223333:role/me".into(), ..entry() };
    expect![[r#"
        error at addons["coredns"].iam: add-on coredns has both iam and role_arn
          `role_arn` is the role of its pods; without it `iam` says whether one is made. Leave one of them out.
    "#]]
    .assert_eq(&said(&with(&[("coredns", both)])));
}

#[tokio::test]
async fn a_create_says_what_it_will_install() {
    let config = with(&[("external-dns", Addon { values: "{\"policy\":\"sync\"}".into(), ..entry() })]);
    let provider = PaasCluster::new(Cloud::new());
    let plan = testing::plan(&provider, None, Some(&Cluster { region: "eu-west-1".into(), ..config.clone() })).await;
    assert!(plan.to_string().contains("+ addons = {external-dns = {values ="), "{plan}");
    assert_eq!(plan_of(&config).addons, config.addons);
}
