//! At most ten requests a second per AWS API. Pure: knows moments; must not know requests.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Requests of one API in any second. AWS's own limits are higher for everything that is called here.
const REQUESTS: usize = 10;
const WINDOW: Duration = Duration::from_secs(1);

/// When the last requests of one API were sent, or will be.
#[derive(Debug, Default)]
pub(super) struct Pace(VecDeque<Instant>);

impl Pace {
    /// The moment at which the next request may be sent, which is taken by asking.
    pub(super) fn next(&mut self, now: Instant) -> Instant {
        let moment = match self.0.len().checked_sub(REQUESTS) {
            Some(tenth) => now.max(self.0[tenth] + WINDOW),
            None => now,
        };
        self.0.push_back(moment);
        if self.0.len() > REQUESTS {
            self.0.pop_front();
        }
        moment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_ever_has_more_than_ten() {
        let start = Instant::now();
        let mut pace = Pace::default();
        // Bursts and trickles, as parallel steps and polls make them.
        let asked = (0..200).map(|n| start + Duration::from_millis(if n % 3 == 0 { n * 20 } else { n / 50 * 900 }));
        let mut asked: Vec<Instant> = asked.collect();
        asked.sort();
        let sent: Vec<Instant> = asked.into_iter().map(|now| pace.next(now)).collect();
        for window in sent.windows(REQUESTS + 1) {
            assert!(window[REQUESTS] - window[0] >= WINDOW);
        }
    }

    #[test]
    fn a_burst_of_ten_does_not_wait() {
        let now = Instant::now();
        let mut pace = Pace::default();
        assert!((0..REQUESTS).all(|_| pace.next(now) == now));
        assert_eq!(pace.next(now), now + WINDOW);
    }
}
