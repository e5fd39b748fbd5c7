//! Requests to an API server. The only layer that retries: throttling and lost connections for a while, a refused token
//! once. Every request here may be repeated: reads, applies, merges, deletes with the object's UID, creates by name.

use std::time::Duration;

use http::Request;
use kube::core::Request as Paths;
use kube::core::params::{
    DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy,
};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::connection::innermost;
use super::error::KubeError;
use super::object::{Kind, Object, checked};
use super::{Kube, lists};

/// The field manager of everything that this provider applies. Part of every object: a rename would orphan their fields.
pub const FIELD_MANAGER: &str = "terraform-provider-paas";

/// Webhooks may take 30 s of their own.
const ANSWER: Duration = Duration::from_secs(40);
/// For how long throttling and lost connections are retried.
const PATIENCE: Duration = Duration::from_secs(10);

/// How server-side apply treats fields that others own, and an object that changes meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms<'a> {
    /// Take the fields of others. Otherwise it fails and names them.
    pub force: bool,
    /// Only if the object is still of this resource version.
    pub version: Option<&'a str>,
}

impl Kube {
    /// The object, if there is one.
    ///
    /// # Errors
    /// If the API server could not be asked.
    pub async fn get(&self, kind: Kind, namespace: Option<&str>, name: &str) -> Result<Option<Object>, KubeError> {
        let action = || format!("read {}", kind.title(namespace, name));
        let paths = Paths::new(kind.path(namespace)?);
        let request = || paths.get(name, &GetParams::default());
        checked(name)?;
        match self.send(action, request).await {
            Err(error) if error.is_not_found() => Ok(None),
            other => other.map(Some),
        }
    }

    /// Applies `object` on the server's side with our field manager and strict validation; answers the object as it is then.
    ///
    /// # Errors
    /// If it is refused: see [`KubeError::conflicts`].
    pub async fn apply(&self, kind: Kind, object: &Object, terms: Terms<'_>) -> Result<Object, KubeError> {
        let (namespace, name) = place(object);
        let action = || format!("change {}", kind.title(namespace, name));
        let paths = Paths::new(kind.path(namespace)?);
        let mut params = PatchParams::apply(FIELD_MANAGER).validation_strict();
        params.force = terms.force;
        let mut versioned = object.clone();
        if let Some(version) = terms.version {
            versioned["metadata"]["resourceVersion"] = version.into();
        }
        let patch = Patch::Apply(&versioned);
        checked(name)?;
        let applied = self.send(action, || paths.patch(name, &params, &patch)).await;
        self.lists.forget();
        applied
    }

    /// Merges `patch` into an object.
    ///
    /// # Errors
    /// If it is refused or there is no such object.
    pub async fn merge(
        &self,
        kind: Kind,
        namespace: Option<&str>,
        name: &str,
        patch: &Json,
    ) -> Result<Object, KubeError> {
        let action = || format!("change {}", kind.title(namespace, name));
        let paths = Paths::new(kind.path(namespace)?);
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        let patch = Patch::Merge(patch);
        checked(name)?;
        let merged = self.send(action, || paths.patch(name, &params, &patch)).await;
        self.lists.forget();
        merged
    }

    /// Creates `object`.
    ///
    /// # Errors
    /// If it is refused, also because it exists.
    pub async fn create(&self, kind: Kind, object: &Object) -> Result<Object, KubeError> {
        let (namespace, name) = place(object);
        let action = || format!("create {}", kind.title(namespace, name));
        let paths = Paths::new(kind.path(namespace)?);
        checked(name)?;
        let body = object.to_string().into_bytes();
        let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        let created = self.send(action, || paths.create(&params, body.clone())).await;
        self.lists.forget();
        created
    }

