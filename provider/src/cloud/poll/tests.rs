//! Pace, deadline and stop of waiting, on a paused clock.

use std::cell::Cell;
use std::time::Duration;

use tfplugin_framework::resource::Context;
use tokio::time::Instant;

use super::super::error::CloudError;
use super::super::limit::Limit;
use super::*;

fn limit(time: Duration) -> (Limit, Context) {
    let context = Context::default();
    (Limit::new(&context, time), context)
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn what_is_true_already_takes_no_time() {
    let (limit, _) = limit(HOUR);
    let found = until(&limit, "x", || async { Ok(Look::Done(7)) }).await;
    assert_eq!((found, limit.elapsed()), (Ok(7), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn looks_are_frequent_in_the_first_minute_and_rare_later() {
    let (limit, _) = limit(HOUR);
    let looks = Cell::new(Vec::new());
    let end = Instant::now() + Duration::from_secs(600);
    let note = || {
        let mut all = looks.take();
        all.push(limit.elapsed());
        looks.set(all);
    };
    until(&limit, "x", || async {
        note();
        Ok(if Instant::now() >= end { Look::Done(()) } else { Look::Pending("CREATING".into()) })
    })
    .await
    .expect("it becomes true");
    let looks = looks.take();
    assert!(looks[1] <= Duration::from_millis(250), "the second look is prompt: {looks:?}");
    for pair in looks.windows(2) {
        let pause = pair[1] - pair[0];
        let longest = if pair[0] < Duration::from_secs(60) { 5 } else { 15 };
        assert!(pause <= Duration::from_secs(longest), "noticed within one interval: {pair:?}");
        let young = pair[0] < Duration::from_secs(60);
        // The clock of a test has whole milliseconds.
        let longest = (pair[0] / 24).max(Duration::from_millis(125)) + Duration::from_millis(1);
        assert!(!young || pause <= longest, "in proportion at first: {pair:?}");
        assert!(pair[0] < Duration::from_secs(60) || pause >= Duration::from_secs(15), "gentle later: {pair:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn waits_side_by_side_look_no_more_than_eight_times_a_second() {
    let (limit, _) = limit(HOUR);
    let looks = Cell::new(Vec::new());
    let end = Instant::now() + Duration::from_secs(90);
    let wait = || {
        until(&limit, "x", || async {
            let mut all = looks.take();
            all.push(limit.elapsed());
            looks.set(all);
            Ok(if Instant::now() >= end { Look::Done(()) } else { Look::Pending("CREATING".into()) })
        })
    };
    let all: Vec<_> = (0..11).map(|_| wait()).collect();
    futures::future::try_join_all(all).await.expect("they become true");
    assert_eq!(limit.waits(), 0, "no wait goes on");
    let looks = looks.take();
    // The first ones, which find what is there already, are not held up.
    for second in 1..60 {
        let within = Duration::from_secs(second)..Duration::from_secs(second + 1);
        let count = looks.iter().filter(|at| within.contains(*at)).count();
        assert!(count <= 11, "{count} looks in second {second}");
    }
    assert!(looks.iter().filter(|at| **at < Duration::from_secs(60)).count() <= 60 * 8 + 11);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_says_what_was_last_seen() {
    let (limit, _) = limit(Duration::from_secs(90));
    let waited = until(&limit, "cluster prod to become active", || async {
        Ok::<Look<()>, CloudError>(Look::Pending("status CREATING".into()))
    });
    let error = waited.await.expect_err("it never does");
    assert_eq!(
        error,
        CloudError::deadline("cluster prod to become active", Duration::from_secs(90), "status CREATING")
    );
}

#[tokio::test(start_paused = true)]
async fn a_look_that_hangs_does_not_outlive_the_deadline() {
    let (limit, _) = limit(Duration::from_secs(90));
    let waited: Result<(), _> = until(&limit, "x", std::future::pending).await;
    assert!(matches!(waited, Err(CloudError::Deadline { .. })));
    assert_eq!(limit.elapsed(), Duration::from_secs(90));
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_waiting_at_once() {
    let (limit, context) = limit(HOUR);
    let waiting = until(&limit, "x", || async { Ok::<Look<()>, CloudError>(Look::Pending(String::new())) });
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(100)).await;
        context.stop.cancel();
    };
    let (waited, ()) = tokio::join!(waiting, stopping);
    assert_eq!(waited, Err(CloudError::Stopped));
    assert_eq!(limit.elapsed(), Duration::from_secs(100));
}

#[tokio::test(start_paused = true)]
async fn an_error_ends_the_waiting() {
    let (limit, _) = limit(HOUR);
    let waited: Result<(), _> = until(&limit, "x", || async { Err(CloudError::NoRegion) }).await;
    assert_eq!(waited, Err(CloudError::NoRegion));
}

#[test]
fn news_is_told_at_once_and_none_every_minute() {
    let seconds = Duration::from_secs;
    let told = Told::default();
    assert!(told.is_due("CREATING", seconds(0)));
    let told = Told { words: "CREATING".into(), at: seconds(5) };
    assert!(!told.is_due("CREATING", seconds(64)));
    assert!(told.is_due("CREATING", seconds(65)));
    assert!(told.is_due("UPDATING", seconds(6)));
}
