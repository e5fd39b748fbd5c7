//! What keeps a Pod from running, told from its status and events. Pure: same observation, same answer.
//!
//! Never from the waiting reason alone: a container that crashes is `Error` most of the time and `CrashLoopBackOff` for
//! moments, so restarts, the last end and events count, too.

#[cfg(test)]
mod tests;

use std::time::Duration;

use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Event, Pod};

use super::failure::{Cause, Evidence, Output};

/// What keeps a Pod from running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plight {
    /// True if waiting does not help.
    pub fatal: bool,
    /// Why.
    pub cause: Cause,
    /// Its name.
    pub pod: String,
    /// Whose output helps.
    pub output: Option<Output>,
    /// What was seen, in a sentence.
    pub seen: String,
}

const CONFIG_GRACE: Duration = Duration::from_secs(15);
const IMAGE_GRACE: Duration = Duration::from_secs(20);
const CRASH_GRACE: Duration = Duration::from_secs(30);
const MOUNT_GRACE: Duration = Duration::from_secs(60);
/// Longer than an autoscaler needs to say that it makes a node.
const NODE_GRACE: Duration = Duration::from_secs(120);

/// The plight of one Pod, if any. `events` are all that were seen; `elapsed` counts from the apply.
pub fn plight(pod: &Pod, events: &[Event], elapsed: Duration) -> Option<Plight> {
    let uid = pod.metadata.uid.as_deref()?;
    let events: Vec<&Event> = events.iter().filter(|event| event.involved_object.uid.as_deref() == Some(uid)).collect();
    let status = pod.status.as_ref()?;
    let containers = status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten());
    let troubled = containers.filter_map(|container| container_plight(pod, container, &events, elapsed));
    let worst = troubled.min_by_key(|one| (!one.fatal, one.cause.clone()));
    worst.or_else(|| pod_plight(pod, &events, elapsed))
}

fn name(pod: &Pod) -> String {
    pod.metadata.name.clone().unwrap_or_default()
}

fn container_plight(pod: &Pod, container: &ContainerStatus, events: &[&Event], elapsed: Duration) -> Option<Plight> {
    let state = container.state.clone().unwrap_or_default();
    let waiting = state.waiting.unwrap_or_default();
    let reason = waiting.reason.as_deref().unwrap_or_default();
    let said = waiting.message.unwrap_or_default();
    let failures = || texts(events, &["Failed", "InspectFailed"]);
    let last = container.last_state.clone().and_then(|last| last.terminated);
    let runs = state.running.is_some();
    let ended = state.terminated.or(last);
    let deaths = container.restart_count + i32::from(!runs && ended.is_some());
    let told = |fatal: bool, cause: Cause, previous: Option<bool>, seen: String| {
        let output = previous.map(|previous| Output { pod: name(pod), container: container.name.clone(), previous });
        Some(Plight { fatal, cause, pod: name(pod), output, seen })
    };
    match reason {
        "InvalidImageName" => return told(true, Cause::ImageName, None, String::new()),
        "ErrImageNeverPull" => return told(true, Cause::ImageNotFound, None, String::new()),
        "ErrImagePull" | "ImagePullBackOff" | "RegistryUnavailable" => {
            let all = format!("{said}\n{}", failures().join("\n")).to_lowercase();
            let tried = reason == "ImagePullBackOff" || count(events, "Failed") >= 2 || elapsed >= IMAGE_GRACE;
            let cause = pull_cause(&all);
            let seen = if failures().is_empty() { brief(&said) } else { String::new() };
            return told(tried && cause != Cause::ImagePull, cause, None, seen);
        }
        "CreateContainerConfigError" if !said.contains("failed to sync") => {
            return told(elapsed >= CONFIG_GRACE, Cause::Config(brief(&said)), None, String::new());
        }
        "CreateContainerError" | "RunContainerError" | "PostStartHookError" => {
            let again = container.restart_count >= 1 || count(events, "Failed") >= 2;
            return told(again, Cause::Start(brief(&said)), None, String::new());
        }
        _ => {}
    }
    let ended = ended.filter(|_| !(runs && container.ready))?;
    let backs_off = reason == "CrashLoopBackOff" || count(events, "BackOff") > 0;
    let again = deaths >= 3 || (deaths >= 2 && backs_off && elapsed >= CRASH_GRACE);
    let why = ended.reason.as_deref().unwrap_or_default();
    if matches!(why, "StartError" | "ContainerCannotRun") {
        let said = ended.message.clone().unwrap_or_default();
        return told(deaths >= 2, Cause::Start(brief(&said)), None, String::new());
    }
    // While it waits for its next start, the output of the one that ended is still the present one.
    let previous = Some(runs);
    if why == "OOMKilled" {
        return told(deaths >= 2, Cause::OutOfMemory, previous, lives(&ended, deaths));
    }
    if runs && !again {
        return None;
    }
    let cause = if ended.exit_code == 0 { Cause::Ends } else { Cause::Crash(ended.exit_code) };
    told(again, cause, previous, lives(&ended, deaths))
}

