//! On which cluster a workload is and whether a reference means the same one. Pure: knows names and ARNs, no API.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use tfplugin_framework::prelude::*;

use super::attributes::Shared;
use crate::cloud::kube::Lives;
use crate::cloud::reference::{ClusterArn, ClusterRef};

/// What the provider block says about names of clusters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// The region of plain names, once it is known.
    pub region: Option<String>,
    /// The keys of `kubeconfigs`.
    pub kubeconfigs: BTreeSet<String>,
}

/// Records the cluster that a workload was found or made on in the computed attributes.
pub fn record(lives: &Lives, shared: &mut Shared) {
    let arn = match lives {
        Lives::Eks(arn) => Some(arn),
        Lives::Kubeconfig { .. } => None,
    };
    shared.cluster_arn = arn.map(ToString::to_string).into();
    shared.account_id = arn.map(|arn| arn.account.clone()).into();
    shared.region = arn.map(|arn| arn.region.clone()).into();
    shared.cluster_uid = match lives {
        Lives::Eks(_) => Attr::Null,
        Lives::Kubeconfig { uid, .. } => Attr::Known(uid.clone()),
    };
}

/// Plans the attributes that record the place of something new: an ARN says it all, a name only that apply will tell.
pub fn plan_record(naming: &Naming, shared: &mut Shared) {
    let reference = shared.cluster.known().map(|text| ClusterRef::parse(text));
    match reference {
        Some(Ok(ClusterRef::Arn(arn))) => record(&Lives::Eks(arn), shared),
        Some(Ok(ClusterRef::Name(name))) if naming.kubeconfigs.contains(&name) => {
            (shared.cluster_arn, shared.account_id, shared.region) = (Attr::Null, Attr::Null, Attr::Null);
            shared.cluster_uid = Attr::Unknown;
        }
        _ => {
            shared.cluster_arn = Attr::Unknown;
            shared.account_id = Attr::Unknown;
            shared.region = Attr::Unknown;
            shared.cluster_uid = if reference.is_some() { Attr::Null } else { Attr::Unknown };
        }
    }
}

/// True if `planned` means the cluster that `prior` is on.
pub fn is_same(naming: &Naming, prior: &Shared, planned: &str) -> bool {
    let lives = prior.cluster_arn.known().and_then(|text| ClusterArn::parse(text).ok());
    match (ClusterRef::parse(planned), lives) {
        (Ok(ClusterRef::Arn(arn)), Some(lives)) => arn == lives,
        (Ok(ClusterRef::Name(name)), Some(lives)) => {
            !naming.kubeconfigs.contains(&name)
                && name == lives.name
                && naming.region.as_ref().is_none_or(|region| *region == lives.region)
        }
        // A cluster of kubeconfigs, or a create that failed before it found the cluster.
        (_, None) => planned == prior.cluster(),
        (Err(_), Some(_)) => false,
    }
}
