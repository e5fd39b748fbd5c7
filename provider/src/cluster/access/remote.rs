//! The calls for access entries and for the mode of authentication. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_eks::types::{
    AccessScope, AccessScopeType, AssociatedAccessPolicy, AuthenticationMode, UpdateAccessConfigRequest,
};

use crate::cloud::error::CloudError;
use crate::cloud::retry::{self, Lag, PROPAGATION};
use crate::cluster::observed::Seen;
use crate::cluster::parts::Tags;
use crate::cluster::remote::{LOOKS, Remote, exists_already, unless_absent};

use super::blocks::STANDARD;
use super::grants::{Scope, default_username};
use super::{EntrySpec, Grant, LiveEntry};

/// What EKS says while it has not yet heard of a principal.
const UNKNOWN_PRINCIPAL: [Lag; 1] = [Lag { code: "InvalidParameterException", text: "invalid principal" }];
/// What EKS says while one part of it has not yet heard of an entry from another.
const UNKNOWN_ENTRY: [Lag; 1] = [Lag { code: "ResourceNotFoundException", text: "principalArn" }];
/// What EKS says of a cluster that has no access entries, because it knows principals by a ConfigMap alone.
const WITHOUT_ENTRIES: Lag = Lag { code: "InvalidRequestException", text: "authentication mode" };

impl Remote {
    /// Every access entry, by principal.
    pub(in crate::cluster) async fn entries(&self) -> Result<BTreeMap<String, LiveEntry>, CloudError> {
        self.look_at_each(self.principals().await?, |one| async move { self.entry(&one).await }).await
    }

    async fn principals(&self) -> Result<Vec<(String, String)>, CloudError> {
        let mut pages =
            self.aws.eks.list_access_entries().cluster_name(&self.place.name).into_paginator().items().send();
        let mut principals = Vec::new();
        while let Some(principal) = pages.next().await {
            match principal.map_err(CloudError::from) {
                Ok(principal) => principals.push((principal.clone(), principal)),
                Err(error) if WITHOUT_ENTRIES.is(&error) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            }
        }
        Ok(principals)
    }

    /// One access entry, with its policies.
    pub(in crate::cluster) async fn entry(&self, principal: &str) -> Result<Option<LiveEntry>, CloudError> {
        let call = self.aws.eks.describe_access_entry().cluster_name(&self.place.name).principal_arn(principal);
        let answer = unless_absent(call.send().await.map_err(CloudError::from))?;
        let Some(entry) = answer.and_then(|found| found.access_entry) else { return Ok(None) };
        let tags: Tags = entry.tags.unwrap_or_default().into_iter().collect();
        let mut policies = BTreeMap::new();
        let call =
            self.aws.eks.list_associated_access_policies().cluster_name(&self.place.name).principal_arn(principal);
        let mut pages = call.into_paginator().items().send();
        while let Some(policy) = pages.next().await {
            match unless_absent(policy.map_err(CloudError::from))? {
                Some(policy) => policies.extend(associated(&policy)),
                None => return Ok(None),
            }
        }
        let grant = Grant {
            kind: entry.r#type.unwrap_or_else(|| STANDARD.to_owned()),
            groups: entry.kubernetes_groups.unwrap_or_default().into_iter().collect(),
            username: entry.username,
            policies,
        };
        Ok(Some(LiveEntry {
            arn: entry.access_entry_arn.unwrap_or_default(),
            grant: grant.without_defaults(principal),
            tags,
        }))
    }

