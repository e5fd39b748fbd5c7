//! Whether a run of a job has come to its end, and how. Pure: same observation, same verdict; no clock, no client.

#[cfg(test)]
mod tests;

use std::time::Duration;

use k8s_openapi::api::batch::v1::{Job as KubernetesJob, JobCondition};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Event, Pod};
use tfplugin_framework::attr::Attr;

use super::model::LastRun;
use crate::workload::failure::{Cause, Failure, Output};
use crate::workload::pods::{plight, refusal, warnings};

/// What was seen of a run.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Its Job.
    pub job: KubernetesJob,
    /// Its Pods.
    pub pods: Vec<Pod>,
    /// Events about them.
    pub events: Vec<Event>,
}

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on; what is awaited, in words for the log.
    Running(String),
    /// It succeeded.
    Succeeded,
    /// It failed, or never will begin.
    Failed {
        /// Why.
        failure: Box<Failure>,
        /// True if it ended by itself. Otherwise it could still begin when nobody waits for it any more.
        ended: bool,
    },
}

/// Judges a run. `elapsed` counts from its start; `over` says that nobody waits any longer.
pub fn judge(observed: &Observed, elapsed: Duration, over: bool) -> Verdict {
    match ended(&observed.job) {
        Some(End::Succeeded(_)) => return Verdict::Succeeded,
        Some(End::Failed(condition)) => {
            let failure = Box::new(observed.failure(observed.cause(condition)));
            return Verdict::Failed { failure, ended: true };
        }
        None => {}
    }
    let plights = observed.pods.iter().filter_map(|pod| plight(pod, &observed.events, elapsed));
    let worst = plights.min_by_key(|one| (!one.fatal, one.cause.clone()));
    let failed = |failure: Failure| Verdict::Failed { failure: Box::new(failure), ended: false };
    if let Some(worst) = &worst
        && (worst.fatal || (over && !matches!(worst.cause, Cause::NotReady(_) | Cause::Crash(_) | Cause::Ends)))
    {
        let mut failure = observed.failure(worst.cause.clone());
        failure.seen.clone_from(&worst.seen);
        return failed(failure);
    }
    if over {
        let mut refused = observed.events.iter().filter(|event| event.reason.as_deref() == Some("FailedCreate"));
        let cause = match refused.next_back().filter(|_| observed.pods.is_empty()) {
            Some(event) => refusal(event.message.as_deref().unwrap_or_default()),
            None => Cause::TooSlow("timeouts"),
        };
        return failed(observed.failure(cause));
    }
    let active = observed.job.status.as_ref().and_then(|status| status.active).unwrap_or(0);
    Verdict::Running(match worst {
        Some(worst) => format!("{active} Pod active, {} does not run yet", worst.pod),
        None => format!("{active} Pod active"),
    })
}

enum End<'a> {
    Succeeded(&'a JobCondition),
    Failed(&'a JobCondition),
}

fn ended(job: &KubernetesJob) -> Option<End<'_>> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    let is =
        |kinds: [&str; 2]| conditions.iter().find(|one| kinds.contains(&one.type_.as_str()) && one.status == "True");
    // What is decided but not yet final counts: at a deadline the Pods, and with them their output, are about to go.
    is(["Complete", "SuccessCriteriaMet"])
        .map(End::Succeeded)
        .or_else(|| is(["Failed", "FailureTarget"]).map(End::Failed))
}

/// How a Job ended, if it has: true for success.
pub fn outcome(job: &KubernetesJob) -> Option<bool> {
    ended(job).map(|end| matches!(end, End::Succeeded(_)))
}

/// What is reported of a run.
pub fn last_run(observed: &Observed) -> LastRun {
    let status = observed.job.status.clone().unwrap_or_default();
    let end = ended(&observed.job);
    let completed = match &end {
        Some(End::Succeeded(condition) | End::Failed(condition)) => {
            status.completion_time.as_ref().or(condition.last_transition_time.as_ref()).map(|time| time.0.to_string())
        }
        None => None,
    };
    let code = observed.last_end().map(|(_, ended)| i64::from(ended.exit_code));
    LastRun {
        name: observed.job.metadata.name.clone().into(),
        status: match end {
            Some(End::Succeeded(_)) => "Succeeded",
            Some(End::Failed(_)) => "Failed",
            None => "Running",
        }
        .into(),
        started_at: status.start_time.map(|time| time.0.to_string()).into(),
        completed_at: completed.into(),
        exit_code: match end {
            Some(End::Succeeded(_)) => Attr::Known(0),
            Some(End::Failed(_)) => code.into(),
            None => Attr::Null,
        },
    }
}

impl Observed {
    /// The container that ended last, and its Pod.
    fn last_end(&self) -> Option<(&Pod, ContainerStateTerminated)> {
        let ends = self.pods.iter().flat_map(|pod| {
            let status = pod.status.as_ref();
            let containers = status.into_iter().flat_map(|status| status.container_statuses.iter().flatten());
            containers.filter_map(move |one| Some((pod, one.state.as_ref()?.terminated.clone()?)))
        });
        ends.max_by_key(|(_, ended)| ended.finished_at.as_ref().map(|time| time.0))
    }

    fn cause(&self, condition: &JobCondition) -> Cause {
        if condition.reason.as_deref() == Some("DeadlineExceeded") {
            return Cause::TooSlow("timeout_seconds");
        }
        match self.last_end().map(|(_, ended)| ended) {
            Some(ended) if ended.reason.as_deref() == Some("OOMKilled") => Cause::OutOfMemory,
            Some(ended) if matches!(ended.reason.as_deref(), Some("StartError" | "ContainerCannotRun")) => {
                Cause::Start(ended.message.unwrap_or_default())
            }
            Some(ended) if ended.exit_code != 0 => Cause::Crash(ended.exit_code),
            _ => Cause::NoProgress(condition.message.clone().unwrap_or_default()),
        }
    }

    fn failure(&self, cause: Cause) -> Failure {
        let pod = self.last_end().map(|(pod, _)| pod).or_else(|| self.pods.last());
        let container = pod.and_then(|pod| pod.spec.as_ref()).and_then(|spec| spec.containers.first());
        let output = pod.zip(container).map(|(pod, container)| Output {
            pod: pod.metadata.name.clone().unwrap_or_default(),
            container: container.name.clone(),
            previous: false,
        });
        let pods = self.pods.iter().filter_map(|pod| pod.metadata.uid.as_deref());
        let uids: Vec<&str> = pods.chain(self.job.metadata.uid.as_deref()).collect();
        let attempts = self.job.status.as_ref().and_then(|status| status.failed).unwrap_or(0);
        let seen = if attempts > 1 { format!("It was tried {attempts} times.") } else { String::new() };
        // The Job's own "BackoffLimitExceeded" says what the headline says.
        let evidence =
            warnings(&self.events, &uids).into_iter().filter(|one| one.source != "BackoffLimitExceeded").collect();
        Failure { cause, seen, evidence, output, aftermath: String::new() }
    }
}
