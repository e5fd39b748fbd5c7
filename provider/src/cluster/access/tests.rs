//! Who gets which access, by which steps, and what is shown of it.

use expect_test::{Expect, expect};
use tfplugin_framework::prelude::*;

use super::blocks::EntryPolicy;
use super::*;
use crate::cluster::addons::Releases;
use crate::cluster::samples::{CREATOR_ARN, config, live, numbered, place, plan_of, stored_of};
use crate::cluster::state::{Expected, imported, truth};
use crate::cluster::steps::stages;
use crate::cluster::wanted::Wanted;

const CI: &str = "arn:aws:iam::111122223333:role/deploy/ci";
const BOB: &str = "arn:aws:iam::111122223333:user/bob";
const NODES: &str = "arn:aws:iam::111122223333:role/nodes";

fn policy(name: &str, namespaces: &[&str]) -> Attr<EntryPolicy> {
    let namespaces = if namespaces.is_empty() { Attr::Null } else { list_of(namespaces.iter().copied()) };
    Attr::Known(EntryPolicy { name: name.into(), namespaces })
}

fn entry(principal: &str) -> Entry {
    Entry { principal_arn: principal.into(), ..Entry::default() }
}

fn editor(principal: &str, namespaces: &[&str]) -> Entry {
    Entry { policies: Attr::Known(vec![policy("AmazonEKSEditPolicy", namespaces)]), ..entry(principal) }
}

fn with(entries: &[(&str, Entry)]) -> Cluster {
    let entries = entries.iter().map(|(key, entry)| ((*key).to_owned(), Attr::Known(entry.clone()))).collect();
    Cluster { access: Attr::Known(Access { entries: Attr::Known(entries), ..Access::default() }), ..config() }
}

/// What is there after an apply of this configuration, on top of the finished cluster.
fn applied(config: &Cluster) -> Observed {
    let mut observed = live();
    for (principal, grant) in Grants::of(&config.access, None).entries {
        let tags = place().part_tags("");
        observed.entries.insert(principal.clone(), LiveEntry { arn: format!("arn:entry/{principal}"), grant, tags });
    }
    observed
}

fn another(grant: Grant) -> LiveEntry {
    LiveEntry { arn: "arn:entry/another".to_owned(), grant, tags: Tags::new() }
}

/// The steps of an apply of `config`, where `before` was applied and `observed` is what is there now.
fn check(before: &Cluster, observed: &Observed, config: &Cluster, expected: Expect) {
    let prior = stored_of(before, observed);
    let planned = Cluster { access: config.access.clone(), ..prior.clone() };
    let mark = observed.mark().expect("a mark");
    let wanted = Wanted::new(&planned, Some(&prior), Some(CREATOR_ARN.to_owned()), place(), ("", mark));
    expected.assert_eq(&numbered(&stages(observed, &wanted, &Releases::new(), "1.35")));
}

async fn check_plan(prior: &Cluster, config: &Cluster, expected: Expect) {
    expected.assert_eq(&plan_of(Some(prior.clone()), config).await);
}

/// What a refresh of the state of `config` says of entries.
fn entries(config: &Cluster, observed: &Observed) -> Cluster {
    let state = stored_of(config, &applied(config));
    truth(&state, observed, &Expected::of_state(&state), &place())
}

fn validated(config: &Cluster) -> String {
    plan::validate(config).to_string()
}