    pub(in crate::cluster) async fn create_entry(&self, spec: &EntrySpec) -> Result<Seen, CloudError> {
        let EntrySpec { principal, grant, tags } = spec;
        let call = self
            .aws
            .eks
            .create_access_entry()
            .cluster_name(&self.place.name)
            .principal_arn(principal)
            .set_type((grant.kind != STANDARD).then(|| grant.kind.clone()))
            .set_kubernetes_groups((!grant.groups.is_empty()).then(|| grant.groups.iter().cloned().collect()))
            .set_username(grant.username.clone())
            .set_tags(Some(tags.clone().into_iter().collect()));
        let made = retry::while_lagging(&self.limit, PROPAGATION, &UNKNOWN_PRINCIPAL, || async {
            Ok(call.clone().send().await?)
        });
        let live = match made.await {
            Ok(made) => LiveEntry {
                arn: made.access_entry.and_then(|entry| entry.access_entry_arn).unwrap_or_default(),
                grant: Grant { policies: BTreeMap::new(), ..grant.clone() },
                tags: tags.clone(),
            },
            // It was there before: what else it may do stays.
            Err(error) if exists_already(&error) => {
                let live = self.look_for(LOOKS, || self.entry(principal)).await?.unwrap_or_default();
                if live.grant.kind != grant.kind {
                    return Err(CloudError::told(
                        format!("it has an access entry of type {} already", live.grant.kind),
                        format!(
                            "EKS or somebody else made it, and nothing was done to it. EKS cannot make it one of type {}: take it \
                             out of `access`, or delete it with `aws eks delete-access-entry` and apply again.",
                            grant.kind
                        ),
                    ));
                }
                live
            }
            Err(error) => return Err(error),
        };
        Ok(Seen::Entry(principal.clone(), Some(live)))
    }

    pub(in crate::cluster) async fn update_entry(
        &self,
        principal: &str,
        groups: BTreeSet<String>,
        username: Option<String>,
    ) -> Result<Seen, CloudError> {
        let call = self
            .aws
            .eks
            .update_access_entry()
            .cluster_name(&self.place.name)
            .principal_arn(principal)
            .set_kubernetes_groups(Some(groups.into_iter().collect()))
            .username(username.unwrap_or_else(|| default_username(principal)));
        retry::while_lagging(&self.limit, PROPAGATION, &UNKNOWN_ENTRY, || async { Ok(call.clone().send().await?) })
            .await?;
        Ok(Seen::Done)
    }

    pub(in crate::cluster) async fn associate_policy(
        &self,
        principal: &str,
        policy: &str,
        namespaces: Scope,
    ) -> Result<Seen, CloudError> {
        let kind = if namespaces.is_empty() { AccessScopeType::Cluster } else { AccessScopeType::Namespace };
        let scope = AccessScope::builder()
            .r#type(kind)
            .set_namespaces((!namespaces.is_empty()).then(|| namespaces.into_iter().collect()))
            .build();
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

    pub(in crate::cluster) async fn disassociate_policy(
        &self,
        principal: &str,
        policy: &str,
    ) -> Result<Seen, CloudError> {
        let call = self
            .aws
            .eks
            .disassociate_access_policy()
            .cluster_name(&self.place.name)
            .principal_arn(principal)
            .policy_arn(policy);
        unless_absent(call.send().await.map_err(CloudError::from))?;
        Ok(Seen::Done)
    }

    pub(in crate::cluster) async fn delete_entry(&self, principal: String) -> Result<Seen, CloudError> {
        let call = self.aws.eks.delete_access_entry().cluster_name(&self.place.name).principal_arn(&principal);
        unless_absent(call.send().await.map_err(CloudError::from))?;
        Ok(Seen::Entry(principal, None))
    }

    /// One step forward.
    pub(in crate::cluster) async fn set_authentication(&self, mode: &str) -> Result<Seen, CloudError> {
        let ask = || async {
            let config = UpdateAccessConfigRequest::builder().authentication_mode(AuthenticationMode::from(mode));
            let call = self.aws.eks.update_cluster_config().name(&self.place.name).access_config(config.build());
            Ok(call.send().await?.update)
        };
        self.change_cluster(ask).await
    }
}

/// The name of a policy and where it holds.
fn associated(policy: &AssociatedAccessPolicy) -> Option<(String, Scope)> {
    let name = policy.policy_arn()?.rsplit('/').next()?.to_owned();
    let scope = policy.access_scope().filter(|scope| scope.r#type() == Some(&AccessScopeType::Namespace));
    Some((name, scope.map(|scope| scope.namespaces().iter().cloned().collect()).unwrap_or_default()))
}
