//! Delete then create: is the delete half skipped?

use super::super::*;
use super::cluster;
use tfplugin_framework::value::Value;

const SUBNETS: &[&str] = &["subnet-a", "subnet-b"];

/// What core hands to both halves after it planned the tainted object as a create.
fn create_plan(arguments: &BTreeMap<&str, Value>) -> Private {
    Private::decode(&Private::default().with_create(arguments).encode())
}

#[test]
fn a_tainted_object_is_continued() {
    let prior = cluster("prod", SUBNETS);
    assert!(continues(false, &prior, &create_plan(&cluster("prod", &["subnet-b", "subnet-a"]))));
}

#[test]
fn a_tainted_object_that_was_renamed_is_really_deleted() {
    assert!(!continues(false, &cluster("prod", SUBNETS), &create_plan(&cluster("prod-2", SUBNETS))));
}

#[test]
fn a_tainted_object_in_other_subnets_is_really_deleted() {
    assert!(!continues(false, &cluster("prod", SUBNETS), &create_plan(&cluster("prod", &["subnet-a"]))));
}

#[test]
fn an_argument_that_only_one_side_has_counts_as_a_change() {
    let mut with_key = cluster("prod", SUBNETS);
    with_key.insert("key", "arn:of:a:key".into());
    assert!(!continues(false, &cluster("prod", SUBNETS), &create_plan(&with_key)));
    assert!(!continues(false, &with_key, &create_plan(&cluster("prod", SUBNETS))));
}

#[test]
fn an_argument_known_only_after_apply_could_be_another_one() {
    let mut planned = cluster("prod", SUBNETS);
    planned.insert("subnet_ids", Value::Set(vec!["subnet-a".into(), Value::Unknown]));
    assert!(!continues(false, &cluster("prod", SUBNETS), &create_plan(&planned)));
    planned.insert("subnet_ids", Value::Unknown);
    assert!(!continues(false, &cluster("prod", SUBNETS), &create_plan(&planned)));
}

#[test]
fn a_finished_object_that_was_tainted_by_hand_is_really_replaced() {
    let prior = cluster("prod", SUBNETS);
    assert!(!continues(true, &prior, &create_plan(&prior)));
}

#[test]
fn replacing_an_unfinished_object_on_request_continues_it() {
    // `-replace` of an untainted one: core hands the first plan's bytes to the second, the create's, which keeps them.
    let prior = cluster("prod", SUBNETS);
    let first = Private::claimed("claim-1");
    let second = Private::decode(&first.encode()).with_create(&prior);
    assert!(continues(false, &prior, &Private::decode(&second.encode())));
    assert_eq!(second.claim.as_deref(), Some("claim-1"));
}

#[test]
fn an_argument_added_by_a_later_release_does_not_delete() {
    let mut planned = cluster("prod", SUBNETS);
    planned.insert("network", Value::Null);
    assert!(continues(false, &cluster("prod", SUBNETS), &create_plan(&planned)));
}

#[test]
fn a_destroy_is_never_skipped() {
    // Abandoning an unfinished object by `terraform destroy`: this plan has no create arguments.
    let prior = cluster("prod", SUBNETS);
    assert!(!continues(false, &prior, &Private::claimed("claim-1")));
    assert!(!continues(false, &prior, &Private::default()));
}

#[test]
fn a_create_plan_without_arguments_deletes() {
    assert!(!continues(false, &BTreeMap::new(), &create_plan(&BTreeMap::new())));
}

#[test]
fn a_create_knows_that_its_delete_half_was_skipped() {
    let continued = Continued::default();
    continued.note("paas_cluster 111122223333/eu-west-1/prod");
    assert!(continued.contains("paas_cluster 111122223333/eu-west-1/prod"));
    assert!(!continued.contains("paas_cluster 111122223333/eu-west-1/stage"));
}
