//! Connections to the API servers of clusters, opened when something first needs them. Knows Kubernetes' kinds and verbs;
//! must not know apps and jobs.

mod connection;
mod empty;
pub mod error;
mod lists;
mod object;
mod send;
#[cfg(test)]
mod tests;
mod token;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::Client;
use tfplugin_framework::attr::Attr;
use tokio::time::Instant;

use super::Cloud;
use super::reference::{ClusterArn, ClusterRef};
use error::{KubeError, Way};
pub use object::{Kind, Object, is_object_name};
pub use send::{FIELD_MANAGER, Terms, annotate};
use token::Tokens;

/// For how long nobody tries again to reach an API server that did not answer: 500 apps on it must not wait one by one.
const UNREACHABLE: Duration = Duration::from_secs(15);
/// Requests under way to one API server, watches and logs not counted.
const IN_FLIGHT: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Eks { region: String, name: String },
    Kubeconfig(String),
}

type Slot = Arc<tokio::sync::Mutex<Option<(Instant, Result<Arc<Kube>, KubeError>)>>>;

/// The connections of this process, one per cluster.
#[derive(Debug, Default)]
pub struct Connections {
    slots: Mutex<HashMap<Key, Slot>>,
}

/// Which cluster a connection leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lives {
    /// An EKS cluster.
    Eks(ClusterArn),
    /// A cluster of `kubeconfigs`.
    Kubeconfig {
        /// The key.
        key: String,
        /// The UID of its `kube-system` namespace.
        uid: String,
    },
}

/// A connection to one API server.
pub struct Kube {
    lives: Lives,
    way: Way,
    client: Client,
    tokens: Option<Arc<Tokens>>,
    permits: tokio::sync::Semaphore,
    lists: lists::Lists,
}

impl Connections {
    /// The connection to the cluster that `cluster` (an ARN, a name, a key of `kubeconfigs`) means. The API server has
    /// answered once when this returns.
    ///
    /// # Errors
    /// If there is no such cluster, it cannot be reached within 15 s, or it does not know who we are.
    pub async fn open(&self, cloud: &Cloud, cluster: &str) -> Result<Arc<Kube>, KubeError> {
        let reference = ClusterRef::parse(cluster).map_err(|_| KubeError::BadName(cluster.to_owned()))?;
        let kubeconfig = match &reference {
            ClusterRef::Name(name) => cloud.kubeconfig(name),
            ClusterRef::Arn(_) => None,
        };
        let key = match (&reference, &kubeconfig) {
            (ClusterRef::Arn(arn), _) => Key::Eks { region: arn.region.clone(), name: arn.name.clone() },
            (ClusterRef::Name(name), Some(_)) => Key::Kubeconfig(name.clone()),
            (ClusterRef::Name(name), None) => Key::Eks { region: cloud.region(&Attr::Null)?, name: name.clone() },
        };
        let slot = self.lock().entry(key.clone()).or_default().clone();
        let mut slot = slot.lock().await;
        if let Some((when, opened)) = &*slot
            && (opened.is_ok() || when.elapsed() < UNREACHABLE)
        {
            let opened = opened.clone()?;
            return in_account(&reference, opened, cloud).await;
        }
        let opened = match (&key, kubeconfig) {
            (Key::Kubeconfig(name), Some(entry)) => {
                Box::pin(connection::open_kubeconfig(name, &entry, &cloud.user_agent())).await
            }
            (Key::Eks { region, name }, _) => Box::pin(connection::open_eks(cloud, region, name)).await,
            (Key::Kubeconfig(name), None) => Err(KubeError::BadName(name.clone())),
        };
        if matches!(opened, Ok(_) | Err(KubeError::Unreachable { .. })) {
            *slot = Some((Instant::now(), opened.clone()));
        }
        in_account(&reference, opened?, cloud).await
    }

    /// Drops the connection to an EKS cluster: it was deleted or made, so the next one has another address.
    pub fn forget(&self, region: &str, name: &str) {
        self.lock().remove(&Key::Eks { region: region.to_owned(), name: name.to_owned() });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names and regions are the same in every account: the cluster that was found must be in the ARN's.
async fn in_account(reference: &ClusterRef, kube: Arc<Kube>, cloud: &Cloud) -> Result<Arc<Kube>, KubeError> {
    if let (ClusterRef::Arn(wanted), Lives::Eks(found)) = (reference, &kube.lives)
        && wanted.account != found.account
    {
        let aws = cloud.aws(&found.region).await?;
        return Err(connection::other_account(wanted, &aws));
    }
    Ok(kube)
}

impl fmt::Debug for Kube {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kube").field("lives", &self.lives).finish_non_exhaustive()
    }
}

impl Kube {
    /// The cluster's name, or its key in `kubeconfigs`.
    pub fn name(&self) -> &str {
        match &self.lives {
            Lives::Eks(arn) => &arn.name,
            Lives::Kubeconfig { key, .. } => key,
        }
    }

    /// Which cluster it leads to.
    pub fn lives(&self) -> &Lives {
        &self.lives
    }

    /// The client, for watches and logs. Everything else goes through the methods here, which retry and keep the lists true.
    pub fn client(&self) -> Client {
        self.client.clone()
    }
}
