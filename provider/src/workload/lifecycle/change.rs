//! Create, update and delete, whatever happened before.

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::resource::{Change, Context, Journal, Stored};

use super::{Ended, Running, Work, arguments, key, mark, settled, title, told, with_explanation};
use crate::cloud::Cloud;
use crate::cloud::error::CloudError;
use crate::cloud::kube::{Kind, Kube, Object};
use crate::cloud::limit::Limit;
use crate::cloud::ownership::{self, Mark, Private, Standing, abandons, continues, judge, new_claim, words};
use crate::cloud::steps::{stopped_change, stopped_create};
use crate::workload::place;
use crate::workload::remote::{apply as object, namespace, open::open};

type Answer<M> = (Option<Stored<M>>, Diagnostics);

/// Makes a change.
pub async fn apply<M: Running>(
    cloud: &Cloud,
    context: &Context,
    change: Change<M>,
    private: &[u8],
    journal: &Journal<M>,
) -> Answer<M> {
    let private = Private::decode(private);
    match change {
        Change::Create { planned, .. } => Box::pin(create(cloud, context, planned, private, journal)).await,
        Change::Update { prior, planned, .. } => {
            Box::pin(update(cloud, context, prior, planned, private, journal)).await
        }
        Change::Delete { prior } => Box::pin(delete(cloud, context, prior, private)).await,
    }
}

async fn create<M: Running>(
    cloud: &Cloud,
    context: &Context,
    planned: M,
    private: Private,
    journal: &Journal<M>,
) -> Answer<M> {
    let mut planned = settled(&planned);
    let mut shared = planned.shared();
    shared.ready = false.into();
    planned.set_shared(shared.clone());
    let title = title::<M>(&shared);
    // The delete half of this replacement left the object where it is: whatever happens now, it stays in the state.
    let continued = cloud.continued.contains(&key::<M>(&shared));
    let kept = Stored { state: planned.clone(), private: Private { create: None, ..private }.encode() };
    let nothing = |diagnostics: Diagnostics| (continued.then(|| kept.clone()), diagnostics);
    if context.stop.is_cancelled() {
        return nothing(not_begun(&title));
    }
    let limit = Limit::new(context, shared.timeout(|timeouts| &timeouts.create, planned.default_timeout()));
    let begun = limit.finish(begin(cloud, &planned)).await.unwrap_or_else(Err);
    let Begun { owner, kube, live, beside, hash } = match begun {
        Ok(begun) => begun,
        Err(error) => return nothing(told(&error, &format!("{title} was not created"))),
    };
    let found = live.as_ref().map(mark);
    let mut diagnostics = Diagnostics::none();
    match judge(found.as_ref(), &owner, &hash) {
        Standing::Absent => {
            if let Some((kind, beside)) = beside
                && mark(&beside).owner.as_deref() != Some(&owner)
            {
                return nothing(foreign_neighbour(kind, &title, shared.namespace(), shared.name()));
            }
        }
        Standing::Unfinished => tracing::info!("{title} exists and is not finished; going on with it"),
        Standing::Adoptable => diagnostics.extend(words::adopted(&title)),
        Standing::Foreign(reason) => {
            let id = format!("{}/{}/{}", shared.cluster(), shared.namespace(), shared.name());
            return nothing(words::foreign(&title, M::RESOURCE, &id, &reason));
        }
    }
    place::record(kube.lives(), &mut shared);
    planned.set_shared(shared);
    let claim = new_claim();
    let mark = Mark::unfinished(&owner, &claim, &hash);
    let private = Private::claimed(&claim).encode();
    let work = Work {
        kube: &kube,
        limit: &limit,
        owner: &owner,
        mark: &mark,
        prior: None,
        planned: &planned,
        live: live.as_ref(),
    };
    let note = |state: &M| journal.note(&Stored { state: state.clone(), private: private.clone() });
    note(&planned);
    let (state, ended) = M::carry_out(&work, planned.clone(), &note).await;
    match ended {
        Ended::Done => {}
        Ended::Stopped => diagnostics.extend(stopped_create(&title)),
        Ended::Failed(errors) => errors.iter().for_each(|error| diagnostics.extend(told(error, &title))),
    }
    (Some(Stored { state, private }), diagnostics)
}

