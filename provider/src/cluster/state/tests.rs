//! What the state says.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use tfplugin_framework::value::json;

use super::*;
use crate::cluster::model::map_of;
use crate::cluster::samples::{config, live, place, planned, stored, stored_of, wanted};
use crate::cluster::status::Status;

fn shown(state: &Cluster) -> String {
    let all: serde_json::Value = serde_json::from_str(&json::encode(&state.to_value())).expect("JSON");
    let present = all.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    present.map(|(key, value)| format!("{key} = {value}\n")).collect()
}

fn check_import(observed: &Observed, defaults: &Tags, expected: Expect) {
    let state = imported(observed, &place(), defaults).expect("a cluster");
    // Without what is the same in every test.
    let quiet = Cluster {
        node_group_status: Attr::Null,
        installed_addons: Attr::Null,
        kubeconfig: Attr::Null,
        api_endpoint: Attr::Null,
        certificate_authority_data: Attr::Null,
        platform_version: Attr::Null,
        vpc_id: Attr::Null,
        cluster_security_group_id: Attr::Null,
        oidc_issuer: Attr::Null,
        service_cidr: Attr::Null,
        arn: Attr::Null,
        ..state
    };
    expected.assert_eq(&shown(&quiet));
}

#[test]
fn a_finished_cluster() {
    expect![[r#"
        access_entries = {"arn:aws:iam::111122223333:role/ci":["AmazonEKSClusterAdminPolicy"]}
        account_id = "111122223333"
        api_endpoint = "https://prod.example"
        arn = "arn:aws:eks:eu-west-1:111122223333:cluster/prod"
        authentication_mode = "API"
        certificate_authority_data = "Q0E="
        cluster_role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-cluster-9ceaa8d7"
        cluster_security_group_id = "sg-1"
        creator_arn = "arn:aws:iam::111122223333:role/ci"
        deletion_protection = true
        id = "prod"
        installed_addons = {"aws-ebs-csi-driver":{"namespace":"kube-system","role_arn":"arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30","status":"ACTIVE","version":"v1.35.2-eksbuild.1"},"coredns":{"namespace":"kube-system","role_arn":null,"status":"ACTIVE","version":"v1.35.2-eksbuild.1"},"eks-pod-identity-agent":{"namespace":"kube-system","role_arn":null,"status":"ACTIVE","version":"v1.35.2-eksbuild.1"},"kube-proxy":{"namespace":"kube-system","role_arn":null,"status":"ACTIVE","version":"v1.35.2-eksbuild.1"},"metrics-server":{"namespace":"kube-system","role_arn":null,"status":"ACTIVE","version":"v1.35.2-eksbuild.1"},"vpc-cni":{"namespace":"kube-system","role_arn":"arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-vpc-cni-aws-node-ce8df3d6","status":"ACTIVE","version":"v1.35.2-eksbuild.1"}}
        kubeconfig = "apiVersion: v1\nkind: Config\nclusters:\n- name: \"arn:aws:eks:eu-west-1:111122223333:cluster/prod\"\n  cluster:\n    server: \"https://prod.example\"\n    certificate-authority-data: \"Q0E=\"\ncontexts:\n- name: \"arn:aws:eks:eu-west-1:111122223333:cluster/prod\"\n  context:\n    cluster: \"arn:aws:eks:eu-west-1:111122223333:cluster/prod\"\n    user: \"arn:aws:eks:eu-west-1:111122223333:cluster/prod\"\ncurrent-context: \"arn:aws:eks:eu-west-1:111122223333:cluster/prod\"\nusers:\n- name: \"arn:aws:eks:eu-west-1:111122223333:cluster/prod\"\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      command: aws\n      args: [\"--region\", \"eu-west-1\", \"eks\", \"get-token\", \"--cluster-name\", \"prod\", \"--output\", \"json\"]\n"
        kubernetes_version = "1.35"
        name = "prod"
        node_group_status = {"default":{"arn":"arn:nodegroup/default","autoscaling_groups":["eks-default-1"],"kubernetes_version":"1.35","max":6,"min":2,"name":"default","release_version":"1.35.2-20261101","status":"ACTIVE","subnet_ids":["subnet-0000000000000000a","subnet-0000000000000000b"]}}
        node_role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958"
        oidc_issuer = "https://oidc.example/id/1"
        platform_version = "eks.9"
        ready = true
        region = "eu-west-1"
        service_cidr = "10.100.0.0/16"
        status = "ACTIVE"
        subnet_ids = ["subnet-0000000000000000a","subnet-0000000000000000b"]
        tags_all = {}
        vpc_id = "vpc-1"
    "#]].assert_eq(&shown(&stored()));
}

#[test]
fn a_create_that_got_as_far_as_the_roles() {
    let observed = Observed { roles: live().roles, ..Observed::default() };
    let plan = planned(&config());
    let expected = Expected::of_wanted(&wanted(&plan, None));
    let state = settled(&plan, &truth(&plan, &observed, &expected, &place()));
    expect![[r#"
        account_id = "111122223333"
        deletion_protection = true
        id = "prod"
        name = "prod"
        region = "eu-west-1"
        subnet_ids = ["subnet-0000000000000000a","subnet-0000000000000000b"]
        tags_all = {}
    "#]]
    .assert_eq(&shown(&state));
}

#[test]
fn what_only_the_state_knows_stays() {
    let state = stored();
    let looked = truth(&state, &live(), &Expected::of_state(&state), &place());
    assert_eq!(looked, state);
}

#[test]
fn import_of_a_cluster_whose_state_was_lost_is_its_state() {
    let imported = imported(&live(), &place(), &Tags::new()).expect("a cluster");
    assert_eq!(imported, stored());
}

#[test]
fn import_writes_what_differs_from_the_defaults() {
    let mut observed = live();
    let cluster = observed.cluster.as_mut().expect("a cluster");
    cluster.settings.reach.public_cidrs = vec!["203.0.113.0/24".to_owned()];
    cluster.tags.extend([("team".to_owned(), "shop".to_owned()), ("env".to_owned(), "prod".to_owned())]);
    observed.node_groups.get_mut("default").expect("a group").size.max = 9;
    let admin = observed.entries.values().next().cloned().expect("an entry");
    let admin = access::LiveEntry { tags: place().part_tags(""), ..admin };
    observed.entries.insert("arn:aws:iam::111122223333:role/platform".to_owned(), admin);
    check_import(
        &observed,
        &[("env".to_owned(), "prod".to_owned())].into(),
        expect![[r#"
            access = {"admins":["arn:aws:iam::111122223333:role/platform"],"authentication_mode":null,"creator_admin":null,"entries":null,"viewers":null}
            access_entries = {"arn:aws:iam::111122223333:role/ci":["AmazonEKSClusterAdminPolicy"],"arn:aws:iam::111122223333:role/platform":["AmazonEKSClusterAdminPolicy"]}
            account_id = "111122223333"
            authentication_mode = "API"
            cluster_role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-cluster-9ceaa8d7"
            creator_arn = "arn:aws:iam::111122223333:role/ci"
            deletion_protection = true
            endpoint = {"private":null,"public_cidrs":["203.0.113.0/24"]}
            id = "prod"
            kubernetes_version = "1.35"
            name = "prod"
            node_groups = {"default":{"ami_type":null,"auto_repair":null,"capacity":null,"desired":null,"disk_gib":null,"instance_types":null,"labels":null,"launch_template":null,"max":9,"max_unavailable":null,"max_unavailable_percentage":null,"min":null,"os":null,"release_version":null,"subnet_ids":null,"taints":null,"update_strategy":null}}
            node_role_arn = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958"
            ready = true
            region = "eu-west-1"
            status = "ACTIVE"
            subnet_ids = ["subnet-0000000000000000a","subnet-0000000000000000b"]
            tags = {"team":"shop"}
            tags_all = {"env":"prod","team":"shop"}
        "#]],
    );
}

#[test]
fn import_of_a_cluster_of_others_takes_nothing_of_theirs() {
    let mut observed = live();
    let cluster = observed.cluster.as_mut().expect("a cluster");
    cluster.tags = [("alpha.eksctl.io/cluster-name".to_owned(), "prod".to_owned())].into();
    cluster.role_arn = "arn:aws:iam::111122223333:role/eksctl-prod".to_owned();
    observed.roles.clear();
    observed.node_groups.values_mut().for_each(|one| one.tags.clear());
    observed.addons.values_mut().for_each(|one| one.tags.clear());
    observed.entries.values_mut().for_each(|one| one.tags.clear());
    check_import(
        &observed,
        &Tags::new(),
        expect![[r#"
            access_entries = {}
            account_id = "111122223333"
            authentication_mode = "API"
            cluster_role_arn = "arn:aws:iam::111122223333:role/eksctl-prod"
            deletion_protection = true
            id = "prod"
            kubernetes_version = "1.35"
            name = "prod"
            ready = true
            region = "eu-west-1"
            status = "ACTIVE"
            subnet_ids = ["subnet-0000000000000000a","subnet-0000000000000000b"]
            tags = {"alpha.eksctl.io/cluster-name":"prod"}
            tags_all = {"alpha.eksctl.io/cluster-name":"prod"}
        "#]],
    );
    expect![[r#"
        node groups: default
        add-ons: aws-ebs-csi-driver, coredns, eks-pod-identity-agent, kube-proxy, metrics-server, vpc-cni
        access entries: arn:aws:iam::111122223333:role/ci"#]]
    .assert_eq(&strangers(&observed, &place()).join("\n"));
}

#[test]
fn import_of_an_unfinished_cluster_is_unfinished() {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").tags = crate::cluster::samples::mark().tags();
    let state = imported(&observed, &place(), &Tags::new()).expect("a cluster");
    assert_eq!(state.ready, Attr::Known(false));
}

#[test]
fn what_is_missing_is_shown_as_missing() {
    let mut observed = live();
    observed.addons.remove("coredns");
    observed.node_groups.clear();
    observed.entries.clear();
    observed.roles.clear();
    let state = stored();
    let looked = truth(&state, &observed, &Expected::of_state(&state), &place());
    let maps = Cluster {
        access_entries: looked.access_entries,
        node_group_status: looked.node_group_status,
        installed_addons: looked.installed_addons,
        cluster_role_arn: looked.cluster_role_arn,
        node_role_arn: looked.node_role_arn,
        ..Cluster::default()
    };
    expect![[r#"
        access_entries = {}
        installed_addons = {"aws-ebs-csi-driver":{"role_arn":null,"status":"MISSING_ROLE","version":"v1.35.2-eksbuild.1"},"coredns":{"role_arn":null,"status":"MISSING","version":null},"eks-pod-identity-agent":{"role_arn":null,"status":"ACTIVE","version":"v1.35.2-eksbuild.1"},"kube-proxy":{"role_arn":null,"status":"ACTIVE","version":"v1.35.2-eksbuild.1"},"metrics-server":{"role_arn":null,"status":"ACTIVE","version":"v1.35.2-eksbuild.1"},"vpc-cni":{"role_arn":null,"status":"MISSING_ROLE","version":"v1.35.2-eksbuild.1"}}
        node_group_status = {"default":{"arn":null,"autoscaling_groups":null,"kubernetes_version":null,"max":null,"min":null,"name":"default","release_version":null,"status":"MISSING","subnet_ids":null}}
    "#]].assert_eq(&shown(&maps));
}

#[test]
fn a_part_that_was_removed_on_purpose_is_not_missing() {
    let config = Cluster { tags: map_of([]), ..config() };
    let mut observed = live();
    observed.node_groups.get_mut("default").expect("a group").status = Status::new("UPDATING");
    let state = stored_of(&config, &observed);
    let none = truth(&state, &Observed { node_groups: BTreeMap::new(), ..live() }, &Expected::default(), &place());
    assert_eq!(none.node_group_status, Attr::Known(Map::new()));
}
