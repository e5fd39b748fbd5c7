//! The half of a registry that pulls need, after the OCI distribution specification. Answers from a store and knows no image itself.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::blob::Blob;
use crate::digest::Digest;
use crate::name::Name;
use crate::store::{Refusal, Store};

const CONTENT_DIGEST: &str = "docker-content-digest";

/// Serves every name. A mirror's client tells with `?ns=REGISTRY` which registry it means; without it the `Host` header counts.
pub fn router(store: Arc<Store>) -> Router {
    Router::new()
        .route("/v2/", get(version))
        .route("/v2", get(version))
        .route("/v2/{*path}", get(answer))
        .fallback(|| async { refused(StatusCode::NOT_FOUND, "UNSUPPORTED", "a registry has nothing here") })
        .method_not_allowed_fallback(|| async {
            refused(
                StatusCode::METHOD_NOT_ALLOWED,
                "UNSUPPORTED",
                "this registry only gives: load an image instead of pushing it",
            )
        })
        .with_state(store)
}

async fn version() -> Response {
    ([(CONTENT_TYPE.as_str(), "application/json"), ("docker-distribution-api-version", "registry/2.0")], "{}")
        .into_response()
}

async fn answer(
    State(store): State<Arc<Store>>,
    Path(path): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let registry = query.get("ns").map_or(host, String::as_str);
    if let Some((repository, reference)) = path.rsplit_once("/manifests/") {
        return match Name::from_request(registry, repository, reference) {
            Ok(name) => manifest(&store, &name, &headers),
            Err(why) => refused(StatusCode::BAD_REQUEST, "NAME_INVALID", &why),
        };
    }
    if let Some((repository, digest)) = path.rsplit_once("/blobs/") {
        let Some(digest) = Digest::parse(digest) else {
            return refused(StatusCode::BAD_REQUEST, "DIGEST_INVALID", "only sha256 digests are in use");
        };
        return match (store.blob(digest), Name::from_request(registry, repository, &digest.to_string())) {
            (Some(blob), _) => content(&blob, "application/octet-stream"),
            // Private stays private, whatever is asked for.
            (None, Ok(name)) if Refusal::of(&name).is_some_and(|refusal| refusal != Refusal::Unknown) => {
                said(Refusal::of(&name))
            }
            (None, _) => refused(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "blob unknown to registry"),
        };
    }
    refused(StatusCode::NOT_FOUND, "UNSUPPORTED", "this registry has manifests and blobs only")
}

fn manifest(store: &Store, name: &Name, headers: &HeaderMap) -> Response {
    match store.resolve(name) {
        Ok(image) if accepts(headers, image.media_type()) => content(image.manifest(), image.media_type()),
        Ok(image) => {
            let why = format!("the manifest is {}, which the Accept header leaves out", image.media_type());
            refused(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", &why)
        }
        Err(refusal) => said(Some(refusal)),
    }
}

fn said(refusal: Option<Refusal>) -> Response {
    match refusal {
        None | Some(Refusal::Unknown) => refused(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown"),
        Some(Refusal::Unauthorized) => {
            let mut response = refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "authentication required");
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, http::HeaderValue::from_static("Basic realm=\"sandbox registry\""));
            response
        }
        Some(Refusal::Limited) => {
            refused(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS", "You have reached your pull rate limit.")
        }
    }
}

/// Old clients send no Accept header; those that do are told before they read what they cannot.
fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let mut accepted = headers
        .get_all(ACCEPT)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .peekable();
    accepted.peek().is_none() || accepted.any(|range| range == media_type || matches!(range, "*/*" | "application/*"))
}

/// axum leaves the body out of the answer to HEAD, and with it the reading of the file.
fn content(blob: &Blob, media_type: &str) -> Response {
    let headers = [
        (CONTENT_TYPE.as_str(), media_type.to_owned()),
        (CONTENT_LENGTH.as_str(), blob.size().to_string()),
        (CONTENT_DIGEST, blob.digest().to_string()),
    ];
    (headers, Body::from_stream(blob.stream())).into_response()
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({"errors": [{"code": code, "message": message}]}).to_string();
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
