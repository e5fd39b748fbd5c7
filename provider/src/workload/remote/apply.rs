//! Objects that are applied, without taking anything from anybody that the plan did not show, and deleted until they are gone.

use std::time::Duration;

use serde_json::Value as Json;
use tokio::time::Instant;

use crate::cloud::error::CloudError;
use crate::cloud::kube::error::{Conflict, KubeError};
use crate::cloud::kube::{Kind, Kube, Object, Terms};
use crate::cloud::limit::Limit;
use crate::workload::difference::not_shown;

/// Between two looks at something that should be gone soon.
const LOOK: Duration = Duration::from_millis(200);

/// What the plan showed of an object.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown<'a> {
    /// The object as rendered from the state that was read.
    pub prior: Option<&'a Json>,
    /// The drift that no attribute shows.
    pub drift: &'a [String],
}

/// Applies an object. Fields that others own are taken exactly where the plan showed that.
///
/// # Errors
/// If it is refused, or a field was taken over since the plan.
pub async fn apply(kube: &Kube, kind: Kind, object: &Json, shown: Shown<'_>) -> Result<Object, KubeError> {
    let error = match kube.apply(kind, object, Terms::default()).await {
        Err(error) if !error.conflicts().is_empty() => error,
        settled => return settled,
    };
    let text = |key: &str| object["metadata"][key].as_str();
    let (namespace, name) = (text("namespace"), text("name").unwrap_or_default());
    let mut last = error;
    // The controllers write the object's status all the time, and every time it is another version.
    for _ in 0..10 {
        let Some(live) = kube.get(kind, namespace, name).await? else {
            return kube.apply(kind, object, Terms::default()).await;
        };
        let version = live["metadata"]["resourceVersion"].as_str();
        let error = match kube.apply(kind, object, Terms { force: false, version }).await {
            Err(error) if error.is_conflict() => error,
            settled => return settled,
        };
        let conflicts = error.conflicts();
        if !conflicts.is_empty() {
            let others = not_shown(&conflicts, shown.prior, &live, shown.drift);
            if !others.is_empty() {
                return Err(taken_over(kind, &others).into());
            }
            match kube.apply(kind, object, Terms { force: true, version }).await {
                Err(error) if error.is_conflict() => last = error,
                settled => return settled,
            }
        }
    }
    Err(last)
}

fn taken_over(kind: Kind, fields: &[&Conflict]) -> CloudError {
    let list: Vec<String> =
        fields.iter().map(|one| format!("  {} {} belongs to {}", kind.word(), one.path, one.owner)).collect();
    CloudError::Told {
        code: "TakenOver".to_owned(),
        headline: format!("{} now belongs to {}, which the plan did not show", fields[0].path, fields[0].owner),
        detail: format!(
            "{}\n\nThese fields were not changed. Plan again: what the plan shows as a change, its apply sets back. A field \
             that it does not show was added by somebody else: remove it there, or leave it out here.",
            list.join("\n")
        ),
    }
}

/// Deletes an object and waits until it and what it owns are gone.
///
/// # Errors
/// If it is refused; at the deadline with what holds it; [`CloudError::Stopped`].
pub async fn delete(
    kube: &Kube,
    kind: Kind,
    namespace: Option<&str>,
    object: &Json,
    limit: &Limit,
) -> Result<(), CloudError> {
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
    let (name, uid) = (text("name"), text("uid"));
    match kube.delete(kind, namespace, name, uid, None).await {
        // Of another UID by now: ours is gone.
        Err(error) if error.is_conflict() => return Ok(()),
        deleted => drop(deleted?),
    }
    gone(kube, kind, namespace, name, uid, limit).await
}

/// Waits until the object with this UID is gone.
///
/// # Errors
/// As [`delete`].
pub async fn gone(
    kube: &Kube,
    kind: Kind,
    namespace: Option<&str>,
    name: &str,
    uid: &str,
    limit: &Limit,
) -> Result<(), CloudError> {
    let title = kind.title(namespace, name);
    tracing::info!("waiting for {title} to be gone");
    loop {
        let found = kube.get(kind, namespace, name).await.map_err(CloudError::from)?;
        let Some(found) = found.filter(|found| found["metadata"]["uid"] == uid) else { return Ok(()) };
        if Instant::now() >= limit.deadline {
            let held = |key: &Json| key.as_array().is_some_and(|all| !all.is_empty()).then(|| key.to_string());
            let finalizers = held(&found["metadata"]["finalizers"]).or_else(|| held(&found["spec"]["finalizers"]));
            let awaited = finalizers.map(|all| format!("finalizers {all} hold it")).unwrap_or_default();
            return Err(CloudError::deadline(&format!("{title} to be gone"), limit.elapsed(), &awaited));
        }
        limit.sleep_until(Instant::now() + LOOK).await?;
    }
}
