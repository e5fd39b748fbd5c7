//! The calls for IAM roles. Decides nothing, except to touch no role that is not this
//! cluster's.

mod policies;
mod provider;

use std::collections::BTreeSet;

use aws_sdk_iam::types::Tag;

use crate::cloud::error::CloudError;
use crate::cloud::ownership::OWNER;
use crate::cloud::retry::{self, Lag, PROPAGATION};
use crate::cluster::iam::OF_POD;
use crate::cluster::model::Cluster;
use crate::cluster::observed::Seen;
use crate::cluster::parts::{self, PURPOSE, Tags};
use crate::cluster::remote::{LOOKS, Remote, unless_absent};

use super::{LiveRole, RoleSpec, Roles, choices, policies as own_policies};

/// What IAM says while one part of it has not yet heard of a role from another.
const UNKNOWN_ROLE: [Lag; 2] =
    [Lag { code: "NoSuchEntity", text: "" }, Lag { code: "NoSuchEntityException", text: "" }];

impl Remote {
    /// The same, with what a state or a plan says of where things are.
    #[must_use]
    pub(in crate::cluster) fn of(mut self, cluster: &Cluster) -> Remote {
        self.place.path = choices::path(cluster);
        self.issuer = cluster.oidc_issuer.known().cloned();
        self.bearers = own_policies::bearers_of(cluster, &self.place);
        self
    }

    /// Every role on the cluster's path, by name.
    pub(in crate::cluster) async fn roles(&self) -> Result<Roles, CloudError> {
        let mut pages = self.aws.iam.list_roles().path_prefix(self.place.role_path()).into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(role) = pages.next().await {
            let name = role?.role_name;
            names.push((name.clone(), name));
        }
        self.look_at_each(names, |name| async move { self.role(&name).await }).await
    }

    /// A role without its policies.
    pub(in crate::cluster) async fn role_itself(&self, name: &str) -> Result<Option<LiveRole>, CloudError> {
        let call = self.aws.iam.get_role().role_name(name).send().await;
        let found = unless_absent(call.map_err(CloudError::from))?.and_then(|found| found.role);
        Ok(found.map(|role| {
            let tags: Tags = role.tags().iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
            let boundary = role.permissions_boundary.and_then(|one| one.permissions_boundary_arn);
            LiveRole { arn: role.arn, boundary, tags, ..LiveRole::default() }
        }))
    }

    async fn role(&self, name: &str) -> Result<Option<LiveRole>, CloudError> {
        let Some(role) = self.role_itself(name).await? else { return Ok(None) };
        let policies = self.attached(name).await?.unwrap_or_default();
        let inline = match role.tags.get(PURPOSE).map(String::as_str) {
            Some(OF_POD) => self.inline_policy(name).await?,
            _ if self.bearers.contains(name) => self.inline_policy(name).await?,
            _ => None,
        };
        Ok(Some(LiveRole { policies, inline, ..role }))
    }

