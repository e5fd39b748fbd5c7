//! How long each object of EKS was on its way, seen from inside: by its own state, looked at every few milliseconds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sandbox_gateway::Gateway;
use tokio::task::JoinSet;

use super::observe::now;

/// Between two looks.
const TICK: Duration = Duration::from_millis(5);

/// An object's way from one status to the next one that lasts.
#[derive(Clone, Debug)]
pub(crate) struct Passage {
    /// `cluster`, `nodegroup` or `addon`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// `CREATING` or `UPDATING`.
    pub(crate) status: String,
    /// The versions before and after it.
    pub(crate) versions: [String; 2],
    /// Seconds since the epoch, as in the request log.
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Passage {
    pub(crate) fn seconds(&self) -> f64 {
        self.to - self.from
    }
}

#[derive(Debug, Default)]
struct Seen {
    under_way: BTreeMap<(&'static str, String), Passage>,
    /// The version of each object while it rests: at a change's beginning EKS may already show the next one.
    resting: BTreeMap<(&'static str, String), String>,
    over: Vec<Passage>,
}

/// Looks until it is dropped.
pub(crate) struct Objects {
    seen: Arc<Mutex<Seen>>,
    _looking: JoinSet<()>,
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Objects {
    /// Looks at an account.
    pub(crate) fn of(gateway: &Arc<Gateway>, account: &'static str) -> Objects {
        let (seen, gateway) = (Arc::<Mutex<Seen>>::default(), Arc::clone(gateway));
        let mut looking = JoinSet::new();
        let kept = Arc::clone(&seen);
        looking.spawn(async move {
            let mut tick = tokio::time::interval(TICK);
            loop {
                tick.tick().await;
                lock(&kept).note(&gateway, account);
            }
        });
        Objects { seen, _looking: looking }
    }

    /// What is over and began at or after this moment, in the order of its beginning.
    pub(crate) fn since(&self, moment: f64) -> Vec<Passage> {
        let mut all: Vec<Passage> = lock(&self.seen).over.iter().filter(|one| one.from >= moment).cloned().collect();
        all.sort_by(|one, other| one.from.total_cmp(&other.from));
        all
    }
}

impl Seen {
    fn note(&mut self, gateway: &Gateway, account: &str) {
        let at = now();
        for one in gateway.standings(account) {
            let key = (one.kind, one.name.clone());
            if matches!(one.status.as_str(), "CREATING" | "UPDATING") {
                let before = self.resting.get(&key).cloned().unwrap_or_default();
                self.under_way.entry(key).or_insert(Passage {
                    kind: one.kind,
                    name: one.name,
                    status: one.status,
                    versions: [before, String::new()],
                    from: at,
                    to: at,
                });
            } else {
                if let Some(mut passage) = self.under_way.remove(&key) {
                    (passage.to, passage.versions[1]) = (at, one.version.clone());
                    self.over.push(passage);
                }
                self.resting.insert(key, one.version);
            }
        }
    }
}
