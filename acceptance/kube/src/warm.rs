//! One control plane ahead of demand. Knows nothing of who takes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::control_plane::{ControlPlane, ControlPlaneSpec};
use crate::tools::Tools;

/// Makes the spec of the `n`th control plane (from 1) with a Kubernetes version: its folder and webhook have to be its own.
type Specify = dyn Fn(u64, &str) -> ControlPlaneSpec + Send + Sync;
/// A control plane that is starting, or has started.
type Starting = JoinHandle<anyhow::Result<ControlPlane>>;

/// Keeps one control plane of the default version started, so that the next cluster need not wait for it.
pub struct Warm {
    tools: Arc<Tools>,
    default_version: String,
    specify: Arc<Specify>,
    started: AtomicU64,
    refills: bool,
    spare: Mutex<Spare>,
}

enum Spare {
    Starting(Starting),
    /// The one there was is taken, and no other is wanted.
    Taken,
    /// After [`Warm::shutdown`].
    Closed,
}

impl std::fmt::Debug for Warm {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Warm").field("default_version", &self.default_version).finish_non_exhaustive()
    }
}

impl Warm {
    /// Begins to start the first one; with `refills`, another one as soon as it is taken: each needs half a GiB. Needs a tokio runtime.
    #[must_use]
    pub fn start(
        tools: Arc<Tools>,
        default_version: &str,
        refills: bool,
        specify: impl Fn(u64, &str) -> ControlPlaneSpec + Send + Sync + 'static,
    ) -> Self {
        let specify: Arc<Specify> = Arc::new(specify);
        let first = begin(&tools, specify(1, default_version));
        Self {
            tools,
            default_version: default_version.to_owned(),
            specify,
            started: AtomicU64::new(1),
            refills,
            spare: Mutex::new(Spare::Starting(first)),
        }
    }

    /// A control plane of `version`: the spare one where the version is the default (another begins to start in its place where it refills), else a new one.
    ///
    /// # Errors
    /// When it did not start, or after [`Warm::shutdown`].
    pub async fn take(&self, version: &str) -> anyhow::Result<ControlPlane> {
        let begin = || begin(&self.tools, (self.specify)(self.started.fetch_add(1, Ordering::Relaxed) + 1, version));
        let mut spare = self.spare.lock().await;
        let fits = version == self.default_version;
        let starting = match std::mem::replace(&mut *spare, Spare::Taken) {
            Spare::Closed => {
                *spare = Spare::Closed;
                anyhow::bail!("the sandbox is shutting down");
            }
            Spare::Starting(plane) if fits => {
                if self.refills {
                    *spare = Spare::Starting(begin());
                }
                plane
            }
            other => {
                *spare = other;
                begin()
            }
        };
        drop(spare);
        starting.await.context("the start of a control plane was interrupted")?
    }

    /// Stops the spare one. What was taken is its taker's.
    pub async fn shutdown(&self) {
        let spare = std::mem::replace(&mut *self.spare.lock().await, Spare::Closed);
        if let Spare::Starting(plane) = spare {
            // Dropped in the middle of its start, a control plane kills what it has started.
            plane.abort();
            if let Ok(Ok(plane)) = plane.await {
                plane.stop().await.ok();
            }
        }
    }
}

fn begin(tools: &Arc<Tools>, spec: ControlPlaneSpec) -> Starting {
    let tools = Arc::clone(tools);
    tokio::spawn(async move { ControlPlane::start(&tools, spec).await })
}
