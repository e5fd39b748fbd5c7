//! Trying again while AWS has not yet heard of what was just made. Throttling and lost connections are the SDK's to retry;
//! this is the only other layer. Knows codes and texts; must not know operations.

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::Instant;

use super::error::CloudError;
use super::limit::Limit;

/// An error that goes away by itself: an AWS error code and a part of its message (empty: any).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// The code, such as `InvalidParameterException`.
    pub code: &'static str,
    /// What the message contains.
    pub text: &'static str,
}

impl Lag {
    /// True if `error` is this one. What another service passes on from EC2 is none: a subnet or security group is visible
    /// to all once its create returns, so that one which is not there will not come to be.
    pub fn is(&self, error: &CloudError) -> bool {
        let message = error.message();
        error.code() == Some(self.code) && message.contains(self.text) && !message.contains("Service: AmazonEC2")
    }
}

/// How long IAM may take to become visible elsewhere; others allow two minutes too.
pub const PROPAGATION: Duration = Duration::from_secs(120);

/// Repeats `call` while it fails with one of `lags`, for at most `time`.
///
/// # Errors
/// Any other error at once; the last of `lags` after `time` or at the operation's deadline; [`CloudError::Stopped`].
pub async fn while_lagging<T, F, Fut>(limit: &Limit, time: Duration, lags: &[Lag], mut call: F) -> Result<T, CloudError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, CloudError>>,
{
    let start = Instant::now();
    let give_up = limit.deadline.min(start + time);
    loop {
        let error = match limit.finish(call()).await? {
            Err(error) if lags.iter().any(|lag| lag.is(&error)) => error,
            settled => return settled,
        };
        let next = Instant::now() + pause(start.elapsed());
        if next >= give_up {
            return Err(error);
        }
        tracing::info!("trying again, because AWS has not heard of an earlier change yet: {}", error.message());
        limit.sleep_until(next).await?;
    }
}

/// The pause before another try: a quarter of the time for which tries have failed, so that what is true is not found out much later;
/// after a minute it is gentle to AWS's request limits.
fn pause(failing: Duration) -> Duration {
    if failing >= Duration::from_secs(60) {
        return Duration::from_secs(15);
    }
    (failing / 4).clamp(Duration::from_millis(100), Duration::from_secs(5))
}
