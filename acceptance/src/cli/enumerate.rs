//! `enumerate`: the whole table of kill points, in sandboxes that live as long as it takes.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use sandbox_eks::Pace;
use sandbox_kube::Wanted;

use super::print;
use crate::daemon;
use crate::enumerate::{Bench, Extent, Harm, Sabotage, Subject, enumerate as run};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// cluster-create, cluster-destroy, version-update, node-group-swap, mode-change, mode-return, settings-change,
    /// addons-change, access-change, app-create or job-create; all of them if absent.
    #[arg(long)]
    subject: Option<Subject>,
    /// Runs at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Only every so manyth run.
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// How long EKS takes for what: fast or aws:FACTOR. The slower, the more is still under way when the next run looks.
    #[arg(long, default_value = "fast", value_parser = super::pace::read)]
    pace: Pace,
    /// Only at calls that change something.
    #[arg(long)]
    changes: bool,
    /// What is done: kill (the provider, before and after each call), lose (the answer to a change), hide (what was made,
    /// from its first reads), stop (the provider is asked to stop, before and after each call), revert (kill, and then the
    /// change is taken back).
    #[arg(long, default_value = "kill")]
    harm: Harm,
    /// What goes wrong on purpose before the next run, so that rows must be wrong: orphan, amnesia, stranger, loss or whim.
    #[arg(long, hide = true)]
    sabotage: Option<Sabotage>,
}

pub(super) async fn enumerate(options: &Options) -> anyhow::Result<ExitCode> {
    let (tools, built) = daemon::prepare(Wanted::Services).await?;
    let subjects = options.subject.map_or(Subject::ALL.to_vec(), |one| vec![one]);
    let Options { every, jobs, changes, harm, sabotage, .. } = *options;
    let extent = Extent { every, jobs, changes, harm, sabotage };
    let mut wrong = 0;
    for subject in subjects.into_iter().filter(|one| one.suffers(harm)) {
        let started = Instant::now();
        let dir = tempfile::Builder::new().prefix("paas-enumerate-").tempdir()?;
        let bench = Bench::open(dir.path(), subject, options.pace, Arc::clone(&tools), &built).await?;
        let table = run(&bench, subject, extent, &|row| print(&format!("{} {row}\n", subject.name()))).await;
        bench.close().await?;
        let table = table.with_context(|| subject.name())?;
        print(&format!("{}: {table}, {:.0} s\n", subject.name(), started.elapsed().as_secs_f64()));
        wrong += table.wrong().len();
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
