//! What a plan says of pod identities: rules between attributes, and the roles that pods will have. Pure.

use tfplugin_framework::diagnostic::{Diagnostics, Path};
use tfplugin_framework::prelude::*;

use crate::cluster::model::Cluster;

use super::model::PodIdentity;

/// Rules between the attributes of an entry.
pub(crate) fn validate(written: &Attr<Map<PodIdentity>>) -> Diagnostics {
    let mut all = Diagnostics::none();
    let known = written.known().into_iter().flatten();
    for (key, entry) in known.filter_map(|(key, entry)| Some((key, entry.known()?))) {
        let path = Path::attribute("pod_identities").key(key);
        let makes = entry.policies.known().is_some() || entry.inline_policy.known().is_some();
        let may_make = !entry.policies.is_null() || !entry.inline_policy.is_null();
        match &entry.role_arn {
            Attr::Known(_) if makes => all.error_at(
                path.child("role_arn"),
                format!("pod_identities[{key:?}] has both role_arn and policies"),
                "`role_arn` is a role of yours, whose policies are yours too. Leave it out to have a role made, or leave \
                 `policies` and `inline_policy` out.",
            ),
            Attr::Null if !may_make => all.error_at(
                path,
                format!("pod_identities[{key:?}] gives its pods nothing"),
                "Give `policies`, `inline_policy` or both, and a role is made; or `role_arn`, for a role of yours.",
            ),
            _ => {}
        }
    }
    all
}

/// `pod_identity_roles` after a create or its continuation: nothing is known of them yet, unless there are none.
pub(crate) fn created(planned: &Cluster) -> Attr<Map<String>> {
    let none = planned.pod_identities.is_null() || planned.pod_identities.known().is_some_and(Map::is_empty);
    if none { Attr::Null } else { Attr::Unknown }
}

/// `pod_identity_roles` after an apply: every wanted service account has its role.
pub(crate) fn foreseen(prior: &Cluster, planned: &Cluster) -> Attr<Map<String>> {
    let entries = match &planned.pod_identities {
        Attr::Unknown => return Attr::Unknown,
        Attr::Null => return Attr::Null,
        Attr::Known(entries) if entries.is_empty() => return Attr::Null,
        Attr::Known(entries) => entries,
    };
    let role = |key: &String, entry: &Attr<PodIdentity>| {
        let Some(entry) = entry.known() else { return Attr::Unknown };
        let had = prior.pod_identities.known().and_then(|all| all.get(key)?.known());
        let live = prior.pod_identity_roles.known().and_then(|all| all.get(key)).filter(|role| !role.is_null());
        let was_made = had.is_some_and(|had| had.role_arn.is_null());
        match (&entry.role_arn, live) {
            (Attr::Known(arn), _) => arn.as_str().into(),
            (Attr::Null, Some(live)) if was_made => live.clone(),
            _ => Attr::Unknown,
        }
    };
    Attr::Known(entries.iter().map(|(key, entry)| (key.clone(), role(key, entry))).collect())
}
