//! The calls for add-ons. Decides nothing.

mod offers;

use std::collections::BTreeMap;

use aws_sdk_eks::types::{Addon, AddonNamespaceConfigRequest, AddonPodIdentityAssociations, ResolveConflicts};
use tokio::time::Instant;

use crate::cloud::error::CloudError;
use crate::cloud::poll::{self, Look};
use crate::cloud::retry::{self, Lag, PROPAGATION};
use crate::cluster::issues;
use crate::cluster::observed::{Issue, Seen};
use crate::cluster::parts::last_part;
use crate::cluster::remote::{LOOKS, Leaving, Remote, Subject, VISIBLE, exists_already, unless_absent};
use crate::cluster::status::Status;

use super::{AddonChange, AddonSpec, Conflicts, LiveAddon, Wait};

/// What CreateAddon and UpdateAddon say while they have not yet heard of a role.
const LAGS: [Lag; 4] = [
    Lag { code: "InvalidParameterException", text: "does not exist" },
    Lag { code: "InvalidParameterException", text: "CREATE_FAILED" },
    Lag { code: "InvalidParameterException", text: "Following required service principals" },
    Lag { code: "InvalidParameterException", text: "Trust policy of the role" },
];
/// What UpdateAddon says while an earlier change of the add-on is not over.
const CHANGING: [Lag; 1] = [Lag { code: "ResourceInUseException", text: "cannot be updated as it is currently in" }];
/// The issue of an add-on that is sold on AWS Marketplace and was not bought.
const UNSUBSCRIBED: &str = "AddonSubscriptionNeeded";

impl Remote {
    /// Every add-on, by name.
    pub(in crate::cluster) async fn addons(&self) -> Result<BTreeMap<String, LiveAddon>, CloudError> {
        let mut pages = self.aws.eks.list_addons().cluster_name(&self.place.name).into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(name) = pages.next().await {
            let name = name?;
            names.push((name.clone(), name));
        }
        self.look_at_each(names, |name| async move { self.addon(&name).await }).await
    }

    /// One add-on, with the roles of its pods.
    pub(in crate::cluster) async fn addon(&self, name: &str) -> Result<Option<LiveAddon>, CloudError> {
        match self.bare_addon(name).await? {
            Some(bare) => Ok(Some(self.with_roles(bare).await?)),
            None => Ok(None),
        }
    }

    /// It as far as its own description goes: who waits for it does not ask each time who its pods are.
    async fn bare_addon(&self, name: &str) -> Result<Option<Bare>, CloudError> {
        let call = self.aws.eks.describe_addon().cluster_name(&self.place.name).addon_name(name);
        let found = unless_absent(call.send().await.map_err(CloudError::from))?;
        Ok(found.and_then(|found| found.addon).map(|addon| Bare {
            associations: addon.pod_identity_associations().to_vec(),
            live: live(addon, BTreeMap::new()),
        }))
    }

    async fn with_roles(&self, Bare { live, associations }: Bare) -> Result<LiveAddon, CloudError> {
        let mut roles = BTreeMap::new();
        for association in &associations {
            roles.extend(self.role_of(association).await?);
        }
        Ok(LiveAddon { roles, ..live })
    }

    /// The service account and the role of an association; its id is the last part of its ARN.
    async fn role_of(&self, association: &str) -> Result<Option<(String, String)>, CloudError> {
        let id = last_part(association);
        let call = self.aws.eks.describe_pod_identity_association().cluster_name(&self.place.name).association_id(id);
        let found = unless_absent(call.send().await.map_err(CloudError::from))?;
        Ok(found.and_then(|found| {
            let association = found.association?;
            Some((association.service_account?, association.role_arn?))
        }))
    }

