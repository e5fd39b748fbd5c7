//! What the containers of simulated nodes have written to their logs. Pure.

use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::{SignedDuration, Timestamp};

use super::behaviour::{Behaviour, behaviour};

/// One line and when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: Timestamp,
    pub(super) text: String,
}

/// The log of a container, or of the one that ran before it.
///
/// # Errors
/// The kubelet's own sentence, where it would refuse.
pub(super) fn lines(pod: &Pod, container_name: &str, previous: bool) -> Result<Vec<Line>, String> {
    let pod_name = pod.metadata.name.as_deref().unwrap_or_default();
    let spec = pod.spec.as_ref();
    let found =
        |containers: &[Container]| containers.iter().find(|container| container.name == container_name).cloned();
    let container = spec
        .and_then(|spec| found(&spec.containers).or_else(|| found(spec.init_containers.as_deref().unwrap_or_default())))
        .ok_or_else(|| format!("container \"{container_name}\" in pod \"{pod_name}\" is not available"))?;
    let statuses = pod
        .status
        .iter()
        .flat_map(|status| status.container_statuses.iter().chain(&status.init_container_statuses).flatten());
    let status = statuses.into_iter().find(|status| status.name == container_name);
    let Some(since) = began(status, previous) else {
        if previous {
            return Err(format!("previous terminated container \"{container_name}\" in pod \"{pod_name}\" not found"));
        }
        let reason = status.and_then(|status| status.state.as_ref()?.waiting.as_ref()?.reason.clone());
        return Err(format!(
            "container \"{container_name}\" in pod \"{pod_name}\" is waiting to start{}",
            match reason.as_deref() {
                Some("ErrImagePull") => ": image can't be pulled".to_owned(),
                Some("ImagePullBackOff") => ": trying and failing to pull image".to_owned(),
                Some(reason) => format!(": {reason}"),
                None => " - no logs yet".to_owned(),
            }
        ));
    };
    let job = pod.metadata.owner_references.iter().flatten().any(|owner| owner.kind == "Job");
    let texts = texts(behaviour(&container), &container, job);
    let steps = texts.into_iter().zip(0..);
    Ok(steps
        .map(|(text, index)| Line {
            at: since.saturating_add(SignedDuration::from_millis(40 * index)).unwrap_or(since),
            text,
        })
        .collect())
}

/// When the asked-for run of the container began. A container that waits to be started again still shows its last run.
fn began(status: Option<&ContainerStatus>, previous: bool) -> Option<Timestamp> {
    let status = status?;
    let ended = |state: &Option<k8s_openapi::api::core::v1::ContainerState>| {
        state.as_ref()?.terminated.as_ref()?.started_at.clone()
    };
    let last = ended(&status.last_state);
    let state = status.state.as_ref()?;
    let Time(at) = match (previous, &state.running) {
        (true, _) => last?,
        (false, Some(running)) => running.started_at.clone()?,
        (false, None) => ended(&status.state).or(last)?,
    };
    Some(at)
}

/// All lines of one run.
pub(super) fn texts(behaviour: Behaviour, container: &Container, job: bool) -> Vec<String> {
    // The demo program, too, is a web app where it is given a port to listen on.
    let port = container.env.iter().flatten().find(|variable| variable.name == "PORT");
    let port = port.and_then(|variable| variable.value.as_deref());
    let lines: &[&str] = match behaviour {
        Behaviour::Ends { reason: "OOMKilled", .. } => &["loading the catalogue into memory", "4 of 9 segments loaded"],
        Behaviour::Ends { .. } => &[
            "connecting to the database at 10.0.3.4:5432",
            "Error: connect ETIMEDOUT 10.0.3.4:5432",
            "    at connect (/app/db.js:14:9)",
            "    at main (/app/main.js:3:1)",
        ],
        Behaviour::Hangs => &["waiting for a lock held by another migration"],
        Behaviour::NeverReady => &["waiting for the schema: relation \"orders\" does not exist"],
        _ if job => &["2 steps to run", "step 1 of 2: done", "step 2 of 2: done"],
        Behaviour::Slow(_) => &["warming the cache"],
        _ if port.is_none() => &["waiting for work"],
        _ => &[],
    };
    let listening = port.filter(|_| lines.is_empty()).map(|port| format!("listening on port {port}"));
    lines.iter().map(|line| (*line).to_owned()).chain(listening).collect()
}
