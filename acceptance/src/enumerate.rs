//! Kill points: the provider dies before and after every single call of an operation, and one further run ends where an
//! undisturbed one ends. Driven by the scripted core; knows what "the same end" means.

mod subject;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, ensure};
use sandbox_gateway::fault::{Action as Strike, Fault, Match, When};
use sandbox_gateway::log::Record;
pub use subject::Subject;

use crate::core::{Action, Applied, Died, Object};
use crate::daemon::{REGION, Sandbox};
use subject::Stage;

/// One call of one run, told apart from the others of its kind by name and count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// `eks`, `iam`, `kubernetes` …
    pub service: String,
    /// As the request log has it.
    pub operation: String,
    /// The object's name, if the call has one.
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

/// How a run with one kill ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// One further run, the same objects, an empty plan, nothing left after a destroy.
    Recovered,
    /// This run made the call less often: polls depend on time.
    NotReached,
    /// What was wrong.
    Wrong(String),
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where the provider was killed.
    pub point: Point,
    /// Before or after the effect.
    pub when: When,
    /// How it ended.
    pub outcome: Outcome,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.when == When::Before { "before" } else { "after " };
        match &self.outcome {
            Outcome::Recovered => write!(f, "recovered    {when} {}", self.point),
            Outcome::NotReached => write!(f, "not reached  {when} {}", self.point),
            Outcome::Wrong(what) => write!(f, "WRONG        {when} {}: {what}", self.point),
        }
    }
}

/// What every run needs.
#[derive(Clone)]
pub struct Bench {
    /// The sandbox.
    pub sandbox: Arc<Sandbox>,
    /// The provider's binary.
    pub provider: PathBuf,
    /// The number of the next account.
    pub accounts: Arc<AtomicU64>,
}

impl Bench {
    /// A fresh account of the sandbox: its id and the environment of its credentials.
    async fn account(&self) -> anyhow::Result<(String, Vec<(String, String)>)> {
        let id = self.accounts.fetch_add(1, Ordering::Relaxed).to_string();
        let environment = self.sandbox.environment(&id, REGION).await?;
        Ok((id, environment.variables()))
    }
}

/// Kills at every call of `subject`; `told` hears each row as it is known.
///
/// # Errors
/// If the undisturbed run already fails.
pub async fn enumerate(bench: &Bench, subject: Subject, told: &dyn Fn(&Row)) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for point in points(bench, subject).await.context("the undisturbed run")? {
        for when in [When::Before, When::After] {
            let outcome = match killed_at(bench, subject, &point, when).await {
                Ok(outcome) => outcome,
                Err(error) => Outcome::Wrong(format!("{error:#}")),
            };
            let row = Row { point: point.clone(), when, outcome };
            told(&row);
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The calls of an undisturbed run. The account's id in a name is written as `ACCOUNT`: every run has its own.
async fn points(bench: &Bench, subject: Subject) -> anyhow::Result<Vec<Point>> {
    let (account, env) = bench.account().await?;
    let stage = Stage::prepare(bench, subject, &account, env).await?;
    let before = bench.sandbox.gateway().log(0, Some(&account)).last().map_or(0, |last| last.n);
    let applied = stage.run(stage.object()).await?;
    ensure!(applied.errors.is_empty(), "{}", applied.errors.join("\n"));
    let seen = bench.sandbox.gateway().log(before, Some(&account));
    let mut points: Vec<Point> = Vec::new();
    for record in seen.iter().filter(|record| by_provider(record)) {
        let key = record.call.key.as_ref().map(|key| key.replace(&account, "ACCOUNT"));
        let same = |one: &&Point| {
            one.service == record.call.service && one.operation == record.call.operation && one.key == key
        };
        let nth = 1 + points.iter().filter(same).count() as u64;
        points.push(Point { service: record.call.service.clone(), operation: record.call.operation.clone(), key, nth });
    }
    stage.clear(applied.object).await?;
    Ok(points)
}

fn by_provider(record: &Record) -> bool {
    record.source.as_ref().is_none_or(|source| source.program.starts_with("terraform-provi"))
}

async fn killed_at(bench: &Bench, subject: Subject, point: &Point, when: When) -> anyhow::Result<Outcome> {
    let (account, env) = bench.account().await?;
    let mut stage = Stage::prepare(bench, subject, &account, env).await?;
    let matching = Match {
        service: Some(point.service.clone()),
        operation: Some(point.operation.clone()),
        key: point.key.as_ref().map(|key| key.replace("ACCOUNT", &account)),
        nth: Some(point.nth),
        ..Match::default()
    };
    let fault =
        bench.sandbox.gateway().arm(Fault::new(&account, matching, when, Strike::Kill)).map_err(anyhow::Error::msg)?;
    let first = stage.run(stage.object()).await;
    bench.sandbox.gateway().disarm(Some(fault), None);
    let object: Option<Object> = match first {
        Ok(applied) => {
            stage.clear(applied.object).await?;
            return Ok(Outcome::NotReached);
        }
        Err(error) if error.is::<Died>() => stage.object(),
        Err(error) => return Err(error),
    };
    let made = stage.made().await?;
    stage.restart().await?;
    let again: Applied = stage.run(object).await?;
    ensure!(again.errors.is_empty(), "the next run failed: {}", again.errors.join("; "));
    if subject.destroys() {
        ensure!(again.object.is_none(), "the second destroy left something in the state");
    } else {
        let action = stage.plan(again.object.clone()).await?;
        ensure!(action == Action::Nothing, "the plan after the next run is {action:?}");
        let now = stage.made().await?;
        let lost: BTreeSet<_> = made.difference(&now).collect();
        ensure!(lost.is_empty(), "the next run made anew what existed: {lost:?}");
        stage.clear(again.object).await?;
    }
    stage.left_nothing().await?;
    Ok(Outcome::Recovered)
}
