//! Whether EKS offers an add-on as it is wanted: its name, its version, its values. Pure; `remote` asks EKS.

use std::collections::BTreeSet;

use tfplugin_framework::diagnostic::{Diagnostics, Path};
use tfplugin_framework::schema::check::shown;

use crate::cloud::error::CloudError;

use super::wish::{Identification, Pin, Wish};
use super::{DEFAULTS, Release, Releases, Wishes, compare};

#[cfg(test)]
mod tests;

/// How many versions an error names.
const NEAREST: usize = 5;
/// How many faults of values an error names.
const FAULTS: usize = 10;

/// Something to ask EKS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub name: String,
    /// The version of Kubernetes.
    pub minor: String,
    pub wish: Wish,
    /// The version that it has and keeps, where it names none.
    pub live: Option<String>,
}

impl Question {
    /// The version that its values are for, if that is not the recommended one.
    pub(crate) fn version(&self) -> Option<&str> {
        match &self.wish.version {
            Pin::Exact(version) => Some(version),
            Pin::Stays => self.live.as_deref(),
            Pin::Default => None,
        }
    }
}

/// Why an add-on cannot be as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub path: Path,
    pub reason: String,
    pub detail: String,
}

impl Refusal {
    /// For a plan.
    pub(crate) fn diagnostics(&self) -> Diagnostics {
        let mut all = Diagnostics::none();
        all.error_at(self.path.clone(), format!("{} {}", self.path, self.reason), &self.detail);
        all
    }

    /// For an apply.
    pub(crate) fn error(&self) -> CloudError {
        CloudError::told(format!("{} {}", self.path, self.reason), &self.detail)
    }
}

impl Release {
    /// The service accounts, with their namespaces, that get a role with this add-on; none where its namespace is not known
    /// before it is installed.
    pub(crate) fn accounts_of(&self, addon: &str, wish: &Wish) -> Vec<String> {
        let is_default = DEFAULTS.iter().any(|(name, _)| *name == addon);
        let namespace = wish.namespace.as_deref().or(is_default.then_some("kube-system"));
        let namespace = namespace.filter(|_| wish.identity != Identification::Absent);
        let accounts = self.identities.iter().map(|one| &one.service_account);
        namespace.map(|namespace| accounts.map(|name| format!("{namespace}/{name}")).collect()).unwrap_or_default()
    }
}

/// The first reason why one of the wanted add-ons cannot be as it is wanted on Kubernetes `last`; those of which nothing had to
/// be asked are.
///
/// # Errors
/// That reason.
pub(crate) fn check(wanted: &Wishes, releases: &Releases, last: &str) -> Result<(), CloudError> {
    let refused = releases.iter().find_map(|((name, minor), release)| {
        let wish = wanted.get(name)?;
        // On the way of an upgrade it only has to be offered at all.
        let passing = Wish::default();
        judge(name, minor, if minor == last { wish } else { &passing }, release)
    });
    refused.map_or(Ok(()), |refused| Err(refused.error()))
}

/// Why an add-on cannot be as it is wanted, if it cannot.
pub(crate) fn judge(name: &str, minor: &str, wish: &Wish, release: &Release) -> Option<Refusal> {
    let path = Path::attribute("addons").key(name);
    if release.compatible.is_empty() {
        return Some(Refusal {
            path,
            reason: format!("is not offered: EKS has no version of add-on {name} for Kubernetes {minor}"),
            detail: format!(
                "Is the name right? `aws eks describe-addon-versions --kubernetes-version {minor} --query addons[].addonName` \
                 lists what there is. Take the entry out, or set `enabled = false`, to go without it."
            ),
        });
    }
    if let Pin::Exact(version) = &wish.version
        && !release.compatible.contains(version)
    {
        return Some(Refusal {
            path: path.child("version"),
            reason: format!("is {}, which EKS does not offer for Kubernetes {minor}", shown(version)),
            detail: format!(
                "The nearest that it offers: {}. It recommends {}; `version = \"default\"` follows that.",
                nearest(version, release).join(", "),
                release.default
            ),
        });
    }
    let faults = faults(release.schema.as_deref()?, wish.values.as_deref()?);
    let first = faults.first()?;
    let more: Vec<String> = faults.iter().skip(1).take(FAULTS).map(|fault| format!("also {fault}\n")).collect();
    Some(Refusal {
        path: path.child("values"),
        reason: format!("does not fit add-on {name} {}: {first}", release.version),
        detail: format!(
            "{}The schema of its values: `aws eks describe-addon-configuration --addon-name {name} --addon-version {} \
             --query configurationSchema --output text`.",
            more.concat(),
            release.version
        ),
    })
}

/// The offered versions around one that is not.
fn nearest(version: &str, release: &Release) -> Vec<String> {
    let mut all: Vec<&String> = release.compatible.iter().collect();
    all.sort_by(|a, b| compare(b, a));
    let at = all.iter().position(|one| compare(one, version).is_lt()).unwrap_or(all.len());
    let first = at.saturating_sub(NEAREST / 2).min(all.len().saturating_sub(NEAREST));
    all.into_iter().skip(first).take(NEAREST).cloned().collect()
}

/// Where values do not fit a schema, and why: `controller.replicaCount: want integer, but got string`. What cannot be judged
/// here is left to EKS.
fn faults(schema: &str, values: &str) -> Vec<String> {
    let (Ok(schema), Ok(values)) = (serde_json::from_str(schema), serde_json::from_str(values)) else {
        return Vec::new();
    };
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.use_loader(Box::new(Nowhere));
    compiler.set_default_draft(boon::Draft::V7);
    let added = compiler.add_resource(SCHEMA, schema).map_err(Box::new);
    let compiled = added.and_then(|()| compiler.compile(SCHEMA, &mut schemas).map_err(Box::new));
    let Ok(compiled) = compiled else { return Vec::new() };
    let mut found = BTreeSet::new();
    if let Err(fault) = schemas.validate(&values, compiled) {
        collect(&fault, &mut found);
    }
    found.into_iter().collect()
}

/// What a schema is called while it is read.
const SCHEMA: &str = "https://schema.invalid/values.json";

/// A schema is judged by itself: nothing is loaded for it.
struct Nowhere;

impl boon::UrlLoader for Nowhere {
    fn load(&self, url: &str) -> Result<serde_json::Value, Box<dyn std::error::Error>> {
        Err(format!("{url} is not loaded").into())
    }
}

/// The innermost faults. Which of several alternatives was meant cannot be told.
fn collect(fault: &boon::ValidationError<'_, '_>, found: &mut BTreeSet<String>) {
    let is_choice = matches!(fault.kind, boon::ErrorKind::AnyOf | boon::ErrorKind::OneOf(_));
    if fault.causes.is_empty() || is_choice {
        let reason =
            if is_choice { "fits none of the forms that it may have".to_owned() } else { fault.kind.to_string() };
        found.insert(worded(&fault.instance_location.to_string(), &reason));
    } else {
        fault.causes.iter().for_each(|cause| collect(cause, found));
    }
}

fn worded(pointer: &str, reason: &str) -> String {
    const LONGEST: usize = 200;
    let place = pointer.trim_start_matches('/').replace('/', ".");
    let reason = match reason.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason.to_owned(),
    };
    if place.is_empty() { reason } else { format!("{place}: {reason}") }
}
