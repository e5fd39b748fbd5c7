//! The OpenID Connect provider by which IAM trusts a cluster's service accounts. Pure; `remote` has the calls.

use crate::cluster::control_plane;
use crate::cluster::observed::Observed;
use crate::cluster::parts::{Place, Tags};
use crate::cluster::step::Step;

/// A provider as IAM has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiveProvider {
    pub arn: String,
    pub tags: Tags,
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

/// The provider to make, once there is a cluster.
pub(crate) fn create(parts: &Observed, is_wanted: bool, tags: &Tags) -> Vec<Step> {
    match (is_wanted, &parts.provider) {
        (true, None) => vec![Step::CreateProvider(tags.clone())],
        _ => Vec::new(),
    }
}

/// The provider that nobody asks for any more. One of others is left alone.
pub(crate) fn delete(parts: &Observed, is_wanted: bool, place: &Place) -> Vec<Step> {
    if is_wanted { Vec::new() } else { ours(parts, place) }
}
