//! From a live CronJob to the model of a job. Pure.

#[cfg(test)]
mod tests;

use serde_json::Value as Json;
use tfplugin_framework::attr::Attr;

use super::model::Job;
use super::render::{self, History};
use crate::cloud::ownership::Mark;
use crate::workload::Workload;
use crate::workload::difference::differences;
use crate::workload::projection::{Known, project};

/// What the CronJob remembers of runs.
pub fn history(cron_job: &Json) -> History {
    let annotations = &cron_job["metadata"]["annotations"];
    History::read(|key| annotations[key].as_str())
}

/// What the CronJob says, compared with what the state said (`before`), or all that it says for an import.
pub fn read_back(before: &Job, cron_job: &Json, import: bool) -> Job {
    let mut job = before.clone();
    let mut shared = job.shared();
    let spec = &cron_job["spec"];
    let run = &spec["jobTemplate"]["spec"];
    let all = run["template"]["spec"]["containers"].as_array();
    let ours = all.and_then(|all| all.iter().find(|one| one["name"] == shared.name()).or_else(|| all.first()));
    let container = ours.cloned().unwrap_or_default();
    let known = before.shared();
    project(if import { Known::Nothing { extra: &[] } } else { Known::Before(&known) }, &container, &mut shared);
    job.set_shared(shared);

    let text = |value: &Json| value.as_str().map(str::to_owned);
    let suspended = spec["suspend"] == true;
    job.schedule = match &before.schedule {
        // Suspended by hand: drift without an attribute.
        Attr::Known(_) => text(&spec["schedule"]).into(),
        _ if suspended => Attr::Null,
        _ => text(&spec["schedule"]).into(),
    };
    let zone = text(&spec["timeZone"]);
    let is_default = zone.as_deref() == Some(render::TIME_ZONE) && before.time_zone.is_null();
    job.time_zone = zone.filter(|_| !is_default).into();
    job.timeout_seconds = run["activeDeadlineSeconds"].as_i64().into();
    job.max_retries = run["backoffLimit"].as_i64().into();
    job.cron_job_name = before.name.clone();
    if import {
        let history = history(cron_job);
        job.run_triggers = history.ran.into();
        job.last_triggered_run = history.last.into();
        job.wait_for_completion = true.into();
    }
    job
}

/// Fields of ours that no attribute shows and that are not as we render them.
pub fn drift(job: &Job, cron_job: &Json) -> Vec<String> {
    let shared = job.shared();
    differences(&render::cron_job(job, "", &Mark::default(), &History::default()), cron_job)
        .iter()
        .map(|one| format!("CronJob {}/{}: {one}", shared.namespace(), shared.name()))
        .collect()
}