/// `The container started 3 times and exited with code 1 within 2 s the last time.`
fn lives(ended: &ContainerStateTerminated, deaths: i32) -> String {
    let times = if deaths == 1 { "once".to_owned() } else { format!("{deaths} times") };
    let after = ended.started_at.as_ref().zip(ended.finished_at.as_ref()).map(|(start, end)| {
        let seconds = end.0.as_second().saturating_sub(start.0.as_second());
        let last = if deaths == 1 { "" } else { " the last time" };
        if seconds < 1 { format!(" at once{last}") } else { format!(" after {seconds} s{last}") }
    });
    let how = match ended.reason.as_deref() {
        Some("OOMKilled") => "was killed for its memory".to_owned(),
        _ => format!("exited with code {}", ended.exit_code),
    };
    format!("The container started {times} and {how}{}.", after.unwrap_or_default())
}

fn pull_cause(texts: &str) -> Cause {
    let has = |words: &[&str]| words.iter().any(|word| texts.contains(word));
    if has(&["denied", "unauthorized", "no basic auth", "authorization failed", "403 forbidden", "401 "]) {
        Cause::ImageDenied
    } else if has(&["not found", "manifest unknown", "no match for platform", "name unknown"]) {
        Cause::ImageNotFound
    } else {
        Cause::ImagePull
    }
}

fn pod_plight(pod: &Pod, events: &[&Event], elapsed: Duration) -> Option<Plight> {
    let status = pod.status.as_ref()?;
    let told =
        |fatal: bool, cause: Cause| Some(Plight { fatal, cause, pod: name(pod), output: None, seen: String::new() });
    let condition =
        |kind: &str| status.conditions.iter().flatten().find(|one| one.type_ == kind && one.status == "False");
    if let Some(scheduled) = condition("PodScheduled").filter(|one| one.reason.as_deref() == Some("Unschedulable")) {
        let comes = ["TriggeredScaleUp", "Nominated", "NodeClaim"].iter().any(|reason| count(events, reason) > 0);
        let said = scheduled.message.clone().unwrap_or_default();
        return told(elapsed >= NODE_GRACE && !comes, Cause::Unschedulable(brief(&said)));
    }
    if let Some(said) = texts(events, &["FailedCreatePodSandBox"]).pop() {
        let small = said.contains("memory limit too low");
        return told(
            small && count(events, "FailedCreatePodSandBox") >= 2,
            if small { Cause::OutOfMemory } else { Cause::Config(brief(&said)) },
        );
    }
    if let Some(said) = texts(events, &["FailedMount", "FailedAttachVolume"]).pop() {
        return told(said.contains("not found") && elapsed >= MOUNT_GRACE, Cause::Mount(brief(&said)));
    }
    let runs = status.phase.as_deref() == Some("Running");
    if runs && condition("Ready").is_some() {
        let output = pod.spec.as_ref().and_then(|spec| spec.containers.first()).map(|container| Output {
            pod: name(pod),
            container: container.name.clone(),
            previous: false,
        });
        let said = texts(events, &["Unhealthy"]).pop().unwrap_or_default();
        return Some(Plight { output, ..told(false, Cause::NotReady(brief(&said)))? });
    }
    None
}

