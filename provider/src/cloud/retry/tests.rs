//! What is tried again, how long, and what is not.

use std::cell::Cell;
use std::time::Duration;

use tfplugin_framework::resource::Context;

use super::super::error::{CloudError, Fault};
use super::super::limit::{GRACE, Limit};
use super::*;

const LAGS: [Lag; 1] = [Lag { code: "InvalidParameterException", text: "does not exist" }];

fn fault(code: &str, message: &str) -> CloudError {
    CloudError::Fault(Box::new(Fault { code: code.into(), message: message.into(), ..Fault::default() }))
}

fn unheard() -> CloudError {
    fault("InvalidParameterException", "Role arn:… does not exist.")
}

#[tokio::test(start_paused = true)]
async fn a_role_that_nobody_has_heard_of_yet_is_waited_for() {
    let limit = Limit::new(&Context::default(), Duration::from_secs(3600));
    let tries = Cell::new(0);
    let made = while_lagging(&limit, PROPAGATION, &LAGS, || async {
        tries.set(tries.get() + 1);
        if limit.elapsed() < Duration::from_secs(90) { Err(unheard()) } else { Ok("made") }
    });
    assert_eq!(made.await, Ok("made"));
    assert!(tries.get() > 10 && limit.elapsed() < Duration::from_secs(106), "{tries:?} in {:?}", limit.elapsed());
}

/// AWS hears of a role after some eight seconds.
#[tokio::test(start_paused = true)]
async fn what_it_has_heard_of_is_found_out_within_a_quarter_of_the_time() {
    for age in (1..120).map(|halves| Duration::from_millis(500 * halves)) {
        let limit = Limit::new(&Context::default(), Duration::from_secs(3600));
        let tries = Cell::new(0);
        let made = while_lagging(&limit, PROPAGATION, &LAGS, || async {
            tries.set(tries.get() + 1);
            if limit.elapsed() < age { Err(unheard()) } else { Ok("made") }
        });
        assert_eq!(made.await, Ok("made"));
        let latest = age + (age / 4).max(Duration::from_millis(100)) + Duration::from_millis(5);
        assert!(limit.elapsed() <= latest, "after {age:?} in {:?}", limit.elapsed());
        assert!(tries.get() <= 32, "{} tries in {age:?}", tries.get());
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_itself_is_told_after_two_minutes() {
    let limit = Limit::new(&Context::default(), Duration::from_secs(3600));
    let made: Result<(), _> = while_lagging(&limit, PROPAGATION, &LAGS, || async { Err(unheard()) }).await;
    assert_eq!(made, Err(unheard()));
    assert!(limit.elapsed() <= PROPAGATION);
}

#[tokio::test(start_paused = true)]
async fn another_code_or_another_text_is_told_at_once() {
    let limit = Limit::new(&Context::default(), Duration::from_secs(3600));
    let others = [
        fault("InvalidParameterException", "subnets in one zone"),
        fault("ClientException", "it does not exist"),
        // Of EC2, whose objects do not come to be by waiting.
        fault(
            "InvalidParameterException",
            "The security group ID 'sg-0a' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: InvalidGroup.NotFound)",
        ),
    ];
    for other in others {
        let made: Result<(), _> = while_lagging(&limit, PROPAGATION, &LAGS, || async { Err(other.clone()) }).await;
        assert_eq!(made, Err(other));
    }
    assert_eq!(limit.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_operations_deadline_comes_first() {
    let limit = Limit::new(&Context::default(), Duration::from_secs(10));
    let made: Result<(), _> = while_lagging(&limit, PROPAGATION, &LAGS, || async { Err(unheard()) }).await;
    assert_eq!(made, Err(unheard()));
    assert!(limit.elapsed() <= Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_a_call_under_way_tell_how_it_ended() {
    let context = Context::default();
    let limit = Limit::new(&context, Duration::from_secs(3600));
    context.stop.cancel();
    let quick = while_lagging(&limit, PROPAGATION, &LAGS, || async {
        tokio::time::sleep(GRACE / 2).await;
        Ok("made")
    });
    assert_eq!(quick.await, Ok("made"));
    let slow = while_lagging(&limit, PROPAGATION, &LAGS, || async {
        tokio::time::sleep(GRACE * 2).await;
        Ok("made")
    });
    assert_eq!(slow.await, Err(CloudError::Stopped));
}
