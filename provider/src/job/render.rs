//! From the model of a job to its Kubernetes objects. Pure; everything in the model is known by now.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use tfplugin_framework::attr::Field;
use tfplugin_framework::prelude::*;

use super::model::{Job, LastRun};
use crate::cloud::ownership::{self, Mark};
use crate::workload::Workload;
use crate::workload::render::{Component, container, metadata, pod_template, selector};

/// The schedule of a CronJob that never runs by itself: it is suspended, so this only has to be valid.
pub const NO_SCHEDULE: &str = "0 0 1 1 *";
/// The time zone of a job that names none.
pub const TIME_ZONE: &str = "Etc/UTC";
/// Label of a run: the [`triggers_hash`] it was made for.
pub const TRIGGERS: &str = "terraform-paas.github.io/triggers";
/// Annotation of the CronJob: the `run_triggers` of the last run that was not a failure, as JSON.
pub const RAN_TRIGGERS: &str = "terraform-paas.github.io/run-triggers";
/// Annotation of the CronJob: that run, as JSON.
pub const LAST_RUN: &str = "terraform-paas.github.io/last-run";

/// How long a finished run stays to be looked at.
const KEEP_SECONDS: u32 = 24 * 3600;

/// What the CronJob remembers of runs, in annotations: a finished Job is removed after a day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The `run_triggers` of the last run that was not a failure.
    pub ran: Option<Map<String>>,
    /// The last run that Terraform started.
    pub last: Option<LastRun>,
}

impl History {
    /// Reads it from the CronJob's annotations. What is not ours (edited by hand) counts as absent.
    pub fn read<'a>(annotation: impl Fn(&str) -> Option<&'a str>) -> History {
        let json = |key: &str| annotation(key).and_then(|text| serde_json::from_str::<Json>(text).ok());
        let text = |value: &Json| value.as_str().map_or(Attr::Null, Attr::from);
        let ran = json(RAN_TRIGGERS)
            .as_ref()
            .and_then(Json::as_object)
            .map(|all| all.iter().map(|(key, one)| (key.clone(), text(one))).collect());
        let last = json(LAST_RUN).filter(Json::is_object).map(|run| LastRun {
            name: text(&run["name"]),
            status: text(&run["status"]),
            started_at: text(&run["started_at"]),
            completed_at: text(&run["completed_at"]),
            exit_code: run["exit_code"].as_i64().into(),
        });
        History { ran, last }
    }

    fn annotations(&self) -> Vec<(&'static str, String)> {
        let text = |value: &Attr<String>| value.known().cloned();
        let ran = self.ran.as_ref().map(|all| {
            let all: BTreeMap<&String, Option<String>> = all.iter().map(|(key, one)| (key, text(one))).collect();
            (RAN_TRIGGERS, json!(all).to_string())
        });
        let last = self.last.as_ref().map(|run| {
            let run = json!({
                "name": text(&run.name),
                "status": text(&run.status),
                "started_at": text(&run.started_at),
                "completed_at": text(&run.completed_at),
                "exit_code": run.exit_code.known(),
            });
            (LAST_RUN, run.to_string())
        });
        ran.into_iter().chain(last).collect()
    }
}

/// The CronJob, which every job has: suspended without a schedule, so that it can be run by hand all the same.
pub fn cron_job(job: &Job, owner: &str, mark: &Mark, history: &History) -> Json {
    let shared = job.shared();
    let mut metadata = metadata(&shared, Component::Job, owner, Some(mark));
    for (key, text) in history.annotations() {
        metadata["annotations"][key] = text.into();
    }
    json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata,
        "spec": {
            "schedule": job.schedule.or(NO_SCHEDULE.to_owned()),
            "timeZone": job.time_zone.or(TIME_ZONE.to_owned()),
            "suspend": job.schedule.is_null(),
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 300,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": { "metadata": { "labels": selector(&shared, Component::Job) }, "spec": job_spec(job) },
        },
    })
}

fn job_spec(job: &Job) -> Json {
    let shared = job.shared();
    let template =
        pod_template(&selector(&shared, Component::Job), container(&shared, &[]), &[("restartPolicy", json!("Never"))]);
    json!({
        "backoffLimit": job.max_retries.or(0),
        "activeDeadlineSeconds": job.timeout_seconds.or(3600),
        "ttlSecondsAfterFinished": KEEP_SECONDS,
        // A drained or lost node is no fault of the program's.
        "podFailurePolicy": { "rules": [
            { "action": "Ignore", "onPodConditions": [{ "type": "DisruptionTarget", "status": "True" }] },
        ] },
        "template": template,
    })
}

/// The name of an attempt to run for `triggers`: the same triggers give the same name, so a run that was started before the
/// provider was killed is found instead of started again.
pub fn run_name(name: &str, triggers: &Map<String>, attempt: u32) -> String {
    let hash = triggers_hash(triggers);
    let short = &hash[..7];
    if attempt <= 1 { format!("{name}-{short}") } else { format!("{name}-{short}-{attempt}") }
}

/// One text for one set of triggers.
pub fn triggers_hash(triggers: &Map<String>) -> String {
    ownership::hash(&BTreeMap::from([("run_triggers", triggers.to_value())]))
}

/// One attempt to run. The CronJob owns it without being its controller, as with `kubectl create job --from`: it goes with
/// the CronJob and does not count in its history.
pub fn run(job: &Job, owner: &str, triggers: &Map<String>, attempt: u32, cron_job_uid: &str) -> Json {
    let shared = job.shared();
    let mut metadata = metadata(&shared, Component::Job, owner, None);
    metadata["name"] = run_name(shared.name(), triggers, attempt).into();
    metadata["labels"][TRIGGERS] = triggers_hash(triggers).into();
    metadata["annotations"] = json!({ "cronjob.kubernetes.io/instantiate": "manual" });
    metadata["ownerReferences"] =
        json!([{ "apiVersion": "batch/v1", "kind": "CronJob", "name": shared.name(), "uid": cron_job_uid }]);
    json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": job_spec(job) })
}
