//! Tags of every kind of object, found by ARN. Pure.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::state::{Place, Region, Tags};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TagResource {
    resource_arn: String,
    tags: Tags,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UntagResource {
    resource_arn: String,
    tag_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListTagsForResource {
    resource_arn: String,
}

/// Refuses keys that belong to AWS and more tags than an object can have.
pub(crate) fn check(tags: &Tags) -> Result<(), ApiError> {
    if tags.len() > 50 {
        return Err(ApiError::parameter("The number of tags exceeds the limit of 50"));
    }
    match tags.keys().find(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        Some(key) => Err(ApiError::parameter(format!(
            "Tag key {key} is invalid: keys with the prefix aws: are reserved for system use"
        ))),
        None => Ok(()),
    }
}

pub(crate) fn tag(region: &mut Region, place: &Place, request: TagResource) -> Result<Value, ApiError> {
    check(&request.tags).map_err(|error| ApiError::new("BadRequestException", error.message))?;
    let tags = find(region, place, &request.resource_arn)?;
    let mut next = tags.clone();
    next.extend(request.tags);
    check(&next).map_err(|error| ApiError::new("BadRequestException", error.message))?;
    *tags = next;
    Ok(json!({}))
}

pub(crate) fn untag(region: &mut Region, place: &Place, request: &UntagResource) -> Result<Value, ApiError> {
    let tags = find(region, place, &request.resource_arn)?;
    tags.retain(|key, _| !request.tag_keys.contains(key));
    Ok(json!({}))
}

pub(crate) fn list(region: &mut Region, place: &Place, request: &ListTagsForResource) -> Result<Value, ApiError> {
    Ok(json!({ "tags": find(region, place, &request.resource_arn)? }))
}

fn find<'a>(region: &'a mut Region, place: &Place, arn: &str) -> Result<&'a mut Tags, ApiError> {
    let missing = || ApiError::new("NotFoundException", format!("The resource {arn} could not be found"));
    let resource = arn
        .strip_prefix(&place.arn(""))
        .ok_or_else(|| ApiError::new("BadRequestException", format!("Invalid resource ARN: {arn}")))?;
    let mut parts = resource.split('/');
    let kind = parts.next().unwrap_or_default();
    let cluster = parts.next().and_then(|name| region.clusters.get_mut(name)).ok_or_else(missing)?;
    let found = match kind {
        "cluster" => Some(&mut cluster.cluster.tags).filter(|_| cluster.cluster.arn == arn),
        "nodegroup" => {
            cluster.node_groups.values_mut().find(|group| group.nodegroup_arn == arn).map(|group| &mut group.tags)
        }
        "addon" => cluster.add_ons.values_mut().find(|add_on| add_on.addon_arn == arn).map(|add_on| &mut add_on.tags),
        "access-entry" => {
            cluster.access_entries.values_mut().find(|entry| entry.access_entry_arn == arn).map(|entry| &mut entry.tags)
        }
        "podidentityassociation" => cluster
            .associations
            .values_mut()
            .find(|association| association.association_arn == arn)
            .map(|association| &mut association.tags),
        _ => None,
    };
    found.ok_or_else(missing)
}
