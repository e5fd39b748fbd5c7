//! How long something may take: a deadline and the stop request of core; and how much waits in it side by side. Knows nothing of what
//! is bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tfplugin_framework::resource::Context;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::error::CloudError;

/// What an effect under way may still take after a stop request; the answer to core is due within a second.
pub const GRACE: Duration = Duration::from_millis(500);

/// The bounds of one operation, handed down to everything that waits in it.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Cancelled at a stop request.
    pub stop: CancellationToken,
    /// When the operation began.
    pub start: Instant,
    /// When it must be over.
    pub deadline: Instant,
    /// How much is waited for in it at this moment.
    pub(crate) waits: Arc<AtomicU32>,
}

/// One wait of an operation, until it is dropped.
#[derive(Debug)]
pub struct Wait(Arc<AtomicU32>);

impl Drop for Wait {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Limit {
    /// From now on, `time` long.
    pub fn new(context: &Context, time: Duration) -> Limit {
        let start = Instant::now();
        Limit { stop: context.stop.clone(), start, deadline: start + time, waits: Arc::default() }
    }

    /// The same stop request with an earlier deadline: `time` from now, if that is earlier.
    #[must_use]
    pub fn within(&self, time: Duration) -> Limit {
        let now = Instant::now();
        Limit { start: now, deadline: self.deadline.min(now + time), ..self.clone() }
    }

    /// One more wait.
    pub fn wait(&self) -> Wait {
        self.waits.fetch_add(1, Ordering::Relaxed);
        Wait(Arc::clone(&self.waits))
    }

    /// How many waits go on side by side.
    pub fn waits(&self) -> u32 {
        self.waits.load(Ordering::Relaxed)
    }

    /// How long it has been going on.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Waits for an effect. At a stop request it gets [`GRACE`] to tell how it ended, because whoever starts it wants to
    /// note that; then it is let go: the next apply looks before it does anything.
    ///
    /// # Errors
    /// [`CloudError::Stopped`], or [`CloudError::Deadline`] with no more than the time.
    pub async fn finish<F: Future>(&self, effect: F) -> Result<F::Output, CloudError> {
        let let_go = async {
            self.stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            ended = tokio::time::timeout_at(self.deadline, effect) => {
                ended.map_err(|_| CloudError::deadline("an answer", self.elapsed(), ""))
            }
            () = let_go => Err(CloudError::Stopped),
        }
    }

    /// Waits for a moment, but not beyond the deadline.
    ///
    /// # Errors
    /// [`CloudError::Stopped`].
    pub async fn sleep_until(&self, moment: Instant) -> Result<(), CloudError> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(CloudError::Stopped),
            () = tokio::time::sleep_until(moment.min(self.deadline)) => Ok(()),
        }
    }

    /// True once core asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }
}

/// `12 s`, `3 min 05 s`, `1 h 02 min`, for logs and errors.
pub fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spoken_as_people_do() {
        let said = |millis: u64| spoken(Duration::from_millis(millis));
        assert_eq!(
            [said(250), said(12_400), said(185_000), said(3_725_000)],
            ["250 ms", "12 s", "3 min 05 s", "1 h 02 min"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_never_outlives_the_whole() {
        let whole = Limit::new(&Context::default(), Duration::from_secs(10));
        assert_eq!(whole.within(Duration::from_secs(60)).deadline, whole.deadline);
        assert!(whole.within(Duration::from_secs(5)).deadline < whole.deadline);
    }
}
