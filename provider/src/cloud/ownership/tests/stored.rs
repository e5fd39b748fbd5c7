//! The bytes that core keeps.

use super::super::*;
use super::cluster;
use tfplugin_framework::value::Value;

#[test]
fn private_bytes_come_back_as_they_went() {
    let mut arguments = cluster("prod", &["subnet-a"]);
    arguments.insert("key", Value::Unknown);
    let whole = Private { protected: true, imported: true, ..Private::claimed("claim-1").with_create(&arguments) };
    assert_eq!(Private::decode(&whole.encode()), whole);
    assert_eq!(whole.create.as_ref().and_then(|all| all.get("key")), Some(&None));
}

#[test]
fn an_empty_one_is_nearly_nothing_in_the_state() {
    assert_eq!(Private::default().encode(), b"{}");
    assert_eq!(Private::decode(b""), Private::default());
}

#[test]
fn bytes_of_a_later_release_are_read_as_far_as_they_are_known() {
    let read = Private::decode(br#"{"claim":"c","lease":{"until":7},"protected":true}"#);
    assert_eq!(read, Private { protected: true, ..Private::claimed("c") });
}

#[test]
fn bytes_that_are_not_ours_are_no_claim() {
    assert_eq!(Private::decode(b"\xff\x00by-update-plan"), Private::default());
}

#[test]
fn a_protected_object_is_recognised_in_the_second_plan_of_a_replacement() {
    // First plan: the object in state is protected. Second plan: prior is null, these bytes are all there is.
    let first = Private { protected: true, ..Private::claimed("claim-1") };
    assert!(Private::decode(&first.encode()).protected);
    assert!(!Private::decode(b"").protected, "a plain create has no such bytes");
}
