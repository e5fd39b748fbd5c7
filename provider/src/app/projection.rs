//! From live objects to the model of an app. Pure.

#[cfg(test)]
mod tests;

use serde_json::Value as Json;
use tfplugin_framework::attr::Attr;

use super::model::App;
use super::{render, verdict};
use crate::cloud::ownership::Mark;
use crate::workload::Workload;
use crate::workload::difference::differences;
use crate::workload::projection::{Known, project};

/// The container of ours: the one of the app's name, or the first.
fn container(deployment: &Json, name: &str) -> Json {
    let all = deployment["spec"]["template"]["spec"]["containers"].as_array();
    let ours = all.and_then(|all| all.iter().find(|one| one["name"] == name).or_else(|| all.first()));
    ours.cloned().unwrap_or_default()
}

/// What the Deployment says, compared with what the state said (`before`), or all that it says for an import.
pub fn read_back(before: &App, deployment: &Json, import: bool) -> App {
    let mut app = before.clone();
    let mut shared = app.shared();
    let container = container(deployment, shared.name());
    let ports = container["ports"].as_array();
    let port = ports
        .and_then(|all| all.iter().find(|one| one["name"] == render::PORT))
        .and_then(|one| one["containerPort"].as_i64());
    if import {
        let extra: Vec<(&str, String)> = port.map(|port| ("PORT", port.to_string())).into_iter().collect();
        project(Known::Nothing { extra: &extra }, &container, &mut shared);
        app.wait_for_rollout = true.into();
        app.port = port.into();
    } else {
        project(Known::Before(&before.shared()), &container, &mut shared);
        if !before.port.is_null() {
            // A port that is gone is drift without an attribute: null would mean a worker.
            app.port = port.map_or(before.port.clone(), Attr::Known);
        }
    }
    let url = app.port.known().map(|port| render::internal_url(shared.name(), shared.namespace(), *port));
    app.set_shared(shared);
    app.internal_url = url.into();
    app.replicas = deployment["spec"]["replicas"].as_i64().into();
    app.revision =
        deployment["metadata"]["annotations"][verdict::REVISION].as_str().and_then(|n| n.parse().ok()).into();
    app
}

/// Fields of ours, in either object, that no attribute shows and that are not as we render them.
pub fn drift(app: &App, deployment: &Json, service: Option<&Json>) -> Vec<String> {
    let title = |kind: &str| {
        let shared = app.shared();
        format!("{kind} {}/{}", shared.namespace(), shared.name())
    };
    let mut all: Vec<String> = differences(&render::deployment(app, "", &Mark::default()), deployment)
        .iter()
        .map(|one| format!("{}: {one}", title("Deployment")))
        .collect();
    match (render::service(app, ""), service) {
        (Some(wanted), Some(live)) => {
            all.extend(differences(&wanted, live).iter().map(|one| format!("{}: {one}", title("Service"))));
        }
        (Some(_), None) => all.push(format!("{} is gone", title("Service"))),
        (None, _) => {}
    }
    all
}
