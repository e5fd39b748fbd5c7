//! What a plan says of subnets, by what EC2 answers.

use expect_test::{Expect, expect};

use super::*;
use crate::cluster::model::list_of;
use crate::cluster::samples::{config, stored};

/// `subnet-a` is in zone a of vpc-1, `subnet-a2` too; `subnet-x` is in zone b of vpc-2.
fn found(ids: &BTreeSet<String>) -> Vec<LiveSubnet> {
    let subnet = |id: &String| {
        let (vpc, zone) = match id.strip_prefix("subnet-")? {
            "a" | "a2" => ("vpc-1", "a"),
            "b" => ("vpc-1", "b"),
            "c" => ("vpc-1", "c"),
            "x" => ("vpc-2", "b"),
            _ => return None,
        };
        Some(LiveSubnet { id: id.clone(), vpc: vpc.to_owned(), zone: format!("eu-west-1{zone}") })
    };
    ids.iter().filter_map(subnet).collect()
}

fn with(cluster: Cluster, ids: &[&str]) -> Cluster {
    Cluster { subnet_ids: list_of(ids.iter().copied()), ..cluster }
}

fn planned(state: &Cluster) -> Planned<Cluster> {
    Planned { state: state.clone(), private: Vec::new(), replaces: Vec::new() }
}

fn update(had: &[&str], wanted: &[&str]) -> Option<Question> {
    let (prior, state) = (with(stored(), had), with(stored(), wanted));
    Question::of(&Change::Update { prior, planned: state.clone(), config: with(config(), wanted) }, &planned(&state))
}

fn create(wanted: &[&str]) -> Option<Question> {
    let config = with(config(), wanted);
    Question::of(&Change::Create { planned: config.clone(), config: config.clone() }, &planned(&config))
}

fn check(question: Option<Question>, expected: Expect) {
    let question = question.expect("a question");
    expected.assert_eq(&question.judge(&found(&question.ids())).to_string());
}

#[test]
fn subnets_that_stay_are_not_asked_for() {
    assert_eq!(update(&["subnet-a", "subnet-b"], &["subnet-b", "subnet-a"]), None);
    let state = stored();
    let unknown = Cluster { subnet_ids: Attr::Known(vec![Attr::Unknown, "subnet-a".into()]), ..state.clone() };
    let change = Change::Update { prior: state, planned: unknown.clone(), config: config() };
    assert_eq!(Question::of(&change, &planned(&unknown)), None);
    assert_eq!(Question::of(&Change::Delete { prior: stored() }, &planned(&stored())), None);
}

#[test]
fn others_in_the_same_zones_are_fine() {
    check(update(&["subnet-a", "subnet-b"], &["subnet-a2", "subnet-b"]), expect![[""]]);
    check(update(&["subnet-a", "subnet-b"], &["subnet-a", "subnet-a2", "subnet-b"]), expect![[""]]);
}

