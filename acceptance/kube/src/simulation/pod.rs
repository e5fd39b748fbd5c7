//! The next step of a scenario pod: its containers' changes, and the phase and conditions that follow from them as the kubelet derives them. Pure.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod, PodCondition, PodSpec, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use super::behaviour::{Behaviour, behaviour};
use super::container::{Change, Event, Restarts, Setting, next, normal, waiting};

/// A patch of the pod's status, due some time after its present containers' states began.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) after: Duration,
    pub(super) status: Value,
    pub(super) events: Vec<Event>,
}

/// Whether a pod is the sandbox's to play; all others are kwok's. The stages hold the same rule as an expression.
pub(super) fn is_scenario(pod: &Pod) -> bool {
    pod.spec.iter().flat_map(containers).any(|container| behaviour(container) != Behaviour::Works)
}

fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().flatten().chain(&spec.containers)
}

/// What the kubelet says when it stops the containers of a pod that is deleted.
pub(super) fn stopping(pod: &Pod) -> Vec<Event> {
    let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
    let running = statuses.filter(|status| status.state.as_ref().is_some_and(|state| state.running.is_some()));
    running.map(|status| normal("Killing", format!("Stopping container {}", status.name))).collect()
}

/// What happens to the pod next, or None when it stays as it is.
pub(super) fn step(pod: &Pod, now: Timestamp) -> Option<Step> {
    let spec = pod.spec.as_ref()?;
    let status = pod.status.clone().unwrap_or_default();
    if pod.metadata.deletion_timestamp.is_some()
        || spec.node_name.is_none()
        || matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"))
    {
        return None;
    }
    let (init_before, before) = (
        status.init_container_statuses.clone().unwrap_or_default(),
        status.container_statuses.clone().unwrap_or_default(),
    );
    let address = address(pod);
    let setting = Setting {
        pod: identity(pod),
        address: address.clone(),
        restarts: match spec.restart_policy.as_deref() {
            Some("Never") => Restarts::Never,
            Some("OnFailure") => Restarts::OnFailure,
            _ => Restarts::Always,
        },
        completes: pod.metadata.owner_references.iter().flatten().any(|owner| owner.kind == "Job"),
        now,
    };

    let inits = spec.init_containers.clone().unwrap_or_default();
    let blocking = inits.iter().position(|container| !is_past(container, of(&init_before, container)));
    let init_setting = |container: &Container| {
        let sidecar = is_sidecar(container);
        Setting {
            completes: !sidecar,
            restarts: if sidecar { Restarts::Always } else { setting.restarts },
            ..setting.clone()
        }
    };
    let changes: Vec<Change> = match blocking {
        Some(index) => {
            next(&inits[index], &init_setting(&inits[index]), of(&init_before, &inits[index])).into_iter().collect()
        }
        None => spec
            .containers
            .iter()
            .filter_map(|container| next(container, &setting, started(of(&before, container))))
            .collect(),
    };
    let after = changes.iter().map(|change| change.after).min()?;
    let due: Vec<Change> = changes.into_iter().filter(|change| change.after == after).collect();

    let row = |containers: &[Container], before: &[ContainerStatus], reason: &str| -> Vec<ContainerStatus> {
        let status = |container: &Container| {
            let changed =
                due.iter().find(|change| change.status.name == container.name).map(|change| change.status.clone());
            changed
                .or_else(|| of(before, container).cloned())
                .unwrap_or_else(|| waiting(container, reason, None, 0, None))
        };
        containers.iter().map(status).collect()
    };
    let init_after: Vec<ContainerStatus> =
        row(&inits, &init_before, "PodInitializing").into_iter().map(ready_when_done).collect();
    let initialized = inits.iter().all(|container| is_past(container, of(&init_after, container)));
    let after_statuses =
        row(&spec.containers, &before, if inits.is_empty() { "ContainerCreating" } else { "PodInitializing" });
    let failed_init = setting.restarts == Restarts::Never
        && init_after.iter().any(|status| exit_code(status).is_some_and(|code| code != 0));
    let phase = if failed_init { "Failed" } else { phase(&after_statuses, setting.restarts) };
    let mut patch = json!({
        "phase": phase,
        "conditions": conditions(&status, phase, initialized, &init_after, &after_statuses, now),
        "containerStatuses": after_statuses,
        "initContainerStatuses": init_after,
        "hostIP": "127.0.0.1",
        "hostIPs": [{"ip": "127.0.0.1"}],
        "podIP": address,
        "podIPs": [{"ip": address}],
    });
    if status.start_time.is_none() {
        patch["startTime"] = json!(Time(now));
    }
    Some(Step { after, status: patch, events: due.into_iter().flat_map(|change| change.events).collect() })
}

