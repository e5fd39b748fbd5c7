//! A run: found or started, and waited for with two watches.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::select_all;
use k8s_openapi::api::batch::v1::Job as KubernetesJob;
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::Api;
use kube::runtime::watcher;
use tfplugin_framework::attr::Map;
use tokio::time::{Instant, MissedTickBehavior};

use crate::cloud::error::CloudError;
use crate::cloud::kube::error::KubeError;
use crate::cloud::kube::{Kind, Kube, Object};
use crate::cloud::limit::spoken;
use crate::job::model::{Job, LastRun};
use crate::job::plan::{Attempt, Run, choose};
use crate::job::render::{self, TRIGGERS, run_name, triggers_hash};
use crate::job::verdict::{Observed, Verdict, judge, last_run, outcome};
use crate::workload::Workload;
use crate::workload::failure::{Failure, Subject};
use crate::workload::lifecycle::Work;
use crate::workload::remote::watch::{Watched, interrupted, selector, tagged, watch};
use crate::workload::remote::{events, output};
use crate::workload::render::{self as shared_render, Component};

const TICK: Duration = Duration::from_secs(1);

/// What there is to report of a run; nothing if its Job is gone.
///
/// # Errors
/// If the API server could not be asked.
pub(super) async fn look(kube: &Kube, namespace: &str, name: &str) -> Result<Option<LastRun>, KubeError> {
    let found = kube.find(Kind::Job, namespace, name).await?.and_then(typed);
    Ok(found.map(|job| last_run(&Observed { job, ..Observed::default() })))
}

fn typed(object: Object) -> Option<KubernetesJob> {
    serde_json::from_value(object).ok()
}

