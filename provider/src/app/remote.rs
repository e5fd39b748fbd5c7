//! The effects of an app's steps. Decides nothing: what to do is in `plan`, how it looks in `render`, whether it went well in
//! `verdict`.

mod rollout;

use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use serde_json::Value as Json;

use super::model::App;
use super::plan::{Step, steps};
use super::{projection, render};
use crate::cloud::error::CloudError;
use crate::cloud::kube::error::KubeError;
use crate::cloud::kube::{Kind, Kube, Object};
use crate::cloud::ownership::Mark;
use crate::cloud::steps::{self, drive};
use crate::workload::Workload;
use crate::workload::lifecycle::{Ended, Note, Running, Work, mark};
use crate::workload::remote::apply::{self, Shown, apply};
use crate::workload::remote::namespace;
use crate::workload::render::Component;

/// What a step found.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing to take note of.
    Nothing,
    /// The Deployment is as planned, its Pods may not be.
    Applied,
    /// The revision that is rolled out.
    Revision(Option<i64>),
    /// Everything is done.
    Finished,
}

#[async_trait]
impl Running for App {
    const RESOURCE: &'static str = "paas_app";
    const COMPONENT: Component = Component::App;
    const PRIMARY: Kind = Kind::Deployment;
    const SETTINGS: &'static [&'static str] = &["timeouts", "wait_for_rollout"];

    async fn carry_out(work: &Work<'_, Self>, state: Self, note: Note<'_, Self>) -> (Self, Ended) {
        let mut state = state;
        let generation = AtomicI64::new(0);
        let stages = steps(work.planned, work.live.is_some());
        let fold = |_: &Step, outcome: Outcome| {
            match outcome {
                Outcome::Nothing => return,
                Outcome::Applied => {
                    let revision = state.revision.clone();
                    state = App { revision, ..work.planned.clone() };
                }
                Outcome::Revision(revision) => state.revision = revision.into(),
                Outcome::Finished => {
                    let mut shared = state.shared();
                    shared.ready = true.into();
                    state.set_shared(shared);
                }
            }
            note(&state);
        };
        let ended = drive(&work.with_explanation(), stages, |step| run(work, &generation, step), fold).await;
        match ended {
            steps::Ended::Done => (state, Ended::Done),
            steps::Ended::Stopped => (state, Ended::Stopped),
            steps::Ended::Failed(failed) => {
                (state, Ended::Failed(failed.into_iter().map(|(_, error)| error).collect()))
            }
        }
    }

    async fn neighbour(&self, kube: &Kube, shared_lists: bool) -> Result<Option<(Kind, Object)>, KubeError> {
        let shared = self.shared();
        let (namespace, name) = (shared.namespace(), shared.name());
        let mut found = None;
        if shared_lists {
            if self.port.is_null() {
                return Ok(None);
            }
            found = kube.find(Kind::Service, namespace, name).await?;
        }
        if found.is_none() {
            found = kube.get(Kind::Service, Some(namespace), name).await?;
        }
        Ok(found.map(|service| (Kind::Service, service)))
    }

    fn read_back(&self, primary: &Json, import: bool) -> Self {
        projection::read_back(self, primary, import)
    }

    fn drift(&self, primary: &Json, neighbour: Option<&Json>) -> Vec<String> {
        projection::drift(self, primary, neighbour)
    }

    async fn look_closer(self, _kube: &Kube) -> Result<Self, KubeError> {
        Ok(self)
    }

    fn default_timeout(&self) -> std::time::Duration {
        std::time::Duration::from_secs(20 * 60)
    }
}

/// One effect.
async fn run(work: &Work<'_, App>, generation: &AtomicI64, step: Step) -> Result<Outcome, CloudError> {
    let Work { kube, limit, planned, .. } = *work;
    let shared = planned.shared();
    match step {
        Step::ClaimNamespace => {
            namespace::claim(kube, &shared, Component::App, work.owner, limit).await?;
            Ok(Outcome::Nothing)
        }
        Step::ApplyService => {
            if let Some(service) = render::service(planned, work.owner) {
                let prior = work.prior.and_then(|prior| render::service(prior, work.owner));
                apply_object(work, Kind::Service, &service, prior.as_ref()).await?;
            }
            Ok(Outcome::Nothing)
        }
        Step::DeleteService => {
            let found = kube.get(Kind::Service, Some(shared.namespace()), shared.name()).await?;
            if let Some(service) = found.filter(|service| mark(service).owner.as_deref() == Some(work.owner)) {
                apply::delete(kube, Kind::Service, Some(shared.namespace()), &service, limit).await?;
            }
            Ok(Outcome::Nothing)
        }
        Step::ApplyDeployment => {
            let applied = apply_deployment(work, work.mark).await?;
            generation.store(applied["metadata"]["generation"].as_i64().unwrap_or(0), Ordering::SeqCst);
            Ok(Outcome::Applied)
        }
        Step::AwaitRollout => rollout::healthy(work, generation.load(Ordering::SeqCst)).await.map(Outcome::Revision),
        Step::ReadRevision => rollout::revision(work, generation.load(Ordering::SeqCst)).await.map(Outcome::Revision),
        Step::Finish => {
            apply_deployment(work, &work.mark.clone().finished()).await?;
            Ok(Outcome::Finished)
        }
    }
}

async fn apply_deployment(work: &Work<'_, App>, mark: &Mark) -> Result<Object, CloudError> {
    let deployment = render::deployment(work.planned, work.owner, mark);
    let prior = work.prior.map(|prior| render::deployment(prior, work.owner, mark));
    apply_object(work, Kind::Deployment, &deployment, prior.as_ref()).await
}

async fn apply_object(
    work: &Work<'_, App>,
    kind: Kind,
    object: &Json,
    prior: Option<&Json>,
) -> Result<Object, CloudError> {
    let shared = work.planned.shared();
    let drift = work.shown_drift();
    let shown = Shown { prior, drift: &drift };
    let effect = || apply(work.kube, kind, object, shown);
    namespace::within(work.kube, &shared, Component::App, work.owner, work.limit, effect).await
}
