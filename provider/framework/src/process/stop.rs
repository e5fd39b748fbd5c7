//! The request to end early, as it reaches running calls. Knows who may make it; must not know what a call does.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

/// Asks every running call to end early: StopProvider (the user pressed Ctrl-C), a signal, or the end of the process.
#[derive(Debug, Clone)]
pub struct Stop {
    reattached: bool,
    token: Arc<Mutex<CancellationToken>>,
}

impl Stop {
    /// A request that nobody has made yet. `reattached`: the process outlives many runs of the core.
    pub fn new(reattached: bool) -> Stop {
        Stop { reattached, token: Arc::default() }
    }

    /// What a call that starts now watches. Already cancelled if the request was made: such a call does nothing.
    pub fn token(&self) -> CancellationToken {
        self.lock().clone()
    }

    /// Makes the request.
    pub fn stop(&self) {
        self.lock().cancel();
    }

    /// A core configures the provider: a request made before was meant for another run. A process that a core started
    /// serves that one run, so there nothing is forgotten.
    pub fn begin_run(&self) {
        if self.reattached {
            let mut token = self.lock();
            if token.is_cancelled() {
                *token = CancellationToken::new();
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, CancellationToken> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
