//! From the shared attributes to parts of Kubernetes objects. Pure. Sparse: only what we mean to own, so that the server's
//! defaults and what others add are neither ours nor drift.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::attributes::{Resources, Shared};
use crate::cloud::ownership::{MANAGED_BY, MANAGER, Mark, OWNER};

/// Reserved CPU where the user says nothing.
pub const CPU: &str = "250m";
/// Reserved memory where the user says nothing.
pub const MEMORY: &str = "512Mi";

/// What kind of workload a Pod belongs to. Only an app's Pods carry `app`, so a job's never become endpoints of its Service
/// and never count in its budgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// Pods of an app.
    App,
    /// Pods of a job.
    Job,
}

impl Component {
    /// The value of `app.kubernetes.io/component`, which is how errors name the kind, too.
    pub fn word(self) -> &'static str {
        match self {
            Component::App => "app",
            Component::Job => "job",
        }
    }
}

/// The labels that select a workload's Pods. They cannot be changed on a Deployment: fixed from the first release.
pub fn selector(shared: &Shared, component: Component) -> BTreeMap<String, String> {
    [("name", shared.name()), ("instance", shared.name()), ("component", component.word())]
        .into_iter()
        .map(|(key, value)| (format!("app.kubernetes.io/{key}"), value.to_owned()))
        .collect()
}

/// `metadata` of an object of its own. `mark` stands on the workload's primary object only.
pub fn metadata(shared: &Shared, component: Component, owner: &str, mark: Option<&Mark>) -> Json {
    let mut labels = selector(shared, component);
    labels.insert(MANAGED_BY.to_owned(), MANAGER.to_owned());
    labels.insert(OWNER.to_owned(), owner.to_owned());
    let mut metadata = json!({ "name": shared.name(), "namespace": shared.namespace(), "labels": labels });
    if let Some(mark) = mark {
        metadata["annotations"] = json!(mark.annotations());
    }
    metadata
}

/// The container. `extra` are variables that the provider sets where the user does not.
///
/// `allowPrivilegeEscalation: false` takes nothing from an image that does not run `sudo`. Images that must run as root, with
/// a writable file system or with capabilities are ordinary, so none of those is refused here.
pub fn container(shared: &Shared, extra: &[(&str, String)]) -> Json {
    let mut container = json!({
        "name": shared.name(),
        "image": shared.image.known(),
        "resources": resources(shared.resources.known().unwrap_or(&Resources::default())),
        "securityContext": { "allowPrivilegeEscalation": false },
    });
    for (key, words) in [("command", &shared.command), ("args", &shared.args)] {
        if let Some(words) = words.known() {
            container[key] = words.iter().filter_map(|word| word.known()).cloned().collect::<Vec<_>>().into();
        }
    }
    let env = env(shared, extra);
    if !env.is_empty() {
        container["env"] = env.into_iter().map(variable).collect();
    }
    container
}

/// The server drops an empty value: one that we sent would be missing ever after.
fn variable((name, value): (String, String)) -> Json {
    if value.is_empty() { json!({ "name": name }) } else { json!({ "name": name, "value": value }) }
}

fn env(shared: &Shared, extra: &[(&str, String)]) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> =
        extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    for (name, value) in shared.env.known().into_iter().flatten() {
        if let Some(value) = value.known() {
            all.insert(name.clone(), value.clone());
        }
    }
    all
}

fn resources(resources: &Resources) -> Json {
    let memory = resources.memory.or(MEMORY.to_owned());
    let limit = resources.memory_limit.or(memory.clone());
    let mut limits = Map::from_iter([("memory".to_owned(), Json::from(limit))]);
    if let Some(cpu) = resources.cpu_limit.known() {
        limits.insert("cpu".to_owned(), cpu.as_str().into());
    }
    json!({ "requests": { "cpu": resources.cpu.or(CPU.to_owned()), "memory": memory }, "limits": limits })
}

/// A Pod template around the container.
///
/// No token of the Kubernetes API and no variables about neighbouring Services (`REDIS_PORT=tcp://…` breaks apps that read a
/// variable of that name); the container runtime's default seccomp profile.
pub fn pod_template(selector: &BTreeMap<String, String>, container: Json, more: &[(&str, Json)]) -> Json {
    let mut labels = selector.clone();
    labels.insert(MANAGED_BY.to_owned(), MANAGER.to_owned());
    let mut spec = json!({
        "automountServiceAccountToken": false,
        "enableServiceLinks": false,
        "securityContext": { "seccompProfile": { "type": "RuntimeDefault" } },
        "containers": [container],
    });
    for (key, value) in more {
        spec[*key] = value.clone();
    }
    json!({ "metadata": { "labels": labels }, "spec": spec })
}
