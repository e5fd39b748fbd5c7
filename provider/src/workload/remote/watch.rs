//! Objects that are watched: what there is, kept true from the API server's stream. A watch that ends or is too old (410) is
//! listed again.

use std::collections::BTreeMap;
use std::fmt::Debug;

use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

use crate::cloud::kube::Kube;
use crate::cloud::kube::error::KubeError;

/// The objects of a watch.
#[derive(Debug)]
pub struct Watched<K> {
    objects: BTreeMap<String, K>,
    coming: BTreeMap<String, K>,
    complete: bool,
}

impl<K> Default for Watched<K> {
    fn default() -> Self {
        Watched { objects: BTreeMap::new(), coming: BTreeMap::new(), complete: false }
    }
}

impl<K: Resource + Clone> Watched<K> {
    /// Takes note of what the stream says.
    pub fn note(&mut self, event: Event<K>) {
        let key = |object: &K| object.meta().uid.clone().unwrap_or_default();
        match event {
            Event::Init => self.coming.clear(),
            Event::InitApply(object) => drop(self.coming.insert(key(&object), object)),
            Event::InitDone => {
                self.objects = std::mem::take(&mut self.coming);
                self.complete = true;
            }
            Event::Apply(object) => drop(self.objects.insert(key(&object), object)),
            Event::Delete(object) => drop(self.objects.remove(&key(&object))),
        }
    }

    /// True once everything that there is has been seen.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// What there is.
    pub fn all(&self) -> Vec<K> {
        self.objects.values().cloned().collect()
    }
}

/// What one watch saw, or why it saw nothing; it goes on by itself.
pub type Seen<K> = Result<Event<K>, watcher::Error>;

/// Watches the objects of a namespace that both selectors select.
pub fn watch<K>(api: Api<K>, labels: &str, fields: &str) -> impl Stream<Item = Seen<K>> + Send + use<K>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let config = watcher::Config::default().labels(labels).fields(fields);
    watcher(api, config).default_backoff()
}

/// One of several watches, by what it is wrapped in.
pub fn tagged<K, T>(
    stream: impl Stream<Item = Seen<K>> + Send + 'static,
    tag: fn(Event<K>) -> T,
) -> BoxStream<'static, Result<T, watcher::Error>>
where
    K: 'static,
    T: 'static,
{
    stream.map(move |seen| seen.map(tag)).boxed()
}

/// Takes note of an error of a watch, which is opened again by itself. `title` is what is watched.
///
/// # Errors
/// If we may not watch: that does not change by itself.
pub async fn interrupted(kube: &Kube, title: &str, error: watcher::Error) -> Result<(), KubeError> {
    let told = match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => kube.told(format!("watch {title}"), error),
        // Too old: what there is gets listed again.
        watcher::Error::WatchError(_) | watcher::Error::NoResourceVersion => return Ok(()),
    };
    match told {
        KubeError::Unauthorized { .. } => kube.renew().await,
        refused if refused.is_forbidden() => return Err(refused),
        other => tracing::info!("the watch of {title} is opened again: {}", other.headline()),
    }
    Ok(())
}

/// `key=value,…`
pub fn selector(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}
