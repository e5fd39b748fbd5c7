//! What one container of a scenario pod does next, with the texts of containerd and the kubelet (Kubernetes 1.36). Pure but for the time it stamps.

use std::time::Duration;

use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use sandbox_images::{Name, Refusal};

use super::behaviour::{Behaviour, behaviour};
use super::{logs, probe};

/// How the pod of a container treats it.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    /// `NAME_NAMESPACE(UID)`, as the kubelet writes it into messages.
    pub(super) pod: String,
    /// The pod's own.
    pub(super) address: String,
    /// Whether the container is started again after exit code 0, and after another one.
    pub(super) restarts: Restarts,
    /// Whether the container is meant to end: a Job's, or an init container.
    pub(super) completes: bool,
    pub(super) now: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Restarts {
    Always,
    OnFailure,
    Never,
}

/// What happens to the container, and how long after its present state began.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) after: Duration,
    pub(super) status: ContainerStatus,
    pub(super) events: Vec<Event>,
}

/// An event of the kubelet about the pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) warning: bool,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

const SOON: Duration = Duration::from_millis(100);
const BACK_OFF_MESSAGES: [&str; 6] = ["10s", "20s", "40s", "1m20s", "2m40s", "5m0s"];
/// A tenth of what the messages say: the kubelet's own waits outlast a test's patience.
const BACK_OFF_SECONDS: [u64; 6] = [1, 2, 4, 8, 16, 30];

/// Where real nodes find the sandbox's registry.
const REGISTRY: &str = "10.244.0.1:5000";

/// The next change of a container that may run, or None when it stays as it is. `status` is None before its image is pulled.
pub(super) fn next(container: &Container, setting: &Setting, status: Option<&ContainerStatus>) -> Option<Change> {
    let image = container.image.as_deref().unwrap_or_default();
    let behaviour = behaviour(container);
    let state = status.and_then(|status| status.state.as_ref());
    let (after, status, events) = match state {
        None => first(container, image, behaviour, setting)?,
        Some(ContainerState { waiting: Some(waiting), .. }) => match waiting.reason.as_deref() {
            Some("ErrImagePull") => back_off_pull(container, image, waiting),
            Some("CrashLoopBackOff") => {
                let before = status?;
                let again = ended(container, behaviour, before.restart_count + 1, before.last_state.clone(), setting)?;
                let after = Duration::from_secs(BACK_OFF_SECONDS[step(before.restart_count)]);
                (after, again, restart_events(container, image, setting))
            }
            Some("ImagePullBackOff") => return None,
            _ => first(container, image, behaviour, setting)?,
        },
        Some(ContainerState { running: Some(running), .. }) => {
            from_running(container, behaviour, setting, status?, running)?
        }
        Some(ContainerState { terminated: Some(terminated), .. }) => {
            from_terminated(container, image, behaviour, setting, status?, terminated)?
        }
        Some(_) => return None,
    };
    Some(Change { after, status, events })
}

type Outcome = (Duration, ContainerStatus, Vec<Event>);

fn first(container: &Container, image: &str, behaviour: Behaviour, setting: &Setting) -> Option<Outcome> {
    let pulling = normal("Pulling", format!("Pulling image \"{image}\""));
    if let Some(refusal) = pull_refusal(behaviour, image) {
        let events = vec![
            pulling,
            warning("Failed", format!("Failed to pull image \"{image}\": {refusal}")),
            warning("Failed", "Error: ErrImagePull".to_owned()),
        ];
        return Some((SOON, waiting(container, "ErrImagePull", Some(refusal), 0, None), events));
    }
    let mut events = vec![
        pulling,
        normal(
            "Pulled",
            format!(
                "Successfully pulled image \"{image}\" in 297ms (297ms including waiting). Image size: 7793354 bytes."
            ),
        ),
        normal("Created", "Container created".to_owned()),
        normal("Started", "Container started".to_owned()),
    ];
    if let Behaviour::Ends { .. } = behaviour {
        events.extend(probe::at_once(container, &setting.address));
        return Some((SOON, ended(container, behaviour, 0, None, setting)?, events));
    }
    // What runs counts as ready where no probe asks it.
    let ready = setting.completes || behaviour == Behaviour::Works || container.readiness_probe.is_none();
    let state = ContainerState {
        running: Some(ContainerStateRunning { started_at: Some(Time(setting.now)) }),
        ..Default::default()
    };
    Some((Duration::ZERO, ContainerStatus { ready, started: Some(true), ..started(container, state, 0, None) }, events))
}

fn from_running(
    container: &Container,
    behaviour: Behaviour,
    setting: &Setting,
    status: &ContainerStatus,
    running: &ContainerStateRunning,
) -> Option<Outcome> {
    let after = match behaviour {
        Behaviour::Works => SOON,
        Behaviour::Slow(time) => time,
        _ => return None,
    };
    if setting.completes {
        let mut status = started(container, terminated(0, "Completed", setting), status.restart_count, None);
        if let Some(terminated) = status.state.as_mut().and_then(|state| state.terminated.as_mut()) {
            terminated.started_at.clone_from(&running.started_at);
        }
        return Some((after, status, Vec::new()));
    }
    (!status.ready).then(|| (after, ContainerStatus { ready: true, ..status.clone() }, Vec::new()))
}

