//! What EKS offers of add-ons: asked before an apply, and at plan where it can be. Decides nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::resource::{Change, Context};

use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cluster::PaasCluster;
use crate::cluster::addons::offers::{Question, judge};
use crate::cluster::addons::{Identity, Pin, Release, Releases, Wish, Wishes, compare, plan};
use crate::cluster::model::Cluster;
use crate::cluster::observed::Observed;
use crate::cluster::remote::{Remote, SIDE_BY_SIDE};

/// How long a plan may ask.
const PLAN: Duration = Duration::from_secs(60);

impl Remote {
    /// What EKS offers of these add-ons, each for one version of Kubernetes.
    pub(in crate::cluster) async fn releases(
        &self,
        needs: BTreeSet<(String, String)>,
        observed: &Observed,
        wanted: &Wishes,
    ) -> Result<Releases, CloudError> {
        let looks = needs.into_iter().map(async |(name, minor)| {
            let live = observed.addons.get(&name).map(|live| live.version.as_str());
            let stays = observed.cluster.as_ref().is_some_and(|cluster| cluster.version == minor);
            let version = match wanted.get(&name).map(|wish: &Wish| &wish.version) {
                Some(Pin::Exact(version)) => Some(version.as_str()),
                // An upgrade takes it to the recommended version.
                Some(Pin::Stays) if stays => live,
                _ => None,
            };
            let release = self.release(&name, &minor, version).await?;
            Ok(((name, minor), release))
        });
        futures::stream::iter(looks).buffer_unordered(SIDE_BY_SIDE).try_collect().await
    }

    /// What EKS offers of an add-on for one version of Kubernetes, and what a version of it needs: `version` if that works
    /// there, else the recommended one.
    async fn release(&self, name: &str, minor: &str, version: Option<&str>) -> Result<Release, CloudError> {
        let (default, compatible) = self.versions(name, minor).await?;
        // Not every seller recommends one.
        let newest = || compatible.iter().max_by(|a, b| compare(a, b)).cloned();
        let Some(default) = default.or_else(newest) else { return Ok(Release::default()) };
        let version = version.filter(|version| compatible.contains(*version)).unwrap_or(&default).to_owned();
        let call = self.aws.eks.describe_addon_configuration().addon_name(name).addon_version(&version);
        let configuration = call.send().await?;
        let identities = configuration.pod_identity_configuration().iter().filter_map(|one| {
            let policies = one.recommended_managed_policies().to_vec();
            Some(Identity { service_account: one.service_account()?.to_owned(), policies })
        });
        let identities = identities.collect();
        Ok(Release { identities, default, compatible, version, schema: configuration.configuration_schema })
    }

    /// The recommended version, and all versions that work.
    async fn versions(&self, name: &str, minor: &str) -> Result<(Option<String>, BTreeSet<String>), CloudError> {
        let call = self.aws.eks.describe_addon_versions().addon_name(name).kubernetes_version(minor);
        let mut pages = call.into_paginator().items().send();
        let (mut default, mut compatible) = (None, BTreeSet::new());
        while let Some(addon) = pages.next().await {
            let addon = addon.map_err(|error| unsupported(error.into(), minor))?;
            for version in addon.addon_versions() {
                let Some(text) = version.addon_version() else { continue };
                compatible.insert(text.to_owned());
                let of_minor = version.compatibilities().iter().find(|one| one.cluster_version() == Some(minor));
                if of_minor.is_some_and(|one| one.default_version()) {
                    default = Some(text.to_owned());
                }
            }
        }
        Ok((default, compatible))
    }

    /// Takes note of what EKS recommends of the add-ons that follow it.
    pub(in crate::cluster) async fn recommend(
        &self,
        observed: &mut Observed,
        followers: BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let Some(minor) = observed.cluster.as_ref().map(|live| live.version.clone()) else { return Ok(()) };
        for name in followers {
            if let Some(live) = observed.addons.get_mut(&name) {
                live.recommended = self.versions(&name, &minor).await?.0;
            }
        }
        Ok(())
    }
}

/// The first that EKS is asked of a version, before anything is made with it.
fn unsupported(error: CloudError, minor: &str) -> CloudError {
    let is_version = error.code() == Some("InvalidParameterException") && error.message().contains("ubernetes version");
    if !is_version {
        return error;
    }
    CloudError::told(
        format!("EKS does not offer Kubernetes {minor}"),
        format!(
            "Set `kubernetes_version` to a version that it offers, or leave it out for its default: the data source \
             paas_cluster_versions and `aws eks describe-cluster-versions` list them. It said: {}",
            error.message()
        ),
    )
}

impl PaasCluster {
    /// Asks EKS whether what a plan wants of add-ons is offered. A plan never depends on it: where nothing can be asked the
    /// apply asks again, before it does anything.
    pub(in crate::cluster) async fn judge_addons(
        &self,
        context: &Context,
        change: &Change<Cluster>,
        planned: &Cluster,
    ) -> Diagnostics {
        let Change::Update { prior, .. } = change else { return Diagnostics::none() };
        let questions = if prior.arn.known().is_some() { plan::questions(prior, planned) } else { Vec::new() };
        if questions.is_empty() {
            return Diagnostics::none();
        }
        let limit = Limit::new(context, PLAN);
        let asked = async {
            let name = prior.name.or(String::new());
            let remote = self.open(&prior.region, &name, prior.account_id.known(), limit.clone()).await?;
            let answers = questions.into_iter().map(async |question: Question| {
                let release = remote.release(&question.name, &question.minor, question.version()).await?;
                Ok::<_, CloudError>((question, release))
            });
            limit.finish(futures::stream::iter(answers).buffered(SIDE_BY_SIDE).try_collect::<Vec<_>>()).await?
        };
        match asked.await {
            Ok(answers) => {
                let mut all = Diagnostics::none();
                for (question, release) in answers {
                    let refused = judge(&question.name, &question.minor, &question.wish, &release);
                    all.extend(refused.map(|refused| refused.diagnostics()).unwrap_or_default());
                }
                all
            }
            Err(error) => {
                tracing::info!("EKS could not be asked about add-ons, which the apply will: {error}");
                Diagnostics::none()
            }
        }
    }
}
