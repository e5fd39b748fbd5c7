//! Create: also the second half of a replacement, which may continue what is there.

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::resource::{Context, Journal, Stored};

use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cloud::ownership::{self, Mark, Private, Reason, Standing, words};
use crate::cloud::steps::{Ended, stopped_change, stopped_create};

use super::super::model::Cluster;
use super::super::observed::Observed;
use super::super::remote::{Remote, exists_already};
use super::super::state::{Expected, settled, truth};
use super::super::step::Step;
use super::super::wanted::{self, Wanted};
use super::super::{Answer, PaasCluster, parts};
use super::{HOUR, continued_key, errors, prepared, run, time};

/// One create.
struct Creation<'a> {
    remote: Remote,
    owner: String,
    planned: &'a Cluster,
    config: &'a Cluster,
    journal: &'a Journal<Cluster>,
    object: String,
    /// What to answer while nothing is known to exist. If the delete half of this replacement was skipped, the object is in
    /// no state any more, and whatever happens here must bring it back.
    fallback: Option<Stored<Cluster>>,
}

impl PaasCluster {
    pub(in crate::cluster) async fn create(
        &self,
        context: &Context,
        planned: &Cluster,
        config: &Cluster,
        private: &[u8],
        journal: &Journal<Cluster>,
    ) -> Answer {
        let name = planned.name.or(String::new());
        let object = parts::object(&name);
        let limit = Limit::new(context, time(&planned.timeouts, |all| &all.create, HOUR));
        let continued = self.cloud.continued.contains(&continued_key(&planned.region, &name));
        let fallback = continued.then(|| Stored {
            state: Cluster { ready: false.into(), ..settled(planned, planned) },
            private: Private { claim: Private::decode(private).claim, ..Private::default() }.encode(),
        });
        if limit.is_stopped() {
            return (fallback, stopped_change(&object));
        }
        let opened = async {
            // A region that was unknown at plan is the provider's by now.
            let region = planned.region.known().cloned().into();
            Ok::<_, CloudError>((self.open(&region, &name, None, limit).await?.of(planned), self.cloud.owner()?))
        };
        let (remote, owner) = match opened.await {
            Ok(opened) => opened,
            Err(error) => return (fallback, error.diagnostics(&format!("{object} was not created"))),
        };
        let creation = Creation { remote, owner, planned, config, journal, object, fallback };
        match creation.attempt(false).await {
            Ok(answer) => answer,
            // Now that it is known to exist, it is looked at and judged like any other.
            Err(Overtaken) => creation.attempt(true).await.unwrap_or_else(|Overtaken| creation.invisible()),
        }
    }
}

/// The cluster appeared between the look and the create.
struct Overtaken;

impl Creation<'_> {
    async fn attempt(&self, is_known: bool) -> Result<Answer, Overtaken> {
        let Creation { remote, owner, fallback, object, .. } = self;
        let summary = format!("{object} was not created");
        let observed = match remote.limit.finish(remote.observe(is_known)).await.and_then(|looked| looked) {
            Ok(observed) => observed,
            Err(error) => return Ok((fallback.clone(), error.diagnostics(&summary))),
        };
        let place = remote.place.clone();
        let mark = wanted::mark(self.config, &place.region, owner, &ownership::new_claim());
        let mut said = Diagnostics::none();
        match ownership::judge(observed.mark().as_ref(), owner, mark.hash.as_deref().unwrap_or_default()) {
            Standing::Absent | Standing::Unfinished => {}
            Standing::Adoptable | Standing::Foreign(Reason::Arguments) if fallback.is_some() => {}
            Standing::Adoptable => said.extend(words::adopted(object)),
            Standing::Foreign(reason) => {
                let id = format!("{}@{}", place.name, place.region);
                return Ok((fallback.clone(), words::foreign(object, "paas_cluster", &id, &reason)));
            }
        }
        let creator = remote.aws.caller.principal_arn.clone();
        let wanted = Wanted::new(self.planned, None, Some(creator), place, (owner, mark));
        let stages = match prepared(remote, &observed, &wanted).await {
            Ok(stages) => stages,
            // Nothing was done by this apply. What earlier ones did must stay in a state.
            Err(error) => {
                let exists = observed.cluster.is_some() || !observed.roles.is_empty();
                said.extend(error.diagnostics(&summary));
                return Ok((exists.then(|| self.stored(&wanted, &observed, false)).or(fallback.clone()), said));
            }
        };
        let note = |observed: &Observed| self.journal.note(&self.stored(&wanted, observed, false));
        let (ended, observed) = run(remote, stages, observed, note).await;
        match &ended {
            Ended::Done => {}
            Ended::Stopped => said.extend(stopped_create(object)),
            Ended::Failed(failed) if failed.iter().any(is_overtaken) => return Err(Overtaken),
            Ended::Failed(failed) => said.extend(errors(object, failed, &wanted.place)),
        }
        Ok((Some(self.stored(&wanted, &observed, matches!(ended, Ended::Done))), said))
    }

    fn stored(&self, wanted: &Wanted, observed: &Observed, ready: bool) -> Stored<Cluster> {
        let base =
            Cluster { creator_arn: self.remote.aws.caller.principal_arn.as_str().into(), ..self.planned.clone() };
        let truth = truth(&base, observed, &Expected::of_wanted(wanted), &wanted.place);
        let state = Cluster { ready: ready.into(), ..settled(self.planned, &truth) };
        // Until the claim of this create is written, the cluster carries an earlier one.
        let mark: &Mark = &observed.mark().unwrap_or_else(|| wanted.mark.clone());
        Stored { state, private: Private { claim: mark.claim.clone(), ..Private::default() }.encode() }
    }

    /// EKS says that the cluster exists and shows none.
    fn invisible(&self) -> Answer {
        let error = CloudError::told(
            "EKS says that it exists and does not show it",
            "It may have been made a moment ago by another apply. Apply again.",
        );
        (self.fallback.clone(), error.diagnostics(&format!("{} was not created", self.object)))
    }
}

fn is_overtaken((step, error): &(Step, CloudError)) -> bool {
    matches!(step, Step::CreateCluster(_)) && exists_already(error)
}
