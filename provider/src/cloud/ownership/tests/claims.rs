//! Create before destroy, and destroys: is the object that is there the one of this state?

use super::super::*;

fn live(claim: &str) -> Mark {
    Mark::unfinished("", claim, "hash")
}

#[test]
fn a_deposed_state_whose_object_was_continued_is_forgotten() {
    // Own or forced create_before_destroy: the create half took the object over; then core destroys the deposed state.
    let deposed = Private::claimed("claim-1");
    assert!(abandons(&deposed, Some(&live("claim-2"))));
    assert!(abandons(&deposed, Some(&live("claim-2").finished())));
}

#[test]
fn a_deposed_state_whose_object_nobody_continued_is_deleted() {
    // create_before_destroy with another name: the old object still has the old claim.
    assert!(!abandons(&Private::claimed("claim-1"), Some(&live("claim-1"))));
}

#[test]
fn a_create_that_failed_twice_leaves_one_owner() {
    // First create: claim-1, tainted. Second, before the destroy: claim-2, tainted too; claim-1 is deposed. Third: claim-3.
    let now = live("claim-3");
    assert!(abandons(&Private::claimed("claim-1"), Some(&now)));
    assert!(abandons(&Private::claimed("claim-2"), Some(&now)));
    assert!(!abandons(&Private::claimed("claim-3"), Some(&now)));
}

#[test]
fn destroying_an_unfinished_object_deletes_it() {
    assert!(!abandons(&Private::claimed("claim-1"), Some(&live("claim-1"))));
}

#[test]
fn an_object_of_the_same_name_that_somebody_made_since_is_not_deleted() {
    assert!(abandons(&Private::claimed("claim-1"), Some(&Mark::default())));
}

#[test]
fn an_object_that_is_gone_may_have_left_something_to_delete() {
    assert!(!abandons(&Private::claimed("claim-1"), None));
}

#[test]
fn an_imported_object_is_deleted_without_a_claim() {
    let imported = Private { imported: true, ..Private::default() };
    assert!(!abandons(&imported, Some(&Mark::default())));
    assert!(!abandons(&imported, Some(&live("claim-1"))));
}
