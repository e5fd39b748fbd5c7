//! Delete: also the first half of a replacement, which may have to leave the cluster for the second half to continue.

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Context, Journal, Stored};

use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cloud::ownership::{self, Private, words};
use crate::cloud::steps::{Ended, stopped_change};

use super::super::model::Cluster;
use super::super::observed::Observed;
use super::super::state::{Expected, truth};
use super::super::{Answer, PaasCluster, parts, plan, steps, wanted};
use super::{HOUR, continued_key, errors, run, time};

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
        let looked = async {
            let remote = self.open(&prior.region, &name, prior.account_id.known(), limit).await?.of(&prior);
            let observed = remote.limit.finish(remote.observe(prior.arn.known().is_some())).await??;
            Ok::<_, CloudError>((remote, observed))
        };
        let (remote, observed) = match looked.await {
            Ok(looked) => looked,
            Err(error) => return unchanged(error.diagnostics(&summary)),
        };
        let mark = observed.mark();
        if ownership::abandons(&private, mark.as_ref()) {
            return (None, words::forgotten(&object));
        }
        // What state and cloud disagree about is shown by the next plan; until then nothing is deleted against protection.
        let protected = observed.cluster.as_ref().is_some_and(|live| live.deletion_protection);
        if protected && (was_ready || mark.is_some_and(|mark| mark.ready)) {
            return unchanged(words::protected(&object));
        }
        let strangers = steps::foreign_groups(&observed, &remote.place);
        if !strangers.is_empty() {
            let told = CloudError::told(
                format!("it has node groups that this resource does not manage: {}", strangers.join(", ")),
                "Nothing was deleted. Delete them first where they are managed, then destroy again.",
            );
            return unchanged(told.diagnostics(&summary));
        }
        let stages = steps::delete_stages(&observed, &remote.place);
        let partly = |observed: &Observed| {
            let state = truth(&prior, observed, &Expected::of_state(&prior), &remote.place);
            Stored { state, private: kept.clone() }
        };
        let (ended, observed) = run(&remote, stages, observed, |observed| journal.note(&partly(observed))).await;
        match ended {
            Ended::Done => (None, Diagnostics::none()),
            Ended::Stopped => (Some(partly(&observed)), stopped_change(&object)),
            Ended::Failed(failed) => (Some(partly(&observed)), errors(&object, &failed)),
        }
    }
}
