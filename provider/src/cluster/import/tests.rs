//! How a cluster is named for an import.

use expect_test::expect;

use super::*;
use crate::cluster::samples::{live, place};

fn by_id(id: &str) -> Result<Named, Diagnostics> {
    named(&ImportBy::Id(id.to_owned()))
}

#[test]
fn an_id_is_a_name_and_perhaps_a_region() {
    let named = |region: Attr<String>| Ok(Named { name: "prod".to_owned(), region, account: None });
    assert_eq!(by_id("prod"), named(Attr::Null));
    assert_eq!(by_id("prod@eu-west-1"), named("eu-west-1".into()));
}

#[test]
fn an_identity_may_leave_out_account_and_region() {
    let identity = |all: &[(&str, Attr<String>)]| {
        named(&ImportBy::Identity(all.iter().map(|(name, part)| ((*name).to_owned(), part.clone())).collect()))
    };
    let least = identity(&[("name", "prod".into()), ("region", Attr::Null), ("account_id", Attr::Null)]);
    assert_eq!(least, by_id("prod"));
    let full =
        identity(&[("name", "prod".into()), ("region", "eu-west-1".into()), ("account_id", "111122223333".into())]);
    assert_eq!(full.map(|named| named.account), Ok(Some("111122223333".to_owned())));
}

#[test]
fn a_wrong_id_is_refused_before_any_call() {
    let said: String =
        ["", "@eu-west-1", "../prod", "prod@", "prod@x"].map(|id| by_id(id).expect_err("wrong").to_string()).concat();
    expect![[r#"
        error: the name of the cluster to import must be 1 to 100 letters, digits, - and _, with a letter or digit first, not ""
          An id is NAME or NAME@REGION, such as prod@eu-west-1.
        error: the name of the cluster to import must be 1 to 100 letters, digits, - and _, with a letter or digit first, not ""
          An id is NAME or NAME@REGION, such as prod@eu-west-1.
        error: the name of the cluster to import must be 1 to 100 letters, digits, - and _, with a letter or digit first, not "../prod"
          An id is NAME or NAME@REGION, such as prod@eu-west-1.
        error: the region of the cluster to import must be the name of a region, such as "eu-west-1", not ""
          An id is NAME or NAME@REGION, such as prod@eu-west-1.
        error: the region of the cluster to import must be the name of a region, such as "eu-west-1", not "x"
          An id is NAME or NAME@REGION, such as prod@eu-west-1.
    "#]].assert_eq(&said);
}

#[test]
fn a_stranger_is_taken_in_with_a_configuration_that_changes_nothing() {
    let mut observed = live();
    let cluster = observed.cluster.as_mut().expect("a cluster");
    cluster.tags = [("made by".to_owned(), "eksctl ${x}".to_owned())].into();
    cluster.role_arn = "arn:aws:iam::111122223333:role/eksctl-prod".to_owned();
    cluster.settings.reach =
        crate::cluster::control_plane::Reach { private: false, public_cidrs: vec!["0.0.0.0/0".to_owned()] };
    cluster.settings.logs.clear();
    cluster.settings.support = "EXTENDED".to_owned();
    cluster.deletion_protection = false;
    cluster.authentication_mode = Some("CONFIG_MAP".to_owned());
    observed.entries.clear();
    observed.roles.clear();
    observed.node_groups.values_mut().for_each(|one| one.tags.clear());
    observed.addons.values_mut().for_each(|one| one.tags.clear());
    let found = state::imported(&observed, &place(), &Default::default()).expect("a cluster");
    let strangers = state::strangers(&observed, &place());
    expect![[r#"
        warning: cluster prod has parts that this resource leaves alone
          node groups: default
          add-ons: aws-ebs-csi-driver, coredns, eks-pod-identity-agent, kube-proxy, metrics-server, vpc-cni

          They stay as they are. A node group becomes managed here when node_groups has its name as a key, an access entry when `access` names its principal; roles of the cluster are never touched.

          This configuration changes nothing; whatever is left out of it gets its default in the next apply:

            resource "paas_cluster" "<label>" {
              name                = "prod"
              subnet_ids          = ["subnet-0000000000000000a", "subnet-0000000000000000b"]
              endpoint            = { private = false, public_cidrs = ["0.0.0.0/0"] }
              logging             = { types = [] }
              upgrade             = { support_type = "EXTENDED" }
              tags                = { "made by" = "eksctl $${x}" }
              deletion_protection = false
            }
    "#]].assert_eq(&words::strangers("cluster prod", true, &strangers, &found).to_string());
}

#[test]
fn of_a_cluster_of_ours_there_is_nothing_to_say() {
    let found = state::imported(&live(), &place(), &Default::default()).expect("a cluster");
    assert!(!words::strangers("cluster prod", false, &state::strangers(&live(), &place()), &found).has_errors());
    assert_eq!(words::strangers("cluster prod", false, &[], &found).to_string(), "");
}