/// Why a controller could not make Pods.
pub fn refusal(said: &str) -> Cause {
    if said.contains("exceeded quota") {
        Cause::Quota(brief(said))
    } else if said.contains("violates PodSecurity") {
        Cause::PodSecurity(brief(said))
    } else {
        Cause::Refused(brief(said))
    }
}

/// How often events of a reason were seen.
pub fn count(events: &[&Event], reason: &str) -> i32 {
    let of_reason = events.iter().filter(|event| event.reason.as_deref() == Some(reason));
    of_reason.map(|event| event.series.as_ref().and_then(|series| series.count).or(event.count).unwrap_or(1)).sum()
}

/// The messages of events with these reasons, oldest first.
pub fn texts(events: &[&Event], reasons: &[&str]) -> Vec<String> {
    let mut found: Vec<(String, String)> = events
        .iter()
        .filter(|event| event.reason.as_deref().is_some_and(|reason| reasons.contains(&reason)))
        .map(|event| (when(event), event.message.clone().unwrap_or_default()))
        .collect();
    found.sort();
    found.into_iter().map(|(_, text)| text).collect()
}

/// The warnings among `events` about these objects, each once, the last six of them in the order in which they were last seen.
pub fn warnings(events: &[Event], uids: &[&str]) -> Vec<Evidence> {
    let mut found: Vec<(String, Evidence)> = Vec::new();
    for event in events {
        let about = event.involved_object.uid.as_deref().unwrap_or_default();
        if event.type_.as_deref() != Some("Warning") || !uids.contains(&about) {
            continue;
        }
        let (when, source) = (when(event), event.reason.clone().unwrap_or_default());
        let text = brief(event.message.as_deref().unwrap_or_default());
        if is_bare(&text) {
            continue;
        }
        // A controller that may not make Pods says so of every Pod that it tries to make.
        let same = |other: &Evidence| other.source == source && (other.text == text || source == "FailedCreate");
        match found.iter_mut().find(|(_, other)| same(other)) {
            Some(other) if other.0 >= when => {}
            Some(other) => *other = (when.clone(), Evidence { time: clock(&when), source, text }),
            None => found.push((when.clone(), Evidence { time: clock(&when), source, text })),
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let skip = found.len().saturating_sub(6);
    found.into_iter().skip(skip).map(|(_, evidence)| evidence).collect()
}

/// `Error: ImagePullBackOff` says nothing that the event beside it does not.
fn is_bare(text: &str) -> bool {
    text.strip_prefix("Error: ").is_some_and(|reason| reason.bytes().all(|b| b.is_ascii_alphabetic()))
}

fn when(event: &Event) -> String {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|time| time.0);
    let last = event.last_timestamp.as_ref().map(|time| time.0);
    let first = event.event_time.as_ref().map(|time| time.0);
    series.or(last).or(first).map(|time| time.to_string()).unwrap_or_default()
}

fn clock(time: &str) -> String {
    time.get(11..19).unwrap_or_default().to_owned()
}

/// Kubernetes' text without what only machines read: ids of containers and Pods.
fn brief(text: &str) -> String {
    let is_id = |word: &str| word.len() >= 32 && word.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let words: Vec<String> = text
        .split(' ')
        .map(|word| {
            let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            match core.rsplit_once('(') {
                _ if is_id(core) => word.replace(core, "…"),
                Some((_, inner)) if is_id(inner) => word.replace(&format!("({inner})"), "").replace(inner, "…"),
                _ => word.to_owned(),
            }
        })
        .collect();
    let text = words.join(" ");
    // What containerd wraps around the one thing that matters.
    const START: &str = "unable to start container process: ";
    text.rfind(START).map_or(text.clone(), |at| text[at + START.len()..].to_owned()).trim().chars().take(600).collect()
}
