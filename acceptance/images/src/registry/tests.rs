use std::net::SocketAddr;

use axum::body::Body;
use expect_test::expect;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::archive::tests::archives::{Docker, Oci, names, store};

/// A registry on a real loopback port.
async fn served() -> (TempDir, Arc<Store>, SocketAddr) {
    let (folder, store) = store();
    let store = Arc::new(store);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router(Arc::clone(&store));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (folder, store, address)
}

async fn ask(method: Method, url: String, accept: Option<&str>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::builder().method(method).uri(url);
    if let Some(accept) = accept {
        request = request.header(ACCEPT, accept);
    }
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

async fn get_(url: String) -> (StatusCode, HeaderMap, Vec<u8>) {
    ask(Method::GET, url, None).await
}

/// Pulls as containerd does: the digest by the tag, then everything by its digest; all of it is checked. Returns the layers.
async fn pull(registry: SocketAddr, name: &str) -> Vec<Vec<u8>> {
    let name: Name = name.parse().unwrap();
    let crate::Reference::Tag(tag) = &name.reference else { panic!("{name} has no tag") };
    let url = |kind: &str, which: &str| {
        format!("http://{registry}/v2/{}/{kind}/{which}?ns={}", name.repository, name.registry)
    };
    let (status, headers, body) = ask(Method::HEAD, url("manifests", tag), Some(crate::image::OCI_MANIFEST)).await;
    assert_eq!((status, body.len()), (StatusCode::OK, 0));
    let digest = headers[CONTENT_DIGEST].to_str().unwrap().to_owned();
    let (_, headers_of_get, manifest) = get_(url("manifests", &digest)).await;
    assert_eq!(headers_of_get[CONTENT_LENGTH], headers[CONTENT_LENGTH]);
    assert_eq!(Digest::of(&manifest).to_string(), digest);
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let mut blobs = Vec::new();
    for described in manifest["layers"].as_array().unwrap().iter().chain([&manifest["config"]]) {
        let digest = described["digest"].as_str().unwrap();
        let (status, headers, content) = get_(url("blobs", digest)).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(Digest::of(&content).to_string(), digest);
        assert_eq!(headers[CONTENT_LENGTH], described["size"].to_string());
        blobs.push(content);
    }
    blobs.pop();
    blobs
}

#[tokio::test]
async fn every_name_can_be_pulled() {
    let (_folder, store, registry) = served().await;
    let one = pull(registry, "nginx:1.27").await;
    assert_eq!(one, pull(registry, "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1.4.2").await);
    assert_eq!(one, pull(registry, "sandbox.invalid/crash:3").await);
    assert_eq!(one, pull(registry, "sandbox.invalid/pause:3.10").await);
    assert_eq!(store.pulls()["docker.io/library/nginx:1.27"], 1);
}

#[tokio::test]
async fn a_loaded_image_is_pulled_as_it_was_saved() {
    let (_folder, store, registry) = served().await;
    names(&store, &Docker::default().tar());
    names(&store, &Oci::default().tar());
    let layers = crate::archive::tests::archives::LAYERS.map(<[u8]>::to_vec);
    assert_eq!(pull(registry, "app:1").await, layers);
    assert_eq!(pull(registry, "eu.example/shop/app:1").await, layers);
    assert_eq!(pull(registry, "shop/app:1").await, layers);
    // Another registry's image of the same path is another image.
    assert_ne!(pull(registry, "us.example/shop/app:1").await, layers);
}

#[tokio::test]
async fn refusals_are_those_of_registries() {
    let (_folder, _store, registry) = served().await;
    let mut told = String::new();
    let zero = "0".repeat(64);
    for path in [
        "v2/missing/manifests/1?ns=sandbox.invalid",
        "v2/private/app/manifests/1?ns=eu.example",
        "v2/private/app/blobs/sha256:ZERO?ns=eu.example",
        "v2/limited/app/manifests/1?ns=docker.io",
        "v2/library/nginx/manifests/sha256:ZERO?ns=docker.io",
        "v2/library/nginx/blobs/sha256:ZERO?ns=docker.io",
        "v2/library/nginx/blobs/md5:0?ns=docker.io",
        "v2/Nginx/manifests/1?ns=docker.io",
        "v2/nginx/tags/list?ns=docker.io",
        "v1/search",
    ] {
        let (status, headers, body) = get_(format!("http://{registry}/{}", path.replace("ZERO", &zero))).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        let challenge = headers.get(WWW_AUTHENTICATE).map(|value| value.to_str().unwrap()).unwrap_or_default();
        let error = &body["errors"][0];
        told.push_str(&format!("{} {} {} {challenge}\n", status.as_u16(), error["code"], error["message"]));
    }
    let (status, _, _) = ask(Method::POST, format!("http://{registry}/v2/app/blobs/uploads/"), None).await;
    told.push_str(&format!("{}\n", status.as_u16()));
    expect![[r#"
        404 "MANIFEST_UNKNOWN" "manifest unknown"
        401 "UNAUTHORIZED" "authentication required" Basic realm="sandbox registry"
        401 "UNAUTHORIZED" "authentication required" Basic realm="sandbox registry"
        429 "TOOMANYREQUESTS" "You have reached your pull rate limit."
        404 "MANIFEST_UNKNOWN" "manifest unknown"
        404 "BLOB_UNKNOWN" "blob unknown to registry"
        400 "DIGEST_INVALID" "only sha256 digests are in use"
        400 "NAME_INVALID" "\"Nginx\" is no repository: it can have lower case letters and digits, with '.', '_', '-' and '/' between them"
        404 "UNSUPPORTED" "this registry has manifests and blobs only"
        404 "UNSUPPORTED" "a registry has nothing here"
        405
    "#]].assert_eq(&told.replace(" \n", "\n"));
}

#[tokio::test]
async fn a_client_that_cannot_read_the_manifest_is_told() {
    let (_folder, _store, registry) = served().await;
    let url = format!("http://{registry}/v2/library/nginx/manifests/1?ns=docker.io");
    for (accept, expected) in [
        ("application/vnd.docker.distribution.manifest.v1+json", StatusCode::NOT_FOUND),
        ("application/vnd.docker.distribution.manifest.v2+json, */*;q=0.1", StatusCode::OK),
        ("application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json", StatusCode::OK),
    ] {
        assert_eq!(ask(Method::GET, url.clone(), Some(accept)).await.0, expected, "{accept}");
    }
}

#[tokio::test]
async fn without_a_mirrors_word_the_host_counts() {
    let (_folder, store, registry) = served().await;
    let (status, _, _) = get_(format!("http://{registry}/v2/app/manifests/1")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(store.pulls()[&format!("{registry}/app:1")], 1);
    assert_eq!(get_(format!("http://{registry}/v2/")).await.0, StatusCode::OK);
}
