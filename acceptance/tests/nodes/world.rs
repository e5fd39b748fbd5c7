//! What the trials share: one sandbox with real nodes in this process, and the way to a cluster in it.

use std::fs::File;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use acceptance::configuration::{Block, VARIABLES, cluster};
use acceptance::daemon::nodes::{self, Nodes};
use acceptance::daemon::{Built, REGION, Sandbox, SandboxSpec};
use acceptance::terraform::Workspace;
use anyhow::{Context as _, bail};
use sandbox_eks::Wanted;
use sandbox_images::Store;
use sandbox_kube::{RealNodes, Tools, cache_root};
use tokio::runtime::Runtime;

/// The sandbox and the programs.
pub(crate) struct World {
    runtime: Runtime,
    sandbox: Sandbox,
    built: Built,
    accounts: AtomicU64,
    _dir: tempfile::TempDir,
    _turn: File,
}

/// A cluster that is ready, in an account of its own.
pub(crate) struct Cluster {
    account: String,
    kubectl: std::path::PathBuf,
    aws: std::path::PathBuf,
    env: Vec<(String, String)>,
    workspace: Workspace,
}

impl World {
    /// Builds what is missing, with progress on standard error, and starts the sandbox; None where nodes cannot be real,
    /// after a line that says why.
    pub(crate) fn open() -> anyhow::Result<Option<World>> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (tools, built) = runtime.block_on(acceptance::daemon::prepare(sandbox_kube::Wanted::AnyCli))?;
        if !Nodes::Auto.settle(&built.sandbox_node)? {
            return Ok(None);
        }
        let turn = turn()?;
        let dir = tempfile::Builder::new().prefix("paas-nodes-").tempdir()?;
        let spec = SandboxSpec { real_nodes: true, ..SandboxSpec::at(dir.path().join("sandbox")) };
        let sandbox = runtime.block_on(Sandbox::start_with(spec, tools, &built))?;
        let accounts = AtomicU64::new(100_000_000_000);
        Ok(Some(World { runtime, sandbox, built, accounts, _dir: dir, _turn: turn }))
    }

    /// Ends every process of the sandbox.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        self.runtime.block_on(self.sandbox.shutdown())
    }

    /// The programs.
    pub(crate) fn tools(&self) -> &Tools {
        self.sandbox.tools()
    }

    /// terraform, or else tofu.
    pub(crate) fn core(&self) -> anyhow::Result<std::path::PathBuf> {
        let tools = self.sandbox.tools();
        tools.terraform.clone().or(tools.tofu.clone()).context("there is neither terraform nor tofu")
    }

    /// The runtime of the sandbox.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// What control planes outside of the sandbox make nodes of, with images in `dir`.
    pub(crate) fn node_parts(&self, dir: &std::path::Path) -> anyhow::Result<(RealNodes, Arc<Store>)> {
        nodes::prepare(dir, &self.built.sandbox_node)
    }

    /// A loopback address at which an app of a cluster answers.
    pub(crate) fn url(&self, account: &str, service: &str) -> anyhow::Result<String> {
        let wanted = Wanted { service: service.to_owned(), account: Some(account.to_owned()), ..Wanted::default() };
        Ok(format!("http://{}", self.runtime.block_on(self.sandbox.gateway().open(&wanted))?))
    }

    /// A cluster `prod` in a fresh account.
    pub(crate) fn new_cluster(&self) -> anyhow::Result<Cluster> {
        let account = self.accounts.fetch_add(1, Ordering::Relaxed).to_string();
        let env = self.runtime.block_on(self.sandbox.environment(&account, REGION))?.variables();
        let tools = self.sandbox.tools();
        let core = tools.terraform.as_ref().or(tools.tofu.as_ref()).context("there is neither terraform nor tofu")?;
        let workspace = Workspace::new(core, env.clone())?;
        workspace.main(&format!("{VARIABLES}{}", cluster("prod")))?;
        workspace.init()?;
        workspace.apply(&[])?.succeeded()?;
        let cluster = Cluster { account, kubectl: tools.kubectl.clone(), aws: tools.aws.clone(), env, workspace };
        cluster.run(&tools.aws, &["eks", "update-kubeconfig", "--name", "prod"])?;
        Ok(cluster)
    }
}

/// Held while it lives: some trials compare the whole machine, so it has one such run at a time.
fn turn() -> anyhow::Result<File> {
    let path = cache_root()?.join("nodes-tests.lock");
    let lock = File::options().create(true).truncate(false).write(true).open(path)?;
    if lock.try_lock().is_err() {
        eprintln!("waiting for another run of these tests");
        lock.lock()?;
    }
    Ok(lock)
}

impl Cluster {
    /// The folder of terraform's, with the cluster in its state.
    pub(crate) fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Writes a configuration with the cluster and `blocks`.
    pub(crate) fn with(&self, blocks: &[Block]) -> anyhow::Result<()> {
        let blocks: String = blocks.iter().map(|block| format!("\n{block}")).collect();
        self.workspace.main(&format!("{VARIABLES}{}{blocks}", cluster("prod")))
    }

    /// Its account.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    /// Runs `aws`; answers its standard output.
    pub(crate) fn aws(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.run(&self.aws, arguments)
    }

    /// Runs `kubectl`; answers its standard output.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.run(&self.kubectl, arguments)
    }

    fn run(&self, program: &std::path::Path, arguments: &[&str]) -> anyhow::Result<String> {
        run(Command::new(program).args(arguments).envs(self.env.iter().map(|(name, value)| (name, value))))
    }
}

/// The standard output of a program that ends well; else what it says on standard error.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
