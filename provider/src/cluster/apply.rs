//! Create, update and delete: each looks, judges whose the cluster is, runs the steps, and says what is true afterwards. What the
//! steps are is decided in `steps`.

mod advice;
mod create;
mod delete;
mod whose;

use std::sync::Mutex;
use std::time::Duration;

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Context, Journal, Stored};
use tfplugin_framework::timeouts::{Timeouts, duration_or};

use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cloud::ownership::{self, Private, words};
use crate::cloud::steps::{Ended, Stage, drive, stopped_change};

use super::model::Cluster;
use super::observed::Observed;
use super::parts::{self, Place};
use super::remote::Remote;
use super::state::{Expected, settled, truth};
use super::step::Step;
use super::steps;
use super::wanted::{self, Wanted};
use super::{Answer, PaasCluster};

const HOUR: Duration = Duration::from_secs(3600);

impl PaasCluster {
    pub(super) async fn update(
        &self,
        context: &Context,
        prior: Cluster,
        planned: &Cluster,
        config: &Cluster,
        private: &[u8],
        journal: &Journal<Cluster>,
    ) -> Answer {
        let name = prior.name.or(String::new());
        let object = parts::object(&name);
        let summary = format!("{object} was not changed");
        let limit = Limit::new(context, time(&planned.timeouts, |all| &all.update, 3 * HOUR));
        let private = Private { protected: false, ..Private::decode(private) };
        let unchanged = |said: Diagnostics| {
            let stored = Stored { state: prior.clone(), private: private.encode() };
            (Some(stored), said)
        };
        if limit.is_stopped() {
            return unchanged(stopped_change(&object));
        }
        let looked = async {
            let remote = self.open(&prior.region, &name, prior.account_id.known(), limit).await?.of(&prior);
            let owner = self.cloud.owner()?;
            let observed = remote.limit.finish(remote.observe(prior.arn.known().is_some())).await??;
            Ok::<_, CloudError>((remote, owner, observed))
        };
        let (remote, owner, observed) = match looked.await {
            Ok(looked) => looked,
            Err(error) => return unchanged(error.diagnostics(&summary)),
        };
        let was_ready = prior.ready == Attr::Known(true);
        let live = observed.mark();
        if whose::is_abandoned(&private, &prior, &observed) {
            return unchanged(words::taken_over(&object));
        }
        if was_ready && live.is_none() {
            let gone = CloudError::told("it was deleted after the plan was made", "Plan again to make another one.");
            return unchanged(gone.diagnostics(&summary));
        }
        let claim =
            private.claim.clone().or_else(|| live.and_then(|mark| mark.claim)).unwrap_or_else(ownership::new_claim);
        let mark = wanted::mark(config, &remote.place.region, &owner, &claim);
        let caller = (!was_ready).then(|| remote.aws.caller.principal_arn.clone());
        let creator = prior.creator_arn.known().cloned().or(caller);
        let base = Cluster { creator_arn: creator.clone().into(), ..prior.clone() };
        let wanted = Wanted::new(planned, Some(&prior), creator, remote.place.clone(), (&owner, mark));
        let stages = match prepared(&remote, &observed, &wanted).await {
            Ok(stages) => stages,
            Err(error) => return unchanged(error.diagnostics(&summary)),
        };
        let before = Expected::of_state(&prior).and(Expected::of_wanted(&wanted));
        let partly = |observed: &Observed| Stored {
            state: truth(&base, observed, &before, &wanted.place),
            private: Private::claimed(&claim).encode(),
        };
        let (ended, observed) = run(&remote, stages, observed, |observed| journal.note(&partly(observed))).await;
        match ended {
            Ended::Done => {
                let truth = truth(&base, &observed, &Expected::of_wanted(&wanted), &wanted.place);
                let state = settled(planned, &Cluster { ready: true.into(), ..truth });
                (Some(Stored { state, ..partly(&observed) }), Diagnostics::none())
            }
            Ended::Stopped => (Some(partly(&observed)), stopped_change(&object)),
            Ended::Failed(failed) => (Some(partly(&observed)), errors(&object, &failed, &wanted.place)),
        }
    }
}

/// Plans the steps, with what EKS offers at present.
async fn prepared(remote: &Remote, observed: &Observed, wanted: &Wanted) -> Result<Vec<Stage<Step>>, CloudError> {
    let effects = async {
        let default_version = match (&observed.cluster, &wanted.version) {
            (Some(live), _) if !live.version.is_empty() => live.version.clone(),
            (_, Some(version)) => version.clone(),
            _ => remote.default_version().await?,
        };
        let needs = steps::needs(observed, wanted, &default_version);
        let releases = remote.releases(needs, observed, &wanted.addons).await?;
        steps::check(observed, wanted, &releases, &default_version)?;
        Ok(steps::stages(observed, wanted, &releases, &default_version))
    };
    remote.limit.finish(effects).await?
}

/// Runs the steps and keeps what they find.
async fn run(
    remote: &Remote,
    stages: Vec<Stage<Step>>,
    observed: Observed,
    note: impl Fn(&Observed),
) -> (Ended<Step>, Observed) {
    // The driver's two callbacks never run at once; the lock only says so to the compiler.
    let observed = Mutex::new(observed);
    let effect = |step: Step| remote.run(step);
    let ended = drive(&remote.limit, stages, effect, |step, seen| {
        let mut observed = observed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        observed.fold(step, seen);
        note(&observed);
    })
    .await;
    (ended, observed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn errors(object: &str, failed: &[(Step, CloudError)], place: &Place) -> Diagnostics {
    let mut all = Diagnostics::none();
    for (step, error) in failed {
        all.extend(advice::told(object, step, error, place));
    }
    all
}

fn time(timeouts: &Attr<Timeouts>, which: impl Fn(&Timeouts) -> &Attr<String>, default: Duration) -> Duration {
    duration_or(which(&timeouts.or(Timeouts::default())), default)
}

/// How a cluster is named among those whose delete was skipped.
fn continued_key(region: &Attr<String>, name: &str) -> String {
    format!("paas_cluster {}/{name}", region.or(String::new()))
}
