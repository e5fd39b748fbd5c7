//! What the state says of pod identities: which roles pods have, and what somebody changed, in the words in which the user
//! wrote it. Pure.

use tfplugin_framework::prelude::*;

use crate::cluster::documents;
use crate::cluster::model::{Cluster, list_of, texts};
use crate::cluster::observed::Observed;
use crate::cluster::parts::Place;

use super::model::PodIdentity;
use super::{LiveAssociation, purpose};

/// `pod_identity_roles`: the service accounts of ours that have a role. One without association, or whose role is gone, is not in
/// it: of a null in a map that becomes something, Terraform says that it does not change.
pub(crate) fn roles(observed: &Observed, place: &Place) -> Attr<Map<String>> {
    let exists = |arn: &String| !place.is_own_role(arn) || observed.roles.values().any(|role| role.arn == *arn);
    let ours = observed.associations.iter().filter(|(_, live)| is_ours(live, place) && exists(&live.role_arn));
    let all: Map<String> = ours.map(|(key, live)| (key.clone(), live.role_arn.as_str().into())).collect();
    if all.is_empty() { Attr::Null } else { Attr::Known(all) }
}

fn is_ours(live: &LiveAssociation, place: &Place) -> bool {
    live.owner.is_none() && place.is_part(&live.tags)
}

/// `pod_identities` with what somebody changed elsewhere.
pub(crate) fn drifted(base: &Cluster, observed: &Observed, place: &Place) -> Attr<Map<PodIdentity>> {
    let Attr::Known(all) = &base.pod_identities else { return base.pod_identities.clone() };
    let entry = |key: &String, entry: &Attr<PodIdentity>| match (entry, observed.associations.get(key)) {
        (Attr::Known(entry), Some(live)) if is_ours(live, place) => {
            Attr::Known(seen(key, entry, live, observed, place))
        }
        _ => entry.clone(),
    };
    Attr::Known(all.iter().map(|(key, one)| (key.clone(), entry(key, one))).collect())
}

fn seen(key: &str, entry: &PodIdentity, live: &LiveAssociation, observed: &Observed, place: &Place) -> PodIdentity {
    match &entry.role_arn {
        Attr::Known(_) => PodIdentity { role_arn: live.role_arn.as_str().into(), ..entry.clone() },
        Attr::Unknown => entry.clone(),
        Attr::Null if live.role_arn != place.role_arn(&purpose(key)) => {
            PodIdentity { role_arn: live.role_arn.as_str().into(), ..entry.clone() }
        }
        Attr::Null => {
            let Some(role) = observed.roles.get(&place.role_name(&purpose(key))) else { return entry.clone() };
            let written = texts(&entry.policies);
            let attached: Vec<String> =
                written.iter().filter(|policy| role.policies.contains(*policy)).cloned().collect();
            let inline = match (&entry.inline_policy, &role.inline) {
                (Attr::Known(written), Some(live)) if documents::same(written, live) => written.as_str().into(),
                (Attr::Unknown, _) => Attr::Unknown,
                (_, live) => live.clone().into(),
            };
            let policies = if attached == written { entry.policies.clone() } else { list_of(attached) };
            PodIdentity { policies, inline_policy: inline, ..entry.clone() }
        }
    }
}

/// The pod identities of this cluster in the words of a user who writes no more than is needed.
pub(crate) fn written(observed: &Observed, place: &Place) -> Attr<Map<PodIdentity>> {
    let entry = |key: &String, live: &LiveAssociation| {
        let role = observed.roles.get(&place.role_name(&purpose(key)));
        match role.filter(|role| role.arn == live.role_arn) {
            None => PodIdentity { role_arn: live.role_arn.as_str().into(), ..PodIdentity::default() },
            Some(role) => PodIdentity {
                policies: if role.policies.is_empty() { Attr::Null } else { list_of(role.policies.iter().cloned()) },
                inline_policy: role.inline.clone().into(),
                role_arn: Attr::Null,
            },
        }
    };
    let ours = observed.associations.iter().filter(|(_, live)| is_ours(live, place));
    let all: Map<PodIdentity> = ours.map(|(key, live)| (key.clone(), Attr::Known(entry(key, live)))).collect();
    if all.is_empty() { Attr::Null } else { Attr::Known(all) }
}
