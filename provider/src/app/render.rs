//! From the model of an app to its Kubernetes objects. Pure; everything in the model is known by now.

#[cfg(test)]
mod tests;

use serde_json::{Value as Json, json};

use super::model::App;
use crate::cloud::ownership::Mark;
use crate::workload::Workload;
use crate::workload::render::{Component, container, metadata, pod_template, selector};

/// The name of the container's port, which the Service's target refers to: the number may change, the name never.
pub const PORT: &str = "app";

/// How long a worker must run before it counts as available: without a port nothing tells that it works but that it still
/// runs, and a program that crashes at once was available for a moment.
const WORKER_SECONDS: u32 = 5;

/// How long Kubernetes waits for progress of a rollout before it says so.
const PROGRESS_DEADLINE_SECONDS: u32 = 600;

/// The Deployment.
pub fn deployment(app: &App, owner: &str, mark: &Mark) -> Json {
    let shared = app.shared();
    let selector = selector(&shared, Component::App);
    let port = app.port.known();
    let extra: Vec<(&str, String)> = port.map(|port| ("PORT", port.to_string())).into_iter().collect();
    let mut container = container(&shared, &extra);
    if let Some(port) = port {
        container["ports"] = json!([{ "name": PORT, "containerPort": port, "protocol": "TCP" }]);
        // Without it a Pod counts as ready, and gets requests, before the program listens.
        container["readinessProbe"] = json!({ "tcpSocket": { "port": PORT }, "periodSeconds": 5, "timeoutSeconds": 2 });
    }
    let spread = |topology: &str| {
        json!({
            "topologyKey": topology,
            "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": { "matchLabels": selector },
            "matchLabelKeys": ["pod-template-hash"],
        })
    };
    let spread = json!([spread("topology.kubernetes.io/zone"), spread("kubernetes.io/hostname")]);
    let mut deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(&shared, Component::App, owner, Some(mark)),
        "spec": {
            "replicas": app.replicas.or(2),
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": PROGRESS_DEADLINE_SECONDS,
            "selector": { "matchLabels": selector },
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": 0 } },
            "template": pod_template(&selector, container, &[("topologySpreadConstraints", spread)]),
        },
    });
    if port.is_none() {
        deployment["spec"]["minReadySeconds"] = WORKER_SECONDS.into();
    }
    deployment
}

/// The Service, if the app listens on a port.
pub fn service(app: &App, owner: &str) -> Option<Json> {
    let port = app.port.known()?;
    let shared = app.shared();
    Some(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(&shared, Component::App, owner, None),
        "spec": {
            "selector": selector(&shared, Component::App),
            "ports": [{ "name": PORT, "port": port, "protocol": "TCP", "targetPort": PORT }],
        },
    }))
}

/// Where the app answers inside the cluster.
pub fn internal_url(name: &str, namespace: &str, port: i64) -> String {
    format!("http://{name}.{namespace}.svc.cluster.local:{port}")
}
