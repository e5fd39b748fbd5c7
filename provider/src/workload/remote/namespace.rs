//! Namespaces: made when there is none, claimed by every app and job in them, and removed with the last one if they are
//! ours and empty. A claim is an annotation that is merged, so two applies at a time do not undo each other's.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::apply::gone;
use crate::cloud::error::CloudError;
use crate::cloud::kube::error::KubeError;
use crate::cloud::kube::{Kind, Kube, Object, annotate};
use crate::cloud::limit::Limit;
use crate::cloud::ownership::{CLAIM, MANAGED_BY, MANAGER, OWNER};
use crate::workload::attributes::Shared;
use crate::workload::render::Component;

/// Before an effect is tried again that failed because its namespace is being deleted.
const PAUSE: Duration = Duration::from_millis(200);

fn claim_key(component: Component, shared: &Shared) -> String {
    format!("{CLAIM}.{}.{}", component.word(), shared.name())
}

fn is_ours(namespace: &Json) -> bool {
    namespace["metadata"]["labels"][MANAGED_BY] == MANAGER
}

fn is_terminating(namespace: &Json) -> bool {
    namespace["metadata"]["deletionTimestamp"].is_string()
}

fn has_claims(namespace: &Json) -> bool {
    let annotations = namespace["metadata"]["annotations"].as_object();
    annotations.is_some_and(|all| all.keys().any(|key| key.starts_with(&format!("{CLAIM}."))))
}

/// Makes the namespace or puts the workload's claim on it. Waits while one of that name is being deleted.
///
/// # Errors
/// If it cannot be made; at the deadline; [`CloudError::Stopped`].
pub async fn claim(
    kube: &Kube,
    shared: &Shared,
    component: Component,
    owner: &str,
    limit: &Limit,
) -> Result<(), CloudError> {
    let name = shared.namespace();
    let key = claim_key(component, shared);
    loop {
        let found = match kube.get(Kind::Namespace, None, name).await {
            // Who may only work inside it has to take it as it is.
            Err(error) if error.is_forbidden() => return Ok(()),
            found => found.map_err(CloudError::from)?,
        };
        match found {
            Some(there) if is_terminating(&there) => await_gone(kube, &there, limit).await?,
            Some(there) if !is_ours(&there) || there["metadata"]["annotations"][&key].is_string() => return Ok(()),
            Some(_) => match kube.merge(Kind::Namespace, None, name, &annotate(&key, Some(""))).await {
                Err(error) if error.is_not_found() => {}
                merged => return merged.map(drop).map_err(CloudError::from),
            },
            None => {
                let made = kube.create(Kind::Namespace, &namespace(name, &key, owner)).await;
                match made {
                    Err(error) if error.is_already_exists() => {}
                    made => return made.map(drop).map_err(CloudError::from),
                }
            }
        }
    }
}

fn namespace(name: &str, key: &str, owner: &str) -> Json {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "labels": { MANAGED_BY: MANAGER, OWNER: owner },
            "annotations": { key: "" },
        },
    })
}

/// Makes `effect` in the workload's namespace. If somebody deletes the namespace meanwhile, it is waited for and made again.
///
/// # Errors
/// What `effect` answers; at the deadline; [`CloudError::Stopped`].
pub async fn within<T, F, Fut>(
    kube: &Kube,
    shared: &Shared,
    component: Component,
    owner: &str,
    limit: &Limit,
    effect: F,
) -> Result<T, CloudError>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<T, KubeError>>,
{
    loop {
        match effect().await {
            Err(error) if error.is_terminating() || error.is_no_namespace() => {
                tracing::info!("namespace {} is being deleted; it is made again", shared.namespace());
                if Instant::now() >= limit.deadline {
                    return Err(error.into());
                }
                limit.sleep_until(Instant::now() + PAUSE).await?;
                claim(kube, shared, component, owner, limit).await?;
            }
            done => return done.map_err(CloudError::from),
        }
    }
}

async fn await_gone(kube: &Kube, there: &Object, limit: &Limit) -> Result<(), CloudError> {
    let text = |key: &str| there["metadata"][key].as_str().unwrap_or_default();
    gone(kube, Kind::Namespace, None, text("name"), text("uid"), limit).await
}

/// Takes the workload's claim off, and deletes the namespace if it is ours, was the last one's and is empty.
///
/// # Errors
/// If it cannot be deleted; at the deadline; [`CloudError::Stopped`].
pub async fn release(kube: &Kube, shared: &Shared, component: Component, limit: &Limit) -> Result<(), CloudError> {
    let name = shared.namespace();
    let key = claim_key(component, shared);
    loop {
        let found = match kube.get(Kind::Namespace, None, name).await {
            Err(error) if error.is_forbidden() => return Ok(()),
            found => found.map_err(CloudError::from)?,
        };
        let Some(mut there) = found.filter(is_ours) else { return Ok(()) };
        if is_terminating(&there) {
            return await_gone(kube, &there, limit).await;
        }
        if there["metadata"]["annotations"][&key].is_string() {
            there = match kube.merge(Kind::Namespace, None, name, &annotate(&key, None)).await {
                Err(error) if error.is_not_found() => return Ok(()),
                merged => merged.map_err(CloudError::from)?,
            };
        }
        if has_claims(&there) {
            return Ok(());
        }
        match kube.anything_in(name).await {
            Ok(None) => {}
            Ok(Some(thing)) => {
                tracing::info!("namespace {name} stays, because {thing} is in it");
                return Ok(());
            }
            Err(error) => {
                tracing::info!("namespace {name} stays, because nobody knows what is in it: {}", error.headline());
                return Ok(());
            }
        }
        let text = |key: &str| there["metadata"][key].as_str().unwrap_or_default();
        // A claim that came in between makes it another version.
        match kube.delete(Kind::Namespace, None, name, text("uid"), Some(text("resourceVersion"))).await {
            Err(error) if error.is_conflict() => {}
            Err(error) if error.is_forbidden() => return Ok(()),
            deleted => {
                deleted.map_err(CloudError::from)?;
                return await_gone(kube, &there, limit).await;
            }
        }
        limit.sleep_until(Instant::now()).await?;
    }
}
