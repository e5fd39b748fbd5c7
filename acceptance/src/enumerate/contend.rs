//! Two runs of one configuration at once, each with a state of its own, as two pipelines without a lock would.

use anyhow::{Context, ensure};

use super::ground::Ground;
use super::{Bench, Subject, run};
use crate::core::{Action, Applied};

/// How the two ended.
#[derive(Clone, Debug)]
pub struct Contention {
    /// What each answered.
    pub runs: [Applied; 2],
}

/// Creates `subject` twice at once. What exists afterwards is what one run makes; the plan of one that succeeded is empty, and
/// its destroy leaves nothing.
///
/// # Errors
/// If that is not so, or neither succeeded.
pub async fn contended(bench: &Bench, subject: Subject) -> anyhow::Result<Contention> {
    let ground = Ground::prepare(bench, subject).await?;
    let (_, [_, expected]) = run::undisturbed(&ground).await?;
    let stage = ground.stage().await?;
    let other = stage.twin().await?;
    let (one, two) = futures::future::join(stage.run(None), other.run(None)).await;
    let runs = [one?, two?];
    let won = runs.iter().position(|run| run.errors.is_empty());
    let won = won.with_context(|| format!("neither succeeded: {:?} {:?}", runs[0].errors, runs[1].errors))?;
    let tally = stage.tally().await?;
    ensure!(tally == expected, "there is {tally:?} in place of {expected:?}");
    let object = runs[won].object.clone();
    let action = stage.plan(object.clone()).await?;
    ensure!(action == Action::Nothing, "the plan of who succeeded is {action:?}");
    stage.clear(object).await?;
    stage.left_nothing().await?;
    other.close().await?;
    stage.close().await?;
    ground.clear().await?;
    Ok(Contention { runs })
}
