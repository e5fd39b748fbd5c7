//! What the data source says of a cluster.

use expect_test::expect;
use tfplugin_framework::prelude::*;
use tfplugin_framework::value::json;

use super::*;
use crate::cluster::observed::Issue;
use crate::cluster::samples::{live, place};

fn offered(version: &str, end: &str) -> Offered {
    Offered { version: version.to_owned(), end_of_standard_support: Some(end.to_owned()), ..Offered::default() }
}

#[test]
fn everything_that_eks_says_is_shown() {
    let mut observed = live();
    observed.addons.retain(|name, _| name == "coredns");
    let issue =
        |code: &str| Issue { code: code.to_owned(), message: "so it is".to_owned(), objects: vec!["i-1".to_owned()] };
    observed.cluster.as_mut().expect("a cluster").issues = vec![issue("VpcNotFound")];
    observed.addons.values_mut().for_each(|one| one.issues = vec![issue("InsufficientNumberOfReplicas")]);
    let versions = [offered("1.36", "2027-08-22T00:00:00Z"), offered("1.35", "2027-03-27T00:00:00Z")];
    let found = found(&place(), &observed, &versions, Vec::new()).expect("a cluster");
    let found = FoundCluster { kubeconfig: Attr::Null, ..found };
    let all: serde_json::Value = serde_json::from_str(&json::encode(&found.to_value())).expect("JSON");
    let lines: String = all.as_object().into_iter().flatten().map(|(key, one)| format!("{key} = {one}\n")).collect();
    expect![[r#"
        account_id = "111122223333"
        addons = {"coredns":{"status":"ACTIVE","version":"v1.35.2-eksbuild.1"}}
        api_endpoint = "https://prod.example"
        arn = "arn:aws:eks:eu-west-1:111122223333:cluster/prod"
        authentication_mode = "API"
        certificate_authority_data = "Q0E="
        cluster_role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-cluster-9ceaa8d7"
        cluster_security_group_id = "sg-1"
        end_of_standard_support = "2027-03-27T00:00:00Z"
        health_issues = [{"code":"VpcNotFound","message":"so it is","object":"cluster prod","resource_ids":["i-1"]},{"code":"InsufficientNumberOfReplicas","message":"so it is","object":"add-on coredns","resource_ids":["i-1"]}]
        insights = []
        kubeconfig = null
        kubernetes_version = "1.35"
        name = "prod"
        next_version = "1.36"
        node_groups = {"default":{"arn":"arn:nodegroup/default","desired":2,"instance_types":["m7i-flex.large","m6i.large","m6a.large"],"kubernetes_version":"1.35","max":6,"min":2,"release_version":"1.35.2-20261101","status":"ACTIVE"}}
        oidc_issuer = "https://oidc.example/id/1"
        platform_version = "eks.9"
        region = "eu-west-1"
        security_group_ids = []
        service_cidr = "10.100.0.0/16"
        status = "ACTIVE"
        subnet_ids = ["subnet-0000000000000000a","subnet-0000000000000000b"]
        tags = {}
        vpc_id = "vpc-1"
    "#]].assert_eq(&lines);
}

#[test]
fn the_newest_version_has_no_next_one() {
    let of = |offered: &[Offered]| found(&place(), &live(), offered, Vec::new()).expect("a cluster");
    assert_eq!(of(&[offered("1.35", "x")]).next_version, Attr::Null);
    assert_eq!(of(&[]).end_of_standard_support, Attr::Null);
}
