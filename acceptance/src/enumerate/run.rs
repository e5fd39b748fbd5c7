//! One run: undisturbed, to learn its calls and its end, or with one strike and what must follow.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, ensure};
use sandbox_gateway::fault::{Action as Effect, Fault, Match};

use super::ground::Ground;
use super::harm::Strike;
use super::sabotage::Sabotage;
use super::stage::{Stage, Tally, without_users_tags};
use super::stop::{Stopped, keeps, stopped};
use super::{Outcome, Task};
use crate::core::{Action, Applied, Died};
use crate::daemon::mirror::PROVIDER;

/// One call of one run, told apart from the others of its kind by name and count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// `eks`, `iam`, `kubernetes` …
    pub service: String,
    /// As the request log has it.
    pub operation: String,
    /// The object's name, if the call has one that is the same in every run. The account's and the namespace's stand there as
    /// `ACCOUNT` and `NAMESPACE`.
    pub key: Option<String>,
    /// The how manyth call of this service, operation and key.
    pub nth: u64,
    /// Whether it changes something.
    pub mutating: bool,
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

/// The calls of an undisturbed run, and what exists before it and at its end.
pub(super) async fn undisturbed(ground: &Ground) -> anyhow::Result<(Vec<Point>, [Tally; 2])> {
    let stage = ground.stage().await?;
    let at_first = stage.tally().await?;
    let gateway = ground.bench().sandbox.gateway();
    let before = gateway.log(0, Some(stage.account())).last().map_or(0, |last| last.n);
    let applied = stage.run(stage.object()).await?;
    ensure!(applied.errors.is_empty(), "{}", applied.errors.join("\n"));
    let seen = gateway.log(before, Some(stage.account()));
    let mut points: Vec<Point> = Vec::new();
    for record in seen.iter().filter(|record| record.is_by(PROVIDER)) {
        let key = record.call.key.as_ref().and_then(|key| stage.general(key));
        let (service, operation) = (record.call.service.clone(), record.call.operation.clone());
        let is_same_key = |one: &Point| key.is_none() || one.key == key;
        let same = |one: &&Point| one.service == service && one.operation == operation && is_same_key(one);
        let nth = 1 + points.iter().filter(same).count() as u64;
        points.push(Point { service, operation, key, nth, mutating: record.call.mutating });
    }
    ensure!(!points.is_empty(), "the provider made no call");
    let tally = stage.tally().await?;
    let lost = stage.lost(&BTreeSet::new(), &stage.made().await?);
    ensure!(lost.is_empty(), "it made anew what existed: {lost:?}");
    stage.clear(applied.object).await?;
    stage.left_nothing().await?;
    stage.close().await?;
    Ok((points, [at_first, tally]))
}

/// How the run that was struck ended.
enum First {
    /// The provider died; the state is what it was.
    Died,
    /// It answered, maybe with errors.
    Answered(Applied),
    /// It was asked to stop and answered.
    Stopped(Stopped),
    /// It made the call less often, and ended as it should.
    Missed(Applied),
}

/// Strikes once, lets core run once more where that is due, and compares.
pub(super) async fn struck(ground: &Ground, task: &Task, strike: &Strike) -> anyhow::Result<Outcome> {
    let mut stage = ground.stage().await?;
    let first = attempt(ground, &stage, strike).await?;
    let mut outcome = Outcome::Recovered;
    match &first {
        First::Missed(applied) => {
            stage.clear(applied.object.clone()).await?;
            stage.close().await?;
            return Ok(Outcome::NotReached);
        }
        First::Stopped(Stopped { applied, answered }) => {
            stage.end().await?;
            keeps(&stage, applied).await?;
            outcome = Outcome::Stopped(*answered);
        }
        First::Died | First::Answered(_) => {}
    }
    let mut made = stage.made().await?;
    if task.reverts {
        stage.revert()?;
        made.clear();
    }
    if let Some(sabotage) = task.sabotage {
        stage.sabotage(sabotage).await?;
    }
    let ended = match first {
        First::Answered(applied) if applied.errors.is_empty() => applied,
        // What was stopped is not wrong: core has to look whether anything is left to do.
        First::Answered(applied) | First::Stopped(Stopped { applied, .. }) => {
            stage.restart().await?;
            stage.run(applied.object).await?
        }
        First::Died | First::Missed(_) => {
            stage.restart().await?;
            let object = if task.sabotage == Some(Sabotage::Amnesia) { None } else { stage.object() };
            stage.run(object).await?
        }
    };
    concluded(&mut stage, task, &made, ended).await?;
    stage.left_nothing().await?;
    stage.close().await?;
    Ok(outcome)
}

/// The last run ended as an undisturbed one does: the same objects, none of them made anew, nothing to plan, and all of it
/// goes with a destroy.
pub(super) async fn concluded(
    stage: &mut Stage,
    task: &Task,
    made: &BTreeSet<String>,
    ended: Applied,
) -> anyhow::Result<()> {
    ensure!(ended.errors.is_empty(), "the next run failed: {}", ended.errors.join("; "));
    if stage.destroys() {
        ensure!(ended.object.is_none(), "the second destroy left something in the state");
        return Ok(());
    }
    if task.sabotage == Some(Sabotage::Whim) {
        stage.sabotage_plan();
    }
    let action = stage.plan(ended.object.clone()).await?;
    ensure!(action == Action::Nothing, "the plan after the next run is {action:?}");
    let now = stage.made().await?;
    let lost = stage.lost(made, &now);
    ensure!(lost.is_empty(), "the next run made anew what existed: {lost:?}");
    let seen = |tally: &Tally| if task.reverts { without_users_tags(tally) } else { tally.clone() };
    let (tally, expected) = (seen(&stage.tally().await?), seen(&task.expected));
    ensure!(tally == expected, "there is {tally:?} in place of {expected:?}");
    stage.clear(ended.object).await
}

async fn attempt(ground: &Ground, stage: &Stage, strike: &Strike) -> anyhow::Result<First> {
    let gateway = ground.bench().sandbox.gateway();
    let point = &strike.point;
    let matching = Match {
        service: Some(point.service.clone()),
        operation: Some(point.operation.clone()),
        key: point.key.as_ref().map(|key| stage.particular(key)),
        nth: Some(point.nth),
        ..Match::default()
    };
    let fault = Fault::new(stage.account(), matching, strike.when, strike.action.clone());
    let id = gateway.arm(fault).map_err(anyhow::Error::msg)?;
    if strike.action == Effect::Hold {
        let ended = stopped(ground.bench(), stage, (id, strike.when)).await;
        gateway.disarm(Some(id), None);
        return ended?.map_or_else(missed, |stopped| Ok(First::Stopped(stopped)));
    }
    let ended = stage.run(stage.object()).await;
    let armed = gateway.faults().into_iter().find(|armed| armed.id == id);
    gateway.disarm(Some(id), None);
    let armed = armed.context("the fault is no longer armed")?;
    let kills = strike.action == Effect::Kill;
    match ended {
        Ok(applied) if armed.applied == 0 => missed(applied),
        Ok(_) if kills => anyhow::bail!("the kill did not end the provider: {:?}", armed.refusals),
        Ok(applied) => Ok(First::Answered(applied)),
        Err(error) if kills && error.is::<Died>() => {
            ensure!(armed.applied > 0, "the provider ended before it was killed: {error:#}");
            Ok(First::Died)
        }
        Err(error) => Err(error),
    }
}

fn missed(applied: Applied) -> anyhow::Result<First> {
    ensure!(applied.errors.is_empty(), "a run without a strike failed: {}", applied.errors.join("; "));
    Ok(First::Missed(applied))
}
