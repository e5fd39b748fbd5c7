//! One apply of the quickstart at a hundredth of AWS's latencies, and where its time went.
//!
//! From the request log and the observer, for the time from the provider's first request to the end of its last one:
//! under way were **requests** of the provider, or **waits** for the sandbox (an object of EKS on its way to another status; a
//! Deployment or Job from its request to the moment at which it was ready). What neither covers is the provider's **own
//! share**: its computing, and its pauses between two looks after what it waits for was already true. What comes before
//! the first request and after the last one is terraform's, the starts of the provider's processes included.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use acceptance::daemon::mirror::PROVIDER;
use acceptance::daemon::{ACCOUNT, Built, REGION, Sandbox, SandboxSpec};
use acceptance::spans::Spans;
use acceptance::terraform::{Run, Workspace};
use anyhow::{Context, ensure};
use sandbox_eks::Pace;
use sandbox_gateway::log::Record;
use sandbox_kube::Tools;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::runtime::Runtime;

use super::observe::{Observer, Seen};
use super::{refresh, table};

const CLUSTER: &str = "quickstart";
const FACTOR: f64 = 0.01;
/// A gap of this many seconds is a pause, not work.
const PAUSE: f64 = 0.05;
/// Two watches do not see a thing in the same moment.
const SAME_MOMENT: f64 = 0.05;

/// Applies, plans and destroys; prints what that came to.
pub(crate) fn print(runtime: &Runtime, tools: &Arc<Tools>, built: &Built) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("paas-bench-").tempdir()?;
    let spec = SandboxSpec { pace: Pace::Aws { factor: FACTOR }, ..SandboxSpec::at(dir.path().join("sandbox")) };
    let sandbox = runtime.block_on(Sandbox::start_with(spec, Arc::clone(tools), built))?;
    let core = tools.terraform.as_ref().or(tools.tofu.as_ref()).context("neither terraform nor tofu")?;
    let workspace = Workspace::new(core, runtime.block_on(sandbox.environment(ACCOUNT, REGION))?.variables())?;
    workspace.copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/quickstart"))?;
    workspace.init()?;

    let observer = {
        let _entered = runtime.enter();
        Observer::of(sandbox.gateway(), ACCOUNT, CLUSTER)
    };
    let began = Instant::now();
    let run = workspace.apply(&[])?.succeeded()?;
    let took = began.elapsed().as_secs_f64();
    let (records, seen) = (requests(&sandbox, 0), observer.seen());
    drop(observer);
    share(&run, took, &records, &seen)?;
    noticed(&records, &seen);

    let before = sandbox.gateway().log(0, None).last().map_or(0, |last| last.n);
    let plan = workspace.plan(&[])?;
    ensure!(plan.code == 0, "the plan after the apply is not empty:\n{}", plan.output);
    refresh::print(&requests(&sandbox, before), plan.took);
    workspace.destroy(&[])?.succeeded()?;
    runtime.block_on(sandbox.shutdown())
}

/// What the provider asked after request number `since`.
pub(crate) fn requests(sandbox: &Sandbox, since: u64) -> Vec<Arc<Record>> {
    let mut all = sandbox.gateway().log(since, Some(ACCOUNT));
    all.retain(|one| one.is_by(PROVIDER));
    all
}

fn arrival(record: &Record) -> Option<f64> {
    let time = OffsetDateTime::parse(&record.time, &Rfc3339).ok()?;
    Some(time.unix_timestamp_nanos() as f64 / 1e9)
}

pub(crate) fn span(record: &Record) -> Option<(f64, f64)> {
    let from = arrival(record)?;
    Some((from, from + record.duration_ms / 1e3))
}

/// From the request that made a thing, or another version of it, to the moment at which that was ready.
fn waits(records: &[Arc<Record>], seen: &Seen) -> Spans {
    let made = |key: &str, until: f64| {
        let all = records.iter().filter(|one| one.call.mutating && one.call.key.as_deref() == Some(key));
        all.filter_map(|one| arrival(one)).filter(|from| *from < until).reduce(f64::max)
    };
    seen.ready.iter().filter_map(|((key, _), ready)| Some((made(key, *ready)?, *ready))).collect()
}

fn share(run: &Run, took: f64, records: &[Arc<Record>], seen: &Seen) -> anyhow::Result<()> {
    let requests: Spans = records.iter().filter_map(|one| span(one)).collect();
    let (first, last) = requests.bounds().with_context(|| format!("no request in {}", run.command))?;
    let busy = requests.clone().and(&seen.moving()).and(&waits(records, seen));
    let gaps = busy.gaps(first, last);
    let percent = |seconds: f64| format!("{:.1} %", 100.0 * seconds / took);
    let what = format!("provider's own share of the quickstart apply at aws:{FACTOR}");
    table::row(&what, &percent(gaps.covered()), "≤ 5 %", "");
    let of = |seconds: f64| format!("{seconds:.2} s");
    table::row("  the apply as a whole", &of(took), "", "");
    table::row("  terraform's own, before the first request and after the last", &of(took - (last - first)), "", "");
    let waits = busy.within(first, last).covered() - requests.covered();
    table::row("  requests under way", &of(requests.covered()), "", &format!("{} of them", records.len()));
    table::row("  waits for the sandbox, no request under way", &of(waits), "", "");
    table::row("  the provider's own", &of(gaps.covered()), "", "");
    table::row("    of it pauses before the next look", &of(gaps.of_at_least(PAUSE).covered()), "", "");
    Ok(())
}

/// From the moment at which a Deployment or a run was ready to the next request about it.
fn noticed(records: &[Arc<Record>], seen: &Seen) {
    for ((key, which), ready) in &seen.ready {
        let about = records.iter().filter(|one| one.call.mutating && one.call.key.as_deref() == Some(key));
        let next = about.filter_map(|one| arrival(one)).filter(|at| *at > ready - SAME_MOMENT).reduce(f64::min);
        let Some(next) = next else { continue };
        let what = if which.parse::<u64>().is_ok() { format!("app {key}") } else { format!("job {key}") };
        let here = format!("{:.0} ms", 1e3 * (next - ready).max(0.0));
        table::row(&format!("ready in Kubernetes → noticed, {what}"), &here, "≤ 200 ms", "");
    }
}
