//! Lists that many reads share: the refresh of 500 apps asks as often as that of one. A list lives for a few seconds, only
//! one of its kind is under way at a time, and any write drops them all.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Kube;
use super::error::KubeError;
use super::object::{Kind, Object, checked};
use crate::cloud::ownership::{MANAGED_BY, MANAGER};

const LIFE: Duration = Duration::from_secs(10);

type ByName = Arc<BTreeMap<(String, String), Object>>;

#[derive(Debug, Clone)]
struct Entry {
    when: Instant,
    writes: u64,
    objects: Result<ByName, KubeError>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Entry>>>;

/// The lists of one API server.
#[derive(Debug, Default)]
pub(super) struct Lists {
    slots: Mutex<HashMap<(Kind, Option<String>), Slot>>,
    /// Counts writes: a list that began before one is of no use after it.
    writes: AtomicU64,
    /// Set once the API server refused a list over all namespaces.
    one_by_one: AtomicBool,
}

impl Lists {
    /// Something was written.
    pub(super) fn forget(&self) {
        self.writes.fetch_add(1, Ordering::SeqCst);
    }

    fn slot(&self, kind: Kind, namespace: Option<&str>) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry((kind, namespace.map(str::to_owned))).or_default().clone()
    }

    async fn list(&self, kube: &Kube, kind: Kind, namespace: Option<&str>) -> Result<ByName, KubeError> {
        let slot = self.slot(kind, namespace);
        let mut slot = slot.lock().await;
        let writes = self.writes.load(Ordering::SeqCst);
        if let Some(entry) = &*slot
            && entry.writes == writes
            && entry.when.elapsed() < LIFE
        {
            return entry.objects.clone();
        }
        let when = Instant::now();
        let listed = kube.list(kind, namespace, &format!("{MANAGED_BY}={MANAGER}")).await;
        let objects = listed.map(|all| Arc::new(all.into_iter().map(named).collect()));
        // A refusal is shared as well, other failures are not.
        if objects.as_ref().err().is_none_or(KubeError::is_forbidden) {
            *slot = Some(Entry { when, writes, objects: objects.clone() });
        }
        objects
    }
}

/// What nobody here looks at is half of an object.
fn named(mut object: Object) -> ((String, String), Object) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    ((text("namespace"), text("name")), object)
}

/// Looks an object up: in the list over all namespaces, else (not allowed) in that of its namespace, else by itself.
/// Objects that are not labelled as ours (an import) are in no list.
pub(super) async fn find(
    kube: &Kube,
    lists: &Lists,
    kind: Kind,
    namespace: &str,
    name: &str,
) -> Result<Option<Object>, KubeError> {
    checked(namespace)?;
    checked(name)?;
    let wide = match lists.one_by_one.load(Ordering::SeqCst) {
        true => None,
        false => Some(lists.list(kube, kind, None).await),
    };
    let listed = match wide {
        Some(Err(error)) if error.is_forbidden() => {
            lists.one_by_one.store(true, Ordering::SeqCst);
            lists.list(kube, kind, Some(namespace)).await
        }
        Some(listed) => listed,
        None => lists.list(kube, kind, Some(namespace)).await,
    };
    match listed {
        Ok(all) => Ok(all.get(&(namespace.to_owned(), name.to_owned())).cloned()),
        Err(error) if error.is_forbidden() => kube.get(kind, Some(namespace), name).await,
        Err(error) => Err(error),
    }
}
