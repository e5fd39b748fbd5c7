//! What was created and still exists, in every service and in the live clusters. Reads only.

pub(crate) mod account;
pub(crate) mod cluster;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sandbox_eks::Eks;
use serde::{Deserialize, Serialize};

use crate::aws::Place;
use crate::cloud::Cloud;
use crate::front::Front;

/// One thing that exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Resource {
    /// The 12-digit account.
    pub account: String,
    /// `iam`, `eks`, `kubernetes` …
    pub service: String,
    /// `role`, `cluster`, `apps/Deployment` …
    pub kind: String,
    /// Name or ARN; `CLUSTER/NAMESPACE/NAME` in Kubernetes.
    pub id: String,
    /// Tags, or labels in Kubernetes.
    pub tags: BTreeMap<String, String>,
    /// What tells it from another one of its name: the id or the time that its service gave it. Empty where `id` does.
    #[serde(default)]
    pub created: String,
}

impl From<sandbox_eks::Resource> for Resource {
    fn from(resource: sandbox_eks::Resource) -> Self {
        let sandbox_eks::Resource { account, kind, arn, tags, created, .. } = resource;
        Self { account, service: "eks".into(), kind: kind.into(), id: arn, tags, created: created.to_string() }
    }
}

/// What exists in these places, and in the clusters behind these fronts.
pub(crate) async fn everything(
    places: Vec<Place>,
    cloud: &Cloud,
    eks: &Eks,
    fronts: &[Arc<Front>],
    account: Option<&str>,
) -> anyhow::Result<Vec<Resource>> {
    let mut found: Vec<Resource> = eks.resources().into_iter().map(Resource::from).collect();
    for account in places.iter().map(|(account, _)| account).collect::<BTreeSet<_>>() {
        found.extend(account::iam(cloud, account).await?);
    }
    for (account, region) in &places {
        found.extend(account::regional(cloud, account, region).await?);
    }
    for front in fronts.iter().filter(|front| account.is_none_or(|account| front.server.name.account == account)) {
        found.extend(cluster::labelled(front).await?);
    }
    found.retain(|resource| account.is_none_or(|account| resource.account == account));
    found.sort();
    Ok(found)
}
