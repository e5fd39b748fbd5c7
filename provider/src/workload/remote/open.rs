//! The way from a workload's attributes to the API server of its cluster.

use std::collections::BTreeSet;
use std::sync::Arc;

use tfplugin_framework::attr::Attr;

use crate::cloud::Cloud;
use crate::cloud::kube::error::KubeError;
use crate::cloud::kube::{Kube, Lives};
use crate::workload::attributes::Shared;
use crate::workload::place::Naming;

/// What the provider block says about the names of these workloads' clusters.
pub fn naming<'a>(cloud: &Cloud, all: impl IntoIterator<Item = &'a Shared>) -> Naming {
    let names = all.into_iter().filter_map(|shared| shared.cluster.known());
    let kubeconfigs: BTreeSet<String> = names.filter(|name| cloud.kubeconfig(name).is_some()).cloned().collect();
    Naming { region: cloud.region(&Attr::Null).ok(), kubeconfigs }
}

/// Connects to the cluster of a workload: the one it was recorded on, if there is such a record.
///
/// # Errors
/// If there is no such cluster, it does not answer, or a key of `kubeconfigs` leads elsewhere by now.
pub async fn open(cloud: &Cloud, shared: &Shared) -> Result<Arc<Kube>, KubeError> {
    let cluster = shared.cluster_arn.known().map_or(shared.cluster(), String::as_str);
    let kube = cloud.kube.open(cloud, cluster).await?;
    if let (Lives::Kubeconfig { key, uid: is }, Attr::Known(was)) = (kube.lives(), &shared.cluster_uid)
        && is != was
    {
        return Err(KubeError::Repointed { key: key.clone(), was: was.clone(), is: is.clone() });
    }
    Ok(kube)
}
