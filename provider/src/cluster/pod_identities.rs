//! Pod Identity associations that the user wants: which service account has which role, and the roles that are made for
//! them. Pure; `remote` has the calls.

pub(crate) mod model;
pub(crate) mod plan;
pub(crate) mod remote;
pub(crate) mod shown;
pub(crate) mod step;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;

use crate::cloud::error::CloudError;

use super::addons::Releases;
use super::iam::{self, RoleSpec};
use super::model::{Cluster, texts};
use super::observed::Observed;
use super::parts::{PURPOSE, Place, Tags};
use super::step::Step;
use super::wanted::Wanted;

pub(crate) use model::PodIdentity;
pub(crate) use step::{AssociationSpec, PodStep};

/// An association as EKS has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiveAssociation {
    pub id: String,
    pub arn: String,
    pub role_arn: String,
    /// The add-on that it belongs to, by ARN.
    pub owner: Option<String>,
    pub tags: Tags,
}

/// Associations by `NAMESPACE/SERVICE_ACCOUNT`.
pub(crate) type Associations = BTreeMap<String, LiveAssociation>;

/// The role that the pods of a service account are to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PodRole {
    /// The user's.
    Given(String),
    /// One that is made.
    Made {
        /// ARNs of the policies to attach. What others attach stays.
        policies: BTreeSet<String>,
        /// ARNs of the policies that the user had and has no more.
        dropped: BTreeSet<String>,
        /// The policy of its own.
        inline: Option<String>,
    },
}

/// Roles to be, by `NAMESPACE/SERVICE_ACCOUNT`.
pub(crate) type PodRoles = BTreeMap<String, PodRole>;

/// How the purpose of a role of pods begins.
const PREFIX: &str = "pod.";

/// What a role of pods is for. No namespace has a dot in its name.
pub(crate) fn purpose(key: &str) -> String {
    format!("{PREFIX}{}", key.replacen('/', ".", 1))
}

/// True for the name of a role that is made for pods.
pub(crate) fn is_role(name: &str, place: &Place) -> bool {
    name.starts_with(&place.readable(PREFIX))
}

/// What is wanted, with every default; `prior` is what the state has.
pub(crate) fn wanted(planned: &Attr<Map<PodIdentity>>, prior: Option<&Cluster>) -> PodRoles {
    let had = |key: &String| {
        let before = prior.and_then(|prior| prior.pod_identities.known()?.get(key)?.known());
        before.map(|entry| texts(&entry.policies)).unwrap_or_default()
    };
    let role = |key: &String, entry: &PodIdentity| match &entry.role_arn {
        Attr::Known(arn) => PodRole::Given(arn.clone()),
        _ => {
            let policies: BTreeSet<String> = texts(&entry.policies).into_iter().collect();
            PodRole::Made {
                dropped: had(key).into_iter().filter(|policy| !policies.contains(policy)).collect(),
                policies,
                inline: entry.inline_policy.known().cloned(),
            }
        }
    };
    let known = planned.known().into_iter().flatten();
    known.map(|(key, entry)| (key.clone(), role(key, &entry.or(PodIdentity::default())))).collect()
}

/// The ARN of the role of a service account.
fn role_arn(key: &str, role: &PodRole, place: &Place) -> String {
    match role {
        PodRole::Given(arn) => arn.clone(),
        PodRole::Made { .. } => place.role_arn(&purpose(key)),
    }
}

/// The roles to be made.
pub(crate) fn roles(wanted: &PodRoles, place: &Place, tags: &Tags) -> Vec<RoleSpec> {
    let made = wanted.iter().filter_map(|(key, role)| match role {
        PodRole::Made { policies, inline, .. } => {
            Some(iam::pod_role(place, &purpose(key), policies.clone(), inline.clone(), tags))
        }
        PodRole::Given(_) => None,
    });
    made.collect()
}

/// What belongs to somebody else and is in the way, or will belong to an add-on that is wanted.
///
/// # Errors
/// Naming the first of them.
pub(crate) fn check(observed: &Observed, wanted: &Wanted, releases: &Releases) -> Result<(), CloudError> {
    let taken = wanted.pod_roles.keys().find_map(|key| {
        let live = observed.associations.get(key)?;
        (live.owner.is_some() || !wanted.place.is_part(&live.tags)).then_some((key, live))
    });
    if let Some((key, live)) = taken {
        return Err(foreign(key, live));
    }
    let claimed = releases.iter().find_map(|((addon, _), release)| {
        let accounts = release.accounts_of(addon, wanted.addons.get(addon)?);
        let key = accounts.into_iter().find(|key| wanted.pod_roles.contains_key(key))?;
        Some((key, addon))
    });
    claimed.map_or(Ok(()), |(key, addon)| Err(of_addon(&key, addon)))
}