    /// Deletes the object with this UID, and what it owns before it. True if there was one; it may take a while to go.
    /// `version` makes that conditional on its resource version, too.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn delete(
        &self,
        kind: Kind,
        namespace: Option<&str>,
        name: &str,
        uid: &str,
        version: Option<&str>,
    ) -> Result<bool, KubeError> {
        let action = || format!("delete {}", kind.title(namespace, name));
        let paths = Paths::new(kind.path(namespace)?);
        checked(name)?;
        let preconditions = Preconditions { uid: Some(uid.to_owned()), resource_version: version.map(str::to_owned) };
        let params = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Foreground),
            preconditions: Some(preconditions),
            ..DeleteParams::default()
        };
        let deleted: Result<Json, KubeError> = self.send(action, || paths.delete(name, &params)).await;
        self.lists.forget();
        match deleted {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The object, out of a list that all objects of its kind share for a few seconds.
    ///
    /// # Errors
    /// If the API server could not be asked.
    pub async fn find(&self, kind: Kind, namespace: &str, name: &str) -> Result<Option<Object>, KubeError> {
        lists::find(self, &self.lists, kind, namespace, name).await
    }

    /// Every object of a kind that the selector selects, in a namespace or over all.
    ///
    /// # Errors
    /// If the API server could not be asked.
    pub async fn list(&self, kind: Kind, namespace: Option<&str>, labels: &str) -> Result<Vec<Object>, KubeError> {
        let action = || match namespace {
            Some(namespace) => format!("list {}s in namespace {namespace}", kind.word()),
            None => format!("list {}s in all namespaces", kind.word()),
        };
        self.list_path(action, &kind.path(namespace)?, labels, None).await
    }

    /// Every object of a collection, or its first ones.
    pub(super) async fn list_path(
        &self,
        action: impl Fn() -> String,
        path: &str,
        labels: &str,
        at_most: Option<u32>,
    ) -> Result<Vec<Object>, KubeError> {
        let paths = Paths::new(path);
        let mut all = Vec::new();
        let mut params = ListParams::default().labels(labels).limit(at_most.unwrap_or(500));
        loop {
            let mut page: Json = self.send(&action, || paths.list(&params)).await?;
            if let Json::Array(items) = page["items"].take() {
                all.extend(items);
            }
            match page["metadata"]["continue"].as_str() {
                Some(more) if !more.is_empty() && at_most.is_none() => params = params.continue_token(more),
                _ => return Ok(all),
            }
        }
    }

    /// Asks for the server's version: whoever is known may.
    pub(super) async fn version(&self, deadline: Instant) -> Result<(), KubeError> {
        let action = || "read its version".to_owned();
        let request = || Request::get("/version").body(Vec::new()).map_err(kube::core::request::Error::BuildRequest);
        let asked = tokio::time::timeout_at(deadline, self.send_once::<Json>(&action, &request)).await;
        match asked {
            Ok(Err(KubeError::Unauthorized { .. })) if self.tokens.is_some() => {
                self.renew().await;
                self.send_once::<Json>(&action, &request).await.map(drop)
            }
            Ok(answer) => answer.map(drop),
            Err(_) => Err(self.unreachable("no answer".to_owned())),
        }
    }

    /// Drops the token that the API server refused.
    pub async fn renew(&self) {
        if let Some(tokens) = &self.tokens {
            tokens.forget().await;
        }
    }

    async fn send<T: DeserializeOwned>(
        &self,
        action: impl Fn() -> String,
        request: impl Fn() -> Result<Request<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<T, KubeError> {
        let give_up = Instant::now() + PATIENCE;
        let mut renewed = false;
        for tries in 0u32.. {
            let error = match self.send_once(&action, &request).await {
                Err(error) => error,
                done => return done,
            };
            let pause = match &error {
                KubeError::Unauthorized { .. } if !renewed && self.tokens.is_some() => {
                    renewed = true;
                    self.renew().await;
                    continue;
                }
                KubeError::Unreachable { .. } => Duration::from_millis(200),
                KubeError::Refused { status, .. } if error.is_busy() => {
                    let asked = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
                    Duration::from_secs(u64::from(asked))
                }
                _ => return Err(error),
            };
            let next = Instant::now() + pause.max(Duration::from_millis(50 << tries.min(6)));
            if next >= give_up {
                return Err(error);
            }
            tracing::info!("trying again to {}: {}", action(), error.headline());
            tokio::time::sleep_until(next).await;
        }
        Err(self.unreachable("no answer".to_owned()))
    }

    async fn send_once<T: DeserializeOwned>(
        &self,
        action: &impl Fn() -> String,
        request: &impl Fn() -> Result<Request<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<T, KubeError> {
        let request = request().map_err(|error| KubeError::Garbage { action: action(), reason: error.to_string() })?;
        let _permit = self.permits.acquire().await;
        tracing::debug!(verb = %request.method(), path = request.uri().path(), "asking cluster {}", self.name());
        match tokio::time::timeout(ANSWER, self.client.request::<T>(request)).await {
            Err(_) => Err(self.unreachable(format!("no answer within {} s", ANSWER.as_secs()))),
            Ok(answer) => answer.map_err(|error| self.told(action(), error)),
        }
    }

    /// The error in words of its own.
    pub fn told(&self, action: String, error: kube::Error) -> KubeError {
        match error {
            kube::Error::Api(status) if status.code == 401 => KubeError::Unauthorized {
                cluster: self.name().to_owned(),
                principal: self.tokens.as_ref().map(|tokens| tokens.principal().to_owned()),
            },
            // What stands before an API server answers without the reasons that Kubernetes gives.
            kube::Error::Api(status) if status.reason.is_empty() || status.reason == "Failed to parse error data" => {
                match status.code {
                    502..=504 => self.unreachable(format!("HTTP status {}", status.code)),
                    code => {
                        KubeError::Garbage { action, reason: format!("HTTP status {code}: {}", cut(&status.message)) }
                    }
                }
            }
            kube::Error::Api(status) => KubeError::Refused { action, status },
            kube::Error::SerdeError(error) => KubeError::Garbage { action, reason: error.to_string() },
            kube::Error::FromUtf8(error) => KubeError::Garbage { action, reason: error.to_string() },
            // The token could not be minted: what AWS said is inside.
            kube::Error::Service(error) if error.is::<crate::cloud::error::CloudError>() => {
                match error.downcast::<crate::cloud::error::CloudError>() {
                    Ok(cloud) => KubeError::Cloud(*cloud),
                    Err(error) => self.unreachable(error.to_string()),
                }
            }
            other => match innermost(&other) {
                reason if reason.contains("invalid peer certificate") => KubeError::Untrusted {
                    cluster: self.name().to_owned(),
                    endpoint: self.way.endpoint.clone(),
                    reason,
                },
                reason => self.unreachable(reason),
            },
        }
    }

    fn unreachable(&self, reason: String) -> KubeError {
        KubeError::Unreachable { cluster: self.name().to_owned(), way: self.way.clone(), reason }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Namespace and name of an object that is about to be written.
fn place(object: &Json) -> (Option<&str>, &str) {
    let metadata = &object["metadata"];
    (metadata["namespace"].as_str(), metadata["name"].as_str().unwrap_or_default())
}

/// A merge patch that sets (or, with null, removes) one annotation.
pub fn annotate(key: &str, value: Option<&str>) -> Json {
    json!({ "metadata": { "annotations": { key: value } } })
}
