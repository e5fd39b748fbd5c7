//! Whether the cluster that is there is still the one of a state. Pure.

use crate::cloud::ownership::{self, Private};

use super::super::model::Cluster;
use super::super::observed::Observed;

#[cfg(test)]
mod tests;

/// True if the cluster that is there is another's: it carries the claim of a later apply, or none and is not the one that
/// the state knows. EKS gives every cluster an issuer of its own, so tags that are gone from the state's were taken away:
/// a destroy must not leave it behind for that, and an update writes them again.
pub(super) fn is_abandoned(private: &Private, prior: &Cluster, observed: &Observed) -> bool {
    let mark = observed.mark();
    let is_unclaimed = mark.as_ref().is_some_and(|mark| mark.claim.is_none());
    let issuer = observed.cluster.as_ref().and_then(|live| live.oidc_issuer.as_ref());
    let is_the_same = issuer.is_some() && issuer == prior.oidc_issuer.known();
    ownership::abandons(private, mark.as_ref()) && !(is_unclaimed && is_the_same)
}
