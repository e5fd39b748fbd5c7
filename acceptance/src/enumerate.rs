//! Strikes: the provider dies before and after every single call of an operation, or an answer is lost, or what was made is
//! hidden, or core asks it to stop, and one further run ends where an undisturbed one ends. Driven by the scripted core; tells which runs there are
//! and what came of them.

mod bench;
mod contend;
mod disturb;
mod ground;
mod harm;
mod run;
mod sabotage;
mod stage;
mod stop;
mod subject;

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use futures::future::join_all;

pub use bench::Bench;
pub use contend::{Contention, contended};
pub use disturb::{Disturbance, disturbed};
use ground::Ground;
pub use harm::{Harm, Strike};
pub use run::Point;
pub use sabotage::Sabotage;
use stage::Tally;
pub use subject::Subject;

/// How a run with one strike ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// At most one further run, the same objects, an empty plan, nothing left after a destroy.
    Recovered,
    /// The same, after a stop that was answered within this time.
    Stopped(Duration),
    /// This run made the call less often: polls depend on time.
    NotReached,
    /// What was wrong.
    Wrong(String),
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was done to which call.
    pub strike: Strike,
    /// How it ended.
    pub outcome: Outcome,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Recovered => write!(f, "recovered    {}", self.strike),
            Outcome::Stopped(answered) => {
                write!(f, "recovered    {}, answered after {} ms", self.strike, answered.as_millis())
            }
            Outcome::NotReached => write!(f, "not reached  {}", self.strike),
            Outcome::Wrong(what) => write!(f, "WRONG        {}: {what}", self.strike),
        }
    }
}

/// How much of the table is run.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Every so manyth run, beginning with the first; 1 is all. An odd number meets kills before and after effects.
    pub every: usize,
    /// Runs at a time.
    pub jobs: usize,
    /// Only at calls that change something.
    pub changes: bool,
    /// What is done to the calls.
    pub harm: Harm,
    /// What goes wrong on purpose before the next run, so that rows must be wrong.
    pub sabotage: Option<Sabotage>,
}

impl Extent {
    /// Kills at every so manyth place, so many runs at a time.
    pub fn kills(every: usize, jobs: usize) -> Extent {
        Extent { every, jobs, changes: false, harm: Harm::Kill, sabotage: None }
    }
}

/// What every run is compared with.
struct Task {
    expected: Tally,
    /// Whether the change is taken back after the strike.
    reverts: bool,
    sabotage: Option<Sabotage>,
}

/// What came of one subject.
#[derive(Clone, Debug)]
pub struct Table {
    /// Calls of the undisturbed run.
    pub points: usize,
    /// The runs, in the order of the calls.
    pub rows: Vec<Row>,
}

impl Table {
    /// How many rows ended like this.
    pub fn count(&self, like: fn(&Outcome) -> bool) -> usize {
        self.rows.iter().filter(|row| like(&row.outcome)).count()
    }

    /// The longest time that a stop waited for its answer.
    pub fn slowest_answer(&self) -> Option<Duration> {
        let answers = self.rows.iter().filter_map(|row| match row.outcome {
            Outcome::Stopped(answered) => Some(answered),
            _ => None,
        });
        answers.max()
    }

    /// The rows that must not be.
    pub fn wrong(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Wrong(_))).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recovered = self.count(|outcome| matches!(outcome, Outcome::Recovered | Outcome::Stopped(_)));
        let not_reached = self.count(|outcome| *outcome == Outcome::NotReached);
        let (points, runs, wrong) = (self.points, self.rows.len(), self.wrong().len());
        write!(f, "{points} points, {runs} runs, {wrong} wrong ({recovered} recovered, {not_reached} not reached)")?;
        self.slowest_answer().map_or(Ok(()), |slowest| write!(f, ", stops answered within {} ms", slowest.as_millis()))
    }
}

/// Strikes at the calls of `subject`; `told` hears each row as it is known.
///
/// # Errors
/// If the harm cannot be done to the subject, the undisturbed run already fails, or what runs share cannot be removed.
pub async fn enumerate(
    bench: &Bench,
    subject: Subject,
    extent: Extent,
    told: &(dyn Fn(&Row) + Sync),
) -> anyhow::Result<Table> {
    ensure!(subject.suffers(extent.harm), "{} cannot be taken back", subject.name());
    let first = Ground::prepare(bench, subject).await?;
    let (points, [before, after]) = run::undisturbed(&first).await.context("the undisturbed run")?;
    let reverts = extent.harm == Harm::Revert;
    let task = Task { expected: if reverts { before } else { after }, reverts, sabotage: extent.sabotage };
    let mut strikes = extent.harm.strikes(&points);
    strikes.retain(|strike| strike.point.mutating || !extent.changes);
    let strikes: Vec<Strike> = strikes.into_iter().step_by(extent.every.max(1)).collect();
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::new());
    let lane = async |ground: Ground| {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(strike) = strikes.get(at) else { break };
            let outcome = match run::struck(&ground, &task, strike).await {
                Ok(outcome) => outcome,
                Err(error) => Outcome::Wrong(format!("{error:#}")),
            };
            let row = Row { strike: strike.clone(), outcome };
            told(&row);
            rows.lock().expect("no panic holds this lock").push((at, row));
        }
        ground.clear().await
    };
    let mut grounds = vec![first];
    for _ in 1..extent.jobs {
        grounds.push(Ground::prepare(bench, subject).await?);
    }
    for cleared in join_all(grounds.into_iter().map(lane)).await {
        cleared.context("what the runs shared")?;
    }
    let mut rows = rows.into_inner().expect("no panic held this lock");
    rows.sort_by_key(|(at, _)| *at);
    Ok(Table { points: points.len(), rows: rows.into_iter().map(|(_, row)| row).collect() })
}
