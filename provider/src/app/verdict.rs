//! Whether a rollout has come to its end, and why not. Pure: same observation, same verdict; no clock, no client.

#[cfg(test)]
mod tests;

use std::time::Duration;

use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition, ReplicaSet};
use k8s_openapi::api::core::v1::{Event, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::workload::failure::{Cause, Failure};
use crate::workload::pods::{self, Plight, count, plight, refusal, texts, warnings};

/// The annotation of a Deployment and its ReplicaSets with the number of the version.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// Pods that cannot be made now may be in a moment: a quota's use is counted late.
const REFUSAL_GRACE: Duration = Duration::from_secs(15);

/// What was seen of a rollout.
#[derive(Clone, Debug, Default)]
pub struct Rollout {
    /// The Deployment.
    pub deployment: Deployment,
    /// Its ReplicaSets.
    pub replica_sets: Vec<ReplicaSet>,
    /// Pods with its labels.
    pub pods: Vec<Pod>,
    /// Events in its namespace.
    pub events: Vec<Event>,
    /// The generation that our apply made.
    pub generation: i64,
    /// Whether anything connects to it, so that it `serves`.
    pub serves: bool,
}

/// How a rollout stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong; what is still awaited, in words for the log.
    Progressing(String),
    /// Every replica of the version is available.
    Healthy,
    /// It does not come to its end.
    Failed(Box<Failure>),
}

/// Judges a rollout. `elapsed` counts from the apply; `over` says that nobody waits any longer.
pub fn judge(rollout: &Rollout, elapsed: Duration, over: bool) -> Verdict {
    let status = rollout.deployment.status.clone().unwrap_or_default();
    let seen = status.observed_generation.unwrap_or(0) >= rollout.generation;
    let wanted = rollout.deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let current = if seen { rollout.current() } else { None };
    let [replicas, updated, available] =
        [status.replicas, status.updated_replicas, status.available_replicas].map(|count| count.unwrap_or(0));
    if seen && replicas == wanted && updated == wanted && available == wanted && (wanted == 0 || current.is_some()) {
        return Verdict::Healthy;
    }
    let plights = current.map(|set| rollout.plights(set, elapsed)).unwrap_or_default();
    let worst = plights.into_iter().min_by_key(|one| (!one.fatal, one.cause.clone()));
    let refused = rollout.refused(current, elapsed);
    let late = seen
        && rollout
            .condition("Progressing")
            .is_some_and(|one| one.reason.as_deref() == Some("ProgressDeadlineExceeded"));
    let awaited = if seen {
        format!(
            "{updated} of {wanted} replicas are updated, {available} available, {} old ones remain",
            replicas - updated
        )
    } else {
        "the Deployment controller has not seen it yet".to_owned()
    };
    match (worst, refused) {
        (Some(worst), _) if worst.fatal || late || over => rollout.failed(worst, current),
        (_, Some((fatal, cause))) if fatal || late || over => rollout.failed(bare(cause), current),
        (None, None) if late || over => rollout.failed(bare(Cause::NoProgress(awaited)), current),
        (Some(worst), _) => {
            let hint = worst.cause;
            Verdict::Progressing(format!("{awaited}; {}: {}", worst.pod, word(&hint)))
        }
        _ => Verdict::Progressing(awaited),
    }
}

fn bare(cause: Cause) -> Plight {
    Plight { fatal: true, cause, pod: String::new(), output: None, seen: String::new() }
}

/// A cause in a word, for the log.
fn word(cause: &Cause) -> &'static str {
    match cause {
        Cause::ImageName | Cause::ImageNotFound | Cause::ImageDenied | Cause::ImagePull => "image not pulled yet",
        Cause::Start(_) | Cause::Crash(_) | Cause::Ends | Cause::OutOfMemory => "ended and starts again",
        Cause::Unschedulable(_) => "no node yet",
        Cause::NotReady(_) => "not ready yet",
        _ => "not running yet",
    }
}

/// The revision that a Deployment or ReplicaSet has.
pub fn revision(metadata: &ObjectMeta) -> Option<i64> {
    metadata.annotations.as_ref()?.get(REVISION)?.parse().ok()
}

fn owned_by(metadata: &ObjectMeta, uid: Option<&str>) -> bool {
    metadata.owner_references.iter().flatten().any(|owner| Some(owner.uid.as_str()) == uid)
}

impl Rollout {
    /// The ReplicaSet of the version that is rolled out.
    fn current(&self) -> Option<&ReplicaSet> {
        let wanted = revision(&self.deployment.metadata)?;
        self.own_sets().find(|set| revision(&set.metadata) == Some(wanted))
    }

    fn own_sets(&self) -> impl Iterator<Item = &ReplicaSet> {
        let uid = self.deployment.metadata.uid.as_deref();
        self.replica_sets.iter().filter(move |set| owned_by(&set.metadata, uid))
    }

