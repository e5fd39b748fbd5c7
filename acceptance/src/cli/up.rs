//! `up`: builds in the foreground, where progress is seen, then leaves a daemon behind.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use sandbox_eks::Planes;
use sandbox_kube::{Tools, Wanted, cache_root};

use super::{pace, report};
use crate::daemon::client::Control;
use crate::daemon::nodes::Nodes;
use crate::daemon::serve::{self, About, NewProvider};
use crate::daemon::{self, Built, SandboxSpec, mirror, place, register};

/// How long the daemon may take; moto alone takes a second.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Args)]
pub(super) struct Options {
    /// How fast AWS moves: fast (tens of milliseconds), or aws:FACTOR, AWS's own latencies times FACTOR.
    #[arg(long, default_value = "fast")]
    pace: String,
    /// Make API servers without a public endpoint unreachable, as they are on AWS from outside of the VPC.
    #[arg(long)]
    private_unreachable: bool,
    /// Where ids come from: the same seed and requests give the same ids.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Have OpenTofu too where only terraform is found.
    #[arg(long)]
    both_clis: bool,
    /// What nodes are: real ones run what is deployed, which needs root; auto takes them where this machine can have them.
    #[arg(long, value_enum, default_value_t = Nodes::Auto)]
    nodes: Nodes,
    /// The programs that `up` has built.
    #[arg(long, hide = true, requires = "sandbox_node")]
    provider: Option<PathBuf>,
    #[arg(long, hide = true)]
    sandbox_node: Option<PathBuf>,
}

impl Options {
    fn wanted(&self) -> Wanted {
        if self.both_clis { Wanted::BothClis } else { Wanted::AnyCli }
    }
}

pub(super) async fn up(dir: &Path, options: &Options) -> anyhow::Result<()> {
    pace::read(&options.pace).map_err(|problem| anyhow::anyhow!("--pace {}: {problem}", options.pace))?;
    let (_, built) = daemon::prepare(options.wanted()).await?;
    let nodes = options.nodes;
    let real_nodes = settled(nodes, &built).await?;
    // One `up` at a time: the second finds the first one's daemon.
    let _turn = turn()?;
    let control = Control::of(dir);
    if let Ok(about) = control.get::<About>("/about").await {
        let new = serde_json::to_value(NewProvider { provider: built.provider })?;
        control.text("POST", "/provider", Some(&new)).await?;
        anyhow::ensure!(
            about.pace == options.pace
                && about.private_unreachable == options.private_unreachable
                && (nodes == Nodes::Auto || about.real_nodes == real_nodes),
            "a sandbox runs in {} with other options (--pace {} --nodes {}{}): cargo sandbox down ends it",
            dir.display(),
            about.pace,
            if about.real_nodes { "real" } else { "simulated" },
            if about.private_unreachable { " --private-unreachable" } else { "" }
        );
        eprintln!(
            "a sandbox runs in {} already (process {}); it now has the provider as just built",
            dir.display(),
            about.pid
        );
        return Ok(());
    }
    if let Some(entry) = register::living(dir)? {
        anyhow::bail!("process {} has a sandbox in {}: choose another --dir", entry.pid, dir.display());
    }
    place::remove(dir)?;
    place::make(dir)?;
    let log = place::daemon_log(dir);
    let started = Instant::now();
    let mut daemon = spawn(dir, options, real_nodes, &built, &log)?;
    while control.get::<About>("/about").await.is_err() {
        if let Some(status) = daemon.try_wait().context("the daemon cannot be waited for")? {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            place::remove(dir)?;
            anyhow::bail!("the sandbox did not start ({status}):\n  {}", said.trim().replace('\n', "\n  "));
        }
        anyhow::ensure!(
            started.elapsed() < PATIENCE,
            "the sandbox is not ready after {} s; see {}",
            PATIENCE.as_secs(),
            log.display()
        );
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    eprintln!("the sandbox is ready after {:.1} s\n", started.elapsed().as_secs_f64());
    eprint!("{}", report::next_steps(dir)?);
    Ok(())
}

/// Held while it lives.
fn turn() -> anyhow::Result<File> {
    let path = cache_root()?.join("up.lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.with_context(|| format!("{} cannot be opened", path.display()))?;
    lock.lock().with_context(|| format!("{} cannot be locked", path.display()))?;
    Ok(lock)
}

fn spawn(dir: &Path, options: &Options, real_nodes: bool, built: &Built, log: &Path) -> anyhow::Result<Child> {
    let output = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
    let errors = output.try_clone().with_context(|| format!("{} cannot be written", log.display()))?;
    let mut command = Command::new(this_program()?);
    command.arg("daemon").arg("--dir").arg(dir).arg("--provider").arg(&built.provider);
    command.arg("--sandbox-node").arg(&built.sandbox_node).args([
        "--nodes",
        if real_nodes { "real" } else { "simulated" },
        "--pace",
        &options.pace,
        "--seed",
        &options.seed.to_string(),
    ]);
    command
        .args(options.private_unreachable.then_some("--private-unreachable"))
        .args(options.both_clis.then_some("--both-clis"));
    command.current_dir("/").stdin(Stdio::null()).stdout(output).stderr(errors);
    command.spawn().context("the daemon cannot be started")
}

/// This program, which a build may have replaced since it was started.
fn this_program() -> anyhow::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() {
        Ok(running.to_path_buf())
    } else {
        std::env::current_exe().context("this program has no path")
    }
}

/// Whether nodes are real; what they need is there then.
async fn settled(nodes: Nodes, built: &Built) -> anyhow::Result<bool> {
    let sandbox_node = built.sandbox_node.clone();
    tokio::task::spawn_blocking(move || nodes.settle(&sandbox_node)).await.context("the build was interrupted")?
}

pub(super) async fn daemon(dir: PathBuf, options: &Options) -> anyhow::Result<()> {
    // A session of its own: the terminal's Ctrl-C and hang-up are for the shell that started it.
    rustix::process::setsid().context("the daemon cannot leave its terminal")?;
    let (built, real_nodes) = match (&options.provider, &options.sandbox_node) {
        (Some(provider), Some(node)) => {
            // `up` has built both, and tried what nodes can be.
            (Built { provider: provider.clone(), sandbox_node: node.clone() }, options.nodes == Nodes::Real)
        }
        _ => {
            let built = tokio::task::spawn_blocking(mirror::build).await.context("the build was interrupted")??;
            let real_nodes = settled(options.nodes, &built).await?;
            (built, real_nodes)
        }
    };
    let wanted = options.wanted();
    let tools = tokio::task::spawn_blocking(move || Tools::prepare(&|line| eprintln!("{line}"), wanted))
        .await
        .context("the build was interrupted")??;
    let spec = SandboxSpec {
        dir,
        planes: Planes::Real,
        real_nodes,
        pace: pace::read(&options.pace).map_err(anyhow::Error::msg)?,
        private_unreachable: options.private_unreachable,
        seed: options.seed,
    };
    serve::run(spec, options.pace.clone(), Arc::new(tools), built).await
}
