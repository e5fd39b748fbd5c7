//! Read and import: what is there, as attributes.

use tfplugin_framework::attr::Attr;
use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::resource::{ImportBy, Stored};

use super::{Running, mark, title};
use crate::cloud::Cloud;
use crate::cloud::kube::Object;
use crate::cloud::kube::error::KubeError;
use crate::cloud::ownership::{Private, words};
use crate::workload::attributes::Shared;
use crate::workload::remote::open::open;
use crate::workload::render::selector;
use crate::workload::{checks, place};

type Answer<M> = (Option<Stored<M>>, Diagnostics);

/// Looks at a workload in state. Nothing means that it is gone.
pub async fn read<M: Running>(cloud: &Cloud, stored: Stored<M>) -> Answer<M> {
    let shared = stored.state.shared();
    let title = title::<M>(&shared);
    let looked = async {
        let kube = open(cloud, &shared).await?;
        let found = match kube.find(M::PRIMARY, shared.namespace(), shared.name()).await? {
            // It may have lost the label that the lists go by.
            None => kube.get(M::PRIMARY, Some(shared.namespace()), shared.name()).await?,
            found => found,
        };
        let Some(primary) = found else { return Ok(None) };
        let neighbour = stored.state.neighbour(&kube, true).await?.map(|(_, object)| object);
        let mut state = told(&stored.state, &primary, neighbour.as_ref(), false);
        let mut shared = state.shared();
        place::record(kube.lives(), &mut shared);
        state.set_shared(shared);
        state.look_closer(&kube).await.map(Some)
    };
    match looked.await {
        Ok(Some(state)) => {
            let finished = state.shared().ready.or(false);
            let diagnostics = if finished { Diagnostics::none() } else { words::unfinished(&title) };
            (Some(Stored { state, private: stored.private }), diagnostics)
        }
        Ok(None) => (None, Diagnostics::none()),
        Err(error) if error.is_no_cluster() => {
            let mut diagnostics = Diagnostics::none();
            diagnostics.warning(format!("{title} is gone with its cluster"), error.headline());
            (None, diagnostics)
        }
        Err(error) => (Some(stored), error.diagnostics(&format!("{title} could not be read"))),
    }
}

/// What the objects say.
fn told<M: Running>(before: &M, primary: &Object, neighbour: Option<&Object>, import: bool) -> M {
    let mut state = before.read_back(primary, import);
    let mut shared = state.shared();
    shared.ready = mark(primary).ready.into();
    shared.id = shared.id();
    state.set_shared(shared.clone());
    let drift = state.drift(primary, neighbour);
    shared.drift =
        if drift.is_empty() { Attr::Null } else { Attr::Known(drift.into_iter().map(Attr::Known).collect()) };
    state.set_shared(shared);
    state
}

/// Finds a workload that the state does not have.
pub async fn import<M: Running>(cloud: &Cloud, by: ImportBy) -> Answer<M> {
    let (shared, account, region) = match wanted(by) {
        Ok(wanted) => wanted,
        Err(wrong) => return (None, Diagnostics::of_error(format!("nothing was imported: {wrong}"), "")),
    };
    let title = title::<M>(&shared);
    let mut before = M::default();
    before.set_shared(shared.clone());
    let looked = async {
        let kube = open(cloud, &shared).await?;
        let found = kube.get(M::PRIMARY, Some(shared.namespace()), shared.name()).await?;
        let Some(primary) = found else { return Ok::<_, KubeError>(None) };
        // An import takes what there is, so the neighbour is asked for only once the primary object has told its attributes.
        let state = before.read_back(&primary, true);
        let neighbour = state.neighbour(&kube, false).await?.map(|(_, object)| object);
        let mut state = told(&before, &primary, neighbour.as_ref(), true);
        let mut shared = state.shared();
        place::record(kube.lives(), &mut shared);
        state.set_shared(shared);
        Ok(Some((state, primary)))
    };
    let (state, primary) = match looked.await {
        Ok(Some(found)) => found,
        Ok(None) => {
            let kind = M::PRIMARY.title(Some(shared.namespace()), shared.name());
            return (None, Diagnostics::of_error(format!("{title} was not imported: there is no {kind}"), ""));
        }
        Err(error) => return (None, error.diagnostics(&format!("{title} was not imported"))),
    };
    let place = state.shared();
    for (name, wanted, is) in [("account_id", account, &place.account_id), ("region", region, &place.region)] {
        if wanted.is_some() && wanted.as_ref() != is.known() {
            let is = is.or("none".to_owned());
            let text = format!(
                "{title} was not imported: the {name} of its cluster is {is}, not {}",
                wanted.unwrap_or_default()
            );
            return (None, Diagnostics::of_error(text, ""));
        }
    }
    if let Some(refusal) = other_selector::<M>(&title, &shared, &primary) {
        return (None, refusal);
    }
    let private = Private { claim: mark(&primary).claim, imported: true, ..Private::default() };
    (Some(Stored { state, private: private.encode() }), Diagnostics::none())
}

/// The labels that select a Deployment's Pods can never be changed, so one with other labels cannot become ours.
fn other_selector<M: Running>(title: &str, shared: &Shared, primary: &Object) -> Option<Diagnostics> {
    let labels = primary["spec"]["selector"]["matchLabels"].as_object()?;
    let ours = selector(shared, M::COMPONENT);
    let same =
        labels.len() == ours.len() && ours.iter().all(|(key, value)| labels.get(key).is_some_and(|is| is == value));
    let text = |all: Vec<String>| all.join(", ");
    (!same).then(|| {
        Diagnostics::of_error(
            format!("{title} was not imported: it selects its Pods by other labels than this provider's apps"),
            format!(
                "It selects {}; an app of this provider selects {}. Kubernetes never changes that. Make an app of another name \
                 beside it, move the traffic, and delete this one.",
                text(labels.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect()),
                text(ours.iter().map(|(key, value)| format!("{key}={value}")).collect())
            ),
        )
    })
}

type Wanted = (Shared, Option<String>, Option<String>);

fn wanted(by: ImportBy) -> Result<Wanted, String> {
    let (cluster, namespace, name, account, region) = match by {
        ImportBy::Id(id) => {
            let mut parts = id.rsplitn(3, '/').map(str::to_owned);
            let (name, namespace, cluster) = (parts.next(), parts.next(), parts.next());
            let Some(((name, namespace), cluster)) = name.zip(namespace).zip(cluster) else {
                let id = tfplugin_framework::schema::check::shown(&id);
                return Err(format!("the id is {id}; write CLUSTER/NAMESPACE/NAME"));
            };
            (cluster, namespace, name, None, None)
        }
        ImportBy::Identity(mut all) => {
            let mut take = |key: &str| all.remove(key).and_then(|value| value.known().cloned());
            let mut needed = |key: &str| take(key).ok_or_else(|| format!("the identity has no {key}"));
            let (cluster, namespace, name) = (needed("cluster")?, needed("namespace")?, needed("name")?);
            (cluster, namespace, name, take("account_id"), take("region"))
        }
    };
    type Rule = fn(&tfplugin_framework::value::Value) -> Result<(), String>;
    let rules: [(&str, &String, Rule); 3] = [
        ("cluster", &cluster, checks::cluster),
        ("namespace", &namespace, checks::namespace),
        ("name", &name, checks::name),
    ];
    for (what, text, rule) in rules {
        rule(&text.as_str().into()).map_err(|wrong| format!("the {what} {wrong}"))?;
    }
    let shared =
        Shared { cluster: cluster.into(), namespace: namespace.into(), name: name.into(), ..Shared::default() };
    Ok((shared, account, region))
}
