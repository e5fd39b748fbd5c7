//! What a change of a job comes to: the planned state, and whether an apply runs it. Pure.

#[cfg(test)]
mod tests;

use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Change, Planned};
use tfplugin_framework::schema::check::shown;

use super::model::Job;
use super::render::{History, triggers_hash};
use crate::workload::place::Naming;
use crate::workload::{self, Workload};

/// The names of Jobs and Pods that a CronJob makes leave it this many characters.
const LONGEST_NAME: usize = 52;

/// Refines what the generic planner made of a job.
pub fn refine(naming: &Naming, change: &Change<Job>, private: &[u8], planned: &mut Planned<Job>) {
    let prior = match change {
        Change::Create { .. } => None,
        Change::Update { prior, .. } => Some(prior),
        Change::Delete { .. } => return,
    };
    let job = &mut planned.state;
    let mut shared = job.shared();
    let outcome = workload::plan::refine(naming, prior.map(Workload::shared).as_ref(), &mut shared, private);
    job.set_shared(shared);
    job.cron_job_name = job.name.clone();
    job.last_triggered_run = match (prior, &job.run_triggers) {
        (None, Attr::Null) => Attr::Null,
        (Some(prior), Attr::Null) => prior.last_triggered_run.clone(),
        (Some(prior), triggers) if prior.run_triggers == *triggers && prior.ready.or(false) => {
            prior.last_triggered_run.clone()
        }
        _ => Attr::Unknown,
    };
    planned.replaces.extend(outcome.replaces);
    if let Some(private) = outcome.private {
        planned.private = private;
    }
}

/// Rules between the attributes of a job.
pub fn validate(config: &Job) -> Diagnostics {
    let shared = config.shared();
    let mut all = workload::plan::validate(&shared);
    if shared.name().len() > LONGEST_NAME {
        all.error_at(
            Path::attribute("name"),
            format!("name is {}; a job's may have at most {LONGEST_NAME} characters", shown(shared.name())),
            "",
        );
    }
    if config.schedule.is_null() && !config.time_zone.is_null() {
        all.error_at(
            Path::attribute("time_zone"),
            "time_zone is set without a schedule",
            "Set schedule, or leave it out.",
        );
    }
    all
}

/// The triggers that an apply has to run the job for: those of the configuration, unless the last run that was not a failure
/// was for the same ones. `changed` says whether the plan showed a change of them, or goes on with something unfinished.
pub fn wanted_run(job: &Job, changed: bool, history: &History) -> Option<Map<String>> {
    let triggers = job.run_triggers.known()?;
    (changed && history.ran.as_ref() != Some(triggers)).then(|| triggers.clone())
}

/// A Job that was made for the same triggers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its name.
    pub name: String,
    /// How it ended, if it has: true for success.
    pub ended: Option<bool>,
    /// False while it is being deleted.
    pub stays: bool,
}

/// What to do about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// It is there, under way or done: wait for this one.
    Follow(String),
    /// Start the attempt of this number.
    Start(u32),
}

/// Decides between following a run for these triggers and starting one. What succeeded or is under way is never run again;
/// what failed is, under a new name.
pub fn choose(name: &str, triggers: &Map<String>, attempts: &[Attempt]) -> Run {
    let hash = &triggers_hash(triggers)[..7];
    let number = |attempt: &Attempt| {
        let rest = attempt.name.strip_prefix(name)?.strip_prefix('-')?.strip_prefix(hash)?;
        if rest.is_empty() { Some(1) } else { rest.strip_prefix('-')?.parse().ok() }
    };
    let best = |ended: Option<bool>| attempts.iter().find(|one| one.stays && one.ended == ended);
    match best(Some(true)).or_else(|| best(None)) {
        Some(one) => Run::Follow(one.name.clone()),
        None => Run::Start(attempts.iter().filter_map(number).max().unwrap_or(0u32).saturating_add(1)),
    }
}