fn from_terminated(
    container: &Container,
    image: &str,
    behaviour: Behaviour,
    setting: &Setting,
    status: &ContainerStatus,
    terminated: &ContainerStateTerminated,
) -> Option<Outcome> {
    let restarted = match setting.restarts {
        Restarts::Always => !setting.completes || terminated.exit_code != 0,
        Restarts::OnFailure => terminated.exit_code != 0,
        Restarts::Never => false,
    };
    if !restarted {
        return None;
    }
    // The kubelet restarts the first time at once, and backs off from the second crash on.
    if status.restart_count == 0 {
        let again = ended(container, behaviour, 1, status.state.clone(), setting)?;
        return Some((2 * SOON, again, restart_events(container, image, setting)));
    }
    let message = format!(
        "back-off {} restarting failed container={} pod={}",
        BACK_OFF_MESSAGES[step(status.restart_count)],
        container.name,
        setting.pod
    );
    let event =
        warning("BackOff", format!("Back-off restarting failed container {} in pod {}", container.name, setting.pod));
    let status = waiting(container, "CrashLoopBackOff", Some(message), status.restart_count, status.state.clone());
    Some((2 * SOON, status, vec![event]))
}

fn back_off_pull(container: &Container, image: &str, failed: &ContainerStateWaiting) -> Outcome {
    let cause = failed.message.as_deref().unwrap_or_default();
    let message = format!("Back-off pulling image \"{image}\": ErrImagePull: {cause}");
    let events = vec![
        normal("BackOff", format!("Back-off pulling image \"{image}\"")),
        warning("Failed", "Error: ImagePullBackOff".to_owned()),
    ];
    (3 * SOON, waiting(container, "ImagePullBackOff", Some(message), 0, None), events)
}

/// What containerd says when the registry does not give the image.
fn pull_refusal(behaviour: Behaviour, image: &str) -> Option<String> {
    let Behaviour::Refused(refusal) = behaviour else { return None };
    let name: Name = image.parse().ok()?;
    let failed = format!("failed to pull and unpack image \"{name}\": failed to resolve image");
    Some(match refusal {
        Refusal::Unknown => format!("rpc error: code = NotFound desc = {failed}: {name}: not found"),
        Refusal::Unauthorized => format!(
            "{failed}: pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials"
        ),
        Refusal::Limited => {
            let Name { registry, repository, reference } = &name;
            format!(
                "{failed}: unexpected status from HEAD request to http://{REGISTRY}/v2/{repository}/manifests/{reference}?ns={registry}: 429 Too \
                 Many Requests"
            )
        }
    })
}

/// A container that has just ended as its behaviour asks.
fn ended(
    container: &Container,
    behaviour: Behaviour,
    restart_count: i32,
    last_state: Option<ContainerState>,
    setting: &Setting,
) -> Option<ContainerStatus> {
    let Behaviour::Ends { exit_code, reason } = behaviour else { return None };
    let mut state = terminated(exit_code, reason, setting);
    if container.termination_message_policy.as_deref() == Some("FallbackToLogsOnError")
        && let Some(terminated) = &mut state.terminated
    {
        let lines = logs::texts(behaviour, container, setting.completes);
        terminated.message = Some(lines.iter().map(|line| format!("{line}\n")).collect());
    }
    Some(started(container, state, restart_count, last_state))
}

fn terminated(exit_code: i32, reason: &str, setting: &Setting) -> ContainerState {
    let terminated = ContainerStateTerminated {
        exit_code,
        reason: Some(reason.to_owned()),
        started_at: Some(Time(setting.now)),
        finished_at: Some(Time(setting.now)),
        ..Default::default()
    };
    ContainerState { terminated: Some(terminated), ..Default::default() }
}

fn started(
    container: &Container,
    state: ContainerState,
    restart_count: i32,
    last_state: Option<ContainerState>,
) -> ContainerStatus {
    let image = container.image.clone().unwrap_or_default();
    ContainerStatus {
        name: container.name.clone(),
        image_id: format!("{image}@sha256:{}", "0".repeat(64)),
        image,
        state: Some(state),
        last_state,
        restart_count,
        started: Some(false),
        ..Default::default()
    }
}

pub(super) fn waiting(
    container: &Container,
    reason: &str,
    message: Option<String>,
    restart_count: i32,
    last_state: Option<ContainerState>,
) -> ContainerStatus {
    let waiting = ContainerStateWaiting { reason: Some(reason.to_owned()), message };
    let state = ContainerState { waiting: Some(waiting), ..Default::default() };
    ContainerStatus { image_id: String::new(), ..started(container, state, restart_count, last_state) }
}

/// The place in the row of back-offs.
fn step(restart_count: i32) -> usize {
    usize::try_from(restart_count - 1).unwrap_or(0).min(BACK_OFF_SECONDS.len() - 1)
}

fn restart_events(container: &Container, image: &str, setting: &Setting) -> Vec<Event> {
    let mut events = vec![
        normal(
            "Pulled",
            format!("Container image \"{image}\" already present on machine and can be accessed by the pod"),
        ),
        normal("Created", "Container created".to_owned()),
        normal("Started", "Container started".to_owned()),
    ];
    events.extend(probe::at_once(container, &setting.address));
    events
}

pub(super) fn normal(reason: &'static str, message: String) -> Event {
    Event { warning: false, reason, message }
}

pub(super) fn warning(reason: &'static str, message: String) -> Event {
    Event { warning: true, reason, message }
}
