//! A sandbox with real nodes, from nothing to nothing: until it is up, until a cluster and an app on it are ready, the memory of all of
//! it, until nothing is left.
//!
//! **up** is from the start of the daemon, which is what `cargo sandbox up` does once all is built, to its first answer. **create →
//! ready** is from the arrival of the request that makes the Deployment to the answer to the provider's last one, which comes when it
//! has seen every pod ready. **memory** is taken after a pause in which what was needed for the start alone is given back.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::configuration::{VARIABLES, app, cluster};
use acceptance::daemon::client::Control;
use acceptance::daemon::nodes::Nodes;
use acceptance::daemon::serve::About;
use acceptance::daemon::{ACCOUNT, Built, Environment, REGION};
use acceptance::terraform::Workspace;
use anyhow::{Context, ensure};
use sandbox_gateway::log::Record;
use sandbox_kube::Tools;
use tokio::runtime::Runtime;

use super::memory::{self, Memory};
use super::{apply, table};

const PATIENCE: Duration = Duration::from_secs(60);
/// Go gives memory back in the background, little by little.
const PAUSE: Duration = Duration::from_secs(30);
/// Programs with less, in kB, have one line together.
const SMALL: u64 = 8_000;

/// Starts, measures and ends one. Where nodes cannot be real it is one line that says why.
pub(crate) fn print(runtime: &Runtime, tools: &Tools, built: &Built) -> anyhow::Result<()> {
    if let Err(reason) = Nodes::Real.settle(&built.sandbox_node) {
        table::line(&format!("  without the figures of real nodes: {reason:#}"));
        return Ok(());
    }
    let dir = tempfile::Builder::new().prefix("paas-bench-").tempdir()?;
    let begun = Instant::now();
    let mut daemon = Daemon::start(&dir.path().join("sandbox"), built, &dir.path().join("daemon.log"))?;
    while runtime.block_on(daemon.control.get::<About>("/about")).is_err() {
        ensure!(daemon.process.try_wait()?.is_none() && begun.elapsed() < PATIENCE, "the sandbox did not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    table::row("sandbox up with real nodes, from a warm cache", &seconds(begun.elapsed()), "≤ 8 s", "");

    let place = format!("/environment?account={ACCOUNT}&region={REGION}");
    let environment: Environment = runtime.block_on(daemon.control.get(&place))?;
    let core = tools.terraform.as_ref().or(tools.tofu.as_ref()).context("neither terraform nor tofu")?;
    let workspace = Workspace::new(core, environment.variables())?;
    workspace.main(&format!("{VARIABLES}{}", cluster("prod")))?;
    workspace.init()?;
    let begun = Instant::now();
    workspace.apply(&[])?.succeeded()?;
    table::row("  apply of a cluster: two nodes and three add-ons that run", &seconds(begun.elapsed()), "", "");

    let before = runtime.block_on(daemon.requests(0))?.last().map_or(0, |last| last.n);
    workspace.main(&format!("{VARIABLES}{}{}", cluster("prod"), app("web")))?;
    workspace.apply(&[])?.succeeded()?;
    let requests = runtime.block_on(daemon.requests(before))?;
    table::row("app create → ready on real nodes, 2 replicas", &seconds(create_to_ready(&requests)?), "", "");

    std::thread::sleep(PAUSE);
    let family = memory::family(daemon.process.id());
    print_memory(&family);

    let begun = Instant::now();
    let down = Command::new(env!("CARGO_BIN_EXE_sandbox")).arg("--dir").arg(&daemon.place).arg("down").output()?;
    ensure!(down.status.success(), "down: {}", String::from_utf8_lossy(&down.stderr));
    let left = || family.iter().any(|pid| memory::parent(*pid).is_some()) || daemon.place.exists();
    while left() {
        ensure!(begun.elapsed() < PATIENCE, "something of the sandbox is left");
        std::thread::sleep(Duration::from_millis(5));
    }
    table::row("sandbox down, to nothing left", &seconds(begun.elapsed()), "≤ 1 s", "");
    Ok(())
}

struct Daemon {
    place: PathBuf,
    control: Control,
    process: Child,
}

impl Daemon {
    fn start(place: &Path, built: &Built, log: &Path) -> anyhow::Result<Self> {
        let log = std::fs::File::create(log)?;
        let process = Command::new(env!("CARGO_BIN_EXE_sandbox"))
            .args(["daemon", "--nodes", "real", "--dir"])
            .arg(place)
            .arg("--provider")
            .arg(&built.provider)
            .arg("--sandbox-node")
            .arg(&built.sandbox_node)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("the sandbox's program cannot be started")?;
        Ok(Self { place: place.to_owned(), control: Control::of(place), process })
    }

    /// What was asked after request number `since`.
    async fn requests(&self, since: u64) -> anyhow::Result<Vec<Record>> {
        let text = self.control.text("GET", &format!("/log?since={since}"), None).await?;
        Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }
}

impl Drop for Daemon {
    /// What it has started ends with it.
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn create_to_ready(requests: &[Record]) -> anyhow::Result<Duration> {
    let made = requests.iter().find(|one| one.call.mutating && one.call.operation.ends_with("/deployments"));
    let (from, _) = made.and_then(apply::span).context("no request has made a Deployment")?;
    let until = requests.iter().filter_map(apply::span).map(|(_, until)| until).reduce(f64::max);
    Ok(Duration::from_secs_f64(until.context("no request")? - from))
}

fn print_memory(family: &[u32]) {
    let programs = memory::by_program(family);
    let sum = |memories: &mut dyn Iterator<Item = Memory>| memories.fold(Memory::default(), Memory::and);
    let all = sum(&mut programs.iter().map(|(_, memory)| *memory));
    let row = |what: &str, memory: Memory, goal: &str| {
        let detail = format!("{} processes, {} of it not mapped from files", memory.processes, megabytes(memory.own));
        table::row(what, &megabytes(memory.all), goal, &detail);
    };
    row("memory of all of it, each shared page counted once (PSS)", all, "≤ 1.2 GB");
    let (large, small): (Vec<_>, Vec<_>) = programs.into_iter().partition(|(_, memory)| memory.all >= SMALL);
    for (program, memory) in large {
        row(&format!("  {program}"), memory, "");
    }
    let names: Vec<&str> = small.iter().map(|(program, _)| program.as_str()).collect();
    row(&format!("  {}", names.join(", ")), sum(&mut small.iter().map(|(_, memory)| *memory)), "");
}

fn megabytes(kilobytes: u64) -> String {
    format!("{:.0} MB", kilobytes as f64 * 1024.0 / 1e6)
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
