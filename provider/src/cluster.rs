//! `paas_cluster`: an EKS cluster.
//!
//! [`model`] is what the user writes and reads back; `plan` refines what core is told; `wanted` reads a plan with every
//! default; `steps` (each a `step`) leads from what is `observed` to what is wanted; `remote` makes the effects; `state` says what is true
//! afterwards; `apply` strings these together. Each concern (`control_plane`, `node_groups`, `addons`, `pod_identities`, `access`, `iam`, `tags`)
//! has its own rules and its own calls.

mod access;
mod addons;
mod apply;
mod control_plane;
mod documents;
mod drift;
mod iam;
mod import;
mod insights;
mod inventory;
mod issues;
mod leftovers;
pub mod lookup;
pub mod model;
mod node_groups;
mod observed;
mod parts;
mod plan;
mod pod_identities;
mod read;
mod remote;
#[cfg(test)]
mod samples;
mod state;
mod status;
mod step;
mod steps;
mod tags;
pub mod versions;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{
    Change, Context, Drift, IdentityAttribute, ImportBy, Journal, Planned, Resource, Stored,
};

use crate::cloud::Cloud;
use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;

use model::Cluster;
use parts::Place;
use remote::Remote;

/// How long a look during a plan may take.
const LOOK: Duration = Duration::from_secs(60);

/// What is there after an operation, and what there is to say.
type Answer = (Option<Stored<Cluster>>, Diagnostics);

/// `paas_cluster`
#[derive(Debug)]
pub struct PaasCluster {
    cloud: Arc<Cloud>,
}

impl PaasCluster {
    /// Of the provider block in `cloud`.
    pub fn new(cloud: Arc<Cloud>) -> PaasCluster {
        PaasCluster { cloud }
    }

    /// Opens the cluster `name` in a region; an account that the state names must be the caller's.
    async fn open(
        &self,
        region: &Attr<String>,
        name: &str,
        account: Option<&String>,
        limit: Limit,
    ) -> Result<Remote, CloudError> {
        let region = self.cloud.region(region)?;
        let aws = limit.finish(self.cloud.aws(&region)).await??;
        if let Some(account) = account.filter(|account| **account != aws.account_id) {
            return Err(CloudError::told(
                format!("it is in AWS account {account}, and the credentials are those of {}", aws.account_id),
                format!(
                    "They belong to {}. Nothing was changed. Use credentials of account {account}.",
                    aws.caller.arn
                ),
            ));
        }
        let place = Place::new(&aws, name);
        Ok(Remote { aws, place, limit, issuer: None, bearers: BTreeSet::new() })
    }
}

impl PaasCluster {
    /// What EKS knows of the way to a planned version. What cannot be read is no reason against a plan: the apply looks again.
    async fn readiness(&self, context: &Context, change: &Change<Cluster>) -> Diagnostics {
        let Change::Update { prior, planned, .. } = change else { return Diagnostics::none() };
        let Some((version, upgrade)) = plan::next_version(prior, planned) else { return Diagnostics::none() };
        let looked = async {
            let limit = Limit::new(context, LOOK);
            let name = prior.name.or(String::new());
            let remote = self.open(&prior.region, &name, prior.account_id.known(), limit).await?;
            remote.limit.finish(remote.insights(&version)).await?
        };
        match looked.await {
            Ok(insights) => {
                insights::refusal(&insights, &version, &upgrade, &parts::object(&prior.name.or(String::new())))
            }
            Err(error) => {
                tracing::warn!("the upgrade insights were not read: {error}");
                Diagnostics::none()
            }
        }
    }

    /// In one apply a cluster is deleted and made again under its name: apps must not talk to the old one's address.
    fn forget(&self, cluster: &Cluster) {
        if let (Some(name), Ok(region)) = (cluster.name.known(), self.cloud.region(&cluster.region)) {
            self.cloud.kube.forget(&region, name);
        }
    }
}

#[async_trait]
impl Resource for PaasCluster {
    type Model = Cluster;

    fn type_name(&self) -> &'static str {
        "paas_cluster"
    }

    fn doc(&self) -> &'static str {
        "An EKS cluster that can run workloads: control plane, IAM roles, access for whoever made it, add-ons and nodes.\n\n\
         An apply that is interrupted, also by `kill -9`, is continued by the next one, with the same cluster.\n\n\
         A refresh shows what somebody changed elsewhere, and the next apply puts it back; [below](#what-others-change) stands what a \
         refresh does not read.\n\n\
         Inside of braces Terraform and OpenTofu drop a name that they do not know, without a word and before the provider sees \
         it: `node_groups = { web = { min_size = 3 } }` says nothing, because the attribute is `min`. What a plan does not show \
         was not understood."
    }

    fn identity_attributes(&self) -> &'static [IdentityAttribute] {
        &[
            IdentityAttribute { name: "account_id", doc: "The AWS account.", required: false },
            IdentityAttribute { name: "region", doc: "The AWS region; the provider's if left out.", required: false },
            IdentityAttribute { name: "name", doc: "The cluster's name.", required: true },
        ]
    }

    fn identity(&self, state: &Cluster) -> Option<BTreeMap<String, String>> {
        let known = |name: &str, value: &Attr<String>| Some((name.to_owned(), value.known()?.clone()));
        Some(BTreeMap::from([
            known("account_id", &state.account_id)?,
            known("region", &state.region)?,
            known("name", &state.name)?,
        ]))
    }

    fn drift(&self) -> &'static [Drift] {
        drift::ALL
    }

    fn validate(&self, config: &Cluster) -> Diagnostics {
        plan::validate(config)
    }

    async fn plan(
        &self,
        context: &Context,
        change: &Change<Cluster>,
        private: &[u8],
        planned: &mut Planned<Cluster>,
    ) -> Diagnostics {
        let mut all = Diagnostics::none();
        let region = match self.cloud.region(&Attr::Null) {
            Ok(region) => Some(region),
            Err(error) => {
                // A create without any region would fail at apply; unknown ones are known by then.
                if let Change::Create { config, .. } = change
                    && config.region.is_null()
                    && !error.is_unknown()
                {
                    all.extend(error.diagnostics(&parts::object(&config.name.or("of an unknown name".to_owned()))));
                }
                None
            }
        };
        all.extend(self.readiness(context, change).await);
        let setting = plan::Setting { region, default_tags: self.cloud.default_tags() };
        all.extend(plan::refine(change, private, &setting, planned));
        if !all.has_errors() {
            all.extend(self.judge_subnets(context, change, planned).await);
            all.extend(self.judge_addons(context, change, &planned.state).await);
        }
        all
    }

    async fn read(&self, context: &Context, stored: Stored<Cluster>) -> Answer {
        self.look(context, stored).await
    }

    async fn apply(
        &self,
        context: &Context,
        change: Change<Cluster>,
        private: &[u8],
        journal: &Journal<Cluster>,
    ) -> Answer {
        match change {
            Change::Create { planned, config } => {
                let answer = self.create(context, &planned, &config, private, journal).await;
                self.forget(&planned);
                answer
            }
            Change::Update { prior, planned, config } => {
                self.update(context, prior, &planned, &config, private, journal).await
            }
            Change::Delete { prior } => {
                let answer = self.delete(context, prior.clone(), private, journal).await;
                self.forget(&prior);
                answer
            }
        }
    }

    async fn import(&self, context: &Context, by: ImportBy) -> Answer {
        self.take_in(context, by).await
    }
}