/// Runs the job for these triggers, unless it ran for them already, and waits for its end if the plan says so. What is seen
/// of the run is given to `note`, also if it fails.
///
/// # Errors
/// The cause if the run fails or cannot begin; [`CloudError::Stopped`].
pub(super) async fn run(
    work: &Work<'_, Job>,
    triggers: &Map<String>,
    cron_job_uid: &str,
    note: &(dyn for<'m> Fn(LastRun) + Sync),
) -> Result<LastRun, CloudError> {
    let shared = work.planned.shared();
    let name = begin(work, triggers, cron_job_uid).await?;
    if work.planned.wait_for_completion.or(true) {
        return follow(work, &name, note).await;
    }
    let found = work.kube.get(Kind::Job, Some(shared.namespace()), &name).await?;
    let job = found.and_then(typed).unwrap_or_default();
    let run = LastRun { name: name.into(), ..last_run(&Observed { job, ..Observed::default() }) };
    note(run.clone());
    Ok(run)
}

/// The name of the run for these triggers: one that is there, or a new one.
async fn begin(work: &Work<'_, Job>, triggers: &Map<String>, cron_job_uid: &str) -> Result<String, CloudError> {
    let shared = work.planned.shared();
    let mut labels = shared_render::selector(&shared, Component::Job);
    labels.insert(TRIGGERS.to_owned(), triggers_hash(triggers));
    let found = work.kube.list(Kind::Job, Some(shared.namespace()), &selector(&labels)).await?;
    let attempts: Vec<Attempt> = found
        .into_iter()
        .filter_map(typed)
        .map(|job| Attempt {
            ended: outcome(&job),
            stays: job.metadata.deletion_timestamp.is_none(),
            name: job.metadata.name.unwrap_or_default(),
        })
        .collect();
    match choose(shared.name(), triggers, &attempts) {
        Run::Follow(name) => {
            tracing::info!("following run {name}, which is there already");
            Ok(name)
        }
        Run::Start(attempt) => {
            let run = render::run(work.planned, work.owner, triggers, attempt, cron_job_uid);
            match work.kube.create(Kind::Job, &run).await {
                // The answer to an earlier try was lost.
                Err(error) if error.is_already_exists() => {}
                created => drop(created?),
            }
            Ok(run_name(shared.name(), triggers, attempt))
        }
    }
}

enum Seen {
    Job(Box<watcher::Event<KubernetesJob>>),
    Pod(Box<watcher::Event<Pod>>),
}

/// Waits for the end of a run.
async fn follow(
    work: &Work<'_, Job>,
    name: &str,
    note: &(dyn for<'m> Fn(LastRun) + Sync),
) -> Result<LastRun, CloudError> {
    let (kube, limit) = (work.kube, work.limit);
    let shared = work.planned.shared();
    let namespace = shared.namespace();
    let title = format!("run {name} of {}", shared.title("job"));
    let mut streams = select_all([
        tagged(watch(Api::namespaced(kube.client(), namespace), "", &format!("metadata.name={name}")), |seen| {
            Seen::Job(Box::new(seen))
        }),
        tagged(
            watch(Api::namespaced(kube.client(), namespace), &format!("batch.kubernetes.io/job-name={name}"), ""),
            |seen| Seen::Pod(Box::new(seen)),
        ),
    ]);
    let (mut jobs, mut pods) = (Watched::<KubernetesJob>::default(), Watched::<Pod>::default());
    let mut events: Vec<Event> = Vec::new();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let start = Instant::now();
    let mut said = String::new();
    loop {
        let over = tokio::select! {
            biased;
            () = limit.stop.cancelled() => return Err(CloudError::Stopped),
            () = tokio::time::sleep_until(limit.deadline) => true,
            seen = streams.next() => {
                match seen {
                    Some(Ok(Seen::Job(event))) => jobs.note(*event),
                    Some(Ok(Seen::Pod(event))) => pods.note(*event),
                    Some(Err(error)) => interrupted(kube, &title, error).await?,
                    None => {}
                }
                false
            }
            _ = tick.tick() => {
                if start.elapsed() >= TICK {
                    events = events::about(kube, namespace, &uids(&jobs, &pods)).await;
                }
                false
            }
        };
        let complete = jobs.is_complete() && pods.is_complete();
        if !over && !complete {
            continue;
        }
        let Some(job) = jobs.all().pop() else {
            let detail = "Somebody deleted it. Apply again to run it again.";
            return Err(CloudError::told(format!("run {name} was deleted before it ended"), detail));
        };
        let mut observed = Observed { job, pods: pods.all(), events: events.clone() };
        note(last_run(&observed));
        match judge(&observed, start.elapsed(), over) {
            Verdict::Succeeded => return Ok(last_run(&observed)),
            Verdict::Running(words) if words == said => {}
            Verdict::Running(words) => {
                tracing::info!(elapsed = %spoken(start.elapsed()), "waiting for {title}: {words}");
                said = words;
            }
            Verdict::Failed { ended, .. } => {
                observed.events = events::about(kube, namespace, &uids(&jobs, &pods)).await;
                if let Verdict::Failed { failure, .. } = judge(&observed, start.elapsed(), over) {
                    return Err(told(work, &observed, *failure, ended || over, note).await);
                }
            }
        }
    }
}

fn uids(jobs: &Watched<KubernetesJob>, pods: &Watched<Pod>) -> Vec<String> {
    let pods = pods.all().into_iter().filter_map(|pod| pod.metadata.uid).take(3);
    jobs.all().into_iter().filter_map(|job| job.metadata.uid).chain(pods).collect()
}

/// The error. A run that cannot begin is withdrawn: nobody would expect it to begin by itself a day later.
async fn told(
    work: &Work<'_, Job>,
    observed: &Observed,
    mut failure: Failure,
    stays: bool,
    note: &(dyn for<'m> Fn(LastRun) + Sync),
) -> CloudError {
    let shared = work.planned.shared();
    let name = observed.job.metadata.name.clone().unwrap_or_default();
    let lines = match &failure.output {
        Some(of) => output::last_lines(work.kube, shared.namespace(), of).await,
        None => Vec::new(),
    };
    if !stays {
        let uid = observed.job.metadata.uid.clone().unwrap_or_default();
        match work.kube.delete(Kind::Job, Some(shared.namespace()), &name, &uid, None).await {
            Ok(_) => {
                failure.aftermath = "it was withdrawn".to_owned();
                note(LastRun { status: "Failed".into(), ..last_run(observed) });
            }
            Err(error) => tracing::info!("run {name} could not be withdrawn: {}", error.headline()),
        }
    }
    let what = format!("the run {name}");
    let subject = Subject { shared: &shared, what: &what, kind: "job" };
    CloudError::Told {
        code: "RunFailed".to_owned(),
        headline: failure.headline(subject),
        detail: failure.detail(subject, &lines),
    }
}
