//! A scripted API server in the place of the network: what is asked of it, how often, and what its answers come to.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use kube::client::Body;
use serde_json::json;

use super::*;

type Answer = (u16, serde_json::Value);

#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A connection to a server that answers with what `script` makes of method, path and the number of requests before.
fn server(script: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> (Arc<Kube>, Asked) {
    let asked = Asked::default();
    let (log, script, count) = (asked.clone(), Arc::new(script), Arc::new(AtomicUsize::new(0)));
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let line = format!("{} {}", request.method(), request.uri().path());
        log.0.lock().unwrap().push(line.clone());
        let (status, body) = script(&line, count.fetch_add(1, Ordering::SeqCst));
        async move {
            let body = match body {
                serde_json::Value::String(text) => text,
                json => json.to_string(),
            };
            http::Response::builder().status(status).body(Full::new(Bytes::from(body)))
        }
    });
    let kube = Kube {
        lives: Lives::Kubeconfig { key: "edge".into(), uid: "u1".into() },
        way: Way { endpoint: "https://edge.invalid".into(), public: None },
        client: Client::new(service, "default"),
        tokens: None,
        permits: tokio::sync::Semaphore::new(IN_FLIGHT),
        lists: lists::Lists::default(),
    };
    (Arc::new(kube), asked)
}

fn status(code: u16, reason: &str) -> Answer {
    (code, json!({ "kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": reason }))
}

fn deployments(names: &[&str]) -> Answer {
    let items: Vec<_> = names
        .iter()
        .map(|name| json!({ "metadata": { "namespace": "shop", "name": name, "managedFields": [] } }))
        .collect();
    (200, json!({ "items": items, "metadata": {} }))
}

#[tokio::test]
async fn many_reads_are_one_list() {
    let (kube, asked) = server(|_, _| deployments(&["a0", "a1"]));
    let finds = (0..50).map(|n| {
        let kube = kube.clone();
        async move { kube.find(Kind::Deployment, "shop", &format!("a{n}")).await.unwrap().is_some() }
    });
    let found = futures::future::join_all(finds).await;
    assert_eq!(found.into_iter().filter(|found| *found).count(), 2);
    assert_eq!(asked.all(), ["GET /apis/apps/v1/deployments"]);
}

#[tokio::test]
async fn a_write_drops_the_lists() {
    let (kube, asked) = server(|line, _| match line {
        "PATCH /api/v1/namespaces/shop" => (200, json!({})),
        _ => deployments(&["a"]),
    });
    kube.find(Kind::Deployment, "shop", "a").await.unwrap();
    kube.merge(Kind::Namespace, None, "shop", &annotate("k", None)).await.unwrap();
    kube.find(Kind::Deployment, "shop", "a").await.unwrap();
    let list = "GET /apis/apps/v1/deployments";
    assert_eq!(asked.all(), [list, "PATCH /api/v1/namespaces/shop", list]);
}

#[tokio::test]
async fn without_the_right_to_list_everything_it_lists_less() {
    let (kube, asked) = server(|line, _| match line {
        "GET /apis/apps/v1/namespaces/shop/deployments" => deployments(&["a"]),
        "GET /apis/apps/v1/namespaces/dark/deployments/b" => (200, json!({ "metadata": { "name": "b" } })),
        _ => status(403, "Forbidden"),
    });
    assert!(kube.find(Kind::Deployment, "shop", "a").await.unwrap().is_some());
    assert!(kube.find(Kind::Deployment, "shop", "gone").await.unwrap().is_none());
    assert!(kube.find(Kind::Deployment, "dark", "b").await.unwrap().is_some());
    assert_eq!(
        asked.all(),
        [
            "GET /apis/apps/v1/deployments",
            "GET /apis/apps/v1/namespaces/shop/deployments",
            "GET /apis/apps/v1/namespaces/dark/deployments",
            "GET /apis/apps/v1/namespaces/dark/deployments/b",
        ]
    );
}

#[tokio::test]
async fn lists_go_on_page_by_page() {
    let (kube, asked) = server(|_, before| match before {
        0 => (200, json!({ "items": [{ "metadata": { "name": "a" } }], "metadata": { "continue": "more" } })),
        _ => (200, json!({ "items": [{ "metadata": { "name": "b" } }], "metadata": {} })),
    });
    assert_eq!(kube.list(Kind::Job, Some("shop"), "x=y").await.unwrap().len(), 2);
    assert_eq!(asked.all().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn throttling_is_outlasted_and_other_refusals_are_not_repeated() {
    let (kube, asked) = server(|_, before| if before < 3 { status(429, "TooManyRequests") } else { (200, json!({})) });
    assert!(kube.get(Kind::Service, Some("shop"), "web").await.unwrap().is_some());
    assert_eq!(asked.all().len(), 4);

    let (kube, asked) = server(|_, _| status(422, "Invalid"));
    assert_eq!(
        kube.create(Kind::Job, &json!({ "metadata": { "name": "a" } })).await.unwrap_err().reason(),
        Some("Invalid")
    );
    assert_eq!(asked.all().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_is_given_up_after_a_while() {
    let (kube, _) = server(|_, _| (503, "upstream connect error".into()));
    let error = kube.get(Kind::Service, Some("shop"), "web").await.unwrap_err();
    assert!(matches!(error, KubeError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_page_that_is_not_kubernetes_is_no_answer() {
    let (kube, _) = server(|_, _| (404, "<html>nothing here</html>".into()));
    let error = kube.get(Kind::Service, Some("shop"), "web").await.unwrap_err();
    assert!(matches!(error, KubeError::Garbage { .. }), "a missing object would be made again: {error:?}");
    let (kube, _) = server(|_, _| (200, "<html>login</html>".into()));
    let error = kube.get(Kind::Service, Some("shop"), "web").await.unwrap_err();
    assert!(matches!(error, KubeError::Garbage { .. }), "{error:?}");
}

#[tokio::test]
async fn credentials_that_are_refused_are_told() {
    let (kube, asked) = server(|_, _| status(401, "Unauthorized"));
    let error = kube.get(Kind::Service, Some("shop"), "web").await.unwrap_err();
    assert_eq!(error, KubeError::Unauthorized { cluster: "edge".into(), principal: None });
    assert_eq!(asked.all().len(), 1);
}

#[tokio::test]
async fn odd_names_reach_no_url() {
    let (kube, asked) = server(|_, _| (200, json!({})));
    for odd in ["..", "a/b", "a?x", "%2e", "A", "", "a\n"] {
        assert!(kube.get(Kind::Service, Some(odd), "web").await.is_err(), "{odd:?}");
        assert!(kube.get(Kind::Service, Some("shop"), odd).await.is_err(), "{odd:?}");
        assert!(kube.find(Kind::Service, "shop", odd).await.is_err(), "{odd:?}");
        assert!(kube.anything_in(odd).await.is_err(), "{odd:?}");
    }
    assert_eq!(asked.all(), Vec::<String>::new());
}