async fn update<M: Running>(
    cloud: &Cloud,
    context: &Context,
    prior: M,
    planned: M,
    private: Private,
    journal: &Journal<M>,
) -> Answer<M> {
    let mut planned = settled(&planned);
    let mut shared = planned.shared();
    let title = title::<M>(&shared);
    let unchanged =
        |diagnostics: Diagnostics| (Some(Stored { state: prior.clone(), private: private.encode() }), diagnostics);
    if context.stop.is_cancelled() {
        return unchanged(not_begun(&title));
    }
    let limit = Limit::new(context, shared.timeout(|timeouts| &timeouts.update, planned.default_timeout()));
    let begun = limit.finish(begin(cloud, &planned)).await.unwrap_or_else(Err);
    let Begun { owner, kube, live, hash, .. } = match begun {
        Ok(begun) => begun,
        Err(error) => return unchanged(told(&error, &format!("{title} was not changed"))),
    };
    let found = live.as_ref().map(mark);
    if abandons(&private, found.as_ref()) {
        return unchanged(words::taken_over(&title));
    }
    place::record(kube.lives(), &mut shared);
    shared.ready = false.into();
    planned.set_shared(shared);
    let claim = private.claim.clone().unwrap_or_else(new_claim);
    let mark = Mark::unfinished(&owner, &claim, &hash);
    let private = Private::claimed(&claim).encode();
    let work = Work {
        kube: &kube,
        limit: &limit,
        owner: &owner,
        mark: &mark,
        prior: Some(&prior),
        planned: &planned,
        live: live.as_ref(),
    };
    let note = |state: &M| journal.note(&Stored { state: state.clone(), private: private.clone() });
    let (state, ended) = M::carry_out(&work, prior.clone(), &note).await;
    let mut diagnostics = Diagnostics::none();
    match ended {
        Ended::Done => {}
        Ended::Stopped => diagnostics.extend(stopped_change(&title)),
        Ended::Failed(errors) => errors.iter().for_each(|error| diagnostics.extend(told(error, &title))),
    }
    (Some(Stored { state, private }), diagnostics)
}

async fn delete<M: Running>(cloud: &Cloud, context: &Context, prior: M, private: Private) -> Answer<M> {
    let shared = prior.shared();
    let title = title::<M>(&shared);
    if continues(shared.ready.or(false), &shared.place_arguments(), &private) {
        tracing::info!("{title} is not finished and is about to be created again: nothing is deleted");
        cloud.continued.note(&key::<M>(&shared));
        return (None, Diagnostics::none());
    }
    let there = |diagnostics: Diagnostics| {
        (
            Some(Stored { state: prior.clone(), private: Private { create: None, ..private.clone() }.encode() }),
            diagnostics,
        )
    };
    if context.stop.is_cancelled() {
        return there(not_begun(&title));
    }
    let limit = Limit::new(context, shared.timeout(|timeouts| &timeouts.delete, std::time::Duration::from_secs(600)));
    let opened = match limit.finish(open(cloud, &shared)).await {
        Err(error) => Err(error.into()),
        Ok(opened) => opened,
    };
    let kube = match opened {
        Ok(kube) => kube,
        Err(error) if error.is_no_cluster() => {
            let mut diagnostics = Diagnostics::none();
            diagnostics.warning(format!("{title} is gone with its cluster"), error.headline());
            return (None, diagnostics);
        }
        Err(error) => return there(error.diagnostics(&format!("{title} was not deleted"))),
    };
    let removed = async {
        let live = kube.get(M::PRIMARY, Some(shared.namespace()), shared.name()).await.map_err(CloudError::from)?;
        if abandons(&private, live.as_ref().map(mark).as_ref()) {
            return Ok(words::forgotten(&title));
        }
        if let Some(live) = live {
            object::delete(&kube, M::PRIMARY, Some(shared.namespace()), &live, &limit).await?;
        }
        if let Some((kind, beside)) = prior.neighbour(&kube, false).await.map_err(CloudError::from)?
            && mark(&beside).owner.is_some()
        {
            object::delete(&kube, kind, Some(shared.namespace()), &beside, &limit).await?;
        }
        namespace::release(&kube, &shared, M::COMPONENT, &limit).await?;
        Ok(Diagnostics::none())
    };
    match with_explanation(&limit).finish(removed).await.unwrap_or_else(Err) {
        Ok(diagnostics) => (None, diagnostics),
        Err(CloudError::Stopped) => there(stopped_change(&title)),
        Err(error) => there(told(&error, &format!("{title} was not deleted"))),
    }
}

struct Begun {
    owner: String,
    kube: std::sync::Arc<Kube>,
    live: Option<Object>,
    /// What stands beside a primary object that is not there.
    beside: Option<(Kind, Object)>,
    hash: String,
}

/// Looks, before anything is done.
async fn begin<M: Running>(cloud: &Cloud, planned: &M) -> Result<Begun, CloudError> {
    let owner = cloud.owner()?;
    let shared = planned.shared();
    let kube = open(cloud, &shared).await?;
    let live = kube.get(M::PRIMARY, Some(shared.namespace()), shared.name()).await?;
    let beside = if live.is_none() { planned.neighbour(&kube, false).await? } else { None };
    let hash = ownership::hash(&arguments(planned));
    Ok(Begun { owner, kube, live, beside, hash })
}

/// Somebody else has an object of the name that ours needs.
fn foreign_neighbour(kind: Kind, title: &str, namespace: &str, name: &str) -> Diagnostics {
    let beside = kind.title(Some(namespace), name);
    Diagnostics::of_error(
        format!("{title} was not created: {beside} exists already and is not this configuration's"),
        "Nothing was changed. Choose another name, or delete it if nothing needs it.",
    )
}

fn not_begun(title: &str) -> Diagnostics {
    Diagnostics::of_error(format!("{title} was not touched, because the apply was stopped"), "Apply again.")
}