    pub(in crate::cluster) async fn create_addon(&self, spec: &AddonSpec) -> Result<Seen, CloudError> {
        let associations = associations(&spec.roles)?;
        let namespace =
            spec.namespace.as_ref().map(|name| AddonNamespaceConfigRequest::builder().namespace(name).build());
        // PRESERVE is for updates alone; what it would leave makes a create fail.
        let conflicts = match spec.conflicts {
            Conflicts::Overwrite => ResolveConflicts::Overwrite,
            Conflicts::Fail | Conflicts::Preserve => ResolveConflicts::None,
        };
        let call = self
            .aws
            .eks
            .create_addon()
            .cluster_name(&self.place.name)
            .addon_name(&spec.name)
            .addon_version(&spec.version)
            .resolve_conflicts(conflicts)
            .set_configuration_values(spec.values.clone())
            .set_namespace_config(namespace)
            .set_service_account_role_arn(spec.service_account_role.clone())
            .set_pod_identity_associations((!associations.is_empty()).then_some(associations))
            .set_tags(Some(spec.tags.clone().into_iter().collect()));
        let made =
            retry::while_lagging(&self.limit, PROPAGATION, &LAGS, || async { Ok(call.clone().send().await?) }).await;
        match made {
            // Names are unique in a cluster, and the cluster is ours.
            Err(error) if !exists_already(&error) => Err(error),
            Err(error) if is_association(&error) => Err(taken(&spec.name, &error)),
            _ if spec.wait == Wait::Active => self.await_addon(spec.name.clone()).await,
            _ if spec.wait == Wait::Settled => self.settle_addon(spec.name.clone()).await,
            _ => {
                let found = self.look_for(LOOKS, || self.addon(&spec.name)).await?;
                Ok(Seen::Addon(spec.name.clone(), found.map(Box::new)))
            }
        }
    }

    /// Waits until EKS says what became of it: without nodes that is DEGRADED, and no more can come of it.
    async fn settle_addon(&self, name: String) -> Result<Seen, CloudError> {
        let bare = poll::until(&self.limit, &format!("add-on {name} to be there"), || async {
            match self.bare_addon(&name).await? {
                Some(Bare { live, .. }) if live.status.is_changing() => {
                    Ok(Look::Pending(issues::waiting(&live.status, &live.issues)))
                }
                found => Ok(Look::Done(found)),
            }
        })
        .await?;
        let live = match bare {
            Some(bare) => Some(Box::new(self.with_roles(bare).await?)),
            None => None,
        };
        Ok(Seen::Addon(name, live))
    }

    /// Waits also while it is DEGRADED: its pods may only be waiting for nodes.
    pub(in crate::cluster) async fn await_addon(&self, name: String) -> Result<Seen, CloudError> {
        let start = Instant::now();
        let bare = poll::until(&self.limit, &format!("add-on {name} to become active"), || async {
            match self.bare_addon(&name).await? {
                Some(bare) if bare.live.status.is_active() => Ok(Look::Done(bare)),
                Some(Bare { live, .. }) if live.status.is_pending() => {
                    Ok(Look::Pending(issues::waiting(&live.status, &live.issues)))
                }
                Some(Bare { live, .. }) => Err(issues::failed(&live.issues)),
                None if start.elapsed() < VISIBLE => Ok(Look::Pending("not visible yet".to_owned())),
                None => {
                    Err(CloudError::told("it disappeared while it was waited for", "Somebody may have deleted it."))
                }
            }
        })
        .await?;
        let live = self.with_roles(bare).await?;
        Ok(Seen::Addon(name, Some(Box::new(live))))
    }