/// The error for a service account that an add-on gives a role.
fn of_addon(key: &str, addon: &str) -> CloudError {
    CloudError::told(
        format!("pod_identities[{key:?}]: add-on {addon} gives this service account a role"),
        format!(
            "Nothing was done. A service account has one role: take the key out of pod_identities, and say in \
             addons[{addon:?}].role_arn which role it is to have."
        ),
    )
}

/// The error for an association that belongs to somebody else.
fn foreign(key: &str, live: &LiveAssociation) -> CloudError {
    // arn:…:addon/CLUSTER/NAME/ID
    let addon = live.owner.as_ref().map(|arn| arn.rsplit('/').nth(1).unwrap_or(arn));
    let (whose, then) = match addon {
        Some(addon) => (
            format!("add-on {addon} has given it one"),
            format!(
                "Take the key out of pod_identities, and say in addons[{addon:?}].role_arn which role it is to have."
            ),
        ),
        None => (
            "somebody else has given it one".to_owned(),
            format!(
                "Nothing was done to it. Take the key out of pod_identities, or delete the association where it is managed, or with \
                 `aws eks delete-pod-identity-association --association-id {}` and the cluster's name.",
                live.id
            ),
        ),
    };
    CloudError::told(
        format!("pod_identities[{key:?}]: the service account has a role already, {whose}"),
        format!("It is association {}, and a service account has one role. {then}", live.arn),
    )
}

/// The policies that the user had and has no more.
pub(crate) fn detach(observed: &Observed, wanted: &PodRoles, place: &Place) -> Vec<Step> {
    let mut all = Vec::new();
    for (key, role) in wanted {
        let PodRole::Made { dropped, .. } = role else { continue };
        let name = place.role_name(&purpose(key));
        let live = observed.roles.get(&name);
        let attached = dropped.iter().filter(|policy| live.is_some_and(|live| live.policies.contains(*policy)));
        all.extend(attached.map(|policy| Step::DetachPolicy { role: name.clone(), policy: policy.clone() }));
    }
    all
}

/// Steps for the associations, once their roles are there.
pub(crate) fn associate(observed: &Observed, wanted: &PodRoles, place: &Place, tags: &Tags) -> Vec<Step> {
    let step = |(key, role): (&String, &PodRole)| {
        let role_arn = role_arn(key, role, place);
        match observed.associations.get(key) {
            None => Some(PodStep::Associate(AssociationSpec { key: key.clone(), role_arn, tags: tags.clone() })),
            Some(live) if live.role_arn != role_arn => {
                Some(PodStep::Reassociate { key: key.clone(), id: live.id.clone(), role_arn })
            }
            Some(_) => None,
        }
    };
    wanted.iter().filter_map(step).map(Step::Pod).collect()
}

/// Associations of this cluster that nobody asks for any more. Those of add-ons, apps and others are left alone.
pub(crate) fn remove(observed: &Observed, wanted: &PodRoles, place: &Place) -> Vec<Step> {
    let ours = observed.associations.iter().filter(|(_, live)| live.owner.is_none() && place.is_part(&live.tags));
    let gone = ours.filter(|(key, _)| !wanted.contains_key(*key));
    gone.map(|(key, live)| Step::Pod(PodStep::Dissociate { key: key.clone(), id: live.id.clone() })).collect()
}

/// Roles that were made for service accounts which are no more, or have one of the user's.
pub(crate) fn unneeded_roles(observed: &Observed, wanted: &PodRoles, place: &Place) -> Vec<Step> {
    let needed: BTreeSet<String> = roles(wanted, place, &Tags::new()).into_iter().map(|role| role.name).collect();
    let is_pods = |tags: &Tags| place.is_part(tags) && tags.get(PURPOSE).is_some_and(|text| text == iam::OF_POD);
    let unneeded = observed.roles.iter().filter(|(name, role)| is_pods(&role.tags) && !needed.contains(*name));
    unneeded.map(|(name, _)| Step::DeleteRole(name.clone())).collect()
}
