//! What EKS accepts of labels, taints, update configurations, launch templates and releases, and how it refuses the rest.
//! Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{NodeGroup, Taint};
use crate::cloud;
use crate::error::ApiError;

/// How many taints a group may have.
const TAINTS: usize = 50;
/// Dates of the releases of an image, the newest first.
const DATES: [&str; 3] = ["20261105", "20261015", "20260917"];
/// Releases of Bottlerocket, the newest first.
const BOTTLEROCKET: [&str; 3] = ["1.48.0-5d9ac849", "1.47.0-8dcf67b4", "1.46.0-6a1c6e3b"];
/// The image of a launch template.
const OWN_IMAGE: &str = "ami-0sandbox000000000";

/// `launchTemplate` of a request.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TemplateRequest {
    pub id: Option<String>,
    name: Option<String>,
    version: Option<String>,
}

pub(crate) fn labels(labels: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let reserved = ["kubernetes.io/", "k8s.io/", "eks.amazonaws.com/"];
    if labels.keys().any(|key| reserved.iter().any(|prefix| key.contains(prefix))) {
        return Err(ApiError::parameter(format!("Label cannot contain reserved prefixes [{}]", reserved.join(", "))));
    }
    labels.values().try_for_each(|text| value(text))
}

/// The text of Kubernetes itself.
fn value(text: &str) -> Result<(), ApiError> {
    let ends = |one: Option<char>| one.is_some_and(|one| one.is_ascii_alphanumeric());
    let holds = text.chars().all(|one| one.is_ascii_alphanumeric() || "-_.".contains(one))
        && ends(text.chars().next())
        && ends(text.chars().next_back());
    match holds {
        true => Ok(()),
        false => Err(ApiError::parameter(format!(
            "Invalid value: {text} : field must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        ))),
    }
}

pub(crate) fn taints(taints: &[Taint]) -> Result<(), ApiError> {
    if taints.len() > TAINTS {
        return Err(ApiError::parameter(format!("A node group can have at most {TAINTS} taints")));
    }
    let twice = |(at, one): (usize, &Taint)| {
        taints[..at].iter().any(|other| other.key == one.key && other.effect == one.effect)
    };
    if taints.iter().enumerate().any(twice) {
        return Err(ApiError::parameter("Duplicate taints with the same key and effect are not allowed"));
    }
    taints.iter().filter_map(|taint| taint.value.as_deref()).filter(|text| !text.is_empty()).try_for_each(value)
}

/// `updateConfig` after a request. A strategy that is left out stays.
pub(crate) fn update_config(wanted: Value, before: Option<&Value>) -> Result<Value, ApiError> {
    let has = |member: &str| wanted.get(member).is_some_and(|value| !value.is_null());
    if has("maxUnavailable") == has("maxUnavailablePercentage") {
        return Err(ApiError::parameter(
            "Exactly one of maxUnavailable and maxUnavailablePercentage must be specified in updateConfig",
        ));
    }
    if wanted["maxUnavailable"].as_u64().is_some_and(|number| number > 100) {
        return Err(ApiError::parameter("maxUnavailable can't be greater than 100"));
    }
    let mut next = wanted.clone();
    if !has("updateStrategy")
        && let Some(strategy) = before.and_then(|before| before.get("updateStrategy"))
    {
        next["updateStrategy"] = strategy.clone();
    }
    Ok(next)
}

/// The launch template as DescribeNodegroup shows it.
pub(crate) fn template(request: &TemplateRequest, found: Option<&cloud::LaunchTemplate>) -> Result<Value, ApiError> {
    if request.id.is_some() == request.name.is_some() {
        return Err(ApiError::parameter(
            "You must specify either the launch template ID or the launch template name in the request, but not both.",
        ));
    }
    let asked = request.id.as_deref().or(request.name.as_deref()).unwrap_or_default();
    let Some(found) = found else {
        return Err(ApiError::parameter(format!("Launch template {asked} was not found")));
    };
    let version = match request.version.as_deref() {
        None | Some("$Default") => found.default.to_string(),
        Some("$Latest") => found.latest.to_string(),
        Some(number) => number.to_owned(),
    };
    if version.parse::<u32>().is_ok_and(|number| (1..=found.latest).contains(&number)) {
        return Ok(json!({ "id": found.id, "name": found.name, "version": version }));
    }
    Err(ApiError::parameter(format!("Version {version} of launch template {asked} was not found")))
}

/// The launch template after UpdateNodegroupVersion.
pub(crate) fn next_template(group: &NodeGroup, next: Value) -> Result<Value, ApiError> {
    match &group.launch_template {
        None => Err(ApiError::parameter(
            "You can only update a node group using a launch template if the node group was originally deployed with a launch template",
        )),
        Some(before) if before["id"] != next["id"] => Err(ApiError::parameter(
            "You cannot specify a different launch template ID than the one the node group was created with",
        )),
        Some(_) => Ok(next),
    }
}

/// The releases of an image for a Kubernetes minor, the newest first.
fn releases(version: &str, ami_type: &str) -> Vec<String> {
    if ami_type == "CUSTOM" {
        return vec![OWN_IMAGE.to_owned()];
    }
    if ami_type.starts_with("BOTTLEROCKET") {
        return BOTTLEROCKET.map(str::to_owned).to_vec();
    }
    let patch = crate::versions::supported(version).map_or("0", |known| known.patch.rsplit('.').next().unwrap_or("0"));
    DATES.map(|date| format!("{version}.{patch}-{date}")).to_vec()
}

/// The release that a request means: the newest where it names none.
pub(crate) fn release(version: &str, ami_type: &str, asked: Option<&str>) -> Result<String, ApiError> {
    let all = releases(version, ami_type);
    match asked {
        None => Ok(all[0].clone()),
        Some(asked) if all.iter().any(|one| one == asked) => Ok(asked.to_owned()),
        Some(asked) => {
            let text = format!("Requested release version {asked} is not valid for kubernetes version {version}.");
            Err(ApiError::request(text))
        }
    }
}

/// Nodes go forward only.
pub(crate) fn forward(before: &NodeGroup, version: &str, release: &str) -> Result<(), ApiError> {
    let all = releases(version, &before.ami_type);
    let place = |release: &str| all.iter().position(|one| one == release);
    match (place(&before.release_version), place(release)) {
        (Some(was), Some(is)) if is > was => Err(ApiError::parameter(format!(
            "Nodegroup release version cannot be lowered from {} to {release}",
            before.release_version
        ))),
        _ => Ok(()),
    }
}