    /// ARNs of the policies that are attached to a role, if it is there.
    pub(in crate::cluster) async fn attached(&self, role: &str) -> Result<Option<BTreeSet<String>>, CloudError> {
        let mut pages = self.aws.iam.list_attached_role_policies().role_name(role).into_paginator().items().send();
        let mut all = BTreeSet::new();
        while let Some(policy) = pages.next().await {
            match unless_absent(policy.map_err(CloudError::from))? {
                Some(policy) => all.extend(policy.policy_arn),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    pub(in crate::cluster) async fn create_role(&self, spec: &RoleSpec) -> Result<Seen, CloudError> {
        let call = self
            .aws
            .iam
            .create_role()
            .role_name(&spec.name)
            .path(&spec.path)
            .description(format!("Of EKS {} in {}, for {}", self.place.object(), self.place.region, spec.service))
            .assume_role_policy_document(spec.trust())
            .set_permissions_boundary(spec.boundary.clone())
            .set_tags(Some(iam_tags(&spec.tags)?));
        let made = call.send().await.map_err(CloudError::from);
        match made {
            Ok(made) => {
                let arn = made.role.map(|role| role.arn).unwrap_or_default();
                let (boundary, tags) = (spec.boundary.clone(), spec.tags.clone());
                Ok(Seen::Role(spec.name.clone(), LiveRole { arn, boundary, tags, ..LiveRole::default() }))
            }
            // The answer to an earlier try was lost, or a list did not show it yet.
            Err(error) if error.is_conflict() => match self.look_for(LOOKS, || self.role(&spec.name)).await? {
                Some(live) if is_same(&live.tags, &spec.tags) && !live.arn.contains(&format!(":role{}", spec.path)) => {
                    Err(CloudError::told(
                        format!("it exists on another path: {}", live.arn),
                        "An earlier apply made it with another `iam.path`. Put that back, or delete the role.",
                    ))
                }
                Some(live) if is_same(&live.tags, &spec.tags) => Ok(Seen::Role(spec.name.clone(), live)),
                _ => Err(CloudError::told(
                    "a role of this name exists and is not this cluster's",
                    "Nothing was done to it. Delete or rename it, or give the cluster another name.",
                )),
            },
            Err(error) => Err(error),
        }
    }

    pub(in crate::cluster) async fn attach_policy(&self, role: &str, policy: &str) -> Result<Seen, CloudError> {
        let call = self.aws.iam.attach_role_policy().role_name(role).policy_arn(policy);
        retry::while_lagging(&self.limit, PROPAGATION, &UNKNOWN_ROLE, || async { Ok(call.clone().send().await?) })
            .await?;
        Ok(Seen::Done)
    }

    pub(in crate::cluster) async fn detach_policy(&self, role: &str, policy: &str) -> Result<Seen, CloudError> {
        let call = self.aws.iam.detach_role_policy().role_name(role).policy_arn(policy);
        unless_absent(call.send().await.map_err(CloudError::from))?;
        Ok(Seen::Done)
    }

    pub(in crate::cluster) async fn set_boundary(
        &self,
        role: &str,
        boundary: Option<String>,
    ) -> Result<Seen, CloudError> {
        let iam = &self.aws.iam;
        match boundary {
            Some(arn) => {
                iam.put_role_permissions_boundary().role_name(role).permissions_boundary(arn).send().await?;
            }
            None => {
                let call = iam.delete_role_permissions_boundary().role_name(role);
                unless_absent(call.send().await.map_err(CloudError::from))?;
            }
        }
        Ok(Seen::Done)
    }

    pub(in crate::cluster) async fn tag_role(
        &self,
        name: &str,
        set: Tags,
        remove: Vec<String>,
    ) -> Result<Seen, CloudError> {
        if !set.is_empty() {
            self.aws.iam.tag_role().role_name(name).set_tags(Some(iam_tags(&set)?)).send().await?;
        }
        if !remove.is_empty() {
            self.aws.iam.untag_role().role_name(name).set_tag_keys(Some(remove)).send().await?;
        }
        Ok(Seen::Done)
    }

    /// A role can be deleted once nothing is attached to it; nodes may have left an instance profile.
    pub(in crate::cluster) async fn retire_role(&self, name: &str) -> Result<Seen, CloudError> {
        // EKS names those of managed node groups so, and deletes them itself.
        if let Some(profile) = self.profiles_with(name).await?.into_iter().find(|one| !one.starts_with("eks-")) {
            return Err(CloudError::told(
                format!("instance profile {profile}, which is not of a managed node group, has it"),
                "Instances that something else made may run with it. Take the role out of the instance profile, or delete that, \
                 and apply again.",
            ));
        }
        self.delete_role(name).await
    }

    /// The instance profiles that have a role, by name.
    async fn profiles_with(&self, role: &str) -> Result<Vec<String>, CloudError> {
        let mut pages = self.aws.iam.list_instance_profiles_for_role().role_name(role).into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(profile) = pages.next().await {
            let Some(profile) = unless_absent(profile.map_err(CloudError::from))? else { break };
            names.push(profile.instance_profile_name);
        }
        Ok(names)
    }

    pub(in crate::cluster) async fn delete_role(&self, name: &str) -> Result<Seen, CloudError> {
        let iam = &self.aws.iam;
        for policy in self.attached(name).await?.unwrap_or_default() {
            let gone = iam.detach_role_policy().role_name(name).policy_arn(policy).send().await;
            unless_absent(gone.map_err(CloudError::from))?;
        }
        let mut inline = iam.list_role_policies().role_name(name).into_paginator().items().send();
        while let Some(policy) = inline.next().await {
            let Some(policy) = unless_absent(policy.map_err(CloudError::from))? else { break };
            let gone = iam.delete_role_policy().role_name(name).policy_name(policy).send().await;
            unless_absent(gone.map_err(CloudError::from))?;
        }
        for profile in self.profiles_with(name).await? {
            let call = iam.remove_role_from_instance_profile().role_name(name).instance_profile_name(profile);
            unless_absent(call.send().await.map_err(CloudError::from))?;
        }
        unless_absent(iam.delete_role().role_name(name).send().await.map_err(CloudError::from))?;
        Ok(Seen::Done)
    }
}

fn is_same(live: &Tags, ours: &Tags) -> bool {
    [OWNER, parts::CLUSTER].iter().all(|key| live.get(*key) == ours.get(*key))
}

fn iam_tags(tags: &Tags) -> Result<Vec<Tag>, CloudError> {
    let tag = |(key, text): (&String, &String)| {
        let built = Tag::builder().key(key).value(text).build();
        built.map_err(|error| CloudError::told(format!("the tag {key} is not one"), error.to_string()))
    };
    tags.iter().map(tag).collect()
}
