//! Delete: also the first half of a replacement, which may have to leave the cluster for the second half to continue.

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Context, Journal, Stored};

use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cloud::ownership::{self, Private, words};
use crate::cloud::steps::{Ended, stopped_change};

use super::super::control_plane::log_group;
use super::super::leftovers::{self, After, Choices};
use super::super::model::Cluster;
use super::super::observed::Observed;
use super::super::state::{Expected, truth};
use super::super::step::Step;
use super::super::{Answer, PaasCluster, parts, plan, steps, wanted};
use super::{HOUR, continued_key, errors, run, time, whose};

impl PaasCluster {
    pub(in crate::cluster) async fn delete(
        &self,
        context: &Context,
        prior: Cluster,
        private: &[u8],
        journal: &Journal<Cluster>,
    ) -> Answer {
        let name = prior.name.or(String::new());
        let object = parts::object(&name);
        let summary = format!("{object} was not deleted");
        let private = Private::decode(private);
        let kept = Private { claim: private.claim.clone(), imported: private.imported, ..Private::default() }.encode();
        let unchanged = |said: Diagnostics| (Some(Stored { state: prior.clone(), private: kept.clone() }), said);
        if plan::is_protected(&prior) {
            return unchanged(words::protected(&object));
        }
        let was_ready = prior.ready == Attr::Known(true);
        if ownership::continues(was_ready, &wanted::identity_arguments(&prior), &private) {
            self.cloud.continued.note(&continued_key(&prior.region, &name));
            return (None, Diagnostics::none());
        }
        let limit = Limit::new(context, time(&prior.timeouts, |all| &all.delete, HOUR));
        if limit.is_stopped() {
            return unchanged(stopped_change(&object));
        }
        let vpc = prior.vpc_id.known().cloned();
        let looked = async {
            let remote = self.open(&prior.region, &name, prior.account_id.known(), limit).await?.of(&prior);
            let looks = async {
                futures::try_join!(remote.observe(prior.arn.known().is_some()), remote.before(vpc.as_deref()))
            };
            let (observed, before) = remote.limit.finish(looks).await??;
            Ok::<_, CloudError>((remote, observed, before))
        };
        let (remote, observed, before) = match looked.await {
            Ok(looked) => looked,
            Err(error) => return unchanged(error.diagnostics(&summary)),
        };
        let mark = observed.mark();
        if whose::is_abandoned(&private, &prior, &observed) {
            return (None, words::forgotten(&object));
        }
        // What state and cloud disagree about is shown by the next plan; until then nothing is deleted against protection.
        let protected = observed.cluster.as_ref().is_some_and(|live| live.deletion_protection);
        if protected && (was_ready || mark.is_some_and(|mark| mark.ready)) {
            return unchanged(words::protected(&object));
        }
        let (choices, strangers) = (Choices::of(&prior), steps::foreign_groups(&observed, &remote.place));
        let exists = observed.cluster.as_ref().is_some_and(|live| !live.status.is_deleting());
        if exists && let Some(refused) = leftovers::refused(&before, &strangers, choices) {
            return unchanged(refused.diagnostics(&summary));
        }
        let partly = |observed: &Observed| {
            let state = truth(&prior, observed, &Expected::of_state(&prior), &remote.place);
            Stored { state, private: kept.clone() }
        };
        let not_all = |ended: Ended<Step>, observed: &Observed, said: Diagnostics| {
            let mut said = said;
            match ended {
                Ended::Done => {}
                Ended::Stopped => said.extend(stopped_change(&object)),
                Ended::Failed(failed) => said.extend(errors(&object, &failed, &remote.place)),
            }
            (Some(partly(observed)), said)
        };
        let note = |observed: &Observed| journal.note(&partly(observed));
        let mut stages = leftovers::first(&before, &strangers, choices);
        stages.extend(steps::delete_stages(&observed, &remote.place));
        let (ended, observed) = run(&remote, stages, observed, note).await;
        let deleted = |after: &After| leftovers::deleted(&object, &before, after, choices);
        if !matches!(ended, Ended::Done) {
            return not_all(ended, &observed, deleted(&After::default()));
        }
        let after = match remote.limit.finish(remote.after(vpc.as_deref())).await.and_then(|looked| looked) {
            Ok(after) => {
                After { log_group: observed.log_group.as_ref().map(|_| log_group::name(&remote.place)), ..after }
            }
            Err(error) => {
                let mut said = deleted(&After::default());
                said.extend(error.diagnostics(&format!("{object}: what it left was not looked for")));
                return (Some(partly(&observed)), said);
            }
        };
        let stages = steps::last_stages(&observed, &remote.place, &after, choices);
        let (ended, observed) = run(&remote, stages, observed, note).await;
        let mut said = deleted(&after);
        if !matches!(ended, Ended::Done) {
            return not_all(ended, &observed, said);
        }
        said.extend(leftovers::kept(&object, &before, &after, choices));
        (None, said)
    }
}
