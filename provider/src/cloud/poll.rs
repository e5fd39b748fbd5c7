//! Asking again until something is true. Knows pace, deadline and stop; must not know what is asked.

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::Instant;

use super::error::CloudError;
use super::limit::{Limit, spoken};

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look<T> {
    /// Not yet, and what is awaited in words for the log: `status CREATING`.
    Pending(String),
    /// It is true.
    Done(T),
}

/// After how long the log says again what is still awaited.
const AGAIN: Duration = Duration::from_secs(60);

/// The pause after a look that should have found something.
pub fn pause(looks: u32) -> Duration {
    Duration::from_millis(250).mul_f64(1.5_f64.powi(looks.min(20) as i32)).min(Duration::from_secs(5))
}

/// What each of several waits side by side adds to the pause: eight looks a second in all, which leaves room for other requests in
/// the ten that are sent.
const SHARE: Duration = Duration::from_millis(125);

/// The first pause of a wait that is alone: some of AWS's changes are over as soon as they were asked for.
const FIRST: Duration = Duration::from_millis(25);

/// The pause between two looks at what takes AWS a while, in one of so many waits. In the first minute it is a twenty-fourth of the
/// time waited so far, so that waiting costs two percent more than what is waited for; later it is gentle to AWS's request limits.
fn interval(elapsed: Duration, waits: u32) -> Duration {
    if elapsed >= Duration::from_secs(60) {
        return Duration::from_secs(15);
    }
    let share = if waits <= 1 { SHARE.min(FIRST + elapsed / 2) } else { SHARE * waits };
    (elapsed / 24).max(share)
}

/// What the log was told last of a wait.
#[derive(Debug, Default)]
struct Told {
    words: String,
    at: Duration,
}

impl Told {
    /// News is told at once, and that there is none every minute.
    fn is_due(&self, words: &str, elapsed: Duration) -> bool {
        words != self.words || elapsed >= self.at + AGAIN
    }
}

/// Looks until `look` is done, fails, the deadline passes or core asks to stop. `object` is what is waited for, as in
/// `cluster prod to become active`.
///
/// `look` is a closure that makes a future, not an `AsyncFnMut`: the compiler cannot prove that the futures of those are
/// `Send`, which every operation of a resource must be.
///
/// # Errors
/// What `look` answers; [`CloudError::Deadline`] with the last thing awaited; [`CloudError::Stopped`].
pub async fn until<T, F, Fut>(limit: &Limit, object: &str, mut look: F) -> Result<T, CloudError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Look<T>, CloudError>>,
{
    let (start, _wait) = (Instant::now(), limit.wait());
    let mut told = Told::default();
    loop {
        let looked = tokio::select! {
            biased;
            () = limit.stop.cancelled() => return Err(CloudError::Stopped),
            looked = tokio::time::timeout_at(limit.deadline, look()) => looked,
        };
        match looked {
            Ok(Ok(Look::Done(found))) => {
                tracing::info!("waited {} for {object}", spoken(start.elapsed()));
                return Ok(found);
            }
            Ok(Ok(Look::Pending(words))) => {
                let elapsed = start.elapsed();
                if told.is_due(&words, elapsed) {
                    tracing::info!("waiting for {object}: {words}, after {}", spoken(elapsed));
                    told = Told { words, at: elapsed };
                }
            }
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(CloudError::deadline(object, start.elapsed(), &told.words)),
        }
        if Instant::now() >= limit.deadline {
            return Err(CloudError::deadline(object, start.elapsed(), &told.words));
        }
        let next = Instant::now() + interval(start.elapsed(), limit.waits());
        limit.sleep_until(next).await?;
    }
}
