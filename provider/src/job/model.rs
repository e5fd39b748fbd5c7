//! What a user writes about a job and what is reported back.

use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::check;

use super::schedule;
use crate::workload::attributes::{define_workload, workload};
use crate::workload::checks;

workload! {
    /// A task that runs to its end: by a schedule, when `run_triggers` change, or by hand.
    pub struct Job {
        /// When it runs by itself, in cron's five fields (`0 6 * * *`) or as `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
        schedule: String = optional().otherwise("never by itself").check(is_schedule),
        /// The time zone of the schedule, by its name in the IANA database.
        time_zone: String = optional().otherwise("`Etc/UTC`").check(checks::time_zone),
        /// Values whose change runs the job in the same apply, as does their first setting. For the same values it never runs
        /// twice, unless the run failed.
        run_triggers: Map<String> = optional().changes("runs the job").multiline().check(checks::triggers),
        /// Whether an apply waits for the run that it started, and fails if the run fails.
        wait_for_completion: bool = optional().defaults_to(true),
        /// How long a run may take, retries included, before it is stopped and counts as failed.
        timeout_seconds: i64 = optional().defaults_to(3600).check(check::between(1, 7 * 24 * 3600)),
        /// How often a failed run is repeated. Loss of a node does not count.
        max_retries: i64 = optional().defaults_to(0).check(check::between(0, 100)),
        /// The name of its CronJob, as in `kubectl create job --from=cronjob/NAME`.
        cron_job_name: String = computed(),
        /// The last run that Terraform started.
        last_triggered_run: LastRun = computed(),
    }
}

model! {
    /// A run that Terraform started.
    pub struct LastRun {
        /// The name of the Kubernetes Job.
        name: String = computed(),
        /// `Running`, `Succeeded` or `Failed`.
        status: String = computed(),
        /// When it began, in RFC 3339.
        started_at: String = computed(),
        /// When it ended, in RFC 3339.
        completed_at: String = computed(),
        /// The exit code of its program.
        exit_code: i64 = computed(),
    }
}

fn is_schedule(value: &Value) -> Result<(), String> {
    schedule::check(value.as_str().unwrap_or_default())
}
