//! The data source `paas_cluster`: any EKS cluster by its name, whoever made it. Reads through the calls of the resource; decides
//! nothing about what it finds.

mod model;
mod remote;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tfplugin_framework::data_source::DataSource;
use tfplugin_framework::diagnostic::{Diagnostics, Path};
use tfplugin_framework::resource::Context;

use crate::cloud::Cloud;
use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;

use super::observed::Observed;
use super::parts::Place;
use super::versions::{self, Offered};
use super::{PaasCluster, parts};
use model::{FoundCluster, FoundInsight, found};

/// How long a look may take.
const LOOK: Duration = Duration::from_secs(120);

/// The data source.
#[derive(Debug)]
pub struct ClusterLookup {
    cluster: PaasCluster,
}

impl ClusterLookup {
    /// Of the provider block in `cloud`.
    pub fn new(cloud: Arc<Cloud>) -> ClusterLookup {
        ClusterLookup { cluster: PaasCluster::new(cloud) }
    }

    async fn look(
        &self,
        context: &Context,
        config: &FoundCluster,
        name: &str,
    ) -> Result<(Place, Observed, Vec<Offered>, Vec<FoundInsight>), CloudError> {
        let remote = self.cluster.open(&config.region, name, None, Limit::new(context, LOOK)).await?;
        let look = async {
            let all = versions::Filter::default();
            let offered = versions::remote::offered(&remote.aws, &all);
            let (cluster, offered) = futures::try_join!(remote.cluster(), offered)?;
            let has_parts = cluster.as_ref().is_some_and(|live| live.status.has_parts());
            let (node_groups, addons, insights) = match has_parts {
                true => futures::try_join!(remote.node_groups(), remote.addons(), remote.readiness())?,
                false => Default::default(),
            };
            Ok::<_, CloudError>((Observed { cluster, node_groups, addons, ..Observed::default() }, offered, insights))
        };
        let (observed, offered, insights) = remote.limit.finish(look).await??;
        Ok((remote.place.clone(), observed, offered, insights))
    }
}

#[async_trait]
impl DataSource for ClusterLookup {
    type Model = FoundCluster;

    fn type_name(&self) -> &'static str {
        "paas_cluster"
    }

    fn doc(&self) -> &'static str {
        "Any EKS cluster by its name, also one that was made elsewhere: how to reach it, what runs in it, what is wrong with it and \
         how long its version is supported.\n\n\
         Nothing in it is secret: tokens come from `aws eks get-token`, or from `paas_cluster_token`."
    }

    async fn read(&self, context: &Context, config: FoundCluster) -> (Option<FoundCluster>, Diagnostics) {
        let name = config.name.or(String::new());
        let summary = format!("{} was not read", parts::object(&name));
        match self.look(context, &config, &name).await {
            Ok((place, observed, offered, insights)) => match found(&place, &observed, &offered, insights) {
                Some(found) => (Some(found), Diagnostics::none()),
                None => {
                    let mut all = Diagnostics::none();
                    all.error_at(
                        Path::attribute("name"),
                        format!("there is no {} in {} of account {}", place.object(), place.region, place.account_id),
                        "Is the region right? `aws eks list-clusters` lists names. To read a cluster that this configuration \
                         makes, refer to its resource.",
                    );
                    (None, all)
                }
            },
            Err(error) => (None, error.diagnostics(&summary)),
        }
    }
}
