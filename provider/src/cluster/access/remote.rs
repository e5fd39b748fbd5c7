//! The calls for access entries. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_eks::types::{AccessScope, AccessScopeType, AssociatedAccessPolicy};
use futures::{StreamExt, TryStreamExt};

use crate::cloud::error::CloudError;
use crate::cloud::retry::{self, Lag, PROPAGATION};
use crate::cluster::observed::Seen;
use crate::cluster::remote::{LOOKS, Remote, SIDE_BY_SIDE, exists_already, unless_absent};

use super::{EntrySpec, LiveEntry};

/// What EKS says while it has not yet heard of a principal.
const UNKNOWN_PRINCIPAL: [Lag; 1] = [Lag { code: "InvalidParameterException", text: "invalid principal" }];
/// What EKS says while one part of it has not yet heard of an entry from another.
const UNKNOWN_ENTRY: [Lag; 1] = [Lag { code: "ResourceNotFoundException", text: "principalArn" }];
/// What EKS says of a cluster that has no access entries, because it knows principals by a ConfigMap alone.
const WITHOUT_ENTRIES: Lag = Lag { code: "InvalidRequestException", text: "authentication mode" };

impl Remote {
    /// Every access entry, by principal.
    pub(in crate::cluster) async fn entries(&self) -> Result<BTreeMap<String, LiveEntry>, CloudError> {
        let mut pages =
            self.aws.eks.list_access_entries().cluster_name(&self.place.name).into_paginator().items().send();
        let mut principals = Vec::new();
        while let Some(principal) = pages.next().await {
            match principal.map_err(CloudError::from) {
                Ok(principal) => principals.push(principal),
                Err(error) if WITHOUT_ENTRIES.is(&error) => return Ok(BTreeMap::new()),
                Err(error) => return Err(error),
            }
        }
        let looks = principals.into_iter().map(async |one| {
            let found = self.look_for(LOOKS, || self.entry(&one)).await?;
            Ok(found.map(|live| (one, live)))
        });
        let found = futures::stream::iter(looks).buffer_unordered(SIDE_BY_SIDE);
        found.try_filter_map(|live: Option<_>| futures::future::ready(Ok(live))).try_collect().await
    }

    async fn entry(&self, principal: &str) -> Result<Option<LiveEntry>, CloudError> {
        let call = self.aws.eks.describe_access_entry().cluster_name(&self.place.name).principal_arn(principal);
        let answer = unless_absent(call.send().await.map_err(CloudError::from))?;
        let Some(entry) = answer.and_then(|found| found.access_entry) else { return Ok(None) };
        let call =
            self.aws.eks.list_associated_access_policies().cluster_name(&self.place.name).principal_arn(principal);
        let mut pages = call.into_paginator().items().send();
        let mut policies = BTreeSet::new();
        while let Some(policy) = pages.next().await {
            match unless_absent(policy.map_err(CloudError::from))? {
                Some(policy) => policies.extend(of_cluster(&policy)),
                None => return Ok(None),
            }
        }
        Ok(Some(LiveEntry {
            arn: entry.access_entry_arn.unwrap_or_default(),
            policies,
            tags: entry.tags.unwrap_or_default().into_iter().collect(),
        }))
    }

    pub(in crate::cluster) async fn create_entry(&self, spec: &EntrySpec) -> Result<Seen, CloudError> {
        let call = self
            .aws
            .eks
            .create_access_entry()
            .cluster_name(&self.place.name)
            .principal_arn(&spec.principal)
            .set_tags(Some(spec.tags.clone().into_iter().collect()));
        let made = retry::while_lagging(&self.limit, PROPAGATION, &UNKNOWN_PRINCIPAL, || async {
            Ok(call.clone().send().await?)
        });
        let live = match made.await {
            Ok(made) => LiveEntry {
                arn: made.access_entry.and_then(|entry| entry.access_entry_arn).unwrap_or_default(),
                tags: spec.tags.clone(),
                ..LiveEntry::default()
            },
            // It was there before: what else it may do stays.
            Err(error) if exists_already(&error) => {
                self.look_for(LOOKS, || self.entry(&spec.principal)).await?.unwrap_or_default()
            }
            Err(error) => return Err(error),
        };
        Ok(Seen::Entry(spec.principal.clone(), Some(live)))
    }

    pub(in crate::cluster) async fn associate_policy(&self, principal: &str, policy: &str) -> Result<Seen, CloudError> {
        let scope = AccessScope::builder().r#type(AccessScopeType::Cluster).build();
        let call = self
            .aws
            .eks
            .associate_access_policy()
            .cluster_name(&self.place.name)
            .principal_arn(principal)
            .policy_arn(policy)
            .access_scope(scope);
        retry::while_lagging(&self.limit, PROPAGATION, &UNKNOWN_ENTRY, || async { Ok(call.clone().send().await?) })
            .await?;
        Ok(Seen::Done)
    }

    pub(in crate::cluster) async fn delete_entry(&self, principal: String) -> Result<Seen, CloudError> {
        let call = self.aws.eks.delete_access_entry().cluster_name(&self.place.name).principal_arn(&principal);
        unless_absent(call.send().await.map_err(CloudError::from))?;
        Ok(Seen::Entry(principal, None))
    }
}

/// The name of a policy that holds for the whole cluster.
fn of_cluster(policy: &AssociatedAccessPolicy) -> Option<String> {
    let scope = policy.access_scope().and_then(|scope| scope.r#type());
    let name = policy.policy_arn()?.rsplit('/').next()?;
    (scope == Some(&AccessScopeType::Cluster)).then(|| name.to_owned())
}
