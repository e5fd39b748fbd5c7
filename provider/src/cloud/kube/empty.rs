//! Whether a namespace holds anything that somebody would miss. Asks for every kind that the server knows, custom ones too.

use futures::{StreamExt, stream};
use kube::core::{DynamicObject, Resource};
use kube::discovery::{Discovery, Scope, verbs};

use super::Kube;
use super::error::KubeError;
use super::object::checked;

/// What every namespace has, or what goes with other objects.
const USUAL: [(&str, Option<&str>); 6] = [
    ("Event", None),
    ("Endpoints", None),
    ("EndpointSlice", None),
    ("PodMetrics", None),
    ("ServiceAccount", Some("default")),
    ("ConfigMap", Some("kube-root-ca.crt")),
];

impl Kube {
    /// One thing in the namespace, such as `Secret db`, or nothing if it is empty.
    ///
    /// # Errors
    /// If a kind may not be listed: then nobody knows.
    pub async fn anything_in(&self, namespace: &str) -> Result<Option<String>, KubeError> {
        checked(namespace)?;
        let told = |error| self.told("find out what it serves".to_owned(), error);
        let discovery = Discovery::new(self.client()).run_aggregated().await.map_err(told)?;
        let kinds: Vec<(String, String)> = discovery
            .groups()
            .flat_map(|group| group.recommended_resources())
            .filter(|(_, can)| can.scope == Scope::Namespaced && can.supports_operation(verbs::LIST))
            .filter(|(_, can)| can.supports_operation(verbs::DELETE))
            .map(|(resource, _)| (DynamicObject::url_path(&resource, Some(namespace)), resource.kind))
            .filter(|(_, kind)| !USUAL.contains(&(kind.as_str(), None)))
            .collect();
        let looks = kinds.into_iter().map(|(path, kind)| async move {
            let action = || format!("list {kind}s in namespace {namespace}");
            let found = match self.list_path(action, &path, "", Some(5)).await {
                Err(error) if error.is_not_found() => Vec::new(),
                found => found?,
            };
            let name = |object: &serde_json::Value| object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            let odd = found.iter().map(name).find(|name| !USUAL.contains(&(kind.as_str(), Some(name))));
            Ok::<Option<String>, KubeError>(odd.map(|name| format!("{kind} {name}")))
        });
        let mut looks = stream::iter(looks).buffer_unordered(8);
        while let Some(found) = looks.next().await {
            let found = found?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}
