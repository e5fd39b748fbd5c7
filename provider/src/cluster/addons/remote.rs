//! The calls for add-ons. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_eks::types::{Addon, AddonPodIdentityAssociations, ResolveConflicts};
use futures::{StreamExt, TryStreamExt};
use tokio::time::Instant;

use crate::cloud::error::CloudError;
use crate::cloud::poll::{self, Look};
use crate::cloud::retry::{self, Lag, PROPAGATION};
use crate::cluster::issues;
use crate::cluster::observed::{Issue, Seen};
use crate::cluster::remote::{LOOKS, Leaving, Remote, SIDE_BY_SIDE, Subject, VISIBLE, exists_already, unless_absent};
use crate::cluster::status::Status;

use super::{AddonSpec, Identity, LiveAddon, Release};

/// What CreateAddon says while it has not yet heard of a role.
const LAGS: [Lag; 3] = [
    Lag { code: "InvalidParameterException", text: "does not exist" },
    Lag { code: "InvalidParameterException", text: "CREATE_FAILED" },
    Lag { code: "InvalidParameterException", text: "Following required service principals" },
];

impl Remote {
    /// Every add-on, by name.
    pub(in crate::cluster) async fn addons(&self) -> Result<BTreeMap<String, LiveAddon>, CloudError> {
        let mut pages = self.aws.eks.list_addons().cluster_name(&self.place.name).into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(name) = pages.next().await {
            names.push(name?);
        }
        let looks = names.into_iter().map(async |name| {
            let found = self.look_for(LOOKS, || self.addon(&name)).await?;
            Ok(found.map(|live| (name, live)))
        });
        let found = futures::stream::iter(looks).buffer_unordered(SIDE_BY_SIDE);
        found.try_filter_map(|live: Option<_>| futures::future::ready(Ok(live))).try_collect().await
    }

    async fn addon(&self, name: &str) -> Result<Option<LiveAddon>, CloudError> {
        let call = self.aws.eks.describe_addon().cluster_name(&self.place.name).addon_name(name);
        let answer = unless_absent(call.send().await.map_err(CloudError::from))?;
        let Some(addon) = answer.and_then(|found| found.addon) else { return Ok(None) };
        let mut roles: BTreeSet<String> = addon.service_account_role_arn.iter().cloned().collect();
        for association in addon.pod_identity_associations() {
            roles.extend(self.role_of(association).await?);
        }
        Ok(Some(live(addon, roles)))
    }

    /// The role of an association; its id is the last part of its ARN.
    async fn role_of(&self, association: &str) -> Result<Option<String>, CloudError> {
        let id = association.rsplit('/').next().unwrap_or(association);
        let call = self.aws.eks.describe_pod_identity_association().cluster_name(&self.place.name).association_id(id);
        Ok(unless_absent(call.send().await.map_err(CloudError::from))?.and_then(|found| found.association?.role_arn))
    }

    /// What EKS offers of an add-on for one version of Kubernetes.
    pub(in crate::cluster) async fn release(&self, name: &str, minor: &str) -> Result<Release, CloudError> {
        let call = self.aws.eks.describe_addon_versions().addon_name(name).kubernetes_version(minor);
        let mut pages = call.into_paginator().items().send();
        let (mut default, mut compatible) = (None, BTreeSet::new());
        while let Some(addon) = pages.next().await {
            for version in addon?.addon_versions() {
                let Some(text) = version.addon_version() else { continue };
                compatible.insert(text.to_owned());
                let of_minor = version.compatibilities().iter().find(|one| one.cluster_version() == Some(minor));
                if of_minor.is_some_and(|one| one.default_version()) {
                    default = Some(text.to_owned());
                }
            }
        }
        let Some(default) = default else {
            return Err(CloudError::told(
                format!("EKS offers no version of add-on {name} for Kubernetes {minor}"),
                "Is this version of Kubernetes still supported? `aws eks describe-cluster-versions` lists them.",
            ));
        };
        let call = self.aws.eks.describe_addon_configuration().addon_name(name).addon_version(&default);
        let configuration = call.send().await?;
        let identities = configuration.pod_identity_configuration().iter().filter_map(|one| {
            let policies = one.recommended_managed_policies().to_vec();
            Some(Identity { service_account: one.service_account()?.to_owned(), policies })
        });
        Ok(Release { identities: identities.collect(), default, compatible })
    }