fn of<'a>(statuses: &'a [ContainerStatus], container: &Container) -> Option<&'a ContainerStatus> {
    statuses.iter().find(|status| status.name == container.name)
}

/// A container that only waits for its turn counts as not begun.
fn started(status: Option<&ContainerStatus>) -> Option<&ContainerStatus> {
    status.filter(|status| {
        let reason = status
            .state
            .as_ref()
            .and_then(|state| state.waiting.as_ref())
            .and_then(|waiting| waiting.reason.as_deref());
        !matches!(reason, Some("PodInitializing" | "ContainerCreating"))
    })
}

fn exit_code(status: &ContainerStatus) -> Option<i32> {
    status.state.as_ref()?.terminated.as_ref().map(|terminated| terminated.exit_code)
}

fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// Whether the containers behind an init container may go on.
fn is_past(container: &Container, status: Option<&ContainerStatus>) -> bool {
    status.is_some_and(|status| exit_code(status) == Some(0) || is_sidecar(container) && status.started == Some(true))
}

fn ready_when_done(status: ContainerStatus) -> ContainerStatus {
    ContainerStatus { ready: status.ready || exit_code(&status) == Some(0), ..status }
}

fn phase(statuses: &[ContainerStatus], restarts: Restarts) -> &'static str {
    let waits = |status: &ContainerStatus| status.state.as_ref().is_some_and(|state| state.waiting.is_some());
    // The API server answers an absent last state with an empty one.
    let ran = |status: &ContainerStatus| status.last_state.as_ref().is_some_and(|state| state.terminated.is_some());
    if statuses.iter().any(|status| waits(status) && !ran(status)) {
        return "Pending";
    }
    let codes: Option<Vec<i32>> = statuses.iter().map(exit_code).collect();
    match (codes, restarts) {
        (Some(codes), Restarts::Never | Restarts::OnFailure) if codes.iter().all(|code| *code == 0) => "Succeeded",
        (Some(_), Restarts::Never) => "Failed",
        _ => "Running",
    }
}

fn conditions(
    before: &PodStatus,
    phase: &str,
    initialized: bool,
    inits: &[ContainerStatus],
    statuses: &[ContainerStatus],
    now: Timestamp,
) -> Vec<PodCondition> {
    let unready = |statuses: &[ContainerStatus]| {
        let names: Vec<&str> =
            statuses.iter().filter(|status| !status.ready).map(|status| status.name.as_str()).collect();
        format!("[{}]", names.join(" "))
    };
    let not_ready = match phase {
        "Succeeded" => Some(("PodCompleted", None)),
        "Failed" => Some(("PodFailed", None)),
        _ if statuses.iter().all(|status| status.ready) => None,
        _ => Some(("ContainersNotReady", Some(format!("containers with unready status: {}", unready(statuses))))),
    };
    let uninitialized = (!initialized)
        .then(|| ("ContainersNotInitialized", Some(format!("containers with incomplete status: {}", unready(inits)))));
    let ended = matches!(phase, "Succeeded" | "Failed").then_some(("", None));
    let rows = [
        ("PodReadyToStartContainers", ended),
        ("Initialized", uninitialized),
        ("Ready", not_ready.clone()),
        ("ContainersReady", not_ready),
    ];
    rows.into_iter()
        .map(|(type_, problem)| {
            let status = if problem.is_none() { "True" } else { "False" };
            let old = before
                .conditions
                .iter()
                .flatten()
                .find(|condition| condition.type_ == type_ && condition.status == status);
            let (reason, message) = problem.unwrap_or_default();
            PodCondition {
                type_: type_.to_owned(),
                status: status.to_owned(),
                reason: (!reason.is_empty()).then(|| reason.to_owned()),
                message,
                last_transition_time: old.and_then(|old| old.last_transition_time.clone()).or(Some(Time(now))),
                ..Default::default()
            }
        })
        .collect()
}

/// `NAME_NAMESPACE(UID)`
fn identity(pod: &Pod) -> String {
    let [name, namespace, uid] = [&pod.metadata.name, &pod.metadata.namespace, &pod.metadata.uid]
        .map(|value| value.as_deref().unwrap_or_default());
    format!("{name}_{namespace}({uid})")
}

/// An address of the pods' range that stays the same for the life of the pod.
pub(super) fn address(pod: &Pod) -> String {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(identity(pod).as_bytes());
    format!("10.244.{}.{}", hash[0], hash[1].clamp(2, 254))
}
