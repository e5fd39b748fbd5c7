//! Order, folding, failure and stop of steps, on a paused clock.

use std::cell::RefCell;
use std::time::Duration;

use tfplugin_framework::resource::Context;

use super::super::error::CloudError;
use super::super::limit::Limit;
use super::*;

/// A step: its name, how long it takes and whether it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step(&'static str, u64, bool);

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

fn ok(name: &'static str, seconds: u64) -> Step {
    Step(name, seconds, false)
}

async fn run(limit: &Limit, stages: Vec<Stage<Step>>) -> (Ended<Step>, String, String) {
    let (begun, folded) = (RefCell::new(String::new()), RefCell::new(String::new()));
    let ended = drive(
        limit,
        stages,
        |step| {
            *begun.borrow_mut() += step.0;
            async move {
                tokio::time::sleep(Duration::from_secs(step.1)).await;
                if step.2 { Err(CloudError::NoRegion) } else { Ok(step.0) }
            }
        },
        |step, outcome| {
            assert_eq!(step.0, outcome);
            *folded.borrow_mut() += outcome;
        },
    )
    .await;
    (ended, begun.into_inner(), folded.into_inner())
}

fn limit(seconds: u64) -> (Limit, Context) {
    let context = Context::default();
    (Limit::new(&context, Duration::from_secs(seconds)), context)
}

#[tokio::test(start_paused = true)]
async fn stages_follow_each_other_and_their_steps_run_side_by_side() {
    let (limit, _) = limit(100);
    let stages = vec![vec![ok("a", 3), ok("b", 1)], vec![], vec![ok("c", 2)]];
    let (ended, begun, folded) = run(&limit, stages).await;
    assert!(matches!(ended, Ended::Done));
    assert_eq!((begun.as_str(), folded.as_str()), ("abc", "bac"));
    assert_eq!(limit.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn nothing_to_do_is_done() {
    let (limit, _) = limit(100);
    assert!(matches!(run(&limit, Vec::new()).await.0, Ended::Done));
}

#[tokio::test(start_paused = true)]
async fn a_failure_lets_its_stage_end_and_begins_no_other() {
    let (limit, _) = limit(100);
    let stages = vec![vec![Step("a", 1, true), ok("b", 3)], vec![ok("c", 1)]];
    let (ended, begun, folded) = run(&limit, stages).await;
    let Ended::Failed(failed) = ended else { panic!("{ended:?}") };
    assert_eq!(failed, [(Step("a", 1, true), CloudError::NoRegion)]);
    assert_eq!((begun.as_str(), folded.as_str()), ("ab", "b"));
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_answered_within_a_second_and_keeps_what_is_done() {
    let (limit, context) = limit(3600);
    let stages = vec![vec![ok("a", 1)], vec![ok("b", 600), ok("c", 10)], vec![ok("d", 1)]];
    let stop = async {
        tokio::time::sleep(Duration::from_millis(10_800)).await;
        context.stop.cancel();
    };
    let ((ended, begun, folded), ()) = tokio::join!(run(&limit, stages), stop);
    assert!(matches!(ended, Ended::Stopped));
    // c was about to end and is given the time to.
    assert_eq!((begun.as_str(), folded.as_str()), ("abc", "ac"));
    assert!(limit.elapsed() <= Duration::from_millis(11_800), "{:?}", limit.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_apply_that_arrives_after_the_stop_does_nothing() {
    let (limit, context) = limit(3600);
    context.stop.cancel();
    let (ended, begun, _) = run(&limit, vec![vec![ok("a", 1)]]).await;
    assert!(matches!(ended, Ended::Stopped));
    assert_eq!(begun, "");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_fails_the_step_that_was_under_way() {
    let (limit, _) = limit(10);
    let (ended, _, folded) = run(&limit, vec![vec![ok("a", 5), ok("b", 60)], vec![ok("c", 1)]]).await;
    let Ended::Failed(failed) = ended else { panic!("{ended:?}") };
    assert_eq!(failed, [(ok("b", 60), CloudError::deadline("`b`", Duration::from_secs(10), ""))]);
    assert_eq!((folded.as_str(), limit.elapsed()), ("a", Duration::from_secs(10)));
}

#[test]
fn a_stopped_create_warns_and_a_stopped_change_fails() {
    assert!(!stopped_create("cluster prod").has_errors() && !stopped_create("cluster prod").is_empty());
    assert!(stopped_change("cluster prod").has_errors());
}
