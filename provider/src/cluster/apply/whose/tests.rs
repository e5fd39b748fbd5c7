//! Tags that somebody took away, and clusters of others.

use super::*;
use crate::cloud::ownership::{CLAIM, Private};
use crate::cluster::samples::{live, stored};

/// The finished cluster with this claim, or none of our tags.
fn with_claim(claim: Option<&str>) -> Observed {
    let mut observed = live();
    let cluster = observed.cluster.as_mut().expect("a cluster");
    match claim {
        Some(claim) => drop(cluster.tags.insert(CLAIM.to_owned(), claim.to_owned())),
        None => cluster.tags.clear(),
    }
    observed
}

#[test]
fn a_cluster_that_lost_its_tags_is_still_the_same() {
    let private = Private::claimed("ours");
    assert!(!is_abandoned(&private, &stored(), &with_claim(None)));
    assert!(!is_abandoned(&private, &stored(), &with_claim(Some("ours"))));
}

#[test]
fn one_that_was_made_again_elsewhere_is_not() {
    let mut again = with_claim(None);
    again.cluster.as_mut().expect("a cluster").oidc_issuer = Some("https://oidc.example/id/OTHER".to_owned());
    assert!(is_abandoned(&Private::claimed("ours"), &stored(), &again));
    // An unfinished state may not know its issuer yet.
    let unfinished = Cluster { oidc_issuer: Default::default(), ..stored() };
    assert!(is_abandoned(&Private::claimed("ours"), &unfinished, &with_claim(None)));
}

#[test]
fn nor_is_one_that_a_later_apply_has_claimed() {
    assert!(is_abandoned(&Private::claimed("ours"), &stored(), &with_claim(Some("theirs"))));
}
