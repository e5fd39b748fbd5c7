//! Updates: what DescribeUpdate and ListUpdates show of a change that takes a while. Knows records, not what they change.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clusters::Issue;
use crate::error::ApiError;
use crate::page::{self, Page};
use crate::state::{ClusterState, Context};

/// A change of a cluster, a node group or an add-on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Update {
    /// A UUID.
    pub id: String,
    /// How far it is.
    pub status: UpdateStatus,
    /// `VersionUpdate`, `LoggingUpdate` and so on.
    pub r#type: &'static str,
    /// What was asked for.
    pub params: Vec<Parameter>,
    /// Seconds since the epoch.
    pub created_at: f64,
    /// Why it failed.
    pub errors: Vec<UpdateError>,
    /// What it changes.
    #[serde(skip)]
    pub subject: Subject,
    /// The fields to set when it succeeds; their meaning is the subject's.
    #[serde(skip)]
    pub change: Value,
}

/// How far an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum UpdateStatus {
    /// Under way.
    InProgress,
    /// Done, and in effect.
    Successful,
    /// Over, without effect.
    Failed,
}

/// One thing that an update was asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Parameter {
    /// A name from the model's `UpdateParamType`.
    pub r#type: &'static str,
    /// Text; lists and objects as JSON.
    pub value: String,
}

/// Why an update failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateError {
    /// A name from the model's `ErrorCode`.
    pub error_code: String,
    /// A sentence.
    pub error_message: String,
    /// The AWS objects concerned.
    pub resource_ids: Vec<String>,
}

impl From<Issue> for UpdateError {
    fn from(Issue { code, message, resource_ids }: Issue) -> Self {
        Self { error_code: code, error_message: message, resource_ids }
    }
}

/// What an update changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The cluster itself.
    Cluster,
    /// A node group, by name.
    NodeGroup(String),
    /// An add-on, by name.
    AddOn(String),
}

/// One parameter; anything but text is shown as JSON.
pub(crate) fn parameter(r#type: &'static str, value: impl Into<Value>) -> Parameter {
    let value = match value.into() {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Parameter { r#type, value }
}

/// Records the begin of an update.
pub(crate) fn begin<'a>(
    cluster: &'a mut ClusterState,
    context: &Context,
    subject: Subject,
    r#type: &'static str,
    params: Vec<Parameter>,
    change: Value,
) -> &'a Update {
    let nth = cluster.updates.len().to_string();
    let id = context.ids.uuid(&["update", &cluster.uid, &nth]);
    cluster.updates.push(Update {
        id,
        status: UpdateStatus::InProgress,
        r#type,
        params,
        created_at: context.now,
        errors: Vec::new(),
        subject,
        change,
    });
    cluster.updates.last().expect("it was just pushed")
}

/// The update of this id that is still under way.
pub(crate) fn running<'a>(cluster: &'a mut ClusterState, id: &str) -> Option<&'a mut Update> {
    cluster.updates.iter_mut().find(|update| update.id == id && update.status == UpdateStatus::InProgress)
}

/// An update ends; true when its change takes effect.
pub(crate) fn end(cluster: &mut ClusterState, id: &str, failure: Option<Issue>) -> bool {
    let Some(update) = running(cluster, id) else { return false };
    update.status = if failure.is_none() { UpdateStatus::Successful } else { UpdateStatus::Failed };
    update.errors = failure.into_iter().map(UpdateError::from).collect();
    update.status == UpdateStatus::Successful
}

/// The update of the cluster itself that is under way, if one is: there is at most one.
pub(crate) fn of_cluster(cluster: &ClusterState) -> Option<&Update> {
    cluster
        .updates
        .iter()
        .find(|update| update.subject == Subject::Cluster && update.status == UpdateStatus::InProgress)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeUpdate {
    update_id: String,
    nodegroup_name: Option<String>,
    addon_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListUpdates {
    nodegroup_name: Option<String>,
    addon_name: Option<String>,
    #[serde(flatten)]
    page: Page,
}

fn subject(nodegroup: Option<String>, addon: Option<String>) -> Subject {
    match (nodegroup, addon) {
        (Some(name), _) => Subject::NodeGroup(name),
        (None, Some(name)) => Subject::AddOn(name),
        (None, None) => Subject::Cluster,
    }
}

pub(crate) fn describe(cluster: &ClusterState, request: DescribeUpdate) -> Result<Value, ApiError> {
    let subject = subject(request.nodegroup_name, request.addon_name);
    let found = cluster.updates.iter().find(|update| update.id == request.update_id && update.subject == subject);
    let update = found.ok_or_else(|| {
        ApiError::not_found(format!("No update found for ID: {}", request.update_id)).cluster(&cluster.cluster.name)
    })?;
    Ok(json!({ "update": update }))
}

pub(crate) fn list(cluster: &ClusterState, request: ListUpdates) -> Result<Value, ApiError> {
    let subject = subject(request.nodegroup_name, request.addon_name);
    let ids = cluster
        .updates
        .iter()
        .rev()
        .filter(|update| update.subject == subject)
        .map(|update| Value::from(update.id.clone()));
    page::answer("updateIds", ids.collect(), &request.page)
}