    pub(in crate::cluster) async fn create_addon(&self, spec: &AddonSpec) -> Result<Seen, CloudError> {
        let association = |(account, role): (&String, &String)| {
            let built = AddonPodIdentityAssociations::builder().service_account(account).role_arn(role).build();
            built.map_err(|error| CloudError::told("its role cannot be named", error.to_string()))
        };
        let associations: Vec<_> = spec.roles.iter().map(association).collect::<Result<_, _>>()?;
        let call = self
            .aws
            .eks
            .create_addon()
            .cluster_name(&self.place.name)
            .addon_name(&spec.name)
            .addon_version(&spec.version)
            .resolve_conflicts(ResolveConflicts::Overwrite)
            .set_pod_identity_associations((!associations.is_empty()).then_some(associations))
            .set_tags(Some(spec.tags.clone().into_iter().collect()));
        let made =
            retry::while_lagging(&self.limit, PROPAGATION, &LAGS, || async { Ok(call.clone().send().await?) }).await;
        match made {
            // Names are unique in a cluster, and the cluster is ours.
            Err(error) if !exists_already(&error) => Err(error),
            _ if spec.wait => self.await_addon(spec.name.clone()).await,
            _ => self.settle_addon(spec.name.clone()).await,
        }
    }

    /// Waits until EKS says what became of it: without nodes that is DEGRADED, and no more can come of it.
    async fn settle_addon(&self, name: String) -> Result<Seen, CloudError> {
        let live = poll::until(&self.limit, &format!("add-on {name} to be there"), || async {
            match self.addon(&name).await? {
                Some(live) if live.status.is_changing() => Ok(Look::Pending(waiting(&live))),
                found => Ok(Look::Done(found)),
            }
        })
        .await?;
        Ok(Seen::Addon(name, live.map(Box::new)))
    }

    /// Waits also while it is DEGRADED: its pods may only be waiting for nodes.
    pub(in crate::cluster) async fn await_addon(&self, name: String) -> Result<Seen, CloudError> {
        let start = Instant::now();
        let live = poll::until(&self.limit, &format!("add-on {name} to become active"), || async {
            match self.addon(&name).await? {
                Some(live) if live.status.is_active() => Ok(Look::Done(live)),
                Some(live) if live.status.is_pending() => Ok(Look::Pending(waiting(&live))),
                Some(live) => Err(issues::failed(&live.issues)),
                None if start.elapsed() < VISIBLE => Ok(Look::Pending("not visible yet".to_owned())),
                None => {
                    Err(CloudError::told("it disappeared while it was waited for", "Somebody may have deleted it."))
                }
            }
        })
        .await?;
        Ok(Seen::Addon(name, Some(Box::new(live))))
    }

    pub(in crate::cluster) async fn upgrade_addon(&self, name: String, version: &str) -> Result<Seen, CloudError> {
        let ask = || async {
            let call = self.aws.eks.update_addon().cluster_name(&self.place.name).addon_name(&name);
            let call = call.addon_version(version).resolve_conflicts(ResolveConflicts::Overwrite);
            Ok(call.send().await?.update)
        };
        self.change(&format!("add-on {name}"), Subject::Addon(&name), ask).await?;
        let live = self.look_for(LOOKS, || self.addon(&name)).await?;
        Ok(Seen::Addon(name, live.map(Box::new)))
    }

    pub(in crate::cluster) async fn delete_addon(&self, name: String) -> Result<Seen, CloudError> {
        let call = || async {
            let call = self.aws.eks.delete_addon().cluster_name(&self.place.name).addon_name(&name);
            Ok(call.send().await?)
        };
        unless_absent(self.when_free(call).await)?;
        self.until_gone(&format!("add-on {name}"), 1, || self.addon(&name)).await?;
        Ok(Seen::Addon(name, None))
    }
}

fn waiting(live: &LiveAddon) -> String {
    match live.issues.is_empty() {
        true => format!("status {}", live.status),
        false => format!("status {}, {}", live.status, issues::lines(&live.issues)),
    }
}

impl Leaving for LiveAddon {
    fn leaving(&self) -> (&Status, &[Issue]) {
        (&self.status, &self.issues)
    }
}

fn live(addon: Addon, roles: BTreeSet<String>) -> LiveAddon {
    let issue = |issue: &aws_sdk_eks::types::AddonIssue| Issue {
        code: issue.code().map_or("", |code| code.as_str()).to_owned(),
        message: issue.message().unwrap_or_default().to_owned(),
        objects: issue.resource_ids().to_vec(),
    };
    LiveAddon {
        status: Status::new(addon.status().map_or("", |status| status.as_str())),
        issues: addon.health().map(|health| health.issues().iter().map(issue).collect()).unwrap_or_default(),
        arn: addon.addon_arn.unwrap_or_default(),
        version: addon.addon_version.unwrap_or_default(),
        roles,
        tags: addon.tags.unwrap_or_default().into_iter().collect(),
    }
}
