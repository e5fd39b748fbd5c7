//! One run: undisturbed, to learn its calls and its end, or with one kill and what must follow.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, ensure};
use sandbox_gateway::fault::{Action as Strike, Fault, Match, When};
use sandbox_gateway::log::Record;

use super::Outcome;
use super::stage::{Ground, Stage, Tally};
use crate::core::{Action, Died};

/// One call of one run, told apart from the others of its kind by name and count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// `eks`, `iam`, `kubernetes` …
    pub service: String,
    /// As the request log has it.
    pub operation: String,
    /// The object's name, if the call has one. What every run calls differently stands there as `ACCOUNT` and `NAMESPACE`.
    pub key: Option<String>,
    /// The how manyth call of this service, operation and key.
    pub nth: u64,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service, self.operation)?;
        if let Some(key) = &self.key {
            write!(f, " {key}")?;
        }
        write!(f, " #{}", self.nth)
    }
}

/// The calls of an undisturbed run, and what exists at its end.
pub(super) async fn undisturbed(ground: &Ground) -> anyhow::Result<(Vec<Point>, Tally)> {
    let stage = ground.stage().await?;
    let gateway = ground.bench().sandbox.gateway();
    let before = gateway.log(0, Some(stage.account())).last().map_or(0, |last| last.n);
    let applied = stage.run(stage.object()).await?;
    ensure!(applied.errors.is_empty(), "{}", applied.errors.join("\n"));
    let seen = gateway.log(before, Some(stage.account()));
    let mut points: Vec<Point> = Vec::new();
    for record in seen.iter().filter(|record| by_provider(record)) {
        let key = record.call.key.as_ref().map(|key| stage.general(key));
        let same = |one: &&Point| {
            one.service == record.call.service && one.operation == record.call.operation && one.key == key
        };
        let nth = 1 + points.iter().filter(same).count() as u64;
        points.push(Point { service: record.call.service.clone(), operation: record.call.operation.clone(), key, nth });
    }
    ensure!(!points.is_empty(), "the provider made no call");
    let tally = stage.tally().await?;
    stage.clear(applied.object).await?;
    stage.left_nothing().await?;
    stage.close().await?;
    Ok((points, tally))
}

fn by_provider(record: &Record) -> bool {
    record.source.as_ref().is_some_and(|source| source.program.starts_with("terraform-provi"))
}

/// Kills the provider at `point`, runs it once more, and compares.
pub(super) async fn killed_at(ground: &Ground, expected: &Tally, point: &Point, when: When) -> anyhow::Result<Outcome> {
    let mut stage = ground.stage().await?;
    if !kill(ground, &stage, point, when).await? {
        return Ok(Outcome::NotReached);
    }
    let made = stage.made().await?;
    stage.restart().await?;
    let again = stage.run(stage.object()).await?;
    ensure!(again.errors.is_empty(), "the next run failed: {}", again.errors.join("; "));
    if stage.destroys() {
        ensure!(again.object.is_none(), "the second destroy left something in the state");
    } else {
        let action = stage.plan(again.object.clone()).await?;
        ensure!(action == Action::Nothing, "the plan after the next run is {action:?}");
        let now = stage.made().await?;
        let lost: BTreeSet<_> = made.difference(&now).collect();
        ensure!(lost.is_empty(), "the next run made anew what existed: {lost:?}");
        let tally = stage.tally().await?;
        ensure!(tally == *expected, "there is {tally:?} in place of {expected:?}");
        stage.clear(again.object).await?;
    }
    stage.left_nothing().await?;
    stage.close().await?;
    Ok(Outcome::Recovered)
}

/// Runs until the kill; false if the run made the call less often, and ended as it should.
async fn kill(ground: &Ground, stage: &Stage, point: &Point, when: When) -> anyhow::Result<bool> {
    let gateway = ground.bench().sandbox.gateway();
    let matching = Match {
        service: Some(point.service.clone()),
        operation: Some(point.operation.clone()),
        key: point.key.as_ref().map(|key| stage.particular(key)),
        nth: Some(point.nth),
        ..Match::default()
    };
    let id = gateway.arm(Fault::new(stage.account(), matching, when, Strike::Kill)).map_err(anyhow::Error::msg)?;
    let ended = stage.run(stage.object()).await;
    let armed = gateway.faults().into_iter().find(|armed| armed.id == id);
    gateway.disarm(Some(id), None);
    let armed = armed.context("the fault is no longer armed")?;
    match ended {
        Ok(applied) => {
            ensure!(armed.applied == 0, "the kill did not end the provider: {:?}", armed.refusals);
            ensure!(applied.errors.is_empty(), "a run without a kill failed: {}", applied.errors.join("; "));
            stage.clear(applied.object).await?;
            Ok(false)
        }
        Err(error) if error.is::<Died>() => {
            ensure!(armed.applied > 0, "the provider ended before it was killed: {error:#}");
            Ok(true)
        }
        Err(error) => Err(error),
    }
}