#[test]
fn entries_are_made_with_their_groups_and_get_their_policies() {
    let ops = Entry { groups: list_of(["ops"]), username: "bob".into(), ..editor(BOB, &[]) };
    let nodes = Entry { r#type: "EC2_LINUX".into(), ..entry(NODES) };
    check(
        &config(),
        &live(),
        &with(&[("ci", editor(CI, &["apps", "dev-*"])), ("bob", ops), ("nodes", nodes)]),
        expect![[r#"
            1. give access to arn:aws:iam::111122223333:role/deploy/ci, AmazonEKSEditPolicy in apps, dev-*
            1. give access to arn:aws:iam::111122223333:role/nodes, type EC2_LINUX
            1. give access to arn:aws:iam::111122223333:user/bob, group ops, user bob
            2. make arn:aws:iam::111122223333:role/deploy/ci AmazonEKSEditPolicy in apps, dev-*
            2. make arn:aws:iam::111122223333:user/bob AmazonEKSEditPolicy
        "#]],
    );
}

#[test]
fn what_is_as_it_is_to_be_takes_no_step() {
    let config = with(&[("ci", Entry { groups: list_of(["ops"]), ..editor(CI, &["apps"]) })]);
    check(&config, &applied(&config), &config, expect![[""]]);
}

#[test]
fn viewers_read_everything() {
    let access = Access { viewers: list_of([BOB]), ..Access::default() };
    check(
        &config(),
        &live(),
        &Cluster { access: Attr::Known(access), ..config() },
        expect![[r#"
            1. give access to arn:aws:iam::111122223333:user/bob
            2. make arn:aws:iam::111122223333:user/bob AmazonEKSAdminViewPolicy
        "#]],
    );
}

#[test]
fn a_change_gives_before_it_takes() {
    let before = with(&[("ci", Entry { groups: list_of(["ops"]), ..editor(CI, &["apps"]) })]);
    let policies = vec![policy("AmazonEKSViewPolicy", &[])];
    let after = Entry { groups: list_of(["dev"]), policies: Attr::Known(policies), ..entry(CI) };
    check(
        &before,
        &applied(&before),
        &with(&[("ci", after)]),
        expect![[r#"
            1. make arn:aws:iam::111122223333:role/deploy/ci the default user, groups [dev]
            1. make arn:aws:iam::111122223333:role/deploy/ci AmazonEKSViewPolicy
            2. take AmazonEKSEditPolicy from arn:aws:iam::111122223333:role/deploy/ci
        "#]],
    );
}

#[test]
fn another_scope_is_one_call() {
    let before = with(&[("ci", editor(CI, &["apps"]))]);
    check(
        &before,
        &applied(&before),
        &with(&[("ci", editor(CI, &[]))]),
        expect![[r#"
            1. make arn:aws:iam::111122223333:role/deploy/ci AmazonEKSEditPolicy
        "#]],
    );
}

#[test]
fn another_type_makes_the_entry_anew() {
    let before = with(&[("nodes", Entry { r#type: "EC2_LINUX".into(), ..entry(NODES) })]);
    check(
        &before,
        &applied(&before),
        &with(&[("nodes", Entry { r#type: "HYBRID_LINUX".into(), ..entry(NODES) })]),
        expect![[r#"
            1. remove access of arn:aws:iam::111122223333:role/nodes
            2. give access to arn:aws:iam::111122223333:role/nodes, type HYBRID_LINUX
        "#]],
    );
}

#[test]
fn an_entry_of_ours_loses_what_others_gave_it_and_goes_when_nobody_names_it() {
    let before = with(&[("ci", editor(CI, &["apps"]))]);
    let mut observed = applied(&before);
    let grant = &mut observed.entries.get_mut(CI).expect("an entry").grant;
    grant.policies.insert(ADMIN.to_owned(), grants::Scope::new());
    grant.groups.insert("ops".to_owned());
    check(
        &before,
        &observed,
        &before,
        expect![[r#"
            1. make arn:aws:iam::111122223333:role/deploy/ci the default user, groups []
            2. take AmazonEKSClusterAdminPolicy from arn:aws:iam::111122223333:role/deploy/ci
        "#]],
    );
    check(
        &before,
        &observed,
        &config(),
        expect![[r#"
            1. remove access of arn:aws:iam::111122223333:role/deploy/ci
        "#]],
    );
}

#[test]
fn an_entry_of_others_keeps_what_it_has_and_loses_what_was_written_alone() {
    let written = with(&[("ci", Entry { groups: list_of(["ops"]), ..editor(CI, &["apps"]) })]);
    let mut observed = live();
    let theirs = Grant { groups: ["dev".to_owned()].into(), ..Grant::of_policy("AmazonEKSViewPolicy") };
    observed.entries.insert(CI.to_owned(), another(theirs.clone()));
    check(
        &config(),
        &observed,
        &written,
        expect![[r#"
            1. make arn:aws:iam::111122223333:role/deploy/ci the default user, groups [dev, ops]
            1. make arn:aws:iam::111122223333:role/deploy/ci AmazonEKSEditPolicy in apps
        "#]],
    );

    let mut shared = theirs;
    shared.groups.insert("ops".to_owned());
    shared.policies.insert("AmazonEKSEditPolicy".to_owned(), ["apps".to_owned()].into());
    observed.entries.insert(CI.to_owned(), another(shared));
    check(&written, &observed, &written, expect![[""]]);
    expect![[r#"["AmazonEKSEditPolicy in apps", "group ops"]"#]]
        .assert_eq(&format!("{:?}", crate::cluster::model::texts(&shown_of(&written, &observed, CI))));
    check(
        &written,
        &observed,
        &config(),
        expect![[r#"
            1. make arn:aws:iam::111122223333:role/deploy/ci the default user, groups [dev]
            2. take AmazonEKSEditPolicy from arn:aws:iam::111122223333:role/deploy/ci
        "#]],
    );
}

fn shown_of(config: &Cluster, observed: &Observed, principal: &str) -> Attr<List<String>> {
    let state = entries(config, observed);
    state.access_entries.known().and_then(|all| all.get(principal)).cloned().unwrap_or_default()
}

#[test]
fn entries_of_nodes_are_never_ours() {
    let mut observed = live();
    let nodes = Grant { kind: "EC2_LINUX".to_owned(), ..Grant::default() };
    observed.entries.insert(place().role_arn("node"), another(nodes));
    check(&config(), &observed, &config(), expect![[""]]);
    assert_eq!(shown_of(&config(), &observed, &place().role_arn("node")), Attr::Null);
}

#[tokio::test]
async fn what_was_changed_elsewhere_is_shown_and_put_back() {
    let config = with(&[("ci", editor(CI, &["apps"])), ("bob", editor(BOB, &[]))]);
    let mut observed = applied(&config);
    observed.entries.remove(BOB);
    let grant = &mut observed.entries.get_mut(CI).expect("an entry").grant;
    grant.policies.insert("AmazonEKSEditPolicy".to_owned(), ["apps".to_owned(), "kube-system".to_owned()].into());
    grant.username = Some("root".to_owned());
    check_plan(&entries(&config, &observed), &config, expect![[r#"
        update
          ~ access_entries["arn:aws:iam::111122223333:role/deploy/ci"] = ["AmazonEKSEditPolicy in apps, kube-system", "user root"] -> ["AmazonEKSEditPolicy in apps"]
          + access_entries["arn:aws:iam::111122223333:user/bob"] = ["AmazonEKSEditPolicy"]
    "#]])
    .await;
}

#[tokio::test]
async fn a_change_names_the_entry() {
    let before = with(&[("ci", editor(CI, &["apps"]))]);
    check_plan(&stored_of(&before, &applied(&before)), &with(&[("ci", editor(CI, &["apps", "web"]))]), expect![[r#"
        update
          ~ access.entries["ci"].policies[0].namespaces = ["apps"] -> ["apps", "web"]
          ~ access_entries["arn:aws:iam::111122223333:role/deploy/ci"][0] = "AmazonEKSEditPolicy in apps" -> "AmazonEKSEditPolicy in apps, web"
    "#]])
    .await;
}

fn in_mode(mode: &str) -> (Cluster, Observed) {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").authentication_mode = Some(mode.to_owned());
    observed.entries.retain(|_, entry| mode != "CONFIG_MAP" && !entry.grant.is_for_people());
    let none = Access { creator_admin: false.into(), ..Access::default() };
    let config = Cluster { access: Attr::Known(none), ..config() };
    (config, observed)
}

fn with_mode(config: &Cluster, mode: &str) -> Cluster {
    let access = Access { authentication_mode: mode.into(), ..config.access.or(Access::default()) };
    Cluster { access: Attr::Known(access), ..config.clone() }
}

#[test]
fn a_mode_that_somebody_else_set_is_shown_where_one_is_written() {
    let live = "API".to_owned();
    let mode = |written: Access| {
        let shown = drifted(&Attr::Known(written), Some(&live));
        shown.known().map(|access| access.authentication_mode.clone())
    };
    let written = Access { authentication_mode: "API_AND_CONFIG_MAP".into(), ..Access::default() };
    assert_eq!(mode(written), Some("API".into()));
    assert_eq!(mode(Access::default()), Some(Attr::Null));
    assert_eq!(drifted(&Attr::Null, Some(&live)), Attr::Null);
}

#[tokio::test]
async fn the_mode_goes_forward_one_step_at_a_time() {
    let (before, observed) = in_mode("CONFIG_MAP");
    check_plan(
        &stored_of(&before, &observed),
        &before,
        expect![[r#"
        no changes
    "#]],
    )
    .await;
    let after = with_mode(&before, "API");
    check_plan(
        &stored_of(&before, &observed),
        &after,
        expect![[r#"
        update
          + access.authentication_mode = "API"
          ~ authentication_mode = "CONFIG_MAP" -> "API"
    "#]],
    )
    .await;
    check(
        &before,
        &observed,
        &after,
        expect![[r#"
            1. set the authentication mode to API_AND_CONFIG_MAP
            2. set the authentication mode to API
        "#]],
    );
}

#[tokio::test]
async fn the_mode_never_goes_back() {
    let (before, observed) = in_mode("API");
    let after = with_mode(&before, "API_AND_CONFIG_MAP");
    check_plan(&stored_of(&before, &observed), &after, expect![[r#"
        update
          + access.authentication_mode = "API_AND_CONFIG_MAP"
        error at access.authentication_mode: cluster prod cannot take access.authentication_mode back from API to API_AND_CONFIG_MAP
          EKS changes it in one direction only: CONFIG_MAP, API_AND_CONFIG_MAP, API. Set `authentication_mode = "API"`, or leave it out.
    "#]])
    .await;
    check(&before, &observed, &after, expect![[""]]);
}

#[tokio::test]
async fn a_cluster_of_the_config_map_alone_has_no_entries() {
    let (before, observed) = in_mode("CONFIG_MAP");
    let access = Access { admins: list_of([BOB]), ..before.access.or(Access::default()) };
    check_plan(
        &stored_of(&before, &observed),
        &Cluster { access: Attr::Known(access), ..before.clone() },
        expect![[r#"
        update
          + access.admins = ["arn:aws:iam::111122223333:user/bob"]
          + access_entries["arn:aws:iam::111122223333:user/bob"] = ["AmazonEKSClusterAdminPolicy"]
        error at access: cluster prod knows principals by the ConfigMap aws-auth alone and cannot have access entries
          Set `authentication_mode = "API_AND_CONFIG_MAP"`: what is in aws-auth stays valid beside the entries.
    "#]],
    )
    .await;
}

#[test]
fn a_new_cluster_does_not_begin_with_the_config_map() {
    expect![[r#"
        error at access.authentication_mode: a new cluster cannot know principals by a ConfigMap alone
          CONFIG_MAP is for clusters that were imported with it: it leaves no way to give anybody access from here. Leave it out, or use API_AND_CONFIG_MAP.
    "#]]
    .assert_eq(&plan::create(&with_mode(&config(), "CONFIG_MAP")).to_string());
    assert_eq!(plan::create(&with_mode(&config(), "API_AND_CONFIG_MAP")).to_string(), "");
}

#[test]
fn a_principal_is_named_once() {
    let mut config = with(&[("ci", editor(CI, &[])), ("again", editor(CI, &[])), ("bob", entry(BOB))]);
    if let Attr::Known(access) = &mut config.access {
        access.admins = list_of([BOB]);
        access.viewers = list_of([BOB]);
    }
    expect![[r#"
        error at access.viewers: arn:aws:iam::111122223333:user/bob is in access.admins and in access.viewers
          A principal has one access entry. Name it once: an entry can have several policies.
        error at access.entries["bob"].principal_arn: arn:aws:iam::111122223333:user/bob is in access.admins and in access.entries["bob"]
          A principal has one access entry. Name it once: an entry can have several policies.
        error at access.entries["ci"].principal_arn: arn:aws:iam::111122223333:role/deploy/ci is in access.entries["again"] and in access.entries["ci"]
          A principal has one access entry. Name it once: an entry can have several policies.
    "#]]
    .assert_eq(&validated(&config));
}

#[test]
fn entries_of_nodes_have_what_eks_gives_them() {
    let nodes = Entry { r#type: "EC2_LINUX".into(), groups: list_of(["ops"]), ..editor(NODES, &[]) };
    expect![[r#"
        error at access.entries["nodes"].groups: access entry nodes of type EC2_LINUX cannot have groups
          EKS itself decides what nodes may do. Leave it out, or make an entry of type STANDARD.
        error at access.entries["nodes"].policies: access entry nodes of type EC2_LINUX cannot have policies
          EKS itself decides what nodes may do. Leave it out, or make an entry of type STANDARD.
    "#]]
    .assert_eq(&validated(&with(&[("nodes", nodes)])));
    // Nodes of Auto Mode with a class of their own need a policy.
    let auto = vec![policy("AmazonEKSAutoNodePolicy", &[])];
    let auto = Entry { r#type: "EC2".into(), policies: Attr::Known(auto), ..entry(NODES) };
    assert_eq!(validated(&with(&[("nodes", auto)])), "");
}

#[test]
fn a_policy_has_one_scope() {
    let twice = vec![policy("AmazonEKSEditPolicy", &["a"]), policy("AmazonEKSEditPolicy", &["b"])];
    expect![[r#"
        error at access.entries["ci"].policies[1]: access entry ci has AmazonEKSEditPolicy twice
          EKS knows one scope per policy and entry. Put all namespaces into one.
    "#]]
    .assert_eq(&validated(&with(&[("ci", Entry { policies: Attr::Known(twice), ..entry(CI) })])));
}

#[test]
fn eks_makes_the_user_name_of_the_arn() {
    let of = |principal: &str| grants::default_username(principal);
    assert_eq!(of(CI), "arn:aws:sts::111122223333:assumed-role/ci/{{SessionName}}");
    assert_eq!(of(BOB), BOB);
    let seen = |name: &str| Grant { username: Some(name.to_owned()), ..Grant::default() }.without_defaults(BOB);
    assert_eq!(seen(BOB), Grant::default());
    assert_eq!(seen("root").username.as_deref(), Some("root"));
}

#[test]
fn an_import_writes_lists_where_they_say_it_all() {
    let mut config = with(&[("ci", editor(CI, &["apps"]))]);
    if let Attr::Known(access) = &mut config.access {
        access.viewers = list_of([BOB]);
    }
    let state = imported(&applied(&config), &place(), &Tags::new()).expect("a cluster");
    assert_eq!(state.access, config.access);
    assert_eq!(state, stored_of(&config, &applied(&config)));
}
