//! How long each phase took, how much of it was terraform's own, and how many requests it made.

use std::time::{Duration, Instant};

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cli::print;
use crate::daemon::client::Control;

/// A command of the story.
#[derive(Clone, Copy, Debug)]
pub(super) enum Phase {
    Create,
    Plan,
    Change,
    Destroy,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Phase::Create => "apply, from nothing",
            Phase::Plan => "plan, nothing to do",
            Phase::Change => "apply, one variable",
            Phase::Destroy => "destroy",
        }
    }
}

/// What the request log says of one request.
#[derive(Debug, Deserialize)]
struct Request {
    n: u64,
    time: String,
    duration_ms: f64,
}

struct Row {
    phase: Phase,
    took: Duration,
    own: Duration,
    requests: usize,
}

/// The figures so far.
pub(super) struct Figures<'a> {
    control: &'a Control,
    runtime: &'a tokio::runtime::Runtime,
    rows: Vec<Row>,
    seen: u64,
}

impl<'a> Figures<'a> {
    pub(super) fn new(control: &'a Control, runtime: &'a tokio::runtime::Runtime) -> Figures<'a> {
        Figures { control, runtime, rows: Vec::new(), seen: 0 }
    }

    /// Runs a phase and takes its figures.
    pub(super) fn phase<T>(&mut self, phase: Phase, run: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let _ = self.since()?;
        let started = Instant::now();
        let done = run()?;
        let took = started.elapsed();
        let requests = self.since()?;
        let own = took.saturating_sub(span(&requests));
        self.rows.push(Row { phase, took, own, requests: requests.len() });
        Ok(done)
    }

    fn since(&mut self) -> anyhow::Result<Vec<Request>> {
        let text = self.runtime.block_on(self.control.text("GET", &format!("/log?since={}", self.seen), None))?;
        let requests = text.lines().map(serde_json::from_str).collect::<Result<Vec<Request>, _>>()?;
        self.seen = requests.iter().map(|one| one.n).max().unwrap_or(self.seen);
        Ok(requests)
    }

    /// Prints the table.
    pub(super) fn print(&self, up: Duration, total: Duration) {
        print("\n  what                     total    terraform's own   requests\n");
        print(&format!("  {:<22} {:>6.1} s\n", "sandbox up", up.as_secs_f64()));
        for row in &self.rows {
            let (took, own) = (row.took.as_secs_f64(), row.own.as_secs_f64());
            print(&format!("  {:<22} {took:>6.1} s {own:>15.1} s {:>10}\n", row.phase.name(), row.requests));
        }
        print(&format!("  {:<22} {:>6.1} s\n", "all of it", total.as_secs_f64()));
        print("\n  terraform's own: what passes before the first and after the last request of a command.\n");
    }
}

/// From the first request's arrival to the last one's answer.
fn span(requests: &[Request]) -> Duration {
    let arrival = |one: &Request| OffsetDateTime::parse(&one.time, &Rfc3339).ok();
    let first = requests.iter().filter_map(arrival).min();
    let last =
        requests.iter().filter_map(|one| Some(arrival(one)? + Duration::from_secs_f64(one.duration_ms / 1000.0))).max();
    match (first, last) {
        (Some(first), Some(last)) => (last - first).try_into().unwrap_or_default(),
        _ => Duration::ZERO,
    }
}