    fn condition(&self, kind: &str) -> Option<&DeploymentCondition> {
        self.deployment.status.as_ref()?.conditions.iter().flatten().find(|one| one.type_ == kind)
    }

    /// What keeps Pods of this version (never of older ones) from running.
    fn plights(&self, set: &ReplicaSet, elapsed: Duration) -> Vec<Plight> {
        let uid = set.metadata.uid.as_deref();
        let alive = |pod: &&Pod| pod.metadata.deletion_timestamp.is_none() && owned_by(&pod.metadata, uid);
        self.pods.iter().filter(alive).filter_map(|pod| plight(pod, &self.events, elapsed)).collect()
    }

    /// Why Pods cannot be made, and whether waiting is of no use.
    fn refused(&self, set: Option<&ReplicaSet>, elapsed: Duration) -> Option<(bool, Cause)> {
        let condition = self.condition("ReplicaFailure").filter(|one| one.status == "True");
        let uid = set.and_then(|set| set.metadata.uid.as_deref());
        let about: Vec<&Event> =
            self.events.iter().filter(|event| uid.is_some() && event.involved_object.uid.as_deref() == uid).collect();
        let said = condition.and_then(|one| one.message.clone()).or_else(|| texts(&about, &["FailedCreate"]).pop())?;
        let again = count(&about, "FailedCreate") >= 2 || elapsed >= REFUSAL_GRACE;
        Some((again, refusal(&said)))
    }

    fn failed(&self, worst: Plight, current: Option<&ReplicaSet>) -> Verdict {
        let pod = self.pods.iter().find(|pod| pod.metadata.name.as_deref() == Some(&worst.pod));
        let uids: Vec<&str> =
            [current.and_then(|set| set.metadata.uid.as_deref()), pod.and_then(|pod| pod.metadata.uid.as_deref())]
                .into_iter()
                .flatten()
                .collect();
        let evidence = pods::warnings(&self.events, &uids);
        let evidence = if evidence.is_empty() { warnings(&self.events, &self.uid()) } else { evidence };
        let told = evidence.iter().any(|one| one.source == "FailedCreate");
        let cause = match worst.cause {
            Cause::Quota(_) if told => Cause::Quota(String::new()),
            Cause::PodSecurity(_) if told => Cause::PodSecurity(String::new()),
            Cause::Refused(_) if told => Cause::Refused(String::new()),
            cause => cause,
        };
        Verdict::Failed(Box::new(Failure {
            cause,
            seen: worst.seen,
            evidence,
            output: worst.output,
            aftermath: self.aftermath(current),
        }))
    }

    fn uid(&self) -> Vec<&str> {
        self.deployment.metadata.uid.as_deref().into_iter().collect()
    }

    /// What serves now.
    fn aftermath(&self, current: Option<&ReplicaSet>) -> String {
        let verb = if self.serves { "serves" } else { "runs" };
        let ready = |set: &ReplicaSet| set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
        let size = |set: &ReplicaSet| set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0);
        let current_uid = current.and_then(|set| set.metadata.uid.as_deref());
        let old = self.own_sets().filter(|set| set.metadata.uid.as_deref() != current_uid && ready(set) > 0);
        if let Some(old) = old.max_by_key(|set| ready(set)) {
            let revision =
                revision(&old.metadata).map_or("an older revision".to_owned(), |number| format!("revision {number}"));
            return format!("{revision} still {verb} {} of {}", ready(old), size(old).max(ready(old)));
        }
        match current.map(ready).filter(|count| *count > 0) {
            Some(count) => {
                format!("{count} of {} replicas of it {}", current.map_or(0, size), verb.trim_end_matches('s'))
            }
            None => format!("nothing {verb}"),
        }
    }

    /// The UIDs of what does not run, or not yet: the ReplicaSet of the version and up to three of its Pods.
    pub fn troubled(&self) -> Vec<String> {
        let Some(set) = self.current() else { return self.uid().into_iter().map(str::to_owned).collect() };
        let uid = set.metadata.uid.as_deref();
        let is_ready = |pod: &&Pod| {
            let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
            conditions.into_iter().any(|one| one.type_ == "Ready" && one.status == "True")
        };
        let unready = self.pods.iter().filter(|pod| owned_by(&pod.metadata, uid)).filter(|pod| !is_ready(pod)).take(3);
        let uids = unready.filter_map(|pod| pod.metadata.uid.clone());
        set.metadata.uid.iter().cloned().chain(uids).collect()
    }

    /// What is being rolled out, in words.
    pub fn what(&self) -> &'static str {
        match revision(&self.deployment.metadata) {
            Some(1) | None => "the first version",
            Some(_) => "the new version",
        }
    }
}
