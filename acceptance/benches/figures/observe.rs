//! What the sandbox is busy with while somebody waits for it, seen from inside: EKS by its own state, Kubernetes by a watch of
//! our own that passes neither log nor faults.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use acceptance::spans::Spans;
use futures::{StreamExt as _, TryStreamExt as _};
use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, ResourceExt as _};
use sandbox_gateway::Gateway;
use tokio::task::JoinSet;

/// Between two looks at EKS.
const TICK: Duration = Duration::from_millis(5);

/// Seconds since the epoch, as in the request log.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// What was seen so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    moving: Vec<(f64, f64)>,
    /// When a Deployment's generation or a Job was first seen as ready, by `NAMESPACE/NAME` of what the provider made.
    pub(crate) ready: BTreeMap<(String, String), f64>,
}

impl Seen {
    /// While any object of EKS was on its way to another status.
    pub(crate) fn moving(&self) -> Spans {
        self.moving.iter().copied().collect()
    }
}

/// Looks until it is dropped.
pub(crate) struct Observer {
    seen: Arc<Mutex<Seen>>,
    _looking: JoinSet<()>,
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Observer {
    /// Looks at one account and its cluster, which need not be there yet.
    pub(crate) fn of(gateway: &Arc<Gateway>, account: &'static str, cluster: &'static str) -> Observer {
        let seen = Arc::<Mutex<Seen>>::default();
        let mut looking = JoinSet::new();
        looking.spawn(look(Arc::clone(gateway), account, cluster, Arc::clone(&seen)));
        Observer { seen, _looking: looking }
    }

    /// What was seen so far.
    pub(crate) fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }
}

async fn look(gateway: Arc<Gateway>, account: &'static str, cluster: &'static str, seen: Arc<Mutex<Seen>>) {
    let mut tick = tokio::time::interval(TICK);
    let mut since = None;
    let mut watches = JoinSet::new();
    loop {
        tick.tick().await;
        match (gateway.moving(account) > 0, since) {
            (true, None) => {
                since = Some(now());
                lock(&seen).moving.push((now(), now()));
            }
            (true, Some(_)) => {
                if let Some(last) = lock(&seen).moving.last_mut() {
                    last.1 = now();
                }
            }
            (false, _) => since = None,
        }
        if watches.is_empty()
            && let Ok(client) = gateway.admin(account, cluster)
        {
            for (group, kind) in [("apps", "Deployment"), ("batch", "Job")] {
                watches.spawn(watch(client.clone(), group, kind, Arc::clone(&seen)));
            }
        }
    }
}

async fn watch(client: Client, group: &'static str, kind: &'static str, seen: Arc<Mutex<Seen>>) {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, "v1", kind));
    let api: Api<DynamicObject> = Api::all_with(client, &resource);
    let mut objects = watcher(api, watcher::Config::default()).default_backoff().applied_objects().boxed();
    // The API server may not answer yet; the stream goes on by itself.
    while let Some(object) = objects.try_next().await.transpose() {
        let Ok(object) = object else { continue };
        if let Some(which) = ready(kind, &object) {
            lock(&seen).ready.entry(which).or_insert_with(now);
        }
    }
}

/// What became ready, if it is: the object that the provider made, and which version or run of it.
fn ready(kind: &str, object: &DynamicObject) -> Option<(String, String)> {
    let (spec, status) = (&object.data["spec"], &object.data["status"]);
    let namespace = object.namespace()?;
    if kind == "Deployment" {
        let wanted = spec["replicas"].as_i64()?;
        let all = ["replicas", "updatedReplicas", "availableReplicas"];
        let generation = object.metadata.generation?;
        let is_ready = status["observedGeneration"].as_i64()? >= generation
            && all.iter().all(|name| status[name].as_i64().unwrap_or(0) == wanted);
        return is_ready.then(|| (format!("{namespace}/{}", object.name_any()), generation.to_string()));
    }
    let complete =
        status["conditions"].as_array()?.iter().any(|one| one["type"] == "Complete" && one["status"] == "True");
    let cron_job = object.owner_references().first()?.name.clone();
    complete.then(|| (format!("{namespace}/{cron_job}"), object.name_any()))
}
