//! The question to EC2 where subnets are: at plan, where they change. Decides nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::resource::{Change, Context, Planned};

use crate::cloud::aws::signed::EC2;
use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cluster::PaasCluster;
use crate::cluster::control_plane::subnets::{LiveSubnet, Question};
use crate::cluster::model::Cluster;
use crate::cluster::remote::Remote;
use crate::cluster::remote::query::{filters, own};

/// How long a plan may ask.
const PLAN: Duration = Duration::from_secs(30);

impl Remote {
    /// Those of the subnets that exist. They are filtered for, because by its id one that does not exist is an error.
    async fn subnets(&self, ids: BTreeSet<String>) -> Result<Vec<LiveSubnet>, CloudError> {
        let filter = filters(&[("subnet-id".to_owned(), ids.into_iter().collect())]);
        let found = self.pages(&EC2, "DescribeSubnets", filter, "subnetSet").await?;
        let subnet = |one: &_| LiveSubnet {
            id: own(one, "subnetId"),
            vpc: own(one, "vpcId"),
            zone: own(one, "availabilityZone"),
        };
        Ok(found.iter().map(subnet).collect())
    }
}

impl PaasCluster {
    /// Asks EC2 whether EKS can take other subnets, or those of a new cluster. A plan never depends on it: where nothing can be
    /// asked EKS judges at apply. A new cluster is planned without a search for credentials, which takes seconds where there
    /// are none.
    pub(in crate::cluster) async fn judge_subnets(
        &self,
        context: &Context,
        change: &Change<Cluster>,
        planned: &Planned<Cluster>,
    ) -> Diagnostics {
        let Some(question) = Question::of(change, planned) else { return Diagnostics::none() };
        if question.is_new() && !self.cloud.has_credentials() {
            return Diagnostics::none();
        }
        let state = &planned.state;
        let asked = async {
            let name = state.name.or(String::new());
            let limit = Limit::new(context, PLAN);
            let remote = self.open(&state.region, &name, None, limit.clone()).await?;
            limit.finish(remote.subnets(question.ids())).await?
        };
        match asked.await {
            Ok(found) => question.judge(&found),
            Err(error) => {
                tracing::info!("EC2 could not be asked where subnets are, which EKS will judge: {error}");
                Diagnostics::none()
            }
        }
    }
}
