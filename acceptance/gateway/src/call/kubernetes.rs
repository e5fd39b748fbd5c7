//! Requests of Kubernetes clients: verb, resource and name from method, path and query. Knows nothing of any one resource.

use http::{Method, Uri, header, request::Parts};

use super::{Call, KUBERNETES, Protocol};

/// Names a request to the API server of `cluster`. A created object's name stands in the body: see [`created_name`].
pub fn name(parts: &Parts, account: &str, region: &str, cluster: &str) -> Call {
    let target = target(&parts.uri);
    let verb = verb(parts, &target);
    let operation = match &target.resource {
        Some(resource) => format!("{verb} {resource}"),
        None => format!("{verb} {}", parts.uri.path()),
    };
    let review = target.resource.as_deref().is_some_and(|resource| resource.ends_with("reviews"));
    let mutating = matches!(verb, "create" | "update" | "apply" | "patch" | "delete" | "deletecollection")
        && !review
        && !dry_run(&parts.uri);
    let key = match (target.namespace, target.name) {
        (Some(namespace), Some(name)) => Some(format!("{namespace}/{name}")),
        (None, Some(name)) => Some(name),
        _ => None,
    };
    Call {
        account: account.to_owned(),
        region: region.to_owned(),
        service: KUBERNETES.to_owned(),
        operation,
        key,
        cluster: Some(cluster.to_owned()),
        mutating,
        protocol: Protocol::Kubernetes,
    }
}

/// The key of an object that is about to be created, from the request's path and JSON body; `None` for kubectl's protobuf.
pub fn created_name(uri: &Uri, body: &[u8]) -> Option<String> {
    let object: serde_json::Value = serde_json::from_slice(body).ok()?;
    let name = object.pointer("/metadata/name")?.as_str()?;
    Some(match target(uri).namespace {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    })
}

/// Where a path points to. Everything is `None` for `/version`, `/openapi/v3` and the like.
#[derive(Debug, Default)]
struct Target {
    /// `pods`, `apps/deployments`, `pods/log`: group, resource, subresource.
    resource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    subresource: Option<String>,
}

fn target(uri: &Uri) -> Target {
    let path: Vec<String> = uri
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let (group, rest) = match path.as_slice() {
        ["api", _version, rest @ ..] => (None, rest),
        ["apis", group, _version, rest @ ..] => (Some(*group), rest),
        _ => return Target::default(),
    };
    let (namespace, rest) = match rest {
        // `/namespaces/shop/pods` is about pods; `/namespaces/shop` and `/namespaces/shop/status` are about the namespace.
        ["namespaces", namespace, resource, tail @ ..] if !matches!(*resource, "status" | "finalize") => {
            (Some(*namespace), [&[*resource], tail].concat())
        }
        rest => (None, rest.to_vec()),
    };
    let (Some(resource), name, subresource) = (rest.first(), rest.get(1), rest.get(2)) else {
        return Target::default();
    };
    let named = [group, Some(*resource), subresource.copied()];
    Target {
        resource: Some(named.into_iter().flatten().collect::<Vec<_>>().join("/")),
        namespace: namespace.map(str::to_owned),
        name: name.map(|name| (*name).to_owned()),
        subresource: subresource.map(|subresource| (*subresource).to_owned()),
    }
}

fn verb(parts: &Parts, target: &Target) -> &'static str {
    if matches!(target.subresource.as_deref(), Some("exec" | "attach" | "portforward" | "proxy")) {
        return "connect";
    }
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match (&parts.method, target.name.is_some() || target.resource.is_none()) {
        (&Method::GET | &Method::HEAD, _) if watches(&parts.uri) => "watch",
        (&Method::GET | &Method::HEAD, true) => "get",
        (&Method::GET | &Method::HEAD, false) => "list",
        (&Method::POST, _) => "create",
        (&Method::PUT, _) => "update",
        (&Method::PATCH, _) if content_type.starts_with("application/apply-patch") => "apply",
        (&Method::PATCH, _) => "patch",
        (&Method::DELETE, true) => "delete",
        (&Method::DELETE, false) => "deletecollection",
        _ => "unknown",
    }
}

fn watches(uri: &Uri) -> bool {
    has(uri, |name, value| name == "watch" && matches!(value, "true" | "1" | ""))
}

fn dry_run(uri: &Uri) -> bool {
    has(uri, |name, value| name == "dryRun" && value == "All")
}

fn has(uri: &Uri, accept: impl Fn(&str, &str) -> bool) -> bool {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).any(|(name, value)| accept(&name, &value))
}
