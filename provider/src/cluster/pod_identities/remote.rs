//! The calls for Pod Identity associations. Decides nothing.

use aws_sdk_eks::types::{PodIdentityAssociation, PodIdentityAssociationSummary};

use crate::cloud::error::CloudError;
use crate::cloud::retry::{self, Lag, PROPAGATION};
use crate::cluster::observed::Seen;
use crate::cluster::remote::{LOOKS, Remote, exists_already, unless_absent};

use super::{AssociationSpec, Associations, LiveAssociation, PodStep, foreign};

/// What EKS says while it has not yet heard of a role, or of whom it trusts.
const LAGS: [Lag; 2] = [
    Lag { code: "InvalidParameterException", text: "Role provided in the request does not exist" },
    Lag { code: "InvalidParameterException", text: "Trust policy of the role" },
];

impl Remote {
    /// Every association, by namespace and service account. Those of add-ons are only named.
    pub(in crate::cluster) async fn associations(&self) -> Result<Associations, CloudError> {
        let call = self.aws.eks.list_pod_identity_associations().cluster_name(&self.place.name);
        let mut pages = call.into_paginator().items().send();
        let mut listed: Vec<PodIdentityAssociationSummary> = Vec::new();
        while let Some(one) = pages.next().await {
            listed.push(one?);
        }
        self.look_at_each(listed.into_iter().filter_map(named), |listed| async move {
            match listed.owner {
                Some(_) => Ok(Some(listed)),
                None => self.association(&listed.id).await,
            }
        })
        .await
    }

    async fn association(&self, id: &str) -> Result<Option<LiveAssociation>, CloudError> {
        let call = self.aws.eks.describe_pod_identity_association().cluster_name(&self.place.name).association_id(id);
        let answer = unless_absent(call.send().await.map_err(CloudError::from))?;
        Ok(answer.and_then(|found| found.association).map(live))
    }

    /// The association of a service account, wherever it comes from.
    async fn association_of(&self, key: &str) -> Result<Option<LiveAssociation>, CloudError> {
        let (namespace, account) = key.split_once('/').unwrap_or((key, ""));
        let call = self.aws.eks.list_pod_identity_associations().cluster_name(&self.place.name);
        let found = call.namespace(namespace).service_account(account).send().await?;
        match found.associations().first().and_then(|one| one.association_id()) {
            Some(id) => self.association(id).await,
            None => Ok(None),
        }
    }

    pub(in crate::cluster) async fn run_pod_step(&self, step: PodStep) -> Result<Seen, CloudError> {
        match step {
            PodStep::Associate(spec) => self.associate(&spec).await,
            PodStep::Reassociate { key, id, role_arn } => self.reassociate(key, &id, &role_arn).await,
            PodStep::Dissociate { key, id } => self.dissociate(key, &id).await,
        }
    }

    async fn associate(&self, spec: &AssociationSpec) -> Result<Seen, CloudError> {
        let (namespace, account) = spec.key.split_once('/').unwrap_or((&spec.key, ""));
        let call = self
            .aws
            .eks
            .create_pod_identity_association()
            .cluster_name(&self.place.name)
            .namespace(namespace)
            .service_account(account)
            .role_arn(&spec.role_arn)
            .set_tags(Some(spec.tags.clone().into_iter().collect()));
        let made =
            retry::while_lagging(&self.limit, PROPAGATION, &LAGS, || async { Ok(call.clone().send().await?) }).await;
        let live = match made {
            Ok(made) => made.association.map(live),
            // The answer to an earlier try was lost, a list did not show it yet, or somebody else was faster.
            Err(error) if exists_already(&error) => {
                match self.look_for(LOOKS, || self.association_of(&spec.key)).await? {
                    Some(found) if found.owner.is_none() && self.place.is_part(&found.tags) => {
                        return self.reassociate(spec.key.clone(), &found.id, &spec.role_arn).await;
                    }
                    Some(found) => return Err(foreign(&spec.key, &found)),
                    None => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        Ok(Seen::Association(spec.key.clone(), live))
    }

    async fn reassociate(&self, key: String, id: &str, role_arn: &str) -> Result<Seen, CloudError> {
        let call = self.aws.eks.update_pod_identity_association().cluster_name(&self.place.name);
        let call = call.association_id(id).role_arn(role_arn);
        let made =
            retry::while_lagging(&self.limit, PROPAGATION, &LAGS, || async { Ok(call.clone().send().await?) }).await?;
        Ok(Seen::Association(key, made.association.map(live)))
    }

    async fn dissociate(&self, key: String, id: &str) -> Result<Seen, CloudError> {
        let call = self.aws.eks.delete_pod_identity_association().cluster_name(&self.place.name).association_id(id);
        unless_absent(call.send().await.map_err(CloudError::from))?;
        Ok(Seen::Association(key, None))
    }
}

fn named(one: PodIdentityAssociationSummary) -> Option<(String, LiveAssociation)> {
    let key = format!("{}/{}", one.namespace?, one.service_account?);
    let listed = LiveAssociation {
        id: one.association_id?,
        arn: one.association_arn.unwrap_or_default(),
        owner: one.owner_arn,
        ..LiveAssociation::default()
    };
    Some((key, listed))
}

fn live(one: PodIdentityAssociation) -> LiveAssociation {
    LiveAssociation {
        id: one.association_id.unwrap_or_default(),
        arn: one.association_arn.unwrap_or_default(),
        role_arn: one.role_arn.unwrap_or_default(),
        owner: one.owner_arn,
        tags: one.tags.unwrap_or_default().into_iter().collect(),
    }
}