#[test]
fn a_zone_cannot_go_or_come() {
    check(
        update(&["subnet-a", "subnet-b"], &["subnet-a", "subnet-c"]),
        expect![[r#"
        error at subnet_ids: cluster prod keeps its availability zones: eu-west-1b had a subnet and would have none, eu-west-1c had none and would have one
          EKS keeps the set of zones of a control plane for life. It has subnet-a in eu-west-1a, subnet-b in eu-west-1b; subnet_ids would have subnet-a in eu-west-1a, subnet-c in eu-west-1c. Name at least one subnet in each of eu-west-1a, eu-west-1b, and none elsewhere. (Node groups may be in other zones of the VPC, by their own subnet_ids.) To move it, make another cluster beside this one.
    "#]],
    );
    check(
        update(&["subnet-a", "subnet-b", "subnet-c"], &["subnet-a", "subnet-b"]),
        expect![[r#"
        error at subnet_ids: cluster prod keeps its availability zones: eu-west-1c had a subnet and would have none
          EKS keeps the set of zones of a control plane for life. It has subnet-a in eu-west-1a, subnet-b in eu-west-1b, subnet-c in eu-west-1c; subnet_ids would have subnet-a in eu-west-1a, subnet-b in eu-west-1b. Name at least one subnet in each of eu-west-1a, eu-west-1b, eu-west-1c, and none elsewhere. (Node groups may be in other zones of the VPC, by their own subnet_ids.) To move it, make another cluster beside this one.
    "#]],
    );
    check(
        update(&["subnet-a", "subnet-b"], &["subnet-a", "subnet-b", "subnet-c"]),
        expect![[r#"
        error at subnet_ids: cluster prod keeps its availability zones: eu-west-1c had none and would have one
          EKS keeps the set of zones of a control plane for life. It has subnet-a in eu-west-1a, subnet-b in eu-west-1b; subnet_ids would have subnet-a in eu-west-1a, subnet-b in eu-west-1b, subnet-c in eu-west-1c. Name at least one subnet in each of eu-west-1a, eu-west-1b, and none elsewhere. (Node groups may be in other zones of the VPC, by their own subnet_ids.) To move it, make another cluster beside this one.
    "#]],
    );
}

#[test]
fn a_vpc_is_for_life() {
    check(
        update(&["subnet-a", "subnet-b"], &["subnet-a", "subnet-x"]),
        expect![[r#"
        error at subnet_ids: cluster prod is in vpc-1, and subnet-x is in vpc-2
          EKS keeps the VPC of a control plane for life. Name subnets of that VPC; to move to another, make another cluster beside this one.
    "#]],
    );
    check(
        create(&["subnet-a", "subnet-x"]),
        expect![[r#"
        error at subnet_ids: cluster prod cannot be in more than one VPC: subnet-a is in vpc-1, subnet-x is in vpc-2
          The subnets of a control plane are in one VPC. Leave out those of the other.
    "#]],
    );
}

#[test]
fn a_control_plane_is_in_two_zones() {
    check(
        update(&["subnet-a", "subnet-b"], &["subnet-a", "subnet-a2"]),
        expect![[r#"
        error at subnet_ids: cluster prod needs subnets in at least two availability zones: subnet-a and subnet-a2 in eu-west-1a
          EKS puts the control plane's network interfaces in two zones, so that one may fail. Add a subnet of another zone of the same VPC.
    "#]],
    );
    check(
        create(&["subnet-a", "subnet-a2"]),
        expect![[r#"
        error at subnet_ids: cluster prod needs subnets in at least two availability zones: subnet-a and subnet-a2 in eu-west-1a
          EKS puts the control plane's network interfaces in two zones, so that one may fail. Add a subnet of another zone of the same VPC.
    "#]],
    );
    check(create(&["subnet-a", "subnet-b"]), expect![[""]]);
}

#[test]
fn one_that_does_not_exist_is_named() {
    check(
        create(&["subnet-a", "subnet-gone"]),
        expect![[r#"
        error at subnet_ids: cluster prod cannot be in subnets that do not exist: subnet-gone
          EC2 knows none of these in the cluster's region for the present credentials. Were they deleted, or are they of another region or account?
    "#]],
    );
}

/// The zone of a subnet that is gone is not known, so a new zone may be its.
#[test]
fn a_subnet_that_is_gone_may_be_replaced() {
    check(update(&["subnet-a", "subnet-gone"], &["subnet-a", "subnet-b"]), expect![[""]]);
    check(
        update(&["subnet-a", "subnet-gone"], &["subnet-c", "subnet-b"]),
        expect![[r#"
        error at subnet_ids: cluster prod keeps its availability zones: eu-west-1a had a subnet and would have none
          EKS keeps the set of zones of a control plane for life. It has subnet-a in eu-west-1a; subnet_ids would have subnet-b in eu-west-1b, subnet-c in eu-west-1c. Name at least one subnet in each of eu-west-1a, and none elsewhere. (Node groups may be in other zones of the VPC, by their own subnet_ids.) To move it, make another cluster beside this one.
    "#]],
    );
}

#[test]
fn what_takes_the_place_of_a_cluster_is_new() {
    let (prior, state) = (with(stored(), &["subnet-a", "subnet-b"]), with(stored(), &["subnet-b", "subnet-c"]));
    let replaced = Planned { replaces: vec![Path::attribute("name")], ..planned(&state) };
    let change = Change::Update { prior, planned: state.clone(), config: config() };
    assert!(Question::of(&change, &replaced).expect("a question").is_new());
    check(Question::of(&change, &replaced), expect![[""]]);
}
