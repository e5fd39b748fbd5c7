//! The OpenID Connect provider by which IAM trusts a cluster's service accounts. Pure; `remote` has the calls.

use std::collections::BTreeSet;

use crate::cluster::control_plane;
use crate::cluster::observed::Observed;
use crate::cluster::parts::{Place, Tags};
use crate::cluster::step::Step;

/// A provider as IAM has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiveProvider {
    pub arn: String,
    /// Whom tokens may be for.
    pub audiences: BTreeSet<String>,
    pub tags: Tags,
}

/// Whom the tokens of service accounts are for.
pub(crate) fn audience(place: &Place) -> String {
    place.partition.service_principal("sts")
}

/// True for a provider that does what it was made for. What one of others is for is their business.
pub(crate) fn is_whole(live: &LiveProvider, place: &Place) -> bool {
    !place.is_part(&live.tags) || live.audiences.contains(&audience(place))
}

/// The ARN of the provider for an issuer, in the account of the cluster.
pub(crate) fn arn(cluster_arn: &str, issuer: &str) -> Option<String> {
    let parts: Vec<&str> = cluster_arn.split(':').collect();
    let (partition, account) = (parts.get(1)?, parts.get(4)?);
    let host = issuer.split_once("://").map_or(issuer, |(_, host)| host);
    Some(format!("arn:{partition}:iam::{account}:oidc-provider/{host}"))
}

fn ours(observed: &Observed, place: &Place) -> Vec<Step> {
    let live = observed.provider.iter().filter(|live| place.is_part(&live.tags));
    live.map(|live| Step::DeleteProvider(live.arn.clone())).collect()
}

/// What is left of a cluster that is gone: its issuer is no other cluster's.
pub(crate) fn clear(observed: &Observed, place: &Place) -> Vec<Step> {
    if control_plane::is_absent(observed) { ours(observed, place) } else { Vec::new() }
}

/// The provider to make, once there is a cluster, or to mend. Audiences that others added stay.
pub(crate) fn create(parts: &Observed, is_wanted: bool, place: &Place, tags: &Tags) -> Vec<Step> {
    match (is_wanted, &parts.provider) {
        (true, None) => vec![Step::CreateProvider(tags.clone())],
        (true, Some(live)) if !is_whole(live, place) => {
            vec![Step::AddAudience { provider: live.arn.clone(), audience: audience(place) }]
        }
        _ => Vec::new(),
    }
}

/// The provider that nobody asks for any more. One of others is left alone.
pub(crate) fn delete(parts: &Observed, is_wanted: bool, place: &Place) -> Vec<Step> {
    if is_wanted { Vec::new() } else { ours(parts, place) }
}