    pub(in crate::cluster) async fn change_addon(&self, change: &AddonChange) -> Result<Seen, CloudError> {
        let name = &change.name;
        let conflicts = match change.conflicts {
            Conflicts::Overwrite => ResolveConflicts::Overwrite,
            Conflicts::Fail => ResolveConflicts::None,
            Conflicts::Preserve => ResolveConflicts::Preserve,
        };
        let call = self
            .aws
            .eks
            .update_addon()
            .cluster_name(&self.place.name)
            .addon_name(name)
            .set_addon_version(change.version.clone())
            .resolve_conflicts(conflicts)
            .set_configuration_values(change.values.clone())
            .set_service_account_role_arn(change.service_account_role.clone())
            .set_pod_identity_associations(change.roles.as_ref().map(associations).transpose()?);
        let rest = self.limit.deadline.duration_since(Instant::now());
        let lagging =
            || retry::while_lagging(&self.limit, PROPAGATION, &LAGS, || async { Ok(call.clone().send().await?) });
        let ask = || async {
            let asked = retry::while_lagging(&self.limit, rest, &CHANGING, lagging).await?;
            Ok(asked.update)
        };
        let changed = self.change(&format!("add-on {name}"), Subject::Addon(name), ask).await;
        changed.map_err(|error| if is_association(&error) { taken(name, &error) } else { error })?;
        let live = self.look_for(LOOKS, || self.addon(name)).await?;
        Ok(Seen::Addon(name.clone(), live.map(Box::new)))
    }

    pub(in crate::cluster) async fn delete_addon(&self, name: String) -> Result<Seen, CloudError> {
        let call = || async {
            let call = self.aws.eks.delete_addon().cluster_name(&self.place.name).addon_name(&name);
            Ok(call.send().await?)
        };
        unless_absent(self.when_free(call).await)?;
        self.until_gone(&format!("add-on {name}"), 1, || self.bare_addon(&name)).await?;
        Ok(Seen::Addon(name, None))
    }
}

/// True if what exists already is not the add-on but a role of one of its service accounts.
fn is_association(error: &CloudError) -> bool {
    exists_already(error) && error.message().contains("ssociation")
}

fn taken(name: &str, error: &CloudError) -> CloudError {
    CloudError::told(
        format!("a service account of add-on {name} has a role already, and a service account has one"),
        format!(
            "EKS says: {}\n\nAn add-on takes no role over. Delete that association where it is managed (here it would be a key of \
             pod_identities), or leave the role to it: `iam = \"none\"` in addons[{name:?}].",
            error.message()
        ),
    )
}

fn associations(roles: &BTreeMap<String, String>) -> Result<Vec<AddonPodIdentityAssociations>, CloudError> {
    let association = |(account, role): (&String, &String)| {
        let built = AddonPodIdentityAssociations::builder().service_account(account).role_arn(role).build();
        built.map_err(|error| CloudError::told("its role cannot be named", error.to_string()))
    };
    roles.iter().map(association).collect()
}

/// An add-on and the ARNs of its associations, which name the roles of its pods.
struct Bare {
    live: LiveAddon,
    associations: Vec<String>,
}

impl Leaving for Bare {
    fn leaving(&self) -> (&Status, &[Issue]) {
        (&self.live.status, &self.live.issues)
    }
}

fn live(addon: Addon, roles: BTreeMap<String, String>) -> LiveAddon {
    let product = addon.marketplace_information().and_then(|sold| sold.product_url()).map(str::to_owned);
    let issue = |issue: &aws_sdk_eks::types::AddonIssue| {
        let code = issue.code().map_or("", |code| code.as_str());
        // Where to buy it is what this issue is about.
        let product = product.iter().filter(|_| code == UNSUBSCRIBED).cloned();
        Issue {
            code: code.to_owned(),
            message: issue.message().unwrap_or_default().to_owned(),
            objects: issue.resource_ids().iter().cloned().chain(product).collect(),
        }
    };
    LiveAddon {
        status: Status::new(addon.status().map_or("", |status| status.as_str())),
        issues: addon.health().map(|health| health.issues().iter().map(issue).collect()).unwrap_or_default(),
        arn: addon.addon_arn.unwrap_or_default(),
        version: addon.addon_version.unwrap_or_default(),
        values: addon.configuration_values,
        namespace: addon.namespace_config.and_then(|config| config.namespace),
        roles,
        service_account_role: addon.service_account_role_arn,
        recommended: None,
        tags: addon.tags.unwrap_or_default().into_iter().collect(),
    }
}
