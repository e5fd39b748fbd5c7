//! The effects of a job's steps. Decides nothing: what to do is in `plan`, how it looks in `render`, how a run ended in
//! `verdict`.

mod run;

use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value as Json;
use tfplugin_framework::attr::{Attr, Map};

use super::model::{Job, LastRun};
use super::plan::wanted_run;
use super::projection::{self, history};
use super::render::{self, History};
use crate::cloud::error::CloudError;
use crate::cloud::kube::error::KubeError;
use crate::cloud::kube::{Kind, Kube, Object};
use crate::cloud::ownership::Mark;
use crate::cloud::steps::{self, drive};
use crate::workload::Workload;
use crate::workload::lifecycle::{Ended, Note, Running, Work};
use crate::workload::remote::apply::{Shown, apply};
use crate::workload::remote::namespace;
use crate::workload::render::Component;

/// One effect of an apply.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    ClaimNamespace,
    ApplyCronJob,
    /// Run it for these triggers, or follow the run that is there.
    Run(Map<String>),
    Finish,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::ClaimNamespace => "claim namespace",
            Step::ApplyCronJob => "apply CronJob",
            Step::Run(_) => "run the job",
            Step::Finish => "mark CronJob as finished",
        })
    }
}

#[derive(Debug)]
enum Outcome {
    Nothing,
    Applied,
    Ran(LastRun),
    Finished,
}

/// What a step tells the ones after it.
#[derive(Debug, Default)]
struct Told {
    cron_job_uid: Mutex<String>,
    /// The run as it was seen last, also one that failed.
    last: Mutex<Option<LastRun>>,
}

fn locked<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Running for Job {
    const RESOURCE: &'static str = "paas_job";
    const COMPONENT: Component = Component::Job;
    const PRIMARY: Kind = Kind::CronJob;
    const SETTINGS: &'static [&'static str] = &["timeouts", "wait_for_completion"];

    async fn carry_out(work: &Work<'_, Self>, state: Self, note: Note<'_, Self>) -> (Self, Ended) {
        let mut state = state;
        let before = work.live.map(history).unwrap_or_default();
        let changed =
            work.prior.is_none_or(|prior| prior.run_triggers != work.planned.run_triggers || !prior.ready.or(false));
        let wanted = wanted_run(work.planned, changed, &before);
        let mut stages = vec![vec![Step::ClaimNamespace], vec![Step::ApplyCronJob]];
        stages.extend(wanted.clone().map(|triggers| vec![Step::Run(triggers)]));
        stages.push(vec![Step::Finish]);
        // Without a run the plan knew the last one, unless a run ended before core could save it.
        let planned_last = work.planned.last_triggered_run.known().cloned();
        let last =
            if work.planned.run_triggers.is_null() { planned_last } else { planned_last.or(before.last.clone()) };
        let told = Told { last: Mutex::new(last.clone()), ..Told::default() };
        let fold = |_: &Step, outcome: Outcome| {
            match outcome {
                Outcome::Nothing => return,
                Outcome::Applied => state = Job { last_triggered_run: last.clone().into(), ..work.planned.clone() },
                Outcome::Ran(run) => state.last_triggered_run = Attr::Known(run),
                Outcome::Finished => {
                    let mut shared = state.shared();
                    shared.ready = true.into();
                    state.set_shared(shared);
                }
            }
            note(&state);
        };
        let ended = drive(&work.with_explanation(), stages, |step| run(work, &before, &told, step), fold).await;
        match ended {
            steps::Ended::Done => (state, Ended::Done),
            steps::Ended::Stopped => (state, Ended::Stopped),
            steps::Ended::Failed(failed) => {
                if failed.iter().any(|(step, _)| matches!(step, Step::Run(_))) {
                    // The old triggers stay in the state, so the next plan shows them changed and its apply runs again.
                    state.run_triggers = work.prior.map_or(Attr::Null, |prior| prior.run_triggers.clone());
                    state.last_triggered_run = locked(&told.last).clone().into();
                }
                (state, Ended::Failed(failed.into_iter().map(|(_, error)| error).collect()))
            }
        }
    }

    async fn neighbour(&self, _kube: &Kube, _shared_lists: bool) -> Result<Option<(Kind, Object)>, KubeError> {
        Ok(None)
    }

    fn read_back(&self, primary: &Json, import: bool) -> Self {
        projection::read_back(self, primary, import)
    }

    fn drift(&self, primary: &Json, _neighbour: Option<&Json>) -> Vec<String> {
        projection::drift(self, primary)
    }

    /// A run that nobody waited for may have ended. One that is gone by now stays as it was seen last.
    async fn look_closer(mut self, kube: &Kube) -> Result<Self, KubeError> {
        if let Attr::Known(last) = &self.last_triggered_run
            && last.status.known().is_some_and(|status| status == "Running")
            && let Some(name) = last.name.known()
            && let Some(run) = run::look(kube, self.shared().namespace(), name).await?
        {
            self.last_triggered_run = Attr::Known(run);
        }
        Ok(self)
    }

    /// As long as a run may take, and what comes before and after it.
    fn default_timeout(&self) -> std::time::Duration {
        let run = u64::try_from(self.timeout_seconds.or(3600)).unwrap_or(3600);
        std::time::Duration::from_secs(run + 300)
    }
}

/// One effect.
async fn run(work: &Work<'_, Job>, before: &History, told: &Told, step: Step) -> Result<Outcome, CloudError> {
    let shared = work.planned.shared();
    match step {
        Step::ClaimNamespace => {
            namespace::claim(work.kube, &shared, Component::Job, work.owner, work.limit).await?;
            Ok(Outcome::Nothing)
        }
        Step::ApplyCronJob => {
            let applied = apply_cron_job(work, work.mark, before, before).await?;
            *locked(&told.cron_job_uid) = applied["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
            Ok(Outcome::Applied)
        }
        Step::Run(triggers) => {
            let uid = locked(&told.cron_job_uid).clone();
            let note = |run: LastRun| *locked(&told.last) = Some(run);
            run::run(work, &triggers, &uid, &note).await.map(Outcome::Ran)
        }
        Step::Finish => {
            let ran = work.planned.run_triggers.known().cloned();
            let after = History { ran, last: locked(&told.last).clone() };
            apply_cron_job(work, &work.mark.clone().finished(), before, &after).await?;
            Ok(Outcome::Finished)
        }
    }
}

async fn apply_cron_job(
    work: &Work<'_, Job>,
    mark: &Mark,
    before: &History,
    history: &History,
) -> Result<Object, CloudError> {
    let cron_job = render::cron_job(work.planned, work.owner, mark, history);
    let prior = work.prior.map(|prior| render::cron_job(prior, work.owner, mark, before));
    let shared = work.planned.shared();
    let drift = work.shown_drift();
    let shown = Shown { prior: prior.as_ref(), drift: &drift };
    let effect = || apply(work.kube, Kind::CronJob, &cron_job, shown);
    namespace::within(work.kube, &shared, Component::Job, work.owner, work.limit, effect).await
}
