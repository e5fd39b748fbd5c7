//! How a create judges what it finds.

use std::collections::HashMap;

use super::super::*;
use super::cluster;
use tfplugin_framework::value::Value;

const HASHED: &str = "0123456789abcdef0123456789abcdef";

fn found() -> Mark {
    Mark::unfinished("team-a", "claim-1", HASHED)
}

#[test]
fn nothing_there_is_made() {
    assert_eq!(judge(None, "team-a", HASHED), Standing::Absent);
}

#[test]
fn an_unfinished_object_of_ours_is_continued_whatever_its_arguments_were() {
    assert_eq!(judge(Some(&found()), "team-a", HASHED), Standing::Unfinished);
    assert_eq!(judge(Some(&found()), "team-a", "another hash"), Standing::Unfinished);
}

#[test]
fn a_finished_object_of_ours_is_adopted_only_with_the_same_arguments() {
    let ready = found().finished();
    assert_eq!(judge(Some(&ready), "team-a", HASHED), Standing::Adoptable);
    assert_eq!(judge(Some(&ready), "team-a", "another hash"), Standing::Foreign(Reason::Arguments));
}

#[test]
fn an_object_of_another_owner_is_never_touched() {
    for mark in [found(), found().finished()] {
        let Standing::Foreign(Reason::Owner { theirs, ours }) = judge(Some(&mark), "", HASHED) else {
            panic!("an object of another owner was not refused");
        };
        assert_eq!((theirs.as_str(), ours.as_str()), ("team-a", ""));
    }
}

#[test]
fn an_object_without_a_mark_is_never_touched() {
    assert_eq!(judge(Some(&Mark::default()), "", HASHED), Standing::Foreign(Reason::Unmarked));
    let ready_by_hand = Mark { ready: true, hash: Some(HASHED.into()), ..Mark::default() };
    assert_eq!(judge(Some(&ready_by_hand), "", HASHED), Standing::Foreign(Reason::Unmarked));
}

#[test]
fn the_empty_owner_is_an_owner() {
    let mark = Mark::unfinished("", "claim-1", HASHED);
    assert_eq!(judge(Some(&mark), "", HASHED), Standing::Unfinished);
    assert_eq!(mark.tags().get(OWNER).map(String::as_str), Some(""));
}

#[test]
fn a_mark_survives_tags() {
    for mark in [found(), found().finished(), Mark::unfinished("", "c", "h")] {
        let tags: HashMap<String, String> = mark.tags().into_iter().collect();
        assert_eq!(Mark::read(|key| tags.get(key).map(String::as_str)), mark);
        assert!(tags.keys().all(|key| is_own_key(key)));
        assert_eq!(tags.get(MANAGED_BY).map(String::as_str), Some(MANAGER));
    }
    assert!(!is_own_key("team"));
}

#[test]
fn kubernetes_has_the_owner_in_a_label_and_the_rest_in_annotations() {
    let annotations = found().annotations();
    assert_eq!(annotations.keys().map(String::as_str).collect::<Vec<_>>(), [CLAIM, HASH, READY]);
}

#[test]
fn a_hash_is_the_same_for_the_same_meaning_and_another_for_another() {
    let arguments = cluster("prod", &["subnet-a", "subnet-b"]);
    assert_eq!(
        hash(&arguments),
        hash(&cluster("prod", &["subnet-b", "subnet-a"])),
        "the order of a set has no meaning"
    );
    assert_ne!(hash(&arguments), hash(&cluster("prod", &["subnet-a"])));
    assert_ne!(hash(&arguments), hash(&cluster("prod2", &["subnet-a", "subnet-b"])));
    assert_eq!(hash(&arguments).len(), 32);
}

#[test]
fn an_attribute_that_a_later_release_adds_changes_no_hash() {
    let mut later = cluster("prod", &["subnet-a"]);
    later.insert("network", Value::Null);
    assert_eq!(hash(&later), hash(&cluster("prod", &["subnet-a"])));
    let nested = |members: &[(&str, Value)]| {
        Value::Object(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    };
    let was = BTreeMap::from([("network", nested(&[("ip_family", "ipv4".into())]))]);
    let is = BTreeMap::from([("network", nested(&[("ip_family", "ipv4".into()), ("cidr", Value::Null)]))]);
    assert_eq!(hash(&was), hash(&is));
}

#[test]
fn texts_cannot_be_arranged_to_look_like_other_arguments() {
    let one = BTreeMap::from([("a", Value::from("x\nb:y"))]);
    let two = BTreeMap::from([("a", Value::from("x")), ("b", Value::from("y"))]);
    assert_ne!(hash(&one), hash(&two));
}

#[test]
fn every_claim_is_another() {
    assert_ne!(new_claim(), new_claim());
    assert_eq!(new_claim().len(), 32);
}
