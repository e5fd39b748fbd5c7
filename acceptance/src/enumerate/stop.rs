//! A run that core stops in the middle of one call: how soon the provider answers, and that what it answers loses nothing.

use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use sandbox_gateway::fault::When;

use super::Bench;
use super::stage::Stage;
use crate::core::Applied;

/// When an answer is late. The promise is one second; on a machine that does much else processes wait for their turn.
const LATE: Duration = Duration::from_secs(5);

/// What a run that was stopped answered.
pub(super) struct Stopped {
    pub(super) applied: Applied,
    /// From the request to stop until the answer.
    pub(super) answered: Duration,
}

/// Runs `stage` and stops it once the armed `hold` has a call. A call that is held before its effect is let go at once, so that it
/// ends as it may; one whose effect is done gets no answer before the provider has given its own.
///
/// None if the call was never made; then `applied` is in the other half.
pub(super) async fn stopped(
    bench: &Bench,
    stage: &Stage,
    (hold, when): (u64, When),
) -> anyhow::Result<Result<Stopped, Applied>> {
    let gateway = bench.sandbox.gateway();
    let mut running = pin!(stage.run(stage.object()));
    tokio::select! {
        biased;
        applied = &mut running => return Ok(Err(applied?)),
        () = gateway.holds(hold) => {}
    }
    let asked = Instant::now();
    stage.stop().await?;
    if when == When::Before {
        gateway.disarm(Some(hold), None);
    }
    let applied = tokio::time::timeout(4 * LATE, running).await.context("no answer to a stop")??;
    let answered = asked.elapsed();
    ensure!(answered < LATE, "the stop was answered after {} ms", answered.as_millis());
    Ok(Ok(Stopped { applied, answered }))
}

/// What the answer to a stop must be: nothing is tainted, and what exists is in the state, so that a destroy would find it.
pub(super) async fn keeps(stage: &Stage, applied: &Applied) -> anyhow::Result<()> {
    match &applied.object {
        Some(object) => ensure!(!object.tainted, "what was stopped is tainted: {}", applied.errors.join("; ")),
        None => {
            let left = stage.made().await?;
            ensure!(left.is_empty(), "after a stop the state is empty, and there is {left:?}");
        }
    }
    Ok(())
}
