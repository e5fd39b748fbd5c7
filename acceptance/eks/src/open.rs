//! The way to what runs on real nodes, for people: a Service by its name becomes a loopback address.

use std::net::SocketAddr;

use anyhow::{bail, ensure};
use serde::{Deserialize, Serialize};

use crate::eks::Eks;

/// A Service to open. What is left out must be clear without it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Wanted {
    /// The Service's name, which is its app's.
    pub service: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// The name of its cluster.
    pub cluster: Option<String>,
    /// Its account.
    pub account: Option<String>,
    /// One of its ports; the first where there are several.
    pub port: Option<i32>,
}

impl Eks {
    /// A loopback address at which the pods of a Service answer, as long as its cluster runs.
    ///
    /// # Errors
    /// When there is none such, several, or nothing runs there.
    pub async fn open(&self, wanted: &Wanted) -> anyhow::Result<SocketAddr> {
        let running: Vec<_> = self
            .running()
            .into_iter()
            .filter(|(key, _)| {
                wanted.cluster.as_ref().is_none_or(|name| *name == key.name)
                    && wanted.account.as_ref().is_none_or(|account| *account == key.place.account)
            })
            .collect();
        ensure!(
            !running.is_empty(),
            "no cluster{} runs",
            wanted.cluster.as_ref().map(|name| format!(" {name}")).unwrap_or_default()
        );
        let (mut found, mut known) = (Vec::new(), Vec::new());
        for (key, cluster) in &running {
            for (namespace, service) in cluster.plane.services().await {
                if service == wanted.service && wanted.namespace.as_ref().is_none_or(|one| *one == namespace) {
                    found.push((key, cluster, namespace));
                } else {
                    known.push(format!("{namespace}/{service}"));
                }
            }
        }
        match found.as_slice() {
            [(_, cluster, namespace)] => cluster.plane.open(namespace, &wanted.service, wanted.port).await,
            [] if known.is_empty() => {
                bail!("nothing runs here: nodes are simulated, or there are none yet (cargo sandbox up --nodes real)")
            }
            [] => bail!("there is no app {} with a port; there are {}", wanted.service, known.join(", ")),
            several => {
                let places: Vec<String> = several
                    .iter()
                    .map(|(key, _, namespace)| {
                        format!("--account {} --cluster {} --namespace {namespace}", key.place.account, key.name)
                    })
                    .collect();
                bail!("there are several apps {}: say which, {}", wanted.service, places.join(" or "))
            }
        }
    }
}
