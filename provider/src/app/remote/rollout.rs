//! Waiting for a rollout: three watches, judged after everything that they say, and the events about what does not run.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::select_all;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::Api;
use kube::runtime::watcher;
use tokio::time::{Instant, MissedTickBehavior};

use crate::app::model::App;
use crate::app::verdict::{self, Rollout, Verdict, judge};
use crate::cloud::error::CloudError;
use crate::cloud::kube::Kind;
use crate::cloud::limit::spoken;
use crate::workload::Workload;
use crate::workload::failure::{Failure, Subject};
use crate::workload::lifecycle::Work;
use crate::workload::remote::watch::{Watched, interrupted, selector, tagged, watch};
use crate::workload::remote::{events, output};
use crate::workload::render::{self, Component};

/// Between two looks at what no watch tells: the time that passes, and events.
const TICK: Duration = Duration::from_secs(1);

enum Seen {
    Deployment(watcher::Event<Deployment>),
    Set(watcher::Event<ReplicaSet>),
    Pod(watcher::Event<Pod>),
}

#[derive(Default)]
struct Watches {
    deployments: Watched<Deployment>,
    sets: Watched<ReplicaSet>,
    pods: Watched<Pod>,
    events: Vec<Event>,
}

impl Watches {
    fn note(&mut self, seen: Seen) {
        match seen {
            Seen::Deployment(event) => self.deployments.note(event),
            Seen::Set(event) => self.sets.note(event),
            Seen::Pod(event) => self.pods.note(event),
        }
    }

    /// What was seen, once everything has been seen.
    fn rollout(&self, generation: i64, serves: bool) -> Option<Rollout> {
        let complete = self.deployments.is_complete() && self.sets.is_complete() && self.pods.is_complete();
        let deployment = self.deployments.all().pop().filter(|_| complete)?;
        let (replica_sets, pods) = (self.sets.all(), self.pods.all());
        Some(Rollout { deployment, replica_sets, pods, events: self.events.clone(), generation, serves })
    }
}

/// Waits until every replica of the applied generation is available; answers its revision.
///
/// # Errors
/// The cause if it does not come to that; [`CloudError::Stopped`].
pub(super) async fn healthy(work: &Work<'_, App>, generation: i64) -> Result<Option<i64>, CloudError> {
    let (kube, limit) = (work.kube, work.limit);
    let shared = work.planned.shared();
    let namespace = shared.namespace();
    let serves = work.planned.port.known().is_some();
    let labels = selector(&render::selector(&shared, Component::App));
    let name = format!("metadata.name={}", shared.name());
    let mut streams = select_all([
        tagged(watch(Api::namespaced(kube.client(), namespace), "", &name), Seen::Deployment),
        tagged(watch(Api::namespaced(kube.client(), namespace), &labels, ""), Seen::Set),
        tagged(watch(Api::namespaced(kube.client(), namespace), &labels, ""), Seen::Pod),
    ]);
    let mut watches = Watches::default();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let start = Instant::now();
    let mut said = String::new();
    let mut lost = String::new();
    loop {
        tokio::select! {
            biased;
            () = limit.stop.cancelled() => return Err(CloudError::Stopped),
            () = tokio::time::sleep_until(limit.deadline) => break,
            seen = streams.next() => match seen {
                Some(Ok(seen)) => watches.note(seen),
                Some(Err(error)) => {
                    lost = error.to_string();
                    interrupted(kube, &shared.title("app"), error).await?;
                }
                None => break,
            },
            _ = tick.tick() => {
                if let Some(rollout) = watches.rollout(generation, serves).filter(|_| start.elapsed() >= TICK) {
                    watches.events = events::about(kube, namespace, &rollout.troubled()).await;
                }
            }
        }
        let Some(rollout) = watches.rollout(generation, serves) else { continue };
        match judge(&rollout, start.elapsed(), false) {
            Verdict::Healthy => return Ok(verdict::revision(&rollout.deployment.metadata)),
            Verdict::Progressing(words) if words == said => {}
            Verdict::Progressing(words) => {
                tracing::info!(elapsed = %spoken(start.elapsed()), "waiting for {}: {words}", shared.title("app"));
                said = words;
            }
            Verdict::Failed(_) => {
                watches.events = events::about(kube, namespace, &rollout.troubled()).await;
                break;
            }
        }
    }
    let Some(rollout) = watches.rollout(generation, serves) else {
        return Err(CloudError::deadline("the rollout", start.elapsed(), &lost));
    };
    match judge(&rollout, start.elapsed(), true) {
        Verdict::Failed(failure) => Err(told(work, &rollout, &failure).await),
        Verdict::Healthy => Ok(verdict::revision(&rollout.deployment.metadata)),
        Verdict::Progressing(words) => Err(CloudError::deadline("the rollout", start.elapsed(), &words)),
    }
}

async fn told(work: &Work<'_, App>, rollout: &Rollout, failure: &Failure) -> CloudError {
    let shared = work.planned.shared();
    let lines = match &failure.output {
        Some(of) => output::last_lines(work.kube, shared.namespace(), of).await,
        None => Vec::new(),
    };
    let subject = Subject { shared: &shared, what: rollout.what(), kind: "app" };
    CloudError::Told {
        code: "RolloutFailed".to_owned(),
        headline: failure.headline(subject),
        detail: failure.detail(subject, &lines),
    }
}

/// The revision of the applied generation, as soon as the controller has given it one, without waiting for its Pods.
///
/// # Errors
/// If the Deployment cannot be read; [`CloudError::Stopped`].
pub(super) async fn revision(work: &Work<'_, App>, generation: i64) -> Result<Option<i64>, CloudError> {
    let shared = work.planned.shared();
    let soon = work.limit.within(Duration::from_secs(30));
    loop {
        let found = work.kube.get(Kind::Deployment, Some(shared.namespace()), shared.name()).await?;
        let seen = found.filter(|found| found["status"]["observedGeneration"].as_i64().unwrap_or(0) >= generation);
        if let Some(found) = seen {
            let number = found["metadata"]["annotations"][verdict::REVISION].as_str();
            return Ok(number.and_then(|number| number.parse().ok()));
        }
        if Instant::now() >= soon.deadline {
            return Ok(None);
        }
        soon.sleep_until(Instant::now() + Duration::from_millis(200)).await?;
    }
}
